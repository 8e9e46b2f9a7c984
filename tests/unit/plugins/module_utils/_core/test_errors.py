# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every code of the service, wrapped and unwrapped, becomes one message: what failed, why, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.messages import Request, parse_response
from ansible_collections.katapult.cloud.plugins.module_utils._core import errors
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import (
    ERROR_CODES,
    MAX_SENTENCE,
    ApiError,
    BackupPolicyNotFoundError,
    DiskNotFoundError,
    ErrorDetails,
    InTrashError,
    NotFoundError,
    NotPermittedError,
    OptionError,
    RateLimitedError,
    TrashObjectNotFoundError,
    describe_error,
    error_for,
    truncate,
)
from ansible_collections.katapult.cloud.tests.unit.support.fakes import A_FULL_MINUTE, json_answer

ERROR_KEYS = {
    "code",
    "status",
    "description",
    "detail",
    "method",
    "path",
    "request_id",
    "attempts",
    "ambiguous",
}
CREATE = Request("POST", "/organizations/organization/disks", "create the disk 'data-01'", body={})


@dataclass(frozen=True)
class Case:
    """A refusal of the service, the exception it becomes, and words that its message must hold."""

    status: int
    code: str
    error: type[ApiError]
    detail: Any = None
    words: tuple[str, ...] = ()


CASES = (
    Case(400, "missing_api_token", ApiError, words=("KATAPULT_API_TOKEN",)),
    Case(400, "policy_not_available_for_managed_organizations", ApiError, words=("manages",)),
    Case(
        400,
        "invalid_argument",
        ApiError,
        {"path": ["properties", "bus_type"], "issue": "invalid_enum", "errors": ["not one of scsi, virtio"]},
        ("properties.bus_type", "invalid_enum", "not one of scsi, virtio"),
    ),
    Case(400, "missing_required_argument", ApiError, {"path": ["disk"]}, ("disk",)),
    Case(400, "invalid_timestamp", ApiError, words=("trash_at",)),
    Case(403, "invalid_api_token", ApiError, words=("api_token",)),
    Case(403, "invalid_capabilities_token", ApiError),
    Case(
        403, "unauthorized_network_for_api_token", ApiError, {"ip_address": "203.0.113.7"}, ("203.0.113.7", "networks")
    ),
    Case(403, "scope_not_granted", NotPermittedError, {"scopes": ["disks", "disks:read"]}, ("disks; disks:read",)),
    Case(403, "permission_denied", NotPermittedError, {"details": "Only owners may"}, ("Only owners may",)),
    Case(403, "organization_suspended", ApiError, words=("suspended",)),
    Case(403, "organization_not_activated", ApiError, words=("Activate",)),
    Case(404, "disk_not_found", DiskNotFoundError),
    Case(404, "organization_not_found", NotFoundError, words=("organization",)),
    Case(404, "data_center_not_found", NotFoundError, words=("data_center",)),
    Case(404, "disk_io_profile_not_found", NotFoundError, words=("io_profile",)),
    Case(404, "virtual_machine_not_found", NotFoundError, words=("web-01.acme.katapult.cloud, or {id: vm_...}",)),
    Case(404, "task_not_found", NotFoundError),
    Case(404, "trash_object_not_found", TrashObjectNotFoundError),
    Case(404, "disk_backup_policy_not_found", BackupPolicyNotFoundError, words=("interval",)),
    Case(404, "route_not_found", ApiError, words=("api_url",)),
    Case(
        406,
        "object_in_trash",
        InTrashError,
        {"trash_object": {"id": "trsh_1", "keep_until": 1_800_000_000}},
        ("2027-01-15 08:00 UTC",),
    ),
    Case(406, "object_in_trash", InTrashError),
    Case(406, "task_queueing_error", ApiError, {"details": "The queue is full"}, ("The queue is full",)),
    Case(
        422,
        "validation_error",
        ApiError,
        {"errors": ["Size in gb must be less than 5000", "Name is too long"]},
        ("Size in gb must be less than 5000", "Name is too long"),
    ),
    Case(422, "unable_to_assign", ApiError, {"errors": ["Disk is busy"]}, ("Disk is busy",)),
    Case(422, "unable_to_unassign", ApiError, {"errors": ["Disk is attached"]}, ("Disk is attached",)),
    Case(422, "unassigned_disk", ApiError),
    Case(429, "rate_limit_reached", RateLimitedError, {"total_permitted": 1000}, ("1000",)),
    Case(500, "unhandled_exception", ApiError, words=("req-1",)),
    Case(503, "service_unavailable", ApiError, words=("req-1",)),
    Case(422, "a_code_since_added", ApiError, {"errors": ["What it is about"]}),
)


def _id(case: Case) -> str:
    return f"{case.status}-{case.code}{'' if case.detail else '-bare'}"


def refused(case: Case, *, wrapped: bool, description: str | None) -> ApiError:
    bare = {"code": case.code, "description": description, "detail": case.detail}
    answer = json_answer(case.status, {"error": bare} if wrapped else bare, X_Request_Id="req-1")
    with pytest.raises(ApiError) as raised:
        parse_response(answer, CREATE, A_FULL_MINUTE)
    return raised.value


@pytest.mark.parametrize("wrapped", [True, False], ids=["wrapped", "unwrapped"])
@pytest.mark.parametrize("case", CASES, ids=_id)
def test_a_refusal_says_what_failed_why_and_what_to_do(case: Case, wrapped: bool) -> None:
    error = refused(case, wrapped=wrapped, description="The service's own words")

    assert error.__class__ is case.error
    assert error.message.startswith("Could not create the disk 'data-01': The service's own words")
    assert f"({case.code}, HTTP {case.status}" in error.message
    assert [word for word in case.words if word not in error.message] == []
    assert error.hint
    assert error.message.endswith(error.hint)


