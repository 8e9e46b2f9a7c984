# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service's limit of requests in a clock minute, as its answers tell it; all threads of a run share one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from .._core.clock import Clock, Deadline, format_seconds

REMAINING = "X-RateLimit-Remaining"
PERMITTED = "X-RateLimit-Permitted"
MINUTE = 60.0
POLL_INTERVAL = 0.1
# Waits slow down while less than this share of a minute's requests is left.
LOW_SHARE = 0.25
# How many waits are taken to share what is left: Ansible's usual number of forks, each of which may wait for a disk.
CONCURRENT_WAITS = 5
# Python refuses to read a number of thousands of digits.
MAX_DIGITS = 9


class RateLimiter:
    """Lets requests through as long as the service permits some in this minute, and holds the others until the next.

    While nothing is known of the limit, everything is let through: the service refuses then, which is told here too.
    """

    def __init__(self, clock: Clock, report_progress: Callable[[str], None] = lambda _text: None) -> None:
        """`report_progress` is told of each wait for the next minute once, however many threads wait."""
        self.waits = 0
        self._report = report_progress
        self._told_until = float("-inf")
        self._clock = clock
        self._changing = threading.Lock()
        self._on_the_way = 0
        self._permitted = float("inf")
        self._left = float("inf")
        self._ends = float("inf")

    def acquire(self, deadline: Deadline) -> bool:
        """A request is about to be sent: wait until it may be, which is left out of `deadline`. Whether it waited."""
        waited = False
        while (pause := self._pause()) > 0:
            waited = True
            self._report_wait(pause)
            deadline.exclude(pause)
            self.sleep(pause)
        return waited

    def sleep(self, seconds: float) -> None:
        """Sleep, and count that: what was seen before may have changed since."""
        with self._changing:
            self.waits += 1
        self._clock.sleep(seconds)

    def _report_wait(self, pause: float) -> None:
        with self._changing:
            now = self._clock.now()
            is_news = pause > POLL_INTERVAL and now >= self._told_until
            if is_news:
                self._told_until = now + pause
        if is_news:
            self._report(f"no request is permitted in this minute any more, waiting for {format_seconds(pause)}")

    def cancel(self) -> None:
        """The request that has entered is not sent now: others may be in its place."""
        with self._changing:
            self._on_the_way -= 1

    def release(self, headers: Mapping[str, str], date: float | None) -> None:
        """The request is through; `headers` are those of its answer at `date`, seconds since 1970, if it tells that.

        A request without an answer, which has no headers, may have been counted.
        """
        left = _number(headers, REMAINING)
        permitted = _number(headers, PERMITTED)
        with self._changing:
            self._on_the_way -= 1
            if left is None or not permitted:
                self._left -= 1
                return
            ends = self._clock.now() + MINUTE - (self._clock.wall() if date is None else date) % MINUTE
            is_new = abs(ends - self._ends) > MINUTE / 2
            self._permitted = permitted
            self._left = left if is_new else min(self._left, left)
            self._ends = ends if is_new else max(self._ends, ends)

    def exhaust(self, seconds: float) -> None:
        """The service has refused a request because of the limit, and permits none for that many seconds."""
        with self._changing:
            self._left, self._ends = 0, self._clock.now() + seconds

    def min_pause(self) -> float:
        """Seconds that a wait should let pass before its next request; 0 while enough requests are left.

        What is left is spread over what is left of the minute, so that waits leave some of it to all others.
        """
        with self._changing:
            now = self._clock.now()
            if now >= self._ends or self._left >= self._permitted * LOW_SHARE:
                return 0.0
            return (self._ends - now) * CONCURRENT_WAITS / max(self._left, 1)

    def _pause(self) -> float:
        """0 where a request may be sent, which counts as on the way then; seconds after which to ask again."""
        with self._changing:
            now = self._clock.now()
            if now >= self._ends:
                self._left, self._ends = self._permitted, now + MINUTE
            if self._left > self._on_the_way:
                self._on_the_way += 1
                return 0.0
            return POLL_INTERVAL if self._left > 0 else self._ends - now


def _number(headers: Mapping[str, str], name: str) -> int | None:
    given = headers.get(name, "").strip()
    return int(given) if given.isascii() and given.isdigit() and len(given) <= MAX_DIGITS else None
