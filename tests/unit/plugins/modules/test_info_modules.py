# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules that only read, as a whole, in process, against the simulator."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.modules import (
    katapult_data_center_info,
    katapult_disk_info,
    katapult_disk_io_profile_info,
    katapult_task_info,
    katapult_trash_info,
)
from ansible_collections.katapult.cloud.tests.simulator.faults import Fault
from ansible_collections.katapult.cloud.tests.simulator.simulator import Simulator, disks_seed
from ansible_collections.katapult.cloud.tests.simulator.trash import throw_away, throw_away_machine

LIST = "GET /organizations/organization/disks"
READ = "GET /disks/disk"
PROFILES = "GET /organizations/organization/disk_io_profiles"
PLACES = "GET /data_centers"
TASK = "GET /tasks/task"
TRASH = "GET /organizations/organization/trash_objects"
THIN = {"id", "name", "size_in_gb", "wwn", "state", "virtual_machine_disk", "device"}
WHOLE = THIN | {
    "created_at",
    "storage_speed",
    "io_profile",
    "bus_type",
    "data_center",
    "installation",
    "annotations",
}
DAY = 86400
LISTS = {
    "profiles": (katapult_disk_io_profile_info, "disk_io_profiles", ["100k", "unrestricted"]),
    "places": (katapult_data_center_info, "data_centers", ["uk-lon-01", "nl-ams-01", "us-nyc-01"]),
}
FOR_EVERY_LIST = pytest.mark.parametrize(("module", "key", "permalinks"), LISTS.values(), ids=LISTS)


@pytest.fixture(name="disks")
def _disks(run: Any) -> Any:
    return run.of(katapult_disk_info)


@pytest.fixture(name="task")
def _task(run: Any) -> Any:
    return run.of(katapult_task_info)


def option_names(done: Any) -> list[str]:
    return [disk["name"] for disk in done["disks"]]


@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
def test_disks_are_listed_over_all_pages(disks: Any, simulator: Simulator, check: bool) -> None:
    simulator.seed(disks_seed(401))
    done = disks(check=check)

    assert (done["changed"], done.status, len(done["disks"])) == (False, 0, 401)
    assert set(done["disks"][0]) == THIN
    assert "diff" not in done.result
    assert disks.requests == [LIST] * 3


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, ["System Disk", "data-01", "data-01", "data-02"]),
        ({"name": "data-01"}, ["data-01", "data-01"]),
        ({"name": "data"}, []),
        ({"state": "failed"}, ["data-02"]),
        ({"state": "failed", "name": "data-01"}, []),
        ({"virtual_machine": "web-01.acme.test"}, ["System Disk", "data-01"]),
        ({"virtual_machine": {"id": "vm_Web"}, "name": "data-01"}, ["data-01"]),
        ({"virtual_machine": "db-01.acme.test"}, []),
        ({"annotations": [{"key": "env", "value": "test"}]}, ["data-01"]),
        ({"annotations": [{"key": "env", "value": "test"}, {"key": "bare"}]}, ["data-01"]),
        ({"annotations": [{"key": "bare", "value": None}]}, ["data-01", "data-02"]),
        ({"annotations": [{"key": "env"}]}, []),
        ({"annotations": []}, ["System Disk", "data-01", "data-01", "data-02"]),
    ],
    ids=str,
)
@pytest.mark.parametrize("details", [False, True], ids=["thin", "details"])
def test_disks_are_filtered(
    disks: Any, simulator: Simulator, options: dict[str, Any], found: list[str], details: bool
) -> None:
    simulator.state.add_vm("web-01.acme.test", id="vm_Web", system_disk_gb=20)
    simulator.state.add_vm("db-01.acme.test")
    simulator.state.add_disk("data-01", virtual_machine="vm_Web", annotations={"env": "test", "bare": None})
    simulator.state.add_disk("data-01")
    simulator.state.add_disk("data-02", state="failed", annotations={"bare": ""})
    done = disks(details=details, **options)

    assert option_names(done) == found
    assert {frozenset(disk) for disk in done["disks"]} <= {frozenset(WHOLE if details else THIN)}
    looks = ["GET /virtual_machines/virtual_machine"] if "virtual_machine" in options and not found else []
    assert disks.requests == [LIST, *looks, *[READ] * (len(found) if details else 0)]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"assigned": False}, ["data-02", "data-03"]),
        ({"assigned": True}, ["data-00", "data-01"]),
        ({"assigned": True, "virtual_machine": "web-01.acme.test", "name": "data-01"}, ["data-01"]),
        ({"older_than": "30d"}, ["data-00", "data-01", "data-02"]),
        ({"older_than": "29D"}, ["data-00", "data-01", "data-02"]),
        ({"older_than": "5w"}, ["data-02"]),
        ({"older_than": "1000h"}, ["data-02"]),
        ({"older_than": "0"}, ["data-00", "data-01", "data-02", "data-03"]),
        ({"older_than": 2592000}, ["data-00", "data-01", "data-02"]),
        ({"assigned": False, "older_than": " 30d "}, ["data-02"]),
        ({"assigned": False, "older_than": "30d", "annotations": {"env": "test"}}, ["data-02"]),
        ({"assigned": False, "older_than": "30d", "annotations": {"env": "live"}}, []),
    ],
    ids=str,
)
@pytest.mark.parametrize("details", [False, True], ids=["thin", "details"])
def test_disks_are_filtered_by_place_and_age(
    disks: Any, simulator: Simulator, options: dict[str, Any], found: list[str], details: bool
) -> None:
    now = int(time.time())
    simulator.state.add_vm("web-01.acme.test")
    usual: dict[str, Any] = {"virtual_machine": "web-01.acme.test", "created_at": now - 30 * DAY}
    simulator.state.add_disk("data-00", boot=True, **usual)
    simulator.state.add_disk("data-01", **usual)
    simulator.state.add_disk("data-02", annotations={"env": "test"}, created_at=now - 60 * DAY)
    simulator.state.add_disk("data-03", annotations={"env": "test"}, created_at=now - 29 * DAY + 60)
    done = disks(details=details, **options)

    assert option_names(done) == found
    # An age is read of the disks that all other options leave.
    is_whole = details or "older_than" in options
    assert {frozenset(disk) for disk in done["disks"]} <= {frozenset(WHOLE if is_whole else THIN)}
    reads = 0 if not is_whole else len(found) if "older_than" not in options else disks.requests.count(READ)
    assert disks.requests == [LIST, *[READ] * reads]


