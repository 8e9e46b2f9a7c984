# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the bytes of an answer to a payload without secrets, or to the error that it means."""

from __future__ import annotations

import json
import tracemalloc
from email.utils import formatdate
from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.messages import (
    MASK,
    MAX_ID,
    MAX_TEXT,
    MAX_VALUES,
    MAX_WIDE_BYTES,
    RETRYABLE,
    Request,
    Response,
    parse_response,
)
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import ApiError, RateLimitedError
from ansible_collections.katapult.cloud.tests.unit.support.fakes import A_FULL_MINUTE, error_answer, json_answer

GET = Request("GET", "/disks/disk", "read the disk disk_One")
POST = Request("POST", "/organizations/organization/disks", "create the disk 'data-01'", body={})
HTML = b"<html><head><TITLE>502\n Bad   Gateway</TITLE></head><body>secret-in-a-page</body></html>"
NO_OBJECTS = {
    "html": (HTML, "text/html"),
    "html-called-json": (HTML, "application/json"),
    "empty": (b"", "application/json"),
    "empty-text": (b"", ""),
    "text": (b"secret-in-a-page", "text/plain"),
    "cut-off": (b'{"disk": {"id": "secret-in-a-page', "application/json; charset=utf-8"),
    "no-utf-8": (b'{"disk": "\xff\xfe"}', "application/json"),
    "string": (b'"secret-in-a-page"', "application/json"),
    "list": (b'["secret-in-a-page"]', "application/json"),
    "null": (b"null", "application/json"),
    "number": (b"5", "application/json"),
    "very-deep": (b"[" * 100_000, "application/json"),
    "deep": (b'{"a": [' * 60 + b'"secret-in-a-page"' + b"]}" * 60, "application/json"),
    "deep-attributes": (b'{"attributes": [' * 60 + b'"secret-in-a-page"' + b"]}" * 60, "application/json"),
}


def error_of(answer: Response, call: Request = GET, now: float = A_FULL_MINUTE) -> ApiError:
    with pytest.raises(ApiError) as raised:
        parse_response(answer, call, now)
    return raised.value


def plain(status: int, body: bytes, content_type: str, **headers: str) -> Response:
    return Response(status, {"Content-Type": content_type, **headers}, body)


@pytest.mark.parametrize("call", [GET, POST], ids=["GET", "POST"])
@pytest.mark.parametrize("status", [200, 201, 204])
@pytest.mark.parametrize(("body", "kind"), NO_OBJECTS.values(), ids=NO_OBJECTS)
def test_a_success_that_is_no_object_is_an_error(status: int, body: bytes, kind: str, call: Request) -> None:
    error = error_of(plain(status, body, kind), call)

    assert error.details.code == "unexpected_answer"
    assert error.details.status == status
    assert error.details.ambiguous is call.is_write
    assert "secret-in-a-page" not in json.dumps(error.as_result())


@pytest.mark.parametrize("status", [400, 403, 404, 406, 418, 422, 500, 502, 503, 504, 599])
@pytest.mark.parametrize(("body", "kind"), NO_OBJECTS.values(), ids=NO_OBJECTS)
def test_an_error_that_is_no_object_is_one_of_its_status(status: int, body: bytes, kind: str) -> None:
    error = error_of(plain(status, body, kind))

    assert error.__class__ is ApiError
    assert (error.details.code, error.details.status) == ("http_error", status)
    assert error.transient is (status in RETRYABLE)
    assert "secret-in-a-page" not in json.dumps(error.as_result())
    assert f"HTTP {status}" in error.message


@pytest.mark.parametrize("status", [200, 502])
def test_an_answer_that_can_t_be_read_keeps_the_id_of_its_request(status: int) -> None:
    assert error_of(plain(status, HTML, "text/html", **{"X-Request-Id": "req-1"})).details.request_id == "req-1"


def test_the_title_of_a_page_is_shown() -> None:
    assert "(a page titled '502 Bad Gateway')" in error_of(plain(502, HTML, "text/html")).message


@pytest.mark.parametrize("payload", [{"error": "Not Found"}, {"message": "no"}, {"error": None}, {"code": 5}, {}])
def test_an_error_in_an_unknown_shape_is_one_of_its_status(payload: Any) -> None:
    assert error_of(json_answer(404, payload)).details.code == "http_error"


