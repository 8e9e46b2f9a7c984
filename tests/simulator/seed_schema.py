# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a test describes what shall be there from the beginning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Optional, Union

from .models import Annotation

DiskState = Literal[
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
AttachmentState = Literal["detached", "attaching", "attached", "detaching", "failed"]
MachineState = Literal["stopped", "starting", "started", "stopping", "failed", "orphaned", "allocated"]
BackupInterval = Literal["hourly", "daily", "weekly", "monthly"]
TaskStatus = Literal["pending", "running", "completed", "failed"]
BusType = Literal["scsi", "virtio"]
StorageSpeed = Literal["nvme", "ssd"]
Refusal = Literal[
    "organization_not_activated", "organization_suspended", "permission_denied", "unauthorized_network_for_api_token"
]

AnnotationsGiven = Union[Mapping[str, Optional[str]], Iterable[Mapping[str, Optional[str]]]]


@dataclass(frozen=True)
class DiskDescription:
    """A disk that is there.

    ``data_center`` and ``io_profile`` are ids or permalinks, ``virtual_machine`` is an id or fqdn. A boot disk with
    ``root_password`` has an installation that shows it. With ``settle_seconds``, a disk or attachment in transition
    becomes in that time what it is becoming. What is None is made up, but for bus_type and io_profile.
    """

    name: str
    size_in_gb: int = 20
    state: DiskState = "built"
    data_center: str | None = None
    io_profile: str | None = "unrestricted"
    bus_type: BusType | None = "scsi"
    storage_speed: StorageSpeed = "nvme"
    virtual_machine: str | None = None
    attachment: AttachmentState = "detached"
    attach_on_boot: bool = True
    boot: bool = False
    annotations: AnnotationsGiven = ()
    root_password: str | None = None
    settle_seconds: float | None = None
    id: str | None = None
    wwn: str | None = None
    created_at: int | None = None


@dataclass(frozen=True)
class MachineDescription:
    """A virtual machine that is there, with a boot disk where ``system_disk_gb`` is given.

    ``group`` and ``tags`` are names, ``addresses`` are public ones. What is None is made up, but for group and package.
    """

    fqdn: str
    state: MachineState = "started"
    data_center: str | None = None
    name: str | None = None
    package: str | None = "ROCK-4"
    group: str | None = None
    tags: list[str] = field(default_factory=list)
    annotations: AnnotationsGiven = ()
    addresses: list[str] | None = None
    private_addresses: list[str] = field(default_factory=list)
    root_password: str | None = None
    system_disk_gb: int | None = None
    id: str | None = None
    created_at: int | None = None


@dataclass(frozen=True)
class BackupPolicyDescription:
    """A backup policy that is there, for one ``disk`` (id or name) or one ``virtual_machine`` (id or fqdn)."""

    retention: int
    disk: str | None = None
    virtual_machine: str | None = None
    interval: BackupInterval = "daily"
    frequency: int = 1
    minute: int = 0
    time: int = 0
    total_size: float = 0.0
    id: str | None = None
    created_at: int | None = None


@dataclass(frozen=True)
class TaskDescription:
    """A task that is there, and stays as it is."""

    name: str
    status: TaskStatus = "pending"
    progress: int = 0
    id: str | None = None
    created_at: int | None = None
    started_at: int | None = None
    finished_at: int | None = None


@dataclass(frozen=True)
class TokenDescription:
    """A token that is let in, with these scopes only (None: all), or with a 403 of this code for whatever it does.

    It is that of a user, or, where ``user`` is false, one that belongs to nobody.
    """

    token: str
    scopes: list[str] | None = None
    refuse: Refusal | None = None
    user: bool = True


@dataclass(frozen=True)
class PowerDescription:
    """What is done to a virtual machine (id or fqdn)."""

    virtual_machine: str
    on: bool


def annotation_pairs(given: AnnotationsGiven) -> list[Annotation]:
    """Return annotations, given as a mapping or as a list of {key, value}, as pairs."""
    if isinstance(given, Mapping):
        return list(given.items())
    return [(str(item["key"]), item.get("value")) for item in given]
