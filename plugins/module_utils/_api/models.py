# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disks, tasks, virtual machines and trash objects as the API gives them: frozen values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, NamedTuple

from .._core.clock import Moment
from .._core.errors import KatapultError, error_for

BUILT = "built"
FAILED = "failed"
ATTACHED = "attached"
DETACHED = "detached"
FINISHED = frozenset({"completed", "failed"})
ATTACHING = "attaching"
DETACHING = "detaching"
UNKNOWN = "unknown"
TRANSITIONAL = frozenset({ATTACHING, DETACHING})
# What every read of a disk shows, and of the objects in it; and what a row of the list shows of it, but for the state.
DISK_KEYS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("id", "name", "size_in_gb", "wwn", "state", "created_at", "storage_speed", "bus_type"), ()),
    "io_profile": ("id", "name", "permalink", "speed_in_mb", "iops"),
    "data_center": ("id", "name", "permalink"),
    "virtual_machine_disk": (),
    "installation": (),
}
ROW_KEYS = ("id", "name", "size_in_gb", "wwn", "virtual_machine_disk")
BUILD_STATES = frozenset({"not_built", "building", "installing", "formatting", "importing", "restoring"})


class MalformedPayloadError(Exception):
    """An object of an answer lacks what every such object has; the text says what."""


class Power(Enum):
    """What is known of a virtual machine's power."""

    ON = "started"
    OFF = "stopped"
    CHANGING = "changing"
    UNKNOWN = "unknown"


_POWER_OF_STATE = {
    "started": Power.ON,
    **dict.fromkeys(("stopped", "failed", "orphaned", "allocated"), Power.OFF),
}


class Lookup(NamedTuple):
    """One key of a lookup object: `key` as in `permalink`, and its value."""

    key: str
    value: str

    def as_body(self) -> dict[str, str]:
        """As the API takes it."""
        return {self.key: self.value}

    def as_query(self, name: str) -> tuple[tuple[str, str], ...]:
        """As the API takes it in an address."""
        return ((f"{name}[{self.key}]", self.value),)

    def as_payload(self, *keys: str) -> dict[str, Any]:
        """The thing that it names as an object with these keys: None for all that the lookup does not tell."""
        return {**dict.fromkeys(keys), **self.as_body()}

    def matches(self, thing: Any) -> bool:
        """Whether `thing`, an object of an answer or None, is the one that this lookup names."""
        if not self.has_key(thing):
            return False
        value: str = thing[self.key]
        # The service writes the names of machines in lower case, whatever they were given as.
        return value.lower() == self.value.lower() if self.key == "fqdn" else value == self.value

    def has_key(self, thing: Any) -> bool:
        """Whether `thing` has the key that this lookup names it by. If it has not, it may be that one all the same."""
        return isinstance(thing, Mapping) and isinstance(thing.get(self.key), str)

    def __str__(self) -> str:
        return self.value


class Attachment(NamedTuple):
    """A disk's place on a virtual machine."""

    virtual_machine: Mapping[str, Any]
    attach_on_boot: bool | None
    boot: bool | None
    state: str

    @property
    def machine_name(self) -> str:
        """The virtual machine in words."""
        return str(self.virtual_machine.get("fqdn") or self.virtual_machine.get("id"))


