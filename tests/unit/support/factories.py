# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disks, tasks and wishes that the unit tests share, as the API and the options give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.katapult.cloud.plugins.module_utils._api.models import Disk, Lookup, parse_disk_payload
from ansible_collections.katapult.cloud.plugins.module_utils._options.disk import DesiredDisk
from ansible_collections.katapult.cloud.tests.unit.support.fakes import ScriptedService

ACME = Lookup("sub_domain", "acme")
LONDON: dict[str, Any] = {"id": "loc_London", "name": "London", "permalink": "uk-lon-01"}
AMSTERDAM: dict[str, Any] = {"id": "loc_Amsterdam", "name": "Amsterdam", "permalink": "nl-ams-01"}
UNRESTRICTED: dict[str, Any] = {
    "id": "diop_Unrestricted",
    "name": "Unrestricted",
    "permalink": "unrestricted",
    "speed_in_mb": None,
    "iops": None,
}
LIST = "/organizations/organization/disks"
DISK = "/disks/disk"
POLICY = "/organizations/organization/policy"
TASK = "/tasks/task"
MACHINE = "/virtual_machines/virtual_machine"


def attachment(**changes: Any) -> dict[str, Any]:
    """A disk's place on web-01."""
    machine = {"id": "vm_Web", "fqdn": "web-01.acme.katapult.cloud"}
    return {"virtual_machine": machine, "attach_on_boot": True, "boot": False, "state": "attached", **changes}


def disk_payload(**changes: Any) -> dict[str, Any]:
    """A disk with all the keys that the API gives it."""
    return {
        "id": "disk_One",
        "name": "data-01",
        "size_in_gb": 20,
        "wwn": "0123456789abcdef",
        "state": "built",
        "created_at": 1_700_000_000,
        "storage_speed": "nvme",
        "io_profile": UNRESTRICTED,
        "bus_type": "scsi",
        "data_center": LONDON,
        "virtual_machine_disk": None,
        "installation": None,
        **changes,
    }


def disk(annotations: Sequence[Mapping[str, Any]] = (), **changes: Any) -> Disk:
    """A disk as the collection holds it."""
    return parse_disk_payload(disk_payload(**changes), list(annotations))


def disk_answer(annotations: Sequence[Mapping[str, Any]] = (), **changes: Any) -> dict[str, Any]:
    """The payload of the answer to a read of a disk."""
    return {"disk": disk_payload(**changes), "annotations": list(annotations)}


def task_answer(status: str, **changes: Any) -> dict[str, Any]:
    """The payload of the answer to a read of a task."""
    return {"task": {"id": "task_One", "name": "Build disk", "status": status, "progress": 37, **changes}}


def machine_answer(state: str) -> dict[str, Any]:
    """The payload of the answer to a read of a virtual machine."""
    return {"virtual_machine": {"id": "vm_Web", "fqdn": "web-01.acme.katapult.cloud", "state": state}}


def listing(*rows: Mapping[str, Any]) -> dict[str, Any]:
    """The payload of a list of disks on one page: the array is under the singular."""
    pagination = {
        "current_page": 1,
        "per_page": 200,
        "total": len(rows),
        "total_pages": 1 if rows else 0,
        "large_set": False,
    }
    return {"pagination": pagination, "disk": list(rows)}


def thin(*ids: str, name: str = "data-01") -> dict[str, Any]:
    """The payload of a list of disks that all have this name."""
    return listing(*({"id": disk_id, "name": name} for disk_id in ids))


def desired(**changes: Any) -> DesiredDisk:
    """A disk as the options of a create describe it."""
    usual: dict[str, Any] = {
        "organization": ACME,
        "name": "data-01",
        "size_in_gb": 20,
        "data_center": Lookup("permalink", "uk-lon-01"),
    }
    return DesiredDisk(**{**usual, **changes})


def service_with(*disks: Mapping[str, Any]) -> ScriptedService:
    """A service that has these disks, in the list and one by one."""
    by_id = {str(item["id"]): item for item in disks}

    def read(call: Any) -> dict[str, Any]:
        return {"disk": by_id[dict(call.query)["disk[id]"]], "annotations": []}

    return ScriptedService({f"GET {LIST}": [listing(*disks)], f"GET {DISK}": [read]})
