# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the simulated service keeps: the records behind its answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

Annotation = tuple[str, Optional[str]]

MEMORY_IN_GB = 4
"""The memory of every virtual machine."""

_ENDS_AS = {"attaching": "attached", "detaching": "detached"}


@dataclass
class Organization:
    """The one organization that all tokens belong to; one that another manages has no policy of its own."""

    id: str
    sub_domain: str
    name: str
    managed: bool = False


@dataclass
class DataCenter:
    """A place where disks and virtual machines are."""

    id: str
    name: str
    permalink: str


@dataclass
class IoProfile:
    """A speed limit for disks; None is no limit."""

    id: str
    name: str
    permalink: str
    speed_in_mb: int | None = None
    iops: int | None = None


@dataclass(frozen=True)
class Tag:
    """A tag of virtual machines."""

    id: str
    name: str
    created_at: int
    color: str = "light_blue"


@dataclass(frozen=True)
class MachineGroup:
    """A group of virtual machines."""

    id: str
    name: str
    created_at: int
    segregate: bool = True
    auto_segregate: bool = False


@dataclass(frozen=True)
class Address:
    """An IP address."""

    id: str
    address: str


@dataclass
class VirtualMachine:
    """A virtual machine, with what its own read shows."""

    id: str
    name: str
    fqdn: str
    state: str
    data_center: DataCenter
    created_at: int
    root_password: str | None = None
    package: str | None = None
    group: MachineGroup | None = None
    tags: list[Tag] = field(default_factory=list)
    addresses: list[Address] = field(default_factory=list)
    private_addresses: list[Address] = field(default_factory=list)
    annotations: list[Annotation] = field(default_factory=list)

    @property
    def hostname(self) -> str:
        """The first label of the fqdn."""
        return self.fqdn.partition(".")[0]


@dataclass
class Attachment:
    """The tie between a disk and its virtual machine."""

    machine: VirtualMachine
    attach_on_boot: bool = True
    boot: bool = False
    state: str = "detached"

    def settle(self) -> None:
        """End attaching or detaching."""
        self.state = _ENDS_AS.get(self.state, self.state)


@dataclass
class Disk:
    """A block disk."""

    id: str
    name: str
    size_in_gb: int
    wwn: str
    state: str
    created_at: int
    storage_speed: str
    bus_type: str | None
    io_profile: IoProfile | None
    data_center: DataCenter
    attachment: Attachment | None = None
    annotations: list[Annotation] = field(default_factory=list)
    root_password: str | None = None
    file_system: str | None = None

    def settle(self) -> None:
        """End what the disk and its attachment are becoming."""
        if self.state != "failed":
            self.state = "built"
        if self.attachment is not None:
            self.attachment.settle()


@dataclass(frozen=True)
class BackupSchedule:
    """When a backup policy runs."""

    interval: str
    frequency: int = 1
    minute: int = 0
    time: int = 0


@dataclass
class BackupPolicy:
    """A policy for the backups of a disk, or of all disks of a virtual machine."""

    id: str
    retention: int
    schedule: BackupSchedule
    target: Disk | VirtualMachine
    created_at: int
    total_size: float = 0.0
    auto_move_to_trash_at: int | None = None


@dataclass
class Task:
    """A background task; it changes only by the clock."""

    id: str
    name: str
    created_at: int
    status: str = "pending"
    started_at: int | None = None
    finished_at: int | None = None
    starts: float = 0.0
    ends: float = 0.0
    progress: int = 0


@dataclass
class TrashObject:
    """Something that was deleted and can still be restored."""

    id: str
    keep_until: int
    object_id: str
    object_type: str


@dataclass(frozen=True)
class Token:
    """A token: its scopes (None grants all), the code of the 403 that it always gets, if any; a user's, or nobody's."""

    value: str
    id: str
    scopes: frozenset[str] | None = None
    refuse: str | None = None
    user: bool = True

    def grants(self, wanted: tuple[str, ...]) -> bool:
        """Return whether a call that wants any one of these scopes may be made."""
        return self.scopes is None or not wanted or bool(self.scopes.intersection(wanted))
