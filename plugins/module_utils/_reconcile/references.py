# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an option refers to must be there before anything is written: data center, I/O profile, virtual machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from copy import copy
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from .._api.endpoints import DiskApi
from .._api.models import Lookup, Machine
from .._core.errors import ApiError, KatapultError, NotPermittedError, failure
from .._options.desired import Wanted
from .._plan.steps import Step, uses_io_profile

T = TypeVar("T")

MISSING = frozenset({"data_center_not_found", "disk_io_profile_not_found", "virtual_machine_not_found"})


class References:
    """Looks up what disks refer to, as far as the token may: each thing once, for however many disks."""

    def __init__(self, api: DiskApi, warn: Callable[[str], None]) -> None:
        self._api = api
        self._warn = warn
        self._looks = _Once()

    def refuse_unknown(self, wanted: Wanted) -> None:
        """Fail as the create would where a data center, a profile or a virtual machine is not there."""
        self._look_if_allowed("data_center", wanted.data_center, self._refuse_data_center)
        usual = None if wanted.data_center else wanted.usual_data_center
        self._look_if_allowed("usual_data_center", usual, self._refuse_usual_data_center)
        self._refuse_unknown_profile(wanted)
        machine = self._look_if_allowed("virtual_machine", wanted.virtual_machine, self._api.machine)
        _refuse_elsewhere(wanted, machine)

    def refuse_unknown_profile(self, wanted: Wanted, steps: Iterable[Step]) -> None:
        """Fail before the first of C(steps) where one of them needs a profile that is not there."""
        if any(uses_io_profile(step) for step in steps):
            self._refuse_unknown_profile(wanted)

    def _refuse_unknown_profile(self, wanted: Wanted) -> None:
        self._look_if_allowed("io_profile", wanted.io_profile, lambda lookup: self._refuse_io_profile(wanted, lookup))

    def _look_if_allowed(self, kind: str, lookup: Lookup | None, check: Callable[[Lookup], T]) -> T | None:
        """What C(check) gives; None if there is nothing to look for, or if the token may not look."""
        return None if lookup is None else self._looks.do((kind, lookup), partial(self._look, lookup, check))

    def _look(self, lookup: Lookup, check: Callable[[Lookup], T]) -> T | None:
        try:
            return check(lookup)
        except NotPermittedError as error:
            self._warn(f"Whether {lookup} is there could not be seen. {error.message}")
            return None

    def _refuse_data_center(self, lookup: Lookup) -> None:
        _refuse_missing("data_center_not_found", "data center", lookup, self._api.data_centers())

    def _refuse_usual_data_center(self, lookup: Lookup) -> None:
        rows = self._api.data_centers()
        _refuse_missing("data_center_not_found", "data center", lookup, rows, ", which KATAPULT_DATA_CENTER names")

    def _refuse_io_profile(self, wanted: Wanted, lookup: Lookup) -> None:
        if wanted.organization is not None:
            profiles = self._api.io_profiles(wanted.organization)
            _refuse_missing("disk_io_profile_not_found", "disk I/O profile", lookup, profiles)


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


def foreseeable(error: ApiError, wanted: Wanted, api: DiskApi) -> KatapultError | None:
    """The failure of check mode for what the service has not found and does not name; None where a look finds no such.

    It keeps of C(error), the service's, what tells the request.
    """
    if error.report.code not in MISSING:
        return None
    try:
        References(api, lambda _warning: None).refuse_unknown(wanted)
    except KatapultError as found:
        if found.report.code in MISSING:
            found.report = replace(error.report, code=found.report.code, detail=found.report.detail)
            return found
    return None


def _refuse_elsewhere(wanted: Wanted, machine: Machine | None) -> None:
    """A disk is created in the data center of its virtual machine; the service refuses any other."""
    place, there = wanted.data_center, machine.data_center if machine else None
    if place is not None and place.is_told_by(there) and not place.selects(there):
        raise failure(
            "validation_error",
            f"The disk '{wanted.name}' can't be created in the data center {place}, because its virtual machine "
            f"{wanted.virtual_machine} is in {there[place.key] if there else 'another'}.",
        )


def _refuse_missing(code: str, kind: str, lookup: Lookup, rows: list[Mapping[str, Any]], source: str = "") -> None:
    if not any(lookup.selects(row) for row in rows):
        there = ", ".join(sorted(str(row.get("permalink")) for row in rows))
        raise failure(code, f"There is no {kind} with {lookup.key} {lookup}{source}. There are: {there or 'none'}.")
