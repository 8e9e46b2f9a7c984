# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated service as a WSGI application: HTTP in and out, the log, and the faults between."""

from __future__ import annotations

import json
import time
from email.utils import formatdate
from typing import Any, Callable
from urllib.parse import parse_qsl
from uuid import uuid4

from flask import Flask, Response, request

from .contract import BASE_PATH
from .errors import error_of_status
from .faults import Fault, Faults
from .requestlog import LoggedRequest, RequestLog
from .server import CLOSE_HEADER, CONNECTION, ConnectionDroppedError
from .service import ApiRequest, Service
from .state import State

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

_PROXY_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"


class ApiFront:
    """Takes every request that is for the API."""

    def __init__(
        self, state: State, log: RequestLog, faults: Faults, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._state = state
        self._log = log
        self._faults = faults
        self._sleep = sleep
        self._service = Service(state, log)

    def handle(self, path: str) -> Response:
        """Answer the current request of Flask, whose full path is given without its leading slash."""
        full_path = "/" + path
        entry = self._log_entry(full_path[len(BASE_PATH) :] if full_path.startswith(BASE_PATH + "/") else full_path)
        self._sleep(self._state.settings.latency)
        faults = self._faults.take(entry.method, entry.path)
        entry.faults = [f"{fault.when} {fault.action}" for fault in faults]
        response = self._apply_faults(faults, "before", None)
        if response is None:
            answer = self._service.answer(_api_request(entry, full_path))
            entry.executed = True
            response = self._response(answer.status, answer.headers, answer.body)
            response = self._apply_faults(faults, "after", response) or response
        entry.status = response.status_code
        return response

    def _log_entry(self, path: str) -> LoggedRequest:
        raw = request.get_data()
        entry = LoggedRequest(
            request.method,
            path,
            dict(request.args.items(multi=True)),
            _parsed(raw),
            dict(request.headers.items()),
            self._state.clock(),
            request.environ.get(CONNECTION, 0),
        )
        self._log.add(entry)
        return entry

    def _apply_faults(self, faults: list[Fault], when: str, response: Response | None) -> Response | None:
        for fault in faults:
            if fault.when != when:
                continue
            if fault.action == "delay":
                self._sleep(fault.seconds)
            elif fault.action in ("drop", "reset"):
                raise ConnectionDroppedError(reset=fault.action == "reset")
            elif fault.action == "answer":
                response = self._faulty_answer(fault, response)
            elif response is not None:
                _cut(response, fault.fitting_length)
        return response

    def _faulty_answer(self, fault: Fault, real: Response | None) -> Response:
        body, content_type = fault.body, "application/json"
        if callable(body):
            body = body(None if real is None else _parsed(real.get_data()))
        status = fault.status
        if isinstance(body, tuple):
            status, body = body
        headers: dict[str, str] = {}
        usual = error_of_status(status) if body is None else None
        if usual is not None:
            body = usual.body(self._state.settings.wrap_errors)
            headers["X-Api-Schema"] = "json-error"
        elif body is None:
            body, content_type = _PROXY_PAGE.format(status), "text/html"
        elif isinstance(body, (str, bytes)) and _parsed(body) == body:
            content_type = "text/html"
        return self._response(status, {"Content-Type": content_type, **headers, **fault.headers}, body)

    def _response(self, status: int, headers: dict[str, str], body: Any) -> Response:
        data = body if isinstance(body, (str, bytes)) else json.dumps(body)
        response = Response(data, status, content_type="application/json")
        response.headers["Date"] = formatdate(self._state.clock(), usegmt=True)
        response.headers["X-Request-Id"] = str(uuid4())
        for name, value in headers.items():
            response.headers[name] = value
        return response


def _api_request(entry: LoggedRequest, full_path: str) -> ApiRequest:
    return ApiRequest(
        entry.method,
        full_path,
        parse_qsl(request.query_string.decode(), keep_blank_values=True),
        request.mimetype,
        request.get_data(),
        request.headers.get("Authorization"),
        request.remote_addr or "",
    )


def _parsed(raw: Any) -> Any:
    """Return JSON as its value, and what is not JSON as it is: text, where it is text."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw


def _cut(response: Response, fitting_length: bool) -> None:
    whole = response.get_data()
    half = whole[: len(whole) // 2]
    response.set_data(half)
    if not fitting_length:
        response.automatically_set_content_length = False
        response.headers["Content-Length"] = str(len(whole))
        response.headers[CLOSE_HEADER] = "1"


def create_app(front: ApiFront) -> Flask:
    """Return the application; every path that nothing else is registered for goes to the front."""
    app = Flask("simulator")
    app.url_map.merge_slashes = False
    app.config["PROPAGATE_EXCEPTIONS"] = True
    rules: tuple[tuple[str, dict[str, str]], ...] = (("/", {"path": ""}), ("/<path:path>", {}))
    for rule, defaults in rules:
        app.add_url_rule(rule, "api", front.handle, methods=METHODS, defaults=defaults, provide_automatic_options=False)
    return app