@pytest.mark.parametrize(
    ("answer", "lost"),
    [
        (error_answer(500, "unhandled_exception"), True),
        (error_answer(503, "service_unavailable"), True),
        (plain(502, HTML, "text/html"), True),
        (plain(504, b"", ""), True),
        (plain(408, b"", ""), True),
        (error_answer(406, "task_queueing_error"), True),
        (plain(406, b"", ""), True),
        (error_answer(406, "object_in_trash"), False),
        (error_answer(400, "invalid_argument"), False),
        (error_answer(403, "scope_not_granted"), False),
        (error_answer(404, "organization_not_found"), False),
        (error_answer(422, "validation_error"), False),
        (error_answer(429, "rate_limit_reached"), False),
        (plain(429, HTML, "text/html"), False),
        (plain(404, HTML, "text/html"), True),
        (plain(302, b"", "", Location="https://elsewhere.test/"), True),
    ],
    ids=lambda value: value if isinstance(value, bool) else f"{value.status}-{len(value.body)}",
)
def test_a_write_may_have_been_carried_out(answer: Response, lost: bool) -> None:
    assert error_of(answer, POST).details.ambiguous is lost
    assert error_of(answer, GET).details.ambiguous is False


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_told(status: int) -> None:
    error = error_of(plain(status, b"", "", Location="https://elsewhere.test/"))

    assert error.details.code == "redirected"
    assert not error.transient
    assert "api_url" in error.message


SECRET = "hunter2-secret"
PROTECTED = {"key": "root_password", "value": SECRET, "protect": True}
UNMARKED = {"key": "root_password", "label": "Root password", "value": SECRET}
HIDDEN: dict[str, Any] = {
    "installation": {"disk": {"installation": {"attributes": [PROTECTED]}}},
    "deep": {"disk": {"a": [[{"b": {"c": [PROTECTED]}}]]}},
    "structured": {"disk": {"key": "k", "value": {"deep": [SECRET]}, "protect": True}},
    "null": {"disk": {"key": "k", "value": SECRET, "protect": None}},
    "text": {"disk": {"key": "k", "value": SECRET, "protect": "true"}},
    "password": {"disk": {"initial_root_password": SECRET}},
    "password-deep": {"virtual_machine": [{"disk": {"initial_root_password": SECRET}}]},
    "unmarked": {"disk": {"installation": {"attributes": [UNMARKED]}}},
    "unmarked-structured": {"attributes": [{"key": "k", "value": {"deep": [SECRET]}}]},
    "unmarked-list": {"attributes": [{"key": "k", "value": [{"value": SECRET, "protect": False}]}]},
    "no-key": {"attributes": [{"value": SECRET}]},
    "false-as-text": {"attributes": [{**UNMARKED, "protect": "false"}]},
    "false-as-number": {"attributes": [{**UNMARKED, "protect": 0}]},
    "lists-in-lists": {"attributes": [[[UNMARKED]]]},
    "one-alone": {"attributes": UNMARKED},
    "by-name": {"attributes": {"root_password": UNMARKED}},
    "values-by-name": {"attributes": {"root_password": SECRET}},
    "values-by-group": {"attributes": {"os": {"root_password": [SECRET]}}},
    "bare-values": {"attributes": [SECRET]},
    "bare-value": {"attributes": SECRET},
    "another-member": {"attributes": [{"key": "g", "default_value": SECRET}]},
    "another-member-beside-null": {"attributes": [{"key": "h", "value": None, "secret": SECRET}]},
    "another-member-of-a-protected-one": {"disk": {**PROTECTED, "value": None, "default": [SECRET]}},
    "structured-label": {"attributes": [{"key": "k", "label": {"value": SECRET}}]},
    "in-capitals": {"Attributes": [UNMARKED]},
    "of-an-installation": {"disk": {"installation_attributes": [UNMARKED]}},
    "in-one-word": {"disk": {"installationAttributes": {"root_password": SECRET}}},
    "within-an-attribute": {"attributes": [{"key": "k", "protect": False, "attributes": [UNMARKED]}]},
}


@pytest.mark.parametrize("payload", HIDDEN.values(), ids=HIDDEN)
def test_secrets_never_get_past(payload: Any) -> None:
    shown = json.dumps(parse_response(json_answer(200, payload), GET, A_FULL_MINUTE))
    refused = json.dumps(error_of(error_answer(422, "validation_error", payload)).as_result())

    assert MASK in shown
    assert SECRET not in shown + refused


