# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what is and what is wanted to a plan. Pure: nothing is read or written here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .._api.models import FAILED, UNSEEN, Disk, Machine
from .._core.errors import OptionError, failure
from .._options.desired import Wanted
from .comparison import OPTIONS, DiskOption, View
from .differences import Difference, compared, differing
from .prediction import changed_disk, create_body, predicted_annotations, predicted_disk
from .steps import RefusedError, Step, leave


@dataclass(frozen=True)
class Plan:
    """What to do: C(before) and C(after) hold the options that were set.

    C(body) creates the disk, and C(steps) lead an existing one from one to the other. After them it is deleted, or
    purged from the trash. C(predicted) and C(annotations) are the disk after that, with None for what only the service
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


def plan_disk(wanted: Wanted, disk: Disk | None, machine: Machine = UNSEEN) -> Plan:
    """The plan for one disk; C(disk) is None where it does not exist yet, C(machine) the one that it is or shall be on.

    Raises OptionError where it can't be created as described, and KatapultError where it exists and has failed, or
    differs in what can't be changed.
    """
    if disk is None:
        return _plan_to_create(wanted)
    if wanted.assignment is not None:
        disk.raise_if_place_is_untold()
    moves = wanted.moves(disk)
    start = View(_unassigned(disk) if moves else disk, wanted, machine)
    refuse_failed(wanted, start.disk)
    if moves and machine == UNSEEN:
        raise failure(
            "machine_unseen",
            f"The disk {disk.label} is not moved to {wanted.virtual_machine}, because that machine can't be seen with "
            "this token.",
        )
    leaving = leave(disk) if moves else ()
    steps = (*leaving, *_steps_to_change(disk, start))
    before = View(disk, wanted, machine)
    options = compared(wanted, disk)
    # Who takes a disk from a machine is shown which one it is.
    moved = {"name": disk.name, "size_in_gb": disk.payload.get("size_in_gb")} if moves else {}
    return Plan(
        before=_nested(wanted, {**moved, **{option.name: option.current(before) for option in options}}),
        after=_nested(wanted, {**moved, **{option.name: option.wanted(wanted) for option in options}}),
        steps=steps,
        predicted=changed_disk(disk.payload, steps),
        annotations=disk.annotation_list if wanted.annotations is None else predicted_annotations(wanted),
        new_name=wanted.name if wanted.name not in (None, disk.name) else None,
    )


def refuse_failed(wanted: Wanted, disk: Disk) -> None:
    """Raise KatapultError where the disk, or its attachment where one is wanted, has failed for good."""
    if disk.state == FAILED:
        raise failure("disk_failed", f"The disk {disk.label} is in state failed.")
    if wanted.is_to_be_attached and disk.attachment is not None and disk.attachment.state == FAILED:
        raise failure(
            "attachment_failed", f"The disk {disk.label} could not be attached to {disk.attachment.machine_name}."
        )


def _unassigned(disk: Disk) -> Disk:
    return replace(disk, attachment=None, payload={**disk.payload, "virtual_machine_disk": None})


def _steps_to_change(disk: Disk, view: View) -> list[Step]:
    """The steps for all that differs, in a safe order. Raises KatapultError that names all that can't be changed."""
    steps: list[Step] = []
    refused: list[tuple[Difference, str]] = []
    for option, difference in differing(view):
        try:
            steps += _steps_of(option, view)
        except RefusedError as reason:
            refused.append((difference, str(reason)))
    if refused:
        listed = "; ".join(f"{difference}, but {reason}" for difference, reason in refused)
        raise failure(
            "drift",
            f"The disk {disk.label} exists and differs: {listed}.",
            detail={"differences": [{**difference.__dict__, "reason": reason} for difference, reason in refused]},
        )
    return sorted(steps, key=lambda step: step.phase)


def _steps_of(option: DiskOption, view: View) -> tuple[Step, ...]:
    return option.steps(view, option.wanted(view.wanted))


def _plan_to_create(given: Wanted) -> Plan:
    wanted = replace(given, data_center=given.place)
    if wanted.size_in_gb is None:
        raise OptionError("size_in_gb", f"is needed to create the disk '{wanted.name}', which does not exist yet.")
    if wanted.data_center is None and wanted.virtual_machine is None:
        raise OptionError(
            "data_center",
            f"is needed to create the disk '{wanted.name}', which does not exist yet: set it or KATAPULT_DATA_CENTER, "
            "or name a virtual machine in virtual_machine_disk.",
        )
    if wanted.assignment is not None and wanted.virtual_machine is None:
        raise OptionError(
            "virtual_machine_disk.virtual_machine",
            f"is needed to create the disk '{wanted.name}', which does not exist yet, with virtual_machine_disk.",
        )
    set_options = {option.name: option.wanted(wanted) for option in OPTIONS if option.wanted(wanted) is not None}
    if wanted.initial_file_system is not None:
        set_options["initial_file_system"] = wanted.initial_file_system
    return Plan(
        before={},
        after=_nested(wanted, set_options),
        body=create_body(wanted),
        predicted=predicted_disk(wanted),
        annotations=predicted_annotations(wanted),
    )


def _nested(wanted: Wanted, options: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted names as the nested options that the user writes."""
    nested: dict[str, Any] = {}
    for name, value in options.items():
        outer, _dot, inner = wanted.names.get(name, name).partition(".")
        if inner:
            nested.setdefault(outer, {})[inner] = value
        else:
            nested[outer] = value
    return nested