@pytest.mark.parametrize("bus_type", ["scsi", "virtio", None])
def test_the_device_is_shown_where_a_guest_finds_it_by_its_wwn(
    disks: Any, simulator: Simulator, bus_type: str | None
) -> None:
    disk_id = simulator.state.add_disk("data-01", bus_type=bus_type, wwn="0DD9827F9168F40D")
    device = "/dev/disk/by-id/wwn-0x0dd9827f9168f40d" if bus_type == "scsi" else None

    assert [disk["device"] for disk in disks(details=True)["disks"]] == [device]
    assert [disk["device"] for disk in disks(id=disk_id)["disks"]] == [device]
    # The list does not tell the bus.
    assert [disk["device"] for disk in disks()["disks"]] == [None]


@pytest.mark.parametrize(
    ("options", "key", "change"),
    [
        ({"assigned": False}, "virtual_machine_disk", {"virtual_machine_disk": "none"}),
        ({"older_than": "1d"}, "created_at", {"created_at": None}),
        ({"older_than": "1d"}, "created_at", {"created_at": "yesterday"}),
        ({"older_than": "1d"}, "created_at", {"created_at": True}),
    ],
    ids=str,
)
def test_what_the_service_leaves_open_is_no_answer(
    disks: Any, simulator: Simulator, options: dict[str, Any], key: str, change: dict[str, Any]
) -> None:
    disk_id = simulator.state.add_disk("data-01")

    def change_disk(answer: Any) -> Any:
        return {**answer, "disk": {**answer["disk"], **change}}

    simulator.faults.add(Fault("/disks/disk", action="answer", status=200, body=change_disk, when="after"))
    done = disks(id=disk_id, **options)

    assert done["error"]["code"] == "unexpected_answer"
    assert key in done["msg"]


