# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a fleet waits for long: disks that do not move, locks that others hold, and what it tells meanwhile."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._clock import Deadline
from ansible_collections.katapult.cloud.plugins.module_utils._lock import locked
from ansible_collections.katapult.cloud.tests.simulator import Fault, Simulator
from ansible_collections.katapult.cloud.tests.unit.promises.life import QUICK, WEB, FastClock, Life

LONDON: dict[str, Any] = {"size_in_gb": 20, "data_center": {"permalink": "uk-lon-01"}}
SLOW = {**LONDON, "storage_speed": "ssd"}
LIST = "/organizations/organization/disks"
FAILED_TASK = {"task": {"id": "task_A", "name": "Build disk", "status": "failed", "progress": 40}}


@pytest.fixture(name="life")
def _life() -> Iterator[Life]:
    with Simulator(**QUICK) as simulator:
        simulator.state.add_vm(fqdn=WEB, state="started")
        yield Life(simulator)
        assert simulator.violations == []


def test_a_disk_without_a_known_task_is_given_up_when_it_does_not_move(life: Life) -> None:
    life.simulator.seed({"settings": {"build_seconds": 1000}})
    life.simulator.faults.add(Fault(LIST, "POST", "after", "drop"))

    outcome = life.fleet(disks=[{"name": "data-01"}], wait_timeout=3600, **LONDON)

    assert outcome["disks"][0]["error"]["code"] == "wait_timeout"
    assert "whose task is not known" in outcome["msg"]


def test_a_task_that_failed_without_a_sign_at_the_disk_is_found_out(life: Life) -> None:
    life.simulator.seed({"settings": {"build_seconds": 1000}})
    life.simulator.faults.add(Fault("/tasks/task", "GET", "before", "answer", status=200, body=FAILED_TASK, times=-1))

    outcome = life.fleet(disks=[{"name": "data-01"}], wait_timeout=3600, **LONDON)

    assert outcome["disks"][0]["error"]["code"] == "task_failed"
    assert outcome["disks"][0]["task"]["status"] == "failed"
    assert outcome.requests.count("GET /tasks/task") == 1


def test_a_task_that_failed_is_told_at_the_time_out(life: Life) -> None:
    life.simulator.seed({"settings": {"build_seconds": 1000}})
    life.simulator.faults.add(Fault("/tasks/task", "GET", "before", "answer", status=200, body=FAILED_TASK, times=-1))

    outcome = life.fleet(disks=[{"name": "data-01"}], wait_timeout=10, **LONDON)

    assert outcome["disks"][0]["error"]["code"] == "task_failed"


def test_a_disk_that_is_built_and_never_attached_by_the_service_is_attached(life: Life) -> None:
    tie = {"virtual_machine": {"fqdn": WEB}}
    life.simulator.seed({"settings": {"build_seconds": 0.1}})
    life.fleet(disks=[{"name": "data-01"}], size_in_gb=20, virtual_machine_disk=tie, wait=False)

    outcome = life.fleet(disks=[{"name": "data-01"}], virtual_machine_disk={**tie, "attach": True})

    assert not outcome.failed, outcome["msg"]
    assert outcome["disks"][0]["disk"]["virtual_machine_disk"]["state"] == "attached"


def test_what_another_task_made_before_the_lock_was_given_is_looked_at_again(life: Life, tmp_path: Path) -> None:
    clock, node = FastClock(), str(tmp_path / "locks")
    with ThreadPoolExecutor(1) as pool:
        with locked([(life.simulator.url, "data-02")], clock, Deadline(clock, 60), node):
            running = pool.submit(
                lambda: life.fleet(disks=[{"name": "data-01"}, {"name": "data-02"}], node=node, **SLOW)
            )
            while not life.simulator.requests:
                time.sleep(0.001)
            life.simulator.state.add_disk("data-02", size_in_gb=20, storage_speed="nvme")
        outcome = running.result(30)

    assert outcome["error"]["code"] == "fleet_refused"
    assert [error and error["code"] for error in (disk["error"] for disk in outcome["disks"])] == [None, "drift"]
    assert outcome.writes == []


def test_only_the_fleet_as_a_whole_is_told_of(life: Life) -> None:
    life.simulator.state.add_disk("grows", size_in_gb=10)

    outcome = life.fleet(disks=[{"name": "grows"}, {"name": "new"}], **LONDON)

    assert outcome["summary"]["updated"] == outcome["summary"]["created"] == 1
    assert outcome.told
    assert all(re.fullmatch(r"\d of 1 built, \d running, 0 failed", line) for line in outcome.told)