@pytest.mark.parametrize("wrapped", [True, False], ids=["wrapped", "unwrapped"])
@pytest.mark.parametrize("case", CASES, ids=_id)
def test_the_error_of_a_result_is_structured(case: Case, wrapped: bool) -> None:
    error = refused(case, wrapped=wrapped, description="The service's own words").with_attempts(3).as_result()["error"]

    ambiguous = case.status >= 500 or case.code in ("task_queueing_error", "a_code_since_added")
    assert error == {
        "code": case.code,
        "status": case.status,
        "description": "The service's own words",
        "detail": case.detail,
        "method": "POST",
        "path": "/organizations/organization/disks",
        "request_id": "req-1",
        "attempts": 3,
        "ambiguous": ambiguous,
    }
    assert set(error) == ERROR_KEYS


@pytest.mark.parametrize("case", CASES, ids=_id)
def test_without_a_description_the_table_says_why(case: Case) -> None:
    error = refused(case, wrapped=True, description=None)

    assert error.details.description is None
    assert errors.find_error_code(case.code).meaning in error.message
    assert "None" not in error.message


@pytest.mark.parametrize("detail", [None, [], "text", 5, {"errors": None}, {"errors": {"a": 1}}, {"trash_object": 1}])
@pytest.mark.parametrize("case", CASES, ids=_id)
def test_any_detail_gives_a_message(case: Case, detail: Any) -> None:
    odd = Case(case.status, case.code, case.error, detail)

    assert refused(odd, wrapped=True, description=None).as_result()["error"]["detail"] == detail


def test_a_time_beyond_all_calendars_gives_a_message() -> None:
    odd = Case(406, "object_in_trash", InTrashError, {"trash_object": {"keep_until": 10**20}})

    assert "trash" in refused(odd, wrapped=True, description=None).message


@pytest.mark.parametrize("code", sorted(ERROR_CODES))
def test_every_row_has_a_meaning_and_advice(code: str) -> None:
    cause = ERROR_CODES[code]

    assert cause.meaning
    assert not cause.meaning.endswith(".")
    # An option's own message says what to do, so its row needs no advice.
    assert cause.hint.endswith(".") or code == "invalid_option"
    assert "{0" not in cause.hint


def test_the_service_s_codes_are_all_in_the_table_with_their_status() -> None:
    answered = {case.code: case.status for case in CASES if case.code != "a_code_since_added"}

    in_table = {code: row.status for code, row in ERROR_CODES.items() if row.status}
    untested = sorted(in_table.keys() - answered.keys())
    assert untested == [], f"add a Case for each of {untested} to CASES in {Path(__file__).name}"
    assert in_table == answered, "ERROR_CODES and CASES differ"


def test_a_wrong_option_is_named() -> None:
    error = OptionError("size_in_gb", "is 5, but a disk has 10 GB or more.")

    assert error.as_result() == {
        "msg": "size_in_gb is 5, but a disk has 10 GB or more.",
        "error": {
            **dict.fromkeys(ERROR_KEYS),
            "code": "invalid_option",
            "detail": {"option": "size_in_gb"},
            "ambiguous": False,
        },
        "changed": False,
    }


def test_a_failure_carries_what_is_known() -> None:
    known = {"disk": {"id": "disk_One"}, "task": {"id": "task_One"}, "changed": True}
    result = error_for("task_failed", "The task failed.", known=known).as_result()
    assert (result["disk"], result["task"], result["changed"]) == ({"id": "disk_One"}, {"id": "task_One"}, True)
    assert "annotations" not in result


SENTENCE = "The disk is too small. "
LONG: dict[str, tuple[ErrorDetails, str]] = {
    "description": (ErrorDetails("x", description=SENTENCE * 1000), "The disk\u2026 (x)."),
    "one word": (ErrorDetails("x", description="x" * 5000), "x" * (MAX_SENTENCE - 1) + "\u2026 (x)."),
    "sentences of the detail": (
        ErrorDetails("validation_error", detail={"errors": [SENTENCE * 1000, "Name it"]}),
        "\u2026; Name it (validation_error).",
    ),
    "an argument": (
        ErrorDetails("invalid_argument", detail={"argument": "x" * 5000, "issue": "is long"}),
        "xxx\u2026, is long (invalid_argument).",
    ),
}


@pytest.mark.parametrize(("details", "end"), LONG.values(), ids=LONG)
def test_a_message_has_only_the_beginning_of_what_is_long(details: ErrorDetails, end: str) -> None:
    words = describe_error(details)

    assert words.endswith(end)
    assert len(words) < MAX_SENTENCE + 200


def test_one_scope_is_not_one_of_several() -> None:
    words = describe_error(ErrorDetails("scope_not_granted", detail={"scopes": ["disks"]}))

    assert words == "the API token lacks the scope that this call needs: it needs the scope disks (scope_not_granted)."


def test_a_message_has_not_all_of_many_sentences() -> None:
    words = describe_error(ErrorDetails("validation_error", detail={"errors": [SENTENCE] * 100_000}))

    assert len(words) < 11 * MAX_SENTENCE


def test_no_word_is_cut_of_which_the_rest_masks_it() -> None:
    assert truncate("Bearer secret-token", 12) == "Bearer\u2026"
