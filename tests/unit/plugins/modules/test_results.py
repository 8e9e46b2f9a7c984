# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands beside a disk in every result: its device, and its task as far as it was read."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.modules import (
    katapult_disk_assignment,
    katapult_disks,
    katapult_task_info,
)
from ansible_collections.katapult.cloud.tests.simulator.faults import Fault
from ansible_collections.katapult.cloud.tests.simulator.simulator import Simulator

DISK = {"name": "data-01", "size_in_gb": 20, "data_center": "uk-lon-01"}
WWN = "0123456789abcdef"
DEVICE = f"/dev/disk/by-id/wwn-0x{WWN}"


def device_of(disk: Any) -> str | None:
    return f"/dev/disk/by-id/wwn-0x{disk['wwn']}" if disk["bus_type"] == "scsi" else None


@pytest.mark.parametrize("bus_type", ["scsi", "virtio"])
def test_a_created_disk_has_a_device_on_the_bus_that_shows_it(run: Any, bus_type: str) -> None:
    predicted = run(check=True, bus_type=bus_type, **DISK)
    created = run(bus_type=bus_type, **DISK)
    again = run(check=True, bus_type=bus_type, **DISK)

    assert predicted["device"] is None
    assert created["device"] == again["device"] == device_of(created["disk"])
    assert (created["device"] is not None) == (bus_type == "scsi")


def test_the_device_goes_with_the_bus_and_the_disk(run: Any, simulator: Simulator) -> None:
    simulator.state.add_disk("data-01", wwn=WWN)
    to_virtio = {"name": "data-01", "bus_type": "virtio"}

    assert [run(check=check, **to_virtio)["device"] for check in (True, False)] == [None, None]
    back = {"name": "data-01", "bus_type": "scsi"}
    assert [run(check=check, **back)["device"] for check in (True, False)] == [DEVICE, DEVICE]
    for check in (True, False):
        done = run(check=check, name="data-01", state="absent")
        assert (done["disk"], done["device"]) == (None, None)


@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
def test_an_assignment_and_every_disk_of_a_fleet_have_their_device(run: Any, simulator: Simulator, check: bool) -> None:
    simulator.state.add_vm("web-01.acme.test")
    simulator.state.add_disk("data-01", wwn=WWN)
    simulator.state.add_disk("data-02", bus_type="virtio")
    assigned = run.of(katapult_disk_assignment)(check=check, disk="data-01", virtual_machine="web-01.acme.test")
    fleet = run.of(katapult_disks)(check=check, disks=["data-01", "data-02"])
    gone = run.of(katapult_disks)(check=check, state="absent", disks=["data-02", "data-03"])

    assert assigned["device"] == DEVICE
    assert [disk["device"] for disk in fleet["disks"]] == [DEVICE, None]
    assert [disk["device"] for disk in gone["disks"]] == [None, None]


def test_a_failure_that_knows_the_disk_knows_its_device(run: Any, simulator: Simulator) -> None:
    simulator.state.add_disk("data-01", wwn=WWN, size_in_gb=40)
    [failed] = run.of(katapult_disks)(size_in_gb=20, disks=["data-01"])["disks"]

    assert run(**DISK)["device"] == DEVICE
    assert failed["device"] == DEVICE
    simulator.faults.add(Fault("/organizations/organization/disks", status=503, times=-1))
    assert "device" not in run(api_retries=0, **DISK).result


@pytest.mark.parametrize("wwn", [None, "", 5, "none", "../../sda", "0x", [WWN]])
def test_a_wwn_that_is_none_is_no_device(run: Any, simulator: Simulator, wwn: Any) -> None:
    disk_id = simulator.state.add_disk("data-01")

    def change(answer: Any) -> Any:
        return {**answer, "disk": {**answer["disk"], "wwn": wwn}}

    simulator.faults.add(Fault("/disks/disk", "GET", "after", status=200, body=change, times=-1))
    assert run(id=disk_id)["device"] is None


def test_the_task_of_a_fleet_s_create_is_told_without_a_state_that_is_over(run: Any) -> None:
    fleet = run.of(katapult_disks)
    done = fleet(size_in_gb=20, data_center="uk-lon-01", disks=["data-01", "data-02"])

    assert {disk["disk"]["state"] for disk in done["disks"]} == {"built"}
    assert {frozenset(disk["task"]) for disk in done["disks"]} == {frozenset({"id", "name"})}
    assert "GET /tasks/task" not in fleet.requests
    for disk in done["disks"]:
        [task] = run.of(katapult_task_info)(id=disk["task"]["id"])["tasks"]
        assert {key: task[key] for key in disk["task"]} == disk["task"]


def test_a_task_that_may_not_be_read_is_told_by_its_id_and_name(run: Any, simulator: Simulator) -> None:
    simulator.state.add_token("disks-only", scopes=["disks"])
    done = run(api_token="disks-only", **DISK)

    assert done["disk"]["state"] == "built"
    assert set(done["task"]) == set(done["ansible_facts"]["katapult_task"]) == {"id", "name"}


def test_without_waiting_a_task_is_told_as_it_was(run: Any) -> None:
    fleet = run.of(katapult_disks)(wait=False, size_in_gb=20, data_center="uk-lon-01", disks=["data-02"])

    assert run(wait=False, **DISK)["task"]["status"] == "pending"
    assert fleet["disks"][0]["task"]["status"] == "pending"


def test_a_task_that_failed_or_ended_has_all_its_keys(run: Any, simulator: Simulator) -> None:
    simulator.settings.fail_builds = True
    [failed] = run.of(katapult_disks)(size_in_gb=20, data_center="uk-lon-01", disks=["data-02"])["disks"]

    assert failed["task"]["status"] == "failed"
    simulator.settings.fail_builds = False
    assert run(**DISK)["task"]["status"] == "completed"
