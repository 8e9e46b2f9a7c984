# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backup policies of disks and virtual machines."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Fault, Simulator
from ansible_collections.katapult.cloud.tests.simulator.client import ApiClient, Reply
from ansible_collections.katapult.cloud.tests.simulator.timeline import ManualClock
from ansible_collections.katapult.cloud.tests.unit.simulator import expected_shapes
from ansible_collections.katapult.cloud.tests.unit.simulator.expected_shapes import misfits

WEB = "web-01.acme.example"
ALL = "/organizations/organization/disk_backup_policies"
OF_DISK = "/disks/disk/disk_backup_policies"
OF_MACHINE = "/virtual_machines/virtual_machine/disk_backup_policies"
POLICY = "/disk_backup_policies/disk_backup_policy"
SCHEDULE = "/disk_backup_policies/disk_backup_policy/schedule"
TRASH = "/trash_objects/trash_object"

READ = "disk_backup_policies disk_backup_policies:read"
WRITE = "disk_backup_policies"
CALLS = [
    ("GET", ALL, READ),
    ("GET", OF_DISK, READ),
    ("POST", OF_DISK, WRITE),
    ("GET", OF_MACHINE, READ),
    ("POST", OF_MACHINE, WRITE),
    ("GET", POLICY, READ),
    ("PATCH", POLICY, WRITE),
    ("DELETE", POLICY, WRITE),
    ("DELETE", SCHEDULE, WRITE),
]
DAILY = {"retention": 7, "schedule": {"interval": "daily", "time": 3, "minute": 30}}


def _call(api: ApiClient, method: str, path: str, **arguments: Any) -> Reply:
    """Send lookups and the like as a query with GET, and as a body with the rest."""
    if method != "GET":
        return api.call(method, path, body=arguments)
    query = {f"{name}[{key}]": value for name, lookup in arguments.items() for key, value in lookup.items()}
    return api.call("GET", path, query)


def _policy(api: ApiClient, method: str, policy_id: str, path: str = POLICY, **arguments: Any) -> Reply:
    return _call(api, method, path, disk_backup_policy={"id": policy_id}, **arguments)


def _create(api: ApiClient, disk_id: str, **properties: Any) -> Reply:
    return _call(api, "POST", OF_DISK, disk={"id": disk_id}, properties=properties or DAILY)


def _listed(api: ApiClient, path: str = ALL, **query: str) -> list[str]:
    query = query or {"organization_sub_domain": "acme"}
    return [row["id"] for row in api.get(path, **query).json["disk_backup_policies"]]


@pytest.mark.parametrize(("method", "path", "scopes"), CALLS)
def test_scopes(sim: Simulator, method: str, path: str, scopes: str) -> None:
    for scope in scopes.split():
        sim.state.add_token("fits", scopes=[scope])
        with ApiClient(sim.url, "fits") as client:
            assert client.call(method, path, body=None if method == "GET" else {}).status in (400, 404)
    sim.state.add_token("narrow", scopes=["disks", *(["disk_backup_policies:read"] if method != "GET" else [])])
    with ApiClient(sim.url, "narrow") as client:
        refused = client.call(method, path)
    assert (refused.status, refused.code) == (403, "scope_not_granted")
    assert refused.json["error"]["detail"] == {"scopes": scopes.split()}


@pytest.mark.parametrize(("method", "path", "_scopes"), CALLS)
def test_what_every_call_can_fail_with(sim: Simulator, api: ApiClient, method: str, path: str, _scopes: str) -> None:
    with ApiClient(sim.url) as client:
        nobody = client.call(method, path)
    assert (nobody.status, nobody.code) == (400, "missing_api_token")
    sim.faults.add(Fault(path, method, status=503))
    assert api.call(method, path).code == "service_unavailable"
    sim.settings.rate_limit = 1
    assert (api.call(method, path).status, api.call(method, path).code) == (429, "rate_limit_reached")


@pytest.mark.parametrize(
    ("path", "target", "code"),
    [
        pytest.param(ALL, {"organization": {"sub_domain": "other"}}, "organization_not_found", id="organization"),
        pytest.param(OF_DISK, {"disk": {"id": "disk_x"}}, "disk_not_found", id="disk"),
        pytest.param(OF_MACHINE, {"virtual_machine": {"fqdn": WEB}}, "virtual_machine_not_found", id="machine"),
        pytest.param(POLICY, {"disk_backup_policy": {"id": "dbp_x"}}, "disk_backup_policy_not_found", id="policy"),
        pytest.param(SCHEDULE, {"disk_backup_policy": {"id": "dbp_x"}}, "disk_backup_policy_not_found", id="schedule"),
    ],
)
def test_what_is_not_there(api: ApiClient, path: str, target: dict[str, Any], code: str) -> None:
    extra = {"properties": DAILY, "timestamp": 2_000_000_000}
    for method in (method for method, other, _scopes in CALLS if other == path):
        reply = _call(api, method, path, **target, **(extra if method != "GET" else {}))
        assert (reply.status, reply.code) == (404, code), method


