# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a fleet: one description for each of its disks, from the options at the top and those of its entry."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from .._core.errors import KatapultError, OptionError, error_for
from .disk import DesiredDisk, change_spec, disk_spec, parse_disk

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
    """The argument specification of a fleet."""
    return {
        **_defaults_spec(),
        "state": change_spec()["state"],
        "disks": {"type": "list", "elements": "dict", "required": True, "options": _entry_spec()},
        "concurrency": {"type": "int", "default": 8},
        "fail_fast": {"type": "bool", "default": False},
    }


def parse_fleet(params: Mapping[str, Any], environment: Mapping[str, str]) -> list[FleetEntry]:
    """What the options want, in the order of `disks`. Raises KatapultError that tells all that can't be meant."""
    found: list[FleetEntry] = []
    problems: list[OptionError] = []
    for number, raw in enumerate(params["disks"]):
        where = f"disks[{number}]"
        try:
            found.append(_parse_entry(where, _merged(params, raw), environment))
        except OptionError as problem:
            problems.append(problem if _is_shared(problem, raw) else problem.within(where))
    problems += _find_duplicates(found)
    if problems:
        raise _invalid_options_error(problems)
    return found


def parse_concurrency(params: Mapping[str, Any]) -> int:
    """How many writes may be on the way at once. Raises OptionError."""
    given: int = params["concurrency"]
    if not 1 <= given <= MAX_CONCURRENCY:
        raise OptionError("concurrency", f"is {given:d}, but it must be from 1 to {MAX_CONCURRENCY}.")
    return given


def _change_options() -> dict[str, Any]:
    return {name: option for name, option in change_spec().items() if name != "state"}


def _entry_spec() -> dict[str, Any]:
    unset = {
        name: {key: value for key, value in option.items() if key != "default"}
        for name, option in _change_options().items()
    }
    return {**disk_spec(), **unset}


def _defaults_spec() -> dict[str, Any]:
    return {**{name: option for name, option in disk_spec().items() if name not in ("id", "name")}, **_change_options()}


def _merged(params: Mapping[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """The options of one disk: its own, then those at the top, also within `virtual_machine_disk`."""
    given = {name: raw.get(name) if raw.get(name) is not None else params.get(name) for name in _entry_spec()}
    usual, own = params.get("virtual_machine_disk"), raw.get("virtual_machine_disk")
    if usual and own:
        given["virtual_machine_disk"] = {**usual, **{key: value for key, value in own.items() if value is not None}}
    return {**given, "organization": params.get("organization")}


def _parse_entry(where: str, params: Mapping[str, Any], environment: Mapping[str, str]) -> FleetEntry:
    desired = parse_disk(params, environment)
    if desired.name is None and desired.id is None:
        raise OptionError("name", "is missing. Give every disk a name, or the id of one that exists.")
    return FleetEntry(where, desired, bool(params["force"]), bool(params["purge"]))


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
    for kind, alike in (("name", _named_alike(entries)), ("id", _with_one_id(entries))):
        for first, second, value in alike:
            problem = f"is '{value}', as in {first.where}. Describe every disk once."
            problems.append(OptionError(kind, problem).within(second.where))
    return problems


def _named_alike(entries: Iterable[FleetEntry]) -> list[tuple[FleetEntry, FleetEntry, str]]:
    by_name: dict[str, list[FleetEntry]] = {}
    pairs = []
    for entry in entries:
        name = entry.desired.name
        if name is not None:
            before = by_name.setdefault(name, [])
            clashes = (first for first in before if not _are_distinct(first.desired, entry.desired))
            pairs += [(first, entry, name) for first in islice(clashes, 1)]
            before.append(entry)
    return pairs


def _with_one_id(entries: Iterable[FleetEntry]) -> list[tuple[FleetEntry, FleetEntry, str]]:
    by_id: dict[str, FleetEntry] = {}
    pairs = []
    for entry in entries:
        if entry.desired.id is not None:
            first = by_id.setdefault(entry.desired.id, entry)
            if first is not entry:
                pairs.append((first, entry, entry.desired.id))
    return pairs


def _are_distinct(one: DesiredDisk, other: DesiredDisk) -> bool:
    """Whether disks of one name surely are in different data centers. A disk that has an id would take the name."""
    here, there = one.data_center, other.data_center
    if one.id is not None or other.id is not None or here is None or there is None:
        return False
    return here.key == there.key and here.value != there.value


def _invalid_options_error(problems: Sequence[OptionError]) -> KatapultError:
    texts = list(dict.fromkeys(problem.summary for problem in problems))
    options = list(dict.fromkeys(problem.option for problem in problems))
    return error_for("invalid_option", " ".join(texts), detail={"option": options[0], "options": options})
