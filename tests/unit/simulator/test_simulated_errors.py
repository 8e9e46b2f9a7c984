# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens, scopes, limits, and arguments that the service refuses, or lets pass though no client should send them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.simulator.client import ApiClient
from ansible_collections.katapult.cloud.tests.simulator.contract import BY_ROUTE
from ansible_collections.katapult.cloud.tests.simulator.routes import HANDLERS
from ansible_collections.katapult.cloud.tests.simulator.timeline import ManualClock

DISKS = "/organizations/organization/disks"


def test_every_call_of_the_contract_is_handled() -> None:
    assert set(BY_ROUTE) == set(HANDLERS)


def test_errors_are_wrapped(api: ApiClient, sim: Simulator) -> None:
    reply = api.get("/disks/disk", disk_id="disk_x")
    assert set(reply.json) == {"error"}
    assert set(reply.json["error"]) == {"code", "description", "detail"}
    assert reply.headers["X-Api-Schema"] == "json-error"
    sim.settings.wrap_errors = False
    assert set(api.get("/disks/disk", disk_id="disk_x").json) == {"code", "description", "detail"}


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        pytest.param({}, 400, "missing_api_token", id="none"),
        pytest.param({"Authorization": "Bearer "}, 400, "missing_api_token", id="empty"),
        pytest.param({"Authorization": "Basic abc"}, 400, "missing_api_token", id="another-scheme"),
        pytest.param({"Authorization": "Bearer wrong"}, 403, "invalid_api_token", id="wrong"),
    ],
)
def test_tokens(sim: Simulator, header: dict[str, str], status: int, code: str) -> None:
    with ApiClient(sim.url) as client:
        reply = client.call("GET", "/data_centers", headers=header)
    assert (reply.status, reply.code) == (status, code)


@pytest.mark.parametrize(
    ("refuse", "detail"),
    [
        ("unauthorized_network_for_api_token", {"ip_address": "127.0.0.1"}),
        ("invalid_capabilities_token", {}),
        ("organization_suspended", {}),
        ("organization_not_activated", {}),
        ("permission_denied", {"details": "The token's owner may not do this"}),
    ],
)
def test_refused_tokens(sim: Simulator, refuse: str, detail: dict[str, Any]) -> None:
    sim.state.add_token("refused", refuse=refuse)
    with ApiClient(sim.url, "refused") as client:
        reply = client.disks()
    assert (reply.status, reply.code, reply.json["error"]["detail"]) == (403, refuse, detail)


def test_scopes(sim: Simulator) -> None:
    sim.state.add_token("narrow", scopes={"disks"})
    with ApiClient(sim.url, "narrow") as client:
        created = client.create()
        assert created.status == 201
        refused = client.get("/tasks/task", task_id=created.json["task"]["id"])
        assert (refused.status, refused.code) == (403, "scope_not_granted")
        assert refused.json["error"]["detail"] == {"scopes": ["tasks", "tasks:read"]}
        assert client.get("/data_centers").status == 200


@pytest.mark.parametrize("path", ["/nothing", "//data_centers", "/disks", "/disks/disk/"])
def test_unknown_routes(api: ApiClient, path: str) -> None:
    assert api.get(path).code == "route_not_found"


def test_the_base_path_matters(sim: Simulator) -> None:
    with ApiClient(sim.url.replace("/core/v1", ""), sim.token) as client:
        assert client.get("/data_centers").code == "route_not_found"


def test_a_body_without_its_content_type_is_not_read(api: ApiClient, sim: Simulator) -> None:
    disk_id = sim.state.add_disk("data-01")
    body = b'{"disk": {"id": "' + disk_id.encode() + b'"}}'
    reply = api.call("DELETE", "/disks/disk", body=body)
    assert (reply.status, reply.code) == (404, "disk_not_found")
    assert sim.violations
    typed = {"Content-Type": "application/json; charset=utf-8"}
    assert api.call("DELETE", "/disks/disk", body=body, headers=typed).status == 200


@pytest.mark.parametrize(
    ("change", "issue", "path"),
    [
        pytest.param({"size_in_gb": "20"}, "invalid_scalar", ["properties", "size_in_gb"], id="text-for-number"),
        pytest.param({"size_in_gb": True}, "invalid_scalar", ["properties", "size_in_gb"], id="truth-for-number"),
        pytest.param({"name": 5}, "invalid_scalar", ["properties", "name"], id="number-for-text"),
        pytest.param({"bus_type": "ide"}, "invalid_enum_value", ["properties", "bus_type"], id="unknown-choice"),
        pytest.param(
            {"data_center": {"id": "a", "permalink": "b"}},
            "ambiguous_lookup_values",
            ["properties", "data_center"],
            id="both-keys",
        ),
        pytest.param({"data_center": {}}, "missing_lookup_value", ["properties", "data_center"], id="no-key"),
    ],
)
def test_invalid_arguments(api: ApiClient, sim: Simulator, change: dict[str, Any], issue: str, path: list[str]) -> None:
    reply = api.create(**change)
    assert (reply.status, reply.code) == (400, "invalid_argument")
    assert (reply.json["error"]["detail"]["issue"], reply.json["error"]["detail"]["path"]) == (issue, path)
    assert sim.violations


def test_missing_arguments(api: ApiClient, sim: Simulator) -> None:
    reply = api.call("POST", DISKS, body={"organization": {"sub_domain": "acme"}})
    assert (reply.status, reply.code) == (400, "missing_required_argument")
    assert reply.json["error"]["detail"] == {"path": ["properties"]}
    assert api.call("POST", DISKS, body=[]).code == "invalid_json_body"
    assert api.call("GET", "/disks/disk").code == "disk_not_found"
    assert len(sim.violations) == 3


def test_what_has_no_effect_is_recorded(api: ApiClient, sim: Simulator) -> None:
    assert api.create(colour="green", io_profile=None).status == 201
    disk_id = next(iter(sim.state.disks))
    assert api.act("PATCH", "/disks/disk", disk_id, properties={"size_in_gb": 30}).status == 200
    assert api.get("/data_centers", colour="green").status == 200
    assert sim.violations == [
        "POST /organizations/organization/disks: properties.colour: unknown argument",
        "POST /organizations/organization/disks: properties.io_profile: null",
        "PATCH /disks/disk: properties.size_in_gb: has no effect in this call",
        "GET /data_centers: colour: unknown argument",
    ]
    assert sim.state.disks[disk_id].size_in_gb == 20


def test_rate_limit(api: ApiClient, sim: Simulator, clock: ManualClock) -> None:
    sim.settings.rate_limit = 2
    replies = [api.get("/data_centers") for _number in range(3)]
    assert [reply.headers["X-Ratelimit-Remaining"] for reply in replies] == ["1", "0", "0"]
    assert (replies[2].status, replies[2].code) == (429, "rate_limit_reached")
    assert replies[2].json["error"]["detail"] == {"total_permitted": 2}
    assert "Retry-After" not in replies[2].headers
    clock.forward(60)
    assert api.get("/data_centers").status == 200


def test_headers(api: ApiClient) -> None:
    headers = api.get("/data_centers").headers
    assert headers["X-Ratelimit-Permitted"] == "1000"
    assert headers["Date"] == "Fri, 15 Jan 2027 08:00:00 GMT"
    assert len(headers["X-Request-Id"]) == 36
