# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changing a disk step by step: lost answers, stale answers, and what was done when a later step fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from .._api.endpoints import DiskApi
from .._api.models import Disk, Task
from .._core.errors import ApiError, KatapultError, failure
from .._plan.steps import Step
from .guard import DoneError, Guard
from .state import Progress
from .wait import DiskWaiter


class Changer:
    """Carries out steps on the disk of a progress, each held against the newest disk by C(guard)."""

    def __init__(self, api: DiskApi, waiter: DiskWaiter, guard: Guard, warn: Callable[[str], None]) -> None:
        self._api = api
        self._waiter = waiter
        self._guard = guard
        self._warn = warn

    def carry_out(self, steps: Sequence[Step], progress: Progress, *, wait_for_last: bool) -> None:
        """Take C(steps) in order; C(progress) is kept current and tells which were taken.

        Raises KatapultError where one fails; the disk in C(progress) is then as it is after that.
        """
        try:
            for step in steps:
                waits = wait_for_last or step is not steps[-1]
                with progress.steps.taking():
                    self._take(step, progress, wait=waits)
                self._guard.passed(step)
                if waits or not step.call.has_task:
                    self._guard.check("go on with the disk")
        except KatapultError:
            progress.disk = self._waiter.as_it_is_now(progress.known_disk) or progress.disk
            raise

    def _take(self, step: Step, progress: Progress, *, wait: bool) -> None:
        self._guard.look()
        self._guard.check(step.call.doing, step)
        if step.is_done(progress.known_disk):
            return
        try:
            task = self._send(step, progress)
        except DoneError as done:
            progress.changed = progress.changed or done.unclear
            return
        progress.changed = True
        progress.task = task if step.call.has_task else progress.task
        if step.call.has_task and not wait:
            self._waiter.read(progress)
            return
        if step.call.has_task:
            self._waiter.until_changed(step.is_done, task, progress)
        else:
            self._waiter.until_shown(step.is_done, progress)
        disk = progress.known_disk
        if not step.is_done(disk):
            self._guard.check(step.call.doing, step)
            raise failure(
                "not_applied",
                f"The service took the call to {step.call.doing} {disk.label}, but the disk, which is "
                f"{disk.condition}, does not show it.{step.caveat}",
            )

    def _send(self, step: Step, progress: Progress) -> Task | None:
        """The task of the step's call; None where it has none, or where its answer was lost. Raises DoneError."""
        before_repeat = self._guard.before_repeat(step.call.doing, step)
        disk = progress.known_disk
        try:
            return self._api.carry_out(step.call, disk, before_repeat)
        except ApiError as error:
            if not error.may_have_worked:
                raise
            lost = error
        if self._was_carried_out(step, disk, progress, lost):
            return None
        try:
            return self._api.carry_out(step.call, disk, before_repeat)
        except ApiError as error:
            seen = self._waiter.shows_soon(lambda now: _shows(step, now), disk)
            if seen is None or not _shows(step, seen):
                raise error.after_lost(lost) from lost
            return None

    def _was_carried_out(self, step: Step, disk: Disk, progress: Progress, lost: ApiError) -> bool:
        """Read first, then decide: the call is sent once more only if the disk is just as it was before it."""
        unclear = lost.report.ambiguous
        shows = partial(_shows, step) if unclear else step.is_done
        seen = self._waiter.shows_soon(shows, disk)
        if seen is not None:
            progress.disk = seen
            self._guard.check(step.call.doing, step, unclear=unclear)
            if shows(seen):
                self._warn(f"{lost.what} The disk shows that it was carried out.")
                return True
        if not unclear or seen != disk:
            raise lost
        return False


def _shows(step: Step, disk: Disk) -> bool:
    return step.is_done(disk) or (step.call.has_task and not disk.is_settled)
