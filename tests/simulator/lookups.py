# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a lookup in a request to the object that it means, or the error that there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from .errors import ApiError
from .models import BackupPolicy, DataCenter, Disk, IoProfile, Task, TrashObject, VirtualMachine
from .state import State
from .views import trash_object as trash_object_view

_T = TypeVar("_T")


def _find(items: Iterable[_T], lookup: Mapping[str, str], code: str) -> _T:
    for item in items:
        if all(getattr(item, key) == value for key, value in lookup.items()):
            return item
    raise ApiError(code)


def _find_by_id(items: Mapping[str, _T], lookup: Mapping[str, str], code: str) -> _T:
    known = items.get(lookup.get("id", ""))
    return _find(items.values() if known is None else [known], lookup, code)


def _refuse_trashed(state: State, object_id: str) -> None:
    trashed = state.trashed(object_id)
    if trashed is None:
        return
    detail = {"trash_object": trash_object_view(trashed)} if state.settings.trash_detail else {}
    raise ApiError("object_in_trash", detail)


def organization(state: State, lookup: Mapping[str, str]) -> None:
    """Check that the lookup means the organization; another one raises a 404."""
    _find([state.organization], lookup, "organization_not_found")


def data_center(state: State, lookup: Mapping[str, str]) -> DataCenter:
    """Return the data center."""
    return _find(state.data_centers, lookup, "data_center_not_found")


def io_profile(state: State, lookup: Mapping[str, str]) -> IoProfile:
    """Return the disk I/O profile."""
    return _find(state.io_profiles, lookup, "disk_io_profile_not_found")


def disk(state: State, lookup: Mapping[str, str]) -> Disk:
    """Return the disk; one in the trash raises a 406."""
    found = _find_by_id(state.disks, lookup, "disk_not_found")
    _refuse_trashed(state, found.id)
    return found


def machine(state: State, lookup: Mapping[str, str]) -> VirtualMachine:
    """Return the virtual machine; one in the trash raises a 406."""
    found = _find_by_id(state.machines, lookup, "virtual_machine_not_found")
    _refuse_trashed(state, found.id)
    return found


def backup_policy(state: State, lookup: Mapping[str, str]) -> BackupPolicy:
    """Return the backup policy; one in the trash raises a 406."""
    found = _find_by_id(state.backup_policies, lookup, "disk_backup_policy_not_found")
    _refuse_trashed(state, found.id)
    return found


def task(state: State, lookup: Mapping[str, str]) -> Task:
    """Return the task."""
    return _find_by_id(state.task_queue.tasks, lookup, "task_not_found")


def trash_object(state: State, lookup: Mapping[str, str]) -> TrashObject:
    """Return the trash object, found by its own id or by that of what it holds."""
    return _find_by_id(state.trash, lookup, "trash_object_not_found")
