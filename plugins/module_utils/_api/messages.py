# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the bytes of an answer to a payload that is safe to hold, or to the error that it means. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

from .._core.errors import ERROR_CODES, ApiError, ErrorDetails, build_api_error, truncate

MASK = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
PASSWORDS = frozenset({"initial_root_password"})
# What is shown of an attribute that is not said to be open.
ALWAYS_SHOWN = frozenset({"key", "label", "description", "protect"})
# Keys that Ansible means itself by: it reads objects with some of them as something else, or fails, and masks in none.
ANSIBLES_OWN = ("_ansible", "__ansible")
# A page of 200 rows has some 3,000 values in 44 KB; so many, of the kinds that take most, are held in some 100 MB.
MAX_VALUES = 300_000
# Bytes of text with letters of which one makes every other take four bytes as well.
MAX_WIDE_BYTES = 16 * 1024 * 1024
# Letters of a service's words that an error keeps, of all that its detail holds, and of a code or the id of a request.
MAX_TEXT = 10_000
MAX_DETAIL = 100_000
MAX_ID = 100
BROKEN_JSON = "JSON that is cut off or broken"
# Answers of the API are some 8 deep; from about 300 on Ansible fails to print a result.
MAX_DEPTH = 100
MAX_RETRY_AFTER = 60.0
REFUSALS = frozenset({400, 403, 404, 406, 422})
RETRYABLE = frozenset({429, 500, 502, 503, 504})


class Retry(Enum):
    """When a request may be sent again."""

    ALWAYS = "it may be carried out twice without harm"
    IF_NOT_EXECUTED = "only when it was surely not carried out"


def _unchecked(_unclear: bool) -> None:
    """Nothing to look at before a repeat."""


@dataclass(frozen=True)
class Request:
    """A request: `action` says in words what it is for.

    `before_retry`, for writes, is called before the request is sent again, and also before it is sent for the first
    time if it had to wait for the rate limit, or for long for a place among the requests under way. It is told whether
    one of the attempts before may have been carried out, and it may raise, which keeps the request from being sent.
    """

    method: str
    path: str
    action: str
    query: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] | None = None
    retry: Retry = Retry.ALWAYS
    before_retry: Callable[[bool], None] = _unchecked

    @property
    def is_write(self) -> bool:
        """Whether it may change anything."""
        return self.method != "GET"

    @property
    def has_precheck(self) -> bool:
        """Whether `before_retry` looks at anything."""
        return self.before_retry is not _unchecked


