# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that ends while its create is on the way: the next one waits for that disk, and makes no other."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Fault, Simulator
from ansible_collections.katapult.cloud.tests.unit.support.harness import Harness, lived
from ansible_collections.katapult.cloud.tests.unit.support.processes import ended, forget_creates, output_of, started

LIST = "/organizations/organization/disks"
LOOK, POST, READ = f"GET {LIST}", f"POST {LIST}", "GET /disks/disk"
LONDON: dict[str, Any] = {"size_in_gb": 20, "data_center": {"permalink": "uk-lon-01"}}
NAMES = [f"data-{number:02d}" for number in range(1, 4)]
ONE: dict[str, Any] = {"name": NAMES[0]}
MANY: dict[str, Any] = {"disks": NAMES}
REFUSED = {"error": {"code": "validation_error", "detail": {"errors": ["Name is reserved"]}}}
# How `timeout` of a task reaches what runs in Ansible's process.
TIME_OUT = """
import signal
class TimedOut(BaseException):
    pass
def time_out(*_frame):
    raise TimedOut
signal.signal(signal.SIGALRM, time_out)
"""
DEFAULT_CONCURRENCY = [("katapult_disk", ONE), ("katapult_disks", MANY)]


@pytest.fixture(name="simulator")
def _simulator() -> Iterator[Simulator]:
    with Simulator(build_seconds=0.3) as simulator:
        yield simulator
        forget_creates(simulator, *NAMES)


@pytest.fixture(name="harness")
def _life() -> Iterator[Harness]:
    with lived() as harness:
        yield harness
        assert harness.simulator.violations == []


def named(simulator: Simulator) -> Counter[str]:
    with simulator.state.lock:
        return Counter(disk.name for disk in simulator.state.disks_in_use())


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("ends_by", [signal.SIGKILL, signal.SIGINT, signal.SIGALRM])
@pytest.mark.parametrize(("module", "options"), DEFAULT_CONCURRENCY, ids=["one", "fleet"])
def test_the_disk_of_a_run_that_was_ended_is_taken_by_the_next(
    simulator: Simulator, module: str, options: dict[str, Any], ends_by: signal.Signals
) -> None:
    names = [options["name"]] if "name" in options else options["disks"]
    late = Fault(LIST, "POST", "before", "delay", seconds=3, times=len(names))
    simulator.faults.add(late)
    given = {"api_url": simulator.url, "api_token": simulator.token, "organization": "acme", **LONDON, **options}

    run = started(given, module=module, before=TIME_OUT)
    while late.times:
        assert run.poll() is None, ended(run)
        time.sleep(0.01)
    run.send_signal(ends_by)
    ended(run)
    result = json.loads(output_of(given, module=module))

    assert named(simulator) == Counter(names)
    assert result.get("failed", False) is False
    disks = result.get("disks", [result])
    assert {one["disk"]["state"] for one in disks} == {"built"}
    if ends_by == signal.SIGKILL:
        assert result["changed"] is False


class Death(Exception):
    """The end of a run that nothing in it sees coming."""


def die_while_creating(harness: Harness, **options: Any) -> None:
    """A run that ends as its create is sent, which the service does not carry out, or not yet."""

    def die() -> None:
        raise Death

    harness.simulator.faults.add(Fault(LIST, "POST", "before", "drop"))
    harness.clock.meanwhile(die, when=lambda: harness.simulator.requests[-1].method == "GET")
    with pytest.raises(Death):
        harness.disk(**options)


def appears(harness: Harness, name: str, after: int) -> None:
    """Have the service make the disk after so many more looks at the list."""
    due = len(harness.simulator.requests) + after
    harness.clock.meanwhile(
        lambda: harness.simulator.state.add_disk(name, size_in_gb=20),
        when=lambda: len(harness.simulator.requests) >= due,
    )


def test_the_disk_that_appears_is_taken_as_one_that_exists(harness: Harness) -> None:
    die_while_creating(harness, name="data-01", **LONDON)
    appears(harness, "data-01", after=3)

    outcome = harness.disk(name="data-01", **{**LONDON, "size_in_gb": 30})

    assert named(harness.simulator) == Counter(["data-01"])
    assert (outcome["changed"], outcome["disk"]["size_in_gb"]) == (True, 30)
    assert POST not in outcome.writes
    assert len(outcome.warnings) == 1
    assert "was left behind by an earlier run" in outcome.warnings[0]
    again = harness.disk(name="data-01", size_in_gb=30)
    assert (again.requests, again.warnings) == ([LOOK, READ], [])


