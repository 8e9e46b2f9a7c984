# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a fleet: one description for each of its disks, from the options at the top and those of its entry."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.errors import OptionError, error_for
from .disk import STATE, DesiredDisk, change_spec, disk_spec, parse_disk

MAX_CONCURRENCY = 64


@dataclass(frozen=True)
class FleetEntry:
    """A disk of a fleet as it is described. `where` is the place in the task, as in `disks[3]`."""

    where: str
    desired: DesiredDisk
    force: bool
    purge: bool

    @property
    def label(self) -> str:
        """The disk in words: its name, or its id where it has none."""
        return str(self.desired.name or self.desired.id)


def fleet_spec() -> dict[str, Any]:
    """The argument specification of a fleet: what is set at the top counts where an entry does not set it."""
    disk, change = disk_spec(), {name: option for name, option in change_spec().items() if name != "state"}
    unset = {name: {key: value for key, value in option.items() if key != "default"} for name, option in change.items()}
    return {
        **{name: option for name, option in disk.items() if name not in ("id", "name")},
        **change,
        "state": STATE,
        "disks": {"type": "list", "elements": "dict", "required": True, "options": {**disk, **unset}},
        "concurrency": {"type": "int", "default": 8},
        "fail_fast": {"type": "bool", "default": False},
    }


def parse_fleet(params: Mapping[str, Any], environment: Mapping[str, str]) -> list[FleetEntry]:
    """What the options want, in the order of `disks`. Raises KatapultError that tells all that can't be meant."""
    found: list[FleetEntry] = []
    problems: list[OptionError] = []
    for number, raw in enumerate(params["disks"]):
        where, merged = f"disks[{number}]", _merge(params, raw)
        try:
            desired = parse_disk(merged, environment)
            if desired.name is None and desired.id is None:
                raise OptionError("name", "is missing. Give every disk a name, or the id of one that exists.")
            found.append(FleetEntry(where, desired, bool(merged["force"]), bool(merged["purge"])))
        except OptionError as problem:
            problems.append(problem if _is_shared(problem, raw) else problem.within(where))
    problems += _find_duplicates(found)
    if problems:
        texts = dict.fromkeys(problem.summary for problem in problems)
        options = list(dict.fromkeys(problem.option for problem in problems))
        raise error_for("invalid_option", " ".join(texts), detail={"option": options[0], "options": options})
    return found


def _merge(params: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """The options of one disk: its own, then those at the top, also within `virtual_machine_disk`."""
    own, usual = _given(raw), params.get("virtual_machine_disk")
    if usual and own.get("virtual_machine_disk"):
        own["virtual_machine_disk"] = {**usual, **_given(own["virtual_machine_disk"])}
    return {**params, **own}


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _is_shared(problem: OptionError, raw: Mapping[str, Any]) -> bool:
    """Whether the problem is with an option at the top, and not with one of the entry's own."""
    option, *parts = re.split(r"[.\[]", problem.option)
    given = raw.get(option)
    if option == "virtual_machine_disk" and given is not None:
        given = given.get(parts[0])
    return given is None and option not in ("id", "name", "restore")


def _find_duplicates(entries: Sequence[FleetEntry]) -> list[OptionError]:
    """Entries that mean the same disk, or may mean it."""
    problems = []
    for kind in ("name", "id"):
        alike: dict[str, list[FleetEntry]] = {}
        for entry in entries:
            value = getattr(entry.desired, kind)
            if value is None:
                continue
            before = alike.setdefault(value, [])
            first = next((other for other in before if not _are_distinct(other.desired, entry.desired)), None)
            if first is not None:
                problem = f"is '{value}', as in {first.where}. Describe each disk once."
                problems.append(OptionError(kind, problem).within(entry.where))
            before.append(entry)
    return problems


def _are_distinct(one: DesiredDisk, other: DesiredDisk) -> bool:
    """Whether disks of one name surely are in different data centers. A disk that has an id would take the name."""
    here, there = one.data_center, other.data_center
    if one.id is not None or other.id is not None or here is None or there is None:
        return False
    return here.key == there.key and here.value != there.value
