# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding the disk that a name means (promise 1 of the collection: found by name)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.katapult.cloud.plugins.module_utils._disk import Disk
from ansible_collections.katapult.cloud.plugins.module_utils._disk_api import DiskApi
from ansible_collections.katapult.cloud.plugins.module_utils._disk_spec import needed_organization
from ansible_collections.katapult.cloud.plugins.module_utils._disk_wanted import Wanted
from ansible_collections.katapult.cloud.plugins.module_utils._errors import KatapultError, failure

MOST_LISTED = 20


@dataclass(frozen=True)
class Found:
    """What a look by name saw: the disk that is meant, others of that name elsewhere, and the ids of all."""

    disk: Disk | None
    elsewhere: tuple[Disk, ...] = ()
    ids: frozenset[str] = frozenset()


def find_by_name(api: DiskApi, wanted: Wanted, known: Sequence[str] | None = None) -> Found:
    """The disk that C(wanted.name) means. C(known): the ids of all disks of that name, where they were listed already.

    Raises KatapultError where several are meant.
    """
    ids = _ids_named(api, wanted) if known is None else known
    disks = _read(api, ids)
    here = [disk for disk in disks if _is_meant(disk, wanted)]
    if len(here) > 1:
        raise _several(wanted, here)
    elsewhere = tuple(disk for disk in disks if not _is_meant(disk, wanted))
    return Found(here[0] if here else None, elsewhere, frozenset(ids))


def find_new(api: DiskApi, wanted: Wanted, known: frozenset[str]) -> list[Disk]:
    """The disks that C(wanted.name) means and whose ids are not among C(known)."""
    disks = _read(api, (disk_id for disk_id in _ids_named(api, wanted) if disk_id not in known))
    return [disk for disk in disks if _is_meant(disk, wanted)]


def warn_of_others(warn: Callable[[str], None], wanted: Wanted, found: Found) -> None:
    """Say that there are disks of that name elsewhere, which are not meant."""
    if found.elsewhere:
        warn(
            f"A disk '{wanted.name}' exists in another data center than {wanted.place}: {in_words(found.elsewhere)}. "
            "It is another disk."
        )


def refuse_taken_name(api: DiskApi, wanted: Wanted, disk_id: str) -> None:
    """Raise KatapultError where another disk has the name that the disk shall get."""
    others = [other for other in _read(api, _ids_named(api, wanted)) if other.id != disk_id]
    if others:
        raise failure(
            "name_taken",
            f"The disk {disk_id} can't be named '{wanted.name}', the name of {in_words(others[:MOST_LISTED])}.",
            detail={"disks": [summary_of(other) for other in others[:MOST_LISTED]]},
        )


def summary_of(disk: Disk) -> dict[str, Any]:
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


def in_words(disks: Iterable[Disk]) -> str:
    """Disks of one name as one sentence part each."""
    return "; ".join(_summary_in_words(summary_of(disk)) for disk in disks)


def _summary_in_words(summary: dict[str, Any]) -> str:
    machine = summary["virtual_machine"]
    place = f"in {summary['data_center'] or 'an unknown data center'}"
    return f"{summary['id']} ({summary['size_in_gb']} GB, {place}, {f'on {machine}' if machine else 'unassigned'})"


def _ids_named(api: DiskApi, wanted: Wanted) -> list[str]:
    organization = needed_organization(wanted.organization, "look up, create or rename a disk by name")
    return [row["id"] for row in api.disks_named(organization, wanted.name or "")]


def _read(api: DiskApi, ids: Iterable[str]) -> list[Disk]:
    """The disks with these ids, without those that went away or to the trash since they were listed."""
    disks = (api.disk_if_there(disk_id) for disk_id in ids)
    return [disk for disk in disks if disk is not None]


def _is_meant(disk: Disk, wanted: Wanted) -> bool:
    """A disk of that name on the wanted virtual machine is meant wherever it is; its data center is drift then."""
    if wanted.place is None or wanted.place.selects(disk.payload.get("data_center")):
        return True
    return wanted.virtual_machine is not None and disk.is_assigned_to(wanted.virtual_machine)


def _several(wanted: Wanted, disks: list[Disk]) -> KatapultError:
    listed = disks[:MOST_LISTED]
    more = f" and {len(disks) - len(listed)} more" if len(disks) > len(listed) else ""
    return failure(
        "several_disks_found",
        f"{len(disks)} disks are named '{wanted.name}': {in_words(listed)}{more}.",
        detail={"total": len(disks), "disks": [summary_of(disk) for disk in listed]},
    )
