# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for many disks at once: each look costs as few requests as can be, whatever their number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from .._api.disk_list import DiskListSnapshot
from .._api.models import BUILD_STATES, Disk, Lookup
from .._core.clock import Clock
from .._core.errors import ApiError
from .._core.parallel import map_concurrently
from .._core.polling import Poller, TimedOutError
from .fleet_item import FleetItem
from .reconciler import Reconciler
from .wait import STALL_TIMEOUT, stalled_error

MAX_CONCURRENT_READS = 16


@dataclass
class _Watched:
    """A disk that is waited for, and since when it has looked as it does."""

    item: FleetItem
    reconciler: Reconciler
    looked: tuple[str | None, Disk | None]
    since: float
    is_ready: bool = False

    @property
    def disk_id(self) -> str:
        return self.reconciler.run.state.known_disk.id

    @property
    def is_waited_for(self) -> bool:
        return not self.is_ready and self.item.error is None


class FleetWaiter:
    """Waits for the disks of a fleet. `report_progress` is told at each look how many are ready."""

    def __init__(
        self,
        api: DiskListSnapshot,
        organization: Lookup | None,
        clock: Clock,
        poller: Poller,
        report_progress: Callable[[int, int], None],
    ) -> None:
        self._api = api
        self._organization = organization
        self._clock = clock
        self._waiter = poller
        self._report = report_progress

    def until_ready(self, items: Sequence[FleetItem]) -> None:
        """Wait until all are made, or at rest again. Those that fail, or take too long, keep why."""
        now = self._clock.now()
        watched = [_Watched(item, item.reconciler, (None, item.reconciler.run.state.disk), now) for item in items]
        try:
            self._waiter.poll_until(lambda: self._look(watched), lambda left: not left)
        except TimedOutError:
            map_concurrently(self._give_up, [one for one in watched if one.is_waited_for], MAX_CONCURRENT_READS)

    def _look(self, watched: Sequence[_Watched]) -> int:
        """How many are still waited for after one more look."""
        left = [one for one in watched if one.is_waited_for]
        map_concurrently(self._read, self._worth_reading(left), MAX_CONCURRENT_READS)
        for one in left:
            if one.is_waited_for and self._clock.now() - one.since >= STALL_TIMEOUT:
                one.item.attempt(partial(self._look_into, one))
        self._report(sum(one.is_ready for one in watched), sum(one.is_waited_for for one in watched))
        return sum(one.is_waited_for for one in watched)

    def _worth_reading(self, left: Sequence[_Watched]) -> list[_Watched]:
        """Those that may be ready: all of them, unless the list can tell in fewer requests."""
        if self._organization is None or len(left) <= self._api.pages:
            return list(left)
        try:
            self._api.refresh(self._organization)
        except ApiError:
            return list(left)
        for one in left:
            self._note(one, self._api.get_state(one.disk_id))
        return [one for one in left if self._api.get_state(one.disk_id) not in BUILD_STATES]

    def _read(self, one: _Watched) -> None:
        def read() -> None:
            one.is_ready = one.reconciler.is_ready()

        one.item.attempt(read)
        self._note(one, one.looked[0])

    def _note(self, one: _Watched, state: str | None) -> None:
        looks = (state, one.reconciler.run.state.disk)
        if looks != one.looked:
            one.looked, one.since = looks, self._clock.now()

    def _look_into(self, one: _Watched) -> None:
        """Nothing has moved for long: ask its task, give up where it has none, and take an older disk as it is."""
        one.since = self._clock.now()
        run = one.reconciler.run
        if run.state.task is not None:
            run.disk_waiter.raise_if_task_failed(run.state)
        elif one.reconciler.is_created:
            raise stalled_error(run.state.known_disk)
        else:
            one.is_ready = run.state.known_disk.is_settled

    def _give_up(self, one: _Watched) -> None:
        run = one.reconciler.run

        def look_a_last_time() -> None:
            with suppress(ApiError):
                one.is_ready = one.reconciler.is_ready()
            if not one.is_ready:
                run.disk_waiter.raise_if_task_failed(run.state)
                raise run.disk_waiter.timeout_error(run.state)

        one.item.attempt(look_a_last_time)
