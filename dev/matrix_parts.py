# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one job of the matrix, in a copy of the collection that nothing else uses meanwhile."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from .ansible_test import AnsibleTest, integration, sanity
from .matrix_plan import PYTEST, Job
from .matrix_venvs import MATRIX, Environment, core_environment, module_environment
from .unit import closing_line
from .workspace import CACHE, LOGS, environment, nothing, run


def copy_of_worker(worker: int) -> Path:
    """The copy of the collection in which one of those that run at once works."""
    return MATRIX / f"worker-{worker}" / "ansible_collections" / "katapult" / "cloud"


def environments(job: Job) -> list[Environment]:
    """What has to be there before the job can run."""
    core = core_environment(job)
    return [core, module_environment(job)] if job.needs_module_environment else [core]


def run_job(job: Job, copy: Path) -> str:
    """Run it; what was run, in a few words. Raises Failed."""
    parts: dict[str, Callable[[Job, Path], str]] = {"unit": _unit, "sanity": _sanity, "integration": _integration}
    return parts[job.part](job, copy)


def _unit(job: Job, copy: Path) -> str:
    """In the core's own environment, or in the Python of the modules with the core's module code."""
    core = core_environment(job)
    elsewhere = job.needs_module_environment
    python, ansible = (module_environment(job), [str(core.module_path)]) if elsewhere else (core, [])
    options = ["--color=no", "-o", f"cache_dir={CACHE / job.name}"]
    with tempfile.TemporaryDirectory(prefix="katapult-") as temporary:
        env = environment(
            PYTHONPATH=os.pathsep.join([str(copy.parents[2]), *ansible]),
            HYPOTHESIS_STORAGE_DIRECTORY=str(CACHE / "hypothesis"),
            TMPDIR=temporary,
        )
        words = ["-m", "pytest", *options, *PYTEST[job.tests]]
        run(python.executable, *words, log=job.name, cwd=copy, env=env, show=nothing)
    return closing_line(LOGS / f"{job.name}.log").strip("= ")


def _sanity(job: Job, copy: Path) -> str:
    return sanity(_ansible_test(job, copy))


def _integration(job: Job, copy: Path) -> str:
    interpreter = module_environment(job).executable
    return integration(_ansible_test(job, copy), "--target", f"controller:python={job.python}@{interpreter}")


def _ansible_test(job: Job, copy: Path) -> AnsibleTest:
    """Each core has a home of its own: two of them would make the same environments for their tools at once."""
    return AnsibleTest(core_environment(job).folder, copy, MATRIX / f"home-{job.core}", job.name.removesuffix(job.part))
