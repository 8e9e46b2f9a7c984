# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The server that answers out of a recording."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from ansible_collections.katapult.cloud.tests.simulator.client import ApiClient
from ansible_collections.katapult.cloud.tests.simulator.recordings import RecordedCall, load_recording
from ansible_collections.katapult.cloud.tests.simulator.replay import ReplayServer

TRANSCRIPTS = Path(__file__).parent / "transcripts"
LIST = "/organizations/organization/disks"


@pytest.fixture(name="server")
def _server(request: pytest.FixtureRequest) -> Iterator[ReplayServer]:
    with ReplayServer(load_recording(TRANSCRIPTS / f"{request.param}.json")) as server:
        yield server


def _replay(client: ApiClient, call: RecordedCall) -> tuple[int, Any]:
    reply = client.call(call.method, call.path, call.query, call.request)
    return reply.status, reply.json


@pytest.mark.parametrize("name", ["assignment", "change", "failed_build", "trash"])
def test_the_same_requests_get_the_same_answers(name: str) -> None:
    calls = load_recording(TRANSCRIPTS / f"{name}.json")
    with ReplayServer(calls) as server, ApiClient(server.url, "any") as client:
        for call in calls:
            assert _replay(client, call) == (call.status, call.response), f"{call.method} {urlencode(call.query)}"
        assert (server.replay.mismatches, server.replay.unmatched) == ([], [])
        assert {item.source for item in server.replay.requests} == {"recorded"}


@pytest.mark.parametrize("server", ["trash"], indirect=True)
def test_lists_that_were_not_recorded_are_made_up(server: ReplayServer) -> None:
    calls = load_recording(TRANSCRIPTS / "trash.json")
    create, delete = (next(call for call in calls if call.method == method) for method in ("POST", "DELETE"))
    with ApiClient(server.url, "any") as client:
        assert client.disks(per_page="200").json["pagination"]["total_pages"] == 0
        _replay(client, create)
        rows = client.disks().json["disk"]
        assert [(row["name"], row["state"], "io_profile" in row) for row in rows] == [("scratch", "built", False)]
        task_id = create.response["task"]["id"]
        assert [client.task(task_id)["status"] for _number in range(3)] == ["running", "completed", "completed"]
        assert [item["permalink"] for item in client.get("/data_centers").json["data_centers"]] == ["uk-lon-01"]
        _replay(client, delete)
        assert client.disks().json["disk"] == []
    assert server.replay.unmatched == []


@pytest.mark.parametrize("server", ["change"], indirect=True)
def test_other_writes_are_told(server: ReplayServer) -> None:
    with ApiClient(server.url, "any") as client:
        assert client.create(name="other").status == 201
        assert client.call("POST", "/disks/disk/assign", body={"disk": {"id": "disk_x"}}).status == 501
    assert len(server.replay.mismatches) == 1
    assert [item.path for item in server.replay.unmatched] == ["/disks/disk/assign"]


@pytest.mark.parametrize("server", ["assignment"], indirect=True)
def test_a_step_may_be_left_out(server: ReplayServer) -> None:
    calls = load_recording(TRANSCRIPTS / "assignment.json")
    writes = [call for call in calls if call.method != "GET" and call.status < 400]
    create, assign, attach = (
        next(call for call in writes if call.path.endswith(step)) for step in ("disks", "/assign", "/attach")
    )
    disk_id = create.response["disk"]["id"]
    with ApiClient(server.url, "any") as client:
        for call in (create, assign, attach):
            assert _replay(client, call)[0] == call.status
        assert client.disk(disk_id)["virtual_machine_disk"]["state"] == "attached"
        fqdn = assign.response["disk"]["virtual_machine_disk"]["virtual_machine"]["fqdn"]
        machine = client.get("/virtual_machines/virtual_machine", virtual_machine_fqdn=fqdn).json["virtual_machine"]
        assert machine["state"] == "started"
    assert server.replay.mismatches == []
