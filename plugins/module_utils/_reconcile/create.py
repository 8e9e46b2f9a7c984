# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creating exactly one disk (promise 4 of the collection): lost answers and twins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from .._api.endpoints import Created, DiskApi
from .._api.models import Disk
from .._core.errors import MAY_APPEAR, ApiError, KatapultError, Known, Report, failure
from .._core.file_lock import Notes
from .._core.polling import Waiter
from .._options.desired import Wanted
from .._plan.differences import Difference, differences
from .lookup import find_new, in_words, summary_of


class _AppearedError(Exception):
    """A disk of that name is there before the create was sent (again); C(unclear): it may be this run's own."""

    def __init__(self, disks: list[Disk], unclear: bool) -> None:
        super().__init__("appeared")
        self.disks = disks
        self.unclear = unclear


class Creator:
    """Makes the disk of a plan once, whatever happens to the answer."""

    def __init__(self, api: DiskApi, waiter: Waiter, warn: Callable[[str], None]) -> None:
        self._api = api
        self._waiter = waiter
        self._warn = warn
        self._unseen: ApiError | None = None

    def create(self, body: Mapping[str, Any], wanted: Wanted, known: frozenset[str], notes: Notes) -> Created | None:
        """Send the create with C(body); C(known) are the ids of the disks of that name which were there before.

        Where the answer is lost, the disk that has appeared since and is as asked for is returned without a task. None:
        another run made the disk before the create was sent. Raises KatapultError where there is none, or another.
        C(notes) hold the create from before it is sent until it is known what became of it; no C(finally) drops it, as
        none knows that.
        """
        name = str(wanted.name)

        def look_again(unclear: bool) -> None:
            """Minutes can pass before a create that has to wait is sent; another run may have made the disk."""
            new = find_new(self._api, self._waiter, wanted, known)
            if new:
                raise _AppearedError(new, unclear)
            notes.create_ended(name)
            notes.create_begun(name)

        notes.create_begun(name)
        try:
            made = self._api.create_disk(body, known, look_again)
        except _AppearedError as appeared:
            notes.create_ended(name)
            return self._appeared(wanted, appeared)
        except ApiError as error:
            if not error.report.ambiguous:
                notes.create_ended(name)
                raise
            new = self._look_for_new(error, wanted, known)
            if new:
                notes.create_ended(name)
            return Created(self._adopted(error, wanted, new), None)
        notes.create_ended(name)
        return self._of_that_name(made, wanted, known)

    def _appeared(self, wanted: Wanted, appeared: _AppearedError) -> Created | None:
        what = f"The create of '{wanted.name}' was refused for the moment."
        if appeared.unclear or not any(_unlike(wanted, disk) for disk in appeared.disks):
            lost = KatapultError(what, Report("create_unclear", ambiguous=True))
            return Created(self._adopted(lost, wanted, appeared.disks), None)
        self._warn(f"{what} Another run has made the disk since: {in_words(appeared.disks)}.")
        return None

    def _of_that_name(self, made: Created, wanted: Wanted, known: frozenset[str]) -> Created:
        """An answer with a disk of another name may be about another disk: that of the name is looked for."""
        if made.disk.name == wanted.name:
            return made
        what = f"The create of '{wanted.name}' was answered with the disk {made.disk.label}."
        lost = KatapultError(what, Report("unexpected_answer", ambiguous=True))
        new = self._look_for_new(lost, wanted, known)
        return Created(self._adopted(lost, wanted, new), None) if new else made

    def refuse_twin(self, disk: Disk, wanted: Wanted, known: frozenset[str]) -> None:
        """Fail where another run made a disk of the same name meanwhile: no lock reaches across control nodes."""
        try:
            twins = find_new(self._api, self._waiter, wanted, known | {disk.id})
        except KatapultError as error:
            self._warn(f"Whether another run created a disk '{disk.name}' too could not be seen. {error.message}")
            return
        if twins:
            raise failure(
                "twin_found",
                f"The disk '{disk.name}' was created as {disk.id}, and there is now also {in_words(twins)}.",
                detail={"disks": [summary_of(found) for found in (disk, *twins)]},
            )

    def _adopted(self, lost: KatapultError, wanted: Wanted, new: list[Disk]) -> Disk:
        """The one disk of C(new) that is as asked for; anything else is a failure."""
        if not new:
            seen = f"No disk '{wanted.name}' is there yet."
            if self._unseen is not None:
                seen = f"Whether a disk '{wanted.name}' is there could not be seen. {self._unseen.what}"
            raise _unclear(lost, f"{lost.what} {seen}")
        if len(new) > 1:
            raise _unclear(lost, f"{lost.what} There are {len(new)} new disks '{wanted.name}': {in_words(new)}.", new)
        unlike = _unlike(wanted, new[0])
        if unlike:
            listed = "; ".join(map(str, unlike))
            raise _unclear(lost, f"{lost.what} There is now {in_words(new)}, which differs: {listed}.", new)
        self._warn(
            f"{lost.what} The disk {new[0].id} of that name has appeared since, is as asked for, and is taken for the "
            "result."
        )
        return new[0]

    def _look_for_new(self, lost: KatapultError, wanted: Wanted, known: frozenset[str]) -> list[Disk]:
        return self._waiter.soon(lambda: self._new_or_none(lost, wanted, known), bool)

    def _new_or_none(self, lost: KatapultError, wanted: Wanted, known: frozenset[str]) -> list[Disk]:
        self._unseen = None
        try:
            return find_new(self._api, self._waiter, wanted, known)
        except KatapultError as error:
            if isinstance(error, ApiError) and error.transient:
                self._unseen = error
                return []
            raise _unclear(lost, f"{lost.what} Looking for the disk failed too: {error.what}") from error


def _unlike(wanted: Wanted, disk: Disk) -> tuple[Difference, ...]:
    return differences(replace(wanted, data_center=wanted.place), disk)


def _unclear(lost: KatapultError, what: str, disks: list[Disk] | None = None) -> KatapultError:
    """The failure of a create of which it is not known whether it made a disk."""
    report = replace(lost.report, detail=[summary_of(disk) for disk in disks]) if disks else lost.report
    code = "create_unclear" if disks else report.code
    error = KatapultError(what, replace(report, code=code, ambiguous=True))
    error.advice = error.advice if disks else MAY_APPEAR
    error.known = Known(disk=disks[0].payload) if disks and len(disks) == 1 else Known()
    return error
