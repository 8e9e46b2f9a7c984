# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exactly one disk: lost answers and duplicates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.endpoints import Created
from ansible_collections.katapult.cloud.plugins.module_utils._api.messages import Request
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import MAY_APPEAR, KatapultError
from ansible_collections.katapult.cloud.plugins.module_utils._core.file_lock import CreateNotes
from ansible_collections.katapult.cloud.plugins.module_utils._plan.plan import plan_disk
from ansible_collections.katapult.cloud.plugins.module_utils._reconcile.create import DiskCreator, raise_if_duplicated
from ansible_collections.katapult.cloud.tests.unit.support.factories import (
    AMSTERDAM,
    DISK,
    LIST,
    desired,
    disk,
    disk_payload,
    task_answer,
    thin,
)
from ansible_collections.katapult.cloud.tests.unit.support.fakes import (
    FakeClock,
    ScriptedService,
    error_answer,
    json_answer,
    run_context,
)

OLD = frozenset({"disk_Old"})
EMPTY = thin("disk_Old")
ALIKE = disk_payload(id="disk_New", state="building")
OTHER_SIZE = disk_payload(id="disk_New", size_in_gb=50)
ELSEWHERE = disk_payload(id="disk_New", data_center=AMSTERDAM)
LOST = error_answer(500, "unhandled_exception")
NO_SCOPE = error_answer(403, "scope_not_granted", {"scopes": ["x"]})
DOWN = error_answer(503, "service_unavailable")


class Run:
    """A create with its doubles."""

    def __init__(
        self,
        post: Any,
        lists: Sequence[Any] = (EMPTY,),
        disks: Sequence[dict[str, Any]] = (),
        seconds: float = 600,
        **script: Any,
    ) -> None:
        by_id = {item["id"]: item for item in disks}

        def read(call: Request) -> dict[str, Any]:
            return {"disk": by_id[dict(call.query)["disk[id]"]], "annotations": []}

        self.clock = FakeClock()
        self.warnings: list[str] = []
        self.service = ScriptedService(
            {f"POST {LIST}": [post], f"GET {LIST}": list(lists), f"GET {DISK}": [read], **script}
        )
        self.creator = DiskCreator(run_context(self.service, self.clock, seconds, warn=self.warnings.append))

    def create(self, **options: Any) -> Created:
        made = self.create_unless_made(**options)
        assert made is not None
        return made

    def create_unless_made(self, **options: Any) -> Created | None:
        made = desired(**options)
        return self.creator.create(plan_disk(made, None).body or {}, made, OLD, CreateNotes())

    def fails(self) -> KatapultError:
        with pytest.raises(KatapultError) as raised:
            self.create()
        assert self.service.count("POST", LIST) == 1
        return raised.value


def test_a_create_that_is_answered_is_the_result() -> None:
    answer = {"disk": ALIKE, "annotations": [], **task_answer("pending")}
    run = Run(answer)
    made = run.create()

    assert (made.disk.id, made.task and made.task.id, run.warnings) == ("disk_New", "task_One", [])
    assert [call.method for call in run.service.calls] == ["POST"]


@pytest.mark.parametrize("task", [None, "x", {}, {"id": "task_One"}])
def test_a_task_that_can_t_be_read_does_not_lose_the_disk(task: Any) -> None:
    made = Run({"disk": ALIKE, "task": task}).create()
    assert (made.disk.id, made.task) == ("disk_New", None)


@pytest.mark.parametrize(
    "post",
    [
        LOST,
        error_answer(406, "task_queueing_error"),
        json_answer(201, {}),
        json_answer(201, {"disk": {"id": "disk_New"}}),
        json_answer(201, []),
    ],
    ids=["500", "queue", "empty", "half", "list"],
)
def test_the_disk_of_a_lost_answer_is_adopted(post: Any) -> None:
    run = Run(post, [thin("disk_Old", "disk_New")], [ALIKE])
    made = run.create()

    assert (made.disk.id, made.task) == ("disk_New", None)
    assert len(run.warnings) == 1
    assert "disk_New" in run.warnings[0]
    assert run.clock.sleeps == []


def test_a_disk_that_appears_late_is_adopted() -> None:
    run = Run(LOST, [EMPTY, DOWN, EMPTY, thin("disk_Old", "disk_New")], [ALIKE])

    assert run.create().disk.id == "disk_New"
    assert run.clock.sleeps == [0.5, 1, 2]


