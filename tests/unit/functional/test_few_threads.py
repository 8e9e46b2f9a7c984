# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the computer gives few threads or none, all is done as it is with many, only later."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.unit.support.processes import output_of

pytestmark = pytest.mark.usefixtures("both_ways")

LIST = "/organizations/organization/disks"
LONDON: dict[str, Any] = {"size_in_gb": 20, "data_center": "uk-lon-01"}
NAMES = [f"data-{number:03d}" for number in range(60)]
# Root is bound by no limit of processes. No computer has memory for a stack of this size.
NO_THREAD = "import threading; threading.stack_size(1 << 47)"
FIVE_THREADS = """
import threading
class Limited(threading.Thread):
    def start(self):
        if threading.active_count() > 5:
            raise RuntimeError("can't start new thread")
        super().start()
threading.Thread = Limited
"""
LIMITS = pytest.mark.parametrize("limit", [NO_THREAD, FIVE_THREADS], ids=["none", "five"])


@pytest.fixture(name="simulator")
def _simulator() -> Iterator[Simulator]:
    with Simulator(build_seconds=0.3, resize_seconds=0.3) as simulator:
        yield simulator
        assert simulator.violations == []


def run(simulator: Simulator, limit: str, module: str = "katapult_disks", **options: Any) -> dict[str, Any]:
    given = {"api_url": simulator.url, "api_token": simulator.token, "organization": "acme", **options}
    result: dict[str, Any] = json.loads(output_of(given, module=module, before=f"{limit}\n"))
    return result


def disks_of(simulator: Simulator) -> Counter[str]:
    with simulator.state.lock:
        return Counter(disk.name for disk in simulator.state.disks_in_use())


def requests_of(simulator: Simulator) -> list[str]:
    return [f"{request.method} {request.path}" for request in simulator.requests]


@LIMITS
def test_a_fleet_is_created_once(simulator: Simulator, limit: str) -> None:
    result = run(simulator, limit, disks=NAMES, **LONDON)

    assert result.get("msg") is None
    assert (result["summary"]["created"], result["changed"]) == (60, True)
    assert disks_of(simulator) == Counter(NAMES)
    assert requests_of(simulator).count(f"POST {LIST}") == 60
    assert run(simulator, limit, disks=NAMES, **LONDON)["changed"] is False


@LIMITS
def test_a_fleet_is_changed(simulator: Simulator, limit: str) -> None:
    for name in NAMES[:12]:
        simulator.state.add_disk(name, size_in_gb=10)

    assert run(simulator, limit, disks=NAMES[:12], **LONDON)["summary"]["updated"] == 12


def test_what_is_to_be_changed_does_not_stand_still_while_another_is_waited_for(simulator: Simulator) -> None:
    simulator.state.add_disk("quick", size_in_gb=10)
    simulator.seed({"settings": {"build_seconds": 100000}})
    run(simulator, NO_THREAD, disks=["slow"], wait=False, **LONDON)

    result = run(simulator, NO_THREAD, disks=["slow", "quick"], wait_timeout=5, **LONDON)

    assert [disk["error"] and disk["error"]["code"] for disk in result["disks"]] == ["wait_timeout", None]
    assert result["summary"]["updated"] == 1


@LIMITS
def test_a_long_list_is_read_whole(simulator: Simulator, limit: str) -> None:
    simulator.seed({"settings": {"max_per_page": 5}, "disks": [{"name": name} for name in NAMES]})

    result = run(simulator, limit, module="katapult_disk_info", details=True)

    assert sorted(disk["name"] for disk in result["disks"]) == NAMES
    assert Counter(requests_of(simulator)) == {f"GET {LIST}": 12, "GET /disks/disk": 60}
