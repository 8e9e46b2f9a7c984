# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole life of a disk: check mode against the real run, second runs, faults, and what is never done."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Fault
from ansible_collections.katapult.cloud.tests.unit.support.harness import (
    DB,
    ON_WEB,
    OPERATIONS,
    WEB,
    Harness,
    Operation,
    state_of,
)

FAULTS: dict[str, dict[str, Any]] = {
    "answer lost": {"when": "after", "action": "drop"},
    "answer unreadable": {"when": "after", "action": "answer", "status": 200, "body": "null"},
    "unavailable": {"when": "before", "action": "answer", "status": 503},
    "not queued": {
        "when": "before",
        "action": "answer",
        "status": 406,
        "body": {"error": {"code": "task_queueing_error", "detail": {}}},
    },
}
EVERY_OPERATION = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


def assert_predicted(harness: Harness, operation: Operation, disk_id: str) -> None:
    """Check mode predicts the real run, which a second one leaves alone."""
    before = state_of(harness.simulator, disk_id)
    predicted = operation.run(harness, disk_id, check=True)
    assert predicted.writes == []
    assert state_of(harness.simulator, disk_id) == before
    real = operation.run(harness, disk_id)
    assert predicted.failed is real.failed, (predicted.result, real.result)
    if real.failed:
        assert (predicted["msg"], predicted["error"]) == (real["msg"], real["error"])
        assert state_of(harness.simulator, disk_id) == before
        return
    assert (predicted["changed"], predicted["diff"]) == (real["changed"], real["diff"])
    assert set(predicted.result) == set(real.result)
    again = operation.run(harness, disk_id)
    assert (again.failed, again.writes) == (False, []), again.result
    assert again["changed"] is False


@EVERY_OPERATION
def test_check_mode_predicts_an_operation(harness: Harness, operation: Operation) -> None:
    disk_id = operation.prepare(harness.simulator)
    assert_predicted(harness, operation, disk_id)


SITUATIONS: list[dict[str, Any]] = [
    {},
    {"virtual_machine": WEB},
    ON_WEB,
    {"virtual_machine": WEB, "attach_on_boot": False},
    {"virtual_machine": DB},
    {"virtual_machine": DB, "attach_on_boot": False},
    {**ON_WEB, "boot": True},
]
SIZES: list[dict[str, Any]] = [
    {},
    {"size_in_gb": 30},
    {"size_in_gb": 30, "resize_method": "online"},
    {"size_in_gb": 10, "allow_shrink": True},
]
WISHES: list[dict[str, Any] | None] = [
    None,
    {"attach": True},
    {"attach": False},
    {"virtual_machine": {"fqdn": WEB}, "attach": True},
    {"virtual_machine": {"fqdn": WEB}, "attach": True, "attach_on_boot": False},
    {"virtual_machine": {"fqdn": DB}, "attach": True},
    {"virtual_machine": {"fqdn": DB}, "attach_on_boot": False},
    {"virtual_machine": {"fqdn": WEB}, "attach": False, "attach_on_boot": True},
]


@pytest.mark.parametrize(
    "number", range(len(SITUATIONS)), ids=lambda number: "-".join(map(str, SITUATIONS[number].values())) or "unassigned"
)
def test_check_mode_predicts_every_pair(harness: Harness, number: int) -> None:
    """Seven situations of a disk, each with 32 sets of options: 224 pairs."""
    for sizes, wish in itertools.product(SIZES, WISHES):
        operation = Operation({**sizes, **({"virtual_machine_disk": wish} if wish else {})}, SITUATIONS[number])
        disk_id = operation.prepare(harness.simulator)
        assert_predicted(harness, operation, disk_id)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@EVERY_OPERATION
