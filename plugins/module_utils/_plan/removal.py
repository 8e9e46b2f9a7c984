# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans that take a disk away: from its virtual machine, to the trash, out of the trash. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .._api.models import Disk
from .._core.errors import error_for, format_keep_until
from .._options.disk import Assignment, DesiredDisk
from .comparison import find_differences
from .plan import ABSENT, PRESENT, Plan, changed_disk
from .steps import release_steps

NOTHING_TO_REMOVE = Plan(before=ABSENT, after=ABSENT)


def plan_removal(desired: DesiredDisk, disk: Disk, *, force: bool, purge: bool) -> Plan:
    """To the trash, and out of it for good with `purge`. Raises KatapultError where the disk must stay."""
    disk.require_placement()
    place = Assignment(virtual_machine=desired.virtual_machine)
    _raise_if_not_meant(DesiredDisk(name=desired.name, data_center=desired.data_center, assignment=place), disk)
    if disk.attachment is not None:
        raise_if_boot_disk(disk)
        if not force:
            raise error_for("disk_assigned", f"The disk {disk.label} is assigned to {disk.attachment.machine_name}.")
    return replace(
        Plan(before=_describe_removed(disk), after=ABSENT, steps=release_steps(disk), deletes=True),
        **(_purging(_describe_removed(disk)) if purge else {}),
    )


def plan_purge() -> Plan:
    """Out of the trash for good, for a disk that is in it already."""
    return replace(Plan(before=ABSENT, after=ABSENT), **_purging(ABSENT))


def plan_release(desired: DesiredDisk, disk: Disk) -> Plan:
    """From the virtual machine that is named, or from any where none is. Raises KatapultError where it must stay."""
    disk.require_placement()
    _raise_if_not_meant(DesiredDisk(name=desired.name), disk)
    elsewhere = desired.needs_assignment(disk)
    if disk.attachment is None or elsewhere:
        return replace(NOTHING_TO_REMOVE, predicted=disk.payload, annotations=disk.annotation_list)
    raise_if_boot_disk(disk)
    steps = release_steps(disk)
    kept = _describe_removed(disk)
    return Plan(
        before=kept,
        after={**kept, **ABSENT, "virtual_machine": None},
        steps=steps,
        predicted=changed_disk(disk.payload, steps),
        annotations=disk.annotation_list,
    )


def _describe_removed(disk: Disk) -> dict[str, Any]:
    """What a diff shows of a disk that is taken away."""
    data_center = disk.payload.get("data_center")
    place = data_center.get("permalink") or data_center.get("id") if isinstance(data_center, Mapping) else None
    return {
        **PRESENT,
        "name": disk.name,
        "size_in_gb": disk.payload.get("size_in_gb"),
        "data_center": place,
        "virtual_machine": disk.attachment.machine_name if disk.attachment else None,
        "annotations": [{"key": key, "value": value} for key, value in disk.annotations],
    }


def raise_if_boot_disk(disk: Disk) -> None:
    """Raise KatapultError where a virtual machine boots from the disk."""
    if disk.attachment is not None and disk.is_boot_disk:
        raise error_for("boot_disk", f"{disk.attachment.machine_name} boots from the disk {disk.label}.")


def _raise_if_not_meant(meant: DesiredDisk, disk: Disk) -> None:
    """Raise KatapultError where the disk has not what tells the one that is meant, or has it no more."""
    unlike = find_differences(meant, disk)
    if unlike:
        raise error_for(
            "not_meant", f"The disk {disk.label} is not the one that is described: {'; '.join(map(str, unlike))}."
        )


def removal_message(
    label: str, trash_object: Mapping[str, Any] | None, plan: Plan, *, exists: bool, predicted: bool, ended: bool
) -> str:
    """What became, or will become, of a disk that was to be removed.

    `exists`: it was there, or in the trash. `ended`: its end was waited for.
    """
    if not exists:
        return f"There is no disk {label}."
    if plan.purges:
        state = "will be" if predicted else "was" if ended else "is being"
        return f"The disk {label} {state} purged and can't be restored."
    until = format_keep_until(trash_object)
    place = "goes to the trash" if predicted and plan.deletes else "is in the trash"
    if plan.deletes and trash_object is None:
        return f"The disk {label} was deleted. Whether it is in the trash, and until when, could not be seen."
    return (
        f"The disk {label} {place}{f' until {until}' if until else ''}. "
        "While it is there, state=present with its id and restore=true brings it back."
    )


def _purging(before: Mapping[str, Any]) -> dict[str, Any]:
    return {"before": {**before, "purge": False}, "after": {**ABSENT, "purge": True}, "purges": True}
