# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the inventory reads of the service, with how many requests, and what it makes of odd answers."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.endpoints import KatapultApi
from ansible_collections.katapult.cloud.plugins.module_utils._api.models import Lookup
from ansible_collections.katapult.cloud.plugins.module_utils._api.transport import Connection, HttpClient
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Clock, Deadline
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import ApiError
from ansible_collections.katapult.cloud.plugins.plugin_utils._hosts import host_variables, is_host_name, name_hosts
from ansible_collections.katapult.cloud.plugins.plugin_utils._machines import MachineQuery, read_machines
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.simulator.recordings import load_recording
from ansible_collections.katapult.cloud.tests.unit.support.fakes import ScriptedService, error_answer

ACME = Lookup("sub_domain", "acme")
MACHINES = "/organizations/organization/virtual_machines"
MACHINE = "/virtual_machines/virtual_machine"
INTERFACES = "/virtual_machines/virtual_machine/network_interfaces"
NICS = "virtual_machine_network_interfaces"
DISKS = "/organizations/organization/disks"
FOLDER = os.environ.get("KATAPULT_RECORDINGS")
NOTHING = {"pagination": {"total": 0, "total_pages": 0, "per_page": 200}, "disk": [], "virtual_machines": []}
# Every key that a row has, with nothing in it.
EMPTY = dict.fromkeys(("name", "hostname", "fqdn", "created_at", "zone", "package", "gpu_type", "ip_addresses"))
ODD: Mapping[str, Any] = {
    "name": 5,
    "fqdn": ["x"],
    "created_at": True,
    "zone": "lon",
    "package": [],
    "ip_addresses": [None, {"address": None}, {"address": 5}, "192.0.2.1"],
}


@pytest.fixture(name="simulator")
def _simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator
        assert simulator.violations == []


def read(simulator: Simulator, **wanted: Any) -> list[dict[str, Any]]:
    clock = Clock()
    http = HttpClient(Connection(simulator.url, simulator.token), clock, Deadline(clock, 60))
    return read_machines(KatapultApi(http), MachineQuery(ACME, **wanted), pytest.fail)


def read_answers(service: ScriptedService, **wanted: Any) -> list[dict[str, Any]]:
    return read_machines(KatapultApi(service), MachineQuery(ACME, **wanted), pytest.fail)


def listing(*rows: Mapping[str, Any], key: str = "virtual_machines") -> dict[str, Any]:
    return {"pagination": {"total": len(rows), "total_pages": 1, "per_page": 200}, key: list(rows)}


def test_a_large_organization_needs_a_request_for_each_page(simulator: Simulator) -> None:
    for number in range(1000):
        machine = simulator.state.add_vm(fqdn=f"host-{number}.acme.katapult.cloud")
        for disk in range(2):
            simulator.state.add_disk(f"data-{number}-{disk}", virtual_machine=machine)

    machines = read(simulator)

    assert Counter(len(machine["disks"]) for machine in machines) == {2: 1000}
    pages = Counter(request.path for request in simulator.requests)
    # A list of over 1,000 rows does not tell its pages: as many as are read at a time are asked for beyond its end.
    assert (pages[MACHINES], pages[DISKS] <= 13) == (5, True)
    assert set(pages) == {MACHINES, DISKS}


def test_machines_are_read_several_at_a_time(simulator: Simulator) -> None:
    for number in range(40):
        simulator.state.add_vm(fqdn=f"host-{number}.acme.katapult.cloud")

    assert [machine["state"] for machine in read(simulator, details=True, disks=False)] == ["started"] * 40
    assert Counter(request.path for request in simulator.requests) == {MACHINES: 1, MACHINE: 40}
    assert simulator.connections_opened > 1