def test_a_target_in_the_trash(sim: Simulator, api: ApiClient) -> None:
    disk_id = sim.state.add_disk("data-01")
    api.act("DELETE", "/disks/disk", disk_id)
    sim.trash_vm(sim.state.add_vm(WEB))
    for path, target in ((OF_DISK, {"disk": {"id": disk_id}}), (OF_MACHINE, {"virtual_machine": {"fqdn": WEB}})):
        replies = [_call(api, "GET", path, **target), _call(api, "POST", path, **target, properties=DAILY)]
        assert [(reply.status, reply.code) for reply in replies] == [(406, "object_in_trash")] * 2


def test_the_policy_of_a_disk(sim: Simulator, api: ApiClient) -> None:
    disk_id = sim.state.add_disk("data-01")
    created = _create(api, disk_id)
    assert (created.status, misfits(created.json, expected_shapes.BACKUP_POLICY)) == (200, [])
    policy = created.json["disk_backup_policy"]
    assert "task" not in created.json
    assert (policy["retention"], policy["total_size"], policy["auto_move_to_trash_at"]) == (7, 0.0, None)
    assert policy["target"] == {"target": api.disk(disk_id)}
    schedule = {key: value for key, value in policy["schedule"].items() if key != "next_invocation_at"}
    assert schedule == {"interval": "daily", "frequency": 1, "minute": 30, "time": 3}
    assert _policy(api, "GET", policy["id"]).json == created.json
    assert sim.violations == []


def test_the_policy_of_a_machine(sim: Simulator, api: ApiClient) -> None:
    machine = sim.state.add_vm(WEB, private_addresses=["10.0.0.5"])
    properties = {"retention": 1, "schedule": {"interval": "monthly"}}
    created = _call(api, "POST", OF_MACHINE, virtual_machine={"fqdn": WEB}, properties=properties)
    assert (created.status, misfits(created.json, expected_shapes.BACKUP_POLICY)) == (200, [])
    assert created.json["disk_backup_policy"]["target"]["target"]["id"] == machine
    sim.settings.thin_targets = True
    shown = _policy(api, "GET", created.json["disk_backup_policy"]["id"]).json["disk_backup_policy"]
    assert shown["target"] == {"target": {"id": machine, "name": "web-01"}}


def test_lists_are_thin_and_have_pages(sim: Simulator, api: ApiClient) -> None:
    machine = sim.state.add_vm(WEB, system_disk_gb=20)
    [boot] = sim.state.disks
    other = sim.state.add_disk("data-01")
    policies = [
        sim.state.add_backup_policy(3, virtual_machine=WEB),
        sim.state.add_backup_policy(3, disk=boot, interval="hourly"),
        sim.state.add_backup_policy(3, disk="data-01"),
        sim.state.add_backup_policy(9, disk=other, total_size=1.5),
    ]
    answer = api.get(ALL, organization_sub_domain="acme", per_page="3").json
    assert misfits(answer, expected_shapes.BACKUP_POLICIES) == []
    assert (answer["pagination"]["total"], answer["pagination"]["total_pages"]) == (4, 2)
    assert _listed(api) == policies
    assert _listed(api, OF_DISK, disk_id=other) == policies[2:]
    assert _listed(api, OF_MACHINE, virtual_machine_id=machine) == policies[:1]
    assert _listed(api, OF_MACHINE, virtual_machine_id=machine, include_disks="false") == policies[:1]
    assert _listed(api, OF_MACHINE, virtual_machine_id=machine, include_disks="true") == policies[:2]
    assert api.get(OF_MACHINE, virtual_machine_id=machine, include_disks="maybe").code == "invalid_argument"


@pytest.mark.parametrize(
    ("properties", "sentences"),
    [
        pytest.param({}, ["Retention can't be blank", "Schedule interval can't be blank"], id="nothing"),
        pytest.param({"retention": 3}, ["Schedule interval can't be blank"], id="no-schedule"),
        pytest.param({**DAILY, "retention": 0}, ["Retention must be greater than or equal to 1"], id="retention"),
        pytest.param(
            {"retention": 3, "schedule": {"interval": "daily", "frequency": 0, "minute": -1, "time": -1}},
            [
                "Schedule frequency must be greater than or equal to 1",
                "Schedule minute must be greater than or equal to 0",
                "Schedule time must be greater than or equal to 0",
            ],
            id="below",
        ),
        pytest.param(
            {"retention": 3, "schedule": {"interval": "daily", "minute": 60, "time": 24}},
            ["Schedule minute must be less than or equal to 59", "Schedule time must be less than or equal to 23"],
            id="beyond",
        ),
    ],
)
def test_validation(sim: Simulator, api: ApiClient, properties: dict[str, Any], sentences: list[str]) -> None:
    disk_id, machine = sim.state.add_disk("data-01"), sim.state.add_vm(WEB)
    for path, target in ((OF_DISK, {"disk": {"id": disk_id}}), (OF_MACHINE, {"virtual_machine": {"id": machine}})):
        reply = _call(api, "POST", path, **target, properties=properties)
        assert (reply.status, reply.code) == (422, "validation_error")
        assert reply.json["error"]["detail"] == {"errors": sentences}
    assert sim.state.backup_policies == {}