def test_a_fleet_waits_once_for_all_that_was_left_behind(harness: Harness) -> None:
    for name in ("data-01", "data-02"):
        die_while_creating(harness, name=name, **LONDON)
    appears(harness, "data-01", after=4)
    appears(harness, "data-02", after=5)
    before = harness.clock.now()

    outcome = harness.fleet(disks=[{"name": name} for name in NAMES], **LONDON)

    assert named(harness.simulator) == Counter(NAMES)
    assert outcome["summary"]["created"] == 1
    assert [disk["changed"] for disk in outcome["disks"]] == [False, False, True]
    assert ["left behind" in warning for warning in outcome.warnings] == [True, True]
    assert harness.clock.now() - before < 60
    again = harness.fleet(disks=[{"name": name} for name in NAMES], **LONDON)
    assert sorted(again.requests) == [READ] * 3 + [LOOK]


def test_a_disk_of_a_fleet_that_was_left_behind_and_differs_is_refused(harness: Harness) -> None:
    die_while_creating(harness, name="data-01", **LONDON)
    appears(harness, "data-01", after=4)

    outcome = harness.fleet(disks=[{"name": name} for name in NAMES], **{**LONDON, "size_in_gb": 10})

    assert outcome["error"]["code"] == "fleet_refused"
    assert outcome.writes == []


@pytest.mark.parametrize("fleet", [False, True], ids=["one", "fleet"])
def test_the_disk_that_appears_is_absent_after_a_run_that_wants_it_so(harness: Harness, fleet: bool) -> None:
    die_while_creating(harness, name="data-01", **LONDON)
    appears(harness, "data-01", after=3)

    gone: dict[str, Any] = {"state": "absent"}
    outcome = harness.fleet(disks=[{"name": "data-01"}], **gone) if fleet else harness.disk(name="data-01", **gone)

    assert (outcome["changed"], named(harness.simulator)) == (True, Counter())
    again = harness.fleet(disks=[{"name": "data-01"}], **gone) if fleet else harness.disk(name="data-01", **gone)
    assert (again["changed"], again.requests) == (False, [LOOK])


def test_no_disk_is_renamed_to_a_name_whose_create_is_on_the_way(harness: Harness) -> None:
    other = harness.simulator.state.add_disk("other")
    die_while_creating(harness, name="data-01", **LONDON)
    appears(harness, "data-01", after=6)

    outcome = harness.disk(id=other, name="data-01")

    assert (outcome["error"]["code"], outcome.writes) == ("name_taken", [])


@pytest.mark.parametrize("seconds", [0, 3])
def test_a_short_wait_timeout_does_not_shorten_the_look(harness: Harness, seconds: int) -> None:
    die_while_creating(harness, name="data-01", **LONDON)
    appears(harness, "data-01", after=5)

    outcome = harness.fleet(disks=[{"name": "data-01"}], wait_timeout=seconds, **LONDON)

    assert named(harness.simulator) == Counter(["data-01"])
    assert outcome.writes == []


@pytest.mark.parametrize("fleet", [False, True], ids=["one", "fleet"])
def test_what_never_appears_is_created_after_ten_seconds(harness: Harness, fleet: bool) -> None:
    die_while_creating(harness, name="data-01", **LONDON)
    before = harness.clock.now()

    outcome = harness.fleet(disks=[{"name": "data-01"}], **LONDON) if fleet else harness.disk(name="data-01", **LONDON)

    assert named(harness.simulator) == Counter(["data-01"])
    assert outcome["changed"] is True
    assert harness.clock.now() - before > 10
    assert outcome.requests[: outcome.requests.index(POST)].count(LOOK) > 3
    assert outcome.warnings == []


@pytest.mark.parametrize("fleet", [False, True], ids=["one", "fleet"])
def test_a_note_of_long_ago_is_void(harness: Harness, fleet: bool) -> None:
    die_while_creating(harness, name="data-01", **LONDON)
    harness.clock.sleep(300)

    outcome = harness.fleet(disks=[{"name": "data-01"}], **LONDON) if fleet else harness.disk(name="data-01", **LONDON)

    assert outcome.requests[: outcome.requests.index(POST)].count(LOOK) == (2 if fleet else 1)


ENDS: dict[str, tuple[dict[str, Any], bool]] = {
    "created": ({"action": "delay"}, False),
    "refused": ({"action": "answer", "status": 422, "body": REFUSED}, False),
    "never reached": ({"action": "answer", "status": 429, "headers": {"Retry-After": "1"}, "times": -1}, False),
    "lost and found": ({"action": "drop", "when": "after"}, False),
    "lost for good": ({"action": "drop"}, True),
}


