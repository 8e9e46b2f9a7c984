# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the benchmark runs, and what it holds the results against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

DISK = "katapult.cloud.katapult_disk"
FLEET = "katapult.cloud.katapult_disks"
PING = "ansible.builtin.ping"
ALIKE = {"size_in_gb": 20, "data_center": "uk-lon-01"}
PERMITTED = 100


@dataclass(frozen=True, eq=False)
class Scenario:
    """One task, run in an organization with so many disks, and how many it creates there."""

    name: str
    title: str
    task: Mapping[str, Any]
    disks: int = 0
    creates: int = 0
    times: int = 3


def names(number: int, stem: str = "data") -> list[str]:
    return [f"{stem}-{index:04d}" for index in range(1, number + 1)]


def one(name: str) -> dict[str, Any]:
    return {DISK: {"name": name, **ALIKE}}


def fleet(disks: list[str]) -> dict[str, Any]:
    return {FLEET: {**ALIKE, "disks": [{"name": name} for name in disks]}}


THERE, NEW = names(50), names(50, "new")
SCENARIOS = (
    *(Scenario(f"one-unchanged-{disks}", "One disk, unchanged", one(THERE[0]), disks) for disks in (10, 1_000, 10_000)),
    Scenario("one-create", "One disk, created", one(NEW[0]), 10, 1),
    Scenario("fleet-unchanged", "50 disks, unchanged, one katapult_disks", fleet(THERE), 60),
    Scenario("fleet-create", "50 disks, created, one katapult_disks", fleet(NEW), 10, 50),
    Scenario("floor-once", PING, {PING: {}}),
    Scenario("floor-loop", f"{PING}, a loop of 50", {PING: {}, "loop": THERE}),
    Scenario(
        "loop-unchanged", "50 disks, unchanged, a loop of katapult_disk", {**one("{{ item }}"), "loop": THERE}, 60
    ),
    Scenario(
        "loop-create", "50 disks, created, a loop of katapult_disk", {**one("{{ item }}"), "loop": NEW}, 10, 50, 1
    ),
)
#: Only where it is asked for, in a simulator that permits so many requests a minute: it takes some minutes.
LIMIT = Scenario(
    "limit", f"200 disks, {PERMITTED} requests a minute permitted", fleet(names(200, "new")), 10, 200, times=1
)
#: Modules that find all as it should be: with so few disks in the organization, against 10,000.
MEMORY = {"memory-disk": (DISK, one(THERE[0])[DISK], 10), "memory-fleet": (FLEET, fleet(THERE)[FLEET], 60)}

#: By the name of a part and what was measured: "s" for seconds, "GET", "POST" and "requests" for the most that a run
#: sent, "value" and "base" for what is compared.
Measured = Mapping[tuple[str, str], float]


@dataclass(frozen=True)
class Target:
    """A value to be worked out of what was measured, and the most that it may be, or the least."""

    title: str
    limit: float
    value: Callable[[Measured], float]
    unit: str = "x"
    at_least: bool = False


def against(part: str, other: str) -> Callable[[Measured], float]:
    """How many times as long a part takes as another."""
    return lambda seen: seen[part, "s"] / seen[other, "s"]


def ratio(part: str) -> Callable[[Measured], float]:
    return lambda seen: seen[part, "value"] / seen[part, "base"]


TARGETS = (
    Target(
        "50 disks unchanged in one task, against one unchanged katapult_disk",
        1.4,
        against("fleet-unchanged", "one-unchanged-10"),
    ),
    Target(
        "50 disks unchanged in a loop, against one task",
        12,
        against("loop-unchanged", "fleet-unchanged"),
        at_least=True,
    ),
    Target("50 disks created in one task, against one disk created", 1.6, against("fleet-create", "one-create")),
    Target("50 disks created in a loop, against one task", 25, against("loop-create", "fleet-create"), at_least=True),
    Target("POST, 50 disks created in one task", 50, lambda seen: seen["fleet-create", "POST"], ""),
    Target("requests, 50 disks created in one task", 120, lambda seen: seen["fleet-create", "requests"], ""),
    Target("requests, 50 disks unchanged in one task", 51, lambda seen: seen["fleet-unchanged", "requests"], ""),
    Target("process of an unchanged katapult_disk, against that of ansible.builtin.ping", 1.9, ratio("startup")),
    Target(
        "process of an unchanged katapult_disk, more than that of ansible.builtin.ping",
        0.2,
        lambda seen: seen["startup", "value"] - seen["startup", "base"],
        "s",
    ),
    Target("peak memory of katapult_disk, 10,000 disks against 10", 1.1, ratio("memory-disk")),
    Target("peak memory of katapult_disks, 10,000 disks against 60", 1.1, ratio("memory-fleet")),
)
