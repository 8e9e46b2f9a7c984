# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The trash: what is in it can be restored for 48 hours, or purged."""

from __future__ import annotations

from .attachments import power
from .models import Task, TrashObject, VirtualMachine
from .state import State

KEEP_SECONDS = 48 * 3600


def throw_away(state: State, object_id: str, object_type: str) -> TrashObject:
    """Put a disk, machine or backup policy into the trash, from which it is purged when its time is over."""
    keep_until = int(state.timeline.now()) + KEEP_SECONDS
    item = TrashObject(state.new_id("trsh"), keep_until, object_id, object_type)
    state.trash[item.id] = item
    state.timeline.after(KEEP_SECONDS, lambda: _forget(state, item))
    return item


def throw_away_machine(state: State, machine: VirtualMachine) -> TrashObject:
    """Put a machine into the trash, as somebody does outside of the disk calls."""
    if machine.state != "stopped":
        power(state, machine, on=False)
    return throw_away(state, machine.id, "VirtualMachine")


def purge(state: State, item: TrashObject) -> Task:
    """Queue the purge of something in the trash."""
    return state.task_queue.queue("purge", lambda: _forget(state, item))


def restore(state: State, item: TrashObject) -> None:
    """Take something out of the trash."""
    del state.trash[item.id]


def _forget(state: State, item: TrashObject) -> None:
    if state.trash.pop(item.id, None) is None:
        return
    state.backup_policies.pop(item.object_id, None)
    state.disks.pop(item.object_id, None)
    machine = state.machines.pop(item.object_id, None)
    for disk, tie in list(state.disks_of(machine)) if machine else []:
        if tie.boot:
            del state.disks[disk.id]
        else:
            disk.attachment = None
    _forget_policies_for_nothing(state)


def _forget_policies_for_nothing(state: State) -> None:
    for policy in list(state.backup_policies.values()):
        if policy.target.id not in state.disks and policy.target.id not in state.machines:
            del state.backup_policies[policy.id]
            state.trash = {key: item for key, item in state.trash.items() if item.object_id != policy.id}