@pytest.mark.parametrize("options", [{"assigned": False}, {"assigned": True}, {"assigned": False, "details": True}])
def test_a_disk_whose_place_is_missing_is_not_taken_for_unassigned(
    disks: Any, simulator: Simulator, options: dict[str, Any]
) -> None:
    simulator.state.add_disk("data-01")

    def without_place(answer: Any) -> Any:
        rows = [{key: row[key] for key in row if key != "virtual_machine_disk"} for row in answer["disk"]]
        return {**answer, "disk": rows}

    path = LIST.partition(" ")[2]
    simulator.faults.add(Fault(path, action="answer", status=200, body=without_place, when="after", times=-1))
    done = disks(**options)

    assert done["error"]["code"] == "unexpected_answer"
    assert "virtual_machine_disk" in done["msg"]


def test_details_are_read_at_the_same_time_and_keep_their_order(disks: Any, simulator: Simulator) -> None:
    simulator.seed(disks_seed(40))
    thin = disks()
    simulator.settings.latency = 0.05
    done = disks(details=True)

    assert [disk["id"] for disk in done["disks"]] == [disk["id"] for disk in thin["disks"]]
    assert set(done["disks"][0]) == WHOLE
    assert disks.requests.count(READ) == 40


def test_what_goes_away_while_it_is_read_is_left_out(disks: Any, simulator: Simulator) -> None:
    simulator.seed(disks_seed(20))
    body = {"error": {"code": "object_in_trash", "description": None}}
    simulator.faults.add(Fault("/disks/disk", action="answer", status=406, body=body, times=2))

    assert len(disks(details=True)["disks"]) == 18


def test_what_passes_by_itself_is_read_again(disks: Any, simulator: Simulator) -> None:
    simulator.seed(disks_seed(20))
    simulator.faults.add(Fault("/disks/disk", action="drop", times=3))
    simulator.faults.add(Fault("/disks/disk", action="answer", status=503, times=3))

    assert len(disks(details=True)["disks"]) == 20


def test_a_refusal_ends_the_reading(disks: Any, simulator: Simulator) -> None:
    simulator.seed(disks_seed(100))
    simulator.faults.add(Fault("/disks/disk", action="answer", status=500, times=-1, skip=10))
    done = disks(details=True, api_retries=0)

    assert (done["failed"], done["error"]["status"], done["error"]["path"]) == (True, 500, "/disks/disk")
    assert disks.requests.count(READ) < 30


@pytest.mark.parametrize("options", [{}, {"details": True}, {"organization": None}, {"name": "data-01"}])
def test_a_disk_by_its_id_is_read_in_full(disks: Any, simulator: Simulator, options: dict[str, Any]) -> None:
    disk_id = simulator.state.add_disk("data-01", annotations={"env": "test"})
    done = disks(id=disk_id, **options)

    assert [disk["id"] for disk in done["disks"]] == [disk_id]
    assert set(done["disks"][0]) == WHOLE
    assert done["disks"][0]["annotations"] == [{"key": "env", "value": "test"}]
    assert disks.requests == [READ]


@pytest.mark.parametrize("options", [{"name": "data-02"}, {"state": "failed"}, {"annotations": [{"key": "env"}]}])
def test_a_disk_by_its_id_that_does_not_fit_is_not_returned(
    disks: Any, simulator: Simulator, options: dict[str, Any]
) -> None:
    assert disks(id=simulator.state.add_disk("data-01"), **options)["disks"] == []


def test_an_id_that_is_not_there_is_no_failure(disks: Any, simulator: Simulator) -> None:
    assert disks(id="disk_Unknown", organization=None)["disks"] == []
    done = disks(id="disk_Unknown", api_url=simulator.url.replace("/core/", "/wrong/"))
    assert (done["failed"], done["error"]["status"]) == (True, 404)


