# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON that the service answers with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .models import Annotation, Attachment, DataCenter, Disk, IoProfile, Task, TrashObject

Json = dict[str, Any]

COUNTRY = {
    "id": "ctry_SimulatedCountry",
    "name": "United Kingdom",
    "iso_code2": "GB",
    "iso_code3": "GBR",
    "time_zone": "Europe/London",
    "eu": False,
}


def data_center(place: DataCenter, country: bool = False) -> Json:
    """Return a data center; its own calls show the country too."""
    shown: Json = {"id": place.id, "name": place.name, "permalink": place.permalink}
    if country:
        shown["country"] = {"id": COUNTRY["id"], "name": COUNTRY["name"]}
    return shown


def default_network(place: DataCenter) -> Json:
    """Return the public network of a data center."""
    return {
        "id": "netw_" + place.id.partition("_")[2],
        "name": "Public Network",
        "permalink": place.permalink + "-public",
        "default": True,
        "data_center": data_center(place),
    }


def io_profile(profile: IoProfile) -> Json:
    """Return a disk I/O profile."""
    return {
        "id": profile.id,
        "name": profile.name,
        "permalink": profile.permalink,
        "speed_in_mb": profile.speed_in_mb,
        "iops": profile.iops,
    }


def annotation_list(pairs: Sequence[Annotation]) -> list[Json]:
    """Return annotations as a list of {key, value}."""
    return [{"key": key, "value": value} for key, value in pairs]


def _machine_reference(tie: Attachment) -> Json:
    return {"id": tie.machine.id, "fqdn": tie.machine.fqdn}


def disk(item: Disk) -> Json:
    """Return a disk with all its keys."""
    tie = item.attachment
    return {
        "id": item.id,
        "name": item.name,
        "size_in_gb": item.size_in_gb,
        "wwn": item.wwn,
        "state": item.state,
        "created_at": item.created_at,
        "storage_speed": item.storage_speed,
        "io_profile": io_profile(item.io_profile) if item.io_profile else None,
        "bus_type": item.bus_type,
        "data_center": data_center(item.data_center),
        "virtual_machine_disk": {
            "virtual_machine": _machine_reference(tie),
            "attach_on_boot": tie.attach_on_boot,
            "boot": tie.boot,
            "state": tie.state,
        }
        if tie
        else None,
        "installation": _installation(item),
    }


def _installation(item: Disk) -> Json | None:
    if item.root_password is None:
        return None
    suffix = item.id.partition("_")[2]
    return {
        "id": "dinst_" + suffix,
        "disk_template_version": {
            "number": 1,
            "stable": True,
            "disk_template": {
                "id": "dtpl_SimulatedTemplat",
                "name": "Debian 13",
                "permalink": "templates/debian-13",
                "operating_system": {"id": "os_SimulatedSystem", "name": "Debian"},
            },
        },
        "attributes": [
            {
                "key": "root_password",
                "label": "Root password",
                "value": item.root_password,
                "description": "The password of the root user when the system was installed.",
                "protect": True,
            }
        ],
    }


def thin_disk(item: Disk) -> Json:
    """Return a row of the organization's list of disks."""
    tie = item.attachment
    return {
        "id": item.id,
        "name": item.name,
        "size_in_gb": item.size_in_gb,
        "wwn": item.wwn,
        "state": item.state,
        "virtual_machine_disk": {"virtual_machine": _machine_reference(tie)} if tie else None,
    }


def machine_disk(item: Disk, tie: Attachment) -> Json:
    """Return a row of a virtual machine's list of disks."""
    return {
        "disk": {
            "id": item.id,
            "name": item.name,
            "size_in_gb": item.size_in_gb,
            "wwn": item.wwn,
            "state": item.state,
            "created_at": item.created_at,
        },
        "attach_on_boot": tie.attach_on_boot,
        "boot": tie.boot,
        "state": tie.state,
    }


def task(item: Task, progress: int) -> Json:
    """Return a task; it has no field for what went wrong."""
    return {
        "id": item.id,
        "name": item.name,
        "status": item.status,
        "created_at": item.created_at,
        "started_at": item.started_at,
        "finished_at": item.finished_at,
        "progress": progress,
    }


def trash_object(item: TrashObject) -> Json:
    """Return what is known of something in the trash."""
    return {
        "id": item.id,
        "keep_until": item.keep_until,
        "object_id": item.object_id,
        "object_type": item.object_type,
    }
