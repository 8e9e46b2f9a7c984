# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet of disks in one task: what it costs, what it predicts, and that each disk is there once, come what may."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Fault
from ansible_collections.katapult.cloud.tests.simulator.trash import throw_away
from ansible_collections.katapult.cloud.tests.unit.support.harness import DB, ON_WEB, WEB, Harness, Outcome, lived

LONDON: dict[str, Any] = {"size_in_gb": 20, "data_center": {"permalink": "uk-lon-01"}}
LIST = "/organizations/organization/disks"
LOST_ANSWERS: tuple[dict[str, Any], ...] = (
    {"when": "after", "action": "drop"},
    {"when": "before", "action": "drop"},
    {"when": "before", "action": "answer", "status": 503},
    {"when": "after", "action": "answer", "status": 503},
    {"when": "before", "action": "answer", "status": 429, "headers": {"Retry-After": "5"}},
    {"action": "cut"},
)


@pytest.fixture(name="harness")
def _life(harness: Harness) -> Harness:
    harness.simulator.state.add_vm(fqdn=WEB, state="started")
    harness.simulator.state.add_vm(fqdn=DB, state="stopped")
    return harness


def names(count: int) -> list[dict[str, Any]]:
    return [{"name": f"data-{number:03d}"} for number in range(count)]


def named(harness: Harness) -> Counter[str]:
    """How many disks there are of each name."""
    with harness.simulator.state.lock:
        return Counter(disk.name for disk in harness.simulator.state.disks_in_use())


def count(outcome: Outcome, request: str) -> int:
    return outcome.requests.count(request)


def told(outcome: Outcome, key: str) -> list[Any]:
    return [disk[key] for disk in outcome["disks"]]


def summary(outcome: Outcome) -> dict[str, int]:
    return {word: number for word, number in outcome["summary"].items() if number}


def test_fifty_creates_cost_a_write_each_and_a_second_run_a_read_each(harness: Harness) -> None:
    created = harness.fleet(disks=names(50), **LONDON)

    assert summary(created) == {"created": 50}
    assert named(harness) == Counter({disk["name"]: 1 for disk in names(50)})
    assert told(created, "name") == [disk["name"] for disk in names(50)]
    assert {disk["state"] for disk in told(created, "disk")} == {"built"}
    assert count(created, f"POST {LIST}") == 50
    # Only what is built last and alone is read.
    assert count(created, "GET /disks/disk") < 10
    assert len(created.requests) <= 50 + 20
    assert not any("task" in request for request in created.requests)

    again = harness.fleet(disks=names(50), **LONDON)

    assert summary(again) == {"unchanged": 50}
    assert told(again, "disk") == told(created, "disk")
    assert sorted(again.requests) == ["GET /disks/disk"] * 50 + [f"GET {LIST}"]
    assert again["diff"] == {"before": {}, "after": {}}


def test_what_is_waited_for_costs_the_fewer_requests(harness: Harness) -> None:
    harness.simulator.seed({"settings": {"max_per_page": 10, "build_seconds": 20}, "disks": names(90)})
    few = harness.fleet(disks=[{"name": f"new-{number}"} for number in range(3)], **LONDON)
    many = harness.fleet(disks=[{"name": f"more-{number:02d}"} for number in range(30)], **LONDON)

    assert count(few, f"GET {LIST}") == 9 + 9 + 10, "before, under the lock, and for duplicates: all waits are reads"
    # Reads cost less than the list only for those that are built last.
    assert count(many, "GET /disks/disk") < 30


MIXED: dict[str, Any] = {
    "size_in_gb": 30,
    "data_center": {"permalink": "uk-lon-01"},
    "disks": [
        {"name": "grows"},
        {"name": "fits", "size_in_gb": 20},
        {"name": "new"},
        {"name": "attached-new", "virtual_machine_disk": {"virtual_machine": {"fqdn": WEB}, "attach": True}},
        {"name": "online", "annotations": [{"key": "env", "value": "test"}]},
        {"name": "waits", "virtual_machine_disk": {"virtual_machine": {"fqdn": DB}, "attach": True}},
    ],
}
BEFORE: list[dict[str, Any]] = [
    {"name": "grows", "size_in_gb": 20},
    {"name": "fits", "size_in_gb": 20},
    {"name": "online", "size_in_gb": 20, **ON_WEB},
    {"name": "other", "size_in_gb": 20},
]
REMOVAL: dict[str, Any] = {
    "state": "absent",
    "force": True,
    "disks": [{"name": "grows"}, {"name": "none-such"}, {"name": "online", "purge": True}],
}


