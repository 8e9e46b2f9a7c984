# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the organization uses of its policy's limits, and what is refused because of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Callable

from .models import MEMORY_IN_GB, Disk, VirtualMachine
from .state import State

SMALLEST_GB = 10


def _disks(state: State) -> Iterable[Disk]:
    return state.disks.values() if state.settings.trash_counts else state.disks_in_use()


def _machines(state: State) -> list[VirtualMachine]:
    return list(state.machines.values()) if state.settings.trash_counts else state.machines_in_use()


_COUNTS: dict[str, Callable[[State], int]] = {
    "disk_space": lambda state: sum(disk.size_in_gb for disk in _disks(state)),
    "virtual_machines": lambda state: len(_machines(state)),
    "virtual_machine_memory": lambda state: MEMORY_IN_GB * len(_machines(state)),
}


def used(state: State, name: str) -> int:
    """Return how much is used of a limit; what the simulator does not have is not used."""
    given = state.policy.limits[name].current
    if given is not None:
        return given
    return _COUNTS[name](state) if name in _COUNTS else 0


def size_problems(state: State, size: int) -> list[str]:
    """Return what is wrong with the size of a disk; the policy has a say where it is enforced."""
    smallest, largest = SMALLEST_GB, None
    if state.settings.enforce_policy:
        smallest, largest = state.policy.minimum_disk_size or 1, state.policy.maximum_disk_size
    if size < smallest:
        return [f"Size in gb must be greater than or equal to {smallest}"]
    if largest is not None and size > largest:
        return [f"Size in gb must be less than or equal to {largest}"]
    return []


def space_problems(state: State, added: int) -> list[str]:
    """Return what the policy says, where it is enforced, against so many more GB on disks."""
    limit = state.policy.limits["disk_space"]
    if not state.settings.enforce_policy or added <= 0 or limit.limit is None:
        return []
    if used(state, "disk_space") + added <= limit.limit:
        return []
    return [f"Organization is limited to {limit.limit} {limit.unit or 'GB'} of disk space"]


def creation_problems(state: State) -> list[str]:
    """Return why the organization may not create anything, where its policy is enforced."""
    return list(state.policy.reasons_for_disallowing_resource_creation) if state.settings.enforce_policy else []
