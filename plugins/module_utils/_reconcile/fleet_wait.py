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
from .._api.pagination import Row
from .._core.errors import ApiError
from .._core.parallel import map_concurrently
from .._core.polling import TimedOutError
from .fleet_item import FleetItem
from .run import RunContext
from .wait import STALL_TIMEOUT, stalled_error

# As many as the client sends at a time, so that no thread waits for a place.
MAX_CONCURRENT_READS = 16


@dataclass
class _Watched:
    """A disk that is waited for, and since when it has looked as it does."""

    item: FleetItem
    since: float
    row_state: str | None = None
    disk: Disk | None = None
    is_ready: bool = False

    @property
    def is_waited_for(self) -> bool:
        return not self.is_ready and self.item.error is None


class FleetWaiter:
    """Waits for the disks of a fleet. `report_progress` is told at each look how many are ready."""

    def __init__(
        self,
        api: DiskListSnapshot,
        organization: Lookup | None,
        context: RunContext,
        report_progress: Callable[[int, int], None],
    ) -> None:
        self._api = api
        self._organization = organization
        self._clock = context.clock
        self._poller = context.poller
        self._report = report_progress

    def wait_until_ready(self, items: Sequence[FleetItem]) -> None:
        """Wait until all are made, or at rest again. Those that fail, or take too long, keep why."""
        now = self._clock.now()
        watched = [_Watched(item, now, disk=item.reconciler.state.disk) for item in items]
        try:
            self._poller.poll_until(
                lambda: self._look(watched), lambda left: not left, min_pause=lambda: self._min_pause(watched)
            )
        except TimedOutError:
            map_concurrently(self._give_up, [one for one in watched if one.is_waited_for], MAX_CONCURRENT_READS)

    def _look(self, watched: Sequence[_Watched]) -> int:
        """How many are still waited for after one more look."""
        left = [one for one in watched if one.is_waited_for]
        map_concurrently(self._read, self._worth_reading(left), MAX_CONCURRENT_READS)
        for one in left:
            if one.is_waited_for and self._clock.now() - one.since >= STALL_TIMEOUT:
                one.item.attempt(partial(self._look_into, one))
        still = sum(one.is_waited_for for one in watched)
        self._report(sum(one.is_ready for one in watched), still)
        return still

    def _min_pause(self, watched: Sequence[_Watched]) -> float:
        """A look takes a request for each page of the list, or for each disk that is left if that is less."""
        left = sum(one.is_waited_for for one in watched)
        requests = left if self._organization is None else min(left, max(1, self._api.pages))
        return self._api.min_pause() * requests

    def _worth_reading(self, left: Sequence[_Watched]) -> Sequence[_Watched]:
        """Those that may be ready: all of them, unless the list can tell in fewer requests."""
        if self._organization is None or len(left) <= self._api.pages:
            return left
        try:
            self._api.refresh(self._organization)
        except ApiError:
            return left
        for one in left:
            self._note_row(one, self._api.get_row(one.item.reconciler.state.known_disk.id))
        return [one for one in left if one.is_waited_for and one.row_state not in BUILD_STATES]

    def _note_row(self, one: _Watched, row: Row) -> None:
        def accept() -> None:
            one.is_ready = one.item.reconciler.accept_row(row)

        state = row.get("state")
        self._note(one, state if isinstance(state, str) else None)
        one.item.attempt(accept)

    def _read(self, one: _Watched) -> None:
        def read() -> None:
            one.is_ready = one.item.reconciler.is_ready()

        one.item.attempt(read)
        self._note(one, one.row_state)

    def _note(self, one: _Watched, row_state: str | None) -> None:
        disk = one.item.reconciler.state.disk
        if (row_state, disk) != (one.row_state, one.disk):
            one.row_state, one.disk, one.since = row_state, disk, self._clock.now()

    def _look_into(self, one: _Watched) -> None:
        """Nothing has moved for long: ask its task, give up where it has none, and take an older disk as it is."""
        one.since = self._clock.now()
        reconciler = one.item.reconciler
        if reconciler.state.task is not None:
            reconciler.waiter.raise_if_task_failed()
        elif reconciler.is_created:
            raise stalled_error(reconciler.state.known_disk)
        else:
            one.is_ready = reconciler.state.known_disk.is_settled

    def _give_up(self, one: _Watched) -> None:
        waiter = one.item.reconciler.waiter

        def look_a_last_time() -> None:
            with suppress(ApiError):
                one.is_ready = one.item.reconciler.is_ready()
            if not one.is_ready:
                waiter.raise_if_task_failed()
                raise waiter.timeout_error()

        one.item.attempt(look_a_last_time)
