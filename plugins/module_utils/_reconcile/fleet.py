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

from .._api.disk_list import FleetApi
from .._api.models import Lookup
from .._core.errors import ApiError, InternalError, KatapultError, OptionError, failure
from .._core.file_lock import Notes, TooFewHandlesError, most_locked
from .._core.parallel import in_parallel
from .._core.polling import Waiter
from .._options.disk import needed_organization
from .._options.fleet import MOST_AT_ONCE, Description
from .absent import Absence
from .fleet_item import Entry
from .fleet_result import FleetError, FleetResult
from .fleet_wait import READS_AT_ONCE, FleetWaiter
from .present import Presence
from .references import References
from .run import Surroundings
from .wait import told_to_nobody

CONDITIONS_OF_THE_DISK = frozenset({"disk_failed", "attachment_failed"})


@dataclass(frozen=True)
class Conduct:
    """How a fleet is worked on: C(concurrency) writes at once, and C(fail_fast) to begin none after a failure.

    Creates have no more threads than that. Changes, which mostly wait, may have more.
    """

    absent: bool = False
    concurrency: int = 8
    fail_fast: bool = False


class Fleet:
    """Makes sure of many disks."""

    def __init__(
        self, descriptions: Sequence[Description], api: FleetApi, around: Surroundings, conduct: Conduct
    ) -> None:
        self._api = api
        self._around = around
        self._around_one = replace(around, tell=told_to_nobody)
        self._conduct = conduct
        self._references = References(api, around.warn)
        self._entries = [Entry(description, self._life_of(description)) for description in descriptions]
        self._looks = any(description.wanted.id is None for description in descriptions)
        self._organization = descriptions[0].wanted.organization if descriptions else None
        self._first_look_after = 0
        self._stopped = threading.Event()
        # After a failure none shall begin, so that no more may have begun before it than write at once.
        at_once = conduct.concurrency if conduct.fail_fast else MOST_AT_ONCE
        # Each that is changed holds a lock.
        self._at_once = min(at_once, most_locked())

    def ensure(self) -> FleetResult:
        """All disks as they are described. Raises KatapultError: FleetError where only some of them are."""
        with self._telling_of_all():
            self._look()
            self._refuse_impossible()
            self._create()
            self._bring()
        result = FleetResult(self._entries)
        failed = sum(entry.error is not None for entry in self._entries)
        if failed:
            raise FleetError("fleet_failed", f"{failed} of {len(self._entries)} disks failed.", result)
        return result

    @contextmanager
    def _telling_of_all(self) -> Iterator[None]:
        """What nothing foresaw, and what is not of one disk alone, ends the task: what was begun has failed then."""
        try:
            with self._around.catching_the_unforeseen():
                yield
        except InternalError as error:
            for entry in self._entries:
                if entry.goes_on and entry.has_changed:
                    entry.error = copy(error)
            raise FleetError("internal_error", error.what, FleetResult(self._entries)) from error

    def _life_of(self, description: Description) -> Presence | Absence:
        if self._conduct.absent:
            return Absence(description.wanted, self._around_one, force=description.force, purge=description.purge)
        return Presence(description.wanted, self._around_one, self._references)

    def _look(self) -> None:
        """See what is there, and what can be foreseen of what is described."""
        if self._looks:
            self._try_for([entry for entry in self._entries if entry.description.wanted.id is None], self._look_at_list)
        in_parallel(self._look_at, [entry for entry in self._entries if entry.goes_on], READS_AT_ONCE)

    def _look_at_list(self) -> None:
        self._api.look(self._needed_organization())

    def _try_for(self, entries: Sequence[Entry], act: Callable[[], None]) -> None:
        """Do what all C(entries) need. Where it fails, they fail."""
        try:
            act()
        except (FleetError, OptionError):
            raise
        except KatapultError as error:
            for entry in entries:
                entry.error = entry.error or copy(error)

    def _needed_organization(self) -> Lookup:
        return needed_organization(self._organization, "look up, create or rename disks by name")

    def _look_at(self, entry: Entry) -> None:
        life, name = entry.life, entry.life.wanted.name

        def look() -> None:
            life.look(None if name is None else self._api.named(name))
            life.refuse_impossible()

        entry.attempt(look)

    def _refuse_impossible(self) -> None:
        """Raise FleetError before the first write where an entry describes what can't be."""
        self._refuse_one_disk_twice()
        self._stop_after_failures()
        if any(entry.error is not None and not _passes(entry.error) for entry in self._entries):
            failed = sum(entry.error is not None for entry in self._entries)
            raise FleetError(
                "fleet_refused",
                f"{failed} of {len(self._entries)} disks can't be brought to what is described.",
                FleetResult(self._entries),
            )

    def _refuse_one_disk_twice(self) -> None:
        seen: dict[str, Entry] = {}
        for entry in self._entries:
            disk = entry.life.run.progress.disk
            first = seen.setdefault(disk.id, entry) if disk else entry
            if disk is not None and first is not entry and entry.error is None:
                what = f"{entry.description.where} is the disk {disk.label}, as {first.description.where} is."
                entry.error = failure("described_twice", what)

    def _create(self) -> None:
        """Create what a second look misses too: another task may have created it before the names were locked."""
        missing, most, is_first = self._missing(), most_locked(), True
        if not missing or self._around.predicts:
            return
        while missing:
            some = missing[:most]
            try:
                self._try_for(some, partial(self._create_some, some, is_first=is_first))
            except TooFewHandlesError:
                most = len(some) // 2
                continue
            missing, is_first = missing[most:], False
        self._first_look_after = self._api.next_look

    def _create_some(self, missing: Sequence[Entry], *, is_first: bool) -> None:
        with self._around.locked(*(entry.description.label for entry in missing), or_fewer=True) as notes:
            self._look_again(missing)
            self._look_for_what_was_left_behind(missing, notes)
            if is_first:
                self._refuse_impossible()
            create = partial(Entry.create, notes=notes)
            at_once = min(self._conduct.concurrency, self._at_once)
            self._for_each([entry for entry in missing if entry.goes_on and entry.is_missing], create, at_once)

    def _missing(self) -> list[Entry]:
        return [entry for entry in self._entries if entry.goes_on and entry.is_missing]

    def _look_again(self, missing: Sequence[Entry]) -> None:
        self._look_at_list()
        appeared = [entry for entry in missing if entry.sees_others(self._api.ids_named(entry.description.label))]
        in_parallel(self._look_at, appeared, READS_AT_ONCE)

    def _look_for_what_was_left_behind(self, missing: Sequence[Entry], notes: Notes) -> None:
        """The disks of a run that died while their creates were on the way may appear only now."""
        left = [entry for entry in missing if notes.left_behind(entry.description.label)]

        def are_there(_looked: None = None) -> bool:
            return not any(entry.goes_on and entry.is_missing for entry in left)

        if not are_there():
            waiter = Waiter(self._around.clock, self._around.deadline).patient()
            waiter.soon(partial(self._look_again, left), are_there)
        for entry in left:
            entry.take_what_was_left_behind(notes)

    def _bring(self) -> None:
        """Change what is there while what is under way is waited for; then do what had to wait for that."""
        going_on = [entry for entry in self._entries if entry.goes_on]
        waits = self._around.wait and not self._around.predicts
        waited_for = [entry for entry in going_on if waits and entry.is_under_way]
        others = [entry for entry in going_on if not entry.is_under_way or not (waits or entry.is_created)]
        jobs = [partial(self._for_each, others, Entry.conclude, self._at_once), partial(self._wait_for, waited_for)]
        # In this order where no second thread can be had: what changes would else stand still as long as is waited.
        in_parallel(_do, jobs if waited_for else jobs[:1], 2)
        self._refuse_twins([entry for entry in going_on if entry.goes_on and entry.is_created])
        self._for_each([entry for entry in going_on if entry.goes_on], Entry.conclude, self._at_once)

    def _for_each(self, entries: Sequence[Entry], stage: Callable[[Entry], None], at_once: int) -> None:
        in_parallel(partial(self._take, stage), entries, at_once)

    def _take(self, stage: Callable[[Entry], None], entry: Entry) -> None:
        if self._stopped.is_set() and not entry.has_changed:
            entry.held_back = True
            return
        stage(entry)
        self._stop_after_failures()

    def _stop_after_failures(self) -> None:
        if self._conduct.fail_fast and any(entry.error is not None for entry in self._entries):
            self._stopped.set()

    def _wait_for(self, entries: Sequence[Entry]) -> None:
        around = self._around
        waiter = Waiter(around.clock, around.deadline)
        FleetWaiter(
            self._api, self._organization if self._looks else None, around.clock, waiter, self._tell
        ).until_ready(entries)
        self._stop_after_failures()

    def _tell(self, ready: int, waited_for: int) -> None:
        failed = sum(entry.error is not None for entry in self._entries)
        self._around.tell(f"{ready} of {ready + waited_for + failed} built, {waited_for} running, {failed} failed")

    def _refuse_twins(self, created: Sequence[Entry]) -> None:
        """No lock reaches across control nodes: fail for each disk that another run has created too."""
        if not created or self._organization is None:
            return
        try:
            self._api.look(self._organization, self._first_look_after)
            self._api.refuse_incomplete()
        except ApiError as error:
            self._around.warn(
                f"Whether another run created disks of these names too could not be seen. {error.message}"
            )
            return
        in_parallel(self._refuse_twin, created, READS_AT_ONCE)

    def _refuse_twin(self, entry: Entry) -> None:
        entry.refuse_twin(self._api.ids_named(entry.description.label))


def _do(job: Callable[[], None]) -> None:
    job()


def _passes(error: KatapultError) -> bool:
    """Whether the failure lies in what is at this moment, and not in what is described; it stops no other disk."""
    return (isinstance(error, ApiError) and error.transient) or error.report.code in CONDITIONS_OF_THE_DISK
