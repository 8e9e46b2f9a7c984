# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be done to a disk that is there: update, resize, another profile, deletion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import usage
from .disk_create import NAME_SENTENCE
from .errors import ApiError, validation_error
from .models import Disk, IoProfile, Task, TrashObject
from .seed_schema import annotation_pairs
from .state import State
from .trash import throw_away


def update(
    state: State, disk: Disk, properties: Mapping[str, Any], annotations: list[Mapping[str, Any]] | None
) -> None:
    """Change name, bus, attach_on_boot and annotations, those that are given."""
    if "name" in properties and not properties["name"].strip():
        raise validation_error(NAME_SENTENCE)
    policy = properties.get("virtual_machine_disk", {}).get("attach_on_boot")
    if policy is not None:
        if disk.attachment is None:
            raise ApiError("unassigned_disk")
        disk.attachment.attach_on_boot = policy
    disk.name = properties.get("name", disk.name)
    disk.bus_type = properties.get("bus_type", disk.bus_type)
    if annotations is not None:
        given = annotation_pairs(annotations)
        kept = [pair for pair in disk.annotations if pair[0] not in dict(given)]
        disk.annotations = kept + given if state.settings.merge_annotations else given


def resize(state: State, disk: Disk, size: int, method: str) -> Task:
    """Queue the growing or shrinking of a disk."""
    problems = _resize_problems(state, disk, size, method)
    if problems:
        raise validation_error(*problems)

    def start() -> None:
        disk.state = "resizing"

    def finish() -> None:
        disk.state, disk.size_in_gb = "built", size

    def fail() -> None:
        disk.state = "built"

    return state.task_queue.queue("grow" if size > disk.size_in_gb else "shrink", finish, start, fail)


def _resize_problems(state: State, disk: Disk, size: int, method: str) -> list[str]:
    attached = disk.attachment is not None and disk.attachment.state != "detached"
    problems = [] if disk.state == "built" else ["Disk must be built before it is resized"]
    refused = usage.size_problems(state, size) + usage.space_problems(state, size - disk.size_in_gb)
    if refused:
        problems += refused
    elif size == disk.size_in_gb:
        problems.append("Size in gb must be different from the current size")
    elif size < disk.size_in_gb and (attached or method != "offline"):
        problems.append("Disk must be detached and resized offline to be made smaller")
    elif size > disk.size_in_gb and attached and method != "online":
        problems.append("Resize method must be online while the disk is attached")
    elif size > disk.size_in_gb and not attached and method != "offline":
        problems.append("Resize method must be offline while the disk is detached")
    return problems


def change_io_profile(state: State, disk: Disk, profile: IoProfile) -> Task:
    """Queue the change to another profile."""
    before = disk.state

    def start() -> None:
        disk.state = "configuring"

    def finish() -> None:
        disk.state, disk.io_profile = before, profile

    def fail() -> None:
        disk.state = before

    return state.task_queue.queue("io_profile", finish, start, fail)


def delete(state: State, disk: Disk) -> TrashObject:
    """Move a disk to the trash."""
    tie = disk.attachment
    if tie is not None:
        what = "Boot disks" if tie.boot else "Disks assigned to a virtual machine"
        raise validation_error(f"{what} cannot be deleted")
    return throw_away(state, disk.id, "Disk")
