# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service without HTTP: from a request to its answer, with token, scopes, rate limit and contract checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .arguments import Report
from .contract import Call, find_call, read_body, read_query
from .errors import ApiError
from .models import Token
from .requestlog import RequestLog
from .routes import HANDLERS
from .state import State

HEADER_LIMIT = 1000


@dataclass(frozen=True)
class ApiRequest:
    """A request as far as the API looks at it."""

    method: str
    path: str
    query: list[tuple[str, str]]
    content_type: str
    body: bytes
    authorization: str | None
    address: str


@dataclass(frozen=True)
class ApiAnswer:
    """An answer: status, headers, and the JSON body."""

    status: int
    headers: dict[str, str]
    body: Any


class Service:
    """Answers requests out of the state."""

    def __init__(self, state: State, log: RequestLog) -> None:
        self._state = state
        self._log = log
        self._minute = 0
        self._count = 0

    def answer(self, request: ApiRequest) -> ApiAnswer:
        """Execute a request and return the answer; errors are answers too."""
        with self._state.lock:
            self._state.advance()
            headers = self._count_request()
            try:
                self._check_rate()
                call = find_call(request.method, request.path)
                self._state.caller = self._checked_token(request, call)
                status, body = HANDLERS[call.method, call.path](self._state, self._arguments(request, call))
            except ApiError as problem:
                headers["X-Api-Schema"] = "json-error"
                status, body = problem.status, problem.body(self._state.settings.wrap_errors)
            return ApiAnswer(status, headers, body)

    def _count_request(self) -> dict[str, str]:
        minute = int(self._state.clock() // 60)
        if minute != self._minute:
            self._minute, self._count = minute, 0
        self._count += 1
        permitted = self._state.settings.rate_limit or HEADER_LIMIT
        unlimited = self._state.settings.rate_limit is None
        remaining = max(permitted - self._count, permitted // 2 if unlimited else 0)
        return {"X-Ratelimit-Permitted": str(permitted), "X-Ratelimit-Remaining": str(remaining)}

    def _check_rate(self) -> None:
        limit = self._state.settings.rate_limit
        if limit is not None and self._count > limit:
            raise ApiError("rate_limit_reached", {"total_permitted": limit})

    def _checked_token(self, request: ApiRequest, call: Call) -> Token:
        scheme, _space, value = (request.authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not value.strip():
            raise ApiError("missing_api_token")
        token = self._state.tokens.get(value.strip())
        if token is None:
            raise ApiError("invalid_api_token", {"details": None})
        if token.refuse is not None:
            raise ApiError(token.refuse, _refusal_detail(token, request))
        if not token.grants(call.scopes):
            raise ApiError("scope_not_granted", {"scopes": list(call.scopes)})
        return token

    def _arguments(self, request: ApiRequest, call: Call) -> dict[str, Any]:
        def report(problem: str) -> None:
            self._log.violation(f"{call.method} {call.path}: {problem}")

        if request.content_type != "application/json":
            if request.body or request.method != "GET":
                report(f"the body is not read: its Content-Type is {request.content_type or 'missing'}")
            return read_query(call, request.query, report)
        if request.method == "GET":
            if request.body:
                report("a GET request with a body")
            return read_query(call, request.query, report)
        return read_body(call, _json(request.body, report), report)


def _json(body: bytes, report: Report) -> Any:
    try:
        return json.loads(body)
    except ValueError as problem:
        report("the body is not JSON")
        raise ApiError("invalid_json_body", {"details": str(problem)}) from problem


def _refusal_detail(token: Token, request: ApiRequest) -> dict[str, Any]:
    if token.refuse == "unauthorized_network_for_api_token":
        return {"ip_address": request.address}
    if token.refuse == "permission_denied":
        return {"details": "The token's owner may not do this"}
    if token.refuse == "scope_not_granted":
        return {"scopes": ["disks"]}
    return {}
