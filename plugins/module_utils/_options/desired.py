# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A disk as the options describe it: frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from .._api.models import Disk, Lookup


class ResizeMethod(Enum):
    """`resize_method`: how a disk is resized."""

    AUTO = "auto"
    ONLINE = "online"
    OFFLINE = "offline"


@dataclass(frozen=True)
class Assignment:
    """`virtual_machine_disk` as it is wanted. None: leave alone."""

    virtual_machine: Lookup | None = None
    boot: bool | None = None
    attach_on_boot: bool | None = None
    attach: bool | None = None


@dataclass(frozen=True)
class DesiredDisk:
    """A disk as the options describe it. None: leave alone.

    `default_data_center` is KATAPULT_DATA_CENTER, if neither a data center nor a virtual machine is given: it narrows a
    look-up by name and fills a create, and is never compared. `allow_move`: take a disk from another virtual machine.
    `option_names` are the options that the module calls otherwise than katapult_disk does.
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
    default_data_center: Lookup | None = None
    resize_method: ResizeMethod = ResizeMethod.AUTO
    allow_shrink: bool = False
    restore: bool = False
    allow_move: bool = False
    option_names: Mapping[str, str] = field(default_factory=dict)

    @property
    def lookup_data_center(self) -> Lookup | None:
        """The data center that tells disks of one name apart."""
        return self.data_center or self.default_data_center

    @property
    def virtual_machine(self) -> Lookup | None:
        """The virtual machine that it shall be assigned to."""
        return self.assignment.virtual_machine if self.assignment else None

    @property
    def wants_attached(self) -> bool:
        """Whether `attach` is wanted."""
        return self.assignment is not None and self.assignment.attach is True

    def needs_assignment(self, disk: Disk) -> bool:
        """Whether the disk is not on the virtual machine that is wanted."""
        return self.virtual_machine is not None and not disk.is_assigned_to(self.virtual_machine)

    def moves(self, disk: Disk) -> bool:
        """Whether the disk is taken from the virtual machine that it is on."""
        is_elsewhere = disk.attachment is not None and self.needs_assignment(disk)
        return self.allow_move and is_elsewhere and not disk.is_boot_disk
