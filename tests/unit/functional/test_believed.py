# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers about something else, answers with holes, and answers that lag behind what was done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Fault
from ansible_collections.katapult.cloud.tests.simulator.trash import throw_away
from ansible_collections.katapult.cloud.tests.unit.support.fake_clock import SkippedTime
from ansible_collections.katapult.cloud.tests.unit.support.harness import (
    DB,
    ON_WEB,
    OPERATIONS,
    WEB,
    Harness,
    Operation,
    state_of,
)
from ansible_collections.katapult.cloud.tests.unit.support.other_clients import DISK, TRASH

LIST = "/organizations/organization/disks"
TASK = "/tasks/task"
MACHINE = "/virtual_machines/virtual_machine"
NEW: dict[str, Any] = {"name": "data-01", "size_in_gb": 20, "data_center": {"permalink": "uk-lon-01"}}
NOT_FOUND = {"error": {"code": "disk_not_found", "detail": {}}}


def answered(method: str, path: str, change: Callable[[Any], Any], **more: Any) -> Fault:
    """The real answer, changed."""
    return Fault(
        **{"method": method, "path": path, "when": "after", "action": "answer", "status": 200, "body": change, **more}
    )


def of_another(harness: Harness, **fields: Any) -> Callable[[Any], Any]:
    """The answer about another disk than was asked for, as a cache that looks at the path alone would give it."""
    harness.simulator.state.add_disk("other", id="disk_AnotherDisk00000", **{"size_in_gb": 500, **fields})

    def change(real: Any) -> Any:
        return {**real, "disk": {**real["disk"], "id": "disk_AnotherDisk00000", "name": "other", "size_in_gb": 500}}

    return change


WISHES: dict[str, Operation] = {
    "delete": Operation({"state": "absent"}),
    "delete with force": Operation({"state": "absent", "force": True}, ON_WEB),
    "purge": Operation({"state": "absent", "purge": True}),
    "shrink": Operation({"size_in_gb": 20, "allow_shrink": True}),
    "rename": Operation({"name": "data-02"}),
    "release": Operation({"state": "absent"}, ON_WEB, assigns=True),
    "move": Operation({"virtual_machine": {"fqdn": DB}, "force": True}, ON_WEB, assigns=True),
}


@pytest.mark.parametrize("number", [0, 1], ids=["first read", "second read"])
@pytest.mark.parametrize("operation", WISHES.values(), ids=WISHES)
def test_a_read_that_tells_another_disk_is_not_believed(harness: Harness, operation: Operation, number: int) -> None:
    disk_id = operation.prepare(harness.simulator)
    change = of_another(harness)
    before = state_of(harness.simulator, disk_id), state_of(harness.simulator, "disk_AnotherDisk00000")
    harness.simulator.faults.add(answered("GET", DISK, change, skip=number))

    result = operation.run(harness, disk_id)

    if result.failed:
        assert (result["error"]["code"], result.writes, result["changed"]) == ("unexpected_answer", [], False)
        assert before[0] == state_of(harness.simulator, disk_id)
    else:
        assert not harness.simulator.faults.pending or number == 1
    assert before[1] == state_of(harness.simulator, "disk_AnotherDisk00000")


def trash_of_another(harness: Harness) -> dict[str, Any]:
    """Another disk in the trash, whose trash object is returned."""
    other = harness.simulator.state.add_disk("other")
    item = throw_away(harness.simulator.state, other, "Disk")
    return {"id": item.id, "keep_until": item.keep_until, "object_id": other, "object_type": "Disk"}


FORGED: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "the detail of 406": lambda other: {
        "method": "GET",
        "path": DISK,
        "status": 406,
        "change": lambda _real: {"error": {"code": "object_in_trash", "detail": {"trash_object": other}}},
    },
    "the trash object": lambda other: {"method": "GET", "path": TRASH, "change": lambda _real: {"trash_object": other}},
    "the answer of the delete": lambda other: {
        "method": "DELETE",
        "path": DISK,
        "change": lambda real: {**real, "trash_object": other},
    },
    "the disk of the delete": lambda other: {
        "method": "DELETE",
        "path": DISK,
        "change": lambda real: {**real, "disk": {**real["disk"], "id": other["object_id"]}},
    },
}