@pytest.mark.parametrize(
    ("properties", "path"),
    [
        pytest.param({"retention": "7"}, ["properties", "retention"], id="text"),
        pytest.param({"schedule": {"interval": "yearly"}}, ["properties", "schedule", "interval"], id="choice"),
        pytest.param({"schedule": {"minute": 1.5}}, ["properties", "schedule", "minute"], id="fraction"),
    ],
)
def test_arguments_of_another_type(sim: Simulator, api: ApiClient, properties: dict[str, Any], path: list[str]) -> None:
    reply = _create(api, sim.state.add_disk("data-01"), **properties)
    assert (reply.status, reply.code, reply.json["error"]["detail"]["path"]) == (400, "invalid_argument", path)


def test_properties_are_required(sim: Simulator, api: ApiClient) -> None:
    reply = api.act("POST", OF_DISK, sim.state.add_disk("data-01"))
    assert (reply.status, reply.code) == (400, "missing_required_argument")


def test_update(sim: Simulator, api: ApiClient) -> None:
    sim.state.add_disk("data-01")
    policy_id = sim.state.add_backup_policy(7, disk="data-01", time=3, minute=30)
    changed = _policy(api, "PATCH", policy_id, properties={"schedule": {"interval": "weekly", "frequency": 2}})
    assert (changed.status, misfits(changed.json, expected_shapes.CHANGED_BACKUP_POLICY)) == (200, [])
    shown = _policy(api, "GET", policy_id).json["disk_backup_policy"]
    assert (shown["retention"], shown["schedule"]["interval"], shown["schedule"]["frequency"]) == (7, "weekly", 2)
    assert (shown["schedule"]["time"], shown["schedule"]["minute"]) == (3, 30)
    assert _policy(api, "PATCH", policy_id, properties={}).status == 200
    refused = _policy(api, "PATCH", policy_id, properties={"retention": 0})
    assert (refused.status, refused.code) == (422, "validation_error")
    assert _policy(api, "PATCH", policy_id).code == "missing_required_argument"


@pytest.mark.parametrize(
    ("schedule", "hours"),
    [
        pytest.param({"interval": "hourly", "minute": 15}, [0.25, 1.25], id="hourly"),
        pytest.param({"interval": "hourly", "frequency": 6}, [6, 12], id="every-six-hours"),
        pytest.param({"interval": "daily", "time": 9}, [1, 25], id="daily"),
        pytest.param({"interval": "weekly", "time": 7}, [7 * 24 - 1, 14 * 24 - 1], id="weekly"),
        pytest.param({"interval": "monthly", "time": 8, "minute": 30}, [0.5, 30 * 24 + 0.5], id="monthly"),
    ],
)
def test_the_next_invocation(
    sim: Simulator, api: ApiClient, clock: ManualClock, schedule: dict[str, Any], hours: list[float]
) -> None:
    """The clock of the tests begins at eight o'clock."""
    begin = clock.now
    sim.state.add_disk("data-01")
    policy_id = sim.state.add_backup_policy(7, disk="data-01", **schedule)
    for hour in hours:
        shown = _policy(api, "GET", policy_id).json["disk_backup_policy"]["schedule"]["next_invocation_at"]
        assert shown == begin + 3600 * hour
        clock.now = shown


def test_a_deleted_policy_can_be_restored(sim: Simulator, api: ApiClient) -> None:
    sim.state.add_disk("data-01")
    policy_id = sim.state.add_backup_policy(7, disk="data-01")
    deleted = _policy(api, "DELETE", policy_id)
    assert (deleted.status, misfits(deleted.json, expected_shapes.DELETED_BACKUP_POLICY)) == (200, [])
    listed = api.get("/organizations/organization/trash_objects", organization_sub_domain="acme").json["trash_objects"]
    assert [(item["object_id"], item["object_type"]) for item in listed] == [(policy_id, "DiskBackupPolicy")]
    assert _listed(api) == []
    extra = {"properties": {}, "timestamp": 2_000_000_000}
    for method, path, _scopes in CALLS[5:]:
        reply = _policy(api, method, policy_id, path, **(extra if method != "GET" else {}))
        assert (reply.status, reply.code) == (406, "object_in_trash"), method
        assert reply.json["error"]["detail"] == {"trash_object": listed[0]}
    assert api.call("POST", f"{TRASH}/restore", body={"trash_object": {"object_id": policy_id}}).status == 200
    assert _listed(api) == [policy_id]