@pytest.mark.parametrize(
    "payload",
    [
        {"key": "user", "value": "admin", "protect": False},
        {"key": "k", "value": None, "protect": True},
        {"key": "env", "value": "production"},
        {"initial_root_password": None},
        {"attributes": [{"key": "user", "value": "admin", "protect": False}]},
        {"attributes": [{"key": "user", "value": {"name": ["admin"]}, "protect": False}]},
        {"attributes": [{"key": "k", "label": "K", "description": "what", "value": None}, None]},
        {"attributes": [{"key": "k", "protect": False, "annotations": [{"key": "env", "value": "production"}]}]},
        {"attributes": None, "annotations": [{"key": "attributes", "value": "production"}]},
        {"attributes": [], "annotations": [{"key": "value", "value": "production"}]},
    ],
    ids=[
        "open",
        "null",
        "annotation",
        "no-password",
        "open-attribute",
        "open-structure",
        "null-attribute",
        "annotated-attribute",
        "no-attributes",
        "empty",
    ],
)
def test_what_is_no_secret_is_left_as_it_is(payload: Any) -> None:
    assert parse_response(json_answer(200, payload), GET, A_FULL_MINUTE) == payload


def test_of_an_attribute_that_is_not_said_to_be_open_its_name_is_shown() -> None:
    shown: dict[str, Any] = {**UNMARKED, "description": "told", "protect": None, "unset": None}
    answer = json_answer(200, {"attributes": [{**shown, "odd": [{"value": "told"}]}]})

    assert parse_response(answer, GET, A_FULL_MINUTE) == {"attributes": [{**shown, "value": MASK, "odd": MASK}]}


@pytest.mark.parametrize(
    "key", ["__ansible_type", "__ansible_unsafe", "__ansible_vault", "_ansible_no_log", "_ansible"]
)
def test_keys_that_ansible_takes_for_its_own_do_not_get_past(key: str) -> None:
    odd: dict[str, Any] = {key: "x"}
    payload = {**odd, "disk": {**odd, "a": [[{**odd, "b": 1}]], "attributes": {**odd, "os": {**odd}}}}
    kept = {"disk": {"a": [[{"b": 1}]], "attributes": {"os": {}}}}
    refusal = error_of(error_answer(422, "validation_error", payload)).details

    assert parse_response(json_answer(200, payload), GET, A_FULL_MINUTE) == kept
    assert refusal.detail == kept


def test_keys_that_are_like_those_of_ansible_get_past() -> None:
    payload = {"ansible_host": "a", "x__ansible_type": {"ansible": "__ansible_type"}}

    assert parse_response(json_answer(200, payload), GET, A_FULL_MINUTE) == payload


@pytest.mark.parametrize(
    "body",
    [b'{"a": "x\\ud800y"}', b'{"a": [{"b": "\\udfff"}]}', b'{"x\\ud800y": 1}'],
    ids=["value", "deep", "key"],
)
def test_lone_surrogates_do_not_get_past(body: bytes) -> None:
    payload = parse_response(plain(200, body, "application/json"), GET, A_FULL_MINUTE)

    assert json.dumps(payload, ensure_ascii=False).encode("utf-8")


def test_numbers_that_are_no_json_do_not_get_past() -> None:
    body = b'{"a": NaN, "b": [-Infinity, 1e999, 1.5, 2]}'

    assert parse_response(plain(200, body, "application/json"), GET, A_FULL_MINUTE) == {
        "a": None,
        "b": [None, None, 1.5, 2],
    }


def limited(given: str | None, status: int = 429, date: float | None = A_FULL_MINUTE + 20) -> float | None:
    headers = {} if given is None else {"Retry-After": given}
    if date is not None:
        headers["Date"] = formatdate(date, usegmt=True)
    return error_of(plain(status, b"", "", **headers), now=A_FULL_MINUTE + 45).retry_after


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("3600", 60.0),
        ("9" * 400, 60.0),
        (formatdate(A_FULL_MINUTE + 35, usegmt=True), 15.0),
        (formatdate(A_FULL_MINUTE + 9000, usegmt=True), 60.0),
        (formatdate(A_FULL_MINUTE, usegmt=True), 0.0),
        (None, 40.0),
        ("", 40.0),
        ("soon", 40.0),
        ("-5", 40.0),
        ("\u00b2", 40.0),
        ("Mon, 99 Foo 2026 99:99:99 GMT", 40.0),
    ],
)
def test_retry_after(given: str | None, seconds: float) -> None:
    assert limited(given) == seconds


@pytest.mark.parametrize("status", [500, 503])
def test_only_a_limit_has_a_minute_of_its_own(status: int) -> None:
    assert limited(None, status) is None
    assert limited("7", status) == 7.0


def test_without_a_date_the_own_clock_tells_the_minute() -> None:
    assert limited(None, date=None) == 15.0