def test_a_rerun_ends_as_wanted_after_a_fault_on_any_request(
    harness: Harness, operation: Operation, fault: dict[str, Any]
) -> None:
    disk_id = operation.prepare(harness.simulator)
    undisturbed = operation.run(harness, disk_id)
    desired, allowed = state_of(harness.simulator, disk_id), set(undisturbed.writes)
    for number in range(len(undisturbed.requests)):
        disk_id = operation.prepare(harness.simulator)
        harness.simulator.faults.add(Fault(skip=number, **fault))
        first = operation.run(harness, disk_id)
        harness.simulator.faults.clear()
        again = operation.run(harness, disk_id)

        assert not again.failed, (number, first.result, again.result)
        assert state_of(harness.simulator, disk_id) == desired, (number, first.result)
        assert set(first.writes + again.writes) <= allowed
        assert harness.simulator.violations == []


def test_a_later_step_that_fails_tells_what_was_done(harness: Harness) -> None:
    operation = OPERATIONS["change all"]
    disk_id = operation.prepare(harness.simulator)
    harness.simulator.settings.fail_tasks = ["grow"]

    failed = operation.run(harness, disk_id)

    assert failed["error"]["code"] == "task_failed"
    assert failed["changed"] is True
    assert failed["steps"] == {
        "done": ["io_profile", "rename", "bus_type", "assign"],
        "failed": ["resize"],
        "not_tried": ["attach", "annotations"],
    }
    assert (failed["disk"]["id"], failed["disk"]["name"], failed["disk"]["size_in_gb"]) == (disk_id, "data-02", 20)
    harness.simulator.settings.fail_tasks = []
    again = operation.run(harness, disk_id)
    assert (again.failed, again["disk"]["size_in_gb"]) == (False, 40)
    assert "PATCH /disks/disk" in again.writes


def test_annotations_that_are_merged_are_told(harness: Harness) -> None:
    disk_id = Operation({}, {"annotations": {"old": "1"}}).prepare(harness.simulator)
    harness.simulator.settings.merge_annotations = True

    result = harness.disk(id=disk_id, annotations=[{"key": "new", "value": "2"}])

    assert result["error"]["code"] == "not_applied"
    assert "may add to the annotations" in result["msg"]
    assert result["changed"] is True


REFUSALS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"state": "absent"}, ON_WEB, "disk_assigned"),
    ({"state": "absent", "force": True}, {**ON_WEB, "boot": True}, "boot_disk"),
    ({"state": "absent", "name": "other"}, {}, "not_meant"),
    ({"name": "taken"}, {}, "name_taken"),
    ({"io_profile": {"permalink": "nowhere"}, "bus_type": "virtio"}, {}, "disk_io_profile_not_found"),
    ({"virtual_machine_disk": {"virtual_machine": {"fqdn": "no.acme.test"}}}, {}, "virtual_machine_not_found"),
    ({"virtual_machine_disk": {"virtual_machine": {"fqdn": WEB}}}, {"data_center": "nl-ams-01"}, "drift"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "before", "code"), REFUSALS, ids=[row[2] for row in REFUSALS])
def test_what_can_t_be_is_refused_before_anything_is_written(
    harness: Harness, options: dict[str, Any], before: dict[str, Any], code: str
) -> None:
    operation = Operation(options, before)
    disk_id = operation.prepare(harness.simulator)
    harness.simulator.state.add_disk("taken")
    for check in (True, False):
        result = operation.run(harness, disk_id, check=check)
        assert (result["error"]["code"], result["changed"], result.writes) == (code, False, [])
        assert result["disk"]["id"] == disk_id


@pytest.mark.parametrize("state", ["present", "absent"])
def test_boot_disks_keep_their_assignment(harness: Harness, state: str) -> None:
    operation = Operation(
        {"virtual_machine": {"fqdn": WEB}, "state": state, "force": True}, {**ON_WEB, "boot": True}, assigns=True
    )
    result = operation.run(harness, operation.prepare(harness.simulator))
    assert (result["error"]["code"], result.writes) == ("boot_disk", [])


