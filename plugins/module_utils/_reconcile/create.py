# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creating exactly one disk (promise 4 of the collection): lost answers and duplicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .._api.endpoints import Created
from .._api.models import Disk, find_device
from .._core.errors import MAY_APPEAR, ApiError, KatapultError, error_for
from .._core.file_lock import CreateNotes
from .._options.disk import DesiredDisk
from .._plan.comparison import Difference, find_differences
from .lookup import UnknownDisks, describe_disks, find_unknown, summarize
from .references import ReferenceChecker
from .run import RunContext


class _AppearedError(Exception):
    """A disk of that name is there before the create was sent (again); `unclear`: it may be this run's own."""

    def __init__(self, disks: list[Disk], unclear: bool) -> None:
        super().__init__("appeared")
        self.disks = disks
        self.unclear = unclear


class DiskCreator:
    """Makes the disk of a plan once, whatever happens to the answer."""

    def __init__(self, context: RunContext, references: ReferenceChecker | None = None) -> None:
        """`references` are those of a fleet, which looks at each thing once for all its disks."""
        self._context = context
        self.references = references or ReferenceChecker(context)
        self._unseen: ApiError | None = None

    def create(
        self, body: Mapping[str, Any], desired: DesiredDisk, known: frozenset[str], notes: CreateNotes
    ) -> Created | None:
        """Send the create with `body`; `known` are the ids of the disks of that name which were there before.

        Where the answer is lost, the disk that has appeared since and is as asked for is returned without a task. None:
        another run made the disk before the create was sent. Raises KatapultError where there is none, or another.
        `notes` hold the create from before it is sent until it is known what became of it; no `finally` drops it, as
        none knows that.
        """
        name = str(desired.name)

        def recheck(unclear: bool) -> None:
            """Minutes can pass before a create that has to wait is sent; another run may have made the disk."""
            new = self._find_new(desired, known)
            if new:
                raise _AppearedError(new, unclear)
            notes.clear_create(name)
            notes.note_create(name)

        notes.note_create(name)
        try:
            made = self._context.api.create_disk(body, known, recheck)
        except _AppearedError as appeared:
            notes.clear_create(name)
            summary = f"The create of '{name}' was refused for the moment."
            if not appeared.unclear and any(_unlike(desired, disk) for disk in appeared.disks):
                self._context.warn(f"{summary} Another run has made the disk since: {describe_disks(appeared.disks)}.")
                return None
            return self._adopted(error_for("create_unclear", summary, ambiguous=True), desired, appeared.disks)
        except ApiError as error:
            if not error.details.ambiguous:
                notes.clear_create(name)
                raise
            new = self._look_for_new(error, desired, known)
            if new:
                notes.clear_create(name)
            return self._adopted(error, desired, new)
        notes.clear_create(name)
        return self._of_that_name(made, desired, known)

    def _of_that_name(self, made: Created, desired: DesiredDisk, known: frozenset[str]) -> Created:
        """An answer with a disk of another name may be about another disk: that of the name is looked for."""
        if made.disk.name == desired.name:
            return made
        summary = f"The create of '{desired.name}' was answered with the disk {made.disk.label}."
        lost = error_for("unexpected_answer", summary, ambiguous=True)
        new = self._look_for_new(lost, desired, known)
        return self._adopted(lost, desired, new) if new else made

    def find_duplicates(self, disk: Disk, desired: DesiredDisk, known: frozenset[str]) -> UnknownDisks:
        """The disks of the same name that other runs made meanwhile: no lock reaches across control nodes.

        A look that fails is a warning.
        """
        try:
            return find_unknown(self._context.api, self._context.poller, desired, known | {disk.id})
        except KatapultError as error:
            self._context.warn_unseen(f"Whether another run created a disk '{disk.name}' too", error)
            return UnknownDisks([], [])

    def _adopted(self, lost: KatapultError, desired: DesiredDisk, new: list[Disk]) -> Created:
        """The one disk of `new` that is as asked for, without a task; anything else is a failure."""
        if not new:
            seen = f"No disk '{desired.name}' is there yet."
            if self._unseen is not None:
                seen = f"Whether a disk '{desired.name}' is there could not be seen. {self._unseen.summary}"
            raise _unclear(lost, seen)
        if len(new) > 1:
            raise _unclear(lost, f"There are {len(new)} new disks '{desired.name}': {describe_disks(new)}.", new)
        unlike = _unlike(desired, new[0])
        if unlike:
            listed = "; ".join(map(str, unlike))
            raise _unclear(lost, f"There is now {describe_disks(new)}, which differs: {listed}.", new)
        self._context.warn(
            f"{lost.summary} The disk {new[0].id} of that name has appeared since, is as asked for, and is taken for "
            "the result."
        )
        return Created(new[0], None)

    def _look_for_new(self, lost: KatapultError, desired: DesiredDisk, known: frozenset[str]) -> list[Disk]:
        def look() -> list[Disk]:
            self._unseen = None
            try:
                return self._find_new(desired, known)
            except KatapultError as error:
                if isinstance(error, ApiError) and error.transient:
                    self._unseen = error
                    return []
                raise _unclear(lost, f"Looking for the disk failed too: {error.summary}") from error

        return self._context.poller.poll_briefly(look, bool)

    def _find_new(self, desired: DesiredDisk, known: frozenset[str]) -> list[Disk]:
        return find_unknown(self._context.api, self._context.poller, desired, known).disks


def raise_if_duplicated(disk: Disk, duplicates: Sequence[Disk]) -> None:
    """Raise KatapultError for the disks that other runs made beside this run's own."""
    if duplicates:
        raise error_for(
            "duplicate_created",
            f"The disk '{disk.name}' was created as {disk.id}, and there is now also {describe_disks(duplicates)}.",
            detail={"disks": [summarize(found) for found in (disk, *duplicates)]},
        )


def _unlike(desired: DesiredDisk, disk: Disk) -> tuple[Difference, ...]:
    return find_differences(replace(desired, data_center=desired.lookup_data_center), disk)


def _unclear(lost: KatapultError, seen: str, disks: Sequence[Disk] = ()) -> KatapultError:
    """The failure of a create of which it is not known whether it made a disk; `disks` are those that are there."""
    summary = f"{lost.summary} {seen}"
    if not disks:
        return KatapultError(summary, replace(lost.details, ambiguous=True), hint=MAY_APPEAR)
    details = replace(lost.details, code="create_unclear", detail=[summarize(disk) for disk in disks], ambiguous=True)
    known = {"disk": disks[0].payload, "device": find_device(disks[0].payload)} if len(disks) == 1 else None
    return KatapultError(summary, details, known=known)
