# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exactly one disk: faults on every request of a create, runs at once, and runs that share no lock."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Fault, Simulator
from ansible_collections.katapult.cloud.tests.unit.support.processes import (
    DISK,
    forget_creates,
    output_of,
    result_of,
    results_of,
)

pytestmark = pytest.mark.usefixtures("both_ways")

PATH = "/organizations/organization/disks"
FAULTS: dict[str, dict[str, Any]] = {
    "dropped": {"action": "drop"},
    "reset": {"action": "reset"},
    "cut off": {"action": "cut"},
    "500": {"action": "answer", "status": 500},
    "502 page": {"action": "answer", "status": 502, "body": "<html><title>Bad gateway</title></html>"},
    "503": {"action": "answer", "status": 503},
    "406": {"action": "answer", "status": 406, "body": {"error": {"code": "task_queueing_error", "detail": {}}}},
    "201 null": {"action": "answer", "status": 201, "body": "null"},
    "201 strange": {"action": "answer", "status": 201, "body": {"disk": [], "task": 3}},
    "429": {"action": "answer", "status": 429, "headers": {"Retry-After": "1"}},
}
ALL_REQUESTS = ("list", "create", "task", "disk", "duplicate")


@pytest.fixture(name="simulator")
def _simulator() -> Iterator[Simulator]:
    with Simulator(build_seconds=0.3) as simulator:
        yield simulator
        forget_creates(simulator)


def options_for(simulator: Simulator, **more: Any) -> dict[str, Any]:
    return {"api_url": simulator.url, "api_token": simulator.token, "organization": "acme", **DISK, **more}


def disks_of(simulator: Simulator) -> list[str]:
    return [disk.id for disk in simulator.state.disks_in_use()]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_create_whose_answer_is_lost_is_adopted(simulator: Simulator, fault: dict[str, Any]) -> None:
    simulator.faults.add(Fault(method="POST", path=PATH, when="after", **fault))

    result = result_of(options_for(simulator))

    assert not result.get("failed"), result["msg"]
    assert result["changed"] is True
    assert [result["disk"]["id"]] == disks_of(simulator)
    assert result["disk"]["state"] == "built"
    assert [request.method for request in simulator.requests].count("POST") == 1
    assert result["warnings"]


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in ("cut off", "429")])
def test_a_create_that_may_have_been_carried_out_is_not_sent_again(simulator: Simulator, name: str) -> None:
    simulator.faults.add(Fault(method="POST", path=PATH, when="before", **FAULTS[name]))

    result = result_of(options_for(simulator, wait_timeout=1))

    assert result["failed"]
    assert result["error"]["ambiguous"] is True
    assert "may still appear" in result["msg"]
    assert [request.method for request in simulator.requests].count("POST") == 1
    assert disks_of(simulator) == []


def test_a_create_refused_by_the_rate_limit_is_sent_again(simulator: Simulator) -> None:
    simulator.faults.add(Fault(method="POST", path=PATH, when="before", **FAULTS["429"]))

    result = result_of(options_for(simulator))

    assert result["changed"] is True
    assert len(disks_of(simulator)) == 1


@pytest.mark.parametrize(("when", "faults"), [("before", ["dropped", "503"]), ("after", ["cut off", "502 page"])])
@pytest.mark.parametrize("number", range(len(ALL_REQUESTS)), ids=ALL_REQUESTS)
def test_no_fault_on_any_request_makes_a_second_disk(
    simulator: Simulator, number: int, when: str, faults: list[str]
) -> None:
    for fault in faults:
        simulator.reset()
        simulator.faults.add(Fault(skip=number, when=when, **FAULTS[fault]))
        first = result_of(options_for(simulator, wait_timeout=2))
        second = result_of(options_for(simulator))

        assert len(disks_of(simulator)) == 1, (fault, first)
        assert [second["disk"]["id"]] == disks_of(simulator), (fault, second)
        assert simulator.violations == []


def test_ten_runs_at_once_make_one_disk(simulator: Simulator) -> None:
    results = results_of(options_for(simulator), 10)

    assert sorted(result["changed"] for result in results) == [False] * 9 + [True]
    assert {result["disk"]["id"] for result in results} == set(disks_of(simulator))
    assert len(disks_of(simulator)) == 1


def test_runs_that_share_no_lock_report_the_duplicate(simulator: Simulator) -> None:
    both_look_before_either_creates = Fault(method="GET", path=PATH, when="after", action="delay", seconds=3, times=2)
    simulator.faults.add(both_look_before_either_creates)
    # No lock is shared across control nodes; one service under two names is as good for that.
    urls = [simulator.url, simulator.url.replace("127.0.0.1", "localhost")]

    with ThreadPoolExecutor(2) as pool:
        outputs = list(pool.map(lambda url: output_of(options_for(simulator, api_url=url)), urls))

    duplicates = [output for output in outputs if '"duplicate_created"' in output]
    assert len(disks_of(simulator)) == 2, outputs
    assert duplicates
    assert all(disk_id in duplicates[0] for disk_id in disks_of(simulator))