def test_only_a_disk_that_is_not_there_is_absent(harness: Harness) -> None:
    assert harness.disk(id="disk_Unknown", state="absent")["changed"] is False
    harness.simulator.faults.add(
        Fault(action="answer", status=404, body={"error": {"code": "route_not_found", "detail": {}}})
    )
    assert harness.disk(id="disk_Unknown", state="absent")["error"]["code"] == "route_not_found"
    elsewhere = harness.disk(name="data-01", state="absent", organization={"sub_domain": "other"})
    assert elsewhere["error"]["code"] == "organization_not_found"


@pytest.mark.parametrize(
    ("options", "code"),
    [({"state": "absent"}, "not_meant"), ({"size_in_gb": 30}, "drift")],
    ids=["absent", "present"],
)
def test_a_disk_that_is_renamed_after_it_was_found_is_left_alone(
    harness: Harness, options: dict[str, Any], code: str
) -> None:
    disk_id = Operation({}).prepare(harness.simulator)
    harness.simulator.faults.add(Fault(path="/disks/disk", action="delay", seconds=0.4, skip=1))
    timer = threading.Timer(0.2, lambda: setattr(harness.simulator.state.disks[disk_id], "name", "other"))
    timer.start()

    result = harness.disk(name="data-01", **options)

    timer.join()
    assert (result["error"]["code"], result.writes) == (code, [])
    assert result["disk"]["name"] == "other"


@pytest.mark.parametrize("detail", [True, False], ids=["told", "not told"])
def test_a_disk_in_the_trash(harness: Harness, detail: bool) -> None:
    disk_id = Operation({}, trashed=True).prepare(harness.simulator)
    harness.simulator.settings.trash_detail = detail

    present = harness.disk(id=disk_id)
    absent = harness.disk(id=disk_id, state="absent")
    named = harness.disk(id=disk_id, name="data-01", state="absent", purge=True)

    assert present["error"]["code"] == "object_in_trash"
    assert "restore=true" in present["msg"]
    assert (absent["changed"], absent["trash_object"]["object_id"]) == (False, disk_id)
    assert "is in the trash until" in absent["msg"]
    assert (named["error"]["code"], named.writes) == ("not_meant", [])


def test_a_failure_between_delete_and_purge_tells_how_to_go_on(harness: Harness) -> None:
    disk_id = Operation({}).prepare(harness.simulator)
    harness.simulator.state.add_token("no-purge", ["disks", "trash_objects:read"])

    failed = harness.disk(name="data-01", state="absent", purge=True, token="no-purge")

    assert failed["error"]["code"] == "scope_not_granted"
    assert (failed["changed"], failed["disk"]["id"]) == (True, disk_id)
    assert failed["trash_object"]["object_id"] == disk_id
    assert failed["steps"] == {"done": ["delete"], "failed": ["purge"], "not_tried": []}
    assert f"id={disk_id}, purge=true, and no name" in failed["msg"]
    assert harness.disk(id=disk_id, state="absent", purge=True)["changed"] is True
    assert state_of(harness.simulator, disk_id) == {"exists": False, "trashed": False}


def test_a_token_for_disks_only_changes_and_deletes_with_warnings(harness: Harness) -> None:
    disk_id = Operation({}, ON_WEB).prepare(harness.simulator)
    harness.simulator.state.add_token("disks-only", ["disks"])

    grown = harness.disk(id=disk_id, size_in_gb=30, token="disks-only")
    gone = harness.disk(id=disk_id, state="absent", force=True, token="disks-only")

    assert (grown["disk"]["size_in_gb"], len(grown.warnings)) == (30, 1)
    assert gone["changed"] is True
    assert state_of(harness.simulator, disk_id)["trashed"] is True


def refusal(path: str, method: str, status: int, code: str) -> Fault:
    return Fault(
        path=path,
        method=method,
        action="answer",
        status=status,
        body={"error": {"code": code, "detail": {}}},
        times=-1,
    )


