# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans that take a disk away: from its virtual machine, to the trash, out of the trash. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.katapult.cloud.plugins.module_utils._disk import Attachment, Disk, Lookup
from ansible_collections.katapult.cloud.plugins.module_utils._disk_plan import Plan
from ansible_collections.katapult.cloud.plugins.module_utils._disk_prediction import (
    changed_disk,
    predicted_annotations,
    predicted_disk,
)
from ansible_collections.katapult.cloud.plugins.module_utils._disk_steps import leave
from ansible_collections.katapult.cloud.plugins.module_utils._disk_wanted import Wanted
from ansible_collections.katapult.cloud.plugins.module_utils._errors import KatapultError, failure, kept_until

ABSENT = {"state": "absent"}
PRESENT = {"state": "present"}
NOTHING_TO_REMOVE = Plan(before=ABSENT, after=ABSENT)


def plan_to_remove(wanted: Wanted, disk: Disk, *, force: bool, purge: bool) -> Plan:
    """To the trash, and out of it for good with C(purge). Raises KatapultError where the disk must stay."""
    refuse_other_name(wanted, disk)
    _refuse_other_place(wanted, disk)
    if disk.attachment is not None:
        refuse_boot_disk(disk)
        if not force:
            raise failure("disk_assigned", f"The disk {disk.label} is assigned to {disk.attachment.machine_name}.")
    return replace(
        Plan(before=PRESENT, after=ABSENT, steps=leave(disk), deletes=True),
        **(_purging(PRESENT) if purge else {}),
    )


def plan_to_purge() -> Plan:
    """Out of the trash for good, for a disk that is in it already."""
    return replace(Plan(before=ABSENT, after=ABSENT), **_purging(ABSENT))


def plan_to_restore(wanted: Wanted, disk_id: str) -> Plan:
    """Out of the trash, back to what it was."""
    predicted = {**predicted_disk(wanted), "id": disk_id}
    annotations = predicted_annotations(wanted)
    return Plan(before=ABSENT, after=PRESENT, restores=True, predicted=predicted, annotations=annotations)


def plan_to_release(wanted: Wanted, disk: Disk) -> Plan:
    """From the virtual machine that is named, or from any where none is. Raises KatapultError where it must stay."""
    refuse_other_name(wanted, disk)
    elsewhere = wanted.is_to_be_assigned(disk)
    if disk.attachment is None or elsewhere:
        return replace(NOTHING_TO_REMOVE, predicted=disk.payload, annotations=disk.annotation_list)
    refuse_boot_disk(disk)
    steps = leave(disk)
    return Plan(
        before={**PRESENT, "virtual_machine": _named(disk.attachment)},
        after={**ABSENT, "virtual_machine": None},
        steps=steps,
        predicted=changed_disk(disk.payload, steps),
        annotations=disk.annotation_list,
    )


def refuse_other_name(wanted: Wanted, disk: Disk) -> None:
    """Raise KatapultError where the disk has another name than was given, or was renamed since it was found."""
    if wanted.name not in (None, disk.name):
        raise failure("name_mismatch", f"The disk {disk.id} is named '{disk.name}', not '{wanted.name}'.")


def _refuse_other_place(wanted: Wanted, disk: Disk) -> None:
    here = disk.payload.get("data_center")
    if wanted.data_center is not None and not wanted.data_center.selects(here):
        raise _not_meant(disk, "data_center", wanted.data_center)
    if wanted.virtual_machine is not None and not disk.is_assigned_to(wanted.virtual_machine):
        raise _not_meant(disk, "virtual_machine_disk.virtual_machine", wanted.virtual_machine)


def _not_meant(disk: Disk, option: str, lookup: Lookup) -> KatapultError:
    return failure("not_meant", f"The disk {disk.label} is not as {option} says: {lookup}.", detail={"option": option})


def refuse_boot_disk(disk: Disk) -> None:
    """Raise KatapultError where a virtual machine boots from the disk."""
    if disk.is_boot_disk and disk.attachment is not None:
        raise _boots(disk, disk.attachment)


def fate_in_words(
    label: str, trash_object: Mapping[str, Any] | None, plan: Plan, *, exists: bool, predicted: bool, ended: bool
) -> str:
    """What became, or will become, of a disk that was to be removed.

    C(exists): it was there, or in the trash. C(ended): its end was waited for.
    """
    if not exists:
        return f"There is no disk {label}."
    if plan.purges:
        state = "will be" if predicted else "was" if ended else "is being"
        return f"The disk {label} {state} purged and can't be restored."
    until = kept_until(trash_object)
    place = "goes to the trash" if predicted and plan.deletes else "is in the trash"
    return (
        f"The disk {label} {place}{f' until {until}' if until else ''}. "
        "While it is there, state=present with its id and restore=true brings it back."
    )


def _purging(before: Mapping[str, Any]) -> dict[str, Any]:
    return {"before": {**before, "purge": False}, "after": {**ABSENT, "purge": True}, "purges": True}


def _named(attachment: Attachment) -> dict[str, str]:
    return {"fqdn": attachment.machine_name}


def _boots(disk: Disk, attachment: Attachment) -> KatapultError:
    return failure("boot_disk", f"{attachment.machine_name} boots from the disk {disk.label}.")
