# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The organization that is simulated: its disks, machines, profiles, data centers, policy, tokens, tasks and trash."""

from __future__ import annotations

import random
import string
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from .models import (
    Address,
    Attachment,
    BackupPolicy,
    BackupSchedule,
    DataCenter,
    Disk,
    IoProfile,
    MachineGroup,
    Organization,
    Tag,
    Task,
    Token,
    TrashObject,
    VirtualMachine,
)
from .policy import Policy
from .seed_schema import (
    BackupPolicyDescription,
    DiskDescription,
    MachineDescription,
    TaskDescription,
    annotation_pairs,
)
from .settings import Settings
from .tasks import TaskQueue
from .timeline import Clock, Timeline

DEFAULT_TOKEN = "simulator-token"
DEFAULT_SUB_DOMAIN = "acme"

_T = TypeVar("_T")

_ID_CHARACTERS = string.ascii_letters + string.digits

# Each with the prefix of its id, its name and permalink: on the live service the ids begin differently too
_DATA_CENTERS = (
    ("loc", "London", "uk-lon-01"),
    ("loc", "Amsterdam", "nl-ams-01"),
    ("dc", "New York", "us-nyc-01"),
)
# Each with its name, permalink, speed in MB and IOPS
_IO_PROFILES = (("100k", "100k", 2000, 100000), ("Unrestricted", "unrestricted", None, None))


