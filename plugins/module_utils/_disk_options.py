# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of disk options: how each is wanted, and how a disk has it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.katapult.cloud.plugins.module_utils._disk import (
    ATTACHED,
    Assignment,
    Disk,
    Lookup,
    Power,
    Wanted,
    annotation_pairs,
)


@dataclass(frozen=True)
class View:
    """What an existing disk is compared by; C(power) is that of the virtual machine it is on."""

    disk: Disk
    wanted: Wanted
    power: Power


@dataclass(frozen=True)
class DiskOption:
    """A row of the table: an option, how it is wanted (None: not set), and how an existing disk has it."""

    name: str
    wanted: Callable[[Wanted], Any]
    current: Callable[[View], Any]


def _plain(key: str) -> DiskOption:
    return DiskOption(key, lambda wanted: getattr(wanted, key), lambda view: view.disk.payload.get(key))


def _lookup(key: str) -> DiskOption:
    def current(view: View) -> Any:
        return _under_the_key_of(getattr(view.wanted, key), view.disk.payload.get(key))

    return DiskOption(key, lambda wanted: as_body(getattr(wanted, key)), current)


def _assigned(key: str) -> DiskOption:
    return DiskOption(
        f"virtual_machine_disk.{key}",
        _wanted_of_assignment(key),
        lambda view: getattr(view.disk.attachment, key) if view.disk.attachment else None,
    )


def _wanted_of_assignment(key: str) -> Callable[[Wanted], Any]:
    return lambda wanted: getattr(wanted.assignment or Assignment(), key)


def as_body(lookup: Lookup | None) -> dict[str, str] | None:
    """A lookup that may not be given, as the API takes it."""
    return lookup.as_body() if lookup else None


def _under_the_key_of(lookup: Lookup, thing: object) -> dict[str, Any] | None:
    return {lookup.key: thing.get(lookup.key)} if isinstance(thing, Mapping) else None


def _current_machine(view: View) -> dict[str, Any] | None:
    machine = view.disk.attachment.virtual_machine if view.disk.attachment else None
    return _under_the_key_of(view.wanted.virtual_machine, machine) if view.wanted.virtual_machine else None


def _current_attach(view: View) -> bool | None:
    """A disk that is still moving is taken to arrive; on a stopped machine attach_on_boot is all there can be."""
    attachment = view.disk.attachment
    if attachment is None:
        return None
    if not view.disk.is_settled:
        return view.wanted.assignment.attach if view.wanted.assignment else None
    if attachment.state == ATTACHED:
        return True
    asked_not_to = view.wanted.assignment is not None and view.wanted.assignment.attach_on_boot is False
    waits_for_boot = attachment.attach_on_boot is True or asked_not_to
    return view.wanted.is_to_be_attached and waits_for_boot and view.power in (Power.OFF, Power.UNKNOWN)


def _wanted_annotations(wanted: Wanted) -> list[dict[str, str]] | None:
    return None if wanted.annotations is None else _shown(annotation_pairs(wanted.annotations))


def _shown(pairs: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in pairs]


OPTIONS = (
    DiskOption("name", lambda wanted: wanted.name, lambda view: view.disk.name),
    _plain("size_in_gb"),
    _plain("bus_type"),
    _lookup("data_center"),
    _lookup("io_profile"),
    _plain("storage_speed"),
    DiskOption(
        "virtual_machine_disk.virtual_machine", lambda wanted: as_body(wanted.virtual_machine), _current_machine
    ),
    _assigned("boot"),
    _assigned("attach_on_boot"),
    DiskOption("virtual_machine_disk.attach", _wanted_of_assignment("attach"), _current_attach),
    DiskOption("annotations", _wanted_annotations, lambda view: _shown(view.disk.annotations)),
)


@dataclass(frozen=True)
class Difference:
    """An option that was set, and that an existing disk has otherwise."""

    option: str
    current: Any
    wanted: Any

    def __str__(self) -> str:
        return f"{self.option} is {_in_words(self.current)}, wanted {_in_words(self.wanted)}"


def _in_words(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ", ".join(_in_words(item) for item in value.values())
    if isinstance(value, list):
        return "[" + ", ".join(_item_in_words(item) for item in value) + "]"
    return str(value)


def _item_in_words(item: object) -> str:
    is_annotation = isinstance(item, Mapping) and set(item) == {"key", "value"}
    return f"{item['key']}={item['value']}" if isinstance(item, Mapping) and is_annotation else _in_words(item)


def differences(wanted: Wanted, disk: Disk, power: Power = Power.UNKNOWN) -> tuple[Difference, ...]:
    """Every option that was set and that the disk has otherwise; C(power) is that of the virtual machine it is on."""
    found = []
    for option in compared(wanted, disk):
        current, target = option.current(View(disk, wanted, power)), option.wanted(wanted)
        if current != target:
            found.append(Difference(option.name, current, target))
    return tuple(found)


def compared(wanted: Wanted, disk: Disk) -> list[DiskOption]:
    """The options that were set and that can be compared with the disk."""
    elsewhere = wanted.virtual_machine is not None and not disk.is_assigned_to(wanted.virtual_machine)
    nowhere = wanted.virtual_machine is None and disk.attachment is None
    left_out = {f"virtual_machine_disk.{key}" for key in ("boot", "attach_on_boot", "attach")}
    hidden = left_out if elsewhere or nowhere else set()
    return [option for option in OPTIONS if option.wanted(wanted) is not None and option.name not in hidden]
