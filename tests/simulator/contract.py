# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contract of every call: method, path, scopes, and the arguments that it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .arguments import (
    BOOLEAN,
    INTEGER,
    POSITIVE,
    STRING,
    Argument,
    Choice,
    Group,
    ListOf,
    Lookup,
    Reading,
    Report,
    nested,
)
from .errors import ApiError

BASE_PATH = "/core/v1"

_ORGANIZATION = Lookup(("id", "sub_domain"))
_DATA_CENTER = Lookup(("id", "permalink"))
_IO_PROFILE = Lookup(("id", "permalink"))
_MACHINE = Lookup(("id", "fqdn"))
_TRASH_OBJECT = Lookup(("id", "object_id"))
_ANNOTATIONS = ListOf(Group({"key": Argument(STRING, required=True), "value": Argument(STRING)}))
_BUS_TYPE = Choice(("scsi", "virtio"))

_BACKUP_PROPERTIES = Group(
    {
        "retention": Argument(INTEGER),
        "schedule": Argument(
            Group(
                {
                    "interval": Argument(Choice(("hourly", "daily", "weekly", "monthly"))),
                    "frequency": Argument(INTEGER),
                    "minute": Argument(INTEGER),
                    "time": Argument(INTEGER),
                }
            )
        ),
    }
)
_CREATE_PROPERTIES = Group(
    {
        "name": Argument(STRING),
        "bus_type": Argument(_BUS_TYPE),
        "data_center": Argument(_DATA_CENTER),
        "size_in_gb": Argument(INTEGER),
        "io_profile": Argument(_IO_PROFILE),
        "initial_file_system": Argument(Choice(("ext4", "xfs"))),
        "storage_speed": Argument(Choice(("nvme", "ssd"))),
        "virtual_machine_disk": Argument(
            Group(
                {
                    "boot": Argument(BOOLEAN),
                    "attach_on_boot": Argument(BOOLEAN),
                    "attach": Argument(BOOLEAN),
                    "virtual_machine": Argument(_MACHINE),
                }
            )
        ),
    }
)
_UPDATE_PROPERTIES = Group(
    {
        "name": Argument(STRING),
        "bus_type": Argument(_BUS_TYPE),
        "virtual_machine_disk": Argument(
            Group({"attach_on_boot": Argument(BOOLEAN)}, ignored=("boot", "attach", "virtual_machine"))
        ),
    },
    ignored=("data_center", "size_in_gb", "io_profile", "initial_file_system", "storage_speed"),
)


