# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changing a disk step by step: lost answers, stale answers, and what was done when a later step fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from .._api.models import Disk, Task
from .._core.errors import ApiError, KatapultError, error_for
from .._plan.steps import Step
from .guard import AlreadyDoneError, Guard
from .wait import DiskWaiter, confirm_lost_response


class StepRunner:
    """Carries out steps on the disk of a run, each held against the newest disk by `guard`.

    `before_writes` is as Guard has it.
    """

    def __init__(self, waiter: DiskWaiter, before_writes: Callable[[], None]) -> None:
        self.guard = Guard(waiter, before_writes)
        self._api = waiter.context.api
        self._waiter = waiter

    def carry_out(self, steps: Sequence[Step], *, wait_for_last: bool) -> None:
        """Take `steps` in order; the state of the run is kept current and tells which were taken.

        Raises KatapultError where one fails; the disk in the state is then as it is after that.
        """
        try:
            for step in steps:
                waits = wait_for_last or step is not steps[-1]
                with self._waiter.state.next_step():
                    self._take(step, wait=waits)
                self.guard.passed(step)
                if waits or not step.call.has_task:
                    self.guard.check("go on with the disk")
        except KatapultError:
            self._waiter.reread()
            raise

    def _take(self, step: Step, *, wait: bool) -> None:
        state = self._waiter.state
        self.guard.refresh()
        self.guard.check(step.call.action, step)
        if step.is_done(state.known_disk):
            return
        try:
            task = self._send(step)
        except AlreadyDoneError as done:
            state.changed = state.changed or done.unclear
            return
        state.changed = True
        if not step.call.has_task:
            # A read may lag behind.
            self._waiter.context.poller.check_then_poll(self._waiter.read, step.is_done)
        else:
            state.task = task
            if not wait:
                self._waiter.read()
                return
            self._waiter.wait_until_changed(step.is_done, task)
        disk = state.known_disk
        if not step.is_done(disk):
            self.guard.check(step.call.action, step)
            raise error_for(
                "not_applied",
                f"The service took the call to {step.call.action} {disk.label}, but the disk, which is "
                f"{disk.state_text}, does not show it.{step.caveat}",
            )

    def _send(self, step: Step) -> Task | None:
        """The task of the step's call; None if it has none, or if its answer was lost. Raises AlreadyDoneError."""
        before_retry = self.guard.before_retry(step.call.action, step)
        disk = self._waiter.state.known_disk
        try:
            return self._api.send_change(step.call, disk, before_retry)
        except ApiError as error:
            if not error.may_have_succeeded:
                raise
            lost = error
        if self._was_carried_out(step, disk, lost):
            return None
        try:
            return self._api.send_change(step.call, disk, before_retry)
        except ApiError as error:
            seen = self._waiter.poll_until_shown(partial(_shows, step))
            confirm_lost_response(error.after_lost_response(lost), lambda: seen is not None and _shows(step, seen))
            return None

    def _was_carried_out(self, step: Step, disk: Disk, lost: ApiError) -> bool:
        """Read first, then decide: the call is sent once more only if the disk is just as it was before it."""
        unclear = lost.details.ambiguous
        shows = partial(_shows, step) if unclear else step.is_done
        seen = self._waiter.poll_until_shown(shows)
        if seen is not None:
            self.guard.check(step.call.action, step, unclear=unclear)
            if shows(seen):
                self._waiter.context.warn(f"{lost.summary} The disk shows that it was carried out.")
                return True
        if not unclear or seen != disk:
            raise lost
        return False


def _shows(step: Step, disk: Disk) -> bool:
    return step.is_done(disk) or (step.call.has_task and not disk.is_settled)
