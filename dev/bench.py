# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs of the modules cost: python -m dev.bench [--only loop,floor].

Playbooks are run against a simulated service with a round trip of 50 ms and builds of 3 s. Times depend on the machine;
the ratios between them, which are compared with what they should be, hardly do.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version

from dev.bench_figures import Comparison, Figure, Measured, Run
from dev.bench_measure import BUILD_SECONDS, LATENCY, bench_environment, measure
from dev.bench_memory import MEMORY, Memory, compare
from dev.bench_scenarios import SCENARIOS, Scenario
from dev.bench_table import outcomes_table, tables
from dev.bench_targets import TARGETS
from dev.control import Control
from dev.simulator import simulator
from dev.startup import measure_startup
from dev.workspace import Failed, main, refresh_copy, say

ROUNDS = 3
STARTUP = "startup"
#: Seconds within which a scenario is measured again, and those after which all ends.
AGAIN_WITHIN = 560.0
LONG_AGAIN_WITHIN = 480.0
TOO_LONG = 600


def bench() -> None:
    """Run the parts that the command line names, and fail when a target is missed."""
    names = _chosen_names()
    start = time.monotonic()
    with _at_most(TOO_LONG):
        measured = _measure(names, start)
    outcomes = [target.judge(measured) for target in TARGETS]
    say(f"\n{_machine()}\n\n{tables(measured)}\n\n{outcomes_table(outcomes)}\n")
    say(f"{time.monotonic() - start:.0f} s in all")
    missed = sum(outcome.missed for outcome in outcomes)
    if missed:
        raise Failed(f"targets not reached: {missed}")


def _chosen_names() -> set[str]:
    parts = {name: {name, *name.split("-")} for name in (*(part.name for part in (*SCENARIOS, *MEMORY)), STARTUP)}
    words = set().union(*parts.values())
    parser = argparse.ArgumentParser(prog="bench", description=__doc__, epilog=f"parts: {', '.join(parts)}")
    parser.add_argument("--only", metavar="PARTS", help="parts, or words in the names of parts, with commas between")
    only = parser.parse_args().only
    wanted = set(only.split(",")) if only else words
    if wanted - words:
        raise Failed(f"no part is called {', '.join(sorted(wanted - words))}; the parts are {', '.join(parts)}")
    return {name for name, called in parts.items() if wanted & called}


@contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    """Leave with a failure after so many seconds."""

    def leave(_signal: int, _frame: object) -> None:
        raise Failed(f"this machine does not get through in {seconds} s; measure a part of it with --only")

    before = signal.signal(signal.SIGALRM, leave)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _measure(names: set[str], start: float) -> Measured:
    scenarios = [scenario for scenario in SCENARIOS if scenario.name in names]
    memory = [part for part in MEMORY if part.name in names]
    refresh_copy()
    at_start = {STARTUP: measure_startup().comparison} if STARTUP in names else {}
    with simulator(latency=LATENCY, build_seconds=BUILD_SECONDS) as service:
        control, env = Control(service), bench_environment(service)
        comparisons = {part.name: _comparison(part, control, env) for part in memory}
        return Measured(_figures(scenarios, control, env, start), {**at_start, **comparisons})


def _comparison(memory: Memory, control: Control, env: dict[str, str]) -> Comparison:
    comparison = compare(memory, control, env)
    say(f"--- {memory.name}: {comparison.ratio:.2f} x")
    return comparison


def _figures(scenarios: Sequence[Scenario], control: Control, env: dict[str, str], start: float) -> dict[str, Figure]:
    """Run all scenarios in rounds, so that what else the machine does meanwhile touches all of them alike."""
    runs: dict[str, list[Run]] = {scenario.name: [] for scenario in scenarios}
    for scenario in scenarios[:1]:
        measure(scenario, control, env)  # Python keeps what it compiles the first time
    for _round in range(ROUNDS):
        for scenario in scenarios:
            if _is_due(scenario, runs[scenario.name], time.monotonic() - start):
                run = measure(scenario, control, env)
                say(f"--- {scenario.name}: {run.seconds:.2f} s")
                runs[scenario.name].append(run)
    return {scenario.name: Figure(scenario.title, scenario.disks, tuple(runs[scenario.name])) for scenario in scenarios}


def _is_due(scenario: Scenario, runs: Sequence[Run], passed: float) -> bool:
    if not runs:
        return True
    limit = LONG_AGAIN_WITHIN if scenario.is_long else AGAIN_WITHIN
    return len(runs) < scenario.times and passed + runs[-1].seconds < limit


def _machine() -> str:
    names = f"Python {platform.python_version()}, ansible-core {version('ansible-core')}"
    return f"{names}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


if __name__ == "__main__":
    main(bench)