@dataclass(frozen=True)
class Disk:
    """A disk as the API gives it: `payload` has all its keys, the fields are what is decided by."""

    id: str
    name: str
    state: str
    attachment: Attachment | None
    annotations: tuple[tuple[str, str], ...]
    payload: Mapping[str, Any]
    annotation_list: list[Mapping[str, Any]]
    missing_fields: tuple[str, ...] = ()
    """What the answer leaves open of the disk's place: a missing key is not a no."""
    seen: Moment | None = field(default=None, compare=False)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is under way on it."""
        return self.state in (BUILT, FAILED) and (self.attachment is None or self.attachment.state not in TRANSITIONAL)

    @property
    def is_being_built(self) -> bool:
        """Whether it is not yet there for the first time; what was asked of its create may still come."""
        return self.state in BUILD_STATES

    @property
    def is_whole(self) -> bool:
        """Whether the answer has all keys that a read of the disk shows."""
        return all(key in self.payload and _has_keys(self.payload[key], inner) for key, inner in DISK_KEYS.items())

    def with_state_of(self, row: Mapping[str, Any]) -> Disk | None:
        """The disk in the state that a row of the list shows; None if the row shows, or leaves open, anything else.

        A disk on a virtual machine is never taken from a row, which does not show whether it is attached. The disk that
        is returned was not read as a whole, so that it counts as seen at no time.
        """
        state = row.get("state")
        differs = any(key not in row or row[key] != self.payload.get(key) for key in ROW_KEYS)
        if differs or self.attachment is not None or not isinstance(state, str):
            return None
        return replace(self, state=state, payload={**self.payload, "state": state}, seen=None)

    @property
    def is_detached(self) -> bool:
        """Whether no virtual machine sees it. Raises KatapultError if the answer leaves that open."""
        self.require_placement()
        return self.attachment is None or self.attachment.state == DETACHED

    @property
    def is_unassigned(self) -> bool:
        """Whether it is on no virtual machine. Raises KatapultError if the answer leaves that open."""
        self.require_placement()
        return self.attachment is None

    @property
    def is_boot_disk(self) -> bool:
        """Whether a virtual machine boots from it. Raises KatapultError if the answer leaves that open."""
        self.require_placement()
        return self.attachment is not None and self.attachment.boot is True

    @property
    def label(self) -> str:
        """Name and id, as messages have them."""
        return f"'{self.name}' ({self.id})"

    @property
    def sized_label(self) -> str:
        """Name, id and size."""
        return f"'{self.name}' ({self.id}, {self.payload.get('size_in_gb')} GB)"

    @property
    def state_text(self) -> str:
        """Its state in words, with that of its attachment."""
        return f"{self.state} and {self.attachment.state}" if self.attachment else self.state

    @property
    def size_in_gb(self) -> int:
        """Its size. Raises KatapultError if the answer does not tell it."""
        size = self.payload.get("size_in_gb")
        if not isinstance(size, int) or isinstance(size, bool):
            raise self._missing_error("size_in_gb")
        return size

    def is_assigned_to(self, virtual_machine: Lookup) -> bool:
        """Whether it is assigned to that virtual machine. Raises KatapultError if the answer leaves that open."""
        self.require_placement()
        if self.attachment is None:
            return False
        if not virtual_machine.has_key(self.attachment.virtual_machine):
            raise self._missing_error(f"virtual_machine_disk.virtual_machine.{virtual_machine.key}")
        return virtual_machine.matches(self.attachment.virtual_machine)

    def is_in(self, data_center: Lookup) -> bool:
        """Whether it is in that data center. Raises KatapultError if the answer leaves that open."""
        there = self.payload.get("data_center")
        if not data_center.has_key(there):
            raise self._missing_error(f"data_center.{data_center.key}")
        return data_center.matches(there)

    def is_on_machine_of(self, other: Disk) -> bool:
        """Whether both are on one virtual machine, by their IDs if both have one, else by their names, or on none.

        Raises KatapultError if the answer leaves that open.
        """
        self.require_placement()
        other.require_placement()
        if self.attachment is None or other.attachment is None:
            return self.attachment is other.attachment
        here, there = self.attachment.virtual_machine, other.attachment.virtual_machine
        for key in ("id", "fqdn"):
            lookup = Lookup(key, str(there.get(key)))
            if lookup.has_key(here) and lookup.has_key(there):
                return lookup.matches(here)
        raise self._missing_error("virtual_machine_disk.virtual_machine")

    def require_machine(self) -> None:
        """Raise KatapultError if the answer does not name the machine that the disk is on by its ID and its name."""
        self.require_placement()
        for key in ("id", "fqdn"):
            if self.attachment is not None and not Lookup(key, "").has_key(self.attachment.virtual_machine):
                raise self._missing_error(f"virtual_machine_disk.virtual_machine.{key}")

    def require_placement(self) -> None:
        """Raise KatapultError if the answer leaves open where the disk is, or whether a machine boots from it."""
        if self.missing_fields:
            raise self._missing_error(*self.missing_fields)

    def _missing_error(self, *keys: str) -> KatapultError:
        return error_for(
            "unexpected_answer",
            f"The service's answer about the disk {self.label} does not say what this task has to know: it has no "
            f"usable {' and no usable '.join(keys)}.",
        )


class Machine(NamedTuple):
    """What matters of a virtual machine to its disks; `data_center` is an object of the answer, None where unknown."""

    power: Power
    data_center: Mapping[str, Any] | None = None


UNKNOWN_MACHINE = Machine(Power.UNKNOWN)


class Task(NamedTuple):
    """A background task of the service."""

    id: str
    name: str
    status: str
    payload: Mapping[str, Any]

    @property
    def status_text(self) -> str:
        """Its status and its progress, in words."""
        percent = self.payload.get("progress")
        return self.status if percent is None else f"{self.status}, at {percent} %"


class PolicyTarget(NamedTuple):
    """What backup policies are listed of: `kind` is disk, virtual_machine or organization."""

    kind: str
    lookup: Lookup

    @property
    def path(self) -> str:
        """Where its policies are listed and made."""
        return f"/{self.kind}s/{self.kind}/disk_backup_policies"

    @property
    def label(self) -> str:
        """The target in words."""
        return f"the {self.kind.replace('_', ' ')} {self.lookup}"

    def is_other(self, told: Mapping[str, Any]) -> bool:
        """Whether `told`, the target in an answer, is surely another one."""
        return self.lookup.has_key(told) and not self.lookup.matches(told)


@dataclass(frozen=True)
class BackupPolicy:
    """A backup policy as the API gives it, in a row of a list without most of its schedule."""

    id: str
    payload: Mapping[str, Any]

    @property
    def schedule(self) -> Mapping[str, Any]:
        """Its schedule; an empty one where the answer does not tell it."""
        return _get_object(self.payload, "schedule")

    @property
    def target(self) -> Mapping[str, Any]:
        """The disk or virtual machine that it is for; an empty object where the answer does not tell it."""
        return _get_object(_get_object(self.payload, "target"), "target")

    @property
    def is_of_disk(self) -> bool:
        """Whether its target is surely a disk: nothing in an answer says so but what only disks have."""
        return "size_in_gb" in self.target or str(self.target.get("id")).startswith("disk_")

    def get(self, option: str) -> Any:
        """What it has of an option, as in `schedule.time`; None for what is not set.

        Raises KatapultError if the answer leaves that open.
        """
        outer, _dot, inner = option.partition(".")
        there, key = (self.schedule, inner) if inner else (self.payload, outer)
        value = there.get(key)
        kind = str if inner == "interval" else int
        is_optional = option not in ("retention", "schedule.interval")
        is_unset = value is None and key in there and is_optional
        if not is_unset and (not isinstance(value, kind) or isinstance(value, bool)):
            raise error_for(
                "unexpected_answer",
                f"The service's answer about the backup policy {self.id} does not say what this task has to know: it "
                f"has no usable {option}.",
            )
        return value


class TrashObject(NamedTuple):
    """What is known of a disk in the trash."""

    id: str
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class DiskCall:
    """A call that changes a disk: `action` says what it does, `body` is sent beside the disk's lookup.

    `has_task`: the service does it in the background, and the call must not be sent twice unseen.
    """

    method: str
    path: str
    action: str
    body: Mapping[str, Any] = field(default_factory=dict)
    has_task: bool = False


class DiskLimits(NamedTuple):
    """What an organization may have of disks, in GB; None where it has no limit, or none that can be understood."""

    space: float | None = None
    used: float | None = None
    minimum_size: float | None = None
    maximum_size: float | None = None

    @property
    def left(self) -> float | None:
        """The space that is left."""
        return None if self.space is None or self.used is None else max(0, self.space - self.used)


def parse_disk_limits(policy: Mapping[str, Any] | None, limits: Mapping[str, Any] | None) -> DiskLimits:
    """The limits in the answers of `policy` and `policy_limits`, None where there is no such answer.

    No unit is documented but by the answer, nor what stands for no limit: a number is one of GB if the unit is that, or
    if there is none, and 0 is no limit.
    """
    space = _get_object(_get_object(policy, "limits"), "disk_space")
    is_in_gb = str(space.get("unit") or "GB").upper() == "GB" and space.get("unlimited") is not True
    is_limited = _get_object(limits, "maximum_disk_space").get("unlimited") is not True
    return DiskLimits(
        (_number_of(space, "limit") or None) if is_in_gb and is_limited else None,
        _number_of(space, "current") if is_in_gb else None,
        _limit_of(_get_object(limits, "minimum_disk_size")),
        _limit_of(_get_object(limits, "maximum_disk_size")),
    )


def _get_object(thing: Any, key: str) -> Mapping[str, Any]:
    """The object within an object; an empty one where there is none."""
    found = thing.get(key) if isinstance(thing, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _limit_of(limit: Mapping[str, Any]) -> float | None:
    return None if limit.get("unlimited") is True else _number_of(limit, "value") or None


def _number_of(thing: Mapping[str, Any], key: str) -> float | None:
    value = thing.get(key)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0 else None


def parse_disk_payload(payload: Any, annotations: Any) -> Disk:
    """The disk in an answer. Raises MalformedPayloadError."""
    disk = require_object(payload, "disk", "id", "name", "state")
    attachment, missing_fields = _parse_attachment(disk)
    listed = [item for item in annotations if isinstance(item, Mapping)] if isinstance(annotations, list) else []
    return Disk(
        id=disk["id"],
        name=disk["name"],
        state=disk["state"],
        attachment=attachment,
        annotations=annotation_pairs(listed),
        payload=disk,
        annotation_list=listed,
        missing_fields=missing_fields,
    )


def find_device(disk: Any) -> str | None:
    """The path under which a guest finds a disk, an object of an answer or None, by its WWN.

    None if the object does not tell the WWN, or not that the disk is on the bus that shows it.
    """
    wwn = disk.get("wwn") if isinstance(disk, Mapping) and disk.get("bus_type") == "scsi" else None
    if not isinstance(wwn, str) or not re.fullmatch("(?:0x)?[0-9a-fA-F]+", wwn):
        return None
    return f"/dev/disk/by-id/wwn-0x{wwn.lower().removeprefix('0x')}"


def parse_task(payload: Any) -> Task:
    """The task in an answer. Raises MalformedPayloadError."""
    task = require_object(payload, "task", "id", "status")
    return Task(task["id"], str(task.get("name") or "task"), task["status"], task)


def parse_machine(payload: Any) -> Machine:
    """The virtual machine in an answer. Raises MalformedPayloadError."""
    machine = require_object(payload, "virtual_machine", "state")
    zone = machine.get("zone")
    data_center = zone.get("data_center") if isinstance(zone, Mapping) else None
    power = _POWER_OF_STATE.get(machine["state"], Power.CHANGING)
    return Machine(power, data_center if isinstance(data_center, Mapping) else None)


def parse_backup_policy(payload: Any) -> BackupPolicy:
    """The backup policy in an answer. Raises MalformedPayloadError."""
    policy = require_object(payload, "disk_backup_policy", "id")
    return BackupPolicy(policy["id"], policy)


def parse_trash_object(payload: Any) -> TrashObject:
    """The trash object in an answer. Raises MalformedPayloadError."""
    trash_object = require_object(payload, "trash_object", "id")
    return TrashObject(trash_object["id"], trash_object)


def _has_keys(value: Any, keys: Sequence[str]) -> bool:
    """Whether an object of an answer has all of these keys; in place of the object there may be null."""
    return value is None or not keys or (isinstance(value, Mapping) and all(key in value for key in keys))


def annotation_pairs(annotations: Any) -> tuple[tuple[str, str], ...]:
    """Annotations as sorted pairs, for comparing: a missing value, null and '' are the same."""
    return tuple(sorted({(str(item.get("key")), str(item.get("value") or "")) for item in annotations}))


def _parse_attachment(disk: Mapping[str, Any]) -> tuple[Attachment | None, tuple[str, ...]]:
    """A disk's place, and what the answer leaves open of it."""
    if disk.get("virtual_machine_disk") is None:
        return None, () if "virtual_machine_disk" in disk else ("virtual_machine_disk",)
    given = require_object(disk["virtual_machine_disk"], "disk.virtual_machine_disk")
    machine = require_object(given.get("virtual_machine"), "disk.virtual_machine_disk.virtual_machine")
    state = given.get("state")
    attachment = Attachment(
        machine,
        attach_on_boot=given.get("attach_on_boot"),
        boot=given.get("boot"),
        state=state if isinstance(state, str) and state else UNKNOWN,
    )
    told = {
        "boot": isinstance(attachment.boot, bool),
        "state": attachment.state != UNKNOWN,
        "virtual_machine": any(Lookup(key, "").has_key(machine) for key in ("id", "fqdn")),
    }
    return attachment, tuple(f"virtual_machine_disk.{key}" for key, is_told in told.items() if not is_told)


def require_object(payload: Any, name: str, *texts: str) -> Mapping[str, Any]:
    """The payload, which is an object where each of `texts` is a text. Raises MalformedPayloadError."""
    if not isinstance(payload, Mapping):
        raise MalformedPayloadError(f"'{name}' is no object")
    for key in texts:
        if not isinstance(payload.get(key), str) or not payload[key]:
            raise MalformedPayloadError(f"'{name}.{key}' is no text")
    return payload
