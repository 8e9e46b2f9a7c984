# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON for backup policies."""

from __future__ import annotations

from .backup_policies import next_invocation
from .machine_views import virtual_machine
from .models import BackupPolicy, Disk
from .state import State
from .views import Json, disk


def _target(state: State, item: BackupPolicy) -> Json:
    """Return what a policy is for: the documents show all of it, and nothing that tells a disk from a machine."""
    target = item.target
    if not state.settings.thin_targets:
        return {"target": disk(target) if isinstance(target, Disk) else virtual_machine(target, state.organization)}
    return {"target": {"id": target.id, "name": target.name}}


def _schedule(state: State, item: BackupPolicy) -> Json:
    schedule = item.schedule
    return {
        "interval": schedule.interval,
        "frequency": schedule.frequency,
        "minute": schedule.minute,
        "time": schedule.time,
        "next_invocation_at": next_invocation(item, state.timeline.now()),
    }


def backup_policy(state: State, item: BackupPolicy) -> Json:
    """Return a policy with all its keys."""
    return {
        "id": item.id,
        "retention": item.retention,
        "total_size": item.total_size,
        "target": _target(state, item),
        "schedule": _schedule(state, item),
        "auto_move_to_trash_at": item.auto_move_to_trash_at,
    }


def thin_backup_policy(state: State, item: BackupPolicy) -> Json:
    """Return a row of a list of policies."""
    schedule = _schedule(state, item)
    shown = {key: value for key, value in backup_policy(state, item).items() if key != "auto_move_to_trash_at"}
    return {**shown, "schedule": {key: schedule[key] for key in ("interval", "next_invocation_at")}}


def changed_backup_policy(state: State, item: BackupPolicy) -> Json:
    """Return what the update of a policy answers with."""
    shown = backup_policy(state, item)
    return {key: shown[key] for key in ("id", "retention", "target", "schedule")}


def ending_backup_policy(state: State, item: BackupPolicy) -> Json:
    """Return what is answered when a policy is to go later."""
    shown = backup_policy(state, item)
    return {key: shown[key] for key in ("id", "target", "auto_move_to_trash_at")}
