# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The organization: its policy, its trash, and the user who has it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Fault, Simulator
from ansible_collections.katapult.cloud.tests.simulator.client import ApiClient
from ansible_collections.katapult.cloud.tests.simulator.timeline import ManualClock
from ansible_collections.katapult.cloud.tests.unit.simulator import expected_shapes
from ansible_collections.katapult.cloud.tests.unit.simulator.expected_shapes import misfits

POLICY = "/organizations/organization/policy"
LIMITS = "/organizations/organization/policy_limits"
MACHINES = "/organizations/organization/virtual_machines"
TRASH = "/organizations/organization/trash_objects"
USER = "/users/current"

READS = {
    POLICY: "organizations organizations:read",
    LIMITS: "organizations organizations:read",
    MACHINES: "virtual_machines virtual_machines:read",
    TRASH: "trash_objects:read",
}


def _read(client: ApiClient, path: str, **query: str) -> Any:
    reply = client.get(path, organization_sub_domain="acme", **query)
    assert reply.status == 200, reply.text
    return reply.json


@pytest.mark.parametrize(("path", "scopes"), READS.items())
def test_scopes(sim: Simulator, path: str, scopes: str) -> None:
    for scope in scopes.split():
        sim.state.add_token("fits", scopes=[scope])
        with ApiClient(sim.url, "fits") as client:
            _read(client, path)
    sim.state.add_token("narrow", scopes=["disks"])
    with ApiClient(sim.url, "narrow") as client:
        refused = client.get(path, organization_sub_domain="acme")
    assert (refused.status, refused.code) == (403, "scope_not_granted")
    assert refused.json["error"]["detail"] == {"scopes": scopes.split()}


@pytest.mark.parametrize("path", READS)
def test_what_every_read_of_the_organization_is_refused_for(sim: Simulator, api: ApiClient, path: str) -> None:
    unknown = api.get(path, organization_sub_domain="other")
    assert (unknown.status, unknown.code) == (404, "organization_not_found")
    both = api.get(path, organization_sub_domain="acme", organization_id=sim.state.organization.id)
    assert (both.status, both.code) == (400, "invalid_argument")
    sim.state.add_token("refused", refuse="organization_suspended")
    with ApiClient(sim.url, "refused") as client:
        suspended = client.get(path, organization_sub_domain="acme")
    assert (suspended.status, suspended.code) == (403, "organization_suspended")


@pytest.mark.parametrize("path", [*READS, USER])
def test_what_every_read_can_fail_with(sim: Simulator, api: ApiClient, path: str) -> None:
    with ApiClient(sim.url) as client:
        nobody = client.get(path)
    assert (nobody.status, nobody.code) == (400, "missing_api_token")
    sim.faults.add(Fault(path, status=503))
    assert api.get(path).code == "service_unavailable"
    sim.settings.rate_limit = 1
    assert (api.get(path).status, api.get(path).code) == (429, "rate_limit_reached")


def test_misfits_are_found() -> None:
    table = {"name": (str, None), "rows": [{"id": str}], "size": int}
    assert misfits({"name": None, "rows": [{"id": "a"}], "size": 1}, table) == []
    assert sorted(misfits({"name": 5, "rows": [{"id": None}, {}], "size": True, "more": 1}, table)) == [
        "answer.more",
        "answer.name: 5",
        "answer.rows[0].id: None",
        "answer.rows[1].id",
        "answer.size: True",
    ]


def test_the_policy_has_the_documented_shape(sim: Simulator, api: ApiClient) -> None:
    answer = _read(api, POLICY)
    assert misfits(answer, expected_shapes.POLICY) == []
    assert (answer["policy_type"], answer["policy_name"]) == ("auto", None)
    assert answer["limits"]["disk_space"] == {"limit": 100000, "current": 0, "unit": "GB"}
    assert misfits(_read(api, LIMITS), expected_shapes.POLICY_LIMITS) == []
    sim.state.set_policy(policy_name="Trial", reasons_for_disallowing_resource_creation=["No card"])
    assert misfits(_read(api, POLICY), expected_shapes.POLICY) == []


