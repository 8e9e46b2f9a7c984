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

from .._core.errors import CAUSES, ApiError, Report, api_error, cut

MASK = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
PASSWORDS = frozenset({"initial_root_password"})
# What is shown of an attribute that is not said to be open.
ALWAYS_SHOWN = frozenset({"key", "label", "description", "protect"})
# Keys that Ansible means itself by: it reads objects with some of them as something else, or fails, and masks in none.
ANSIBLES_OWN = ("_ansible", "__ansible")
# A page of 200 rows has some 3,000 values in 44 KB; so many, of the kinds that take most, are held in some 100 MB.
MOST_VALUES = 300_000
# Bytes of text with letters of which one makes every other take four bytes as well.
MOST_WIDE = 16 * 1024 * 1024
# Letters of a service's words that an error keeps, of all that its detail holds, and of a code or the id of a request.
LONGEST_TEXT = 10_000
LONGEST_DETAIL = 100_000
LONGEST_ID = 100
BROKEN = "JSON that is cut off or broken"
# Answers of the API are some 8 deep; from about 300 on Ansible fails to print a result.
MAX_DEPTH = 100
LONGEST_RETRY_AFTER = 60.0
REFUSALS = frozenset({400, 403, 404, 406, 422})
REPEATABLE = frozenset({429, 500, 502, 503, 504})


class Repeat(Enum):
    """When a request may be sent again."""

    ALWAYS = "it may be carried out twice without harm"
    IF_NOT_EXECUTED = "only when it was surely not carried out"


def _unchecked(_unclear: bool) -> None:
    """Nothing to look at before a repeat."""


@dataclass(frozen=True)
class Call:
    """A request: C(doing) says in words what it is for.

    C(before_repeat), for writes, is called before the request is sent again, and also before it is sent for the first
    time if it had to wait for the rate limit, or for long for a place among the requests under way. It is told whether
    one of the attempts before may have been carried out, and it may raise, which keeps the request from being sent.
    """

    method: str
    path: str
    doing: str
    query: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] | None = None
    repeat: Repeat = Repeat.ALWAYS
    before_repeat: Callable[[bool], None] = _unchecked

    @property
    def writes(self) -> bool:
        """Whether it may change anything."""
        return self.method != "GET"

    @property
    def is_checked(self) -> bool:
        """Whether C(before_repeat) looks at anything."""
        return self.before_repeat is not _unchecked


