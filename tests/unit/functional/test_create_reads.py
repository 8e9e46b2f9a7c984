# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a create is read by: nothing twice, and nothing that its answer and the list show already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Fault
from ansible_collections.katapult.cloud.tests.unit.support.harness import WEB, Harness, Outcome

LIST = "/organizations/organization/disks"
POLICY = "/organizations/organization/policy"
DISK = "/disks/disk"
TASK = "/tasks/task"
NEW: dict[str, Any] = {
    "size_in_gb": 20,
    "data_center": {"permalink": "uk-lon-01"},
    "bus_type": "virtio",
    "annotations": [{"key": "env", "value": "test"}],
}
ON_WEB = {"virtual_machine_disk": {"virtual_machine": {"fqdn": WEB}, "attach": True}}
Change = Callable[[dict[str, Any]], dict[str, Any]]
BOTH = pytest.mark.parametrize("fleet", [False, True], ids=["disk", "fleet"])


@pytest.fixture(name="harness")
def _life(harness: Harness) -> Harness:
    harness.simulator.state.add_vm(fqdn=WEB, state="started")
    return harness


def create(harness: Harness, fleet: bool, **more: Any) -> Outcome:
    """Create data-01; as a fleet, with another disk, so that the list is what is looked at."""
    options = {**NEW, **more}
    if fleet:
        # One create after the other, so that a fault of the first is that of data-01.
        return harness.fleet(disks=[{"name": "data-01"}, {"name": "data-02"}], concurrency=1, **options)
    return harness.disk(name="data-01", **options)


def made_of(outcome: Outcome) -> dict[str, Any]:
    """What became of data-01."""
    return (
        next(disk for disk in outcome["disks"] if disk["name"] == "data-01")
        if "disks" in outcome.result
        else (outcome.result)
    )


def reads_of(harness: Harness, name: str = "data-01") -> int:
    """How often the disk of that name was read."""
    with harness.simulator.state.lock:
        disk_id = next(disk.id for disk in harness.simulator.state.disks_in_use() if disk.name == name)
    return sum(disk_id in request.query.values() for request in harness.simulator.requests if request.path == DISK)


def answered(harness: Harness, method: str, change: Change, **more: Any) -> None:
    """Have all answers of this method about the list changed."""
    status = 201 if method == "POST" else 200
    harness.simulator.faults.add(
        Fault(LIST, method, "after", "answer", status=status, body=change, **{"times": -1, **more})
    )


def is_as_the_service_has_it(harness: Harness, made: dict[str, Any]) -> None:
    shown = harness.disk(id=made["disk"]["id"], data_center=NEW["data_center"])
    assert (made["disk"], made["annotations"]) == (shown["disk"], shown["annotations"])
    assert (made["disk"]["state"], made["changed"], shown["changed"]) == ("built", True, False)


def test_a_create_takes_no_more_than_two_lists_a_write_and_its_task(harness: Harness) -> None:
    outcome = create(harness, fleet=False)

    requests = [request for request in outcome.requests if request != f"GET {TASK}"]
    assert requests == [f"GET {LIST}", f"POST {LIST}", f"GET {LIST}"]
    assert outcome.requests[-2] == f"GET {TASK}"
    assert outcome["task"]["status"] == "completed"
    is_as_the_service_has_it(harness, outcome.result)


def test_a_fleet_of_creates_takes_no_more_than_lists_and_writes(harness: Harness) -> None:
    # No disk is built later than the others: the last one is read, as that takes no more requests than the list.
    harness.simulator.seed({"settings": {"build_seconds": 0}})
    outcome = create(harness, fleet=True)

    assert outcome.requests.count(f"GET {POLICY}") == 1
    assert set(outcome.requests) == {"GET /data_centers", f"GET {LIST}", f"GET {POLICY}", f"POST {LIST}"}
    is_as_the_service_has_it(harness, made_of(outcome))


@BOTH
def test_a_disk_on_a_virtual_machine_is_read(harness: Harness, fleet: bool) -> None:
    outcome = create(harness, fleet, **ON_WEB)

    made = made_of(outcome)
    assert made["disk"]["virtual_machine_disk"]["state"] == "attached"
    assert reads_of(harness) > 0
    is_as_the_service_has_it(harness, made)


@BOTH
@pytest.mark.parametrize("fault", [{"action": "drop"}, {"action": "answer", "status": 503}], ids=["dropped", "503"])
def test_a_disk_whose_create_was_not_answered_is_read(harness: Harness, fleet: bool, fault: dict[str, Any]) -> None:
    harness.simulator.faults.add(Fault(LIST, "POST", "after", **fault))

    outcome = create(harness, fleet)

    assert reads_of(harness) > 0
    is_as_the_service_has_it(harness, made_of(outcome))


def without(*keys: str) -> Change:
    """An object without what is under these keys, each of which is in the one before."""

    def change(thing: dict[str, Any]) -> dict[str, Any]:
        key, *inner = keys
        if inner:
            return {**thing, key: without(*inner)(thing[key])}
        return {name: value for name, value in thing.items() if name != key}

    return change


