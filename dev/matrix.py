# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests with every supported ansible-core, Python and requests: python -m dev.matrix [--cores 2.16,2.21]."""

from __future__ import annotations

import argparse
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue

from .interpreters import find
from .matrix_parts import copy_of_worker, environments, run_job
from .matrix_plan import Job, choose, plan
from .matrix_results import FAILED, PASSED, SKIPPED, Result, keep, listing, refuse, result_of, summary, table
from .matrix_table import PYTHONS
from .matrix_venvs import MATRIX, Environment
from .workspace import ROOT, Failed, environment, main, places_at_once, refresh_copy, say, stop_running

#: What makes one job fail, and leaves the others alone.
TROUBLE = (Failed, OSError, subprocess.SubprocessError)


def matrix() -> None:
    """Run what the command line chooses, all of it also after a failure, and fail when something did."""
    arguments = _arguments()
    interpreters = find(os.environ.get("PATH", os.defpath), environment())
    _say_interpreters(interpreters)
    jobs = plan(interpreters, choose(arguments.cores, arguments.pythons, arguments.parts))
    if arguments.list:
        say(listing(jobs))
        return
    MATRIX.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    results = list(_run_all(jobs, interpreters, arguments.jobs, _revision()))
    say(f"\n{table(results)}\n\n{time.monotonic() - start:.0f} s in all; with earlier runs: .build/matrix/results.md")
    say(summary(results))
    refuse(results)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="matrix", description=__doc__)
    parser.add_argument("--cores", default="", metavar="2.16,2.21", help="series of ansible-core")
    parser.add_argument("--pythons", default="", metavar="3.9,3.13", help="Pythons where modules run")
    parser.add_argument("--parts", default="", metavar="unit,sanity,integration")
    parser.add_argument(
        "--jobs", type=int, choices=range(1, 65), metavar="2", default=places_at_once(), help="how many run at once"
    )
    parser.add_argument("--list", action="store_true", help="list what would be run")
    return parser.parse_args()


def _say_interpreters(interpreters: Mapping[str, Path]) -> None:
    found = [f"Python {python} found: {interpreters[python]}" for python in PYTHONS if python in interpreters]
    missing = [
        f"Python {python} not found: what needs it is skipped" for python in PYTHONS if python not in interpreters
    ]
    say("\n".join([*found, *missing]))


def _revision() -> str:
    command = ["git", "describe", "--always", "--dirty=+"]
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _run_all(jobs: Sequence[Job], interpreters: Mapping[str, Path], at_once: int, revision: str) -> Iterator[Result]:
    """The results of all jobs, each kept as soon as it is there."""
    # The simulator runs out of the copy that all commands share.
    refresh_copy()
    workers: SimpleQueue[Path] = SimpleQueue()
    for worker in range(at_once):
        refresh_copy(copy_of_worker(worker))
        workers.put(copy_of_worker(worker))
    pool = ThreadPoolExecutor(at_once)
    try:
        broken = _make_environments(pool, jobs, interpreters)
        pending = [pool.submit(run_one, job, workers, broken, revision) for job in jobs]
        for number, future in enumerate(as_completed(pending), 1):
            result = future.result()
            say(f"[{number} of {len(jobs)}] {result.row}")
            keep([result], MATRIX)
            yield result
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        stop_running()
        raise
    finally:
        pool.shutdown()


def _make_environments(
    pool: ThreadPoolExecutor, jobs: Sequence[Job], interpreters: Mapping[str, Path]
) -> dict[Environment, str]:
    """Make what the jobs need; those that can't be made, and why."""
    needed = dict.fromkeys(one for job in jobs if not job.skipped for one in environments(job))
    made = {one: pool.submit(one.ensure, interpreters) for one in needed}
    broken = {}
    for one, future in made.items():
        try:
            future.result()
        except TROUBLE as trouble:
            broken[one] = str(trouble)
    return broken


def run_one(job: Job, workers: SimpleQueue[Path], broken: Mapping[Environment, str], revision: str) -> Result:
    """Run a job in one of the copies, which is free again then; whatever is amiss with it is its result."""
    if job.skipped:
        return result_of(job, SKIPPED, 0, job.skipped, revision)
    copy = workers.get()
    start = time.monotonic()
    try:
        for reason in filter(None, map(broken.get, environments(job))):
            raise Failed(reason)
        outcome, seen = PASSED, run_job(job, copy)
    except TROUBLE as trouble:
        outcome, seen = FAILED, str(trouble)
    finally:
        workers.put(copy)
    return result_of(job, outcome, time.monotonic() - start, seen, revision)


if __name__ == "__main__":
    main(matrix)
