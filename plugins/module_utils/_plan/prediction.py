# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a disk is created with, and what it will look like when it is created or changed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._api.models import Lookup
from .._options.desired import Assignment, DesiredDisk
from .comparison import as_body
from .steps import Step


def create_body(desired: DesiredDisk) -> dict[str, Any]:
    """The body of the create call: what was given, as it was given, and nothing else."""
    properties = {
        "name": desired.name,
        "size_in_gb": desired.size_in_gb,
        "bus_type": desired.bus_type,
        "data_center": as_body(desired.data_center),
        "io_profile": as_body(desired.io_profile),
        "initial_file_system": desired.initial_file_system,
        "storage_speed": desired.storage_speed,
        "virtual_machine_disk": _assignment_body(desired.assignment),
    }
    annotations = None if desired.annotations is None else [dict(item) for item in desired.annotations]
    return _given(
        organization=as_body(desired.organization),
        properties=_given(**properties),
        annotations=annotations,
    )


def predicted_disk(desired: DesiredDisk) -> dict[str, Any]:
    """The disk that a create will make, with None for what only the service can know."""
    return {
        "id": None,
        "name": desired.name,
        "size_in_gb": desired.size_in_gb,
        "wwn": None,
        "state": None,
        "created_at": None,
        "storage_speed": desired.storage_speed,
        "io_profile": _object(desired.io_profile, "id", "name", "permalink", "speed_in_mb", "iops"),
        "bus_type": desired.bus_type,
        "data_center": _object(desired.data_center, "id", "name", "permalink"),
        "virtual_machine_disk": _attachment(desired.assignment),
        "installation": None,
    }


def changed_disk(payload: Mapping[str, Any], steps: Iterable[Step]) -> Mapping[str, Any]:
    """The object of a disk after these steps."""
    for step in steps:
        payload = step.effect(payload)
    return payload


def predicted_annotations(desired: DesiredDisk) -> list[Mapping[str, Any]]:
    """The annotations that are wanted, as the service will show them."""
    return [{"key": item["key"], "value": item.get("value")} for item in desired.annotations or ()]


def _assignment_body(assignment: Assignment | None) -> dict[str, Any] | None:
    if assignment is None:
        return None
    return _given(
        boot=assignment.boot,
        attach_on_boot=assignment.attach_on_boot,
        attach=assignment.attach,
        virtual_machine=as_body(assignment.virtual_machine),
    )


def _given(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _attachment(assignment: Assignment | None) -> dict[str, Any] | None:
    if assignment is None or assignment.virtual_machine is None:
        return None
    return {
        "virtual_machine": assignment.virtual_machine.as_payload("id", "fqdn"),
        "attach_on_boot": assignment.attach_on_boot,
        "boot": assignment.boot,
        "state": None,
    }


def _object(lookup: Lookup | None, *keys: str) -> dict[str, Any] | None:
    return lookup.as_payload(*keys) if lookup else None
