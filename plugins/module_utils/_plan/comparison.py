# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of disk options: how each is desired, how a disk has it, which steps change it, and what differs. Pure.

An option that is changed in place needs a row here, and a step in `steps` if there is none for it yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
    " The service completes a shrink without an effect if there is nothing on the disk that it can shrink: a blank "
    "disk, XFS, or a file system that needs the space."
)


def plan_resize(disk: Disk, desired: DesiredDisk, size_in_gb: int) -> tuple[Step, ...]:
    """The resize to `size_in_gb`. Raises UnsupportedChangeError.

    A disk grows online while it is attached and offline while it is detached, and shrinks offline only.
    """
    disk.require_machine()
    current = disk.size_in_gb
    detached = disk.is_detached or _is_to_be_detached(desired)
    if not detached and disk.attachment is not None and disk.attachment.state == FAILED:
        raise UnsupportedChangeError(
            "its attachment has failed: detach it first, with virtual_machine_disk.attach=false"
        )
    method = ResizeMethod.OFFLINE if detached else ResizeMethod.ONLINE
    if size_in_gb < current:
        _check_shrink(disk, desired, detached=detached)
        return (resize(size_in_gb, method, UNSHRUNK),)
    if desired.resize_method not in (ResizeMethod.AUTO, method):
        raise UnsupportedChangeError(
            f"{'a detached' if detached else 'an attached'} disk grows {method.value}: set resize_method to auto, or "
            f"{'attach' if detached else 'detach'} the disk first"
        )
    return (resize(size_in_gb, method),)


def _check_shrink(disk: Disk, desired: DesiredDisk, *, detached: bool) -> None:
    if not desired.allow_shrink:
        raise UnsupportedChangeError(
            "a disk that is made smaller loses what is beyond its new end: shrink its file system first (ext4 can be "
            "shrunk, xfs can't), then set allow_shrink=true"
        )
    if not detached:
        remedy = "stop its virtual machine" if disk.is_boot_disk else "set virtual_machine_disk.attach=false"
        raise UnsupportedChangeError(f"a disk is made smaller while it is detached only: {remedy}")
    if desired.resize_method is ResizeMethod.ONLINE:
        raise UnsupportedChangeError("a disk is made smaller offline only: set resize_method to auto or offline")


def _is_to_be_detached(desired: DesiredDisk) -> bool:
    return desired.assignment is not None and desired.assignment.attach is False


@dataclass(frozen=True)
class View:
    """What an existing disk is compared by; `machine` is the virtual machine that it is on, or shall be on."""

    disk: Disk
    desired: DesiredDisk
    machine: Machine


StepsOf = Callable[[View, Any], "tuple[Step, ...]"]


@dataclass(frozen=True)
class DiskOption:
    """A row of the table: an option, how it is wanted (None: not set), and how an existing disk has it.

    `steps` gives what brings the disk to the wanted value. It raises UnsupportedChangeError where nothing can.
    """

    name: str
    desired: Callable[[DesiredDisk], Any]
    current: Callable[[View], Any]
    steps: StepsOf


def _refused(reason: str) -> StepsOf:
    def refuse(_view: View, _value: Any) -> tuple[Step, ...]:
        raise UnsupportedChangeError(reason)

    return refuse


def _one(step: Callable[[Any], Step]) -> StepsOf:
    return lambda _view, value: (step(value),)


def _plain(key: str, steps: StepsOf) -> DiskOption:
    return DiskOption(key, lambda desired: getattr(desired, key), lambda view: view.disk.payload.get(key), steps)


def _lookup(key: str, steps: StepsOf) -> DiskOption:
    def current(view: View) -> Any:
        return _under_the_key_of(getattr(view.desired, key), view.disk.payload.get(key))

    return DiskOption(key, lambda desired: as_body(getattr(desired, key)), current, steps)


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


def _under_the_key_of(lookup: Lookup, thing: object) -> dict[str, Any] | None:
    return {lookup.key: thing.get(lookup.key)} if isinstance(thing, Mapping) else None


def _rename_steps(view: View, value: str) -> tuple[Step, ...]:
    if view.desired.id is None:
        raise UnsupportedChangeError("it was found by that name and has been renamed since: run the task again")
    return (rename(value),)


def _current_machine(view: View) -> dict[str, Any] | None:
    desired, attachment = view.desired.virtual_machine, view.disk.attachment
    if desired is None or attachment is None:
        return None
    return (
        as_body(desired)
        if view.disk.is_assigned_to(desired)
        else _under_the_key_of(desired, attachment.virtual_machine)
    )


def _current_policy(view: View) -> bool | None:
    return view.disk.attachment.attach_on_boot if view.disk.attachment else None


def _current_attach(view: View) -> bool | str | None:
    """What is under way is taken to arrive; on a stopped machine attach_on_boot is all there can be."""
    attachment = view.disk.attachment
    if attachment is None:
        return None
    if view.disk.is_being_built:
        return view.desired.assignment.attach if view.desired.assignment else None
    if attachment.state != DETACHED:
        return _ARRIVES_AS.get(attachment.state, attachment.state)
    waits_for_boot = attachment.attach_on_boot is True or _policy_of(view) is False
    return view.desired.wants_attached and waits_for_boot and view.machine.power in (Power.OFF, Power.UNKNOWN)


_ARRIVES_AS = {ATTACHED: True, ATTACHING: True, DETACHING: False}