@pytest.mark.parametrize(("seconds", "waited"), [(600, 10), (4, 4), (0, 0)])
def test_a_disk_that_never_appears_is_ambiguous(seconds: float, waited: float) -> None:
    run = Run(LOST, seconds=seconds)
    error = run.fails()

    assert error.details.ambiguous is True
    assert (error.details.code, error.details.status) == ("unhandled_exception", 500)
    assert error.hint == MAY_APPEAR
    assert error.message.count(MAY_APPEAR) == 1
    assert run.clock.elapsed == waited
    assert run.service.calls[-1].method == "GET"


@pytest.mark.parametrize(
    ("disks", "words"),
    [
        ([OTHER_SIZE], "size_in_gb is 50, expected 20"),
        ([ALIKE, {**ALIKE, "id": "disk_Twin"}], "disk_Twin"),
    ],
    ids=["differs", "two"],
)
def test_a_disk_that_is_not_clearly_ours_is_not_adopted(disks: list[dict[str, Any]], words: str) -> None:
    run = Run(LOST, [thin("disk_Old", *(item["id"] for item in disks))], disks)
    error = run.fails()

    assert (error.details.code, error.details.ambiguous) == ("create_unclear", True)
    assert words in error.summary
    assert [item["id"] for item in error.details.detail] == [item["id"] for item in disks]
    assert (error.as_result().get("disk") or {}).get("id") == (disks[0]["id"] if len(disks) == 1 else None)


def test_a_new_disk_in_another_data_center_is_not_ours() -> None:
    assert Run(LOST, [thin("disk_Old", "disk_New")], [ELSEWHERE]).fails().hint == MAY_APPEAR


def test_where_the_look_fails_for_good_both_failures_are_told() -> None:
    error = Run(LOST, [NO_SCOPE]).fails()

    assert error.details.ambiguous is True
    assert "unhandled_exception" in error.summary
    assert "scope_not_granted" in error.summary


@pytest.mark.parametrize(
    "refusal",
    [
        error_answer(422, "validation_error", {"errors": ["Size in gb is too large"]}),
        error_answer(406, "object_in_trash"),
        error_answer(429, "rate_limit_reached"),
        error_answer(403, "scope_not_granted"),
    ],
)
def test_a_refusal_is_the_failure_and_nothing_is_looked_for(refusal: Any) -> None:
    run = Run(refusal)

    assert run.fails().details.ambiguous is False
    assert len(run.service.calls) == 1


def before_retry(call: Request) -> Any:
    """A sender that would send this again: what it asks for before."""
    assert call.before_retry is not None
    call.before_retry(False)
    return {"disk": ALIKE, **task_answer("pending")}


def test_before_a_create_is_sent_again_the_name_is_looked_for() -> None:
    run = Run(before_retry, [EMPTY])
    assert run.create().task is not None
    assert run.service.count("GET", LIST) == 1

    run = Run(before_retry, [thin("disk_Old", "disk_New")], [ALIKE])
    assert run.create().task is None
    assert "disk_New" in run.warnings[0]

    run = Run(before_retry, [thin("disk_Old", "disk_New")], [OTHER_SIZE])
    assert run.create_unless_made() is None
    assert "Another run has made the disk since: disk_New" in run.warnings[0]


@pytest.mark.parametrize("there", [["disk_New"], ["disk_Old", "disk_New"]])
def test_no_duplicate(there: list[str]) -> None:
    run = Run(LOST, [thin(*there)], [ALIKE])

    assert run.creator.find_duplicates(disk(id="disk_New"), desired(), OLD).disks == []
    assert run.service.count("GET", DISK) == 0


def test_a_duplicate_is_told_with_both_ids() -> None:
    run = Run(LOST, [thin("disk_Old", "disk_New", "disk_Twin")], [{**ALIKE, "id": "disk_Twin"}])
    new = disk(id="disk_New")
    with pytest.raises(KatapultError, match=r"created as disk_New, .* disk_Twin") as raised:
        raise_if_duplicated(new, run.creator.find_duplicates(new, desired(), OLD).disks)

    assert raised.value.details.code == "duplicate_created"
    assert [item["id"] for item in raised.value.details.detail["disks"]] == ["disk_New", "disk_Twin"]


def test_a_disk_of_the_name_elsewhere_is_no_duplicate() -> None:
    run = Run(LOST, [thin("disk_New", "disk_Far")], [{**ELSEWHERE, "id": "disk_Far"}])
    assert run.creator.find_duplicates(disk(id="disk_New"), desired(), OLD).disks == []


def test_a_look_for_a_duplicate_that_fails_is_a_warning() -> None:
    run = Run(LOST, [DOWN])
    assert run.creator.find_duplicates(disk(id="disk_New"), desired(), OLD).disks == []
    assert len(run.warnings) == 1
