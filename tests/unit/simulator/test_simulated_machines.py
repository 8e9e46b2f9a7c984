# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual machines: the organization's list, and what a machine's own read shows."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Fault, Simulator
from ansible_collections.katapult.cloud.tests.simulator.client import ApiClient
from ansible_collections.katapult.cloud.tests.unit.simulator import expected_shapes
from ansible_collections.katapult.cloud.tests.unit.simulator.expected_shapes import misfits

WEB = "web-01.acme.example"
DB = "db-01.acme.example"
LIST = "/organizations/organization/virtual_machines"
MACHINE = "/virtual_machines/virtual_machine"
INTERFACES = "/virtual_machines/virtual_machine/network_interfaces"


def _list(api: ApiClient, **query: str) -> Any:
    return api.get(LIST, organization_sub_domain="acme", **query).json


def test_rows_are_thin(sim: Simulator, api: ApiClient) -> None:
    web = sim.state.add_vm(WEB, name="Web 01", tags=["web"], annotations={"env": "test"}, data_center="nl-ams-01")
    sim.state.add_vm(DB, package=None, addresses=[])
    answer = _list(api)
    assert misfits(answer, expected_shapes.MACHINES) == []
    row, other = answer["virtual_machines"]
    assert (row["id"], row["name"], row["hostname"], row["fqdn"]) == (web, "Web 01", "web-01", WEB)
    assert (row["zone"]["name"], row["zone"]["permalink"]) == ("AMS-1", "ams-zone-1")
    assert row["zone"]["data_center"]["permalink"] == "nl-ams-01"
    assert (row["package"], row["ip_addresses"]) == ({"name": "ROCK-4"}, [{"address": "192.0.2.10"}])
    assert (other["zone"]["name"], other["package"], other["ip_addresses"]) == ("LON-1", None, [])


def test_pages(sim: Simulator, api: ApiClient) -> None:
    assert _list(api)["pagination"]["total_pages"] == 0
    for index in range(31):
        sim.state.add_vm(f"web-{index}.acme.example")
    first, second = _list(api), _list(api, page="2")
    assert (first["pagination"]["total"], first["pagination"]["total_pages"]) == (31, 2)
    assert (len(first["virtual_machines"]), len(second["virtual_machines"])) == (30, 1)


def test_annotations_filter(sim: Simulator, api: ApiClient) -> None:
    wanted = sim.state.add_vm(WEB, annotations={"role": "web", "env": "test"})
    sim.state.add_vm(DB, annotations={"role": "db", "env": "test"})
    query = [
        ("organization[sub_domain]", "acme"),
        ("annotations[][key]", "role"),
        ("annotations[][value]", "web"),
        ("annotations[][key]", "env"),
        ("annotations[][value]", "test"),
    ]
    assert [row["id"] for row in api.call("GET", LIST, query).json["virtual_machines"]] == [wanted]
    assert sim.violations == []


def test_what_is_in_the_trash_is_not_listed(sim: Simulator, api: ApiClient) -> None:
    sim.state.add_vm(WEB)
    sim.trash_vm(sim.state.add_vm(DB))
    assert [row["fqdn"] for row in _list(api)["virtual_machines"]] == [WEB]
    refused = api.get(MACHINE, virtual_machine_fqdn=DB)
    assert (refused.status, refused.code) == (406, "object_in_trash")


def test_a_machine_s_own_read_shows_the_rest(sim: Simulator, api: ApiClient) -> None:
    sim.state.add_vm(
        WEB,
        group="frontends",
        tags=["web", "blue"],
        annotations={"env": "test"},
        addresses=["198.51.100.7", "2001:db8::7"],
    )
    sim.state.add_vm(DB, group="frontends", tags=["blue"])
    answer, other = (api.get(MACHINE, virtual_machine_fqdn=fqdn).json for fqdn in (WEB, DB))
    machine = answer["virtual_machine"]
    assert [misfits(item, expected_shapes.WHOLE_MACHINE) for item in (answer, other)] == [[], []]
    assert answer["annotations"] == [{"key": "env", "value": "test"}]
    assert machine["tag_names"] == [tag["name"] for tag in machine["tags"]] == ["web", "blue"]
    assert machine["tags"][1] == other["virtual_machine"]["tags"][0]
    assert machine["group"] == other["virtual_machine"]["group"]
    assert machine["group"]["name"] == "frontends"
    assert [item["address_with_mask"] for item in machine["ip_addresses"]] == ["198.51.100.7/24", "2001:db8::7/64"]
    assert machine["ip_addresses"][1]["subnet"]["version"] == 6


