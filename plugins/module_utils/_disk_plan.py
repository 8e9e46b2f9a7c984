# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what is and what is wanted to a plan. Pure: nothing is read or written here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.katapult.cloud.plugins.module_utils._disk import (
    ATTACHED,
    FAILED,
    Assignment,
    Disk,
    Lookup,
    Power,
    Wanted,
    annotation_pairs,
)
from ansible_collections.katapult.cloud.plugins.module_utils._errors import OptionError, failure


@dataclass(frozen=True)
class CreateDisk:
    """A step: the disk does not exist; C(body) is what the create call is sent."""

    body: Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """What to do: C(before) and C(after) hold the options that were set, C(steps) lead from one to the other.

    C(predicted) is the disk after the steps, with None for what only the service can know.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    steps: tuple[CreateDisk, ...] = ()
    predicted: Mapping[str, Any] | None = None


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

    return DiskOption(key, lambda wanted: _as_body(getattr(wanted, key)), current)


def _assigned(key: str) -> DiskOption:
    return DiskOption(
        f"virtual_machine_disk.{key}",
        _wanted_of_assignment(key),
        lambda view: getattr(view.disk.attachment, key) if view.disk.attachment else None,
    )


def _wanted_of_assignment(key: str) -> Callable[[Wanted], Any]:
    return lambda wanted: getattr(wanted.assignment or Assignment(), key)


def _as_body(lookup: Lookup | None) -> dict[str, str] | None:
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
    waits_for_boot = view.power in (Power.OFF, Power.UNKNOWN) and attachment.attach_on_boot is True
    return view.wanted.is_to_be_attached and waits_for_boot


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
        "virtual_machine_disk.virtual_machine", lambda wanted: _as_body(wanted.virtual_machine), _current_machine
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
        return "[" + ", ".join(f"{item['key']}={item['value']}" for item in value) + "]"
    return str(value)


def differences(wanted: Wanted, disk: Disk, power: Power = Power.UNKNOWN) -> tuple[Difference, ...]:
    """Every option that was set and that the disk has otherwise; C(power) is that of the virtual machine it is on."""
    found = []
    for option in _compared(wanted, disk):
        current, target = option.current(View(disk, wanted, power)), option.wanted(wanted)
        if current != target:
            found.append(Difference(option.name, current, target))
    return tuple(found)


def plan_disk(wanted: Wanted, disk: Disk | None, power: Power = Power.UNKNOWN) -> Plan:
    """The plan for one disk; C(disk) is None where it does not exist yet.

    Raises OptionError where it can't be created as described, and KatapultError where it exists and differs or failed.
    """
    if disk is None:
        return _plan_to_create(wanted)
    refuse_failed(wanted, disk)
    found = differences(wanted, disk, power)
    if found:
        raise failure(
            "drift",
            f"The disk '{disk.name}' ({disk.id}) exists and differs: {'; '.join(map(str, found))}.",
            detail={"differences": [dict(item.__dict__) for item in found]},
        )
    as_it_is = _nested({option.name: option.wanted(wanted) for option in _compared(wanted, disk)})
    return Plan(before=as_it_is, after=as_it_is)


def _compared(wanted: Wanted, disk: Disk) -> list[DiskOption]:
    elsewhere = wanted.virtual_machine is not None and not disk.is_attached_to(wanted.virtual_machine)
    nowhere = wanted.virtual_machine is None and disk.attachment is None
    left_out = {"boot", "attach_on_boot", "attach"} if elsewhere or nowhere else set()
    return [
        option
        for option in OPTIONS
        if option.wanted(wanted) is not None and option.name.rpartition("virtual_machine_disk.")[2] not in left_out
    ]


def refuse_failed(wanted: Wanted, disk: Disk) -> None:
    """Raise KatapultError where the disk, or its attachment where one is wanted, has failed for good."""
    if disk.state == FAILED:
        raise failure("disk_failed", f"The disk '{disk.name}' ({disk.id}) is in state failed.")
    if wanted.is_to_be_attached and disk.attachment is not None and disk.attachment.state == FAILED:
        raise failure(
            "attachment_failed",
            f"The disk '{disk.name}' ({disk.id}) could not be attached to "
            f"{disk.attachment.virtual_machine.get('fqdn') or disk.attachment.virtual_machine.get('id')}.",
        )


def _plan_to_create(given: Wanted) -> Plan:
    wanted = replace(given, data_center=given.place)
    if wanted.size_in_gb is None:
        raise OptionError("size_in_gb", f"is needed to create the disk '{wanted.name}', which does not exist yet.")
    if wanted.data_center is None and wanted.virtual_machine is None:
        raise OptionError(
            "data_center",
            f"is needed to create the disk '{wanted.name}', which does not exist yet: set it or KATAPULT_DATA_CENTER, "
            "or name a virtual machine in virtual_machine_disk.",
        )
    set_options = {option.name: option.wanted(wanted) for option in OPTIONS if option.wanted(wanted) is not None}
    if wanted.initial_file_system is not None:
        set_options["initial_file_system"] = wanted.initial_file_system
    step = CreateDisk(_create_body(wanted))
    return Plan(before={}, after=_nested(set_options), steps=(step,), predicted=_predicted(wanted))


def _create_body(wanted: Wanted) -> dict[str, Any]:
    assignment = wanted.assignment
    properties = {
        "name": wanted.name,
        "size_in_gb": wanted.size_in_gb,
        "bus_type": wanted.bus_type,
        "data_center": _as_body(wanted.data_center),
        "io_profile": _as_body(wanted.io_profile),
        "initial_file_system": wanted.initial_file_system,
        "storage_speed": wanted.storage_speed,
        "virtual_machine_disk": assignment
        and _given(
            boot=assignment.boot,
            attach_on_boot=assignment.attach_on_boot,
            attach=assignment.attach,
            virtual_machine=_as_body(assignment.virtual_machine),
        ),
    }
    annotations = None if wanted.annotations is None else [dict(item) for item in wanted.annotations]
    return _given(organization=_as_body(wanted.organization), properties=_given(**properties), annotations=annotations)


def _given(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _nested(options: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted names as the nested options that the user writes."""
    nested: dict[str, Any] = {}
    for name, value in options.items():
        outer, _dot, inner = name.partition(".")
        if inner:
            nested.setdefault(outer, {})[inner] = value
        else:
            nested[outer] = value
    return nested


def _predicted(wanted: Wanted) -> dict[str, Any]:
    return {
        "id": None,
        "name": wanted.name,
        "size_in_gb": wanted.size_in_gb,
        "wwn": None,
        "state": None,
        "created_at": None,
        "storage_speed": wanted.storage_speed,
        "io_profile": _filled(wanted.io_profile, "id", "name", "permalink", "speed_in_mb", "iops"),
        "bus_type": wanted.bus_type,
        "data_center": _filled(wanted.data_center, "id", "name", "permalink"),
        "virtual_machine_disk": _predicted_attachment(wanted.assignment),
        "installation": None,
    }


def _predicted_attachment(assignment: Assignment | None) -> dict[str, Any] | None:
    if assignment is None or assignment.virtual_machine is None:
        return None
    return {
        "virtual_machine": _filled(assignment.virtual_machine, "id", "fqdn"),
        "attach_on_boot": assignment.attach_on_boot,
        "boot": assignment.boot,
        "state": None,
    }


def _filled(lookup: Lookup | None, *keys: str) -> dict[str, Any] | None:
    return {**dict.fromkeys(keys), **lookup.as_body()} if lookup else None
