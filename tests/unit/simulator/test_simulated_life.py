# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens to a disk after it was made: change, resize, assignment, trash."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.simulator.client import ApiClient
from ansible_collections.katapult.cloud.tests.simulator.seed_schema import MachineState
from ansible_collections.katapult.cloud.tests.simulator.settings import TaskKind
from ansible_collections.katapult.cloud.tests.simulator.timeline import ManualClock

MACHINE = "web.acme.example"


def _disk(sim: Simulator, attachment: str = "", **fields: Any) -> str:
    if attachment:
        sim.state.add_vm(MACHINE)
        fields.update(virtual_machine=MACHINE, attachment=attachment)
    return sim.state.add_disk("data-01", **fields)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(("", 30, "offline", 200), id="grow-unassigned-offline"),
        pytest.param(("", 30, "online", 422), id="grow-unassigned-online"),
        pytest.param(("", 10, "offline", 200), id="shrink-unassigned-offline"),
        pytest.param(("", 10, "online", 422), id="shrink-unassigned-online"),
        pytest.param(("", 20, "offline", 422), id="same-size"),
        pytest.param(("", 9, "offline", 422), id="too-small"),
        pytest.param(("detached", 30, "offline", 200), id="grow-detached-offline"),
        pytest.param(("detached", 10, "offline", 200), id="shrink-detached-offline"),
        pytest.param(("attached", 30, "online", 200), id="grow-attached-online"),
        pytest.param(("attached", 30, "offline", 422), id="grow-attached-offline"),
        pytest.param(("attached", 10, "offline", 422), id="shrink-attached-offline"),
        pytest.param(("attached", 10, "online", 422), id="shrink-attached-online"),
    ],
)
def test_resize(api: ApiClient, sim: Simulator, clock: ManualClock, case: tuple[str, int, str, int]) -> None:
    attachment, size, method, status = case
    disk_id = _disk(sim, attachment)
    reply = api.act("PUT", "/disks/disk/resize", disk_id, size_in_gb=size, resize_method=method)
    assert reply.status == status
    if status == 200:
        assert reply.json["disk"]["size_in_gb"] == 20, "the answer shows the disk as it was"
        clock.forward(5)
        assert api.disk(disk_id)["state"] == "resizing"
        clock.forward(5)
    assert api.disk(disk_id)["size_in_gb"] == (size if status == 200 else 20)


def test_a_failed_resize_leaves_the_size(api: ApiClient, sim: Simulator, clock: ManualClock) -> None:
    sim.settings.fail_tasks = ["grow"]
    disk_id = _disk(sim)
    task = api.act("PUT", "/disks/disk/resize", disk_id, size_in_gb=30).json["task"]
    clock.forward(11)
    assert api.task(task["id"])["status"] == "failed"
    assert (api.disk(disk_id)["size_in_gb"], api.disk(disk_id)["state"]) == (20, "built")


@pytest.mark.parametrize(("kind", "state", "on"), [("start", "stopped", True), ("stop", "started", False)])
def test_a_machine_whose_power_can_t_be_changed_is_as_before(
    sim: Simulator, clock: ManualClock, kind: TaskKind, state: MachineState, on: bool
) -> None:
    machine = sim.state.machines[sim.state.add_vm("power.acme.example", state=state)]
    sim.settings.fail_tasks = [kind]
    sim.power(machine.id, on=on)
    clock.forward(11)
    sim.state.advance()
    assert ([task.status for task in sim.state.task_queue.tasks.values()], machine.state) == (["failed"], state)


def test_io_profile(api: ApiClient, sim: Simulator, clock: ManualClock) -> None:
    disk_id = _disk(sim)
    answer = api.act("PUT", "/disks/disk/io_profile", disk_id, io_profile={"permalink": "100k"}).json
    assert answer["disk"]["io_profile"]["permalink"] == "unrestricted"
    clock.forward(1)
    assert api.disk(disk_id)["io_profile"]["permalink"] == "100k"


