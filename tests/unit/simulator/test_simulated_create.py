# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creation of disks, and the lists that show them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.simulator.client import ApiClient
from ansible_collections.katapult.cloud.tests.simulator.timeline import ManualClock


def test_build_goes_through_its_states(api: ApiClient, clock: ManualClock) -> None:
    reply = api.create(initial_file_system="ext4")
    assert reply.status == 201
    disk, task = reply.json["disk"], reply.json["task"]
    assert (disk["state"], task["status"], task["name"]) == ("not_built", "pending", "Build disk")
    states = []
    for _step in range(12):
        states.append((api.disk(disk["id"])["state"], api.task(task["id"])["status"]))
        clock.forward(1)
    assert list(dict.fromkeys(states)) == [
        ("not_built", "pending"),
        ("building", "running"),
        ("formatting", "running"),
        ("built", "completed"),
    ]
    assert api.task(task["id"])["progress"] == 100


def test_defaults(api: ApiClient) -> None:
    disk = api.create().json["disk"]
    assert (disk["bus_type"], disk["storage_speed"], disk["virtual_machine_disk"]) == ("scsi", "nvme", None)
    assert (disk["io_profile"]["permalink"], disk["data_center"]["permalink"]) == ("unrestricted", "uk-lon-01")


def test_everything_given_is_kept(api: ApiClient) -> None:
    body = {
        "organization": {"sub_domain": "acme"},
        "properties": {
            "name": "data-01",
            "size_in_gb": 50,
            "bus_type": "virtio",
            "storage_speed": "ssd",
            "io_profile": {"permalink": "100k"},
            "data_center": {"permalink": "nl-ams-01"},
        },
        "annotations": [{"key": "role", "value": "db"}, {"key": "bare"}],
    }
    answer = api.call("POST", "/organizations/organization/disks", body=body).json
    disk = answer["disk"]
    assert (disk["size_in_gb"], disk["bus_type"], disk["storage_speed"]) == (50, "virtio", "ssd")
    assert (disk["io_profile"]["permalink"], disk["data_center"]["permalink"]) == ("100k", "nl-ams-01")
    assert answer["annotations"] == [{"key": "role", "value": "db"}, {"key": "bare", "value": None}]


@pytest.mark.parametrize(
    ("properties", "sentences"),
    [
        pytest.param({"size_in_gb": 9}, ["Size in gb must be greater than or equal to 10"], id="size"),
        pytest.param({"name": " "}, ["Name can't be blank"], id="name"),
        pytest.param({"virtual_machine_disk": {"boot": True}}, ["Virtual machine must exist"], id="machine"),
    ],
)
def test_validation(api: ApiClient, sim: Simulator, properties: dict[str, Any], sentences: list[str]) -> None:
    reply = api.create(**properties)
    assert (reply.status, reply.code) == (422, "validation_error")
    assert reply.json["error"]["detail"] == {"errors": sentences}
    assert sim.state.disks == {}


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        pytest.param({"data_center": {"permalink": "nowhere"}}, "data_center_not_found", id="data-center"),
        pytest.param({"io_profile": {"permalink": "none"}}, "disk_io_profile_not_found", id="profile"),
        pytest.param(
            {"virtual_machine_disk": {"virtual_machine": {"id": "vm_x"}}}, "virtual_machine_not_found", id="machine"
        ),
    ],
)
def test_unknown_references(api: ApiClient, properties: dict[str, Any], code: str) -> None:
    reply = api.create(**properties)
    assert (reply.status, reply.code) == (404, code)


@pytest.mark.parametrize("name", ["data-01", "fail-build-01"])
def test_failing_build(api: ApiClient, sim: Simulator, clock: ManualClock, name: str) -> None:
    sim.settings.fail_builds = name == "data-01"
    answer = api.create(name=name).json
    clock.forward(11)
    assert api.task(answer["task"]["id"])["status"] == "failed"
    assert api.disk(answer["disk"]["id"])["state"] == "failed"


def _create_attached(api: ApiClient) -> str:
    wanted = {"virtual_machine": {"fqdn": "web.acme.example"}, "attach": True}
    answer = api.call(
        "POST",
        "/organizations/organization/disks",
        body={
            "organization": {"sub_domain": "acme"},
            "properties": {"name": "data-01", "size_in_gb": 20, "virtual_machine_disk": wanted},
        },
    )
    return str(answer.json["disk"]["id"])


def test_create_with_attach_on_a_started_machine(api: ApiClient, sim: Simulator, clock: ManualClock) -> None:
    sim.state.add_vm("web.acme.example", data_center="us-nyc-01")
    disk = api.disk(_create_attached(api))
    assert (disk["data_center"]["permalink"], disk["io_profile"]["permalink"]) == ("us-nyc-01", "100k")
    seen = []
    for _step in range(5):
        now = api.disk(disk["id"])
        seen.append((now["state"], now["virtual_machine_disk"]["state"]))
        clock.forward(5.5)
    assert list(dict.fromkeys(seen)) == [
        ("not_built", "detached"),
        ("building", "detached"),
        ("built", "attaching"),
        ("built", "attached"),
    ]


def test_create_with_attach_on_a_stopped_machine(api: ApiClient, sim: Simulator, clock: ManualClock) -> None:
    sim.state.add_vm("web.acme.example", state="stopped")
    disk_id = _create_attached(api)
    clock.forward(60)
    tie = api.disk(disk_id)["virtual_machine_disk"]
    assert (tie["state"], tie["attach_on_boot"]) == ("detached", True)
    sim.power("web.acme.example", on=True)
    clock.forward(60)
    assert api.disk(disk_id)["virtual_machine_disk"]["state"] == "attached"


def test_the_build_task_may_cover_the_attachment(api: ApiClient, sim: Simulator, clock: ManualClock) -> None:
    sim.settings.build_covers_attach = True
    sim.state.add_vm("web.acme.example")
    disk_id = _create_attached(api)
    clock.forward(9)
    assert api.disk(disk_id)["virtual_machine_disk"]["state"] == "attaching"
    clock.forward(2)
    assert api.disk(disk_id)["virtual_machine_disk"]["state"] == "attached"


def test_pages(api: ApiClient, sim: Simulator) -> None:
    assert api.disks().json["pagination"]["total_pages"] == 0
    for index in range(401):
        sim.state.add_disk(f"disk-{index}")
    first = api.disks().json
    assert (len(first["disk"]), first["pagination"]["total_pages"], first["pagination"]["total"]) == (30, 14, 401)
    capped = api.disks(per_page="1000", page="3").json
    assert (len(capped["disk"]), capped["pagination"]["per_page"]) == (1, 200)
    assert set(capped["disk"][0]) == {"id", "name", "size_in_gb", "wwn", "state", "virtual_machine_disk"}
    sim.settings.total_rows_limit = 400
    pagination = api.disks(per_page="200").json["pagination"]
    assert (pagination["large_set"], pagination["total"], pagination["total_pages"]) == (True, None, None)


def test_annotations_filter(api: ApiClient, sim: Simulator) -> None:
    wanted = sim.state.add_disk("a", annotations={"role": "db", "tier": "1"})
    sim.state.add_disk("b", annotations={"role": "db", "tier": "2"})
    query = [
        ("organization[sub_domain]", "acme"),
        ("annotations[][key]", "role"),
        ("annotations[][value]", "db"),
        ("annotations[][key]", "tier"),
        ("annotations[][value]", "1"),
    ]
    rows = api.call("GET", "/organizations/organization/disks", query).json["disk"]
    assert [row["id"] for row in rows] == [wanted]
    assert sim.violations == []
