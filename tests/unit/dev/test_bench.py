# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the benchmark makes of what it measured: counts, ratios, targets and tables."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.dev.bench_figures import (
    Comparison,
    Figure,
    Measured,
    Minute,
    Run,
    count_by_method,
    count_by_minute,
)
from ansible_collections.katapult.cloud.dev.bench_table import outcomes_table, tables
from ansible_collections.katapult.cloud.dev.bench_targets import TARGETS, Target

PING = Figure("ping", 0, (Run(0.5, {}),))
CREATE = Figure(
    "One disk, created",
    1_000,
    (Run(4.0, {"GET": 7, "POST": 1}), Run(9.0, {"GET": 5, "POST": 1}), Run(5.0, {"GET": 6, "POST": 1})),
)
MEMORY = Comparison("peak memory", "MB", 44.0, 40.0)


def measured(**figures: Figure) -> Measured:
    return Measured({name.replace("_", "-"): figure for name, figure in figures.items()}, {"memory-disk": MEMORY})


def figure(seconds: float, **requests: int) -> Figure:
    return Figure("a playbook", 10, (Run(seconds, requests),))


def test_seconds_are_the_median_and_requests_the_most() -> None:
    assert CREATE.seconds == 5.0
    assert (CREATE.requests(), CREATE.requests("GET"), CREATE.requests("PUT")) == (8, 7, 0)


def test_a_comparison() -> None:
    assert (MEMORY.ratio, MEMORY.difference) == (1.1, 4.0)


def test_requests_are_counted_by_method() -> None:
    log = [{"method": method} for method in ("GET", "POST", "GET")]

    assert count_by_method(log) == {"GET": 2, "POST": 1}


def test_requests_are_counted_in_the_minute_in_which_the_service_gets_them() -> None:
    log: list[dict[str, Any]] = [
        {"time": 119.9, "status": 200},
        {"time": 119.97, "status": 200},
        {"time": 121.0, "status": 429},
        {"time": 300.0, "status": None},
    ]

    assert count_by_minute(log, 0.05) == [Minute(60, 1, 0), Minute(120, 2, 1), Minute(300, 1, 0)]


@pytest.mark.parametrize(
    ("at_least", "value", "missed"),
    [(False, 1.4, False), (False, 1.41, True), (True, 1.4, False), (True, 1.39, True)],
    ids=["the most", "too much", "the least", "too little"],
)
def test_a_target(at_least: bool, value: float, missed: bool) -> None:
    target = Target("a ratio", 1.4, lambda _seen: value, at_least=at_least)

    assert target.judge(measured()).missed is missed


def test_the_targets_of_a_fleet() -> None:
    seen = measured(
        one_unchanged_10=figure(1.0, GET=2),
        one_create=figure(4.0, GET=6, POST=1),
        fleet_unchanged=figure(1.5, GET=51),
        fleet_create=figure(6.0, GET=71, POST=50),
        loop_unchanged=figure(30.0, GET=100),
        loop_create=figure(240.0, GET=400, POST=50),
    )
    outcomes = [outcome for outcome in (target.judge(seen) for target in TARGETS) if outcome.value is not None]

    assert [outcome.value for outcome in outcomes] == [1.5, 20.0, 1.5, 40.0, 50, 121, 51, 1.1]
    assert [outcome.missed for outcome in outcomes] == [True, False, False, False, False, True, False, False]


def test_what_was_not_measured_is_not_missed() -> None:
    outcomes = [target.judge(Measured({}, {})) for target in TARGETS]

    assert not any(outcome.missed for outcome in outcomes)
    assert outcomes_table(outcomes).count("| - | not measured |") == len(TARGETS)


def test_the_tables() -> None:
    assert tables(measured(floor_once=PING, one_create=CREATE)).splitlines() == [
        "| Playbook | Disks before | Runs | Seconds | x ping | GET | POST |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| ping | - | 1 run | 0.50 | 1.0 | 0 | 0 |",
        "| One disk, created | 1,000 | median of 3 | 5.00 | 10.0 | 7 | 1 |",
        "",
        "| Process of the module | Value | Compared with | Ratio |",
        "| --- | ---: | ---: | ---: |",
        "| peak memory | 44.00 MB | 40.00 MB | 1.10 |",
    ]


def test_a_table_without_the_floor_has_no_multiples_of_it() -> None:
    assert tables(Measured({"one-create": CREATE}, {})).splitlines()[2:] == [
        "| One disk, created | 1,000 | median of 3 | 5.00 | - | 7 | 1 |"
    ]


def test_the_table_of_outcomes() -> None:
    some = [
        Target("a ratio", 12, lambda _seen: 11.5, at_least=True),
        Target("requests", 51, lambda _seen: 51, unit=""),
        Target("seconds", 0.2, lambda _seen: 0.1, unit="s"),
    ]

    assert outcomes_table([target.judge(measured()) for target in some]).splitlines()[2:] == [
        "| a ratio | at least 12 x | 11.50 x | NOT reached |",
        "| requests | at most 51 | 51 | reached |",
        "| seconds | at most 0.2 s | 0.10 s | reached |",
    ]
