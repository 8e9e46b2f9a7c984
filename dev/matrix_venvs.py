# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual environments of the matrix: one for each core, and one for each Python and release of requests."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from . import venvs
from .matrix_plan import Job, requests_in_turn
from .matrix_table import CORES, PYTHONS, Core
from .workspace import BUILD, ROOT, Failed, say

MATRIX = BUILD / "matrix"
TESTS = ROOT / "dev" / "requirements-matrix.txt"
ASK_FOR_PYTHONS = """
import json
from ansible_test._internal.constants import CONTROLLER_PYTHON_VERSIONS, SUPPORTED_PYTHON_VERSIONS

print(json.dumps([CONTROLLER_PYTHON_VERSIONS, SUPPORTED_PYTHON_VERSIONS]))
"""
#: As a module meets it: in what Ansible sends it is no more than this.
PACKAGE = """__version__ = "{version}"
__author__ = "Ansible, Inc."
"""


@dataclass(frozen=True)
class Environment:
    """What an environment has: a Python, a release of requests, and a core where it is one for a control node."""

    python: str
    requests: str
    core: Core | None = None

    @property
    def folder(self) -> Path:
        """Where it lies."""
        if self.core:
            return MATRIX / f"core-{self.core.series}"
        return MATRIX / f"python-{self.python}-requests-{self.requests}"

    @property
    def executable(self) -> Path:
        """Its Python."""
        return self.folder / "bin" / "python"

    @property
    def module_path(self) -> Path:
        """A folder whose ``ansible`` has what a module can import, for a Python on which ansible-core doesn't run."""
        return self.folder / "modules"

    def ensure(self, interpreters: Mapping[str, Path]) -> None:
        """Make it, or keep the one that is there."""
        python = interpreters[self.python]
        pins = [f"requests=={self.requests}", *([f"ansible-core=={self.core.version}"] if self.core else [])]
        made_from = "\n".join([*pins, str(python), str(self.folder), TESTS.read_text(encoding="utf-8")])
        if venvs.is_made(self.folder, made_from):
            return
        say(f"--- making {self.folder.relative_to(ROOT)} with Python {self.python}")
        finish = partial(_finish_core, self, self.core) if self.core else None
        log = f"matrix-{self.folder.name}-"
        venvs.make(self.folder, python, ["-r", TESTS, *pins], made_from, log=log, finish=finish)


def core_environment(job: Job) -> Environment:
    """The one that the job's control node runs in. Its requests are those of the core's unit tests."""
    core = next(core for core in CORES if core.series == job.core)
    return Environment(job.controller, requests_in_turn(core, job.controller)[0], core)


def module_environment(job: Job) -> Environment:
    """The one that the job's modules run in."""
    return Environment(job.python, job.requests)


def _finish_core(environment: Environment, core: Core) -> None:
    asked = subprocess.run([environment.executable, "-c", ASK_FOR_PYTHONS], capture_output=True, text=True, check=True)
    supported = [[python for python in versions if python in PYTHONS] for versions in json.loads(asked.stdout)]
    if supported != [list(core.controllers), list(core.modules)]:
        raise Failed(f"ansible-core {core.version} supports {supported}: correct dev/matrix_table.py")
    [package] = environment.folder.glob("lib/python3*/site-packages/ansible")
    target = environment.module_path / "ansible"
    target.mkdir(parents=True)
    (target / "__init__.py").write_text(PACKAGE.format(version=core.version), encoding="utf-8")
    for name in ("module_utils", "release.py"):
        (target / name).symlink_to(package / name)