@pytest.mark.parametrize("times", [1, -1], ids=["once", "always"])
@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
@pytest.mark.parametrize("trashed", [True, False], ids=["in the trash", "to be deleted"])
@pytest.mark.parametrize("told", [True, False], ids=["told", "not told"])
def test_a_purge_is_never_that_of_another_disk(
    harness: Harness, forged: Callable[[dict[str, Any]], dict[str, Any]], trashed: bool, told: bool, times: int
) -> None:
    disk_id = Operation({}, trashed=trashed).prepare(harness.simulator)
    harness.simulator.settings.trash_detail = told
    other = trash_of_another(harness)
    harness.simulator.faults.add(answered(**forged(other), times=times))

    result = harness.disk(id=disk_id, state="absent", purge=True)

    assert state_of(harness.simulator, other["object_id"])["trashed"] is True
    if result.failed:
        assert result["error"]["code"] == "unexpected_answer", result.result
    else:
        assert state_of(harness.simulator, disk_id) == {"exists": False, "trashed": False}


def test_a_task_that_is_another_is_not_followed(harness: Harness) -> None:
    operation = OPERATIONS["grow online"]
    disk_id = operation.prepare(harness.simulator)
    harness.simulator.settings.fail_tasks = ["grow"]
    harness.simulator.faults.add(
        answered(
            "GET",
            TASK,
            lambda real: {"task": {**real["task"], "id": "task_Another00000000", "status": "completed"}},
            times=-1,
        )
    )

    result = operation.run(harness, disk_id)

    assert result.failed
    assert result["disk"]["size_in_gb"] == 20


def test_a_machine_that_is_another_is_not_believed(harness: Harness) -> None:
    operation = OPERATIONS["assign"]
    disk_id = operation.prepare(harness.simulator)
    harness.simulator.faults.add(
        answered(
            "GET",
            MACHINE,
            lambda real: {"virtual_machine": {**real["virtual_machine"], "fqdn": DB, "id": "vm_Another"}},
        )
    )

    result = operation.run(harness, disk_id)

    assert (result["error"]["code"], result.writes) == ("unexpected_answer", [])


def test_a_create_that_is_answered_with_a_disk_of_before_is_unclear(harness: Harness) -> None:
    """The old disk of that name is in another data center, so that another may be made here."""
    old = harness.simulator.state.add_disk("data-01", data_center="nl-ams-01")
    harness.simulator.faults.add(
        answered("POST", LIST, lambda real: {**real, "disk": {**real["disk"], "id": old}}, status=201)
    )

    result = harness.disk(**NEW)

    assert (result.failed, result["disk"]["id"] == old) == (False, False)
    assert result.writes == [f"POST {LIST}"]


def test_a_patch_that_is_answered_about_another_disk_is_looked_into(harness: Harness) -> None:
    operation = Operation({"bus_type": "virtio"})
    disk_id = operation.prepare(harness.simulator)
    harness.simulator.faults.add(answered("PATCH", DISK, of_another(harness)))

    result = operation.run(harness, disk_id)

    assert (result.failed, result["disk"]["id"], result["disk"]["bus_type"]) == (False, disk_id, "virtio")
    assert "disk_AnotherDisk00000" in result.warnings[0]


