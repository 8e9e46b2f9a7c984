# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the disks that were asked for, thin or in full, and waiting for the end of a task."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from .._api.endpoints import KatapultApi
from .._api.models import FINISHED, Disk, Task, find_device
from .._core.errors import NotPermittedError, error_for
from .._core.polling import Poller, TimedOutError
from .._options.disk import require_organization
from .._options.info import DiskQuery, InfoResult
from .lookup import read_disks


def finished_task(api: KatapultApi, task_id: str, poller: Poller) -> Task:
    """The task as soon as it is completed or failed. Raises ApiError, and KatapultError at the deadline."""
    task = api.get_task(task_id)
    if task.status in FINISHED:
        return task
    try:
        return poller.poll_until(
            lambda: api.get_task(task_id), lambda seen: seen.status in FINISHED, min_pause=api.min_pause
        )
    except TimedOutError as error:
        task = error.last or task
        raise error_for(
            "wait_timeout",
            f"The task '{task.name}' ({task.id}) did not end within {poller.limit:g} s: it is {task.status_text}.",
            known={"task": task.payload},
        ) from error


def find_disks(api: KatapultApi, query: DiskQuery, poller: Poller, now: float) -> InfoResult:
    """The disks that `query` asks for, in the order of the service. `now`: in seconds since 1970.

    Raises KatapultError.
    """
    if query.id is not None:
        disk = api.find_disk(query.id)
        return InfoResult({"disks": [_whole(disk)] if disk is not None and query.matches_details(disk, now) else []})
    organization = require_organization(query.organization, "list disks")

    def rows() -> list[Mapping[str, Any]]:
        found = api.list_disks(organization, query.annotations, query.matches)
        if not found and query.virtual_machine is not None:
            # That a machine has no disks is told only of one that exists, as far as the token may look.
            with suppress(NotPermittedError):
                api.get_virtual_machine(query.virtual_machine)
        return found

    if not query.details and query.older_than is None:
        return InfoResult({"disks": [{**row, "device": find_device(row)} for row in rows()]})

    def look() -> tuple[list[Disk], list[str]]:
        return read_disks(api, [row["id"] for row in rows()])

    disks, lost = poller.check_then_poll(look, lambda seen: not seen[1])
    if lost:
        raise error_for(
            "unexpected_answer",
            f"The organization's list has the disk {lost[0]}, but the service does not find that disk.",
            detail={"listed": lost},
        )
    return InfoResult({"disks": [_whole(disk) for disk in disks if query.matches_details(disk, now)]})


def _whole(disk: Disk) -> dict[str, Any]:
    return {**disk.payload, "device": find_device(disk.payload), "annotations": disk.annotation_list}
