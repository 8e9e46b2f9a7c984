# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time as the collection sees it: a clock that tests replace, and the one deadline of a task."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from .parallel import Interrupted, find_interruption

# What was read longer ago is read again before a write: an undisturbed run takes some 0.2 s from one to the other.
MAX_AGE = 2.0


def format_seconds(seconds: float) -> str:
    """A time in words; that of a moment is not none."""
    return f"{seconds:.0f} s" if seconds >= 1 else f"{max(seconds, 0.1):.1f} s"


class Moment(NamedTuple):
    """When something was seen: seconds on Clock.now(), and how many waits there had been."""

    at: float
    waits: int


class Clock:
    """The real time. Tests pass a clock of their own, so that nothing has to be patched."""

    def now(self) -> float:
        """Seconds on a clock that never goes back; only differences mean anything."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since 1970, as the computer's clock has it."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Do nothing for that many seconds. Raises Interrupted if another thread of the same work is interrupted."""
        interruption = find_interruption()
        if interruption is None:
            time.sleep(seconds)
        elif interruption.wait(seconds):
            raise Interrupted

    def jitter(self) -> float:
        """A factor around 1, so that many clients that fail together don't come back together."""
        return random.uniform(0.8, 1.2)


class Deadline:
    """The end of all waits of one task: `wait_timeout` seconds, counted from the first wait.

    Time spent on the rate limit is left out: it is the service that makes us wait then. Threads that wait for it at the
    same time leave that time out once.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end: float | None = None
        self._left_out = 0.0
        self._left_out_until = float("-inf")
        self._changing = threading.Lock()
        self._of_this_thread = threading.local()

    def start(self) -> None:
        """A wait begins; only the first call counts."""
        with self._changing:
            if self._end is None:
                self._end = self._worked() + self.seconds

    def exclude(self, seconds: float) -> None:
        """Leave out the next `seconds`, but for those that are left out already."""
        with self._changing:
            now = self._clock.now()
            self._left_out += max(0.0, now + seconds - max(now, self._left_out_until))
            self._left_out_until = max(self._left_out_until, now + seconds)

    @contextmanager
    def limit_to(self, seconds: float) -> Iterator[None]:
        """Within this context, and in this thread, the end comes after that many seconds where it is not sooner."""
        before = self._shorter_end()
        self._of_this_thread.end = min(before, self._worked() + seconds)
        try:
            yield
        finally:
            self._of_this_thread.end = before

    def remaining(self) -> float:
        """Seconds left, never below 0; infinity while no wait has begun."""
        end = self._shorter_end() if self._end is None else min(self._end, self._shorter_end())
        return max(0.0, end - self._worked())

    def _shorter_end(self) -> float:
        end: float = getattr(self._of_this_thread, "end", float("inf"))
        return end

    def _worked(self) -> float:
        """The time without all that is left out."""
        return self._clock.now() - self._left_out
