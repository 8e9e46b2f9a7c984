# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an option refers to must be there before anything is written: data center, I/O profile, virtual machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from copy import copy
from dataclasses import replace
from typing import Any, TypeVar

from .._api.models import Lookup, Machine
from .._core.errors import ApiError, KatapultError, NotPermittedError, error_for
from .._options.disk import DesiredDisk
from .run import RunContext, no_progress

T = TypeVar("T")

MISSING = frozenset({"data_center_not_found", "disk_io_profile_not_found", "virtual_machine_not_found"})


class ReferenceChecker:
    """Looks up what disks refer to, as far as the token may: each thing once, for however many disks."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._api = context.api
        self._looks = _Once()

    def check(self, desired: DesiredDisk) -> None:
        """Fail as the create would where a data center, a profile or a virtual machine is not there."""
        if desired.data_center is not None:
            self._check_data_center(desired.data_center)
        elif desired.default_data_center is not None:
            self._check_data_center(desired.default_data_center, ", which KATAPULT_DATA_CENTER names")
        self.check_io_profile(desired)
        machine = self._look("virtual_machine", desired.virtual_machine, self._api.get_virtual_machine)
        _check_same_data_center(desired, machine)

    def explain_not_found(self, error: ApiError, desired: DesiredDisk) -> KatapultError | None:
        """The failure of check mode for what the service has not found and does not name; None where it is there.

        It keeps of `error`, the service's, what tells the request.
        """
        if error.details.code not in MISSING:
            return None
        try:
            ReferenceChecker(replace(self._context, warn=no_progress)).check(desired)
        except KatapultError as found:
            if found.details.code in MISSING:
                details = replace(error.details, code=found.details.code, detail=found.details.detail)
                return found.copy_with(details=details)
        return None

    def check_io_profile(self, desired: DesiredDisk) -> None:
        """Fail where the I/O profile is not there."""

        def check(lookup: Lookup) -> None:
            if desired.organization is not None:
                profiles = self._api.list_io_profiles(desired.organization)
                _raise_if_missing("disk_io_profile_not_found", "disk I/O profile", lookup, profiles)

        self._look("io_profile", desired.io_profile, check)

    def _check_data_center(self, lookup: Lookup, source: str = "") -> None:
        def check(lookup: Lookup) -> None:
            rows = self._api.list_data_centers()
            _raise_if_missing("data_center_not_found", "data center", lookup, rows, source)

        self._look(f"data_center{source}", lookup, check)

    def _look(self, kind: str, lookup: Lookup | None, check: Callable[[Lookup], T]) -> T | None:
        """What `check` gives; None if there is nothing to look for, or if the token may not look."""
        if lookup is None:
            return None

        def look() -> T | None:
            try:
                return check(lookup)
            except NotPermittedError as error:
                self._context.warn_unseen(f"Whether {lookup} is there", error)
                return None

        found: T | None = self._looks.do((kind, lookup), look)
        return found


class _Once:
    """Does things once, whichever thread comes first with them; the failure of one is raised for all."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._begun: dict[tuple[str, Lookup], Future[Any]] = {}

    def do(self, key: tuple[str, Lookup], work: Callable[[], Any]) -> Any:
        with self._changing:
            is_first = key not in self._begun
            done = self._begun.setdefault(key, Future())
        if is_first:
            try:
                done.set_result(work())
            except KatapultError as error:
                done.set_exception(error)
            finally:
                if not done.done():
                    done.set_result(None)
        failed = done.exception()
        if failed is not None:
            raise copy(failed)
        return done.result()


def _check_same_data_center(desired: DesiredDisk, machine: Machine | None) -> None:
    """A disk is created in the data center of its virtual machine; the service refuses any other."""
    place, there = desired.data_center, machine.data_center if machine else None
    if place is not None and place.has_key(there) and not place.matches(there):
        raise error_for(
            "validation_error",
            f"The disk '{desired.name}' can't be created in the data center {place}, because its virtual machine "
            f"{desired.virtual_machine} is in {there[place.key] if there else 'another'}.",
        )


def _raise_if_missing(code: str, kind: str, lookup: Lookup, rows: list[Mapping[str, Any]], source: str = "") -> None:
    if not any(lookup.matches(row) for row in rows):
        there = ", ".join(sorted(str(row.get("permalink")) for row in rows))
        raise error_for(code, f"There is no {kind} with {lookup.key} {lookup}{source}. There are: {there or 'none'}.")
