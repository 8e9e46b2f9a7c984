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

# Seconds between looks, and the share of the time waited so far that a pause takes. Builds take 1-12 s and attachments
# 1-6 s: most ends are seen half a second later at most, and those of long waits a tenth of the wait later, up to 5 s.
INITIAL_DELAY = 0.5
PAUSE_SHARE = 0.1
MAX_DELAY = 5.0
# Seconds for what a write did to be seen by a read, which may lag behind it.
VISIBILITY_TIMEOUT = 10.0


class TimedOutError(Exception, Generic[T]):
    """The deadline came first; `last` is what the last look saw, None where none succeeded."""

    def __init__(self, last: T | None) -> None:
        super().__init__("timed out")
        self.last = last


class StalledError(TimedOutError[T]):
    """Nothing moved for as long as was allowed."""


class Poller:
    """Waits that share one deadline."""

    def __init__(self, clock: Clock, deadline: Deadline) -> None:
        self._clock = clock
        self._deadline = deadline

    def with_own_deadline(self) -> Poller:
        """A waiter for what must be looked for VISIBILITY_TIMEOUT seconds, whatever is left of all waits."""
        return Poller(self._clock, Deadline(self._clock, VISIBILITY_TIMEOUT))

    @property
    def limit(self) -> float:
        """Seconds that all waits together may take."""
        return self._deadline.seconds

    def poll_until(
        self,
        read: Callable[[], T],
        is_done: Callable[[T], bool],
        stall_timeout: float = float("inf"),
        min_pause: Callable[[], float] = lambda: 0.0,
    ) -> T:
        """What `read` gives as soon as `is_done` says so. The first look is after half a second.

        `min_pause` is asked before each pause, for the seconds that it should take where requests are scarce; none
        takes more than MAX_DELAY for that. Raises TimedOutError at the deadline, StalledError when looks have given the
        same for `stall_timeout` seconds, and what `read` raises.
        """
        self._deadline.start()
        began = self._clock.now()
        last, since, pause = None, began, INITIAL_DELAY
        while True:
            pause = max(pause, min(min_pause(), MAX_DELAY))
            self._clock.sleep(min(pause, self._deadline.remaining()))
            seen = self._read(read, last)
            if is_done(seen):
                return seen
            if seen != last:
                last, since = seen, self._clock.now()
            if self._deadline.remaining() <= 0:
                raise TimedOutError(seen)
            if self._clock.now() - since >= stall_timeout:
                raise StalledError(seen)
            pause = max(INITIAL_DELAY, min((self._clock.now() - began) * PAUSE_SHARE, MAX_DELAY)) * self._clock.jitter()

    def check_then_poll(self, read: Callable[[], T], is_done: Callable[[T], bool]) -> T:
        """As poll_briefly(), for what is so at the first look unless something is wrong: that look is no wait yet."""
        seen = read()
        if is_done(seen):
            return seen
        self._deadline.start()
        self._clock.sleep(min(INITIAL_DELAY * self._clock.jitter(), self._deadline.remaining()))
        return self.poll_briefly(read, is_done)

    def poll_briefly(self, read: Callable[[], T], is_done: Callable[[T], bool]) -> T:
        """What `read` gives as soon as `is_done` says so, or what it gave last within VISIBILITY_TIMEOUT seconds.

        The first look is at once: this is for what should be there already. Raises what `read` raises.
        """
        self._deadline.start()
        pause = INITIAL_DELAY
        with self._deadline.limit_to(VISIBILITY_TIMEOUT):
            while True:
                seen = read()
                left = self._deadline.remaining()
                if is_done(seen) or left <= 0:
                    return seen
                self._clock.sleep(min(pause * self._clock.jitter(), left))
                pause *= 2

    def _read(self, read: Callable[[], T], last: T | None) -> T:
        try:
            return read()
        except ApiError as error:
            if error.transient and self._deadline.remaining() <= 0:
                raise TimedOutError(last) from error
            raise