@dataclass(frozen=True)
class Response:
    """What came back. `headers` is looked up without regard to case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def date(self) -> float | None:
        """When the service says that it answered, in seconds since 1970."""
        return _parse_http_date(self.headers.get("Date"))


def parse_response(response: Response, request: Request, now: float) -> Mapping[str, Any]:
    """The payload of a successful answer; every other answer is raised as an ApiError.

    `now`, in seconds since 1970, serves where the answer has no Date.
    """
    payload, problem = _parsed(response.body)
    if 200 <= response.status < 300:
        if isinstance(payload, Mapping):
            return payload
        raise _unreadable_error(response, request, problem or "JSON that is no object")
    raise _refusal_error(response, request, payload, now)


def unexpected_response(
    request: Request, problem: str, *, status: int | None = None, transient: bool = False
) -> ApiError:
    """The error for an answer that came, but is not what the API describes."""
    details = ErrorDetails(
        "unexpected_answer",
        status=status,
        description=problem,
        method=request.method,
        path=request.path,
        ambiguous=request.is_write,
    )
    return build_api_error(request.action, details, transient=transient)


def _parsed(body: bytes) -> tuple[Any, str]:
    """The payload, and what the body has instead of one."""
    if not _is_held_easily(body):
        return None, "more than is read"
    try:
        return _sanitize(json.loads(body.decode("utf-8"))), ""
    except (ValueError, RecursionError):
        return None, BROKEN_JSON


def _is_held_easily(body: bytes) -> bool:
    """Whether what the body says takes no more than a few times its own memory. Each value needs one of these signs."""
    if len(body) <= MAX_VALUES:
        return True
    is_wide = len(body) > MAX_WIDE_BYTES and (b"\\u" in body or not body.isascii())
    return not is_wide and sum(body.count(sign) for sign in (b",", b"[", b"{", b"\\")) <= MAX_VALUES


def _sanitize(value: Any, depth: int = 0) -> Any:
    """The value without secrets (so that nothing above ever holds one) and without what no output can carry.

    Raises ValueError if it is nested too deep.
    """
    _raise_if_too_deep(depth)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        # In its place, so that the rows of a page are not there twice.
        for index, item in enumerate(value):
            value[index] = _sanitize(item, depth + 1)
        return value
    if isinstance(value, dict):
        is_closed = _is_attribute(value) and value.get("protect", False) is not False
        return _mask_attribute(value) if is_closed else _object(value, depth)
    return value


def _object(given: dict[str, Any], depth: int) -> dict[str, Any]:
    return {_text(key): _member(key, value, depth + 1) for key, value in _without_ansibles_own(given)}


def _without_ansibles_own(given: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((key, value) for key, value in given.items() if not key.startswith(ANSIBLES_OWN))


def _member(key: str, value: Any, depth: int) -> Any:
    if key in PASSWORDS and value is not None:
        return MASK
    return _attributes(value, depth) if key.lower().endswith("attributes") else _sanitize(value, depth)


def _attributes(given: Any, depth: int) -> Any:
    """Attributes, in whatever shape: of one that is not said to be open little more than its name is shown."""
    _raise_if_too_deep(depth)
    if isinstance(given, list):
        return [_attributes(item, depth + 1) for item in given]
    if not isinstance(given, dict):
        return None if given is None else MASK
    if _is_attribute(given):
        return _object(given, depth) if given.get("protect") is False else _mask_attribute(given)
    return {_text(key): _attributes(value, depth + 1) for key, value in _without_ansibles_own(given)}


def _is_attribute(given: dict[str, Any]) -> bool:
    return "key" in given or "value" in given


def _mask_attribute(given: dict[str, Any]) -> dict[str, Any]:
    return {_text(key): _sanitize(_mask_member(key, value)) for key, value in _without_ansibles_own(given)}


def _mask_member(key: str, value: Any) -> Any:
    is_shown = value is None or (key in ALWAYS_SHOWN and not isinstance(value, (list, dict)))
    return value if is_shown else MASK


def _raise_if_too_deep(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError("nested too deep")


def _text(value: str) -> str:
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def _unreadable_error(response: Response, request: Request, said: str) -> ApiError:
    if "json" not in response.headers.get("Content-Type", "").lower():
        said = "no JSON" + _html_title(response.body)
    details = ErrorDetails(
        "unexpected_answer",
        status=response.status,
        description=f"the service answered with {said}",
        method=request.method,
        path=request.path,
        request_id=_request_id(response),
        ambiguous=request.is_write,
    )
    return build_api_error(request.action, details, transient=said == BROKEN_JSON)


def _refusal_error(response: Response, request: Request, payload: Any, now: float) -> ApiError:
    wrapped = payload.get("error") if isinstance(payload, Mapping) else None
    said = wrapped if isinstance(wrapped, Mapping) else payload if isinstance(payload, Mapping) else {}
    code, description = said.get("code"), said.get("description")
    given = truncate(code, MAX_ID) if isinstance(code, str) else ""
    details = ErrorDetails(
        code=given or _code_without_body(response.status),
        status=response.status,
        description=_truncate_all(description) if isinstance(description, str) and description.strip() else None,
        detail=_detail(said.get("detail")),
        method=request.method,
        path=request.path,
        request_id=_request_id(response),
        ambiguous=request.is_write and _may_be_executed(response, given),
    )
    if details.code == "http_error":
        plain = wrapped if isinstance(wrapped, str) else "the service answered without an error code"
        details = _parse_entry(details, _truncate_all(plain) + _html_title(response.body))
    return build_api_error(
        request.action, details, transient=response.status in RETRYABLE, retry_after=_parse_retry_after(response, now)
    )


def _detail(given: Any) -> Any:
    """The detail of an error; its words have no limit of the service's."""
    limited = _truncate_all(given)
    whole = json.dumps(limited)
    return limited if len(whole) <= MAX_DETAIL else truncate(whole, MAX_TEXT)


def _truncate_all(value: Any) -> Any:
    if isinstance(value, list):
        return [_truncate_all(item) for item in value]
    if isinstance(value, Mapping):
        return {truncate(key, MAX_TEXT): _truncate_all(item) for key, item in value.items()}
    return truncate(value, MAX_TEXT) if isinstance(value, str) else value


def _request_id(response: Response) -> str | None:
    given = response.headers.get("X-Request-Id")
    return given and truncate("".join(letter if letter.isprintable() else "?" for letter in given), MAX_ID)


def _parse_entry(details: ErrorDetails, description: str) -> ErrorDetails:
    return replace(details, description=details.description or description)


def _code_without_body(status: int) -> str:
    if status == 429:
        return "rate_limit_reached"
    return "redirected" if 300 <= status < 400 else "http_error"


def _may_be_executed(response: Response, code: str) -> bool:
    """Whether a write may have been carried out: surely not where the API itself refuses it, or says 429."""
    if response.status == 429:
        return False
    is_of_the_api = code in ERROR_CODES or response.headers.get("X-Api-Schema") == "json-error"
    return response.status not in REFUSALS or not is_of_the_api or code == "task_queueing_error"


def _html_title(body: bytes) -> str:
    """The title of a HTML page. Nothing else of a strange body is shown: it may hold a secret."""
    found = re.search(rb"<title[^>]*>([^<]{1,200})</title>", body[:10000], re.IGNORECASE)
    return f" (a page titled '{' '.join(found.group(1).decode('utf-8', 'replace').split())}')" if found else ""


def _parse_retry_after(response: Response, now: float) -> float | None:
    given = response.headers.get("Retry-After", "").strip()
    if given.isascii() and given.isdigit():
        return min(float(given), MAX_RETRY_AFTER)
    date = response.date or now
    until = _parse_http_date(given)
    if until is not None:
        return min(max(until - date, 0.0), MAX_RETRY_AFTER)
    return 60.0 - date % 60.0 if response.status == 429 else None


def _parse_http_date(http_date: str | None) -> float | None:
    try:
        return parsedate_to_datetime(http_date).timestamp() if http_date else None
    except (TypeError, ValueError, OverflowError):
        return None