@pytest.mark.parametrize("path", [MACHINE, INTERFACES])
def test_what_can_not_be_read(sim: Simulator, api: ApiClient, path: str) -> None:
    unknown = api.get(path, virtual_machine_fqdn=WEB)
    assert (unknown.status, unknown.code) == (404, "virtual_machine_not_found")
    sim.trash_vm(sim.state.add_vm(WEB))
    trashed = api.get(path, virtual_machine_fqdn=WEB)
    assert (trashed.status, trashed.code) == (406, "object_in_trash")
    both = api.get(path, virtual_machine_fqdn=WEB, virtual_machine_id="vm_x")
    assert (both.status, both.code) == (400, "invalid_argument")
    sim.state.add_token("narrow", scopes=["disks"])
    with ApiClient(sim.url, "narrow") as client:
        refused = client.get(path, virtual_machine_fqdn=WEB)
    assert (refused.status, refused.json["error"]["detail"]) == (
        403,
        {"scopes": ["virtual_machines", "virtual_machines:read"]},
    )
    with ApiClient(sim.url) as client:
        assert client.get(path).code == "missing_api_token"
    sim.faults.add(Fault(path, status=503))
    assert api.get(path).code == "service_unavailable"
    sim.settings.rate_limit = 1
    assert (api.get(path).status, api.get(path).code) == (429, "rate_limit_reached")


def test_network_interfaces(sim: Simulator, api: ApiClient) -> None:
    sim.state.add_vm(WEB, name="Web 01", addresses=["198.51.100.7"], private_addresses=["10.0.0.5", "10.0.0.6"])
    sim.state.add_vm(DB, addresses=[])
    answer = api.get(INTERFACES, virtual_machine_fqdn=WEB).json
    assert misfits(answer, expected_shapes.INTERFACES) == []
    public, private = answer["virtual_machine_network_interfaces"]
    assert (public["name"], public["virtual_network"]) == ("Public Network on Web 01", None)
    assert (private["name"], private["network"]) == ("Private Network on Web 01", None)
    assert [item["address"] for item in private["ip_addresses"]] == ["10.0.0.5", "10.0.0.6"]
    shown = api.get(MACHINE, virtual_machine_fqdn=WEB).json["virtual_machine"]
    assert [item["id"] for item in shown["ip_addresses"]] == [item["id"] for item in public["ip_addresses"]]
    assert _list(api)["virtual_machines"][0]["ip_addresses"] == [{"address": "198.51.100.7"}]
    assert api.get(INTERFACES, virtual_machine_fqdn=DB).json["virtual_machine_network_interfaces"] == []
    second = api.get(INTERFACES, virtual_machine_fqdn=WEB, page="2", per_page="1").json
    assert (second["pagination"]["total"], second["virtual_machine_network_interfaces"]) == (2, [private])


def test_a_seed_describes_machines(sim: Simulator, api: ApiClient) -> None:
    machine = {"fqdn": WEB, "name": "Web 01", "tags": ["web"], "group": "frontends", "annotations": {"env": "test"}}
    sim.seed({"virtual_machines": [{**machine, "addresses": ["198.51.100.7"]}]})
    answer = api.get(MACHINE, virtual_machine_fqdn=WEB).json
    assert (answer["virtual_machine"]["name"], answer["virtual_machine"]["tag_names"]) == ("Web 01", ["web"])
    assert [row["ip_addresses"] for row in _list(api)["virtual_machines"]] == [[{"address": "198.51.100.7"}]]
