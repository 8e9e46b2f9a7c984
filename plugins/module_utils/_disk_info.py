# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the disks that were asked for: one by its id, or those of the organization, thin or in full."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.katapult.cloud.plugins.module_utils._disk import Disk
from ansible_collections.katapult.cloud.plugins.module_utils._disk_api import DiskApi
from ansible_collections.katapult.cloud.plugins.module_utils._disk_query import DiskQuery
from ansible_collections.katapult.cloud.plugins.module_utils._disk_spec import needed_organization
from ansible_collections.katapult.cloud.plugins.module_utils._info import Listed
from ansible_collections.katapult.cloud.plugins.module_utils._parallel import in_parallel


def find_disks(api: DiskApi, query: DiskQuery) -> Listed:
    """The disks that C(query) asks for, in the order of the service. Raises ApiError, and OptionError."""
    return Listed("disks", _listed(api, query) if query.id is None else _one(api, query, query.id))


def _one(api: DiskApi, query: DiskQuery, disk_id: str) -> list[Mapping[str, Any]]:
    disk = api.disk_if_there(disk_id)
    return [_whole(disk)] if disk is not None and query.wants(disk) else []


def _listed(api: DiskApi, query: DiskQuery) -> list[Mapping[str, Any]]:
    organization = needed_organization(query.organization, "list disks")
    rows = [row for row in api.disks(organization, query.annotations) if query.lets_pass(row)]
    if not query.details:
        return rows
    disks = in_parallel(api.disk_if_there, [row["id"] for row in rows])
    return [_whole(disk) for disk in disks if disk is not None and query.lets_pass(disk.payload)]


def _whole(disk: Disk) -> dict[str, Any]:
    return {**disk.payload, "annotations": disk.annotation_list}
