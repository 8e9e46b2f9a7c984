# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults, the log, the control calls, and the simulator as a process."""

from __future__ import annotations

import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.katapult.cloud.tests.simulator import FOREVER, Fault, Simulator
from ansible_collections.katapult.cloud.tests.simulator.client import ApiClient

DISKS = "/organizations/organization/disks"


def test_a_status_without_an_action_is_that_of_an_answer(sim: Simulator, api: ApiClient) -> None:
    sim.faults.add(Fault(DISKS, "POST", status=503))

    assert api.create().status == 503
    with pytest.raises(ValueError, match="action must be answer, not drop"):
        Fault(DISKS, status=503, action="drop")


@pytest.mark.parametrize("action", ["drop", "reset"])
@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_lost_answer(sim: Simulator, api: ApiClient, action: str, when: str, made: int) -> None:
    sim.faults.add(Fault(DISKS, "POST", when=when, action=action))
    with pytest.raises(ConnectionError):
        api.create()
    assert len(sim.state.disks) == made
    assert (sim.requests[0].status, sim.requests[0].executed) == (None, bool(made))
    with ApiClient(sim.url, sim.token) as again:
        assert again.create().status == 201


@pytest.mark.parametrize("when", [("before", 0), ("after", 1)], ids=["before", "after"])
@pytest.mark.parametrize(
    ("fault", "shown"),
    [
        pytest.param({"status": 503}, ("service_unavailable", "application/json"), id="usual"),
        pytest.param({"status": 406}, ("task_queueing_error", "application/json"), id="queue"),
        pytest.param({"status": 502}, ("<h1>502</h1>", "text/html"), id="proxy"),
        pytest.param({"status": 500, "body": ""}, ("", "text/html"), id="empty"),
        pytest.param({"status": 200, "body": "null"}, ("null", "application/json"), id="null"),
        pytest.param({"status": 429, "body": {"code": "x"}}, ('{"code": "x"}', "application/json"), id="json"),
        pytest.param({"status": 201, "body": b"{\xc3", "headers": {"Content-Type": "x/y"}}, ("{", "x/y"), id="bytes"),
    ],
)
def test_another_answer(
    sim: Simulator, api: ApiClient, when: tuple[str, int], fault: dict[str, Any], shown: tuple[str, str]
) -> None:
    (moment, made), (text, content_type) = when, shown
    sim.faults.add(Fault(DISKS, "POST", when=moment, action="answer", **fault))
    reply = api.create()
    assert (reply.status, reply.headers["Content-Type"]) == (fault["status"], content_type)
    assert text in reply.text
    assert len(sim.state.disks) == made


def test_headers_of_a_fault(sim: Simulator, api: ApiClient) -> None:
    sim.faults.add(Fault("/data_centers", action="answer", status=429, headers={"Retry-After": "3"}))
    assert api.get("/data_centers").headers["Retry-After"] == "3"


def test_half_an_answer(sim: Simulator, api: ApiClient) -> None:
    sim.faults.add(Fault("/data_centers", action="cut"))
    with pytest.raises(http.client.IncompleteRead):
        api.get("/data_centers")
    sim.faults.add(Fault("/data_centers", action="cut", fitting_length=True))
    with ApiClient(sim.url, sim.token) as again:
        reply = again.get("/data_centers")
    assert (reply.status, reply.json) == (200, None)


def test_skip_times_and_order(sim: Simulator, api: ApiClient) -> None:
    sim.faults.add(Fault("/data_*", action="answer", status=500, skip=1, times=2))
    sim.faults.add(Fault("/tasks/task", action="answer", status=503, times=FOREVER))
    assert len(sim.faults.pending) == 1
    assert [api.get("/data_centers").status for _number in range(4)] == [200, 500, 500, 200]
    assert [api.get("/tasks/task", task_id="x").status for _number in range(3)] == [503, 503, 503]
    assert sim.faults.pending == []


def test_delay_holds_up_nobody_else(sim: Simulator, api: ApiClient) -> None:
    sim.faults.add(Fault("/data_centers", action="delay", seconds=1.5))
    with ThreadPoolExecutor() as pool, ApiClient(sim.url, sim.token) as other:
        begin = time.monotonic()
        slow = pool.submit(api.get, "/data_centers")
        while not sim.requests:
            time.sleep(0.01)
        assert other.disks().status == 200
        assert not slow.done()
        assert slow.result().status == 200
    assert time.monotonic() - begin >= 1.5


def test_unknown_faults_are_refused() -> None:
    with pytest.raises(ValueError, match="explode"):
        Fault(action="explode")


