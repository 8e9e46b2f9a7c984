# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the disks that were asked for: one by its id, or those of the organization, thin or in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from .._api.endpoints import DiskApi
from .._api.models import Disk, Lookup
from .._core.errors import DiskNotFoundError, InTrashError, NotPermittedError, failure
from .._core.parallel import in_parallel
from .._core.polling import Waiter
from .._options.disk import needed_organization
from .._options.disk_query import DiskQuery
from .._options.info import Listed


def find_disks(api: DiskApi, query: DiskQuery, waiter: Waiter) -> Listed:
    """The disks that C(query) asks for, in the order of the service. Raises KatapultError."""
    return Listed("disks", _listed(api, query, waiter) if query.id is None else _one(api, query, query.id))


def _one(api: DiskApi, query: DiskQuery, disk_id: str) -> list[Mapping[str, Any]]:
    disk = api.disk_if_there(disk_id)
    return [_whole(disk)] if disk is not None and query.wants(disk) else []


def _listed(api: DiskApi, query: DiskQuery, waiter: Waiter) -> list[Mapping[str, Any]]:
    organization = needed_organization(query.organization, "list disks")

    def rows() -> list[Mapping[str, Any]]:
        found = api.disks(organization, query.annotations, query.lets_pass)
        if not found and query.virtual_machine is not None:
            _refuse_unknown_machine(api, query.virtual_machine)
        return found

    if not query.details:
        return rows()
    disks, lost = waiter.insist(lambda: _read(api, rows()), lambda read: not read[1])
    if lost:
        raise failure(
            "unexpected_answer",
            f"The organization's list has the disk {lost[0]}, but the service does not find that disk.",
            detail={"listed": lost},
        )
    return [_whole(disk) for disk in disks if query.lets_pass(disk.payload)]


def _refuse_unknown_machine(api: DiskApi, virtual_machine: Lookup) -> None:
    """That a machine has no disks is told only of one that exists, as far as the token may look."""
    with suppress(NotPermittedError):
        api.machine(virtual_machine)


def _read(api: DiskApi, rows: Sequence[Mapping[str, Any]]) -> tuple[list[Disk], list[str]]:
    """The disks of a list without those in the trash, and the ids of those that the service does not find."""
    lost: list[str] = []

    def read(row: Mapping[str, Any]) -> Disk | None:
        try:
            return api.disk(row["id"])
        except InTrashError:
            return None
        except DiskNotFoundError:
            lost.append(row["id"])
            return None

    return [disk for disk in in_parallel(read, rows) if disk is not None], lost


def _whole(disk: Disk) -> dict[str, Any]:
    return {**disk.payload, "annotations": disk.annotation_list}