@pytest.mark.parametrize("options", [MIXED, REMOVAL], ids=["present", "absent"])
def test_check_mode_predicts_the_real_run_which_a_second_one_leaves_alone(
    harness: Harness, options: dict[str, Any]
) -> None:
    harness.simulator.seed({"disks": BEFORE})

    predicted = harness.fleet(check=True, **options)
    real = harness.fleet(**options)
    again = harness.fleet(**options)

    assert predicted.writes == []
    assert (predicted["changed"], predicted["diff"]) == (real["changed"], real["diff"])
    assert predicted["summary"] == real["summary"]
    for key in ("changed", "steps", "name"):
        assert told(predicted, key) == told(real, key)
    assert [set(disk) for disk in predicted["disks"]] == [set(disk) for disk in real["disks"]]
    assert (again.writes, again["changed"]) == ([], False)
    assert set(named(harness)) >= {"fits", "other"}


def test_the_diff_has_the_disks_that_change_and_no_other(harness: Harness) -> None:
    harness.simulator.seed({"disks": BEFORE})
    place = {"permalink": "uk-lon-01"}

    outcome = harness.fleet(size_in_gb=30, data_center=place, disks=[{"name": "grows"}, {"name": "new"}])

    assert outcome["diff"] == {
        "before": {"grows": {"name": "grows", "size_in_gb": 20, "data_center": place}},
        "after": {
            "grows": {"name": "grows", "size_in_gb": 30, "data_center": place},
            "new": {"name": "new", "size_in_gb": 30, "data_center": place},
        },
    }


IMPOSSIBLE: dict[str, tuple[dict[str, Any], str]] = {
    "drift": ({"name": "other", "storage_speed": "ssd"}, "drift"),
    "no size": ({"name": "new-2", "size_in_gb": None}, "invalid_option"),
    "no such data center": ({"name": "new-2", "data_center": {"permalink": "nowhere"}}, "data_center_not_found"),
    "no such profile": ({"name": "new-2", "io_profile": {"permalink": "none"}}, "disk_io_profile_not_found"),
    "no such machine": (
        {"name": "new-2", "virtual_machine_disk": {"virtual_machine": {"fqdn": "no.acme.test"}}},
        "virtual_machine_not_found",
    ),
    "no such id": ({"id": "disk_Unknown"}, "disk_not_found"),
    "shrink": ({"name": "other", "size_in_gb": 10}, "drift"),
    "taken name": ({"id": "disk_Known", "name": "other"}, "name_taken"),
    "same disk": ({"id": "disk_Known"}, "described_twice"),
}