@pytest.mark.parametrize("row", [EMPTY, {}, ODD], ids=["null", "missing", "of another type"])
def test_what_a_row_does_not_tell_is_none(row: Mapping[str, Any]) -> None:
    payload = {"virtual_machine": {"id": "vm_1", "tags": [None, {}], "group": 1}, "annotations": [None, {"key": 1}]}
    service = ScriptedService(
        {
            f"GET {MACHINES}": [listing({**row, "id": "vm_1"})],
            f"GET {DISKS}": [
                listing(
                    {"id": "disk_1"},
                    {"id": "disk_2", "virtual_machine_disk": {"virtual_machine": None}},
                    {"id": "disk_3", "virtual_machine_disk": {"virtual_machine": {"id": "vm_1"}, "boot": "yes"}},
                    key="disk",
                )
            ],
            f"GET {MACHINE}": [payload],
            f"GET {INTERFACES}": [
                listing(
                    {"id": "nic_1", "ip_addresses": None}, {"id": "nic_2"}, key="virtual_machine_network_interfaces"
                )
            ],
        }
    )

    [machine] = read_answers(service, details=True, private_addresses=True)

    disk = dict.fromkeys(("name", "size_in_gb", "wwn", "device", "boot", "state"))
    nothing = ("name", "fqdn", "data_center", "zone", "package", "created_at", "state", "group")
    assert machine == {
        **dict.fromkeys(nothing),
        "id": "vm_1",
        "public_addresses": [],
        "private_addresses": [],
        "tags": [],
        "annotations": [],
        "disks": [{"id": "disk_3", **disk}],
    }
    hosts, [warning] = name_hosts([machine], "fqdn")
    assert list(hosts) == ["vm_1"]
    assert warning.endswith("named by their IDs: vm_1 (none).")
    assert "ansible_host" not in host_variables(machine, "public_ipv4")


@pytest.mark.parametrize(
    "gone", [error_answer(404, "virtual_machine_not_found"), error_answer(406, "object_in_trash")], ids=str
)
def test_a_machine_that_is_gone_by_now_is_left_out(gone: Any) -> None:
    service = ScriptedService(
        {
            f"GET {MACHINES}": [listing({"id": "vm_1", "fqdn": "a"}, {"id": "vm_2", "fqdn": "b"})],
            f"GET {MACHINE}": [
                lambda call: gone if call.query[0][1] == "vm_1" else {"virtual_machine": {"id": "vm_2"}}
            ],
        }
    )

    assert [machine["id"] for machine in read_answers(service, details=True, disks=False)] == ["vm_2"]


def test_the_answer_about_another_machine_is_not_taken() -> None:
    service = ScriptedService(
        {
            f"GET {MACHINES}": [listing({"id": "vm_1"})],
            f"GET {MACHINE}": [{"virtual_machine": {"id": "vm_2", "state": "started"}}],
        }
    )

    with pytest.raises(ApiError, match=r"'virtual_machine.id' is 'vm_2', asked for was 'vm_1'"):
        read_answers(service, details=True, disks=False)


def test_a_disk_that_is_gone_by_now_is_left_out() -> None:
    machine, kept = "vm_1", "disk_1"
    service = ScriptedService(
        {
            f"GET {MACHINES}": [listing({"id": machine})],
            f"GET {DISKS}": [
                listing(
                    *({"id": one, "virtual_machine_disk": {"virtual_machine": {"id": machine}}} for one in (kept, "x")),
                    key="disk",
                )
            ],
            "GET /disks/disk": [
                lambda call: (
                    error_answer(404, "disk_not_found")
                    if call.query[0][1] == "x"
                    else {"disk": {"id": kept, "name": "data-01", "state": "built"}}
                )
            ],
        }
    )

    [found] = read_answers(service, disk_details=True)

    assert [disk["id"] for disk in found["disks"]] == [kept]


@pytest.mark.parametrize(
    ("name", "is_usable"),
    [
        ("web-01.acme.katapult.cloud", True),
        ("Web server 1", True),
        ("w", True),
        ("bücher", True),
        ("", False),
        (None, False),
        (5, False),
        ("all", False),
        ("Localhost", False),
        ("127.0.0.1", False),
        ("-oProxyCommand=x", False),
        ("web:22", False),
        ("web[1:3]", False),
        ("web,db", False),
        ("web*", False),
        ("!web", False),
        ("../web", False),
        ("{{ web }}", False),
        ("web\n", False),
        ("web\u200b", False),
        (" web", False),
    ],
)
def test_what_can_name_a_host(name: Any, is_usable: bool) -> None:
    assert is_host_name(name) is is_usable