STRANGE: list[tuple[Operation, Fault]] = [
    (Operation({"state": "absent", "force": True}, ON_WEB), refusal("*/detach", "POST", 406, "object_in_trash")),
    (Operation({"state": "absent"}, ON_WEB, assigns=True), refusal("*/unassign", "POST", 406, "object_in_trash")),
    (Operation({"state": "absent", "purge": True}), refusal("/disks/disk", "DELETE", 406, "object_in_trash")),
    (Operation({"state": "absent"}), refusal("/disks/disk", "DELETE", 404, "disk_not_found")),
    (
        Operation({"state": "absent", "purge": True}, trashed=True),
        refusal("*/trash_object", "DELETE", 404, "organization_not_found"),
    ),
]


@pytest.mark.parametrize(("operation", "fault"), STRANGE)
def test_a_refusal_is_not_taken_for_success_while_the_disk_is_there(
    harness: Harness, operation: Operation, fault: Fault
) -> None:
    disk_id = operation.prepare(harness.simulator)
    harness.simulator.faults.add(fault)

    result = operation.run(harness, disk_id)

    assert result.failed, result.result
    assert state_of(harness.simulator, disk_id)["exists"] is True
    assert result["disk"]["id"] == disk_id


@pytest.mark.parametrize(
    ("before", "wish", "state"),
    [
        ({**ON_WEB, "state": "resizing", "settle_seconds": 10}, False, "detached"),
        ({"virtual_machine": WEB, "attachment": "attaching", "settle_seconds": 10}, False, "detached"),
        ({"virtual_machine": WEB, "attachment": "detaching", "settle_seconds": 10}, True, "attached"),
        ({"virtual_machine": WEB, "state": "resizing", "settle_seconds": 10}, True, "attached"),
    ],
)
def test_what_is_under_way_hides_no_wish(harness: Harness, before: dict[str, Any], wish: bool, state: str) -> None:
    operation = Operation({"wait": False, "virtual_machine_disk": {"attach": wish}}, before)
    disk_id = operation.prepare(harness.simulator)

    predicted = operation.run(harness, disk_id, check=True)
    real = operation.run(harness, disk_id)

    assert (predicted["changed"], real["changed"]) == (True, True)
    assert predicted["diff"] == real["diff"]
    waited = harness.disk(id=disk_id, virtual_machine_disk={"attach": wish})
    assert waited["disk"]["virtual_machine_disk"]["state"] == state


NOT_MEANT: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"state": "absent", "data_center": {"permalink": "nl-ams-01"}}, {}, "not_meant"),
    (
        {"state": "absent", "force": True, "virtual_machine_disk": {"virtual_machine": {"fqdn": DB}}},
        ON_WEB,
        "not_meant",
    ),
]


@pytest.mark.parametrize(("options", "before", "code"), NOT_MEANT, ids=["data center", "machine"])
def test_a_disk_elsewhere_is_not_removed(
    harness: Harness, options: dict[str, Any], before: dict[str, Any], code: str
) -> None:
    operation = Operation(options, before)
    result = operation.run(harness, operation.prepare(harness.simulator))
    assert (result["error"]["code"], result.writes) == (code, [])


def test_a_restore_is_checked_before_and_survives_an_unreadable_disk(harness: Harness) -> None:
    operation = Operation({"restore": True}, trashed=True)
    disk_id = operation.prepare(harness.simulator)
    wish = {"virtual_machine": {"fqdn": "no.acme.test"}}
    for check in (True, False):
        refused = harness.disk(id=disk_id, restore=True, virtual_machine_disk=wish, check=check)
        assert (refused["error"]["code"], refused.writes) == ("virtual_machine_not_found", [])
    harness.simulator.faults.add(Fault(path="/disks/disk", action="answer", status=503, skip=1, times=-1))

    lost = operation.run(harness, disk_id)

    assert (lost.failed, lost["changed"], lost["disk"]) == (True, True, {"id": disk_id})
    harness.simulator.faults.clear()
    assert operation.run(harness, disk_id)["changed"] is False


