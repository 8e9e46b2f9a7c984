# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet where the service permits few requests: python -m dev.bench_limit."""

from __future__ import annotations

import time

from dev.bench_figures import count_by_minute
from dev.bench_measure import BUILD_SECONDS, LATENCY, bench_environment, measure
from dev.bench_scenarios import Scenario, disk_names, fleet
from dev.control import Control
from dev.simulator import simulator
from dev.workspace import main, refresh_copy, say

PERMITTED = 100
DISKS = 200


def bench_limit() -> None:
    """Create the fleet, each disk once, and say what that took."""
    task = fleet(disk_names(DISKS, "new"))
    scenario = Scenario("limit", f"{DISKS} disks, {PERMITTED} requests a minute permitted", task, 10, DISKS)
    refresh_copy()
    with simulator(latency=LATENCY, build_seconds=BUILD_SECONDS, rate_limit=PERMITTED) as service:
        control = Control(service)
        say(f"--- {scenario.title}: this takes some minutes")
        run = measure(scenario, control, bench_environment(service))
        minutes = count_by_minute(control.requests(), LATENCY)
    for minute in minutes:
        clock = time.strftime("%H:%M", time.localtime(minute.start))
        say(f"{clock}  {minute.sent:4} requests, {minute.refused} of them refused")
    refused = sum(minute.refused for minute in minutes)
    total = sum(run.requests.values())
    say(f"all {DISKS} made, none twice, in {run.seconds:.0f} s: {total} requests, {refused} of them refused")


if __name__ == "__main__":
    main(bench_limit)