class State:
    """All that the service knows. Hold ``lock`` while reading or changing it, and call ``advance`` first."""

    def __init__(self, settings: Settings, clock: Clock = time.time) -> None:
        self.lock = threading.RLock()
        self.settings = settings
        self.clock = clock
        self._random = random.Random()
        self.reset()

    def reset(self) -> None:
        """Forget everything but the settings, and fill in what every organization has."""
        with self.lock:
            self.timeline = Timeline(self.clock)
            self.task_queue = TaskQueue(self.timeline, self.settings, self.new_id)
            self.organization = Organization(self.new_id("org"), DEFAULT_SUB_DOMAIN, "Acme Limited")
            self.other_organizations: list[Organization] = []
            self.policy = Policy()
            self.disks: dict[str, Disk] = {}
            self.machines: dict[str, VirtualMachine] = {}
            self.tags: dict[str, Tag] = {}
            self.groups: dict[str, MachineGroup] = {}
            self.backup_policies: dict[str, BackupPolicy] = {}
            self.trash: dict[str, TrashObject] = {}
            self.tokens: dict[str, Token] = {}
            self.data_centers: list[DataCenter] = []
            self.io_profiles: list[IoProfile] = []
            self.add_token(DEFAULT_TOKEN)
            self.caller = self.tokens[DEFAULT_TOKEN]
            for prefix, name, permalink in _DATA_CENTERS:
                self.add_data_center(permalink, name=name, id=self.new_id(prefix))
            for name, permalink, speed_in_mb, iops in _IO_PROFILES:
                self.add_io_profile(permalink, name=name, speed_in_mb=speed_in_mb, iops=iops)

    def advance(self) -> None:
        """Let happen what is due by now."""
        self.timeline.advance()

    def new_id(self, prefix: str) -> str:
        """Return a new id that looks like the live service's."""
        return prefix + "_" + "".join(self._random.choice(_ID_CHARACTERS) for _index in range(16))

    def new_wwn(self) -> str:
        """Return a new world wide name for a disk."""
        return f"0{self._random.getrandbits(60):015x}"

    def add_token(
        self, value: str, scopes: Iterable[str] | None = None, refuse: str | None = None, user: bool = True
    ) -> None:
        """Let a token in, as TokenDescription tells."""
        with self.lock:
            granted = None if scopes is None else frozenset(scopes)
            self.tokens[value] = Token(value, self.new_id("apitkn"), granted, refuse, user)

    def add_organization(self, sub_domain: str, **fields: Any) -> str:
        """Add an organization that the user has too, and no call but that for the user knows. Return its id."""
        with self.lock:
            made_up = {"id": self.new_id("org"), "name": sub_domain}
            self.other_organizations.append(Organization(sub_domain=sub_domain, **{**made_up, **fields}))
            return self.other_organizations[-1].id

    def set_policy(self, **fields: Any) -> None:
        """Change the fields of Policy that are given; of limits and features, those that are named."""
        with self.lock:
            self.policy = self.policy.changed(**fields)

    def add_data_center(self, permalink: str, **fields: Any) -> str:
        """Add a data center, with the fields of DataCenter that are given, and return its id."""
        with self.lock:
            made_up = {"id": self.new_id("loc"), "name": permalink}
            self.data_centers.append(DataCenter(permalink=permalink, **{**made_up, **fields}))
            return self.data_centers[-1].id

    def add_io_profile(self, permalink: str, **fields: Any) -> str:
        """Add a profile, with the fields of IoProfile that are given, and return its id."""
        with self.lock:
            made_up = {"id": self.new_id("diop"), "name": permalink}
            self.io_profiles.append(IoProfile(permalink=permalink, **{**made_up, **fields}))
            return self.io_profiles[-1].id

    def add_vm(self, fqdn: str, **fields: Any) -> str:
        """Add a virtual machine, with the fields of MachineDescription that are given, and return its id."""
        wanted = MachineDescription(fqdn, **fields)
        with self.lock:
            machine = self._new_machine(wanted)
            new_id = machine.id
            self.machines[new_id] = machine
        if wanted.system_disk_gb is not None:
            self.add_disk(
                "System Disk",
                size_in_gb=wanted.system_disk_gb,
                virtual_machine=new_id,
                attachment="attached" if wanted.state == "started" else "detached",
                boot=True,
                io_profile="100k",
                root_password=wanted.root_password,
            )
        return new_id

    def _new_machine(self, wanted: MachineDescription) -> VirtualMachine:
        made = self._moment(wanted.created_at)
        made_up = [f"192.0.2.{10 + len(self.machines) % 200}"]
        return VirtualMachine(
            id=wanted.id or self.new_id("vm"),
            name=wanted.name or wanted.fqdn.partition(".")[0],
            fqdn=wanted.fqdn,
            state=wanted.state,
            data_center=self.data_center(wanted.data_center),
            created_at=made,
            root_password=wanted.root_password,
            package=wanted.package,
            group=None if wanted.group is None else self._group(wanted.group, made),
            tags=[self._tag(name, made) for name in wanted.tags],
            addresses=self._addresses(made_up if wanted.addresses is None else wanted.addresses),
            private_addresses=self._addresses(wanted.private_addresses),
            annotations=annotation_pairs(wanted.annotations),
        )

    def _group(self, name: str, made: int) -> MachineGroup:
        return self.groups.setdefault(name, MachineGroup(self.new_id("vmgrp"), name, made))

    def _tag(self, name: str, made: int) -> Tag:
        return self.tags.setdefault(name, Tag(self.new_id("tag"), name, made))

    def _addresses(self, given: Iterable[str]) -> list[Address]:
        return [Address(self.new_id("ip"), address) for address in given]

    def add_disk(self, name: str, **fields: Any) -> str:
        """Add a disk, with the fields of DiskDescription that are given, and return its id."""
        wanted = DiskDescription(name, **fields)
        with self.lock:
            disk = Disk(
                id=wanted.id or self.new_id("disk"),
                name=name,
                size_in_gb=wanted.size_in_gb,
                wwn=wanted.wwn or self.new_wwn(),
                state=wanted.state,
                created_at=self._moment(wanted.created_at),
                storage_speed=wanted.storage_speed,
                bus_type=wanted.bus_type,
                io_profile=None if wanted.io_profile is None else self.io_profile(wanted.io_profile),
                data_center=self.data_center(wanted.data_center),
                annotations=annotation_pairs(wanted.annotations),
                root_password=wanted.root_password,
            )
            if wanted.virtual_machine is not None:
                machine = self.machine(wanted.virtual_machine)
                disk.attachment = Attachment(machine, wanted.attach_on_boot, wanted.boot, wanted.attachment)
                disk.data_center = machine.data_center
            self.disks[disk.id] = disk
            if wanted.settle_seconds is not None:
                self.timeline.after(wanted.settle_seconds, disk.settle)
            return disk.id

    def add_backup_policy(self, retention: int, **fields: Any) -> str:
        """Add a backup policy, with the fields of BackupPolicyDescription that are given, and return its id."""
        wanted = BackupPolicyDescription(retention, **fields)
        if (wanted.disk is None) == (wanted.virtual_machine is None):
            raise KeyError("a backup policy is for a disk or for a virtual_machine")
        with self.lock:
            policy = BackupPolicy(
                wanted.id or self.new_id("dbp"),
                retention,
                BackupSchedule(wanted.interval, wanted.frequency, wanted.minute, wanted.time),
                self.machine(wanted.virtual_machine) if wanted.virtual_machine else self.disk(wanted.disk),
                self._moment(wanted.created_at),
                wanted.total_size,
            )
            self.backup_policies[policy.id] = policy
            return policy.id

    def add_task(self, name: str, **fields: Any) -> str:
        """Add a task, with the fields of TaskDescription that are given, and return its id."""
        wanted = TaskDescription(name, **fields)
        with self.lock:
            task = Task(
                wanted.id or self.new_id("task"),
                name,
                self._moment(wanted.created_at),
                wanted.status,
                wanted.started_at,
                wanted.finished_at,
                progress=wanted.progress,
            )
            return self.task_queue.add(task).id

    def _moment(self, given: int | None) -> int:
        return int(self.timeline.now()) if given is None else given

    def data_center(self, key: str | None) -> DataCenter:
        """Return the data center of this id or permalink, or the first one when no key is given."""
        if key is None:
            return self.data_centers[0]
        return _only((item for item in self.data_centers if key in (item.id, item.permalink)), f"data center {key!r}")

    def io_profile(self, key: str) -> IoProfile:
        """Return the profile of this id or permalink."""
        return _only((item for item in self.io_profiles if key in (item.id, item.permalink)), f"I/O profile {key!r}")

    def disk(self, key: str | None) -> Disk:
        """Return the disk of this id, or else the first one of this name."""
        if key in self.disks:
            return self.disks[key]
        return _only((item for item in self.disks.values() if item.name == key), f"disk {key!r}")

    def machine(self, key: str) -> VirtualMachine:
        """Return the virtual machine of this id or fqdn."""
        return _only(
            (item for item in self.machines.values() if key in (item.id, item.fqdn)), f"virtual machine {key!r}"
        )

    def trashed(self, object_id: str) -> TrashObject | None:
        """Return the trash object of a disk, machine or backup policy, or None where it is not in the trash."""
        return next((item for item in self.trash.values() if item.object_id == object_id), None)

    def disks_in_use(self) -> list[Disk]:
        """Return the disks that are not in the trash, oldest first."""
        return self._not_in_trash(self.disks)

    def machines_in_use(self) -> list[VirtualMachine]:
        """Return the virtual machines that are not in the trash, oldest first."""
        return self._not_in_trash(self.machines)

    def backup_policies_in_use(self) -> list[BackupPolicy]:
        """Return the backup policies that are not in the trash, oldest first."""
        return self._not_in_trash(self.backup_policies)

    def _not_in_trash(self, items: Mapping[str, _T]) -> list[_T]:
        trashed = {item.object_id for item in self.trash.values()}
        return [item for item_id, item in items.items() if item_id not in trashed]

    def disks_of(self, machine: VirtualMachine) -> list[tuple[Disk, Attachment]]:
        """Return the disks that are assigned to a machine, boot disks first."""
        pairs = [(disk, disk.attachment) for disk in self.disks_in_use() if disk.attachment is not None]
        mine = [(disk, tie) for disk, tie in pairs if tie.machine is machine]
        return sorted(mine, key=lambda pair: not pair[1].boot)


def _only(found: Iterable[_T], what: str) -> _T:
    for item in found:
        return item
    raise KeyError(f"there is no {what}")
