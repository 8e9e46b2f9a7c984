# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that do not show what is there: nothing is created, and nothing is called absent, on the strength of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Fault
from ansible_collections.katapult.cloud.tests.unit.support.harness import Harness, Outcome, lived

LIST = "/organizations/organization/disks"
CREATE = f"POST {LIST}"
HIDDEN = "disk_Hidden"
OTHER = "disk_Other0"
PLACE = {"permalink": "uk-lon-01"}
SIZED: dict[str, Any] = {"size_in_gb": 20, "data_center": PLACE}
Run = Callable[..., Outcome]


@pytest.fixture(name="harness")
def _life() -> Iterator[Harness]:
    """Five disks on pages of two, of which 'data-01' is on the last."""
    with lived(max_per_page=2) as harness:
        for number in range(4):
            harness.simulator.state.add_disk(f"other-{number}", size_in_gb=20, id=f"disk_Other{number}")
        harness.simulator.state.add_disk("data-01", size_in_gb=20, id=HIDDEN)
        yield harness
        assert harness.simulator.violations == []


def present(harness: Harness, **more: Any) -> Outcome:
    return harness.disk(name="data-01", **{**SIZED, **more})


def absent(harness: Harness, **more: Any) -> Outcome:
    return harness.disk(name="data-01", state="absent", **more)


def fleet_present(harness: Harness, **more: Any) -> Outcome:
    return harness.fleet(disks=[{"name": "other-0"}, {"name": "data-01"}], **{**SIZED, **more})


def fleet_absent(harness: Harness, **more: Any) -> Outcome:
    return harness.fleet(disks=[{"name": "data-01"}], state="absent", **more)


RUNS: dict[str, Run] = {
    "present": present,
    "absent": absent,
    "many present": fleet_present,
    "many absent": fleet_absent,
}
EVERY_RUN = pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)


def lists_change(harness: Harness, change: Callable[[dict[str, Any]], object], **more: Any) -> None:
    """All lists of disks are answered as `change` leaves them."""

    def body(answer: dict[str, Any]) -> dict[str, Any]:
        change(answer)
        return answer

    fault = {"path": LIST, "method": "GET", "when": "after", "action": "answer", "status": 200, "times": -1, **more}
    harness.simulator.faults.add(Fault(body=body, **fault))


def hide(answer: dict[str, Any]) -> None:
    """The list without the disk, as if it were on a page that is never shown."""
    answer["disk"] = [row for row in answer["disk"] if row["id"] != HIDDEN]


def show_only(answer: dict[str, Any], ids: set[str]) -> None:
    answer["disk"] = [row for row in answer["disk"] if row["id"] in ids]


def hide_once() -> Callable[[dict[str, Any]], None]:
    """The first reading shows another disk in its place, as if rows had moved up to a page already read."""
    times = iter([True])

    def change(answer: dict[str, Any]) -> None:
        rows = answer["disk"]
        answer["disk"] = [
            {**row, "id": OTHER, "name": "other-0"} if row["id"] == HIDDEN and next(times, False) else row
            for row in rows
        ]

    return change


def codes_of(outcome: Outcome) -> set[str]:
    """The codes of the errors, of the disks where there are many."""
    if "disks" not in outcome.result:
        return {outcome["error"]["code"]}
    return {disk["error"]["code"] for disk in outcome["disks"] if disk.get("error")}


def assert_refused(outcome: Outcome) -> None:
    assert outcome.failed
    assert (outcome["changed"], outcome.writes) == (False, [])
    assert codes_of(outcome) == {"unexpected_answer"}


@EVERY_RUN
@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
def test_a_disk_beyond_the_pages_that_are_told_is_found(harness: Harness, run: Run, check: bool) -> None:
    lists_change(harness, lambda answer: answer["pagination"].update(total_pages=1))
    outcome = run(harness, check=check)

    assert not outcome.failed
    assert outcome["changed"] is (run in (absent, fleet_absent))
    assert CREATE not in outcome.requests


@EVERY_RUN
@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
def test_what_an_incomplete_list_does_not_show_is_neither_created_nor_absent(
    harness: Harness, run: Run, check: bool
) -> None:
    lists_change(harness, hide)
    outcome = run(harness, check=check)

    assert_refused(outcome)
    assert "the list says that it has 5 rows, and shows 4" in outcome["msg"]


@EVERY_RUN
def test_a_disk_of_that_name_elsewhere_is_no_proof_either(harness: Harness, run: Run) -> None:
    harness.simulator.state.add_disk("data-01", size_in_gb=20, data_center="nl-ams-01")
    lists_change(harness, hide)

    assert_refused(run(harness, data_center=PLACE))


@EVERY_RUN
def test_a_disk_that_an_incomplete_list_shows_is_used(harness: Harness, run: Run) -> None:
    lists_change(harness, lambda answer: answer["pagination"].update(total=6))
    outcome = run(harness)

    assert not outcome.failed
    assert outcome["changed"] is (run in (absent, fleet_absent))
    assert CREATE not in outcome.requests


@EVERY_RUN
def test_a_disk_that_moves_while_a_large_list_is_read_is_found(harness: Harness, run: Run) -> None:
    harness.simulator.settings.total_rows_limit = 4
    lists_change(harness, hide_once())
    outcome = run(harness)

    assert not outcome.failed
    assert outcome["changed"] is (run in (absent, fleet_absent))
    assert CREATE not in outcome.requests


REFUSED = {"error": {"code": "rate_limit_reached", "detail": {}}}
CREATES: dict[str, dict[str, Any]] = {
    "answer lost": {"when": "after", "action": "drop"},
    "refused for the moment": {"action": "answer", "status": 429, "body": REFUSED, "headers": {"Retry-After": "1"}},
}


@pytest.mark.parametrize("fault", CREATES.values(), ids=CREATES)
@pytest.mark.parametrize("place", [None, "nl-ams-01"], ids=["name unknown", "name elsewhere"])
def test_no_second_create_on_the_strength_of_an_incomplete_list(
    harness: Harness, fault: dict[str, Any], place: str | None
) -> None:
    if place is not None:
        harness.simulator.state.add_disk("data-02", size_in_gb=20, data_center=place)
    before = set(harness.simulator.state.disks) - {HIDDEN}
    harness.simulator.faults.add(Fault(path=LIST, method="POST", **fault))
    lists_change(harness, lambda answer: show_only(answer, before), skip=3)
    outcome = harness.disk(name="data-02", **SIZED)

    assert outcome.failed
    assert outcome.writes == [CREATE]
    assert "the list says that it has" in outcome["msg"]
    assert outcome["error"]["ambiguous"] is (fault == CREATES["answer lost"])


def test_a_duplicate_that_may_be_hidden_is_warned_of(harness: Harness) -> None:
    lists_change(harness, hide, skip=3)
    outcome = harness.disk(name="data-02", **SIZED)

    assert (outcome["changed"], outcome.writes) == (True, [CREATE])
    assert "Whether another run created a disk 'data-02' too could not be seen." in "".join(outcome.warnings)
