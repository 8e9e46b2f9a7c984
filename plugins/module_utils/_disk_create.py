# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creating exactly one disk (promise 4 of the collection): lost answers, twins, and what check mode can tell before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.katapult.cloud.plugins.module_utils._clock import Clock, Deadline
from ansible_collections.katapult.cloud.plugins.module_utils._disk import Disk, Lookup, Wanted
from ansible_collections.katapult.cloud.plugins.module_utils._disk_api import Created, DiskApi
from ansible_collections.katapult.cloud.plugins.module_utils._disk_lookup import find_new, in_words, summary_of
from ansible_collections.katapult.cloud.plugins.module_utils._disk_options import differences
from ansible_collections.katapult.cloud.plugins.module_utils._disk_plan import CreateDisk
from ansible_collections.katapult.cloud.plugins.module_utils._errors import (
    MAY_APPEAR,
    ApiError,
    KatapultError,
    Known,
    NotPermittedError,
    Report,
    failure,
)

LOOK_FOR = 10.0
FIRST_PAUSE = 0.5


class _AppearedError(Exception):
    """A disk of that name is there before the create was sent again."""

    def __init__(self, disks: list[Disk]) -> None:
        super().__init__("appeared")
        self.disks = disks


class Creator:
    """Makes the disk of a plan once, whatever happens to the answer."""

    def __init__(self, api: DiskApi, clock: Clock, deadline: Deadline, warn: Callable[[str], None]) -> None:
        self._api = api
        self._clock = clock
        self._deadline = deadline
        self._warn = warn

    def create(self, step: CreateDisk, wanted: Wanted, known: frozenset[str]) -> Created:
        """Carry out C(step); C(known) are the ids of the disks of that name which were there before.

        Where the answer is lost, or the create is refused for a while, the disk that has appeared since and is as asked
        for is returned without a task. Raises KatapultError where there is none, or another.
        """

        def look_again() -> None:
            """Minutes can pass before a create that was refused is sent again; another run may have made the disk."""
            new = find_new(self._api, wanted, known)
            if new:
                raise _AppearedError(new)

        try:
            return self._api.create_disk(step.body, look_again)
        except _AppearedError as appeared:
            what = f"The create of '{wanted.name}' was refused for the moment."
            lost = KatapultError(what, Report("create_unclear", ambiguous=True))
            return Created(self._adopted(lost, wanted, appeared.disks), None)
        except ApiError as error:
            if not error.report.ambiguous:
                raise
            return Created(self._adopted(error, wanted, self._look_for_new(error, wanted, known)), None)

    def refuse_twin(self, disk: Disk, wanted: Wanted, known: frozenset[str]) -> None:
        """Fail where another run made a disk of the same name meanwhile: no lock reaches across control nodes."""
        try:
            twins = find_new(self._api, wanted, known | {disk.id})
        except ApiError as error:
            self._warn(f"Whether another run created a disk '{disk.name}' too could not be seen. {error.message}")
            return
        if twins:
            raise failure(
                "twin_found",
                f"The disk '{disk.name}' was created as {disk.id}, and there is now also {in_words(twins)}.",
                detail={"disks": [summary_of(found) for found in (disk, *twins)]},
            )

    def refuse_unknown_references(self, wanted: Wanted) -> None:
        """In check mode: fail as the service would where a data center, a profile or a virtual machine is not there."""
        checks = (
            (wanted.place, self._refuse_data_center),
            (wanted.io_profile, lambda lookup: self._refuse_io_profile(wanted, lookup)),
            (wanted.virtual_machine, self._api.power),
        )
        for lookup, check in checks:
            if lookup is not None:
                self._look_if_allowed(check, lookup)

    def _look_if_allowed(self, check: Callable[[Lookup], Any], lookup: Lookup) -> None:
        try:
            check(lookup)
        except NotPermittedError as error:
            self._warn(f"Check mode could not see whether {lookup} is there. {error.message}")

    def _refuse_data_center(self, lookup: Lookup) -> None:
        _refuse_missing("data_center_not_found", "data center", lookup, self._api.data_centers())

    def _refuse_io_profile(self, wanted: Wanted, lookup: Lookup) -> None:
        if wanted.organization is not None:
            profiles = self._api.io_profiles(wanted.organization)
            _refuse_missing("disk_io_profile_not_found", "disk I/O profile", lookup, profiles)

    def _adopted(self, lost: KatapultError, wanted: Wanted, new: list[Disk]) -> Disk:
        """The one disk of C(new) that is as asked for; anything else is a failure."""
        if not new:
            raise _unclear(lost, f"{lost.what} No disk '{wanted.name}' is there yet.")
        if len(new) > 1:
            raise _unclear(lost, f"{lost.what} There are {len(new)} new disks '{wanted.name}': {in_words(new)}.", new)
        unlike = differences(replace(wanted, data_center=wanted.place), new[0])
        if unlike:
            listed = "; ".join(map(str, unlike))
            raise _unclear(lost, f"{lost.what} There is now {in_words(new)}, which differs: {listed}.", new)
        self._warn(
            f"{lost.what} The disk {new[0].id} of that name has appeared since, is as asked for, and is taken for the "
            "result."
        )
        return new[0]

    def _look_for_new(self, lost: KatapultError, wanted: Wanted, known: frozenset[str]) -> list[Disk]:
        self._deadline.start()
        pause = FIRST_PAUSE
        with self._deadline.at_most(LOOK_FOR):
            while True:
                new = self._new_or_none(lost, wanted, known)
                left = self._deadline.remaining()
                if new or left <= 0:
                    return new
                self._clock.sleep(min(pause * self._clock.jitter(), left))
                pause *= 2

    def _new_or_none(self, lost: KatapultError, wanted: Wanted, known: frozenset[str]) -> list[Disk]:
        try:
            return find_new(self._api, wanted, known)
        except ApiError as error:
            if error.transient:
                return []
            raise _unclear(lost, f"{lost.what} Looking for the disk failed too: {error.what}") from error


def _refuse_missing(code: str, kind: str, lookup: Lookup, rows: list[Mapping[str, Any]]) -> None:
    if not any(lookup.selects(row) for row in rows):
        there = ", ".join(sorted(str(row.get("permalink")) for row in rows))
        raise failure(code, f"There is no {kind} with {lookup.key} {lookup}. There are: {there or 'none'}.")


def _unclear(lost: KatapultError, what: str, disks: list[Disk] | None = None) -> KatapultError:
    """The failure of a create of which it is not known whether it made a disk."""
    report = replace(lost.report, detail=[summary_of(disk) for disk in disks]) if disks else lost.report
    code = "create_unclear" if disks else report.code
    error = KatapultError(what, replace(report, code=code, ambiguous=True))
    error.advice = error.advice if disks else MAY_APPEAR
    error.known = Known(disk=disks[0].payload) if disks and len(disks) == 1 else Known()
    return error