def test_the_policy_is_as_it_was_set(sim: Simulator, api: ApiClient) -> None:
    sim.state.set_policy(
        policy_type="override",
        policy_name="Trial",
        limits={"disk_space": {"limit": 500}, "dns_zones": {"limit": 3, "current": 2}, "isos": {"limit": None}},
        features={"disk_bus_configuration": False, "suspension": False},
        reasons_for_disallowing_resource_creation=["There is no payment card"],
        maximum_disk_size=200,
    )
    answer, limits = _read(api, POLICY), _read(api, LIMITS)["policy_limits"]
    assert (answer["policy_type"], answer["policy_name"]) == ("override", "Trial")
    assert answer["limits"]["disk_space"] == {"limit": 500, "current": 0, "unit": "GB"}
    assert answer["limits"]["dns_zones"] == {"limit": 3, "current": 2, "unit": None}
    assert answer["limits"]["isos"]["limit"] is None
    assert answer["features"]["disk_bus_configuration"] == {"permitted": False}
    assert answer["reasons_for_disallowing_resource_creation"] == ["There is no payment card"]
    assert limits["maximum_disk_space"] == {"value": 500, "unlimited": False}
    assert limits["maximum_isos"] == {"value": None, "unlimited": True}
    assert (limits["maximum_disk_size"], limits["minimum_disk_size"]) == (
        {"value": 200, "unlimited": False},
        {"value": 10},
    )
    assert limits["allow_suspension"] is False
    sim.settings.no_limit = -1
    assert _read(api, POLICY)["limits"]["isos"]["limit"] == -1


@pytest.mark.parametrize(("trash_counts", "space"), [(True, 75), (False, 45)])
def test_what_is_used_is_counted(sim: Simulator, api: ApiClient, trash_counts: bool, space: int) -> None:
    sim.settings.trash_counts = trash_counts
    sim.state.add_vm("web.acme.example", system_disk_gb=25)
    sim.state.add_disk("kept", size_in_gb=20)
    api.act("DELETE", "/disks/disk", sim.state.add_disk("thrown away", size_in_gb=30))
    sim.trash_vm(sim.state.add_vm("old.acme.example", state="stopped"))
    limits = _read(api, POLICY)["limits"]
    assert limits["disk_space"]["current"] == space
    machines = 2 if trash_counts else 1
    assert (limits["virtual_machines"]["current"], limits["virtual_machine_memory"]["current"]) == (
        machines,
        4 * machines,
    )


def test_a_managed_organization_has_no_policy(sim: Simulator, api: ApiClient) -> None:
    sim.state.organization.managed = True
    reply = api.get(POLICY, organization_sub_domain="acme")
    assert (reply.status, reply.code) == (400, "policy_not_available_for_managed_organizations")
    assert misfits(_read(api, LIMITS), expected_shapes.POLICY_LIMITS) == []


POLICY_OF_50_GB = {"limits": {"disk_space": {"limit": 50}}, "minimum_disk_size": 15, "maximum_disk_size": 40}


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        pytest.param(12, "Size in gb must be greater than or equal to 15", id="too-small"),
        pytest.param(45, "Size in gb must be less than or equal to 40", id="too-large"),
        pytest.param(35, "Organization is limited to 50 GB of disk space", id="no-space"),
        pytest.param(30, "", id="just-fits"),
    ],
)
def test_an_enforced_policy(sim: Simulator, api: ApiClient, size: int, sentence: str) -> None:
    sim.state.set_policy(**POLICY_OF_50_GB)
    disk_id = sim.state.add_disk("data-01", size_in_gb=20)
    sim.settings.enforce_policy = True
    created = api.create(size_in_gb=size)
    if sentence:
        assert (created.status, created.code) == (422, "validation_error")
        assert sentence in created.json["error"]["detail"]["errors"]
    else:
        assert created.status == 201
        grown = api.act("PUT", "/disks/disk/resize", disk_id, size_in_gb=25)
        assert (grown.status, grown.json["error"]["detail"]) == (
            422,
            {"errors": ["Organization is limited to 50 GB of disk space"]},
        )
        assert api.act("PUT", "/disks/disk/resize", disk_id, size_in_gb=15).status == 200