@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
@pytest.mark.parametrize(("entry", "code"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_an_impossible_entry_is_refused_before_anything_is_written(
    harness: Harness, entry: dict[str, Any], code: str, check: bool
) -> None:
    harness.simulator.seed(
        {"disks": [{"name": "known", "id": "disk_Known"}, {"name": "other", "storage_speed": "nvme"}]}
    )
    first = {"size_in_gb": 20, "data_center": {"permalink": "uk-lon-01"}, "name": "new"}
    usual = {} if code == "invalid_option" else LONDON

    outcome = harness.fleet(check=check, disks=[first, {"name": "known"}, entry], **usual)

    assert outcome.failed
    assert (outcome["error"]["code"], outcome.writes) == ("fleet_refused", [])
    assert [error and error["code"] for error in told(outcome, "error")] == [None, None, code]
    assert "Nothing was changed." in outcome["msg"]
    assert summary(outcome) == {"failed": 1, "not_tried": 2}


def test_all_impossible_entries_are_named_at_once(harness: Harness) -> None:
    harness.simulator.seed({"disks": [{"name": "fast", "storage_speed": "nvme"}, {"name": "twice"}, {"name": "twice"}]})

    disks = [{"name": "fast"}, {"name": "twice"}, {"name": "new"}]
    outcome = harness.fleet(size_in_gb=20, storage_speed="ssd", disks=disks)

    assert [(one["option"], one["name"], one["code"]) for one in outcome["error"]["detail"]["disks"]] == [
        ("disks[0]", "fast", "drift"),
        ("disks[1]", "twice", "several_disks_found"),
        ("disks[2]", "new", "invalid_option"),
    ]
    assert all(f"'{name}': " in outcome["msg"] for name in ("fast", "twice", "new"))


def test_one_failure_does_not_stop_the_others_and_a_rerun_goes_on(harness: Harness) -> None:
    disks = [*names(5), {"name": "fail-build"}]
    outcome = harness.fleet(disks=disks, **LONDON)

    assert outcome.failed
    assert (outcome["error"]["code"], outcome["changed"]) == ("fleet_failed", True)
    assert summary(outcome) == {"created": 5, "failed": 1}
    failed = outcome["disks"][-1]
    assert (failed["error"]["code"], failed["disk"]["state"], failed["changed"]) == ("task_failed", "failed", True)
    assert failed["task"]["status"] == "failed"
    assert "fail-build" in outcome["msg"]

    rerun = harness.fleet(disks=[{"name": "late"}, *disks], **LONDON)

    assert summary(rerun) == {"created": 1, "unchanged": 5, "failed": 1}
    assert rerun["disks"][-1]["error"]["code"] == "disk_failed"


def test_with_fail_fast_nothing_is_begun_after_a_failure(harness: Harness) -> None:
    refused = {"error": {"code": "validation_error", "detail": {"errors": ["Name is reserved"]}}}
    harness.simulator.faults.add(Fault(LIST, "POST", "before", "answer", status=422, body=refused, skip=1))

    outcome = harness.fleet(disks=names(10), fail_fast=True, concurrency=1, **LONDON)

    assert summary(outcome) == {"created": 1, "failed": 1, "not_tried": 8}
    assert told(outcome, "steps")[0] == {"done": ["create"], "failed": [], "not_tried": []}
    assert told(outcome, "steps")[1] == {"done": [], "failed": ["create"], "not_tried": []}
    assert told(outcome, "steps")[9] == {"done": [], "failed": [], "not_tried": ["create"]}
    assert outcome["disks"][0]["disk"]["state"] == "built"
    assert named(harness) == Counter({"data-000": 1})
    assert "Not tried: 'data-002', 'data-003', 'data-004', 'data-005', 'data-006' and 3 more." in outcome["msg"]


@pytest.mark.parametrize("seed", range(4))
def test_every_disk_is_there_once_though_answers_are_lost(harness: Harness, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(400):
        if chance.random() < 0.15:
            harness.simulator.faults.add(Fault(skip=number, **chance.choice(LOST_ANSWERS)))

    for _run in range(3):
        outcome = harness.fleet(disks=names(20), **LONDON)
        if not outcome.failed:
            break

    assert not outcome.failed, f"seed {seed}: {outcome['msg']}"
    assert named(harness) == Counter({disk["name"]: 1 for disk in names(20)}), f"seed {seed}"


def test_fleets_at_once_on_one_control_node_make_one_disk_each(harness: Harness) -> None:
    with ThreadPoolExecutor(3) as pool:
        first, second, third = pool.map(
            lambda start: harness.fleet(disks=names(12)[start : start + 8], **LONDON), (0, 2, 4)
        )

    assert not any(outcome.failed for outcome in (first, second, third))
    assert named(harness) == Counter({disk["name"]: 1 for disk in names(12)})
    assert sum(outcome["summary"]["created"] for outcome in (first, second, third)) == 12


def test_a_duplicate_from_another_control_node_fails_its_entry_and_names_both(harness: Harness, tmp_path: Path) -> None:
    def create_duplicate() -> None:
        harness.simulator.state.add_disk("data-001", id="disk_Twin", size_in_gb=20)

    harness.simulator.seed({"settings": {"build_seconds": 20}})
    harness.clock.meanwhile(create_duplicate, when=lambda: named(harness)["data-001"])
    outcome = harness.fleet(disks=names(3), node=str(tmp_path / "locks"), **LONDON)

    assert [error and error["code"] for error in told(outcome, "error")] == [None, "duplicate_created", None]
    assert "disk_Twin" in outcome["disks"][1]["msg"]
    assert outcome["disks"][1]["disk"]["id"] in outcome["disks"][1]["msg"]


def test_the_next_run_waits_for_what_is_still_under_way(harness: Harness) -> None:
    harness.simulator.seed({"settings": {"build_seconds": 30}})
    begun = harness.fleet(disks=names(20), wait=False, **LONDON)
    seen = len(harness.simulator.requests)
    waited = harness.fleet(disks=names(21), **LONDON)

    assert {disk["state"] for disk in told(begun, "disk")} == {"not_built"}
    assert summary(begun) == {"created": 20}
    assert summary(waited) == {"created": 1, "unchanged": 20}
    assert {disk["state"] for disk in told(waited, "disk")} == {"built"}
    reads = [sent.query["disk[id]"] for sent in harness.simulator.requests[seen:] if sent.path == "/disks/disk"]
    # Of the new disk nothing is said: if it is built last and alone, it is read.
    assert [reads.count(disk["id"]) for disk in told(begun, "disk")] == [2] * 20


def test_a_time_out_tells_which_disks_are_not_ready_and_keeps_the_others(harness: Harness) -> None:
    harness.simulator.state.add_disk("data-000", size_in_gb=20)
    harness.simulator.seed({"settings": {"build_seconds": 30}})

    outcome = harness.fleet(disks=names(3), wait_timeout=5, **LONDON)

    assert summary(outcome) == {"unchanged": 1, "failed": 2}
    assert [error and error["code"] for error in told(outcome, "error")] == [None, "wait_timeout", "wait_timeout"]
    assert "Its task 'Build disk' is " in outcome["disks"][1]["msg"]
    assert outcome["disks"][2]["disk"]["id"]
    assert outcome.told[-1] == "0 of 2 built, 2 running, 0 failed"


@pytest.mark.parametrize(
    "scopes", [["disks"], ["disks", "tasks:read"]], ids=["no tasks and no machines", "no machines"]
)
def test_a_token_that_sees_little_is_enough(harness: Harness, scopes: list[str]) -> None:
    harness.simulator.state.add_token("narrow", scopes)

    outcome = harness.fleet(
        token="narrow",
        virtual_machine_disk={"attach": True, "virtual_machine": {"fqdn": WEB}},
        disks=names(4),
        size_in_gb=20,
    )

    assert summary(outcome) == {"created": 4}
    assert all("could not be seen" in warning for warning in outcome.warnings)


def test_a_list_that_fails_while_disks_are_waited_for_is_no_harm(harness: Harness) -> None:
    harness.simulator.seed({"settings": {"build_seconds": 20}})
    harness.simulator.faults.add(Fault(LIST, "GET", "before", "answer", status=422, times=2, skip=2))

    outcome = harness.fleet(disks=names(5), **LONDON)

    assert summary(outcome) == {"created": 5}


def test_disks_that_are_deleted_while_they_are_waited_for_fail_alone(harness: Harness) -> None:
    def delete() -> None:
        with harness.simulator.state.lock:
            disk = next(disk for disk in harness.simulator.state.disks_in_use() if disk.name == "data-002")
            throw_away(harness.simulator.state, disk.id, "Disk")

    harness.simulator.seed({"settings": {"build_seconds": 20}})
    harness.clock.meanwhile(delete, when=lambda: named(harness)["data-002"])
    outcome = harness.fleet(disks=names(4), **LONDON)

    assert summary(outcome) == {"created": 3, "failed": 1}
    assert outcome["disks"][2]["error"]["code"] in ("object_in_trash", "disk_not_found")


def test_no_more_requests_are_sent_than_the_service_permits() -> None:
    with lived(rate_limit=60, build_seconds=20) as harness:
        outcome = harness.fleet(disks=names(60), wait_timeout=20, **LONDON)

        assert summary(outcome) == {"created": 60}
        assert named(harness) == Counter({disk["name"]: 1 for disk in names(60)})
        assert [request.status for request in harness.simulator.requests if request.status == 429] == []


def test_nothing_is_a_fleet_too(harness: Harness) -> None:
    outcome = harness.fleet(disks=[])

    assert (outcome["changed"], outcome["disks"], outcome.requests) == (False, [], [])


def test_a_disk_comes_back_from_the_trash_and_gets_its_size(harness: Harness) -> None:
    disk_id = harness.simulator.state.add_disk("data-000", size_in_gb=10)
    harness.fleet(state="absent", disks=[{"id": disk_id}])

    outcome = harness.fleet(disks=[{"id": disk_id, "restore": True}, {"name": "new"}], **LONDON)

    assert summary(outcome) == {"created": 1, "updated": 1}
    assert outcome["disks"][0]["steps"]["done"] == ["restore", "resize"]
    assert outcome["disks"][0]["disk"]["size_in_gb"] == 20


def test_an_absent_disk_that_is_refused_or_not_tried_has_the_keys_of_the_others(harness: Harness) -> None:
    harness.simulator.state.add_disk("data-01", virtual_machine=WEB, attachment="attached")
    harness.simulator.state.add_disk("data-02")

    outcome = harness.fleet(state="absent", disks=[{"name": "data-01"}, {"name": "data-02"}])

    assert outcome["error"]["code"] == "fleet_refused"
    assert told(outcome, "trash_object") == [None, None]
    assert [error and error["code"] for error in told(outcome, "error")] == ["disk_assigned", None]
    assert told(outcome, "msg")[1] is None
