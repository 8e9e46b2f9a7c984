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
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Deadline
from ansible_collections.katapult.cloud.plugins.module_utils._core.file_lock import (
    LockDirectory,
    get_max_locks,
    hold_locks,
)
from ansible_collections.katapult.cloud.tests.simulator import Fault
from ansible_collections.katapult.cloud.tests.unit.support.harness import WEB, Harness, lived

LONDON: dict[str, Any] = {"size_in_gb": 20, "data_center": {"permalink": "uk-lon-01"}}
SLOW = {**LONDON, "storage_speed": "ssd"}
LIST = "/organizations/organization/disks"


def has_failed(real: Any) -> Any:
    """The task of an answer, which has failed."""
    return {"task": {**real["task"], "status": "failed", "progress": 40}}


@pytest.fixture(name="harness")
def _life() -> Iterator[Harness]:
    with lived() as harness:
        harness.simulator.state.add_vm(fqdn=WEB, state="started")
        yield harness
        assert harness.simulator.violations == []


def test_a_disk_without_a_known_task_is_given_up_when_it_does_not_move(harness: Harness) -> None:
    harness.simulator.seed({"settings": {"build_seconds": 100000}})
    harness.simulator.faults.add(Fault(LIST, "POST", "after", "drop"))

    outcome = harness.fleet(disks=[{"name": "data-01"}], wait_timeout=3600, **LONDON)

    assert outcome["disks"][0]["error"]["code"] == "wait_timeout"
    assert "whose task is not known" in outcome["msg"]


def test_a_task_that_failed_without_a_sign_at_the_disk_is_found_out(harness: Harness) -> None:
    harness.simulator.seed({"settings": {"build_seconds": 100000}})
    harness.simulator.faults.add(Fault("/tasks/task", "GET", "after", "answer", status=200, body=has_failed, times=-1))

    outcome = harness.fleet(disks=[{"name": "data-01"}], wait_timeout=3600, **LONDON)

    assert outcome["disks"][0]["error"]["code"] == "task_failed"
    assert outcome["disks"][0]["task"]["status"] == "failed"
    assert outcome.requests.count("GET /tasks/task") == 1


def test_a_task_that_failed_is_told_at_the_time_out(harness: Harness) -> None:
    harness.simulator.seed({"settings": {"build_seconds": 100000}})
    harness.simulator.faults.add(Fault("/tasks/task", "GET", "after", "answer", status=200, body=has_failed, times=-1))

    outcome = harness.fleet(disks=[{"name": "data-01"}], wait_timeout=10, **LONDON)

    assert outcome["disks"][0]["error"]["code"] == "task_failed"


def test_a_disk_that_is_built_and_never_attached_by_the_service_is_attached(harness: Harness) -> None:
    tie = {"virtual_machine": {"fqdn": WEB}}
    harness.simulator.seed({"settings": {"build_seconds": 20}})
    harness.fleet(disks=[{"name": "data-01"}], size_in_gb=20, virtual_machine_disk=tie, wait=False)

    outcome = harness.fleet(disks=[{"name": "data-01"}], virtual_machine_disk={**tie, "attach": True})

    assert not outcome.failed, outcome["msg"]
    assert outcome["disks"][0]["disk"]["virtual_machine_disk"]["state"] == "attached"


def test_what_another_task_made_before_the_lock_was_given_is_looked_at_again(harness: Harness, tmp_path: Path) -> None:
    clock, node = harness.clock, str(tmp_path / "locks")
    with ThreadPoolExecutor(1) as pool:
        with hold_locks([(harness.simulator.url, "data-02")], clock, Deadline(clock, 60), [LockDirectory(node)]):
            running = pool.submit(
                lambda: harness.fleet(disks=[{"name": "data-01"}, {"name": "data-02"}], node=node, **SLOW)
            )
            while not harness.simulator.requests:
                time.sleep(0.001)
            harness.simulator.state.add_disk("data-02", size_in_gb=20, storage_speed="nvme")
        outcome = running.result(30)

    assert outcome["error"]["code"] == "fleet_refused"
    assert [error and error["code"] for error in (disk["error"] for disk in outcome["disks"])] == [None, "drift"]
    assert outcome.writes == []


def test_only_the_fleet_as_a_whole_is_told_of(harness: Harness) -> None:
    harness.simulator.state.add_disk("grows", size_in_gb=10)

    outcome = harness.fleet(disks=[{"name": "grows"}, {"name": "new"}], **LONDON)

    assert outcome["summary"]["updated"] == outcome["summary"]["created"] == 1
    assert outcome.told
    assert all(re.fullmatch(r"\d of 1 built, \d running, 0 failed", line) for line in outcome.told)


def test_a_disk_that_is_to_be_changed_does_not_wait_for_a_slower_one(harness: Harness) -> None:
    harness.simulator.seed({"settings": {"build_seconds": 5}})
    harness.fleet(disks=[{"name": "quick"}], wait=False, **LONDON)
    harness.simulator.seed({"settings": {"build_seconds": 100000}})
    harness.fleet(disks=[{"name": "slow"}], wait=False, **LONDON)

    outcome = harness.fleet(disks=[{"name": "quick", "size_in_gb": 30}, {"name": "slow"}], wait_timeout=20, **LONDON)

    assert [error and error["code"] for error in (disk["error"] for disk in outcome["disks"])] == [None, "wait_timeout"]
    assert outcome["disks"][0]["disk"]["size_in_gb"] == 30


