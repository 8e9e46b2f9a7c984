# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the modules that only read: rows that are chosen by their fields, and a list as the result. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._api.models import Disk, Lookup, annotation_pairs
from .._core.errors import KatapultError, OptionError, error_for
from .disk import ANNOTATIONS, parse_annotations, parse_lookup, parse_text
from .normalize import lookup_spec
from .text import WHITESPACE, find_name_problem, raise_if


@dataclass(frozen=True)
class InfoResult:
    """The result of a module that only reads: what it has found, by the keys of the result."""

    found: Mapping[str, Any]

    def as_result(self, *, with_diff: bool) -> dict[str, Any]:
        """The keys of the module's result; what changes nothing has no diff."""
        del with_diff
        return {"changed": False, **self.found}


def keys_spec() -> dict[str, Any]:
    """The options that choose rows which have an id and a permalink."""
    return {"id": {"type": "str"}, "permalink": {"type": "str"}}


def parse_keys(params: Mapping[str, Any]) -> dict[str, str | None]:
    """What the options of `keys_spec` want. Raises OptionError for an empty one."""
    return {option: parse_text(params, option) for option in keys_spec()}


def filter_rows(rows: Iterable[Mapping[str, Any]], desired: Mapping[str, str | None]) -> list[Mapping[str, Any]]:
    """The rows that have all the values of `desired`; a value of None is not compared."""
    return [row for row in rows if matches_all(row, desired)]


def matches_all(row: Mapping[str, Any], desired: Mapping[str, str | None]) -> bool:
    """Whether a row has all the values of `desired`; a value of None is not compared."""
    return all(value is None or row.get(key) == value for key, value in desired.items())


ALL_TYPES = "all"


def parse_object_types(params: Mapping[str, Any]) -> set[str] | None:
    """The types of objects that the option wants, in lower case; None for all. Raises OptionError."""
    given = params["object_types"]
    if not given:
        raise OptionError("object_types", f"is empty. Leave it out for disks, or give {ALL_TYPES}.")
    for number, value in enumerate(given):
        raise_if(f"object_types[{number}]", find_name_problem("type", value))
    wanted = {value.lower() for value in given}
    return None if ALL_TYPES in wanted else wanted


def filter_trash(rows: Iterable[Mapping[str, Any]], wanted: set[str] | None) -> list[Mapping[str, Any]]:
    """The rows of the trash that are of these types. Raises KatapultError for one that does not tell its type."""
    found = []
    for row in rows:
        told = row.get("object_type")
        if wanted is not None and not isinstance(told, str):
            raise error_for(
                "unexpected_answer",
                f"The service does not say what the entry {row['id']} of the trash is: it has no usable object_type.",
            )
        if wanted is None or str(told).lower() in wanted:
            found.append(row)
    return found


STATES = [
    "not_built",
    "building",
    "installing",
    "formatting",
    "restoring",
    "resizing",
    "configuring",
    "importing",
    "built",
    "failed",
]


# Seconds of each unit that an age can have, as in ansible.builtin.find.
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
# A thousand years: more, in digits without end, is no number that can be calculated with.
MAX_AGE_DIGITS = 11


@dataclass(frozen=True)
class DiskQuery:
    """What a disk must have to be returned, None: whatever it has; and with `details`, that it is read in full.

    `older_than`: its age in seconds, or more.
    """

    organization: Lookup | None = None
    id: str | None = None
    name: str | None = None
    state: str | None = None
    virtual_machine: Lookup | None = None
    assigned: bool | None = None
    older_than: int | None = None
    annotations: tuple[tuple[str, str], ...] = ()
    details: bool = False

    def matches(self, payload: Mapping[str, Any]) -> bool:
        """Whether a disk, a row of a list or a whole one, has the wanted name, state and place.

        Raises KatapultError if the answer leaves that open.
        """
        if not matches_all(payload, {"name": self.name, "state": self.state}):
            return False
        if self.assigned is not None and _is_assigned(payload) is not self.assigned:
            return False
        return self.virtual_machine is None or _is_on(self.virtual_machine, payload)

    def matches_details(self, disk: Disk, now: float) -> bool:
        """Whether a whole disk has all that is wanted at `now`, in seconds since 1970. Raises KatapultError as well."""
        if not self.matches(disk.payload) or not set(self.annotations) <= set(disk.annotations):
            return False
        return self.older_than is None or now - _created_at(disk.payload) >= self.older_than


def _is_assigned(payload: Mapping[str, Any]) -> bool:
    attachment = payload.get("virtual_machine_disk")
    if not isinstance(attachment, Mapping) and (attachment is not None or "virtual_machine_disk" not in payload):
        raise _untold(payload, "is assigned to a virtual machine", "virtual_machine_disk")
    return attachment is not None


def _is_on(virtual_machine: Lookup, payload: Mapping[str, Any]) -> bool:
    attachment = payload.get("virtual_machine_disk")
    if attachment is None and "virtual_machine_disk" in payload:
        return False
    machine = attachment.get("virtual_machine") if isinstance(attachment, Mapping) else None
    if not virtual_machine.has_key(machine):
        raise _untold(
            payload, f"is on {virtual_machine}", f"virtual_machine_disk.virtual_machine.{virtual_machine.key}"
        )
    return virtual_machine.matches(machine)


def _created_at(payload: Mapping[str, Any]) -> float:
    """In seconds since 1970."""
    seconds = payload.get("created_at")
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        raise _untold(payload, "is old enough", "created_at")
    return seconds


def _untold(payload: Mapping[str, Any], question: str, key: str) -> KatapultError:
    return error_for(
        "unexpected_answer",
        f"The service does not say whether the disk {payload.get('id')} {question}: its answer has no usable {key}.",
    )


def disk_query_spec() -> dict[str, Any]:
    """The argument specification of a query."""
    return {
        "id": {"type": "str"},
        "name": {"type": "str"},
        "annotations": ANNOTATIONS,
        "state": {"type": "str", "choices": STATES},
        "virtual_machine": lookup_spec("id", "fqdn"),
        "assigned": {"type": "bool"},
        "older_than": {"type": "str"},
        "details": {"type": "bool", "default": False},
    }


def disk_query(params: Mapping[str, Any]) -> DiskQuery:
    """What the options ask for. Raises OptionError for a value that can't be meant."""
    if params.get("assigned") is False and params.get("virtual_machine") is not None:
        raise OptionError("assigned", "is false, and virtual_machine asks for disks that are assigned. Remove one.")
    return DiskQuery(
        organization=parse_lookup(params, "organization"),
        id=parse_text(params, "id"),
        name=parse_text(params, "name"),
        state=params.get("state"),
        virtual_machine=parse_lookup(params, "virtual_machine"),
        assigned=params.get("assigned"),
        older_than=parse_age(params, "older_than"),
        annotations=annotation_pairs(parse_annotations(params) or ()),
        details=params["details"],
    )


def parse_age(params: Mapping[str, Any], option: str) -> int | None:
    """The seconds that an age such as 30d stands for, None if it is not set. Raises OptionError for another text."""
    value = params.get(option)
    if value is None:
        return None
    found = re.fullmatch(f"([0-9]{{1,{MAX_AGE_DIGITS}}})([smhdw]?)", value.strip(WHITESPACE).lower(), re.ASCII)
    if found is None:
        raise OptionError(
            option, "is not an age. Give a whole number and a unit: s, m, h, d or w, such as 30d for 30 days."
        )
    return int(found[1]) * UNITS[found[2] or "s"]
