# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of disk options: how each is desired, how a disk has it, which steps change it, and what differs. Pure.

An option that is changed in place needs a row here, and a step in `steps` if there is none for it yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from .._api.models import (
    ATTACHED,
    ATTACHING,
    DETACHED,
    DETACHING,
    FAILED,
    UNKNOWN_MACHINE,
    Disk,
    Lookup,
    Machine,
    Power,
    annotation_pairs,
)
from .._options.disk import Assignment, DesiredDisk, ResizeMethod
from .steps import (
    IO_PROFILE_KEYS,
    Step,
    UnsupportedChangeError,
    annotate,
    assign,
    attach,
    detach,
    rename,
    resize,
    set_attach_on_boot,
    set_bus_type,
    set_io_profile,
)

UNSHRUNK = (
    " The service completes a shrink without any effect if it cannot shrink what is on the disk: a blank disk, XFS, or "
    "a file system that needs the space."
)


def plan_resize(disk: Disk, desired: DesiredDisk, size_in_gb: int) -> tuple[Step, ...]:
    """The resize to `size_in_gb`. Raises UnsupportedChangeError.

    A disk grows online while it is attached and offline while it is detached, and shrinks offline only.
    """
    disk.require_machine()
    current = disk.size_in_gb
    detached = disk.is_detached or (desired.assignment is not None and desired.assignment.attach is False)
    if not detached and disk.attachment is not None and disk.attachment.state == FAILED:
        raise UnsupportedChangeError("Its attachment failed: detach it first, with virtual_machine_disk.attach=false")
    method = ResizeMethod.OFFLINE if detached else ResizeMethod.ONLINE
    if size_in_gb < current:
        _check_shrink(disk, desired, detached=detached)
        return (resize(size_in_gb, method, UNSHRUNK),)
    if desired.resize_method not in (ResizeMethod.AUTO, method):
        raise UnsupportedChangeError(
            f"{'A detached' if detached else 'An attached'} disk grows {method.value}: set resize_method to auto, or "
            f"{'attach' if detached else 'detach'} the disk first"
        )
    return (resize(size_in_gb, method),)


def _check_shrink(disk: Disk, desired: DesiredDisk, *, detached: bool) -> None:
    if not desired.allow_shrink:
        raise UnsupportedChangeError(
            "Shrinking destroys the data beyond the new end: shrink the file system first (ext4 can be shrunk, xfs "
            "cannot), then set allow_shrink=true"
        )
    if not detached:
        remedy = "stop its virtual machine" if disk.is_boot_disk else "set virtual_machine_disk.attach=false"
        raise UnsupportedChangeError(f"Only a detached disk can be shrunk: {remedy}")
    if desired.resize_method is ResizeMethod.ONLINE:
        raise UnsupportedChangeError("A disk is shrunk offline only: set resize_method to auto or offline")


@dataclass(frozen=True)
class View:
    """What an existing disk is compared by; `machine` is the virtual machine that it is on, or shall be on."""

    disk: Disk
    desired: DesiredDisk
    machine: Machine

    @property
    def assignment(self) -> Assignment:
        """What is wanted of the disk's place on its virtual machine."""
        return self.desired.assignment or Assignment()


StepsOf = Callable[[View, Any], "tuple[Step, ...]"]


@dataclass(frozen=True)
class DiskOption:
    """A row of the table: an option, how it is wanted (None: not set), and how an existing disk has it.

    A create sends it as it is wanted. `current` is None for what only a create takes, and what no disk shows.
    `steps` gives what brings the disk to the wanted value. It raises UnsupportedChangeError where nothing can.
    `predicted` is what a disk will have of it in its object after a create; None where the object has it elsewhere.
    """

    name: str
    desired: Callable[[DesiredDisk], Any]
    current: Callable[[View], Any] | None
    steps: StepsOf
    predicted: Callable[[DesiredDisk], Any] | None = None


def _fixed(_view: View, _value: Any) -> tuple[Step, ...]:
    raise UnsupportedChangeError(
        "This cannot be changed after the disk was created: create a disk under another name instead"
    )


def _one(step: Callable[[Any], Step]) -> StepsOf:
    return lambda _view, value: (step(value),)