def test_a_purged_policy_is_gone(sim: Simulator, api: ApiClient, clock: ManualClock) -> None:
    sim.state.add_disk("data-01")
    policy_id = sim.state.add_backup_policy(7, disk="data-01")
    _policy(api, "DELETE", policy_id)
    assert api.call("DELETE", TRASH, body={"trash_object": {"object_id": policy_id}}).status == 200
    clock.forward(1)
    assert _policy(api, "GET", policy_id).code == "disk_backup_policy_not_found"


def test_a_policy_goes_with_what_it_is_for(sim: Simulator, api: ApiClient, clock: ManualClock) -> None:
    disk_id, machine = sim.state.add_disk("data-01"), sim.state.add_vm(WEB, state="stopped")
    deleted = sim.state.add_backup_policy(7, disk=disk_id)
    policies = [sim.state.add_backup_policy(7, disk=disk_id), sim.state.add_backup_policy(7, virtual_machine=machine)]
    _policy(api, "DELETE", deleted)
    api.act("DELETE", "/disks/disk", disk_id)
    assert _listed(api) == policies, "what is in the trash keeps its policies"
    for target in (disk_id, sim.trash_vm(machine)):
        key = "object_id" if target == disk_id else "id"
        api.call("DELETE", TRASH, body={"trash_object": {key: target}})
    clock.forward(1)
    assert _listed(api) == []
    assert api.get(TRASH, trash_object_object_id=deleted).code == "trash_object_not_found"


def test_a_policy_may_go_later(sim: Simulator, api: ApiClient, clock: ManualClock) -> None:
    sim.state.add_disk("data-01")
    policy_id = sim.state.add_backup_policy(7, disk="data-01")
    soon = _policy(api, "DELETE", policy_id, SCHEDULE, timestamp=int(clock.now) + 299)
    assert (soon.status, soon.code) == (400, "invalid_timestamp")
    assert _policy(api, "DELETE", policy_id, SCHEDULE).code == "missing_required_argument"
    for seconds in (600, 900):
        later = _policy(api, "DELETE", policy_id, SCHEDULE, timestamp=int(clock.now) + seconds)
        assert (later.status, misfits(later.json, expected_shapes.ENDING_BACKUP_POLICY)) == (200, [])
    when = later.json["disk_backup_policy"]["auto_move_to_trash_at"]
    clock.forward(700)
    assert _policy(api, "GET", policy_id).json["disk_backup_policy"]["auto_move_to_trash_at"] == when
    clock.forward(200)
    assert _policy(api, "GET", policy_id).code == "object_in_trash"
    assert api.get(TRASH, trash_object_object_id=policy_id).json["trash_object"]["keep_until"] == when + 48 * 3600
    api.call("POST", f"{TRASH}/restore", body={"trash_object": {"object_id": policy_id}})
    assert _policy(api, "GET", policy_id).json["disk_backup_policy"]["auto_move_to_trash_at"] is None


def test_a_policy_that_is_gone_does_not_go_again(sim: Simulator, api: ApiClient, clock: ManualClock) -> None:
    disk_id = sim.state.add_disk("data-01")
    policy_id = sim.state.add_backup_policy(7, disk=disk_id)
    _policy(api, "DELETE", policy_id, SCHEDULE, timestamp=int(clock.now) + 600)
    api.act("DELETE", "/disks/disk", disk_id)
    api.call("DELETE", TRASH, body={"trash_object": {"object_id": disk_id}})
    clock.forward(700)
    assert _listed(api) == []
    assert sim.state.trash == {}


def test_a_seed_describes_policies(sim: Simulator, api: ApiClient) -> None:
    seeded = sim.seed(
        {
            "virtual_machines": [{"fqdn": WEB}],
            "disks": [{"name": "data-01"}],
            "disk_backup_policies": [
                {"disk": "data-01", "retention": 7, "interval": "hourly", "frequency": 6},
                {"virtual_machine": WEB, "retention": 3, "total_size": 12.5},
            ],
        }
    )
    assert _listed(api) == seeded["disk_backup_policies"]
    assert [item.schedule.interval for item in sim.state.backup_policies.values()] == ["hourly", "daily"]
    with ApiClient(sim.control_url) as control:
        assert [item["retention"] for item in control.get("/state").json["disk_backup_policies"]] == [7, 3]