HOLES: dict[str, Change] = {
    "no task": without("task"),
    "a task without an id": without("task", "id"),
    "no annotations": without("annotations"),
    **{f"no {key}": without("disk", key) for key in ("wwn", "created_at", "io_profile", "installation", "bus_type")},
    "no virtual_machine_disk": without("disk", "virtual_machine_disk"),
    "a data center without a permalink": without("disk", "data_center", "permalink"),
    "a profile without iops": without("disk", "io_profile", "iops"),
    "another bus": lambda answer: {**answer, "disk": {**answer["disk"], "bus_type": "scsi"}},
    "other annotations": lambda answer: {**answer, "annotations": []},
}


@BOTH
@pytest.mark.parametrize("change", HOLES.values(), ids=HOLES)
def test_an_answer_that_is_not_whole_or_not_as_asked_is_not_the_result(
    harness: Harness, fleet: bool, change: Change
) -> None:
    answered(harness, "POST", change)

    outcome = create(harness, fleet)

    assert reads_of(harness) > 0
    is_as_the_service_has_it(harness, made_of(outcome))


def in_rows(**changes: Any) -> Change:
    """The list with rows that differ from the disks; None: the key is not there."""

    def change(answer: dict[str, Any]) -> dict[str, Any]:
        rows = [{key: value for key, value in {**row, **changes}.items() if value != "gone"} for row in answer["disk"]]
        return {**answer, "disk": rows}

    return change


ROWS: dict[str, Change] = {
    "another size": in_rows(size_in_gb=30),
    "another wwn": in_rows(wwn="ffff"),
    "no wwn": in_rows(wwn="gone"),
    "no state": in_rows(state="gone"),
    "a strange state": in_rows(state=["built"]),
    "no virtual machine told": in_rows(virtual_machine_disk="gone"),
    "on a virtual machine": in_rows(virtual_machine_disk={"virtual_machine": {"id": "vm_Other", "fqdn": "other"}}),
    "no rows": lambda answer: {**answer, "disk": [], "pagination": {**answer["pagination"], "total": 0}},
}


@BOTH
@pytest.mark.parametrize("change", ROWS.values(), ids=ROWS)
def test_a_disk_of_which_the_list_shows_anything_else_is_read(harness: Harness, fleet: bool, change: Change) -> None:
    answered(harness, "GET", change, skip=2 if fleet else 1)

    outcome = create(harness, fleet)

    assert reads_of(harness) > 0
    is_as_the_service_has_it(harness, made_of(outcome))


def test_a_disk_that_the_list_still_shows_as_under_way_is_read(harness: Harness) -> None:
    answered(harness, "GET", in_rows(state="building"), skip=1)

    outcome = create(harness, fleet=False)

    assert reads_of(harness) == 1
    is_as_the_service_has_it(harness, outcome.result)


def test_a_list_that_can_t_be_read_after_the_create_is_a_warning_and_the_disk_is_read(harness: Harness) -> None:
    harness.simulator.faults.add(Fault(LIST, "GET", "before", "answer", status=422, times=-1, skip=1))

    outcome = create(harness, fleet=False)

    assert reads_of(harness) == 1
    assert "Whether another run created a disk 'data-01' too could not be seen" in outcome.warnings[0]
    is_as_the_service_has_it(harness, outcome.result)


@pytest.mark.parametrize("more", [{}, ON_WEB], ids=["alone", "on a virtual machine"])
def test_where_tasks_can_t_be_read_the_last_look_at_the_disk_is_the_result(
    harness: Harness, more: dict[str, Any]
) -> None:
    harness.simulator.state.add_token("narrow", ["disks"])

    outcome = create(harness, fleet=False, token="narrow", **more)

    assert outcome.requests.count(f"GET {TASK}") == 1
    last = len(outcome.requests) - 1 - outcome.requests[::-1].index(f"GET {DISK}")
    assert [item for item in outcome.requests[last + 1 :] if item != "GET /virtual_machines/virtual_machine"] == [
        f"GET {LIST}"
    ]
    is_as_the_service_has_it(harness, outcome.result)


@pytest.mark.parametrize("more", [{}, ON_WEB], ids=["alone", "on a virtual machine"])
def test_a_duplicate_that_appears_while_the_disk_is_built_is_found(harness: Harness, more: dict[str, Any]) -> None:
    def create_duplicate() -> None:
        harness.simulator.state.add_disk("data-01", id="disk_Twin", size_in_gb=20)

    harness.simulator.seed({"settings": {"build_seconds": 5}})
    looked = len(harness.simulator.requests)
    # Near the end of the build, at the eighth look.
    harness.clock.meanwhile(create_duplicate, when=lambda: len(harness.simulator.requests) - looked >= 8)

    outcome = create(harness, fleet=False, **more)

    assert outcome["error"]["code"] == "duplicate_created"
    assert "disk_Twin" in outcome["msg"]
    assert (outcome["disk"]["state"], outcome["changed"]) == ("built", True)
    assert outcome["disk"]["id"] in outcome["msg"]


@BOTH
def test_a_build_that_failed_is_a_failure_with_the_disk_as_it_was_read(harness: Harness, fleet: bool) -> None:
    harness.simulator.settings.fail_builds = True

    outcome = create(harness, fleet)

    made = made_of(outcome)
    assert (made["error"]["code"], made["disk"]["state"]) == ("task_failed", "failed")
    assert reads_of(harness) == 1
