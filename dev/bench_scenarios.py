# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks that the benchmark runs, each of one task, and what they find and leave in the organization."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DISK = "katapult.cloud.katapult_disk"
FLEET = "katapult.cloud.katapult_disks"
PING = "ansible.builtin.ping"
FIFTY = 50
LIKE_ALL = {"size_in_gb": 20, "data_center": "uk-lon-01"}


@dataclass(frozen=True)
class Scenario:
    """One task, run in an organization with so many disks, and how many it creates there.

    It is measured so many times, where there is time for it; a long one gives way to the others.
    """

    name: str
    title: str
    task: Mapping[str, Any]
    disks: int = 0
    creates: int = 0
    times: int = 3
    is_long: bool = False

    @property
    def names_before(self) -> list[str]:
        """The disks that are there before."""
        return disk_names(self.disks)

    @property
    def names_created(self) -> list[str]:
        """The disks that are there after it as well."""
        return disk_names(self.creates, "new")

    def write_playbook(self, folder: Path) -> Path:
        """Write the playbook into a folder and return its path."""
        folder.mkdir(parents=True, exist_ok=True)
        play = {
            "name": self.title,
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
            "tasks": [{"name": self.title, **self.task}],
        }
        path = folder / f"{self.name}.yml"
        path.write_text(yaml.safe_dump([play], sort_keys=False, width=120), encoding="utf-8")
        return path


def one_disk(name: str) -> dict[str, Any]:
    """A task for one disk."""
    return {DISK: {"name": name, **LIKE_ALL}}


def loop(names: list[str]) -> dict[str, Any]:
    """A task for each of the disks, in a loop."""
    return {**one_disk("{{ item }}"), "loop": names}


def fleet(names: list[str]) -> dict[str, Any]:
    """One task for all of the disks."""
    return {FLEET: {**LIKE_ALL, "disks": [{"name": name} for name in names]}}


def disk_names(number: int, stem: str = "data") -> list[str]:
    """So many names that count up."""
    return [f"{stem}-{index:04d}" for index in range(1, number + 1)]


def _unchanged(disks: int) -> Scenario:
    return Scenario(f"one-unchanged-{disks}", "One disk, unchanged", one_disk("data-0001"), disks)


THERE = disk_names(FIFTY)
NEW = disk_names(FIFTY, "new")

SCENARIOS = (
    _unchanged(10),
    _unchanged(1_000),
    _unchanged(10_000),
    Scenario("one-create", "One disk, created", one_disk(NEW[0]), 10, 1),
    Scenario("fleet-unchanged", "50 disks, unchanged, one katapult_disks", fleet(THERE), 60),
    Scenario("fleet-create", "50 disks, created, one katapult_disks", fleet(NEW), 10, FIFTY),
    Scenario("loop-unchanged", "50 disks, unchanged, a loop of katapult_disk", loop(THERE), 60, is_long=True),
    Scenario("loop-create", "50 disks, created, a loop of katapult_disk", loop(NEW), 10, FIFTY, 1, is_long=True),
    Scenario("floor-once", PING, {PING: {}}),
    Scenario("floor-loop", f"{PING}, a loop of 50", {PING: {}, "loop": THERE}, is_long=True),
)