def test_an_enforced_policy_may_allow_nothing(sim: Simulator, api: ApiClient) -> None:
    sim.state.set_policy(reasons_for_disallowing_resource_creation=["There is no payment card"])
    sim.settings.enforce_policy = True
    assert api.create().json["error"]["detail"] == {"errors": ["There is no payment card"]}


def test_a_policy_refuses_nothing_by_itself(sim: Simulator, api: ApiClient) -> None:
    sim.state.set_policy(**POLICY_OF_50_GB, reasons_for_disallowing_resource_creation=["There is no payment card"])
    assert api.create(size_in_gb=60).status == 201
    disk_id = sim.state.add_disk("data-02", size_in_gb=20)
    assert api.act("PUT", "/disks/disk/resize", disk_id, size_in_gb=70).status == 200


def test_the_trash_has_pages_with_machines_and_disks(sim: Simulator, api: ApiClient, clock: ManualClock) -> None:
    machine, disk_id = sim.state.add_vm("web.acme.example", system_disk_gb=25), sim.state.add_disk("data-01")
    sim.trash_vm(machine)
    api.act("DELETE", "/disks/disk", disk_id)
    pages = [_read(api, TRASH, page=str(page), per_page="1") for page in (1, 2, 3)]
    assert [misfits(page, expected_shapes.TRASH_OBJECTS) for page in pages] == [[], [], []]
    assert (pages[0]["pagination"]["total"], pages[0]["pagination"]["total_pages"]) == (2, 2)
    rows = [row for page in pages for row in page["trash_objects"]]
    assert [(row["object_id"], row["object_type"]) for row in rows] == [(machine, "VirtualMachine"), (disk_id, "Disk")]
    assert rows[0]["keep_until"] == int(clock.now) + 48 * 3600


def test_the_user_has_organizations(sim: Simulator, api: ApiClient) -> None:
    sim.state.add_organization("second", name="Second Limited")
    answer = api.get(USER).json
    assert misfits(answer, expected_shapes.CURRENT_USER) == []
    assert [item["sub_domain"] for item in answer["organizations"]] == ["acme", "second"]
    assert answer["organizations"][0]["id"] == sim.state.organization.id
    sim.state.add_token("narrow", scopes=["disks"])
    with ApiClient(sim.url, "narrow") as client:
        assert client.get(USER).json["api_token_id"] != answer["api_token_id"]
    with ApiClient(sim.url, "wrong") as client:
        assert (client.get(USER).status, client.get(USER).code) == (403, "invalid_api_token")


def test_a_token_may_be_nobody_s(sim: Simulator) -> None:
    sim.state.add_token("robot", user=False)
    with ApiClient(sim.url, "robot") as client:
        reply = client.get(USER)
    assert (reply.status, reply.code) == (404, "no_user_associated_with_identity")


def test_a_seed_sets_organization_policy_and_tokens(sim: Simulator) -> None:
    sim.seed(
        {
            "organization": {"managed": True},
            "policy": {"policy_name": "Trial", "limits": {"disk_space": {"limit": 500, "unit": "GiB"}}},
            "other_organizations": [{"sub_domain": "second"}],
            "tokens": [{"token": "robot", "user": False}],
        }
    )
    assert sim.state.organization.managed
    assert (sim.state.policy.policy_name, sim.state.policy.limits["disk_space"].unit) == ("Trial", "GiB")
    assert [item.name for item in sim.state.other_organizations] == ["second"]
    assert not sim.state.tokens["robot"].user
    sim.reset()
    assert (sim.state.policy.policy_name, sim.state.other_organizations) == (None, [])
