# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the calls for backup policies do."""

from __future__ import annotations

from collections.abc import Sequence

from . import backup_policies, backup_views, lookups
from .models import BackupPolicy
from .paging import Answer, Arguments, Handler, page
from .state import State


def _list(state: State, arguments: Arguments, items: Sequence[BackupPolicy]) -> Answer:
    return page(
        state, arguments, "disk_backup_policies", items, lambda item: backup_views.thin_backup_policy(state, item)
    )


def list_policies(state: State, arguments: Arguments) -> Answer:
    """GET /organizations/organization/disk_backup_policies."""
    lookups.organization(state, arguments["organization"])
    return _list(state, arguments, state.backup_policies_in_use())


def list_disk_policies(state: State, arguments: Arguments) -> Answer:
    """GET /disks/disk/disk_backup_policies."""
    disk = lookups.disk(state, arguments["disk"])
    return _list(state, arguments, [item for item in state.backup_policies_in_use() if item.target is disk])


def list_machine_policies(state: State, arguments: Arguments) -> Answer:
    """GET /virtual_machines/virtual_machine/disk_backup_policies: with ``include_disks``, its disks' too."""
    machine = lookups.machine(state, arguments["virtual_machine"])
    wanted = {machine.id}
    if arguments.get("include_disks"):
        wanted.update(disk.id for disk, _tie in state.disks_of(machine))
    return _list(state, arguments, [item for item in state.backup_policies_in_use() if item.target.id in wanted])


def post_disk_policy(state: State, arguments: Arguments) -> Answer:
    """POST /disks/disk/disk_backup_policies."""
    policy = backup_policies.create(state, lookups.disk(state, arguments["disk"]), arguments["properties"])
    return 200, {"disk_backup_policy": backup_views.backup_policy(state, policy)}


def post_machine_policy(state: State, arguments: Arguments) -> Answer:
    """POST /virtual_machines/virtual_machine/disk_backup_policies."""
    machine = lookups.machine(state, arguments["virtual_machine"])
    policy = backup_policies.create(state, machine, arguments["properties"])
    return 200, {"disk_backup_policy": backup_views.backup_policy(state, policy)}


def show_policy(state: State, arguments: Arguments) -> Answer:
    """GET /disk_backup_policies/disk_backup_policy."""
    policy = lookups.backup_policy(state, arguments["disk_backup_policy"])
    return 200, {"disk_backup_policy": backup_views.backup_policy(state, policy)}


def patch_policy(state: State, arguments: Arguments) -> Answer:
    """PATCH /disk_backup_policies/disk_backup_policy."""
    policy = lookups.backup_policy(state, arguments["disk_backup_policy"])
    backup_policies.update(policy, arguments["properties"])
    return 200, {"disk_backup_policy": backup_views.changed_backup_policy(state, policy)}


def delete_policy(state: State, arguments: Arguments) -> Answer:
    """DELETE /disk_backup_policies/disk_backup_policy: into the trash, whose object is not told."""
    policy = lookups.backup_policy(state, arguments["disk_backup_policy"])
    backup_policies.delete(state, policy)
    return 200, {"disk_backup_policy": {"id": policy.id}}


def delete_policy_later(state: State, arguments: Arguments) -> Answer:
    """DELETE /disk_backup_policies/disk_backup_policy/schedule."""
    policy = lookups.backup_policy(state, arguments["disk_backup_policy"])
    backup_policies.delete_later(state, policy, arguments["timestamp"])
    return 200, {"disk_backup_policy": backup_views.ending_backup_policy(state, policy)}


HANDLERS: dict[tuple[str, str], Handler] = {
    ("GET", "/organizations/organization/disk_backup_policies"): list_policies,
    ("GET", "/disks/disk/disk_backup_policies"): list_disk_policies,
    ("POST", "/disks/disk/disk_backup_policies"): post_disk_policy,
    ("GET", "/virtual_machines/virtual_machine/disk_backup_policies"): list_machine_policies,
    ("POST", "/virtual_machines/virtual_machine/disk_backup_policies"): post_machine_policy,
    ("GET", "/disk_backup_policies/disk_backup_policy"): show_policy,
    ("PATCH", "/disk_backup_policies/disk_backup_policy"): patch_policy,
    ("DELETE", "/disk_backup_policies/disk_backup_policy"): delete_policy,
    ("DELETE", "/disk_backup_policies/disk_backup_policy/schedule"): delete_policy_later,
}
