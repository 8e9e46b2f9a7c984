# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures to reach, as ratios within one run of the benchmark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .bench_figures import Measured


@dataclass(frozen=True)
class Target:
    """A value to be worked out of what was measured, and the most that it may be, or the least."""

    title: str
    limit: float
    value: Callable[[Measured], float]
    at_least: bool = False
    unit: str = "x"

    def judge(self, measured: Measured) -> Outcome:
        """The outcome, without a value where a part that it takes was not measured."""
        try:
            return Outcome(self, self.value(measured))
        except KeyError:
            return Outcome(self, None)


@dataclass(frozen=True)
class Outcome:
    """What became of a target."""

    target: Target
    value: float | None

    @property
    def missed(self) -> bool:
        """Whether it was measured and not reached."""
        if self.value is None:
            return False
        return self.value < self.target.limit if self.target.at_least else self.value > self.target.limit


TARGETS = (
    Target(
        "50 disks unchanged in one task, against one unchanged katapult_disk",
        1.4,
        lambda seen: seen.seconds("fleet-unchanged") / seen.seconds("one-unchanged-10"),
    ),
    Target(
        "50 disks unchanged in a loop, against one task",
        12,
        lambda seen: seen.seconds("loop-unchanged") / seen.seconds("fleet-unchanged"),
        at_least=True,
    ),
    Target(
        "50 disks created in one task, against one disk created",
        1.6,
        lambda seen: seen.seconds("fleet-create") / seen.seconds("one-create"),
    ),
    Target(
        "50 disks created in a loop, against one task",
        25,
        lambda seen: seen.seconds("loop-create") / seen.seconds("fleet-create"),
        at_least=True,
    ),
    Target("POST, 50 disks created in one task", 50, lambda seen: seen.requests("fleet-create", "POST"), unit=""),
    Target("requests, 50 disks created in one task", 120, lambda seen: seen.requests("fleet-create"), unit=""),
    Target("requests, 50 disks unchanged in one task", 51, lambda seen: seen.requests("fleet-unchanged"), unit=""),
    Target(
        "process of an unchanged katapult_disk, against that of ansible.builtin.ping",
        1.9,
        lambda seen: seen.comparisons["startup"].ratio,
    ),
    Target(
        "process of an unchanged katapult_disk, more than that of ansible.builtin.ping",
        0.2,
        lambda seen: seen.comparisons["startup"].difference,
        unit="s",
    ),
    Target(
        "peak memory of katapult_disk, 10,000 disks against 10",
        1.1,
        lambda seen: seen.comparisons["memory-disk"].ratio,
    ),
    Target(
        "peak memory of katapult_disks, 10,000 disks against 60",
        1.1,
        lambda seen: seen.comparisons["memory-fleet"].ratio,
    ),
)
