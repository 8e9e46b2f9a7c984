# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""With -v a wait shows how far it has come, and nothing else is otherwise than without."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Fault, Simulator

ROOT = Path(__file__).parents[6]
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/katapult.cloud.all:
      organization: acme
      data_center: uk-lon-01
  tasks:
    - katapult.cloud.katapult_disk:
        name: "{{ name }}"
        size_in_gb: 20
      diff: true
      register: result
    - ansible.builtin.copy:
        content: "{{ result | to_json }}"
        dest: "{{ name }}.json"
        mode: "0600"
"""
LINE = re.compile(r"^katapult_disk: '([\w-]+)' \(disk_\w+\): task 'Build disk' is running, at \d+ %$", re.MULTILINE)
LIST = "/organizations/organization/disks"
RETRY = re.compile(r"^katapult_disk: .*\(.*HTTP 503\), trying again in \d[.\d]* s \((\d) of 5\)$", re.MULTILINE)
# What no two disks have in common.
OF_ONE_DISK = {"id", "name", "wwn", "device", "created_at", "started_at", "finished_at"}


@pytest.fixture(name="simulator")
def _simulator() -> Iterator[Simulator]:
    with Simulator(build_seconds=7) as simulator:
        yield simulator


@dataclass(frozen=True)
class Play:
    """A run of the playbook: what it printed, and the result of the module."""

    output: str
    result: dict[str, Any]


def play(simulator: Simulator, home: Path, name: str, *arguments: str) -> Play:
    """Create a disk as a user does, with ansible-playbook, and nothing of the developer's own surroundings."""
    home.mkdir()
    (home / "playbook.yml").write_text(PLAYBOOK, encoding="utf-8")
    environment = {
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT),
        "ANSIBLE_NOCOLOR": "1",
        "HOME": str(home),
        "KATAPULT_API_TOKEN": simulator.token,
        "KATAPULT_API_URL": simulator.url,
        "LANG": "C.UTF-8",
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "TMPDIR": str(home),
    }
    command = ["ansible-playbook", *arguments, "-e", f"name={name}", "playbook.yml"]
    done = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return Play(done.stdout + done.stderr, json.loads((home / f"{name}.json").read_text(encoding="utf-8")))


def comparable(value: Any) -> Any:
    """A result without that which differs from disk to disk."""
    if isinstance(value, dict):
        return {key: comparable(inner) for key, inner in value.items() if key not in OF_ONE_DISK}
    return [comparable(inner) for inner in value] if isinstance(value, list) else value


def test_a_wait_shows_its_progress_with_v_and_changes_nothing_else(simulator: Simulator, short_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        telling = pool.submit(play, simulator, short_path / "telling", "telling-01", "-v")
        quiet = pool.submit(play, simulator, short_path / "quiet", "quiet-01")
    shown, silent = telling.result(), quiet.result()

    assert set(LINE.findall(shown.output)) == {"telling-01"}
    assert "katapult_disk:" not in silent.output
    assert simulator.token not in shown.output
    assert shown.result["changed"] is True
    assert comparable(shown.result) == comparable(silent.result)
    assert list(short_path.rglob("katapult-progress-*")) == []


def test_each_retry_is_shown_with_v(simulator: Simulator, short_path: Path) -> None:
    simulator.faults.add(Fault(LIST, "GET", "before", "answer", status=503, times=3))

    shown = play(simulator, short_path / "telling", "telling-01", "-v")

    assert RETRY.findall(shown.output) == ["1", "2", "3"]
