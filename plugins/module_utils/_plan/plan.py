# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the observed and the desired disk to a plan. Pure: nothing is read or written here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple

from .._api.models import FAILED, UNKNOWN_MACHINE, Disk, Machine
from .._core.errors import OptionError, error_for
from .._options.disk import DesiredDisk
from .comparison import OPTIONS, Difference, View, compare, set_options
from .steps import Step, UnsupportedChangeError, release_steps

# What of a disk only the service can know.
SERVICE_KEYS = ("id", "wwn", "state", "created_at", "installation")
ABSENT = {"state": "absent"}
PRESENT = {"state": "present"}


def predicted_disk(desired: DesiredDisk) -> dict[str, Any]:
    """The disk that a create will make, with None for what only the service can know."""
    assignment, attachment = desired.assignment, None
    if assignment is not None and assignment.virtual_machine is not None:
        attachment = {
            "virtual_machine": assignment.virtual_machine.as_payload("id", "fqdn"),
            "attach_on_boot": assignment.attach_on_boot,
            "boot": assignment.boot,
            "state": None,
        }
    return {
        **dict.fromkeys(SERVICE_KEYS),
        **{option.name: option.predicted(desired) for option in OPTIONS if option.predicted is not None},
        "virtual_machine_disk": attachment,
    }


def changed_disk(payload: Mapping[str, Any], steps: Iterable[Step]) -> Mapping[str, Any]:
    """The object of a disk after these steps."""
    for step in steps:
        payload = step.effect(payload)
    return payload


def predicted_annotations(desired: DesiredDisk) -> list[Mapping[str, Any]]:
    """The annotations that are wanted, as the service will show them."""
    return [{"key": item["key"], "value": item.get("value")} for item in desired.annotations or ()]


@dataclass(frozen=True)
class Plan:
    """What to do: `before` and `after` hold the options that were set.

    `body` creates the disk, and `steps` lead an existing one from one to the other. After them it is deleted, or
    purged from the trash. `predicted` and `annotations` are the disk after that, with None for what only the service
    can know.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    body: Mapping[str, Any] | None = None
    steps: tuple[Step, ...] = ()
    restores: bool = False
    deletes: bool = False
    purges: bool = False
    predicted: Mapping[str, Any] | None = None
    annotations: list[Mapping[str, Any]] = field(default_factory=list)
    new_name: str | None = None

    @property
    def changes(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.body or self.steps or self.restores or self.deletes or self.purges)

    @property
    def step_names(self) -> list[str]:
        """What is to be done, in order."""
        steps = [
            ("create", self.body is not None),
            ("restore", self.restores),
            *((step.name, True) for step in self.steps),
            ("delete", self.deletes),
            ("purge", self.purges),
        ]
        return [name for name, is_wanted in steps if is_wanted]


class Growth(NamedTuple):
    """What a task takes for one disk: `added` GB, so that it has `size` GB. `is_new`: the disk is created."""

    label: str
    size: int
    added: int
    is_new: bool


def plan_disk(desired: DesiredDisk, disk: Disk | None, machine: Machine = UNKNOWN_MACHINE) -> Plan:
    """The plan for one disk; `disk` is None where it does not exist yet, `machine` the one that it is or shall be on.

    Raises OptionError where it can't be created as described, and KatapultError where it exists and has failed, or
    differs in what can't be changed.
    """
    if disk is None:
        return _plan_create(desired)
    if desired.assignment is not None:
        disk.require_placement()
    moves = desired.moves(disk)
    start = View(_unassigned(disk) if moves else disk, desired, machine)
    raise_if_failed(desired, start.disk)
    if moves and machine == UNKNOWN_MACHINE:
        raise error_for(
            "machine_unseen",
            f"The disk {disk.label} is not moved to {desired.virtual_machine}, because that machine can't be seen with "
            "this token.",
        )
    leaving = release_steps(disk) if moves else ()
    steps = (*leaving, *_steps_to_change(disk, start))
    # Who takes a disk from a machine is shown which one it is.
    before = {"name": disk.name, "size_in_gb": disk.payload.get("size_in_gb")} if moves else {}
    after = dict(before)
    for option, current, target in set_options(View(disk, desired, machine)):
        before[option.name], after[option.name] = current, target
    return Plan(
        before=nested(before, desired.option_names),
        after=nested(after, desired.option_names),
        steps=steps,
        predicted=changed_disk(disk.payload, steps),
        annotations=disk.annotation_list if desired.annotations is None else predicted_annotations(desired),
        new_name=desired.name if desired.name not in (None, disk.name) else None,
    )


def plan_restore(desired: DesiredDisk, disk_id: str) -> Plan:
    """Out of the trash, back to what it was."""
    predicted = {**predicted_disk(desired), "id": disk_id}
    annotations = predicted_annotations(desired)
    return Plan(before=ABSENT, after=PRESENT, restores=True, predicted=predicted, annotations=annotations)


def raise_if_failed(desired: DesiredDisk, disk: Disk) -> None:
    """Raise KatapultError where the disk, or its attachment where one is wanted, has failed for good."""
    if disk.state == FAILED:
        raise error_for("disk_failed", f"The disk {disk.label} is in state failed.")
    if desired.wants_attached and disk.attachment is not None and disk.attachment.state == FAILED:
        raise error_for(
            "attachment_failed", f"The disk {disk.label} could not be attached to {disk.attachment.machine_name}."
        )


def _unassigned(disk: Disk) -> Disk:
    return replace(disk, attachment=None, payload={**disk.payload, "virtual_machine_disk": None})


def _steps_to_change(disk: Disk, view: View) -> list[Step]:
    """The steps for all that differs, in a safe order. Raises KatapultError that names all that can't be changed."""
    steps: list[Step] = []
    refused: list[tuple[Difference, str]] = []
    for option, difference in compare(view):
        try:
            steps += option.steps(view, option.desired(view.desired))
        except UnsupportedChangeError as reason:
            refused.append((difference, str(reason)))
    if refused:
        listed = " ".join(f"{difference}. {reason}." for difference, reason in refused)
        raise error_for(
            "drift",
            f"The disk {disk.label} differs: {listed}",
            detail={"differences": [{**difference.__dict__, "reason": reason} for difference, reason in refused]},
        )
    return sorted(steps, key=lambda step: step.phase)


