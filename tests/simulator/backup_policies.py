# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backup policies of disks and virtual machines: when they run, how they change, and how they go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .errors import ApiError, validation_error
from .models import BackupPolicy, BackupSchedule, Disk, VirtualMachine
from .state import State
from .trash import throw_away

SHORTEST_NOTICE = 300

_DAY = 24 * 3600
# The documents tell neither these nor the units of minute and time: an hour and a minute of the day are a guess
_STEPS = {"hourly": 3600, "daily": _DAY, "weekly": 7 * _DAY, "monthly": 30 * _DAY}
_RANGES = {"frequency": (1, None), "minute": (0, 59), "time": (0, 23)}


def create(state: State, target: Disk | VirtualMachine, properties: Mapping[str, Any]) -> BackupPolicy:
    """Make a policy of the arguments of a create call."""
    schedule = properties.get("schedule", {})
    problems = ["Retention can't be blank"] if "retention" not in properties else []
    if "interval" not in schedule:
        problems.append("Schedule interval can't be blank")
    _validate(properties, problems)
    policy = BackupPolicy(
        state.new_id("dbp"), properties["retention"], BackupSchedule(**schedule), target, int(state.timeline.now())
    )
    state.backup_policies[policy.id] = policy
    return policy


def update(policy: BackupPolicy, properties: Mapping[str, Any]) -> None:
    """Change retention and schedule, and of the schedule only what is given."""
    _validate(properties, [])
    policy.retention = properties.get("retention", policy.retention)
    policy.schedule = replace(policy.schedule, **properties.get("schedule", {}))


def _validate(properties: Mapping[str, Any], problems: list[str]) -> None:
    if properties.get("retention", 1) < 1:
        problems.append("Retention must be greater than or equal to 1")
    for name, (least, most) in _RANGES.items():
        value = properties.get("schedule", {}).get(name, least)
        if value < least:
            problems.append(f"Schedule {name} must be greater than or equal to {least}")
        elif most is not None and value > most:
            problems.append(f"Schedule {name} must be less than or equal to {most}")
    if problems:
        raise validation_error(*problems)


def delete(state: State, policy: BackupPolicy) -> None:
    """Move a policy to the trash."""
    policy.auto_move_to_trash_at = None
    throw_away(state, policy.id, "DiskBackupPolicy")


def delete_later(state: State, policy: BackupPolicy, timestamp: int) -> None:
    """Have a policy moved to the trash at a time, until which it goes on."""
    seconds = timestamp - state.timeline.now()
    if seconds < SHORTEST_NOTICE:
        raise ApiError("invalid_timestamp")

    def move() -> None:
        if policy.auto_move_to_trash_at == timestamp and policy.id in state.backup_policies:
            delete(state, policy)

    policy.auto_move_to_trash_at = timestamp
    state.timeline.after(seconds, move)


def next_invocation(policy: BackupPolicy, now: float) -> int:
    """Return when a policy runs next, counted from the hour or day in which it was made."""
    schedule = policy.schedule
    step = _STEPS[schedule.interval] * schedule.frequency
    hourly = schedule.interval == "hourly"
    begin = policy.created_at - policy.created_at % (3600 if hourly else _DAY) + schedule.minute * 60
    if not hourly:
        begin += schedule.time * 3600
    return begin + step * max(0, int((now - begin) // step) + 1)