def test_a_root_password_does_not_show(disks: Any, simulator: Simulator) -> None:
    simulator.state.add_vm("web-01.acme.test", system_disk_gb=20, root_password="root-password-of-the-test")
    done = disks(details=True)

    assert done["disks"][0]["installation"]["attributes"][0]["protect"] is True
    assert "root-password-of-the-test" not in done.output


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"organization": None}, "organization"),
        ({"organization": None, "name": "data-01"}, "organization"),
        ({"id": " "}, "id"),
        ({"name": ""}, "name"),
        ({"virtual_machine": 5}, "virtual_machine"),
        ({"annotations": "text"}, "annotations[0]"),
        ({"annotations": [{"key": ""}]}, "annotations[0].key"),
        ({"state": "broken"}, "state"),
        ({"details": "perhaps"}, "details"),
        ({"assigned": "perhaps"}, "assigned"),
        ({"assigned": False, "virtual_machine": "web-01.acme.test"}, "assigned"),
        ({"older_than": "a month"}, "older_than"),
        ({"older_than": "30 d"}, "older_than"),
        ({"older_than": "-30d"}, "older_than"),
        ({"older_than": "30y"}, "older_than"),
        ({"older_than": "1.5d"}, "older_than"),
        ({"older_than": ""}, "older_than"),
        ({"older_than": "\u0663d"}, "older_than"),
        ({"older_than": "9" * 5000}, "older_than"),
    ],
    ids=str,
)
def test_an_option_of_disks_that_can_t_be_used_is_named(
    disks: Any, simulator: Simulator, options: dict[str, Any], option: str
) -> None:
    done = disks(**options)

    assert done["failed"] is True
    assert option in done["msg"]
    assert simulator.token not in done.output
    assert simulator.requests == []


@FOR_EVERY_LIST
def test_a_list(run: Any, module: Any, key: str, permalinks: list[str]) -> None:
    module = run.of(module)
    done = module()

    assert (done["changed"], done.status) == (False, 0)
    assert [row["permalink"] for row in done[key]] == permalinks
    assert module(check=True)[key] == done[key]
    desired = done[key][1]
    assert module(id=desired["id"])[key] == [desired]
    assert module(permalink=desired["permalink"])[key] == [desired]
    assert module(permalink=permalinks[0], id=desired["id"])[key] == []
    assert module(permalink="nowhere")[key] == []
    assert len(module.requests) == 1


@FOR_EVERY_LIST
def test_an_empty_key_of_a_list_is_named(run: Any, module: Any, key: str, permalinks: list[str]) -> None:
    done = run.of(module)(permalink="")

    assert key not in done.result
    assert done["error"]["detail"] == {"option": "permalink"}
    assert permalinks


def test_profiles_need_the_organization_and_data_centers_do_not(run: Any) -> None:
    done = run.of(katapult_disk_io_profile_info)(organization=None)

    assert (done["error"]["code"], done["error"]["detail"]) == ("invalid_option", {"option": "organization"})
    assert run.of(katapult_data_center_info)(organization=None)["data_centers"]
    assert run.of(katapult_disk_io_profile_info)(organization="other")["error"]["code"] == "organization_not_found"


def test_profiles_come_over_all_pages(run: Any, simulator: Simulator) -> None:
    for number in range(250):
        simulator.state.add_io_profile(f"profile-{number}")
    profiles = run.of(katapult_disk_io_profile_info)

    assert len(profiles()["disk_io_profiles"]) == 252
    assert profiles.requests == [PROFILES] * 2


@pytest.mark.parametrize("status", ["pending", "running", "completed", "failed"])
def test_a_task_is_returned_as_it_is(task: Any, simulator: Simulator, status: str) -> None:
    task_id = simulator.state.add_task("Build disk", status=status, progress=37)
    done = task(id=task_id, organization=None)

    assert (done["changed"], done.status) == (False, 0)
    assert [(seen["id"], seen["status"], seen["progress"]) for seen in done["tasks"]] == [(task_id, status, 37)]
    assert "task" not in done.result
    assert task.requests == [TASK]


@pytest.mark.parametrize(("name", "status"), [("data-01", "completed"), ("fail-build", "failed")])
def test_a_task_is_waited_for(run: Any, task: Any, simulator: Simulator, name: str, status: str) -> None:
    simulator.settings.build_seconds = 0.3
    made = run(name=name, size_in_gb=20, data_center="uk-lon-01", wait=False)
    assert made["task"]["status"] == "pending"
    done = task(id=made["task"]["id"], wait=True)

    assert (done["changed"], done.status, done["tasks"][0]["status"]) == (False, 0, status)
    assert done["tasks"][0]["finished_at"]


def test_a_task_that_does_not_end_in_time_fails_as_last_seen(task: Any, simulator: Simulator) -> None:
    task_id = simulator.state.add_task("Build disk", status="running", progress=53)
    done = task(id=task_id, wait=True, wait_timeout=0)

    assert (done["failed"], done["changed"], done["error"]["code"]) == (True, False, "wait_timeout")
    assert f"The task 'Build disk' ({task_id}) did not end within 0 s: it is running, at 53 %." in done["msg"]
    assert done["task"]["id"] == task_id


