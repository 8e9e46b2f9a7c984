# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules are asked for when odd answers come: every module, and every part of a disk's life."""

from __future__ import annotations

from typing import Any

from ansible_collections.katapult.cloud.tests.unit.fuzz.environment import (
    ATTACHED,
    DB,
    PLAIN,
    POLICY,
    TASK,
    TRASHED,
    WEB,
)

NEW: dict[str, Any] = {"name": "data-09", "size_in_gb": 20, "data_center": "uk-lon-01"}
TIED = {"virtual_machine": WEB, "attach": True}
LIVES: dict[str, tuple[str, dict[str, Any]]] = {
    "create": ("katapult_disk", {**NEW, "annotations": [{"key": "env"}]}),
    "create and attach": ("katapult_disk", {**NEW, "io_profile": "100k", "virtual_machine_disk": TIED}),
    "create without waiting": ("katapult_disk", {**NEW, "wait": False}),
    "find": ("katapult_disk", {**NEW, "name": "data-01", "annotations": [{"key": "env", "value": "test"}]}),
    "change": (
        "katapult_disk",
        {
            "id": PLAIN,
            "name": "data-08",
            "size_in_gb": 40,
            "bus_type": "virtio",
            "io_profile": "100k",
            "annotations": [{"key": "role"}],
            "virtual_machine_disk": TIED,
        },
    ),
    "grow online": ("katapult_disk", {"id": ATTACHED, "size_in_gb": 50}),
    "detach and shrink": (
        "katapult_disk",
        {
            "id": ATTACHED,
            "size_in_gb": 10,
            "allow_shrink": True,
            "virtual_machine_disk": {"attach": False, "attach_on_boot": False},
        },
    ),
    "attach": ("katapult_disk", {"id": PLAIN, "virtual_machine_disk": TIED}),
    "delete": ("katapult_disk", {"name": "data-01", "state": "absent"}),
    "delete for good": ("katapult_disk", {"id": ATTACHED, "state": "absent", "force": True, "purge": True}),
    "purge": ("katapult_disk", {"id": TRASHED, "state": "absent", "purge": True}),
    "restore": ("katapult_disk", {"id": TRASHED, "restore": True, "size_in_gb": 30}),
    "assign": ("katapult_disk_assignment", {"disk": "data-01", "virtual_machine": DB}),
    "move": ("katapult_disk_assignment", {"disk": {"id": ATTACHED}, "virtual_machine": DB, "force": True}),
    "release": ("katapult_disk_assignment", {"disk": {"id": ATTACHED}, "state": "absent"}),
    "create a fleet": ("katapult_disks", {"size_in_gb": 20, "data_center": "uk-lon-01", "disks": ["a", "b", "c"]}),
    "change a fleet": (
        "katapult_disks",
        {"size_in_gb": 30, "disks": [{"id": PLAIN}, {"name": "data-02"}, {"id": TRASHED, "restore": True}]},
    ),
    "delete a fleet": ("katapult_disks", {"state": "absent", "purge": True, "disks": ["data-01", {"id": TRASHED}]}),
    "create a backup policy": (
        "katapult_disk_backup_policy",
        {"disk": "data-01", "retention": 3, "schedule": {"interval": "hourly", "minute": 30}},
    ),
    "change a backup policy": (
        "katapult_disk_backup_policy",
        {
            "disk": {"id": PLAIN},
            "retention": 14,
            "schedule": {"interval": "daily", "time": 5},
            "trash_at": 4102444800,
            "exclusive": True,
        },
    ),
    "find a backup policy": (
        "katapult_disk_backup_policy",
        {"virtual_machine": WEB, "retention": 2, "schedule": {"interval": "daily"}},
    ),
    "delete a backup policy": ("katapult_disk_backup_policy", {"id": POLICY, "state": "absent"}),
    "list backup policies": ("katapult_disk_backup_policy_info", {"details": True}),
    "list those of a machine": ("katapult_disk_backup_policy_info", {"virtual_machine": WEB, "include_disks": True}),
    "list": ("katapult_disk_info", {"details": True}),
    "read": ("katapult_disk_info", {"id": PLAIN, "annotations": [{"key": "env", "value": "test"}]}),
    "list profiles": ("katapult_disk_io_profile_info", {}),
    "list data centers": ("katapult_data_center_info", {}),
    "find the forgotten": ("katapult_disk_info", {"assigned": False, "older_than": "1d"}),
    "show the limits": ("katapult_organization_info", {}),
    "list the trash": ("katapult_trash_info", {}),
    "wait for a task": ("katapult_task_info", {"id": TASK, "wait": True, "wait_timeout": 30}),
}