@pytest.mark.parametrize(("fault", "leaves"), ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("fleet", [False, True], ids=["one", "fleet"])
def test_only_a_create_whose_end_is_not_known_leaves_a_note(
    harness: Harness, fault: dict[str, Any], leaves: bool, fleet: bool
) -> None:
    harness.simulator.faults.add(Fault(LIST, "POST", **fault))
    _first = harness.fleet(disks=[{"name": "data-01"}], **LONDON) if fleet else harness.disk(name="data-01", **LONDON)
    harness.simulator.reset()

    second = harness.disk(name="data-01", **LONDON)

    assert second.requests[:2] == [LOOK, LOOK if leaves else POST]


def test_a_disk_that_was_lost_and_differs_leaves_no_note(harness: Harness) -> None:
    harness.simulator.faults.add(Fault(LIST, "POST", "before", "drop"))
    harness.clock.meanwhile(
        lambda: harness.simulator.state.add_disk("data-01", size_in_gb=50), when=lambda: harness.simulator.requests
    )
    assert harness.disk(name="data-01", **LONDON)["error"]["code"] == "create_unclear"
    harness.simulator.reset()

    assert harness.disk(name="data-01", **LONDON).requests[:2] == [LOOK, POST]


def refuse_for_the_moment(harness: Harness, times: int) -> None:
    later = {"Retry-After": "120"}
    harness.simulator.faults.add(Fault(LIST, "POST", "before", "answer", status=429, headers=later, times=times))


def test_a_create_that_is_sent_again_after_long_has_a_note_of_now(harness: Harness) -> None:
    """Some minutes after the first time that it was refused, its note must not be void."""
    refuse_for_the_moment(harness, times=5)
    harness.simulator.faults.add(Fault(LIST, "POST", "before", "drop", skip=5))
    before = harness.clock.now()
    assert harness.disk(name="data-01", **LONDON)["error"]["ambiguous"] is True
    assert harness.clock.now() - before > 300

    assert harness.disk(name="data-01", **LONDON).requests[:2] == [LOOK, LOOK]


def test_a_disk_that_another_made_before_the_create_was_sent_again_leaves_no_note(harness: Harness) -> None:
    refuse_for_the_moment(harness, times=1)
    appears(harness, "data-01", after=2)
    assert harness.disk(name="data-01", **LONDON).writes == [POST]
    harness.simulator.reset()

    assert harness.disk(name="data-01", **LONDON).requests[:2] == [LOOK, POST]


def test_check_mode_neither_waits_nor_drops_a_note(harness: Harness) -> None:
    die_while_creating(harness, name="data-01", **LONDON)

    assert harness.disk(check=True, name="data-01", **LONDON).requests.count(LOOK) == 1
    assert harness.fleet(check=True, disks=[{"name": "data-01"}], **LONDON).requests.count(LOOK) == 1
    assert harness.disk(name="data-01", **LONDON).requests[:2] == [LOOK, LOOK]


POLICIES = "/disks/disk/disk_backup_policies"
DAILY: dict[str, Any] = {"disk": {"id": "disk_Data"}, "retention": 7, "schedule": {"interval": "daily"}}


@pytest.mark.parametrize("state", ["present", "absent"])
def test_the_backup_policy_that_appears_is_taken_as_one_that_exists(harness: Harness, state: str) -> None:
    simulator = harness.simulator
    simulator.state.add_disk("data-01", id="disk_Data")

    def die() -> None:
        raise Death

    simulator.faults.add(Fault(POLICIES, "POST", "before", "drop"))
    harness.clock.meanwhile(die, when=lambda: simulator.requests[-1].method == "GET")
    with pytest.raises(Death):
        harness.backup_policy(**DAILY)
    due = len(simulator.requests) + 3
    harness.clock.meanwhile(
        lambda: simulator.state.add_backup_policy(9, disk="data-01"), when=lambda: len(simulator.requests) >= due
    )

    outcome = harness.backup_policy(**DAILY, state=state)

    assert [item.retention for item in simulator.state.backup_policies_in_use()] == [7] * (state == "present")
    assert (outcome["changed"], f"POST {POLICIES}" in outcome.writes) == (True, False)
    assert harness.backup_policy(**DAILY, state=state)["changed"] is False


def test_a_backup_policy_that_never_appears_is_created_once(harness: Harness) -> None:
    harness.simulator.state.add_disk("data-01", id="disk_Data")

    def die() -> None:
        raise Death

    harness.simulator.faults.add(Fault(POLICIES, "POST", "before", "drop"))
    harness.clock.meanwhile(die, when=lambda: harness.simulator.requests[-1].method == "GET")
    with pytest.raises(Death):
        harness.backup_policy(**DAILY)

    assert harness.backup_policy(**DAILY).writes == [f"POST {POLICIES}"]
    assert harness.backup_policy(**DAILY)["changed"] is False
