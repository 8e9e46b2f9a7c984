# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disks, tasks and virtual machines as the API gives them, and a disk as it is wanted: frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

BUILT = "built"
FAILED = "failed"
ATTACHED = "attached"
DETACHED = "detached"
FINISHED = frozenset({"completed", "failed"})
MOVING = frozenset({"attaching", "detaching"})


class MalformedObjectError(Exception):
    """An object of an answer lacks what every such object has; the text says what."""


class Power(Enum):
    """What is known of a virtual machine's power."""

    ON = "started"
    OFF = "stopped"
    CHANGING = "changing"
    UNKNOWN = "unknown"


_POWER_OF_STATE = {
    "started": Power.ON,
    "stopped": Power.OFF,
    "failed": Power.OFF,
    "orphaned": Power.OFF,
    "allocated": Power.OFF,
}


@dataclass(frozen=True)
class Lookup:
    """One key of a lookup object: C(key) as in C(permalink), and its value."""

    key: str
    value: str

    def as_body(self) -> dict[str, str]:
        """As the API takes it."""
        return {self.key: self.value}

    def as_query(self, name: str) -> tuple[tuple[str, str], ...]:
        """As the API takes it in an address."""
        return ((f"{name}[{self.key}]", self.value),)

    def selects(self, thing: Any) -> bool:
        """Whether C(thing), an object of an answer or None, is the one that this lookup names."""
        return isinstance(thing, Mapping) and thing.get(self.key) == self.value

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Attachment:
    """A disk's place on a virtual machine."""

    virtual_machine: Mapping[str, Any]
    attach_on_boot: bool | None
    boot: bool | None
    state: str


@dataclass(frozen=True)
class Disk:
    """A disk as the API gives it: C(payload) has all its keys, the fields are what is decided by."""

    id: str
    name: str
    state: str
    attachment: Attachment | None
    annotations: tuple[tuple[str, str], ...]
    payload: Mapping[str, Any]
    annotation_list: list[Mapping[str, Any]]

    @property
    def is_settled(self) -> bool:
        """Whether nothing is under way on it."""
        return self.state in (BUILT, FAILED) and (self.attachment is None or self.attachment.state not in MOVING)

    def is_assigned_to(self, virtual_machine: Lookup) -> bool:
        """Whether it is assigned to that virtual machine."""
        return self.attachment is not None and virtual_machine.selects(self.attachment.virtual_machine)


@dataclass(frozen=True)
class Task:
    """A background task of the service."""

    id: str
    name: str
    status: str
    payload: Mapping[str, Any]

    @property
    def standing(self) -> str:
        """Its status and its progress, in words."""
        percent = self.payload.get("progress")
        return self.status if percent is None else f"{self.status}, at {percent} %"


@dataclass(frozen=True)
class Assignment:
    """C(virtual_machine_disk) as it is wanted. None: leave alone."""

    virtual_machine: Lookup | None = None
    boot: bool | None = None
    attach_on_boot: bool | None = None
    attach: bool | None = None


@dataclass(frozen=True)
class Wanted:
    """A disk as the options describe it. None: leave alone.

    C(usual_data_center) is KATAPULT_DATA_CENTER, where neither a data center nor a virtual machine is given: it narrows
    a look-up by name and fills a create, and is never compared.
    """

    organization: Lookup | None = None
    id: str | None = None
    name: str | None = None
    size_in_gb: int | None = None
    bus_type: str | None = None
    data_center: Lookup | None = None
    io_profile: Lookup | None = None
    initial_file_system: str | None = None
    storage_speed: str | None = None
    assignment: Assignment | None = None
    annotations: tuple[Mapping[str, str], ...] | None = None
    usual_data_center: Lookup | None = None

    @property
    def place(self) -> Lookup | None:
        """The data center that tells disks of one name apart."""
        return self.data_center or self.usual_data_center

    @property
    def virtual_machine(self) -> Lookup | None:
        """The virtual machine that it shall be assigned to."""
        return self.assignment.virtual_machine if self.assignment else None

    @property
    def is_to_be_attached(self) -> bool:
        """Whether C(attach) is wanted."""
        return self.assignment is not None and self.assignment.attach is True


def disk_of(payload: Any, annotations: Any) -> Disk:
    """The disk in an answer. Raises MalformedObjectError."""
    disk = _object(payload, "disk")
    listed = [item for item in annotations if isinstance(item, Mapping)] if isinstance(annotations, list) else []
    return Disk(
        id=_text(disk, "id", "disk"),
        name=_text(disk, "name", "disk"),
        state=_text(disk, "state", "disk"),
        attachment=_attachment_of(disk.get("virtual_machine_disk")),
        annotations=annotation_pairs(listed),
        payload=disk,
        annotation_list=listed,
    )


def task_of(payload: Any) -> Task:
    """The task in an answer. Raises MalformedObjectError."""
    task = _object(payload, "task")
    name = task.get("name")
    return Task(_text(task, "id", "task"), str(name or "task"), _text(task, "status", "task"), task)


def power_of(payload: Any) -> Power:
    """The power of the virtual machine in an answer. Raises MalformedObjectError."""
    state = _text(_object(payload, "virtual_machine"), "state", "virtual_machine")
    return _POWER_OF_STATE.get(state, Power.CHANGING)


def annotation_pairs(annotations: Any) -> tuple[tuple[str, str], ...]:
    """Annotations as sorted pairs, for comparing: a missing value, null and '' are the same."""
    return tuple(sorted({(str(item.get("key")), str(item.get("value") or "")) for item in annotations}))


def _attachment_of(payload: Any) -> Attachment | None:
    if payload is None:
        return None
    given = _object(payload, "disk.virtual_machine_disk")
    return Attachment(
        virtual_machine=_object(given.get("virtual_machine"), "disk.virtual_machine_disk.virtual_machine"),
        attach_on_boot=given.get("attach_on_boot"),
        boot=given.get("boot"),
        state=str(given.get("state") or "unknown"),
    )


def _object(payload: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(payload, Mapping):
        raise MalformedObjectError(f"'{name}' is no object")
    return payload


def _text(payload: Mapping[str, Any], key: str, name: str) -> str:
    value = payload.get(key)
    if not isinstance(value, str) or not value:
        raise MalformedObjectError(f"'{name}.{key}' is no text")
    return value