TRASH = "/trash_objects/trash_object"
UNREADABLE = {"action": "answer", "when": "after", "status": 200, "body": "null"}
DENIED = {"action": "answer", "status": 403, "body": {"error": {"code": "permission_denied"}}}
UNCLEAR: dict[str, list[dict[str, Any]]] = {
    "restore": [
        {"path": f"{TRASH}/restore", **UNREADABLE},
        {"path": "/disks/disk", "method": "GET", **UNREADABLE, "skip": 1},
    ],
    "purge from the trash": [
        {"path": TRASH, "method": "DELETE", "action": "drop", "when": "after"},
        {"path": "/disks/disk", "method": "GET", "times": -1, "skip": 1, **DENIED},
        {"path": TRASH, "method": "DELETE", "skip": 1, **DENIED},
    ],
}


@pytest.mark.parametrize("name", UNCLEAR)
def test_what_is_not_seen_after_a_lost_answer_is_unclear(harness: Harness, name: str) -> None:
    disk_id = OPERATIONS[name].prepare(harness.simulator)
    for fault in UNCLEAR[name]:
        harness.simulator.faults.add(Fault(**fault))

    unclear = OPERATIONS[name].run(harness, disk_id)

    assert unclear["error"]["ambiguous"] is True
    assert unclear["msg"].count("Could not ") == 2


def test_a_disk_that_is_being_built_is_assigned_as_soon_as_it_is_there(harness: Harness) -> None:
    disk_id = Operation({}, {"state": "building", "settle_seconds": 2}).prepare(harness.simulator)

    result = harness.assignment(disk={"id": disk_id}, virtual_machine={"fqdn": WEB})

    assert result["disk"]["virtual_machine_disk"]["state"] == "attached"
    assert len(result.requests) < 20


def test_runs_at_once_remove_and_change_a_disk_once(harness: Harness) -> None:
    Operation({}).prepare(harness.simulator)
    with ThreadPoolExecutor(4) as pool:
        grown = list(pool.map(lambda _number: harness.disk(name="data-01", size_in_gb=40), range(4)))
        gone = list(pool.map(lambda _number: harness.disk(name="data-01", state="absent", purge=True), range(4)))

    for results in (grown, gone):
        assert sorted(result["changed"] for result in results) == [False, False, False, True]
    assert [result["msg"].startswith("There is no disk") for result in gone].count(True) == 3


def test_what_is_under_way_is_waited_for_before_a_change(harness: Harness) -> None:
    disk_id = Operation({}, {"state": "resizing", "settle_seconds": 10}).prepare(harness.simulator)
    assert harness.disk(id=disk_id, size_in_gb=30, wait=False)["changed"] is True

    failed_id = Operation({}, {"virtual_machine": WEB, "attachment": "failed"}).prepare(harness.simulator)
    wish = {"virtual_machine": {"fqdn": WEB}, "attach": True}
    failed = harness.disk(id=failed_id, virtual_machine_disk=wish)
    assert failed["error"]["code"] == "attachment_failed"
    assert "attach=false" in failed["msg"]
    assert harness.disk(id=failed_id, virtual_machine_disk={**wish, "attach": False})["changed"] is True
    assert harness.disk(id=failed_id, virtual_machine_disk=wish)["changed"] is True


def test_a_shrink_without_an_effect_says_what_may_be_the_reason(harness: Harness) -> None:
    """A blank disk and XFS are left as they are by a task that completes."""
    disk_id = Operation({}).prepare(harness.simulator)

    def undone(real: Any) -> Any:
        return {**real, "disk": {**real["disk"], "size_in_gb": 20}}

    harness.simulator.faults.add(
        Fault(path="/disks/disk", method="GET", when="after", action="answer", status=200, body=undone, times=-1)
    )

    result = harness.disk(id=disk_id, size_in_gb=10, allow_shrink=True)

    assert (result["error"]["code"], result["changed"]) == ("not_applied", True)
    assert "a blank disk, XFS" in result["msg"]


LOST = {
    "name": "data-01",
    "size_in_gb": 20,
    "data_center": "uk-lon-01",
    "virtual_machine": WEB,
    "annotations": [{"key": "env", "value": "test"}],
}
WITH_ALL: dict[str, Any] = {**ON_WEB, "annotations": {"env": "test"}}


