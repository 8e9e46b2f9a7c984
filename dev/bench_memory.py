# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The peak memory of a module's process, with few and with many disks in the organization."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from dev.bench_figures import Comparison
from dev.bench_scenarios import DISK, FLEET, THERE, disk_names, fleet, one_disk
from dev.control import Control
from dev.workspace import BUILD, Failed, program

TIMES = 3
MANY = 10_000
PATIENCE = 120.0
MODULES = "ansible_collections.katapult.cloud.plugins.modules"
#: The peak that a process shows includes that of its parent when it started, so the parent is a small process.
MEASURE = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True)
sys.stderr.buffer.write(done.stdout + done.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
MODULE = """
import runpy, sys
import ansible.module_utils.basic as basic
basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
basic._ANSIBLE_PROFILE = "legacy"
runpy.run_module(sys.argv[1], run_name="__main__")
"""
UNITS_IN_MB = 1024**2 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Memory:
    """A module that finds all as it should be, with so few disks in the organization, and with many."""

    name: str
    module: str
    options: Mapping[str, Any]
    few: int


MEMORY = (
    Memory("memory-disk", DISK, one_disk(THERE[0])[DISK], 10),
    Memory("memory-fleet", FLEET, fleet(THERE)[FLEET], 60),
)


def compare(memory: Memory, control: Control, env: dict[str, str]) -> Comparison:
    """The peaks in MB, each the median of some runs. Raises Failed where a run changed something or failed."""

    def peak(disks: int) -> float:
        return median(_peak(memory, disks, control, env) for _number in range(TIMES))

    title = f"Peak memory of {memory.module}, {MANY:,} disks against {memory.few}"
    return Comparison(title, "MB", peak(MANY), peak(memory.few))


def _peak(memory: Memory, disks: int, control: Control, env: dict[str, str]) -> float:
    control.start_over(disk_names(disks))
    python = program("python")
    module = f"{MODULES}.{memory.module.rpartition('.')[2]}"
    done = subprocess.run(
        [python, "-c", MEASURE, python, "-c", MODULE, module],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": {**memory.options, "_ansible_version": "2.16.0"}}),
        env={**env, "PYTHONPATH": str(BUILD)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    if '"changed": false' not in done.stderr or '"failed": true' in done.stderr:
        raise Failed(f"{memory.module} did not find all unchanged: {done.stderr}")
    return int(done.stdout) / UNITS_IN_MB
