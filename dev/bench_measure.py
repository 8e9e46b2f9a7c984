# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a playbook of the benchmark, and looking whether it did what it should."""

from __future__ import annotations

import re
import time
from collections import Counter
from typing import Any

from dev.bench_figures import Run, count_by_method
from dev.bench_scenarios import Scenario
from dev.control import Control
from dev.simulator import Service
from dev.workspace import BUILD, Failed, environment, nothing, program, run

LATENCY = 0.05
BUILD_SECONDS = 3.0
PLAYBOOKS = BUILD / "bench"
RECAP = re.compile(r"^localhost +: ok=(\d+) +changed=(\d+) +unreachable=0 +failed=0 ", re.MULTILINE)


def bench_environment(service: Service) -> dict[str, str]:
    """The environment in which playbooks and modules of the benchmark run."""
    return environment(
        ANSIBLE_COLLECTIONS_PATH=str(BUILD),
        ANSIBLE_LOCALHOST_WARNING="false",
        ANSIBLE_INVENTORY_UNPARSED_WARNING="false",
        **service.variables(),
    )


def measure(scenario: Scenario, control: Control, env: dict[str, str]) -> Run:
    """Run the playbook once in an organization of its own. Raises Failed where its result is not the expected one."""
    playbook = scenario.write_playbook(PLAYBOOKS)
    control.start_over(scenario.names_before)
    start = time.monotonic()
    output = run(program("ansible-playbook"), playbook, log=f"bench-{scenario.name}", env=env, show=nothing)
    seconds = time.monotonic() - start
    log = control.requests()
    problems = [
        *_recap_problems(scenario, output),
        *_request_problems(scenario, log),
        *_service_problems(scenario, control),
    ]
    if problems:
        raise Failed(f"{scenario.title}: {'; '.join(problems)} (see .build/log/bench-{scenario.name}.log)")
    return Run(seconds, count_by_method(log))


def _recap_problems(scenario: Scenario, output: str) -> list[str]:
    expected = ("1", "1" if scenario.creates else "0")
    found = RECAP.findall(output)
    return [] if found == [expected] else [f"(ok, changed) is {found} instead of [{expected}]"]


def _request_problems(scenario: Scenario, log: list[dict[str, Any]]) -> list[str]:
    accepted = count_by_method(request for request in log if request["status"] != 429)
    if accepted.get("POST", 0) == scenario.creates and accepted.keys() <= {"GET", "POST"}:
        return []
    return [f"it sent {accepted} to create {scenario.creates} disks"]


def _service_problems(scenario: Scenario, control: Control) -> list[str]:
    disks = control.disks()
    problems = list(control.violations())
    if Counter(disk["name"] for disk in disks) != Counter(scenario.names_before + scenario.names_created):
        problems.append(f"{len(disks)} disks are there, which are not each of the wanted ones once")
    unbuilt = [disk["name"] for disk in disks if disk["state"] != "built"]
    if unbuilt:
        problems.append(f"{len(unbuilt)} disks are not built")
    return problems
