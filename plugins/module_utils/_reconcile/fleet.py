# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet: many disks in one task, with one list, one planner and one wait for all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from functools import partial

from .._api.disk_list import DiskListSnapshot
from .._core.errors import ApiError, InternalError, KatapultError, OptionError, error_for
from .._core.file_lock import CreateNotes, TooFewHandlesError, get_max_locks
from .._core.parallel import map_concurrently
from .._options.disk import require_organization
from .._options.fleet import MAX_CONCURRENCY, FleetEntry
from .absent import AbsentReconciler
from .fleet_item import FleetError, FleetItem, FleetResult
from .fleet_wait import MAX_CONCURRENT_READS, FleetWaiter
from .present import PresentReconciler
from .reconciler import Reconciler
from .references import ReferenceChecker
from .run import RunContext, no_progress

CONDITIONS_OF_THE_DISK = frozenset({"disk_failed", "attachment_failed"})


@dataclass(frozen=True)
class FleetSettings:
    """How a fleet is worked on: `concurrency` writes at once, and `fail_fast` to begin none after a failure.

    Creates have no more threads than that. Changes, which mostly wait, may have more.
    """

    absent: bool = False
    concurrency: int = 8
    fail_fast: bool = False


class Fleet:
    """Makes sure of many disks."""

    def __init__(
        self, entries: Sequence[FleetEntry], api: DiskListSnapshot, context: RunContext, settings: FleetSettings
    ) -> None:
        self._api = api
        self._context = context
        self._item_context = replace(context, report_progress=no_progress)
        self._settings = settings
        self._references = ReferenceChecker(context)
        self._items = [FleetItem(entry, self._reconciler_for(entry)) for entry in entries]
        self._looks = any(entry.desired.id is None for entry in entries)
        self._organization = entries[0].desired.organization if entries else None
        self._first_look_after = 0
        self._stopped = threading.Event()
        # After a failure none shall begin, so that no more may have begun before it than write at once.
        at_once = settings.concurrency if settings.fail_fast else MAX_CONCURRENCY
        # Each that is changed holds a lock.
        self._at_once = min(at_once, get_max_locks())

    def ensure(self) -> FleetResult:
        """All disks as they are described. Raises KatapultError: FleetError where only some of them are."""
        with self._fail_with_all():
            self._observe_all()
            self._validate()
            self._warn_about_limits()
            self._create()
            self._converge()
        result = FleetResult(self._items)
        failed = sum(item.error is not None for item in self._items)
        if failed:
            raise FleetError("fleet_failed", f"{failed} of {len(self._items)} disks failed.", result)
        return result

    @contextmanager
    def _fail_with_all(self) -> Iterator[None]:
        """What nothing foresaw, and what is not of one disk alone, ends the task: what was begun has failed then."""
        try:
            with self._context.catch_unforeseen():
                yield
        except InternalError as error:
            for item in self._items:
                if item.is_pending and item.is_changed:
                    item.error = copy(error)
            raise FleetError("internal_error", error.summary, FleetResult(self._items)) from error

    def _reconciler_for(self, entry: FleetEntry) -> Reconciler:
        if self._settings.absent:
            return AbsentReconciler(entry.desired, self._item_context, force=entry.force, purge=entry.purge)
        return PresentReconciler(entry.desired, self._item_context, self._references)

    def _observe_all(self) -> None:
        """See what is there, and what can be foreseen of what is described."""
        if self._looks:
            self._attempt_for_all([item for item in self._items if item.entry.desired.id is None], self._refresh_list)
        map_concurrently(self._observe, [item for item in self._items if item.is_pending], MAX_CONCURRENT_READS)

    def _refresh_list(self) -> None:
        self._api.refresh(require_organization(self._organization, "look up, create or rename disks by name"))

    def _attempt_for_all(self, items: Sequence[FleetItem], act: Callable[[], None]) -> None:
        """Do what all `items` need. Where it fails, they fail."""
        try:
            act()
        except (FleetError, OptionError):
            raise
        except KatapultError as error:
            for item in items:
                item.error = item.error or copy(error)

    def _observe(self, item: FleetItem) -> None:
        reconciler, name = item.reconciler, item.reconciler.desired.name

        def observe() -> None:
            reconciler.observe(None if name is None else self._api.rows_named(name))
            reconciler.validate()

        item.attempt(observe)

    def _validate(self) -> None:
        """Raise FleetError before the first write where an entry describes what can't be."""
        self._check_described_once()
        self._stop_after_failures()
        if any(item.error is not None and not _passes(item.error) for item in self._items):
            failed = sum(item.error is not None for item in self._items)
            raise FleetError(
                "fleet_refused",
                f"{failed} of {len(self._items)} disks cannot be changed as described.",
                FleetResult(self._items),
            )

    def _warn_about_limits(self) -> None:
        growths = [item.reconciler.growth for item in self._items if item.is_pending and not self._stopped.is_set()]
        some = [growth for growth in growths if growth is not None]
        if some:
            from .limits import warn_about_limits

            warn_about_limits(self._context, self._organization, some)

    def _check_described_once(self) -> None:
        seen: dict[str, FleetItem] = {}
        for item in self._items:
            disk = item.reconciler.state.disk
            first = seen.setdefault(disk.id, item) if disk else item
            if disk is not None and first is not item and item.error is None:
                summary = f"{item.entry.where} is the disk {disk.label}, as {first.entry.where} is."
                item.error = error_for("described_twice", summary)

    def _create(self) -> None:
        """Create what a second look misses too: another task may have created it before the names were locked."""
        missing, most, is_first = _find_missing(self._items), get_max_locks(), True
        if not missing or self._context.check_mode:
            return
        while missing:
            some = missing[:most]
            try:
                self._attempt_for_all(some, partial(self._create_some, some, is_first=is_first))
            except TooFewHandlesError:
                most = len(some) // 2
                continue
            missing, is_first = missing[most:], False
        self._first_look_after = self._api.next_refresh

    def _create_some(self, missing: Sequence[FleetItem], *, is_first: bool) -> None:
        with self._context.locked(*(item.entry.label for item in missing), or_fewer=True) as notes:
            self._look_again(missing)
            self._look_for_leftover(missing, notes)
            if is_first:
                self._validate()

            def create(item: FleetItem) -> None:
                item.attempt(partial(item.reconciler.create, notes))

            at_once = min(self._settings.concurrency, self._at_once)
            self._for_each(_find_missing(missing), create, at_once)

    def _look_again(self, missing: Sequence[FleetItem]) -> None:
        self._refresh_list()
        appeared = [item for item in missing if not item.reconciler.has_seen(self._api.ids_named(item.entry.label))]
        map_concurrently(self._observe, appeared, MAX_CONCURRENT_READS)

    def _look_for_leftover(self, missing: Sequence[FleetItem], notes: CreateNotes) -> None:
        """The disks of a run that died while their creates were on the way may appear only now."""
        left = [item for item in missing if notes.has_leftover(item.entry.label)]

        def are_there(_refresh: None = None) -> bool:
            return not _find_missing(left)

        if not are_there():
            self._context.poller.with_own_deadline().poll_briefly(partial(self._look_again, left), are_there)
        for item in left:
            item.reconciler.adopt_leftover(notes)

    def _converge(self) -> None:
        """Change what is there while what is under way is waited for; then do what had to wait for that."""
        going_on = [item for item in self._items if item.is_pending]
        waits = self._context.wait and not self._context.check_mode
        waited_for = [item for item in going_on if waits and item.reconciler.is_under_way]
        others = [
            item for item in going_on if not item.reconciler.is_under_way or not (waits or item.reconciler.is_created)
        ]
        jobs = [partial(self._for_each, others, FleetItem.apply, self._at_once), partial(self._wait_for, waited_for)]
        # In this order where no second thread can be had: what changes would else stand still as long as is waited.
        map_concurrently(lambda job: job(), jobs if waited_for else jobs[:1], 2)
        self._check_duplicates([item for item in going_on if item.is_pending and item.reconciler.is_created])
        self._for_each([item for item in going_on if item.is_pending], FleetItem.apply, self._at_once)

    def _for_each(self, items: Sequence[FleetItem], stage: Callable[[FleetItem], None], at_once: int) -> None:
        def take(item: FleetItem) -> None:
            if self._stopped.is_set() and not item.is_changed:
                item.skipped = True
                return
            stage(item)
            self._stop_after_failures()

        map_concurrently(take, items, at_once)

    def _stop_after_failures(self) -> None:
        if self._settings.fail_fast and any(item.error is not None for item in self._items):
            self._stopped.set()

    def _wait_for(self, items: Sequence[FleetItem]) -> None:
        waiter = FleetWaiter(self._api, self._organization if self._looks else None, self._context, self._report)
        waiter.wait_until_ready(items)
        self._stop_after_failures()

    def _report(self, ready: int, waited_for: int) -> None:
        failed = sum(item.error is not None for item in self._items)
        self._context.report_progress(
            f"{ready} of {ready + waited_for + failed} built, {waited_for} running, {failed} failed"
        )

    def _check_duplicates(self, created: Sequence[FleetItem]) -> None:
        """No lock reaches across control nodes: fail for each disk that another run has created too."""
        if not created or self._organization is None:
            return
        try:
            self._api.refresh(self._organization, self._first_look_after)
            self._api.raise_if_incomplete()
        except ApiError as error:
            self._context.warn_unseen("Whether another run created disks of these names too", error)
            return
        duplicated = [one for one in created if not one.reconciler.has_seen(self._api.ids_named(one.entry.label))]
        map_concurrently(lambda one: one.attempt(one.reconciler.check_duplicate), duplicated, MAX_CONCURRENT_READS)


def _find_missing(items: Sequence[FleetItem]) -> list[FleetItem]:
    return [item for item in items if item.is_pending and item.reconciler.is_missing]


def _passes(error: KatapultError) -> bool:
    """Whether the failure lies in what is at this moment, and not in what is described; it stops no other disk."""
    return (isinstance(error, ApiError) and error.transient) or error.details.code in CONDITIONS_OF_THE_DISK
