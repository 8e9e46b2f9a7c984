# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A clock for a module and the service that it talks to: nobody waits for what is slept."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Callable

from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Clock

LONGEST_WAIT = 7200.0


@dataclass(frozen=True)
class _Event:
    when: Callable[[], object]
    act: Callable[[], object]


class SkippedTime(Clock):
    """The real time, and on top of it what is slept; it refuses what no run would wait for.

    A sleep really takes its `speed`th part, so that other threads can do something in it. As whoever is awake is on
    real time, a slow machine makes nothing time out, and nothing end too soon, that takes some ten seconds.
    """

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._changing = threading.Lock()
        self._skipped = 0.0
        self._events: list[_Event] = []

    def wall(self) -> float:
        return time.time() + self._skipped

    def now(self) -> float:
        return time.monotonic() + self._skipped

    def sleep(self, seconds: float) -> None:
        assert 0 <= seconds <= LONGEST_WAIT, f"sleeps for {seconds} seconds"
        wake = self.now() + seconds
        time.sleep(seconds / self._speed)
        with self._changing:
            self._skipped = max(self._skipped, wake - time.monotonic())
        self._let_happen()

    def meanwhile(self, act: Callable[[], object], when: Callable[[], object]) -> None:
        """Have this happen once, as soon as somebody sleeps who finds `when` to be true."""
        self._events.append(_Event(when, act))

    def _let_happen(self) -> None:
        with self._changing:
            due = [event for event in self._events if event.when()]
            self._events = [event for event in self._events if event not in due]
        for event in due:
            event.act()