def _plan_create(given: DesiredDisk) -> Plan:
    desired = replace(given, data_center=given.lookup_data_center)
    needed = f"is needed to create the disk '{desired.name}', which does not exist yet"
    how = "set it or KATAPULT_DATA_CENTER, or name a virtual machine in virtual_machine_disk."
    is_unplaced = desired.data_center is None and desired.virtual_machine is None
    if desired.size_in_gb is None:
        # Both at once, as most who leave out one leave out the other.
        raise OptionError("size_in_gb", f"{needed}.{f' So is data_center: {how}' if is_unplaced else ''}")
    if is_unplaced:
        raise OptionError("data_center", f"{needed}: {how}")
    if desired.assignment is not None and desired.virtual_machine is None:
        raise OptionError(
            "virtual_machine_disk.virtual_machine",
            f"{needed}, with virtual_machine_disk.",
        )
    wanted = {option.name: option.desired(desired) for option in OPTIONS if option.desired(desired) is not None}
    body: dict[str, Any] = {"properties": nested({key: wanted[key] for key in wanted if key != "annotations"})}
    if desired.organization is not None:
        body["organization"] = desired.organization.as_body()
    if desired.annotations is not None:
        body["annotations"] = [dict(item) for item in desired.annotations]
    return Plan(
        before={},
        after=nested(wanted, desired.option_names),
        body=body,
        predicted=predicted_disk(desired),
        annotations=predicted_annotations(desired),
    )


def nested(options: Mapping[str, Any], names: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
    """Dotted options as the nested ones that the user writes, and the API takes; `names` of a module's own."""
    nested: dict[str, Any] = {}
    for name, value in options.items():
        outer, _dot, inner = names.get(name, name).partition(".")
        if inner:
            nested.setdefault(outer, {})[inner] = value
        else:
            nested[outer] = value
    return nested
