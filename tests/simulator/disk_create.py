# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a disk comes to be: what a create call is refused for, the defaults, and the build."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import lookups, usage
from .errors import validation_error
from .models import Attachment, DataCenter, Disk, Task, VirtualMachine
from .seed_schema import annotation_pairs
from .state import State

NAME_SENTENCE = "Name can't be blank"


def create_disk(state: State, properties: Mapping[str, Any], annotations: list[Mapping[str, Any]]) -> tuple[Disk, Task]:
    """Make a disk of the arguments of a create call and queue its build; return both."""
    wanted = properties.get("virtual_machine_disk")
    machine = _machine(state, wanted)
    place = _place(state, properties, machine)
    profile_default = {"permalink": "unrestricted" if machine is None else "100k"}
    profile = lookups.io_profile(state, properties.get("io_profile", profile_default))
    _validate(state, properties, place, machine, wanted)
    disk = Disk(
        state.new_id("disk"),
        properties["name"],
        properties["size_in_gb"],
        state.new_wwn(),
        "not_built",
        int(state.timeline.now()),
        properties.get("storage_speed", "nvme"),
        properties.get("bus_type", "scsi"),
        profile,
        place or state.data_center(None),
        _tie(machine, wanted),
        annotation_pairs(annotations),
        file_system=properties.get("initial_file_system"),
    )
    state.disks[disk.id] = disk
    return disk, _queue_build(state, disk, attach=bool(wanted and wanted.get("attach")))


def _machine(state: State, wanted: Mapping[str, Any] | None) -> VirtualMachine | None:
    if wanted is None or "virtual_machine" not in wanted:
        return None
    return lookups.machine(state, wanted["virtual_machine"])


def _place(state: State, properties: Mapping[str, Any], machine: VirtualMachine | None) -> DataCenter | None:
    if "data_center" in properties:
        return lookups.data_center(state, properties["data_center"])
    return machine.data_center if machine else None


def _validate(
    state: State,
    properties: Mapping[str, Any],
    place: DataCenter | None,
    machine: VirtualMachine | None,
    wanted: Mapping[str, Any] | None,
) -> None:
    problems = usage.creation_problems(state)
    if not properties.get("name", "").strip():
        problems.append(NAME_SENTENCE)
    if "size_in_gb" not in properties:
        problems.append("Size in gb can't be blank")
    else:
        problems += usage.size_problems(state, properties["size_in_gb"])
        problems += usage.space_problems(state, properties["size_in_gb"])
    if place is None:
        problems.append("Data center must exist")
    if wanted is not None and machine is None:
        problems.append("Virtual machine must exist")
    if machine is not None and place is not None and machine.data_center is not place:
        problems.append("Virtual machine must be in the same data center as the disk")
    if problems:
        raise validation_error(*problems)


def _tie(machine: VirtualMachine | None, wanted: Mapping[str, Any] | None) -> Attachment | None:
    if machine is None or wanted is None:
        return None
    return Attachment(machine, wanted.get("attach_on_boot", True), wanted.get("boot", False))


def _queue_build(state: State, disk: Disk, attach: bool) -> Task:
    settings = state.settings
    named_to_fail = any(part in disk.name for part in settings.failing_names)
    fails = named_to_fail or settings.fail_builds or "build" in settings.fail_tasks
    covers = attach and settings.build_covers_attach

    def start() -> None:
        disk.state = "building"
        seconds = task.ends - task.starts
        if disk.file_system:
            state.timeline.after(seconds * 0.4, lambda: _format(disk))
        if covers and not fails:
            state.timeline.after(seconds * 0.6, lambda: _built(disk, attach))

    def finish() -> None:
        _built(disk, attach)
        if disk.attachment is not None:
            state.timeline.after(0.0 if covers else settings.attach_seconds, disk.attachment.settle)

    def fail() -> None:
        disk.state = "failed"

    task = state.task_queue.queue("build", finish, start, fail, fails=fails)
    return task


def _format(disk: Disk) -> None:
    if disk.state == "building":
        disk.state = "formatting"


def _built(disk: Disk, attach: bool) -> None:
    disk.state = "built"
    tie = disk.attachment
    if attach and tie is not None and tie.machine.state == "started" and tie.state == "detached":
        tie.state = "attaching"
