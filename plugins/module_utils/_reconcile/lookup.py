# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding the disk that a name means (promise 1 of the collection: found by name)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from .._api.endpoints import KatapultApi
from .._api.models import Disk
from .._api.pagination import Row, RowList
from .._core.errors import DiskNotFoundError, InTrashError, KatapultError, error_for, join_some
from .._core.parallel import map_concurrently
from .._core.polling import Poller
from .._options.disk import DesiredDisk, require_organization

# Disks in a message or a detail: a screen full.
MAX_LISTED = 20


@dataclass(frozen=True)
class LookupResult:
    """What a look by name saw: the disk that is meant, others of that name elsewhere, and the ids of all."""

    disk: Disk | None
    elsewhere: tuple[Disk, ...] = ()
    ids: frozenset[str] = frozenset()


def find_by_name(api: KatapultApi, poller: Poller, desired: DesiredDisk, listed: RowList | None = None) -> LookupResult:
    """The disk that `desired.name` means. `listed`: the rows of that name, where they were listed already.

    Raises KatapultError where several are meant, where what is listed can't be read, and where none is seen in a list
    that is known to be incomplete.
    """
    seen = _read_listed(api, poller, desired, listed=listed)
    here = [disk for disk in seen.disks if _is_match(disk, desired)]
    if not here and seen.ids and not seen.listing.is_certain:
        # For want of any row of the name the list would have been read twice.
        seen = seen.united_with(_read_listed(api, poller, desired))
        here = [disk for disk in seen.disks if _is_match(disk, desired)]
    if len(here) > 1:
        raise _ambiguous_error(desired, here)
    if not here:
        seen.listing.raise_if_incomplete()
    elsewhere = tuple(disk for disk in seen.disks if disk not in here)
    return LookupResult(here[0] if here else None, elsewhere, frozenset(seen.ids))


class UnknownDisks(NamedTuple):
    """The disks of a name that were not known before, and the rows of the list for all disks of that name."""

    disks: list[Disk]
    rows: list[Row]


def find_unknown(api: KatapultApi, poller: Poller, desired: DesiredDisk, known: frozenset[str]) -> UnknownDisks:
    """The disks that `desired.name` means and whose ids are not among `known`.

    Raises KatapultError where what is listed can't be read, and where there is none in a list that is known to be
    incomplete.
    """
    seen = _read_listed(api, poller, desired, known)
    new = [disk for disk in seen.disks if _is_match(disk, desired)]
    if not new:
        seen.listing.raise_if_incomplete()
    return UnknownDisks(new, seen.listing.rows)


def warn_about_namesakes(warn: Callable[[str], None], desired: DesiredDisk, found: LookupResult) -> None:
    """Say that there are disks of that name elsewhere, which are not meant."""
    if found.elsewhere:
        warn(
            f"A disk '{desired.name}' exists in another data center than {desired.lookup_data_center}: "
            f"{describe_disks(found.elsewhere)}. It is another disk."
        )


def raise_if_name_taken(api: KatapultApi, poller: Poller, desired: DesiredDisk, disk_id: str) -> None:
    """Raise KatapultError where another disk has the name that the disk shall get."""
    seen = _read_listed(api, poller, desired, {disk_id})
    others = seen.disks[:MAX_LISTED]
    if others:
        raise error_for(
            "name_taken",
            f"The disk {disk_id} can't be named '{desired.name}', the name of {describe_disks(others)}.",
            detail={"disks": [summarize(other) for other in others]},
        )
    seen.listing.raise_if_incomplete()


def summarize(disk: Disk) -> dict[str, Any]:
    """What tells a disk from others of its name."""
    data_center = disk.payload.get("data_center")
    machine = disk.attachment.virtual_machine if disk.attachment else {}
    return {
        "id": disk.id,
        "name": disk.name,
        "size_in_gb": disk.payload.get("size_in_gb"),
        "data_center": data_center.get("permalink") if isinstance(data_center, dict) else None,
        "virtual_machine": machine.get("fqdn") or machine.get("id"),
    }


def describe_disks(disks: Iterable[Disk]) -> str:
    """Disks of one name as one sentence part each."""
    parts = []
    for summary in map(summarize, disks):
        machine = summary["virtual_machine"]
        place = f"in {summary['data_center'] or 'an unknown data center'}"
        use = f"on {machine}" if machine else "unassigned"
        parts.append(f"{summary['id']} ({summary['size_in_gb']} GB, {place}, {use})")
    return "; ".join(parts)


class _Reading(NamedTuple):
    """A list of one name: the ids, the disks that could be read of them, and the ids that the service did not find."""

    listing: RowList
    ids: list[str]
    disks: list[Disk]
    lost: list[str]

    def united_with(self, later: _Reading) -> _Reading:
        """What both have seen, each disk as it was last."""
        disks = {disk.id: disk for disk in (*self.disks, *later.disks)}
        return _Reading(later.listing, list({*self.ids, *later.ids}), list(disks.values()), later.lost)


def _read_listed(
    api: KatapultApi,
    poller: Poller,
    desired: DesiredDisk,
    known: Collection[str] = (),
    listed: RowList | None = None,
) -> _Reading:
    """All disks of the name but those of `known`, and those in the trash. `listed`: as find_by_name() has it.

    A listed disk that is not found proves nothing: list and disk are looked at again for some seconds.
    """
    at_hand = [] if listed is None else [listed]

    def look() -> _Reading:
        if at_hand:
            listing = at_hand.pop()
        else:
            organization = require_organization(desired.organization, "look up, create or rename a disk by name")
            listing = api.list_disks_named(organization, desired.name or "")
        ids = [row["id"] for row in listing.rows if row["id"] not in known]
        return _Reading(listing, ids, *read_disks(api, ids))

    seen = poller.check_then_poll(look, lambda reading: not reading.lost)
    if seen.lost:
        raise error_for(
            "unexpected_answer",
            f"The organization's list has the disk {seen.lost[0]} named '{desired.name}', but the service does not "
            "find that disk, so it is not known whether there is one.",
            detail={"listed": seen.lost},
        )
    return seen


def read_disks(api: KatapultApi, ids: Iterable[str]) -> tuple[list[Disk], list[str]]:
    """The disks of a list without those in the trash, and the ids of those that the service does not find."""
    lost: list[str] = []

    def read(disk_id: str) -> Disk | None:
        try:
            return api.get_disk(disk_id)
        except InTrashError:
            return None
        except DiskNotFoundError:
            lost.append(disk_id)
            return None

    return [disk for disk in map_concurrently(read, ids) if disk is not None], lost


def _is_match(disk: Disk, desired: DesiredDisk) -> bool:
    """A disk of that name on the wanted virtual machine is meant wherever it is; its data center is drift then."""
    place, machine = desired.lookup_data_center, desired.virtual_machine
    if place is None or place.matches(disk.payload.get("data_center")):
        return True
    return (machine is not None and disk.is_assigned_to(machine)) or disk.is_in(place)


def _ambiguous_error(desired: DesiredDisk, disks: list[Disk]) -> KatapultError:
    listed = join_some([describe_disks([disk]) for disk in disks], MAX_LISTED, "; ")
    return error_for(
        "several_disks_found",
        f"{len(disks)} disks are named '{desired.name}': {listed}.",
        detail={"total": len(disks), "disks": [summarize(disk) for disk in disks[:MAX_LISTED]]},
    )
