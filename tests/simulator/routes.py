# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every call of the API does: from its arguments to status and body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from . import attachments, backup_routes, disk_change, lookups, machine_views, organization_views, trash, views
from .disk_create import create_disk
from .errors import ApiError
from .models import Annotation, Disk, Task, VirtualMachine
from .paging import Answer, Arguments, Handler, page
from .seed_schema import annotation_pairs
from .state import State


def _task(state: State, task: Task) -> dict[str, Any]:
    return views.task(task, state.task_queue.progress(task))


_Annotated = TypeVar("_Annotated", Disk, VirtualMachine)


def _with_annotations(items: Sequence[_Annotated], arguments: Arguments) -> list[_Annotated]:
    """Return the items that have all annotations of the filter, if there is one."""
    wanted = annotation_pairs(arguments.get("annotations", []))
    return [item for item in items if all(_has(item.annotations, pair) for pair in wanted)]


def _has(annotations: Sequence[Annotation], wanted: Annotation) -> bool:
    key, value = wanted
    return any(key == had_key and value in (None, had_value or "") for had_key, had_value in annotations)


def list_data_centers(state: State, _arguments: Arguments) -> Answer:
    """GET /data_centers."""
    return 200, {"data_centers": [views.data_center(item, country=True) for item in state.data_centers]}


def show_data_center(state: State, arguments: Arguments) -> Answer:
    """GET /data_centers/data_center."""
    found = lookups.data_center(state, arguments["data_center"])
    return 200, {"data_center": views.data_center(found, country=True)}


def show_default_network(state: State, arguments: Arguments) -> Answer:
    """GET /data_centers/data_center/default_network."""
    return 200, {"network": views.default_network(lookups.data_center(state, arguments["data_center"]))}


def list_io_profiles(state: State, arguments: Arguments) -> Answer:
    """GET /organizations/organization/disk_io_profiles."""
    lookups.organization(state, arguments["organization"])
    return page(state, arguments, "disk_io_profiles", state.io_profiles, views.io_profile)


def list_disks(state: State, arguments: Arguments) -> Answer:
    """GET /organizations/organization/disks: thin rows, under ``disk``."""
    lookups.organization(state, arguments["organization"])
    return page(state, arguments, "disk", _with_annotations(state.disks_in_use(), arguments), views.thin_disk)


def post_disk(state: State, arguments: Arguments) -> Answer:
    """POST /organizations/organization/disks."""
    lookups.organization(state, arguments["organization"])
    disk, task = create_disk(state, arguments["properties"], arguments.get("annotations", []))
    return 201, {
        "disk": views.disk(disk),
        "task": _task(state, task),
        "annotations": views.annotation_list(disk.annotations),
    }


def list_trash_objects(state: State, arguments: Arguments) -> Answer:
    """GET /organizations/organization/trash_objects."""
    lookups.organization(state, arguments["organization"])
    return page(state, arguments, "trash_objects", list(state.trash.values()), views.trash_object)


def show_policy(state: State, arguments: Arguments) -> Answer:
    """GET /organizations/organization/policy."""
    lookups.organization(state, arguments["organization"])
    if state.organization.managed:
        raise ApiError("policy_not_available_for_managed_organizations")
    return 200, organization_views.policy(state)


def show_policy_limits(state: State, arguments: Arguments) -> Answer:
    """GET /organizations/organization/policy_limits: of a managed organization too."""
    lookups.organization(state, arguments["organization"])
    return 200, {"policy_limits": organization_views.policy_limits(state.policy)}


def list_machines(state: State, arguments: Arguments) -> Answer:
    """GET /organizations/organization/virtual_machines: thin rows."""
    lookups.organization(state, arguments["organization"])
    found = _with_annotations(state.machines_in_use(), arguments)
    return page(state, arguments, "virtual_machines", found, machine_views.thin_machine)


def show_current_user(state: State, _arguments: Arguments) -> Answer:
    """GET /users/current."""
    if not state.caller.user:
        raise ApiError("no_user_associated_with_identity")
    return 200, organization_views.current_user(state, state.caller)


def show_disk(state: State, arguments: Arguments) -> Answer:
    """GET /disks/disk."""
    disk = lookups.disk(state, arguments["disk"])
    return 200, {"disk": views.disk(disk), "annotations": views.annotation_list(disk.annotations)}


def patch_disk(state: State, arguments: Arguments) -> Answer:
    """PATCH /disks/disk."""
    disk = lookups.disk(state, arguments["disk"])
    disk_change.update(state, disk, arguments["properties"], arguments.get("annotations"))
    return show_disk(state, arguments)


def delete_disk(state: State, arguments: Arguments) -> Answer:
    """DELETE /disks/disk: into the trash."""
    disk = lookups.disk(state, arguments["disk"])
    item = disk_change.delete(state, disk)
    return 200, {"disk": views.disk(disk), "trash_object": views.trash_object(item)}


def assign_disk(state: State, arguments: Arguments) -> Answer:
    """POST /disks/disk/assign."""
    disk = lookups.disk(state, arguments["disk"])
    attachments.assign(state, disk, lookups.machine(state, arguments["virtual_machine"]))
    return 200, {"disk": views.disk(disk)}


