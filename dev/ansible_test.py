# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts that ansible-test runs: the sanity tests and the integration tests."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from . import pip_bootstrap
from .interpreters import search_path
from .simulator import Service, simulator
from .workspace import COLLECTION, HOME, VENV, Failed, environment, nothing, run

#: pip warns about places to look in that are not there, ansible-test about a locale that nothing here depends on.
TROUBLE = r"WARNING: (?!Location |Using locale |Reviewing )|ERROR|FATAL"
WORTH_SHOWING = re.compile(TROUBLE)
STARTED = re.compile(r'Running sanity test "([^"]+)"')
PROGRESS = re.compile(rf"Running \S+ integration test|testhost .*ok=|{TROUBLE}")
TARGET = re.compile(r"Running (\S+) integration test role")


@dataclass(frozen=True)
class AnsibleTest:
    """The ansible-test of a virtual environment, where it runs, and the beginning of its logs' names."""

    venv: Path = VENV
    copy: Path = COLLECTION
    home: Path = HOME
    log: str = ""

    def run(self, part: str, *options: str, show: Callable[[str], bool]) -> str:
        """Run a part of the tests."""
        folder = self.venv / "bin"
        path = os.pathsep.join([str(folder), _search_path()])
        env = environment(HOME=str(self.home), PATH=path)
        words = ["--color", "no", *options]
        return run(folder / "ansible-test", part, *words, log=f"{self.log}{part}", cwd=self.copy, env=env, show=show)

    def chosen(self, pattern: re.Pattern[str]) -> Callable[[str], bool]:
        """Choose what to show: nothing where several run at once."""
        return nothing if self.log else _once(pattern)


OWN = AnsibleTest()


def sanity(ansible_test: AnsibleTest = OWN) -> str:
    """All sanity tests, none of them ignored, on every Python that is found and supported; what was run."""
    ignores = sorted(path.name for path in (ansible_test.copy / "tests" / "sanity").glob("ignore*"))
    if ignores:
        raise Failed(f"this collection has no ignored sanity tests: remove {', '.join(ignores)}")
    pip_bootstrap.prepare(ansible_test.venv / "bin" / "python", ansible_test.home)
    started = STARTED.findall(ansible_test.run("sanity", show=ansible_test.chosen(WORTH_SHOWING)))
    if not started:
        raise Failed("ansible-test ran no sanity test")
    return f"{len(set(started))} sanity tests in {len(started)} runs"


def integration(ansible_test: AnsibleTest = OWN, *options: str) -> str:
    """The integration targets, against a simulator of their own; what was run."""
    with simulator(log=f"{ansible_test.log}simulator") as service:
        _configure(ansible_test.copy, service)
        output = ansible_test.run("integration", *options, show=ansible_test.chosen(PROGRESS))
    run_ones = set(TARGET.findall(output))
    left_out = {path.name for path in (ansible_test.copy / "tests" / "integration" / "targets").iterdir()} - run_ones
    if left_out:
        raise Failed(f"ansible-test left out the targets {', '.join(sorted(left_out))}")
    return f"{len(run_ones)} targets"


def _once(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    """Choose the lines that match, each once: ansible-test repeats its warnings at the end."""
    seen: set[str] = set()

    def chosen(line: str) -> bool:
        new = bool(pattern.match(line)) and line not in seen
        seen.add(line)
        return new

    return chosen


def _configure(copy: Path, service: Service) -> None:
    path = copy / "tests" / "integration" / "integration_config.yml"
    settings = {
        "katapult_api_url": service.url,
        "katapult_api_token": service.token,
        "katapult_organization": service.organization,
    }
    path.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


@cache
def _search_path() -> str:
    return search_path(os.environ.get("PATH", os.defpath), environment())
