# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tests the matrix runs: a rule, and what is chosen of that."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from .matrix_table import CORES, PARTS, PYTHONS, Core, requests_versions
from .workspace import Failed

#: What the unit tests of a job are: pytest's words.
WHOLE, PROMISES, PLUGINS = "all", "plugins, functional", "plugins"
#: These tests don't depend on ansible-core: those of the tools, of the simulator, and of what other tools make.
APART = (
    "dev",
    "packaging/test_agreement.py",
    "packaging/test_execution_environment.py",
    "simulator",
    "awx/test_files.py",
)
#: These run Ansible itself, so that a Python that only has its module code can't run them.
WITH_ANSIBLE = ("plugins/plugin_utils", "functional/test_progress.py", "fuzz/test_odd_templates.py")
_MODULES_ONLY = tuple(f"--ignore=tests/unit/{path}" for path in WITH_ANSIBLE)
PYTEST = {
    WHOLE: ("tests/unit", *(f"--ignore=tests/unit/{path}" for path in APART)),
    PROMISES: ("tests/unit/plugins", "tests/unit/functional", "tests/unit/fuzz", *_MODULES_ONLY),
    PLUGINS: ("tests/unit/plugins", *_MODULES_ONLY),
}


@dataclass(frozen=True)
class Job:
    """One part of the tests with one release of ansible-core. Where ``skipped`` says why, it can't be run."""

    core: str
    python: str
    requests: str
    part: str
    tests: str = "all"
    controller: str = ""
    skipped: str = ""

    @property
    def name(self) -> str:
        """A name that is also that of its log."""
        return "-".join(word for word in ("matrix", self.core, self.python, self.part) if word)

    @property
    def needs_module_environment(self) -> bool:
        """Whether its modules run elsewhere than in the environment of its ansible-core."""
        return self.part == "integration" or (self.part == "unit" and self.tests != WHOLE)


@dataclass(frozen=True)
class Selection:
    """What is chosen."""

    cores: Collection[str] = tuple(core.series for core in CORES)
    pythons: Collection[str] = PYTHONS
    parts: Collection[str] = PARTS


EVERYTHING = Selection()


def choose(cores: str = "", pythons: str = "", parts: str = "") -> Selection:
    """The selection that lists with commas stand for, an empty one for everything."""
    return Selection(
        _chosen("ansible-core", cores, EVERYTHING.cores),
        _chosen("Python", pythons, EVERYTHING.pythons),
        _chosen("part", parts, EVERYTHING.parts),
    )


def _chosen(kind: str, listed: str, known: Collection[str]) -> Collection[str]:
    words = [word.strip() for word in listed.split(",") if word.strip()]
    unknown = [word for word in words if word not in known]
    if unknown:
        raise Failed(f"the matrix has no {kind} {', '.join(unknown)}; it has {', '.join(known)}")
    return words or known


def plan(found: Collection[str], selection: Selection = EVERYTHING) -> list[Job]:
    """The jobs, in the order in which they are run: the short ones first, and of those the outermost versions."""
    jobs = [job for core in CORES if core.series in selection.cores for job in _jobs(core, found, selection.pythons)]
    return sorted((job for job in jobs if job.part in selection.parts), key=_order)


def _jobs(core: Core, found: Collection[str], pythons: Collection[str]) -> Iterator[Job]:
    controller = controller_python(core, found)
    reason = "" if controller else f"none of Python {', '.join(core.controllers)} found for the control node"
    yield Job(core.series, "", "", "sanity", controller=controller, skipped=reason)
    for python in core.modules:
        if python in pythons:
            missing = reason or ("" if python in found else f"Python {python} not found")
            yield from _jobs_of_pair(core, python, controller, missing)


def _jobs_of_pair(core: Core, python: str, controller: str, missing: str) -> Iterator[Job]:
    with_units, with_integration = requests_in_turn(core, python)
    yield Job(core.series, python, with_units, "unit", _unit_tests(core, python, controller), controller, missing)
    yield Job(core.series, python, with_integration, "integration", "all", controller, missing)


def requests_in_turn(core: Core, python: str) -> tuple[str, str]:
    """The requests of the unit tests and of integration: oldest and newest, which change places from core to core."""
    oldest, newest = requests_versions(python)
    return (newest, oldest) if CORES.index(core) % 2 else (oldest, newest)


def _unit_tests(core: Core, python: str, controller: str) -> str:
    """All where Ansible itself runs; the promises, which take long, with the oldest and the newest core of a Python."""
    if python == controller:
        return WHOLE
    cores = [other for other in CORES if python in other.modules]
    return PROMISES if core in (cores[0], cores[-1]) else PLUGINS


def controller_python(core: Core, found: Collection[str]) -> str:
    """The Python of the control node: the oldest and the newest that is found, in turns from core to core."""
    usable = [python for python in core.controllers if python in found]
    return usable[-(CORES.index(core) % 2)] if usable else ""


def _order(job: Job) -> tuple[int, int]:
    kinds = [("unit", PLUGINS), ("integration", "all"), ("sanity", "all"), ("unit", PROMISES), ("unit", WHOLE)]
    outermost = _from_edge([core.series for core in CORES], job.core)
    return kinds.index((job.part, job.tests)), outermost + (_from_edge(PYTHONS, job.python) if job.python else 0)


def _from_edge(versions: Sequence[str], version: str) -> int:
    place = versions.index(version)
    return min(place, len(versions) - 1 - place)