def unassign_disk(state: State, arguments: Arguments) -> Answer:
    """POST /disks/disk/unassign."""
    disk = lookups.disk(state, arguments["disk"])
    attachments.unassign(disk)
    return 200, {"disk": views.disk(disk)}


def _disk_and_task(state: State, disk: Disk, task: Task) -> Answer:
    return 200, {"disk": views.disk(disk), "task": _task(state, task)}


def attach_disk(state: State, arguments: Arguments) -> Answer:
    """POST /disks/disk/attach."""
    disk = lookups.disk(state, arguments["disk"])
    return _disk_and_task(state, disk, attachments.attach(state, disk))


def detach_disk(state: State, arguments: Arguments) -> Answer:
    """POST /disks/disk/detach."""
    disk = lookups.disk(state, arguments["disk"])
    return _disk_and_task(state, disk, attachments.detach(state, disk))


def resize_disk(state: State, arguments: Arguments) -> Answer:
    """PUT /disks/disk/resize."""
    disk = lookups.disk(state, arguments["disk"])
    method = arguments.get("resize_method", "offline")
    return _disk_and_task(state, disk, disk_change.resize(state, disk, arguments["size_in_gb"], method))


def change_io_profile(state: State, arguments: Arguments) -> Answer:
    """PUT /disks/disk/io_profile."""
    disk = lookups.disk(state, arguments["disk"])
    profile = lookups.io_profile(state, arguments["io_profile"])
    return _disk_and_task(state, disk, disk_change.change_io_profile(state, disk, profile))


def show_task(state: State, arguments: Arguments) -> Answer:
    """GET /tasks/task."""
    return 200, {"task": _task(state, lookups.task(state, arguments["task"]))}


def show_trash_object(state: State, arguments: Arguments) -> Answer:
    """GET /trash_objects/trash_object."""
    return 200, {"trash_object": views.trash_object(lookups.trash_object(state, arguments["trash_object"]))}


def purge_trash_object(state: State, arguments: Arguments) -> Answer:
    """DELETE /trash_objects/trash_object."""
    task = trash.purge(state, lookups.trash_object(state, arguments["trash_object"]))
    return 200, {"task": _task(state, task)}


def restore_disk(state: State, arguments: Arguments) -> Answer:
    """POST /trash_objects/trash_object/restore."""
    item = lookups.trash_object(state, arguments["trash_object"])
    trash.restore(state, item)
    return 200, {"trash_object": views.trash_object(item)}


def show_machine(state: State, arguments: Arguments) -> Answer:
    """GET /virtual_machines/virtual_machine."""
    machine = lookups.machine(state, arguments["virtual_machine"])
    return 200, {
        "virtual_machine": machine_views.virtual_machine(machine, state.organization),
        "annotations": views.annotation_list(machine.annotations),
    }


def list_machine_disks(state: State, arguments: Arguments) -> Answer:
    """GET /virtual_machines/virtual_machine/disks: under ``disks``, each disk beside its attachment."""
    machine = lookups.machine(state, arguments["virtual_machine"])
    return page(state, arguments, "disks", state.disks_of(machine), lambda pair: views.machine_disk(*pair))


def list_network_interfaces(state: State, arguments: Arguments) -> Answer:
    """GET /virtual_machines/virtual_machine/network_interfaces."""
    machine = lookups.machine(state, arguments["virtual_machine"])
    return page(state, arguments, "virtual_machine_network_interfaces", machine_views.interfaces(machine), dict)


HANDLERS: dict[tuple[str, str], Handler] = {
    ("GET", "/data_centers"): list_data_centers,
    ("GET", "/data_centers/data_center"): show_data_center,
    ("GET", "/data_centers/data_center/default_network"): show_default_network,
    ("GET", "/organizations/organization/disk_io_profiles"): list_io_profiles,
    ("GET", "/organizations/organization/disks"): list_disks,
    ("POST", "/organizations/organization/disks"): post_disk,
    ("GET", "/organizations/organization/trash_objects"): list_trash_objects,
    ("GET", "/organizations/organization/policy"): show_policy,
    ("GET", "/organizations/organization/policy_limits"): show_policy_limits,
    ("GET", "/organizations/organization/virtual_machines"): list_machines,
    ("GET", "/users/current"): show_current_user,
    ("GET", "/disks/disk"): show_disk,
    ("PATCH", "/disks/disk"): patch_disk,
    ("DELETE", "/disks/disk"): delete_disk,
    ("POST", "/disks/disk/assign"): assign_disk,
    ("POST", "/disks/disk/unassign"): unassign_disk,
    ("POST", "/disks/disk/attach"): attach_disk,
    ("POST", "/disks/disk/detach"): detach_disk,
    ("PUT", "/disks/disk/resize"): resize_disk,
    ("PUT", "/disks/disk/io_profile"): change_io_profile,
    ("GET", "/tasks/task"): show_task,
    ("GET", "/trash_objects/trash_object"): show_trash_object,
    ("DELETE", "/trash_objects/trash_object"): purge_trash_object,
    ("POST", "/trash_objects/trash_object/restore"): restore_disk,
    ("GET", "/virtual_machines/virtual_machine"): show_machine,
    ("GET", "/virtual_machines/virtual_machine/disks"): list_machine_disks,
    ("GET", "/virtual_machines/virtual_machine/network_interfaces"): list_network_interfaces,
    **backup_routes.HANDLERS,
}