def test_threads_make_as_many_disks_as_they_ask_for(sim: Simulator) -> None:
    def create(number: int) -> int:
        with ApiClient(sim.url, sim.token) as client:
            return client.create(name=f"disk-{number}").status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(create, range(40))) == {201}
    assert len(sim.state.disks) == 40


def test_connections_are_kept_and_quick(sim: Simulator, api: ApiClient) -> None:
    """A connection that holds small packets back, as many do by themselves, takes 40 ms for each answer."""
    took = []
    for _number in range(50):
        begin = time.monotonic()
        assert api.create().status == 201
        took.append(time.monotonic() - begin)
    assert statistics.median(took) < 0.03
    assert sim.violations == []


def test_log(sim: Simulator, api: ApiClient) -> None:
    api.get("/disks/disk", disk_id="disk_x")
    api.act("DELETE", "/disks/disk", "disk_x")
    read, write = sim.requests
    assert (read.method, read.path, read.query, read.status) == ("GET", "/disks/disk", {"disk[id]": "disk_x"}, 404)
    assert (write.method, write.body) == ("DELETE", {"disk": {"id": "disk_x"}})
    assert write.headers["Authorization"] == f"Bearer {sim.token}"
    sim.reset()
    assert (sim.requests, sim.violations) == ([], [])


def test_control(sim: Simulator, api: ApiClient) -> None:
    with ApiClient(sim.control_url) as control:
        seeded = control.call(
            "POST",
            "/seed",
            body={
                "settings": {"rate_limit": 500},
                "organization": {"sub_domain": "other"},
                "data_centers": [{"permalink": "de-fra-01", "name": "Frankfurt"}],
                "io_profiles": [{"permalink": "slow", "speed_in_mb": 10, "iops": 100}],
                "virtual_machines": [{"fqdn": "web.example", "state": "stopped", "system_disk_gb": 25}],
                "disks": [{"name": "a", "data_center": "de-fra-01", "io_profile": "slow", "annotations": {"k": "v"}}],
                "tasks": [{"name": "Build disk", "status": "failed"}],
                "tokens": [{"token": "narrow", "scopes": ["disks:read"]}],
            },
        ).json
        assert api.disk(seeded["disks"][0])["data_center"]["name"] == "Frankfurt"
        faults = [{"path": "/data_centers", "action": "answer", "status": 500, "body_base64": "/w=="}]
        assert control.call("POST", "/faults", body=faults).json == {"added": 1}
        assert control.get("/faults").json == {"pending": 1}
        assert control.call("POST", "/power", body={"virtual_machine": "web.example", "on": True}).status == 200
        assert [item["path"] for item in control.get("/requests").json["requests"]] == ["/disks/disk"]
        assert control.get("/violations").json == {"violations": []}
        state = control.get("/state").json
        assert [disk["name"] for disk in state["disks"]] == ["System Disk", "a"]
        assert control.call("POST", "/seed", body={"discs": []}).status == 400
        assert control.call("POST", "/seed", body={"settings": {"speed": 1}}).status == 400
        assert control.call("POST", "/reset", body={}).status == 200
        assert control.get("/state").json["disks"] == []
    assert sim.settings.rate_limit is None


def test_as_a_process(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"disks": [{"name": "from-file"}]}), encoding="utf-8")
    url_file = tmp_path / "url"
    with started("--disks", "2", "--seed", str(seed), "--url-file", str(url_file)) as url:
        assert url_file.read_text(encoding="utf-8").strip() == url
        with ApiClient(url, Simulator.token) as client:
            names = [row["name"] for row in client.disks().json["disk"]]
    assert names == ["from-file", "seeded-0001", "seeded-0002"]


def test_as_a_process_behind_tls(tmp_path: Path) -> None:
    certificate = tmp_path / "simulator.pem"
    with started("--tls", str(certificate)) as url:
        with tls_session() as session, pytest.raises(requests.exceptions.SSLError):
            session.get(url, timeout=10)
        for _connection in range(2):
            with tls_session(certificate) as session:
                for _request in range(2):
                    session.get(f"{url}/data_centers", timeout=10)
                log = session.get(url.replace("/core/v1", "/_simulator/requests"), timeout=10).json()["requests"]

    assert [request["connection"] for request in log] == [1, 1, 2, 2]


def tls_session(certificate: Path | None = None) -> requests.Session:
    """A session that trusts this certificate, and nothing of the environment."""
    session = requests.Session()
    session.trust_env = False
    session.verify = str(certificate) if certificate else True
    return session


@contextmanager
def started(*options: str) -> Iterator[str]:
    """The URL of a simulator in a process of its own, which ends as it is told to."""
    tests = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-m", "simulator", "--lifetime", "30", *options],
        env={**os.environ, "PYTHONPATH": str(tests)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