def test_patch(api: ApiClient, sim: Simulator) -> None:
    disk_id = _disk(sim, annotations={"role": "db"})
    reply = api.act("PATCH", "/disks/disk", disk_id, properties={"name": "b"}, annotations=[{"key": "k", "value": "v"}])
    assert (reply.json["disk"]["name"], reply.json["annotations"]) == ("b", [{"key": "k", "value": "v"}])
    sim.settings.merge_annotations = True
    reply = api.act("PATCH", "/disks/disk", disk_id, properties={}, annotations=[{"key": "n", "value": "w"}])
    assert [item["key"] for item in reply.json["annotations"]] == ["k", "n"]
    assert api.act("PATCH", "/disks/disk", disk_id, properties={"name": ""}).code == "validation_error"
    policy = {"virtual_machine_disk": {"attach_on_boot": False}}
    assert api.act("PATCH", "/disks/disk", disk_id, properties=policy).code == "unassigned_disk"


def test_assignment(api: ApiClient, sim: Simulator, clock: ManualClock) -> None:
    machine, disk_id = {"id": sim.state.add_vm(MACHINE)}, _disk(sim)
    assert api.act("POST", "/disks/disk/unassign", disk_id).status == 200
    assert api.act("POST", "/disks/disk/attach", disk_id).code == "unassigned_disk"
    tie = api.act("POST", "/disks/disk/assign", disk_id, virtual_machine=machine).json["disk"]["virtual_machine_disk"]
    assert (tie["state"], tie["attach_on_boot"], tie["boot"]) == ("detached", True, False)
    assert api.act("POST", "/disks/disk/assign", disk_id, virtual_machine=machine).code == "unable_to_assign"
    attached = api.act("POST", "/disks/disk/attach", disk_id).json
    assert attached["disk"]["virtual_machine_disk"]["state"] == "detached", "the answer shows the disk as it was"
    clock.forward(5)
    assert api.disk(disk_id)["virtual_machine_disk"]["state"] == "attaching"
    clock.forward(5)
    assert api.disk(disk_id)["virtual_machine_disk"]["state"] == "attached"
    assert api.act("POST", "/disks/disk/unassign", disk_id).code == "unable_to_unassign"
    assert api.act("DELETE", "/disks/disk", disk_id).code == "validation_error"
    api.act("POST", "/disks/disk/detach", disk_id)
    clock.forward(1)
    assert api.act("POST", "/disks/disk/unassign", disk_id).json["disk"]["virtual_machine_disk"] is None


def test_a_detached_disk_comes_back_at_boot(api: ApiClient, sim: Simulator, clock: ManualClock) -> None:
    disk_id = _disk(sim, "detached")
    sim.power(MACHINE, on=False)
    clock.forward(1)
    sim.power(MACHINE, on=True)
    clock.forward(1)
    assert api.disk(disk_id)["virtual_machine_disk"]["state"] == "attached"


@pytest.mark.parametrize(("fails", "status"), [(False, "completed"), (True, "failed")])
def test_attach_to_a_stopped_machine(
    api: ApiClient, sim: Simulator, clock: ManualClock, fails: bool, status: str
) -> None:
    sim.settings.attach_to_stopped_fails = fails
    sim.state.add_vm(MACHINE, state="stopped")
    disk_id = _disk(sim, virtual_machine=MACHINE)
    task = api.act("POST", "/disks/disk/attach", disk_id).json["task"]
    clock.forward(11)
    assert api.task(task["id"])["status"] == status
    assert api.disk(disk_id)["virtual_machine_disk"]["state"] == "detached"


