# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time in the simulated service: what is due happens when somebody looks, in order of its time."""

from __future__ import annotations

import heapq
from itertools import count
from typing import Callable

Clock = Callable[[], float]
Action = Callable[[], None]


class ManualClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """Return the time."""
        return self.now

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class Timeline:
    """Actions that are due at a time; they run when ``advance`` is called at or after it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._events: list[tuple[float, int, Action]] = []
        self._order = count()
        self._moment = 0.0

    def now(self) -> float:
        """Return the time: that of the action that is running, or else the clock's."""
        return self._moment or self._clock()

    def after(self, seconds: float, action: Action) -> None:
        """Have the action run in so many seconds."""
        heapq.heappush(self._events, (self.now() + seconds, next(self._order), action))

    def advance(self) -> None:
        """Run all that is due by the clock."""
        until = self._clock()
        while self._events and self._events[0][0] <= until:
            when, _order, action = heapq.heappop(self._events)
            self._moment = when
            try:
                action()
            finally:
                self._moment = 0.0