@dataclass(frozen=True)
class Answer:
    """What came back. C(headers) is looked up without regard to case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def date(self) -> float | None:
        """When the service says that it answered, in seconds since 1970."""
        return _seconds_of(self.headers.get("Date"))


def read_answer(answer: Answer, call: Call, now: float) -> Mapping[str, Any]:
    """The payload of a successful answer; every other answer is raised as an ApiError.

    C(now), in seconds since 1970, serves where the answer has no Date.
    """
    payload, problem = _parsed(answer.body)
    if 200 <= answer.status < 300:
        if isinstance(payload, Mapping):
            return payload
        raise _unreadable(answer, call, problem or "JSON that is no object")
    raise _refusal(answer, call, payload, now)


def unexpected(call: Call, problem: str, *, status: int | None = None, transient: bool = False) -> ApiError:
    """The error for an answer that came, but is not what the API describes."""
    report = Report(
        "unexpected_answer",
        status=status,
        description=problem,
        method=call.method,
        path=call.path,
        ambiguous=call.writes,
    )
    return api_error(call.doing, report, transient=transient)


def _parsed(body: bytes) -> tuple[Any, str]:
    """The payload, and what the body has instead of one."""
    if not _is_held_easily(body):
        return None, "more than is read"
    try:
        return _cleaned(json.loads(body.decode("utf-8"))), ""
    except (ValueError, RecursionError):
        return None, BROKEN


def _is_held_easily(body: bytes) -> bool:
    """Whether what the body says takes no more than a few times its own memory. Each value needs one of these signs."""
    if len(body) <= MOST_VALUES:
        return True
    is_wide = len(body) > MOST_WIDE and (b"\\u" in body or not body.isascii())
    return not is_wide and sum(body.count(sign) for sign in (b",", b"[", b"{", b"\\")) <= MOST_VALUES


def _cleaned(value: Any, depth: int = 0) -> Any:
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
            value[index] = _cleaned(item, depth + 1)
        return value
    if isinstance(value, dict):
        is_closed = _is_attribute(value) and value.get("protect", False) is not False
        return _closed(value) if is_closed else _object(value, depth)
    return value


def _object(given: dict[str, Any], depth: int) -> dict[str, Any]:
    return {_text(key): _member(key, value, depth + 1) for key, value in _without_ansibles_own(given)}


def _without_ansibles_own(given: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((key, value) for key, value in given.items() if not key.startswith(ANSIBLES_OWN))


def _member(key: str, value: Any, depth: int) -> Any:
    if key in PASSWORDS and value is not None:
        return MASK
    return _attributes(value, depth) if key.lower().endswith("attributes") else _cleaned(value, depth)


def _attributes(given: Any, depth: int) -> Any:
    """Attributes, in whatever shape: of one that is not said to be open little more than its name is shown."""
    _raise_if_too_deep(depth)
    if isinstance(given, list):
        return [_attributes(item, depth + 1) for item in given]
    if not isinstance(given, dict):
        return None if given is None else MASK
    if _is_attribute(given):
        return _object(given, depth) if given.get("protect") is False else _closed(given)
    return {_text(key): _attributes(value, depth + 1) for key, value in _without_ansibles_own(given)}


def _is_attribute(given: dict[str, Any]) -> bool:
    return "key" in given or "value" in given


def _closed(given: dict[str, Any]) -> dict[str, Any]:
    return {_text(key): _cleaned(_veiled(key, value)) for key, value in _without_ansibles_own(given)}


def _veiled(key: str, value: Any) -> Any:
    is_shown = value is None or (key in ALWAYS_SHOWN and not isinstance(value, (list, dict)))
    return value if is_shown else MASK


def _raise_if_too_deep(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError("nested too deep")


def _text(value: str) -> str:
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def _unreadable(answer: Answer, call: Call, said: str) -> ApiError:
    if "json" not in answer.headers.get("Content-Type", "").lower():
        said = "no JSON" + _title(answer.body)
    report = Report(
        "unexpected_answer",
        status=answer.status,
        description=f"the service answered with {said}",
        method=call.method,
        path=call.path,
        request_id=_request_id(answer),
        ambiguous=call.writes,
    )
    return api_error(call.doing, report, transient=said == BROKEN)


def _refusal(answer: Answer, call: Call, payload: Any, now: float) -> ApiError:
    wrapped = payload.get("error") if isinstance(payload, Mapping) else None
    said = wrapped if isinstance(wrapped, Mapping) else payload if isinstance(payload, Mapping) else {}
    code, description = said.get("code"), said.get("description")
    given = cut(code, LONGEST_ID) if isinstance(code, str) else ""
    report = Report(
        code=given or _code_without_body(answer.status),
        status=answer.status,
        description=_limited(description) if isinstance(description, str) and description.strip() else None,
        detail=_detail(said.get("detail")),
        method=call.method,
        path=call.path,
        request_id=_request_id(answer),
        ambiguous=call.writes and _may_be_executed(answer, given),
    )
    if report.code == "http_error":
        plain = wrapped if isinstance(wrapped, str) else "the service answered without an error code"
        report = _described(report, _limited(plain) + _title(answer.body))
    return api_error(call.doing, report, transient=answer.status in REPEATABLE, retry_after=_retry_after(answer, now))


def _detail(given: Any) -> Any:
    """The detail of an error; its words have no limit of the service's."""
    limited = _limited(given)
    whole = json.dumps(limited)
    return limited if len(whole) <= LONGEST_DETAIL else cut(whole, LONGEST_TEXT)


def _limited(value: Any) -> Any:
    if isinstance(value, list):
        return [_limited(item) for item in value]
    if isinstance(value, Mapping):
        return {cut(key, LONGEST_TEXT): _limited(item) for key, item in value.items()}
    return cut(value, LONGEST_TEXT) if isinstance(value, str) else value


def _request_id(answer: Answer) -> str | None:
    given = answer.headers.get("X-Request-Id")
    return given and cut("".join(letter if letter.isprintable() else "?" for letter in given), LONGEST_ID)


def _described(report: Report, description: str) -> Report:
    return replace(report, description=report.description or description)


def _code_without_body(status: int) -> str:
    if status == 429:
        return "rate_limit_reached"
    return "redirected" if 300 <= status < 400 else "http_error"


def _may_be_executed(answer: Answer, code: str) -> bool:
    """Whether a write may have been carried out: surely not where the API itself refuses it, or says 429."""
    if answer.status == 429:
        return False
    is_of_the_api = code in CAUSES or answer.headers.get("X-Api-Schema") == "json-error"
    return answer.status not in REFUSALS or not is_of_the_api or code == "task_queueing_error"


def _title(body: bytes) -> str:
    """The title of a HTML page. Nothing else of a strange body is shown: it may hold a secret."""
    found = re.search(rb"<title[^>]*>([^<]{1,200})</title>", body[:10000], re.IGNORECASE)
    return f" (a page titled '{' '.join(found.group(1).decode('utf-8', 'replace').split())}')" if found else ""


def _retry_after(answer: Answer, now: float) -> float | None:
    given = answer.headers.get("Retry-After", "").strip()
    if given.isascii() and given.isdigit():
        return min(float(given), LONGEST_RETRY_AFTER)
    date = answer.date or now
    until = _seconds_of(given)
    if until is not None:
        return min(max(until - date, 0.0), LONGEST_RETRY_AFTER)
    return 60.0 - date % 60.0 if answer.status == 429 else None


def _seconds_of(http_date: str | None) -> float | None:
    try:
        return parsedate_to_datetime(http_date).timestamp() if http_date else None
    except (TypeError, ValueError, OverflowError):
        return None
