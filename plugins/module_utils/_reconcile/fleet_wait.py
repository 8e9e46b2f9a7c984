# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for many disks at once: each look costs as few requests as can be, whatever their number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from .._api.disk_list import FleetApi
from .._api.models import BEING_MADE, Disk, Lookup
from .._core.clock import Clock
from .._core.errors import ApiError
from .._core.parallel import in_parallel
from .._core.polling import TimedOutError, Waiter
from .fleet_item import Entry
from .present import Presence
from .wait import STALLS_AFTER, stalled

READS_AT_ONCE = 16


@dataclass
class _Watched:
    """A disk that is waited for, and since when it has looked as it does."""

    entry: Entry
    life: Presence
    looked: tuple[str | None, Disk | None]
    since: float
    is_ready: bool = False

    @property
    def disk_id(self) -> str:
        return self.life.run.progress.known_disk.id

    @property
    def is_waited_for(self) -> bool:
        return not self.is_ready and self.entry.error is None


class FleetWaiter:
    """Waits for the disks of a fleet. C(tell) is told at each look how many are ready."""

    def __init__(
        self, api: FleetApi, organization: Lookup | None, clock: Clock, waiter: Waiter, tell: Callable[[int, int], None]
    ) -> None:
        self._api = api
        self._organization = organization
        self._clock = clock
        self._waiter = waiter
        self._tell = tell

    def until_ready(self, entries: Sequence[Entry]) -> None:
        """Wait until all are made, or at rest again. Those that fail, or take too long, keep why."""
        now = self._clock.now()
        watched = [
            _Watched(entry, entry.life, (None, entry.life.run.progress.disk), now)
            for entry in entries
            if isinstance(entry.life, Presence)
        ]
        try:
            self._waiter.until(lambda: self._look(watched), lambda left: not left)
        except TimedOutError:
            in_parallel(self._give_up, [one for one in watched if one.is_waited_for], READS_AT_ONCE)

    def _look(self, watched: Sequence[_Watched]) -> int:
        """How many are still waited for after one more look."""
        left = [one for one in watched if one.is_waited_for]
        in_parallel(self._read, self._worth_reading(left), READS_AT_ONCE)
        for one in left:
            if one.is_waited_for and self._clock.now() - one.since >= STALLS_AFTER:
                one.entry.attempt(partial(self._look_into, one))
        self._tell(sum(one.is_ready for one in watched), sum(one.is_waited_for for one in watched))
        return sum(one.is_waited_for for one in watched)

    def _worth_reading(self, left: Sequence[_Watched]) -> list[_Watched]:
        """Those that may be ready: all of them, unless the list can tell in fewer requests."""
        if self._organization is None or len(left) <= self._api.pages:
            return list(left)
        try:
            self._api.look(self._organization)
        except ApiError:
            return list(left)
        for one in left:
            self._note(one, self._api.state_of(one.disk_id))
        return [one for one in left if self._api.state_of(one.disk_id) not in BEING_MADE]

    def _read(self, one: _Watched) -> None:
        def read() -> None:
            one.is_ready = one.life.is_ready()

        one.entry.attempt(read)
        self._note(one, one.looked[0])

    def _note(self, one: _Watched, state: str | None) -> None:
        looks = (state, one.life.run.progress.disk)
        if looks != one.looked:
            one.looked, one.since = looks, self._clock.now()

    def _look_into(self, one: _Watched) -> None:
        """Nothing has moved for long: ask its task, give up where it has none, and take an older disk as it is."""
        one.since = self._clock.now()
        run = one.life.run
        if run.progress.task is not None:
            run.disk_waiter.refuse_failed_task(run.progress)
        elif one.life.is_created:
            raise stalled(run.progress.known_disk)
        else:
            one.is_ready = run.progress.known_disk.is_settled

    def _give_up(self, one: _Watched) -> None:
        run = one.life.run

        def look_a_last_time() -> None:
            with suppress(ApiError):
                one.is_ready = one.life.is_ready()
            if not one.is_ready:
                run.disk_waiter.refuse_failed_task(run.progress)
                raise run.disk_waiter.timed_out(run.progress)

        one.entry.attempt(look_a_last_time)