def _plain(key: str, steps: StepsOf) -> DiskOption:
    wanted = attrgetter(key)
    return DiskOption(key, wanted, lambda view: view.disk.payload.get(key), steps, predicted=wanted)


def _lookup(key: str, current: Callable[[View], Any], steps: StepsOf, payload_keys: Sequence[str]) -> DiskOption:
    def predicted(desired: DesiredDisk) -> dict[str, Any] | None:
        lookup: Lookup | None = getattr(desired, key)
        return lookup.as_payload(*payload_keys) if lookup else None

    return DiskOption(key, lambda desired: as_body(getattr(desired, key)), current, steps, predicted)


def _assigned(key: str, current: Callable[[View], Any], steps: StepsOf) -> DiskOption:
    return DiskOption(
        f"virtual_machine_disk.{key}",
        lambda desired: getattr(desired.assignment or Assignment(), key),
        current,
        steps,
    )


def as_body(lookup: Lookup | None) -> dict[str, str] | None:
    """A lookup that may not be given, as the API takes it."""
    return lookup.as_body() if lookup else None


def _under_key(lookup: Lookup, thing: object) -> dict[str, Any] | None:
    return {lookup.key: thing.get(lookup.key)} if isinstance(thing, Mapping) else None


def _rename_steps(view: View, value: str) -> tuple[Step, ...]:
    if view.desired.id is None:
        raise UnsupportedChangeError("Another client renamed it after this task found it: run the task again")
    return (rename(value),)


def _current_machine(view: View) -> dict[str, Any] | None:
    wanted, attachment = view.desired.virtual_machine, view.disk.attachment
    if wanted is None or attachment is None:
        return None
    return as_body(wanted) if view.disk.is_assigned_to(wanted) else _under_key(wanted, attachment.virtual_machine)


def _current_attach(view: View) -> bool | str | None:
    """What is under way is taken to arrive; on a stopped machine attach_on_boot is all there can be."""
    attachment = view.disk.attachment
    if attachment is None:
        return None
    if view.disk.is_being_built:
        return view.assignment.attach
    if attachment.state != DETACHED:
        return _ARRIVES_AS.get(attachment.state, attachment.state)
    waits_for_boot = attachment.attach_on_boot is True or view.assignment.attach_on_boot is False
    return view.desired.wants_attached and waits_for_boot and view.machine.power in (Power.OFF, Power.UNKNOWN)


_ARRIVES_AS = {ATTACHED: True, ATTACHING: True, DETACHING: False}


def _current_data_center(view: View) -> dict[str, Any] | None:
    wanted = view.desired.data_center
    if wanted is None or view.disk.is_in(wanted):
        return as_body(wanted)
    return _under_key(wanted, view.disk.payload.get("data_center"))


def _current_io_profile(view: View) -> dict[str, Any] | None:
    wanted = view.desired.io_profile
    return _under_key(wanted, view.disk.payload.get("io_profile")) if wanted else None


def _assign_steps(view: View, _value: Any) -> tuple[Step, ...]:
    machine, here, there = view.desired.virtual_machine, view.disk.payload.get("data_center"), view.machine.data_center
    if view.disk.is_boot_disk:
        raise UnsupportedChangeError("Its virtual machine boots from it, so it is never moved")
    if view.disk.attachment is not None:
        # Only katapult_disk_assignment has names of its own, and the option.
        how = (
            "set force=true to move it from there"
            if view.desired.option_names
            else "to move it from there, use katapult_disk_assignment with force=true"
        )
        raise UnsupportedChangeError(f"It is on another virtual machine: {how}")
    if isinstance(here, Mapping) and there is not None and _differ(here, there):
        raise UnsupportedChangeError(
            f"That machine is in the data center {there.get('permalink') or there.get('id')}, and the disk is in "
            f"{here.get('permalink') or here.get('id')}: use a disk and a virtual machine of one data center"
        )
    return (assign(machine),) if machine else ()