def test_a_limit_without_a_body_is_a_limit() -> None:
    error = error_of(plain(429, HTML, "text/html"), POST)

    assert isinstance(error, RateLimitedError)
    assert error.details.code == "rate_limit_reached"


WIDE = "\U0001f4a9".encode()
TOO_LARGE: dict[str, bytes] = {
    "objects": b'{"disk": [' + b'{"a":1},' * MAX_VALUES + b"1]}",
    "lists": b'{"disk": [' + b"[]," * MAX_VALUES + b"1]}",
    "numbers": b'{"disk": [' + b"1," * MAX_VALUES + b"1]}",
    "lists in lists": b'{"disk": ' + b"[" * MAX_VALUES + b"1}",
    "objects in objects": b'[{"a":' * MAX_VALUES + b"1}]",
    "pieces of a text": b'{"a": "' + b"\\n" * MAX_VALUES + b'"}',
    "wide text": b'{"a": "' + b"x" * MAX_WIDE_BYTES + WIDE + b'"}',
    "wide text in plain letters": b'{"a": "' + b"x" * MAX_WIDE_BYTES + b'\\ud83d\\udca9"}',
}
MEGABYTE = 1024 * 1024
LARGE: dict[str, bytes] = {
    "plain text": b'{"a": "' + b"x" * (60 * MEGABYTE) + b'"}',
    "wide text": b'{"a": "' + b"x" * (MAX_WIDE_BYTES - 20) + WIDE + b'"}',
    "values": b'{"disk": [' + b'{"a":1},' * (MAX_VALUES // 2 - 2) + b"1]}",
}


@pytest.mark.parametrize("call", [GET, POST], ids=["GET", "POST"])
@pytest.mark.parametrize("body", TOO_LARGE.values(), ids=TOO_LARGE)
def test_an_answer_that_would_take_much_more_than_its_own_memory_is_not_read(body: bytes, call: Request) -> None:
    error = error_of(plain(200, body, "application/json"), call)

    assert error.details.code == "unexpected_answer"
    assert "the service answered with more than is read" in error.message
    assert (error.details.ambiguous, error.transient) == (call.is_write, False)


def test_an_error_that_would_take_much_more_than_its_own_memory_is_one_of_its_status() -> None:
    assert error_of(plain(422, TOO_LARGE["objects"], "application/json")).details.code == "http_error"


@pytest.mark.parametrize("body", LARGE.values(), ids=LARGE)
def test_a_large_answer_is_read_within_limits(body: bytes) -> None:
    tracemalloc.start()
    try:
        assert parse_response(plain(200, body, "application/json"), GET, A_FULL_MINUTE)
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak + len(body) < 300 * MEGABYTE


def test_rows_are_not_held_twice() -> None:
    body = b'{"disk": [' + b'{"a":1},' * 50_000 + b"1]}"
    tracemalloc.start()
    try:
        json.loads(body.decode())
        _now, parsed = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        parse_response(plain(200, body, "application/json"), GET, A_FULL_MINUTE)
        _now, read = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read < 1.2 * parsed


@pytest.mark.parametrize(
    ("detail", "kept"),
    [
        ({"errors": ["x" * MAX_TEXT]}, {"errors": ["x" * MAX_TEXT]}),
        ({"errors": ["x" * 20_000]}, {"errors": ["x" * (MAX_TEXT - 1) + "\u2026"]}),
        ({"a": [{"b" * 20_000: 1}]}, {"a": [{"b" * (MAX_TEXT - 1) + "\u2026": 1}]}),
        (["x" * MAX_TEXT] * 11, '["' + "x" * (MAX_TEXT - 3) + "\u2026"),
    ],
    ids=["as it is", "long", "long key", "many"],
)
def test_the_words_of_a_detail_have_an_end(detail: Any, kept: Any) -> None:
    assert error_of(error_answer(422, "validation_error", detail)).details.detail == kept


def test_the_words_of_an_error_have_an_end() -> None:
    payload = {"error": {"code": "c" * 50_000, "description": "word " * 50_000, "detail": None}}
    answer = plain(422, json.dumps(payload).encode(), "application/json", **{"X-Request-Id": "\x1b[1m" + "i" * 50_000})
    details = error_of(answer).details

    assert details.code == "c" * (MAX_ID - 1) + "\u2026"
    assert details.request_id == "?[1m" + "i" * (MAX_ID - 5) + "\u2026"
    assert details.description is not None
    assert details.description.startswith("word word ")
    assert details.description.endswith(" word\u2026")
    assert MAX_TEXT - 10 < len(details.description) <= MAX_TEXT
