# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a backup policy: their specification, and the desired policy that they describe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .._api.models import Lookup, PolicyTarget
from .._core.errors import OptionError
from .disk import MAX_SIZE_GB, STATE, parse_lookup, parse_text
from .normalize import lookup_spec

INTERVALS = ["hourly", "daily", "weekly", "monthly"]
SCHEDULE_NUMBERS = ("frequency", "minute", "time")
# The last second of the year 9999.
MAX_TIME = 253402300799


class DesiredPolicy(NamedTuple):
    """A backup policy as the options describe it. None: leave alone; `schedule` has only what is set.

    A disk that is given by its name is `disk_name`, and in no `target`. `absent`: it is to be deleted.
    """

    organization: Lookup | None = None
    id: str | None = None
    target: PolicyTarget | None = None
    disk_name: str | None = None
    retention: int | None = None
    schedule: Mapping[str, Any] = {}
    trash_at: int | None = None
    exclusive: bool = False
    absent: bool = False

    @property
    def interval(self) -> str | None:
        """The interval of its schedule."""
        return self.schedule.get("interval")

    @property
    def has_target(self) -> bool:
        """Whether the options name a disk or a virtual machine."""
        return self.target is not None or self.disk_name is not None

    @property
    def settings(self) -> dict[str, Any]:
        """What is set of retention and schedule, by the dotted names of the options."""
        retention = {} if self.retention is None else {"retention": self.retention}
        return {**retention, **{f"schedule.{name}": value for name, value in self.schedule.items()}}


class PolicyQuery(NamedTuple):
    """What backup policies are asked for: one by its id, or those of a target, or of all the organization."""

    desired: DesiredPolicy
    include_disks: bool
    details: bool


def target_spec() -> dict[str, Any]:
    """The options that name a backup policy, or what it is for."""
    return {"id": {"type": "str"}, "disk": lookup_spec("id", "name"), "virtual_machine": lookup_spec("id", "fqdn")}


def backup_policy_spec() -> dict[str, Any]:
    """The argument specification of a backup policy."""
    return {
        **target_spec(),
        "retention": {"type": "int"},
        "schedule": {
            "type": "dict",
            "options": {
                "interval": {"type": "str", "choices": INTERVALS},
                **{name: {"type": "int"} for name in SCHEDULE_NUMBERS},
            },
        },
        "trash_at": {"type": "int"},
        "exclusive": {"type": "bool", "default": False},
        "state": STATE,
    }


def backup_query_spec() -> dict[str, Any]:
    """The argument specification of a query for backup policies."""
    return {
        **target_spec(),
        "include_disks": {"type": "bool", "default": False},
        "details": {"type": "bool", "default": False},
    }


def parse_backup_policy_options(params: Mapping[str, Any]) -> DesiredPolicy:
    """What the options want. Raises OptionError for a value that can't be meant."""
    absent, schedule = params["state"] == "absent", params.get("schedule") or {}
    numbers = {name: _parse_number(schedule, name, MAX_SIZE_GB, "schedule.") for name in SCHEDULE_NUMBERS}
    chosen = {"interval": schedule.get("interval"), **numbers}
    desired = _parse_target(params)._replace(
        retention=_parse_number(params, "retention", MAX_SIZE_GB),
        schedule={name: value for name, value in chosen.items() if value is not None},
        trash_at=_parse_number(params, "trash_at", MAX_TIME),
        exclusive=params["exclusive"],
        absent=absent,
    )
    if absent and desired.trash_at is not None:
        raise OptionError("trash_at", "is for state=present: state=absent deletes the policy at once. Remove one.")
    if absent and desired.exclusive:
        raise OptionError("exclusive", "is for state=present: it deletes all policies but the given one. Remove one.")
    if desired.exclusive and not desired.has_target:
        raise OptionError("exclusive", "needs disk or virtual_machine, whose other policies it deletes. Set one.")
    return desired


def parse_backup_query(params: Mapping[str, Any]) -> PolicyQuery:
    """What the options ask for. Raises OptionError for a value that can't be meant."""
    if params["include_disks"] and params.get("virtual_machine") is None:
        raise OptionError("include_disks", "needs virtual_machine, with whose policies those of its disks are listed.")
    return PolicyQuery(_parse_target(params), params["include_disks"], params["details"])


def _parse_target(params: Mapping[str, Any]) -> DesiredPolicy:
    disk, machine = parse_lookup(params, "disk"), parse_lookup(params, "virtual_machine")
    target = PolicyTarget("virtual_machine", machine) if machine else None
    if disk is not None and disk.key == "id":
        target = PolicyTarget("disk", disk)
    return DesiredPolicy(
        organization=parse_lookup(params, "organization"),
        id=parse_text(params, "id"),
        target=target,
        disk_name=disk.value if disk is not None and disk.key == "name" else None,
    )


def _parse_number(params: Mapping[str, Any], option: str, largest: int, within: str = "") -> int | None:
    value: int | None = params.get(option)
    if value is not None and not 0 <= value <= largest:
        raise OptionError(f"{within}{option}", f"is {value:d}, but it must be from 0 to {largest}.")
    return value