def test_no_two_machines_become_one_host() -> None:
    named = {"vm_1": "twin", "vm_2": "twin", "vm_3": "vm_1", "vm_4": "web", "vm_5": "vm_5"}
    machines = [{"id": machine_id, "name": name} for machine_id, name in named.items()]

    hosts, warnings = name_hosts(machines, "name")

    assert {host: machine["id"] for host, machine in hosts.items()} == {
        "vm_1": "vm_1",
        "vm_2": "vm_2",
        "vm_3": "vm_3",
        "web": "vm_4",
        "vm_5": "vm_5",
    }
    assert [warning.rpartition(": ")[2] for warning in warnings] == ["vm_1, vm_2.", "vm_3 ('vm_1')."]


@pytest.mark.parametrize(
    ("connect_with", "address"),
    [
        ("public_ipv4", "192.0.2.1"),
        ("public_ipv6", "2001:db8::1"),
        ("private_ipv4", "10.0.0.1"),
        ("fqdn", "web-01.acme.katapult.cloud"),
        ("none", None),
    ],
)
def test_what_a_host_is_connected_with(connect_with: str, address: str | None) -> None:
    machine = {
        "fqdn": "web-01.acme.katapult.cloud",
        "public_addresses": ["-oProxyCommand=x", "2001:db8::1", "192.0.2.1", "192.0.2.2"],
        "private_addresses": ["fd00::1", "10.0.0.1"],
    }
    nothing = {"fqdn": "-oProxyCommand=x", "public_addresses": ["-oProxyCommand=x"]}

    assert host_variables(machine, connect_with).get("ansible_host") == address
    assert "ansible_host" not in host_variables(nothing, connect_with)


@pytest.mark.skipif(not FOLDER, reason="KATAPULT_RECORDINGS names no folder")
def test_the_recorded_list_becomes_hosts() -> None:
    calls = load_recording(Path(str(FOLDER)) / "VirtualMachines_list.json")
    [shown] = [call.answer for call in calls if call.path == MACHINES]
    described = {
        call.query[0][1]: call.answer for call in calls if call.path == MACHINE and call.answer["virtual_machine"]
    }
    service = ScriptedService(
        {
            f"GET {MACHINES}": [shown],
            f"GET {MACHINE}": [lambda call: described[call.query[0][1]]],
            f"GET {INTERFACES}": [next(call.answer for call in calls if call.path == INTERFACES)],
        }
    )

    machines = read_answers(service, details=True, disks=False)

    for machine, row in zip(machines, shown["virtual_machines"], strict=True):
        assert {key: machine[key] for key in ("id", "name", "fqdn", "created_at")} == {
            key: row[key] for key in ("id", "name", "fqdn", "created_at")
        }
        assert machine["data_center"] == row["zone"]["data_center"]["permalink"]
        assert (machine["zone"], machine["package"]) == (row["zone"]["permalink"], row["package"]["name"])
        assert host_variables(machine, "public_ipv4")["ansible_host"] == row["ip_addresses"][0]["address"]
        assert machine["state"] == described[row["id"]]["virtual_machine"]["state"]
        assert "REDACTED" not in json.dumps(machine)
    hosts, warnings = name_hosts(machines, "fqdn")
    assert (list(hosts), warnings) == ([row["fqdn"] for row in shown["virtual_machines"]], [])


def test_a_failure_of_the_list_of_disks_is_told_after_that_of_the_machines() -> None:
    refused, broken = error_answer(403, "invalid_api_token"), error_answer(500, "unhandled_exception")
    listed = listing({"id": "vm_1"})

    with pytest.raises(ApiError, match="Could not list the disks"):
        read_answers(ScriptedService({f"GET {MACHINES}": [listed], f"GET {DISKS}": [broken]}))
    with pytest.raises(ApiError, match="Could not list the virtual machines"):
        read_answers(ScriptedService({f"GET {MACHINES}": [refused], f"GET {DISKS}": [broken]}))
