# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a disk and of its assignment: their specification, and what they want."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._api.models import Lookup
from .._core.errors import OptionError
from .desired import Assignment, ResizeMethod, Wanted
from .normalize import lookup_spec
from .text import BLANKS, key_of, problem_of_name, problem_of_value

SMALLEST_SIZE = 10
LARGEST_SIZE = 2**31 - 1
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
        "annotations": annotations_spec(),
    }


def annotations_spec() -> dict[str, Any]:
    """The argument specification of annotations. Their keys are no secrets, whatever Ansible takes the name for."""
    return {
        "type": "list",
        "elements": "dict",
        "options": {
            "key": {"type": "str", "required": True, "no_log": False},
            "value": {"type": "str"},
        },
    }


def change_spec() -> dict[str, Any]:
    """The options that say how far a disk may be changed or removed."""
    return {
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
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
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "attached": {"type": "bool", "default": True},
        "attach_on_boot": {"type": "bool"},
        "force": {"type": "bool", "default": False},
    }


def wanted_disk(params: Mapping[str, Any], environment: Mapping[str, str]) -> Wanted:
    """What the options want. Raises OptionError for a value that can't be meant."""
    assignment = _assignment_of(params.get("virtual_machine_disk"))
    data_center = lookup_of(params, "data_center")
    is_placed = data_center is not None or (assignment is not None and assignment.virtual_machine is not None)
    return Wanted(
        organization=lookup_of(params, "organization"),
        id=text_of(params, "id"),
        name=text_of(params, "name"),
        size_in_gb=_size_of(params),
        bus_type=params.get("bus_type"),
        data_center=data_center,
        io_profile=lookup_of(params, "io_profile"),
        initial_file_system=params.get("initial_file_system"),
        storage_speed=params.get("storage_speed"),
        assignment=assignment,
        annotations=annotations_of(params),
        usual_data_center=None if is_placed else _usual_data_center(environment),
        resize_method=ResizeMethod(params.get("resize_method") or "auto"),
        allow_shrink=bool(params.get("allow_shrink")),
        restore=_restore_of(params),
    )


def wanted_assignment(params: Mapping[str, Any]) -> Wanted:
    """What the options of an assignment want. Raises OptionError for a value that can't be meant."""
    disk = lookup_of(params, "disk")
    return Wanted(
        organization=lookup_of(params, "organization"),
        id=disk.value if disk and disk.key == "id" else None,
        name=disk.value if disk and disk.key == "name" else None,
        assignment=Assignment(
            virtual_machine=lookup_of(params, "virtual_machine"),
            attach_on_boot=params["attach_on_boot"],
            attach=params["attached"],
        ),
        may_move=params["force"],
        names=ASSIGNMENT_NAMES,
    )


def lookup_of(params: Mapping[str, Any], option: str, within: str = "") -> Lookup | None:
    """The lookup that an option holds; C(within) is the option around it. Raises OptionError for one that can't be."""
    given = {key: value for key, value in (params.get(option) or {}).items() if value is not None}
    for key, value in given.items():
        return Lookup(key, _sound(f"{within}{option}.{key}", value, problem_of_name(key, value)))
    return None


def needed_organization(organization: Lookup | None, purpose: str) -> Lookup:
    """The organization, which C(purpose) needs. Raises OptionError where it is not set."""
    if organization is None:
        raise OptionError("organization", f"is needed to {purpose}: set it, or KATAPULT_ORGANIZATION.")
    return organization


def text_of(params: Mapping[str, Any], option: str) -> str | None:
    """The text that an option holds, which names something. Raises OptionError for what no name can be."""
    value: str | None = params.get(option)
    return None if value is None else _sound(option, value, problem_of_name(option, value))


def _sound(option: str, value: str, problem: str | None) -> str:
    if problem is not None:
        raise OptionError(option, problem)
    return value


def _usual_data_center(environment: Mapping[str, str]) -> Lookup | None:
    value = environment.get("KATAPULT_DATA_CENTER", "").strip(BLANKS)
    if not value.strip():
        return None
    return Lookup(key_of("permalink", value), _sound("KATAPULT_DATA_CENTER", value, problem_of_name("id", value)))


def _restore_of(params: Mapping[str, Any]) -> bool:
    restore = bool(params.get("restore"))
    if restore and params.get("id") is None:
        raise OptionError("restore", "needs id: a disk in the trash can't be found by its name.")
    return restore


def _size_of(params: Mapping[str, Any]) -> int | None:
    size: int | None = params.get("size_in_gb")
    if size is not None and size < SMALLEST_SIZE:
        raise OptionError("size_in_gb", f"is {size:d}, but a disk has {SMALLEST_SIZE} GB or more.")
    if size is not None and size > LARGEST_SIZE:
        raise OptionError("size_in_gb", f"is {size:d}, which is no size in GB that a disk can have.")
    return size


def _assignment_of(given: Mapping[str, Any] | None) -> Assignment | None:
    if given is None:
        return None
    return Assignment(
        virtual_machine=lookup_of(given, "virtual_machine", "virtual_machine_disk."),
        boot=given.get("boot"),
        attach_on_boot=given.get("attach_on_boot"),
        attach=given.get("attach"),
    )


def annotations_of(params: Mapping[str, Any]) -> tuple[Mapping[str, str], ...] | None:
    """The annotations that the option holds, without values that are None. Raises OptionError for an unfit one."""
    given = params.get("annotations")
    if given is None:
        return None
    for number, item in enumerate(given):
        if not item["key"].strip():
            raise OptionError(f"annotations[{number}].key", "is empty. Give every annotation a key.")
        _sound(f"annotations[{number}].key", item["key"], problem_of_name("key", item["key"]))
        value = item.get("value") or ""
        _sound(f"annotations[{number}].value", value, problem_of_value(value))
    return tuple({key: value for key, value in item.items() if value is not None} for item in given)
