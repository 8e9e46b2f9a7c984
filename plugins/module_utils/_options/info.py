# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the modules that only read: rows that are chosen by their fields, and a list as the result. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._api.models import Disk, Lookup, annotation_pairs
from .._core.errors import error_for
from .disk import ANNOTATIONS, parse_annotations, parse_lookup, parse_text
from .normalize import lookup_spec


@dataclass(frozen=True)
class InfoResult:
    """The result of a module that only reads: `rows`, returned under `key`."""

    key: str
    rows: list[Mapping[str, Any]]

    def as_result(self, *, with_diff: bool) -> dict[str, Any]:
        """The keys of the module's result; what changes nothing has no diff."""
        del with_diff
        return {"changed": False, self.key: self.rows}


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


@dataclass(frozen=True)
class DiskQuery:
    """What a disk must have to be returned, None: whatever it has; and with `details`, that it is read in full."""

    organization: Lookup | None = None
    id: str | None = None
    name: str | None = None
    state: str | None = None
    virtual_machine: Lookup | None = None
    annotations: tuple[tuple[str, str], ...] = ()
    details: bool = False

    def matches(self, payload: Mapping[str, Any]) -> bool:
        """Whether a disk, a row of a list or a whole one, has the wanted name, state and virtual machine."""
        is_alike = matches_all(payload, {"name": self.name, "state": self.state})
        return is_alike and (self.virtual_machine is None or _is_on(self.virtual_machine, payload))

    def matches_details(self, disk: Disk) -> bool:
        """Whether a whole disk has all that is wanted, its annotations too."""
        return self.matches(disk.payload) and set(self.annotations) <= set(disk.annotations)


def _is_on(virtual_machine: Lookup, payload: Mapping[str, Any]) -> bool:
    """Whether a disk is on that machine. Raises KatapultError if the answer leaves that open."""
    attachment = payload.get("virtual_machine_disk")
    if attachment is None and "virtual_machine_disk" in payload:
        return False
    machine = attachment.get("virtual_machine") if isinstance(attachment, Mapping) else None
    if not virtual_machine.has_key(machine):
        raise error_for(
            "unexpected_answer",
            f"The service does not say whether the disk {payload.get('id')} is on {virtual_machine}: its answer has no "
            f"usable virtual_machine_disk.virtual_machine.{virtual_machine.key}.",
        )
    return virtual_machine.matches(machine)


def disk_query_spec() -> dict[str, Any]:
    """The argument specification of a query."""
    return {
        "id": {"type": "str"},
        "name": {"type": "str"},
        "annotations": ANNOTATIONS,
        "state": {"type": "str", "choices": STATES},
        "virtual_machine": lookup_spec("id", "fqdn"),
        "details": {"type": "bool", "default": False},
    }


def disk_query(params: Mapping[str, Any]) -> DiskQuery:
    """What the options ask for. Raises OptionError for a value that can't be meant."""
    return DiskQuery(
        organization=parse_lookup(params, "organization"),
        id=parse_text(params, "id"),
        name=parse_text(params, "name"),
        state=params.get("state"),
        virtual_machine=parse_lookup(params, "virtual_machine"),
        annotations=annotation_pairs(parse_annotations(params) or ()),
        details=params["details"],
    )