def test_boot_disk(api: ApiClient, sim: Simulator) -> None:
    machine = sim.state.add_vm(MACHINE, root_password="correct-horse", system_disk_gb=25)
    rows = api.get("/virtual_machines/virtual_machine/disks", virtual_machine_id=machine).json["disks"]
    assert [(row["disk"]["name"], row["boot"], row["state"]) for row in rows] == [("System Disk", True, "attached")]
    disk = api.disk(rows[0]["disk"]["id"])
    attribute = disk["installation"]["attributes"][0]
    assert (attribute["key"], attribute["protect"], attribute["value"]) == ("root_password", True, "correct-horse")
    assert api.act("POST", "/disks/disk/unassign", disk["id"]).code == "unable_to_unassign"
    assert api.act("DELETE", "/disks/disk", disk["id"]).code == "validation_error"
    shown = api.get("/virtual_machines/virtual_machine", virtual_machine_fqdn=MACHINE).json["virtual_machine"]
    assert (shown["id"], shown["state"], shown["initial_root_password"]) == (machine, "started", "correct-horse")


@pytest.mark.parametrize("detail", [True, False])
def test_trash(api: ApiClient, sim: Simulator, clock: ManualClock, detail: bool) -> None:
    sim.settings.trash_detail = detail
    disk_id = _disk(sim)
    item = api.act("DELETE", "/disks/disk", disk_id).json["trash_object"]
    assert (item["object_id"], item["object_type"]) == (disk_id, "Disk")
    assert item["keep_until"] == int(clock.now) + 48 * 3600
    refused = api.get("/disks/disk", disk_id=disk_id)
    assert (refused.status, refused.code) == (406, "object_in_trash")
    assert refused.json["error"]["detail"] == ({"trash_object": item} if detail else {})
    assert api.disks().json["disk"] == []
    listed = api.get("/organizations/organization/trash_objects", organization_sub_domain="acme")
    assert listed.json["trash_objects"] == [item]


def test_restore_and_purge(api: ApiClient, sim: Simulator, clock: ManualClock) -> None:
    disk_id = _disk(sim)
    api.act("DELETE", "/disks/disk", disk_id)
    lookup = {"trash_object": {"object_id": disk_id}}
    assert api.call("POST", "/trash_objects/trash_object/restore", body=lookup).status == 200
    assert api.disk(disk_id)["state"] == "built"
    api.act("DELETE", "/disks/disk", disk_id)
    assert api.call("DELETE", "/trash_objects/trash_object", body=lookup).json["task"]["status"] == "pending"
    assert api.get("/trash_objects/trash_object", trash_object_object_id=disk_id).status == 200
    clock.forward(1)
    assert api.get("/trash_objects/trash_object", trash_object_object_id=disk_id).code == "trash_object_not_found"
    assert api.get("/disks/disk", disk_id=disk_id).code == "disk_not_found"


def test_the_trash_is_emptied_in_time(api: ApiClient, sim: Simulator, clock: ManualClock) -> None:
    disk_id = _disk(sim)
    api.act("DELETE", "/disks/disk", disk_id)
    clock.forward(48 * 3600 + 1)
    assert api.get("/disks/disk", disk_id=disk_id).code == "disk_not_found"


def test_a_machine_in_the_trash(api: ApiClient, sim: Simulator, clock: ManualClock) -> None:
    disk_id = _disk(sim, "attached")
    spare = sim.state.add_disk("spare")
    trash_id = sim.trash_vm(MACHINE)
    assigned = api.act("POST", "/disks/disk/assign", spare, virtual_machine={"fqdn": MACHINE})
    assert (assigned.status, assigned.code) == (406, "object_in_trash")
    api.call("DELETE", "/trash_objects/trash_object", body={"trash_object": {"id": trash_id}})
    clock.forward(1)
    assert api.disk(disk_id)["virtual_machine_disk"] is None


def test_seeded_transitions(api: ApiClient, sim: Simulator, clock: ManualClock) -> None:
    disk_id = _disk(sim, "attaching", state="building", settle_seconds=3)
    assert api.disk(disk_id)["state"] == "building"
    clock.forward(3)
    assert (api.disk(disk_id)["state"], api.disk(disk_id)["virtual_machine_disk"]["state"]) == ("built", "attached")
    failed = sim.state.add_task("Build disk", status="failed", progress=37)
    assert api.task(failed)["status"] == "failed"