def _differ(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two objects surely are not one thing: what one of them does not tell is not another."""
    keys = [key for key in ("id", "permalink") if isinstance(one.get(key), str) and isinstance(other.get(key), str)]
    return bool(keys) and one[keys[0]] != other[keys[0]]


def _attach_on_boot_steps(view: View, value: bool) -> tuple[Step, ...]:
    if view.disk.is_boot_disk and not value:
        raise UnsupportedChangeError("Its virtual machine boots from it, so it is always attached at boot")
    return (set_attach_on_boot(value),)


def _attach_steps(view: View, value: bool) -> tuple[Step, ...]:
    """On a machine that does not run, or can't be seen, the disk is made to be attached at the next start."""
    if not value:
        if view.disk.is_boot_disk:
            raise UnsupportedChangeError("Its virtual machine boots from it, so it is never detached")
        view.disk.require_machine()
        return (detach(),) if view.disk.attachment is not None else ()
    if view.machine.power in (Power.ON, Power.CHANGING):
        return (attach(),)
    return (set_attach_on_boot(desired=True),) if view.assignment.attach_on_boot is None else ()


def _shown(pairs: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in pairs]


OPTIONS = (
    DiskOption("name", attrgetter("name"), lambda view: view.disk.name, _rename_steps, predicted=attrgetter("name")),
    _plain("size_in_gb", lambda view, value: plan_resize(view.disk, view.desired, value)),
    _plain("bus_type", _one(set_bus_type)),
    _lookup("data_center", _current_data_center, _fixed, ("id", "name", "permalink")),
    _lookup(
        "io_profile",
        _current_io_profile,
        lambda _view, value: tuple(set_io_profile(Lookup(*item)) for item in value.items()),
        IO_PROFILE_KEYS,
    ),
    DiskOption("initial_file_system", attrgetter("initial_file_system"), None, _fixed),
    _plain("storage_speed", _fixed),
    DiskOption(
        "virtual_machine_disk.virtual_machine",
        lambda desired: as_body(desired.virtual_machine),
        _current_machine,
        _assign_steps,
    ),
    _assigned("boot", lambda view: view.disk.attachment.boot if view.disk.attachment else False, _fixed),
    _assigned(
        "attach_on_boot",
        lambda view: view.disk.attachment.attach_on_boot if view.disk.attachment else None,
        _attach_on_boot_steps,
    ),
    _assigned("attach", _current_attach, _attach_steps),
    DiskOption(
        "annotations",
        lambda desired: None if desired.annotations is None else _shown(annotation_pairs(desired.annotations)),
        lambda view: _shown(view.disk.annotations),
        lambda view, _value: (annotate(view.desired.annotations or ()),),
    ),
)


@dataclass(frozen=True)
class Difference:
    """An option that was set, and that an existing disk has otherwise."""

    option: str
    current: Any
    desired: Any

    def __str__(self) -> str:
        return f"{self.option} is {_value_in_words(self.current)}, expected {_value_in_words(self.desired)}"


def _value_in_words(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ", ".join(_value_in_words(item) for item in value.values())
    if isinstance(value, list):
        # Only annotations are a list.
        return "[" + ", ".join(f"{item['key']}={item['value']}" for item in value) + "]"
    return str(value)


def compare(view: View) -> list[tuple[DiskOption, Difference]]:
    """Every row whose option was set and that the disk has otherwise."""
    found = []
    for option, current, target in set_options(view):
        if current != target:
            name = view.desired.option_names.get(option.name, option.name)
            found.append((option, Difference(name, current, target)))
    return found


def find_differences(desired: DesiredDisk, disk: Disk, machine: Machine = UNKNOWN_MACHINE) -> tuple[Difference, ...]:
    """Every option that was set and that the disk has otherwise; `machine` is the one that it is on."""
    return tuple(difference for _option, difference in compare(View(disk, desired, machine)))


def set_options(view: View) -> list[tuple[DiskOption, Any, Any]]:
    """The options that were set and can be compared with the disk, each as the disk has it and as it is wanted."""
    disk, desired = view.disk, view.desired
    elsewhere = disk.attachment is not None and desired.needs_assignment(disk) and not desired.allow_move
    nowhere = desired.virtual_machine is None and disk.attachment is None
    left_out = {f"virtual_machine_disk.{key}" for key in ("boot", "attach_on_boot", "attach")}
    hidden = left_out if elsewhere or nowhere else set()
    return [
        (option, option.current(view), option.desired(desired))
        for option in OPTIONS
        if option.current is not None and option.name not in hidden and option.desired(desired) is not None
    ]
