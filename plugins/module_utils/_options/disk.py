# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a disk and of its assignment: their specification, and the desired disk that they describe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from .._api.models import Disk, Lookup
from .._core.errors import OptionError
from .normalize import lookup_spec
from .text import WHITESPACE, find_name_problem, find_value_problem, infer_key, raise_if


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


MIN_SIZE_GB = 10
MAX_SIZE_GB = 2**31 - 1
STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}
# The keys are no secrets, whatever Ansible takes the name for.
ANNOTATIONS = {
    "type": "list",
    "elements": "dict",
    "options": {"key": {"type": "str", "required": True, "no_log": False}, "value": {"type": "str"}},
}
ASSIGNMENT_NAMES = {
    "name": "disk.name",
    "virtual_machine_disk.virtual_machine": "virtual_machine",
    "virtual_machine_disk.attach": "attached",
    "virtual_machine_disk.attach_on_boot": "attach_on_boot",
}


def disk_spec() -> dict[str, Any]:
    """The argument specification of one disk."""
    return {
        "id": {"type": "str"},
        "name": {"type": "str"},
        "size_in_gb": {"type": "int"},
        "bus_type": {"type": "str", "choices": ["scsi", "virtio"]},
        "data_center": lookup_spec("id", "permalink"),
        "io_profile": lookup_spec("id", "permalink"),
        "initial_file_system": {"type": "str", "choices": ["ext4", "xfs"]},
        "storage_speed": {"type": "str", "choices": ["nvme", "ssd"]},
        "virtual_machine_disk": {
            "type": "dict",
            "options": {
                "virtual_machine": lookup_spec("id", "fqdn"),
                "boot": {"type": "bool"},
                "attach_on_boot": {"type": "bool"},
                "attach": {"type": "bool"},
            },
        },
        "annotations": ANNOTATIONS,
    }


def change_spec() -> dict[str, Any]:
    """The options that say how far a disk may be changed or removed."""
    return {
        "state": STATE,
        "resize_method": {"type": "str", "choices": [method.value for method in ResizeMethod], "default": "auto"},
        "allow_shrink": {"type": "bool", "default": False},
        "force": {"type": "bool", "default": False},
        "purge": {"type": "bool", "default": False},
        "restore": {"type": "bool", "default": False},
    }


def assignment_spec() -> dict[str, Any]:
    """The argument specification of an assignment."""
    return {
        "disk": {**lookup_spec("id", "name"), "required": True},
        "virtual_machine": lookup_spec("id", "fqdn"),
        "state": STATE,
        "attached": {"type": "bool", "default": True},
        "attach_on_boot": {"type": "bool"},
        "force": {"type": "bool", "default": False},
    }


def parse_disk(params: Mapping[str, Any], environment: Mapping[str, str]) -> DesiredDisk:
    """What the options want. Raises OptionError for a value that can't be meant."""
    size, given, assignment = params.get("size_in_gb"), params.get("virtual_machine_disk"), None
    if size is not None and not MIN_SIZE_GB <= size <= MAX_SIZE_GB:
        least = f"but a disk has {MIN_SIZE_GB} GB or more"
        problem = least if size < MIN_SIZE_GB else "which is not a size in GB that a disk can have"
        raise OptionError("size_in_gb", f"is {size:d}, {problem}.")
    if params.get("restore") and params.get("id") is None:
        raise OptionError("restore", "needs id: a disk in the trash can't be found by its name.")
    if given is not None:
        machine = parse_lookup(given, "virtual_machine", "virtual_machine_disk.")
        assignment = Assignment(machine, given.get("boot"), given.get("attach_on_boot"), given.get("attach"))
    data_center = parse_lookup(params, "data_center")
    is_placed = data_center is not None or (assignment is not None and assignment.virtual_machine is not None)
    return DesiredDisk(
        organization=parse_lookup(params, "organization"),
        id=parse_text(params, "id"),
        name=parse_text(params, "name"),
        size_in_gb=size,
        bus_type=params.get("bus_type"),
        data_center=data_center,
        io_profile=parse_lookup(params, "io_profile"),
        initial_file_system=params.get("initial_file_system"),
        storage_speed=params.get("storage_speed"),
        assignment=assignment,
        annotations=parse_annotations(params),
        default_data_center=None if is_placed else _parse_default_data_center(environment),
        resize_method=ResizeMethod(params.get("resize_method") or "auto"),
        allow_shrink=bool(params.get("allow_shrink")),
        restore=bool(params.get("restore")),
    )


def parse_assignment(params: Mapping[str, Any]) -> DesiredDisk:
    """What the options of an assignment want. Raises OptionError for a value that can't be meant."""
    disk = parse_lookup(params, "disk")
    return DesiredDisk(
        organization=parse_lookup(params, "organization"),
        id=disk.value if disk and disk.key == "id" else None,
        name=disk.value if disk and disk.key == "name" else None,
        assignment=Assignment(
            virtual_machine=parse_lookup(params, "virtual_machine"),
            attach_on_boot=params["attach_on_boot"],
            attach=params["attached"],
        ),
        allow_move=params["force"],
        option_names=ASSIGNMENT_NAMES,
    )


def parse_lookup(params: Mapping[str, Any], option: str, within: str = "") -> Lookup | None:
    """The lookup that an option holds; `within` is the option around it. Raises OptionError for one that can't be."""
    for key, value in (params.get(option) or {}).items():
        if value is not None:
            raise_if(f"{within}{option}.{key}", find_name_problem(key, value))
            return Lookup(key, value)
    return None


def require_organization(organization: Lookup | None, purpose: str) -> Lookup:
    """The organization, which `purpose` needs. Raises OptionError where it is not set."""
    if organization is None:
        raise OptionError("organization", f"is needed to {purpose}: set it, or KATAPULT_ORGANIZATION.")
    return organization


def parse_text(params: Mapping[str, Any], option: str) -> str | None:
    """The text that an option holds, which names something. Raises OptionError for what no name can be."""
    value: str | None = params.get(option)
    if value is not None:
        raise_if(option, find_name_problem(option, value))
    return value


def parse_annotations(params: Mapping[str, Any]) -> tuple[Mapping[str, str], ...] | None:
    """The annotations that the option holds, without values that are None. Raises OptionError for an unfit one."""
    given = params.get("annotations")
    if given is None:
        return None
    for number, item in enumerate(given):
        missing = None if item["key"].strip() else "is empty. Give every annotation a key."
        raise_if(f"annotations[{number}].key", missing or find_name_problem("key", item["key"]))
        raise_if(f"annotations[{number}].value", find_value_problem(item.get("value") or ""))
    return tuple({key: value for key, value in item.items() if value is not None} for item in given)


def parse_range(params: Mapping[str, Any], option: str, smallest: int, largest: int) -> int:
    """The number that an option holds. Raises OptionError for one beyond the limits."""
    value: int = params[option]
    if not smallest <= value <= largest:
        raise OptionError(option, f"is {value:d}, but it must be from {smallest} to {largest}.")
    return value


def _parse_default_data_center(environment: Mapping[str, str]) -> Lookup | None:
    value = environment.get("KATAPULT_DATA_CENTER", "").strip(WHITESPACE)
    if not value.strip():
        return None
    raise_if("KATAPULT_DATA_CENTER", find_name_problem("id", value))
    return Lookup(infer_key("permalink", value), value)
