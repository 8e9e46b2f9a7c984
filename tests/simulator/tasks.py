# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Background tasks: pending, running, then completed or failed."""

from __future__ import annotations

from typing import Callable

from .models import Task
from .settings import Settings, TaskKind
from .timeline import Action, Timeline

# kind -> (name that the API shows, setting with its duration)
KINDS: dict[TaskKind, tuple[str, str]] = {
    "build": ("Build disk", "build_seconds"),
    "grow": ("Grow disk", "resize_seconds"),
    "shrink": ("Shrink disk", "resize_seconds"),
    "attach": ("Attach disk to virtual machine", "attach_seconds"),
    "detach": ("Detach disk from virtual machine", "detach_seconds"),
    "io_profile": ("Update disk IO profile", "io_profile_seconds"),
    "purge": ("Purge items from trash", "purge_seconds"),
    "start": ("Start virtual machine", "power_seconds"),
    "stop": ("Stop virtual machine", "power_seconds"),
}

# (part of the running time that has passed, progress shown)
_PROGRESS: tuple[tuple[float, int], ...] = ((0.0, 5), (0.3, 37), (0.6, 53), (0.8, 62))

Timing = Callable[[TaskKind], tuple[float, float]]


def nothing() -> None:
    """Do nothing: the effect of a task that has none."""


class TaskQueue:
    """All tasks, by id. ``timing`` maps a kind to the seconds until a new task starts and until it ends."""

    def __init__(self, timeline: Timeline, settings: Settings, new_id: Callable[[str], str]) -> None:
        self._timeline = timeline
        self._settings = settings
        self._new_id = new_id
        self.tasks: dict[str, Task] = {}
        self.timing: Timing = self.default_timing

    def default_timing(self, kind: TaskKind) -> tuple[float, float]:
        """Return the seconds until a task of this kind starts and ends, as configured."""
        seconds = float(getattr(self._settings, KINDS[kind][1]))
        return seconds * self._settings.pending_share, seconds

    def add(self, task: Task) -> Task:
        """Keep a task that is made elsewhere."""
        self.tasks[task.id] = task
        return task

    def queue(
        self,
        kind: TaskKind,
        on_finish: Action,
        on_start: Action = nothing,
        on_fail: Action = nothing,
        fails: bool | None = None,
    ) -> Task:
        """Queue a task of this kind; ``on_finish`` or ``on_fail`` runs at its end. Return it, still pending."""
        now = self._timeline.now()
        starts, ends = self.timing(kind)
        task = Task(self._new_id("task"), KINDS[kind][0], int(now), starts=now + starts, ends=now + max(starts, ends))
        failing = kind in self._settings.fail_tasks if fails is None else fails

        def start() -> None:
            task.status, task.started_at = "running", int(self._timeline.now())
            on_start()

        def end() -> None:
            task.progress = self.progress(task) if failing else 100
            task.status, task.finished_at = ("failed" if failing else "completed"), int(self._timeline.now())
            (on_fail if failing else on_finish)()

        self._timeline.after(starts, start)
        self._timeline.after(max(starts, ends), end)
        return self.add(task)

    def progress(self, task: Task) -> int:
        """Return the per cent that the task shows now."""
        if task.status != "running" or task.ends <= task.starts:
            return task.progress
        passed = (self._timeline.now() - task.starts) / (task.ends - task.starts)
        return max(shown for part, shown in _PROGRESS if part <= max(passed, 0.0))
