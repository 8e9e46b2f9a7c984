# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting: look, and look again with growing pauses, until something is as it should be or the deadline is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from .clock import Clock, Deadline
from .errors import ApiError

T = TypeVar("T")

FIRST_LOOK = 0.5
LONGEST_PAUSE = 5.0
GROWTH = 1.5
LOOK_FOR = 10.0


class TimedOutError(Exception, Generic[T]):
    """The deadline came first; C(last) is what the last look saw, None where none succeeded."""

    def __init__(self, last: T | None) -> None:
        super().__init__("timed out")
        self.last = last


class StalledError(TimedOutError[T]):
    """Nothing moved for as long as was allowed."""


class Waiter:
    """Waits that share one deadline."""

    def __init__(self, clock: Clock, deadline: Deadline) -> None:
        self._clock = clock
        self._deadline = deadline

    def patient(self) -> Waiter:
        """A waiter for what must be looked for LOOK_FOR seconds, whatever is left of the time of all waits."""
        return Waiter(self._clock, Deadline(self._clock, LOOK_FOR))

    @property
    def limit(self) -> float:
        """Seconds that all waits together may take."""
        return self._deadline.seconds

    def until(self, look: Callable[[], T], is_done: Callable[[T], bool], stalls_after: float = float("inf")) -> T:
        """What C(look) gives as soon as C(is_done) says so. The first look is after half a second.

        Raises TimedOutError at the deadline, StalledError when looks have given the same for C(stalls_after) seconds,
        and what C(look) raises.
        """
        self._deadline.start()
        last, since, pause = None, self._clock.now(), FIRST_LOOK
        while True:
            self._clock.sleep(min(pause, self._deadline.remaining()))
            seen = self._look(look, last)
            if is_done(seen):
                return seen
            if seen != last:
                last, since = seen, self._clock.now()
            if self._deadline.remaining() <= 0:
                raise TimedOutError(seen)
            if self._clock.now() - since >= stalls_after:
                raise StalledError(seen)
            pause = min(pause * GROWTH, LONGEST_PAUSE) * self._clock.jitter()

    def insist(self, look: Callable[[], T], is_done: Callable[[T], bool]) -> T:
        """As soon(), for what is so at the first look unless something is wrong: that look is no wait yet."""
        seen = look()
        if is_done(seen):
            return seen
        self._deadline.start()
        self._clock.sleep(min(FIRST_LOOK * self._clock.jitter(), self._deadline.remaining()))
        return self.soon(look, is_done)

    def soon(self, look: Callable[[], T], is_done: Callable[[T], bool]) -> T:
        """What C(look) gives as soon as C(is_done) says so, or what it gave last within LOOK_FOR seconds.

        The first look is at once: this is for what should be there already. Raises what C(look) raises.
        """
        self._deadline.start()
        pause = FIRST_LOOK
        with self._deadline.at_most(LOOK_FOR):
            while True:
                seen = look()
                left = self._deadline.remaining()
                if is_done(seen) or left <= 0:
                    return seen
                self._clock.sleep(min(pause * self._clock.jitter(), left))
                pause *= 2

    def _look(self, look: Callable[[], T], last: T | None) -> T:
        try:
            return look()
        except ApiError as error:
            if error.transient and self._deadline.remaining() <= 0:
                raise TimedOutError(last) from error
            raise