@pytest.mark.parametrize("fleet", [False, True], ids=["disk", "fleet"])
@pytest.mark.parametrize("purge", [False, True], ids=["delete", "purge"])
@pytest.mark.parametrize("check", [True, False], ids=["check mode", "real run"])
def test_the_diff_of_a_removal_shows_what_is_lost(harness: Harness, fleet: bool, purge: bool, check: bool) -> None:
    Operation({}, WITH_ALL).prepare(harness.simulator)
    options: dict[str, Any] = {"state": "absent", "force": True, "purge": purge}

    if fleet:
        result = harness.fleet(check=check, disks=[{"name": "data-01"}], **options)
        diff, message = {key: side["data-01"] for key, side in result["diff"].items()}, result["disks"][0]["msg"]
    else:
        result = harness.disk(check=check, name="data-01", **options)
        diff, message = result["diff"], result["msg"]

    purged = {"purge": False} if purge else {}
    assert diff["before"] == {"state": "present", **LOST, **purged}
    assert diff["after"] == {"state": "absent", **({"purge": True} if purge else {})}
    assert "'data-01' (disk_" in message
    assert ", 20 GB)" in message


def test_the_diff_of_a_release_and_of_a_move_shows_which_disk_loses_which_machine(harness: Harness) -> None:
    disk_id = Operation({}, WITH_ALL).prepare(harness.simulator)

    released = harness.assignment(check=True, disk={"id": disk_id}, state="absent")["diff"]
    moved = harness.assignment(check=True, disk={"id": disk_id}, virtual_machine={"fqdn": DB}, force=True)["diff"]

    assert released["before"] == {"state": "present", **LOST}
    assert released["after"] == {"state": "absent", **LOST, "virtual_machine": None}
    which = [(side["disk"], side["size_in_gb"]) for side in (moved["before"], moved["after"])]
    assert which == [({"name": "data-01"}, 20)] * 2
    assert [side["virtual_machine"] for side in (moved["before"], moved["after"])] == [{"fqdn": WEB}, {"fqdn": DB}]


@pytest.mark.parametrize("fleet", [False, True], ids=["disk", "fleet"])
def test_check_mode_foresees_that_a_machine_is_in_another_data_center(harness: Harness, fleet: bool) -> None:
    Operation({}).prepare(harness.simulator)
    new: dict[str, Any] = {
        "name": "data-09",
        "size_in_gb": 20,
        "data_center": {"permalink": "nl-ams-01"},
        "virtual_machine_disk": {"virtual_machine": {"fqdn": WEB}},
    }

    for check in (True, False):
        result = harness.fleet(check=check, disks=[new]) if fleet else harness.disk(check=check, **new)
        failed = result["disks"][0] if fleet else result
        assert (failed["error"]["code"], failed["changed"]) == ("validation_error", False), result.result
        assert not check or f"its virtual machine {WEB} is in uk-lon-01" in failed["msg"]


def test_check_mode_takes_a_disk_that_is_not_there_for_one_that_an_earlier_task_creates(harness: Harness) -> None:
    Operation({}).prepare(harness.simulator)

    predicted = harness.assignment(check=True, disk={"name": "data-09"}, virtual_machine={"fqdn": WEB})

    assert (predicted["changed"], predicted.writes) == (True, [])
    assert predicted["disk"]["virtual_machine_disk"]["virtual_machine"]["fqdn"] == WEB
    assert (predicted["disk"]["id"], predicted["disk"]["name"]) == (None, "data-09")
    assert "an earlier task creates" in predicted.warnings[0]
    real = harness.assignment(disk={"name": "data-09"}, virtual_machine={"fqdn": WEB})
    assert (
        real["error"]["code"],
        set(predicted.result)
        <= set(harness.assignment(disk={"name": "data-01"}, virtual_machine={"fqdn": WEB}).result),
    ) == ("disk_not_found", True)
    nowhere = harness.assignment(check=True, disk={"name": "data-09"}, virtual_machine={"fqdn": "no.acme.test"})
    assert nowhere["error"]["code"] == "virtual_machine_not_found"
