# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the bytes of an answer to a payload that is safe to hold, or to the error that it means. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, NamedTuple

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
    NEVER = "what it is for can be done without its answer"


class Request(NamedTuple):
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
    before_retry: Callable[[bool], None] | None = None

    @property
    def is_write(self) -> bool:
        """Whether it may change anything."""
        return self.method != "GET"

    def error(
        self, code: str, *, transient: bool = False, retry_after: float | None = None, **details: Any
    ) -> ApiError:
        """The error that this request ends with; `details` are fields of ErrorDetails."""
        told = ErrorDetails(code, method=self.method, path=self.path, **details)
        return build_api_error(self.action, told, transient=transient, retry_after=retry_after)


class Response(NamedTuple):
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
    payload, problem = None, BROKEN_JSON
    if not _is_held_easily(response.body):
        problem = "more than is read"
    else:
        with suppress(ValueError, RecursionError):
            payload, problem = _sanitize(json.loads(response.body.decode("utf-8"))), "JSON that is no object"
    if not 200 <= response.status < 300:
        raise _refusal_error(response, request, payload, now)
    if isinstance(payload, Mapping):
        return payload
    if "json" not in response.headers.get("Content-Type", "").lower():
        problem = "no JSON" + _html_title(response.body)
    raise unexpected_response(
        request,
        f"the service answered with {problem}",
        status=response.status,
        request_id=_request_id(response),
        transient=problem == BROKEN_JSON,
    )


def unexpected_response(request: Request, problem: str, *, ambiguous: bool = True, **details: Any) -> ApiError:
    """The error for an answer that came, but is not what the API describes.

    `ambiguous`: if the request is a write, it may have been carried out. `details` as Request.error() takes them.
    """
    ambiguous = ambiguous and request.is_write
    return request.error("unexpected_answer", description=problem, ambiguous=ambiguous, **details)


def _is_held_easily(body: bytes) -> bool:
    """Whether what the body says takes no more than a few times its own memory. Each value needs one of these signs."""
    if len(body) <= MAX_VALUES:
        return True
    is_wide = len(body) > MAX_WIDE_BYTES and (b"\\u" in body or not body.isascii())
    return not is_wide and sum(body.count(sign) for sign in (b",", b"[", b"{", b"\\")) <= MAX_VALUES


def _sanitize(value: Any, depth: int = 0, *, masked: bool = False) -> Any:
    """The value without secrets (so that nothing above ever holds one) and without what no output can carry.

    `masked`: it is within attributes, in whatever shape. Raises ValueError if it is nested too deep.
    """
    if depth > MAX_DEPTH:
        raise ValueError("nested too deep")
    if isinstance(value, dict):
        return _sanitize_object(value, depth, masked=masked)
    if isinstance(value, list):
        # In its place, so that the rows of a page are not there twice.
        for index, item in enumerate(value):
            value[index] = _sanitize(item, depth + 1, masked=masked)
        return value
    if masked:
        return None if value is None else MASK
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return _text(value) if isinstance(value, str) else value


def _sanitize_object(given: dict[str, Any], depth: int, *, masked: bool) -> dict[str, Any]:
    """The object; of an attribute that is not said to be open little more than its name is shown."""
    is_attribute = "key" in given or "value" in given
    is_closed = is_attribute and given.get("protect", masked) is not False
    sanitized = {}
    for key, value in given.items():
        if key.startswith(ANSIBLES_OWN):
            continue
        if key in PASSWORDS or (is_closed and (key not in ALWAYS_SHOWN or isinstance(value, (list, dict)))):
            shown = None if value is None else MASK
        else:
            is_masked = key.lower().endswith("attributes") or (masked and not is_attribute)
            shown = _sanitize(value, depth + 1, masked=is_masked)
        sanitized[_text(key)] = shown
    return sanitized


def _text(value: str) -> str:
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def _refusal_error(response: Response, request: Request, payload: Any, now: float) -> ApiError:
    wrapped = payload.get("error") if isinstance(payload, Mapping) else None
    said = wrapped if isinstance(wrapped, Mapping) else payload if isinstance(payload, Mapping) else {}
    given, description = said.get("code"), said.get("description")
    code = truncate(given, MAX_ID) if isinstance(given, str) else ""
    ambiguous = request.is_write and _may_be_executed(response, code)
    if not code:
        is_redirect = 300 <= response.status < 400
        code = "rate_limit_reached" if response.status == 429 else "redirected" if is_redirect else "http_error"
    description = _truncate_all(description) if isinstance(description, str) and description.strip() else None
    if code == "http_error" and not description:
        plain = wrapped if isinstance(wrapped, str) else "the service answered without an error code"
        description = _truncate_all(plain) + _html_title(response.body)
    return request.error(
        code,
        status=response.status,
        description=description,
        detail=_detail(said.get("detail")),
        request_id=_request_id(response),
        ambiguous=ambiguous,
        transient=response.status in RETRYABLE,
        retry_after=_parse_retry_after(response, now),
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
