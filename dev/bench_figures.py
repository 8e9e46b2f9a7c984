# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured, as values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Run:
    """One run of a playbook: its wall time, and how many requests of each method it sent."""

    seconds: float
    requests: Mapping[str, int]


@dataclass(frozen=True)
class Figure:
    """What was seen in the runs of one playbook (one or more), in an organization that had so many disks before."""

    title: str
    disks: int
    runs: tuple[Run, ...]

    @property
    def seconds(self) -> float:
        """The median of the runs."""
        return median(run.seconds for run in self.runs)

    def requests(self, method: str = "") -> int:
        """How many requests of the method, or of all methods, a run sent: the most in any of the runs."""
        if method:
            return max(run.requests.get(method, 0) for run in self.runs)
        return max(sum(run.requests.values()) for run in self.runs)


@dataclass(frozen=True)
class Comparison:
    """A value and the one that it is compared with, both in the same unit."""

    title: str
    unit: str
    value: float
    base: float

    @property
    def ratio(self) -> float:
        """How many times the base the value is."""
        return self.value / self.base

    @property
    def difference(self) -> float:
        """What the value is more than the base."""
        return self.value - self.base


@dataclass(frozen=True)
class Measured:
    """All that was measured, by the names of the parts of the benchmark."""

    figures: Mapping[str, Figure]
    comparisons: Mapping[str, Comparison]

    def seconds(self, name: str) -> float:
        """The median wall time of a part. Raises KeyError where it was not measured."""
        return self.figures[name].seconds

    def requests(self, name: str, method: str = "") -> int:
        """The requests of a part. Raises KeyError where it was not measured."""
        return self.figures[name].requests(method)


@dataclass(frozen=True)
class Minute:
    """The requests of a clock minute that starts in epoch seconds, and those of them that the rate limit refused."""

    start: int
    sent: int
    refused: int


def count_by_method(requests: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many requests of each method are in a simulator's log."""
    return dict(Counter(request["method"] for request in requests))


def count_by_minute(requests: Iterable[Mapping[str, Any]], latency: float) -> list[Minute]:
    """The clock minutes of a simulator's log, whose requests are counted by the service ``latency`` seconds later."""
    sent: Counter[int] = Counter()
    refused: Counter[int] = Counter()
    for request in requests:
        start = int((request["time"] + latency) // 60) * 60
        sent[start] += 1
        refused[start] += request["status"] == 429
    return [Minute(start, sent[start], refused[start]) for start in sorted(sent)]