def without(key: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda disk: {name: value for name, value in disk.items() if name != key}


def tied(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda disk: {**disk, "virtual_machine_disk": {**disk["virtual_machine_disk"], **changes}}


HOLES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "no virtual_machine_disk": without("virtual_machine_disk"),
    "no boot": lambda disk: tied()({**disk, "virtual_machine_disk": without("boot")(disk["virtual_machine_disk"])}),
    "boot is null": tied(boot=None),
    "boot is text": tied(boot="false"),
    "boot is a number": tied(boot=0),
    "no state of the attachment": tied(state=None),
    "a machine without keys": tied(virtual_machine={"name": "web-01"}),
}
DANGEROUS: dict[str, Operation] = {
    "delete": Operation({"state": "absent"}, ON_WEB),
    "delete with force": Operation({"state": "absent", "force": True, "purge": True}, ON_WEB),
    "detach": Operation({"virtual_machine_disk": {"attach": False}}, ON_WEB),
    "move": Operation({"virtual_machine": {"fqdn": DB}, "force": True}, ON_WEB, assigns=True),
    "release": Operation({"state": "absent"}, ON_WEB, assigns=True),
    "resize": Operation({"size_in_gb": 50}, ON_WEB),
    "attach": Operation({"virtual_machine": {"fqdn": WEB}}, {"virtual_machine": WEB}, assigns=True),
}


@pytest.mark.parametrize("check", [True, False], ids=["check mode", "real run"])
@pytest.mark.parametrize("hole", HOLES.values(), ids=HOLES)
@pytest.mark.parametrize("operation", DANGEROUS.values(), ids=DANGEROUS)
def test_what_an_answer_leaves_open_is_not_a_no(
    harness: Harness, operation: Operation, hole: Callable[[dict[str, Any]], dict[str, Any]], check: bool
) -> None:
    disk_id = operation.prepare(harness.simulator)
    before = state_of(harness.simulator, disk_id)
    harness.simulator.faults.add(answered("GET", DISK, lambda real: {**real, "disk": hole(real["disk"])}, times=-1))

    result = operation.run(harness, disk_id, check=check)

    assert (result["error"]["code"], result.writes) == ("unexpected_answer", []), result.result
    assert state_of(harness.simulator, disk_id) == before


def test_a_machine_that_is_told_by_its_id_alone_may_be_the_one_that_is_wanted(harness: Harness) -> None:
    """It was taken for another, and the disk taken from the machine where it belongs."""
    operation = Operation({"virtual_machine": {"fqdn": WEB}, "force": True}, ON_WEB, assigns=True)
    disk_id = operation.prepare(harness.simulator)
    harness.simulator.faults.add(
        answered(
            "GET",
            DISK,
            lambda real: {
                **real,
                "disk": tied(virtual_machine={"id": harness.simulator.state.machine(WEB).id})(real["disk"]),
            },
            times=-1,
        )
    )

    result = operation.run(harness, disk_id)

    assert (result["error"]["code"], result.writes) == ("unexpected_answer", [])


def test_what_is_left_open_hinders_no_other_change(harness: Harness) -> None:
    operation = Operation({"name": "data-02", "bus_type": "virtio"}, ON_WEB)
    disk_id = operation.prepare(harness.simulator)
    harness.simulator.faults.add(
        answered("GET", DISK, lambda real: {**real, "disk": without("virtual_machine_disk")(real["disk"])}, times=-1)
    )

    assert operation.run(harness, disk_id)["disk"]["name"] == "data-02"


@pytest.mark.parametrize("spelling", ["Web-01.ACME.katapult.cloud", WEB.upper()])
def test_the_name_of_a_machine_has_no_case(harness: Harness, spelling: str) -> None:
    operation = Operation({"virtual_machine": {"fqdn": spelling}}, ON_WEB, assigns=True)
    result = operation.run(harness, operation.prepare(harness.simulator))

    assert (result["changed"], result.writes) == (False, [])


STATUS = {"disk_not_found": 404, "object_in_trash": 406}


class Lagging:
    """Reads show what was so many seconds ago."""

    def __init__(self, clock: SkippedTime, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._seen: list[tuple[float, Any]] = []

    def __call__(self, real: Any) -> tuple[int, Any]:
        now = self._clock.now()
        self._seen.append((now, real))
        old = [answer for when, answer in self._seen if when <= now - self._seconds]
        answer = old[-1] if old else self._seen[0][1]
        return STATUS.get(answer.get("error", {}).get("code"), 200), answer


@pytest.mark.parametrize("seconds", [0.3, 2.0])
@pytest.mark.parametrize("name", OPERATIONS)
def test_reads_that_lag_behind_are_waited_for(harness: Harness, name: str, seconds: float) -> None:
    operation = OPERATIONS[name]
    disk_id = operation.prepare(harness.simulator)
    assert not operation.run(harness, disk_id).failed
    desired = state_of(harness.simulator, disk_id)
    disk_id = operation.prepare(harness.simulator)
    harness.simulator.faults.add(answered("GET", DISK, Lagging(harness.clock, seconds), times=-1))

    result = operation.run(harness, disk_id)

    assert not result.failed, result.result
    assert state_of(harness.simulator, disk_id) == desired
    assert len(set(result.writes)) == len(result.writes) or name == "change all"


@pytest.mark.parametrize("fleet", [False, True], ids=["disk", "fleet"])
def test_a_new_disk_may_be_there_for_readers_some_seconds_later(harness: Harness, fleet: bool) -> None:
    harness.simulator.state.add_vm(fqdn=WEB)
    harness.simulator.faults.add(Fault(method="GET", path=DISK, action="answer", status=404, body=NOT_FOUND, times=3))
    new = {**NEW, "virtual_machine_disk": {"virtual_machine": {"fqdn": WEB}}}

    result = harness.fleet(disks=[new]) if fleet else harness.disk(**new)

    assert not result.failed, result.result
    made = result["disks"][0] if fleet else result
    assert (made["changed"], made["disk"]["state"]) == (True, "built")


@pytest.mark.parametrize("fleet", [False, True], ids=["disk", "fleet"])
def test_a_new_disk_that_is_never_there_for_readers_fails_with_its_id(harness: Harness, fleet: bool) -> None:
    harness.simulator.state.add_vm(fqdn=WEB)
    harness.simulator.faults.add(Fault(method="GET", path=DISK, action="answer", status=404, body=NOT_FOUND, times=-1))
    new = {**NEW, "virtual_machine_disk": {"virtual_machine": {"fqdn": WEB}}}

    result = harness.fleet(disks=[new]) if fleet else harness.disk(**new)

    failed = result["disks"][0] if fleet else result
    made = [item.id for item in harness.simulator.state.disks_in_use()]
    assert (failed["error"]["code"], failed["changed"], [failed["disk"]["id"]]) == ("not_applied", True, made)
    assert "has not found it" in failed["msg"]


@pytest.mark.parametrize("name", ["delete", "delete with force", "grow online", "release", "change all"])
@pytest.mark.parametrize("times", [1, 3], ids=["once", "three times"])
def test_a_404_of_a_disk_that_was_just_there_is_looked_into(harness: Harness, name: str, times: int) -> None:
    operation = OPERATIONS[name]
    for skip in range(1, 4):
        disk_id = operation.prepare(harness.simulator)
        if len([item for item in operation.run(harness, disk_id).requests if item == f"GET {DISK}"]) <= skip:
            continue
        desired = state_of(harness.simulator, disk_id)
        disk_id = operation.prepare(harness.simulator)
        fault = Fault(method="GET", path=DISK, action="answer", status=404, body=NOT_FOUND, times=times, skip=skip)
        harness.simulator.faults.add(fault)

        result = operation.run(harness, disk_id)

        assert not result.failed, (skip, result.result)
        assert state_of(harness.simulator, disk_id) == desired
        assert result["changed"] is True


def test_a_disk_that_is_listed_and_not_found_for_long_is_not_called_absent(harness: Harness) -> None:
    harness.simulator.state.add_disk("data-01")
    harness.simulator.faults.add(
        Fault(method="GET", path=DISK, action="answer", status=404, body=NOT_FOUND, times=-1, skip=1)
    )

    result = harness.disk(name="data-01", state="absent")

    assert (result["error"]["code"], result.writes) == ("unexpected_answer", [])


def test_an_unassign_is_not_seen_in_an_answer_that_leaves_it_open(harness: Harness) -> None:
    operation = Operation({"state": "absent"}, {"virtual_machine": WEB, "attach_on_boot": False}, assigns=True)
    disk_id = operation.prepare(harness.simulator)
    harness.simulator.faults.add(Fault(method="POST", path="/disks/disk/unassign", action="answer", status=503))
    harness.simulator.faults.add(
        answered("GET", DISK, lambda real: {**real, "disk": without("virtual_machine_disk")(real["disk"])}, skip=2)
    )

    result = operation.run(harness, disk_id)

    assert (result["error"]["code"], result["changed"]) == ("unexpected_answer", False)


def test_a_create_that_is_answered_with_a_disk_of_another_name_is_looked_into(harness: Harness) -> None:
    """Its owner was told to delete that disk."""
    change = of_another(harness)
    harness.simulator.faults.add(answered("POST", LIST, change, status=201))

    result = harness.disk(**NEW)

    assert (result.failed, result["disk"]["name"], result["disk"]["state"]) == (False, "data-01", "built")
    assert "disk_AnotherDisk00000" in result.warnings[0]


def test_a_machine_that_is_told_by_its_name_alone_is_read_by_that(harness: Harness) -> None:
    operation = Operation({"virtual_machine_disk": {"attach": True}}, {"virtual_machine": WEB})
    disk_id = operation.prepare(harness.simulator)
    by_name = tied(virtual_machine={"fqdn": WEB})
    harness.simulator.faults.add(answered("GET", DISK, lambda real: {**real, "disk": by_name(real["disk"])}, times=3))

    assert operation.run(harness, disk_id)["changed"] is True


@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_data_center_that_is_not_told_is_no_drift(harness: Harness, state: str) -> None:
    disk_id = Operation({}).prepare(harness.simulator)
    harness.simulator.faults.add(
        answered("GET", DISK, lambda real: {**real, "disk": without("data_center")(real["disk"])}, times=-1)
    )

    result = harness.disk(id=disk_id, data_center={"permalink": "uk-lon-01"}, state=state)

    assert (result["error"]["code"], result.writes) == ("unexpected_answer", [])


def test_a_disk_that_is_in_the_trash_for_one_read_only_is_deleted(harness: Harness) -> None:
    disk_id = Operation({}).prepare(harness.simulator)
    harness.simulator.settings.trash_detail = False
    in_trash = {"error": {"code": "object_in_trash", "detail": {}}}
    harness.simulator.faults.add(Fault(method="GET", path=DISK, action="answer", status=406, body=in_trash))

    assert harness.disk(id=disk_id, state="absent")["changed"] is True
    assert state_of(harness.simulator, disk_id)["trashed"] is True