def test_a_name_that_another_task_holds_fails_alone(harness: Harness, tmp_path: Path) -> None:
    harness.simulator.state.add_disk("there", size_in_gb=20)
    disks = [{"name": "held"}, {"name": "there", "bus_type": "virtio"}]
    clock, node = harness.clock, str(tmp_path / "locks")
    with hold_locks([(harness.simulator.url, "held")], clock, Deadline(clock, 60), [LockDirectory(node)]):
        outcome = harness.fleet(disks=disks, node=node, wait_timeout=2, **LONDON)

    assert [error and error["code"] for error in (disk["error"] for disk in outcome["disks"])] == ["lock_timeout", None]
    assert outcome["summary"]["updated"] == 1


@pytest.mark.parametrize("skip", [0, 1], ids=["first look", "second look"])
def test_a_list_that_can_t_be_read_leaves_a_result_for_every_disk(harness: Harness, skip: int) -> None:
    harness.simulator.state.add_disk("there", id="disk_There", size_in_gb=10)
    harness.simulator.faults.add(Fault(LIST, "GET", "before", "answer", status=500, times=-1, skip=skip))

    outcome = harness.fleet(disks=[{"name": "new"}, {"id": "disk_There"}], **LONDON)

    assert [disk["changed"] for disk in outcome["disks"]] == [False, True]
    assert outcome["disks"][0]["error"]["code"] == "unhandled_exception"
    assert "POST" not in " ".join(outcome.writes)


def test_a_lost_create_tells_to_look_first_also_for_the_fleet(harness: Harness) -> None:
    harness.simulator.faults.add(Fault(LIST, "POST", "before", "drop"))

    outcome = harness.fleet(disks=[{"name": "lost"}], **LONDON)

    assert outcome["error"]["ambiguous"] is True
    assert outcome["error"]["detail"]["disks"][0]["ambiguous"] is True
    assert "First check the disks with error.ambiguous in disks" in outcome["msg"]


def test_a_disk_that_can_t_be_looked_for_is_not_said_to_be_missing(harness: Harness) -> None:
    harness.simulator.faults.add(Fault(LIST, "POST", "after", "drop"))
    harness.simulator.faults.add(Fault(LIST, "GET", "before", "answer", status=503, times=-1, skip=2))

    outcome = harness.fleet(disks=[{"name": "lost"}], **LONDON)

    assert "Whether a disk 'lost' is there could not be seen. Could not list the disks" in outcome["msg"]
    assert "No disk 'lost' is there yet" not in outcome["msg"]


def test_one_cause_is_told_once_for_all_its_disks(harness: Harness) -> None:
    disks = [{"name": f"data-{number}"} for number in range(8)]

    outcome = harness.fleet(disks=disks, size_in_gb=20, data_center={"permalink": "nowhere"})

    assert outcome["msg"].count("There is no data center with permalink nowhere") == 1
    assert "'data-0', 'data-1', 'data-2', 'data-3', 'data-4' and 3 more: " in outcome["msg"]


def test_many_disks_are_created_with_few_locks_at_a_time(harness: Harness, tmp_path: Path) -> None:
    disks = [{"name": f"data-{number:03d}"} for number in range(230)]

    outcome = harness.fleet(disks=disks, node=str(tmp_path / "locks"), **LONDON)

    before = outcome.requests[: outcome.requests.index(f"POST {LIST}")]
    after = outcome.requests[len(before) :]
    assert outcome["summary"]["created"] == 230
    assert before.count(f"GET {LIST}") == 2
    assert after.count(f"POST {LIST}") == 230
    assert outcome.warnings == []
    second = next(index for index, request in enumerate(after) if request == f"GET {LIST}")
    assert after[:second].count(f"POST {LIST}") == get_max_locks()


def test_a_row_of_the_list_whose_name_can_t_be_read_may_be_the_disk(harness: Harness) -> None:
    row = {"id": "disk_Strange", "name": ["data-01"], "state": "built"}
    body = {"disk": [row], "pagination": {"total": 1, "total_pages": 1, "per_page": 200}}
    harness.simulator.faults.add(Fault(LIST, "GET", "before", "answer", status=200, body=body))

    outcome = harness.fleet(disks=[{"name": "data-01"}], **LONDON)

    assert (outcome["disks"][0]["error"]["code"], outcome.writes) == ("unexpected_answer", [])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"disks": [{"name": "data-01"}], "virtual_machine_disk": {"attach": True}},
            "virtual_machine_disk.virtual_machine is needed to create the disk 'data-01'",
        ),
        (
            {
                "disks": [
                    {"name": "data-01"},
                    {"id": "disk_A", "name": "data-01", "data_center": {"permalink": "nl-ams-01"}},
                ]
            },
            "disks[1].name is 'data-01', as in disks[0].",
        ),
    ],
    ids=["no machine", "a name that is given away"],
)
@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
def test_what_would_fail_after_the_first_write_is_refused_before(
    harness: Harness, options: dict[str, Any], words: str, check: bool
) -> None:
    outcome = harness.fleet(check=check, **LONDON, **options)

    assert words in outcome["msg"]
    assert outcome.writes == []
