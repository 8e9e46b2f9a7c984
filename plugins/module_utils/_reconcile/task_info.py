# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a task, and waiting for its end."""

from __future__ import annotations

from .._api.endpoints import DiskApi
from .._api.models import FINISHED, Task
from .._core.errors import KatapultError, Known, failure
from .._core.polling import TimedOutError, Waiter


def finished_task(api: DiskApi, task_id: str, waiter: Waiter) -> Task:
    """The task as soon as it is completed or failed. Raises ApiError, and KatapultError at the deadline."""
    task = api.task(task_id)
    if task.status in FINISHED:
        return task
    try:
        return waiter.until(lambda: api.task(task_id), lambda seen: seen.status in FINISHED)
    except TimedOutError as error:
        raise _timeout(error.last or task, waiter.limit) from error


def _timeout(task: Task, limit: float) -> KatapultError:
    error = failure(
        "wait_timeout", f"The task '{task.name}' ({task.id}) did not end within {limit:g} s: it is {task.standing}."
    )
    error.known = Known(task=task.payload)
    return error
