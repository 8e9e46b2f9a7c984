# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a task, and waiting for its end."""

from __future__ import annotations

from .._api.endpoints import KatapultApi
from .._api.models import FINISHED, Task
from .._core.errors import KatapultError, Known, error_for
from .._core.polling import Poller, TimedOutError


def finished_task(api: KatapultApi, task_id: str, poller: Poller) -> Task:
    """The task as soon as it is completed or failed. Raises ApiError, and KatapultError at the deadline."""
    task = api.task(task_id)
    if task.status in FINISHED:
        return task
    try:
        return poller.poll_until(lambda: api.task(task_id), lambda seen: seen.status in FINISHED)
    except TimedOutError as error:
        raise _timeout(error.last or task, poller.limit) from error


def _timeout(task: Task, limit: float) -> KatapultError:
    error = error_for(
        "wait_timeout", f"The task '{task.name}' ({task.id}) did not end within {limit:g} s: it is {task.status_text}."
    )
    error.known = Known(task=task.payload)
    return error