def test_a_task_that_can_t_be_read_fails(task: Any, simulator: Simulator) -> None:
    simulator.state.add_token("disks-only", ["disks"])

    assert task(id="task_Unknown")["error"]["code"] == "task_not_found"
    assert task(id="task_Unknown", api_token="disks-only")["error"]["code"] == "scope_not_granted"
    assert task(id=" ")["error"]["detail"] == {"option": "id"}
    assert "id" in task()["msg"]
    assert task(id="task_Unknown", wait=True, wait_timeout=-1)["error"]["detail"] == {"option": "wait_timeout"}


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, ["Disk"]),
        ({"object_types": ["disk"]}, ["Disk"]),
        ({"object_types": "VirtualMachine"}, ["VirtualMachine"]),
        ({"object_types": ["Disk", "VirtualMachine"]}, ["Disk", "VirtualMachine"]),
        ({"object_types": ["all"]}, ["Disk", "VirtualMachine"]),
        ({"object_types": ["LoadBalancer"]}, []),
    ],
    ids=str,
)
@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
def test_the_trash_is_listed(
    run: Any, simulator: Simulator, options: dict[str, Any], found: list[str], check: bool
) -> None:
    simulator.state.add_disk("kept-01")
    in_trash = run(name="data-01", size_in_gb=20, data_center="uk-lon-01")["disk"]["id"]
    run(name="data-01", state="absent")
    throw_away_machine(simulator.state, simulator.state.machine(simulator.state.add_vm("web-01.acme.test")))
    trash = run.of(katapult_trash_info)
    done = trash(check=check, **options)

    assert (done["changed"], done.status, trash.requests) == (False, 0, [TRASH])
    assert [row["object_type"] for row in done["trash_objects"]] == found
    for row in done["trash_objects"]:
        assert set(row) == {"id", "keep_until", "object_id", "object_type"}
    if "Disk" in found:
        first = done["trash_objects"][0]["object_id"]
        assert first == in_trash
        assert run(id=first, restore=True)["disk"]["name"] == "data-01"


def test_a_long_trash_comes_over_all_pages(run: Any, simulator: Simulator) -> None:
    for number in range(250):
        throw_away(simulator.state, simulator.state.add_disk(f"data-{number}"), "Disk")

    trash = run.of(katapult_trash_info)
    assert len(trash()["trash_objects"]) == 250
    assert trash.requests == [TRASH] * 2


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ({"organization": None}, "invalid_option", "organization is needed to list its trash"),
        ({"object_types": []}, "invalid_option", "object_types is empty"),
        ({"object_types": [" "]}, "invalid_option", "object_types[0] is empty"),
        ({"object_types": ["Disk", None]}, "invalid_option", "object_types[1] is null"),
        ({"object_types": {"a": 1}}, "invalid_option", "object_types is a dictionary. Give a list"),
        ({"object_types": [{"a": 1}]}, "invalid_option", "object_types[0] is a dictionary. Give text"),
        ({"organization": "other"}, "organization_not_found", "no organization"),
        ({"api_token": "disks-only"}, "scope_not_granted", "trash_objects:read"),
    ],
    ids=str,
)
def test_a_trash_that_can_t_be_listed(
    run: Any, simulator: Simulator, options: dict[str, Any], code: str, words: str
) -> None:
    simulator.state.add_token("disks-only", scopes=["disks"])
    done = run.of(katapult_trash_info)(**options)

    assert (done["failed"], done["error"]["code"]) == (True, code)
    assert words.lower() in done["msg"].lower()


@pytest.mark.parametrize("object_type", [None, 5, {}])
def test_an_entry_of_the_trash_that_tells_no_type_is_no_disk_and_no_other(
    run: Any, simulator: Simulator, object_type: Any
) -> None:
    row = {"id": "trsh_One", "keep_until": None, "object_id": "disk_One", "object_type": object_type}
    body = {"trash_objects": [row], "pagination": {"current_page": 1, "total": 1, "total_pages": 1, "per_page": 200}}
    path = "/organizations/organization/trash_objects"
    simulator.faults.add(Fault(path, action="answer", status=200, body=body, times=-1))
    trash = run.of(katapult_trash_info)

    assert trash()["error"]["code"] == "unexpected_answer"
    assert trash(object_types=["all"])["trash_objects"] == [row]