def _current_data_center(view: View) -> dict[str, Any] | None:
    desired = view.desired.data_center
    if desired is not None and view.disk.is_in(desired):
        return as_body(desired)
    return _under_the_key_of(desired, view.disk.payload.get("data_center")) if desired else None


def _policy_of(view: View) -> bool | None:
    return view.desired.assignment.attach_on_boot if view.desired.assignment else None


def _assign_steps(view: View, _value: Any) -> tuple[Step, ...]:
    machine, here, there = view.desired.virtual_machine, view.disk.payload.get("data_center"), view.machine.data_center
    if view.disk.is_boot_disk:
        raise UnsupportedChangeError("its virtual machine boots from it, so it is never moved")
    if view.disk.attachment is not None:
        # Only katapult_disk_assignment has names of its own, and the option.
        how = (
            "set force=true to move it"
            if view.desired.option_names
            else "katapult_disk_assignment with force=true moves it"
        )
        raise UnsupportedChangeError(f"it is on another virtual machine: {how} from there")
    if isinstance(here, Mapping) and there is not None and _differ(here, there):
        raise UnsupportedChangeError(
            f"that machine is in the data center {there.get('permalink') or there.get('id')}, and the disk in "
            f"{here.get('permalink') or here.get('id')}"
        )
    return (assign(machine),) if machine else ()


def _differ(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two objects surely are not one thing: what one of them does not tell is not another."""
    keys = [key for key in ("id", "permalink") if isinstance(one.get(key), str) and isinstance(other.get(key), str)]
    return bool(keys) and one[keys[0]] != other[keys[0]]


def _policy_steps(view: View, value: bool) -> tuple[Step, ...]:
    if view.disk.is_boot_disk and not value:
        raise UnsupportedChangeError("its virtual machine boots from it")
    return (set_attach_on_boot(value),)


def _attach_steps(view: View, value: bool) -> tuple[Step, ...]:
    """On a machine that does not run, or can't be seen, the disk is made to be attached at the next start."""
    if not value:
        if view.disk.is_boot_disk:
            raise UnsupportedChangeError("its virtual machine boots from it, so it is never detached")
        view.disk.require_machine()
        return (detach(),) if view.disk.attachment is not None else ()
    if view.machine.power in (Power.ON, Power.CHANGING):
        return (attach(),)
    return (set_attach_on_boot(desired=True),) if _policy_of(view) is None else ()


def _wanted_annotations(desired: DesiredDisk) -> list[dict[str, str]] | None:
    return None if desired.annotations is None else _shown(annotation_pairs(desired.annotations))


def _shown(pairs: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in pairs]


FIXED = _refused("that can't be changed once the disk is there")

OPTIONS = (
    DiskOption("name", lambda desired: desired.name, lambda view: view.disk.name, _rename_steps),
    _plain("size_in_gb", lambda view, value: plan_resize(view.disk, view.desired, value)),
    _plain("bus_type", _one(set_bus_type)),
    DiskOption("data_center", lambda desired: as_body(desired.data_center), _current_data_center, FIXED),
    _lookup("io_profile", lambda _view, value: tuple(set_io_profile(Lookup(*item)) for item in value.items())),
    _plain("storage_speed", FIXED),
    DiskOption(
        "virtual_machine_disk.virtual_machine",
        lambda desired: as_body(desired.virtual_machine),
        _current_machine,
        _assign_steps,
    ),
    _assigned("boot", lambda view: view.disk.attachment.boot if view.disk.attachment else False, FIXED),
    _assigned("attach_on_boot", _current_policy, _policy_steps),
    _assigned("attach", _current_attach, _attach_steps),
    DiskOption(
        "annotations",
        _wanted_annotations,
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
        return f"{self.option} is {_value_in_words(self.current)}, wanted {_value_in_words(self.desired)}"


def _value_in_words(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ", ".join(_value_in_words(item) for item in value.values())
    if isinstance(value, list):
        return "[" + ", ".join(_item_in_words(item) for item in value) + "]"
    return str(value)


def _item_in_words(item: object) -> str:
    is_annotation = isinstance(item, Mapping) and set(item) == {"key", "value"}
    return f"{item['key']}={item['value']}" if isinstance(item, Mapping) and is_annotation else _value_in_words(item)


def compare(view: View) -> list[tuple[DiskOption, Difference]]:
    """Every row whose option was set and that the disk has otherwise."""
    found = []
    for option in comparable_options(view.desired, view.disk):
        current, target = option.current(view), option.desired(view.desired)
        if current != target:
            name = view.desired.option_names.get(option.name, option.name)
            found.append((option, Difference(name, current, target)))
    return found


def find_differences(desired: DesiredDisk, disk: Disk, machine: Machine = UNKNOWN_MACHINE) -> tuple[Difference, ...]:
    """Every option that was set and that the disk has otherwise; `machine` is the one that it is on."""
    return tuple(difference for _option, difference in compare(View(disk, desired, machine)))


def comparable_options(desired: DesiredDisk, disk: Disk) -> list[DiskOption]:
    """The options that were set and that can be compared with the disk."""
    elsewhere = disk.attachment is not None and desired.needs_assignment(disk) and not desired.allow_move
    nowhere = desired.virtual_machine is None and disk.attachment is None
    left_out = {f"virtual_machine_disk.{key}" for key in ("boot", "attach_on_boot", "attach")}
    hidden = left_out if elsewhere or nowhere else set()
    return [option for option in OPTIONS if option.desired(desired) is not None and option.name not in hidden]