@dataclass(frozen=True)
class Call:
    """A call of the API. ``scopes``: any one of them is enough; none are needed where it is empty."""

    method: str
    path: str
    scopes: tuple[str, ...]
    arguments: Group

    def read(self, source: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
        """Return the arguments in a request.

        The path's second word stands for an id: where its lookup is missing, the literal word is looked up.
        """
        given = dict(source)
        words = self.path.strip("/").split("/")
        if len(words) > 1 and words[1] in self.arguments.arguments and given.get(words[1]) is None:
            reading.violation((words[1],), "lookup missing")
            given[words[1]] = {"id": words[1]}
        found: dict[str, Any] = self.arguments.read(given, (), reading)
        return found


def _call(method: str, path: str, scopes: str, pages: bool = False, **arguments: Argument) -> Call:
    if pages:
        arguments.update(page=Argument(POSITIVE), per_page=Argument(POSITIVE))
    return Call(method, path, tuple(scopes.split()), Group(arguments))


_ONE_ORGANIZATION = Argument(_ORGANIZATION, required=True)
_ONE_DATA_CENTER = Argument(_DATA_CENTER, required=True)
_ONE_DISK = Argument(Lookup(("id",)), required=True)
_ONE_MACHINE = Argument(_MACHINE, required=True)
_ONE_BACKUP_POLICY = Argument(Lookup(("id",)), required=True)
_BACKUP = Argument(_BACKUP_PROPERTIES, required=True)
_ONE_TRASH_OBJECT = Argument(_TRASH_OBJECT, required=True)
_READ = "disks disks:read"
_READ_BACKUPS = "disk_backup_policies disk_backup_policies:read"
_READ_MACHINES = "virtual_machines virtual_machines:read"
_READ_ORGANIZATION = "organizations organizations:read"
_LIST = Argument(_ANNOTATIONS)

CALLS: tuple[Call, ...] = (
    _call("GET", "/data_centers", ""),
    _call("GET", "/data_centers/data_center", "", data_center=_ONE_DATA_CENTER),
    _call("GET", "/data_centers/data_center/default_network", "", data_center=_ONE_DATA_CENTER),
    _call("GET", "/organizations/organization/disk_io_profiles", "", pages=True, organization=_ONE_ORGANIZATION),
    _call(
        "GET", "/organizations/organization/disks", _READ, pages=True, organization=_ONE_ORGANIZATION, annotations=_LIST
    ),
    _call(
        "POST",
        "/organizations/organization/disks",
        "disks",
        organization=_ONE_ORGANIZATION,
        properties=Argument(_CREATE_PROPERTIES, required=True),
        annotations=_LIST,
    ),
    _call(
        "GET",
        "/organizations/organization/trash_objects",
        "trash_objects:read",
        pages=True,
        organization=_ONE_ORGANIZATION,
    ),
    _call("GET", "/organizations/organization/policy", _READ_ORGANIZATION, organization=_ONE_ORGANIZATION),
    _call("GET", "/organizations/organization/policy_limits", _READ_ORGANIZATION, organization=_ONE_ORGANIZATION),
    _call(
        "GET",
        "/organizations/organization/virtual_machines",
        _READ_MACHINES,
        pages=True,
        organization=_ONE_ORGANIZATION,
        annotations=_LIST,
    ),
    _call("GET", "/users/current", ""),
    _call("GET", "/disks/disk", _READ, disk=_ONE_DISK),
    _call(
        "PATCH",
        "/disks/disk",
        "disks",
        disk=_ONE_DISK,
        properties=Argument(_UPDATE_PROPERTIES, required=True),
        annotations=_LIST,
    ),
    _call("DELETE", "/disks/disk", "disks", disk=_ONE_DISK),
    _call("POST", "/disks/disk/assign", "disks", disk=_ONE_DISK, virtual_machine=_ONE_MACHINE),
    _call("POST", "/disks/disk/unassign", "disks", disk=_ONE_DISK),
    _call("POST", "/disks/disk/attach", "disks", disk=_ONE_DISK),
    _call("POST", "/disks/disk/detach", "disks", disk=_ONE_DISK),
    _call(
        "PUT",
        "/disks/disk/resize",
        "disks",
        disk=_ONE_DISK,
        size_in_gb=Argument(INTEGER, required=True),
        resize_method=Argument(Choice(("offline", "online"))),
    ),
    _call("PUT", "/disks/disk/io_profile", "disks", disk=_ONE_DISK, io_profile=Argument(_IO_PROFILE, required=True)),
    _call("GET", "/tasks/task", "tasks tasks:read", task=Argument(Lookup(("id",)), required=True)),
    _call("GET", "/trash_objects/trash_object", "trash_objects:read", trash_object=_ONE_TRASH_OBJECT),
    _call("DELETE", "/trash_objects/trash_object", "trash_objects:purge", trash_object=_ONE_TRASH_OBJECT),
    _call("POST", "/trash_objects/trash_object/restore", "trash_objects:restore", trash_object=_ONE_TRASH_OBJECT),
    _call("GET", "/virtual_machines/virtual_machine", _READ_MACHINES, virtual_machine=_ONE_MACHINE),
    _call("GET", "/virtual_machines/virtual_machine/disks", _READ, pages=True, virtual_machine=_ONE_MACHINE),
    _call(
        "GET",
        "/virtual_machines/virtual_machine/network_interfaces",
        _READ_MACHINES,
        pages=True,
        virtual_machine=_ONE_MACHINE,
    ),
    _call(
        "GET",
        "/organizations/organization/disk_backup_policies",
        _READ_BACKUPS,
        pages=True,
        organization=_ONE_ORGANIZATION,
    ),
    _call("GET", "/disks/disk/disk_backup_policies", _READ_BACKUPS, pages=True, disk=_ONE_DISK),
    _call("POST", "/disks/disk/disk_backup_policies", "disk_backup_policies", disk=_ONE_DISK, properties=_BACKUP),
    _call(
        "GET",
        "/virtual_machines/virtual_machine/disk_backup_policies",
        _READ_BACKUPS,
        pages=True,
        virtual_machine=_ONE_MACHINE,
        include_disks=Argument(BOOLEAN),
    ),
    _call(
        "POST",
        "/virtual_machines/virtual_machine/disk_backup_policies",
        "disk_backup_policies",
        virtual_machine=_ONE_MACHINE,
        properties=_BACKUP,
    ),
    _call(
        "GET",
        "/disk_backup_policies/disk_backup_policy",
        _READ_BACKUPS,
        disk_backup_policy=_ONE_BACKUP_POLICY,
    ),
    _call(
        "PATCH",
        "/disk_backup_policies/disk_backup_policy",
        "disk_backup_policies",
        disk_backup_policy=_ONE_BACKUP_POLICY,
        properties=_BACKUP,
    ),
    _call(
        "DELETE",
        "/disk_backup_policies/disk_backup_policy",
        "disk_backup_policies",
        disk_backup_policy=_ONE_BACKUP_POLICY,
    ),
    _call(
        "DELETE",
        "/disk_backup_policies/disk_backup_policy/schedule",
        "disk_backup_policies",
        disk_backup_policy=_ONE_BACKUP_POLICY,
        timestamp=Argument(INTEGER, required=True),
    ),
)

BY_ROUTE: dict[tuple[str, str], Call] = {(call.method, call.path): call for call in CALLS}


def find_call(method: str, path: str) -> Call:
    """Return the call of a method and a full path; one that there is not raises route_not_found."""
    call = BY_ROUTE.get((method, path[len(BASE_PATH) :])) if path.startswith(BASE_PATH + "/") else None
    if call is None:
        detail = {"path": path.lstrip("/"), "request_method": method}
        raise ApiError("route_not_found", detail, f"No route matches '{path}'")
    return call


def read_query(call: Call, pairs: Sequence[tuple[str, str]], report: Report) -> dict[str, Any]:
    """Return the arguments in a query."""
    return call.read(nested(pairs), Reading(report, text=True))


def read_body(call: Call, body: Any, report: Report) -> dict[str, Any]:
    """Return the arguments in a JSON body."""
    if not isinstance(body, dict):
        report("the JSON body is not an object")
        raise ApiError("invalid_json_body", {"details": "the body is not an object"})
    return call.read(body, Reading(report))
