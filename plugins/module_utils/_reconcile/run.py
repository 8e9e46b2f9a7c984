# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run for one disk: what it works with, and the way that all its changes go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from .._api.endpoints import KatapultApi
from .._api.models import Disk, Machine
from .._core.clock import Clock, Deadline
from .._core.errors import InternalError, KatapultError, Known, error_for
from .._core.file_lock import (
    CreateNotes,
    LockDirectory,
    LockTimeoutError,
    LockUnavailableError,
    TooFewHandlesError,
    hold_locks,
)
from .._core.polling import Poller
from .._options.disk import DesiredDisk
from .._plan.plan import Plan
from .state import RunState
from .wait import DiskWaiter, no_progress

if TYPE_CHECKING:
    from .guard import Guard

MAX_NAMED = 3


@dataclass(frozen=True)
class DiskResult:
    """What a successful task returns; `extra` holds the keys that only some modules have."""

    changed: bool
    plan: Plan
    disk: Mapping[str, Any] | None
    task: Mapping[str, Any] | None
    annotations: list[Mapping[str, Any]]
    extra: Mapping[str, Any] | None = None

    def as_result(self, *, with_diff: bool) -> dict[str, Any]:
        """The keys of the module's result."""
        result = {
            "changed": self.changed,
            "disk": self.disk,
            "task": self.task,
            "annotations": self.annotations,
            "ansible_facts": {"katapult_disk": self.disk, "katapult_task": self.task},
            **(self.extra or {}),
        }
        return {**result, "diff": {"before": self.plan.before, "after": self.plan.after}} if with_diff else result


@dataclass(frozen=True)
class RunContext:
    """What a task runs with. `lock_keys` tell the names and disks of one API from those of another.

    Within the context of `catch_unforeseen` an exception that nothing foresaw becomes an InternalError.
    """

    api: KatapultApi
    clock: Clock
    deadline: Deadline
    warn: Callable[[str], None]
    lock_directories: Sequence[LockDirectory]
    lock_keys: tuple[str, ...]
    check_mode: bool = False
    wait: bool = True
    report_progress: Callable[[str], None] = no_progress
    catch_unforeseen: Callable[[], AbstractContextManager[None]] = nullcontext

    @contextmanager
    def locked(self, *names: str, or_fewer: bool = False) -> Iterator[CreateNotes]:
        """Only one task of this control node at a time is within this context for any of `names`.

        `or_fewer`: raise TooFewHandlesError where fewer of several names could be locked at once.
        """
        if self.check_mode:
            yield CreateNotes()
            return
        shown, notes = _in_words(names), CreateNotes()
        with ExitStack() as held:
            keys = [(*self.lock_keys, name) for name in names]
            try:
                locks = held.enter_context(hold_locks(keys, self.clock, self.deadline, self.lock_directories))
                notes = CreateNotes(locks, self.lock_keys)
            except LockUnavailableError as reason:
                if or_fewer and len(names) > 1 and isinstance(reason, TooFewHandlesError):
                    raise
                self.warn(
                    f"No lock can be had ({reason}): tasks that run at once on this control node may work on the disk "
                    f"{shown} at the same time, or create it twice. A duplicate is looked for after a create."
                )
            except LockTimeoutError:
                raise error_for(
                    "lock_timeout", f"Another task held the lock of {shown} for {self.deadline.seconds:g} s."
                ) from None
            yield notes


class Run:
    """One run for one disk. In check mode it reads, plans and predicts, and never writes, waits or locks."""

    def __init__(self, desired: DesiredDisk, context: RunContext) -> None:
        poller = Poller(context.clock, context.deadline)
        self.desired = desired
        self.api = context.api
        self.warn = context.warn
        self.waits_for_last = context.wait
        self.check_mode = context.check_mode
        self.poller = poller
        self.disk_waiter = DiskWaiter(context.api, poller, context.warn, context.report_progress)
        self.state = RunState()
        self.locked = context.locked
        self._catching_the_unforeseen = context.catch_unforeseen

    @contextmanager
    def attach_state_to_errors(self) -> Iterator[None]:
        """A failure within this context carries all that is known by then, also one that nothing foresaw."""
        try:
            with self._catching_the_unforeseen():
                yield
        except KatapultError as error:
            if isinstance(error, InternalError):
                error.note(under_way=bool(self.state.steps.failed))
            if error.known == Known():
                error.known = self.state.known()
            raise

    def result(self, plan: Plan, *, gone: bool = False, extra: Mapping[str, Any] | None = None) -> DiskResult:
        """What was done, or what would be done in check mode. `gone`: there is no disk any more."""
        if self.check_mode:
            disk, task, annotations = plan.predicted, None, plan.annotations
        else:
            known = None if gone else self.state.disk
            disk, task = (known.payload if known else None), self.state.task_payload
            annotations = known.annotation_list if known else []
        changed = plan.changes if self.check_mode else self.state.changed
        return DiskResult(changed, plan, disk, task, annotations, extra)

    def converge(
        self,
        plan_for: Callable[[Disk, Machine], Plan],
        before_writes: Callable[[Plan], None] = lambda _plan: None,
        finish: Callable[[Plan, Guard], None] | None = None,
    ) -> Plan:
        """Plan by `plan_for` what shall become of the disk in `state`, and do that, but for check mode.

        `before_writes` may raise KatapultError against the plan; `finish` is called after its steps. Another task may
        have changed the disk while its lock was waited for, so that it is read and planned for once more then.
        """
        plan = self._planned(plan_for)
        if not plan.changes:
            return plan
        if self.check_mode:
            before_writes(plan)
            return plan
        with self.locked(self.state.known_disk.id, *([plan.new_name] if plan.new_name else [])) as notes:
            self.disk_waiter.read(self.state)
            plan = self._planned(plan_for)
            before_writes(plan)
            if plan.new_name is not None and notes.has_leftover(plan.new_name):
                # A run that died may have left a create of that name behind, which would be refused here.
                self.poller.with_own_deadline().poll_briefly(lambda: before_writes(plan), lambda _refused: False)
            self._carry_out(plan, partial(before_writes, plan), finish)
        return plan

    def plan_preview(self, plan_for: Callable[[Disk, Machine], Plan], before_writes: Callable[[Plan], None]) -> bool:
        """Whether `converge` will change the disk, or may, as far as that shows from what is now.

        Raises KatapultError where it would before its first write.
        """
        plan = self._planned_as_it_is(plan_for)
        if plan is not None and plan.changes:
            before_writes(plan)
        return plan is None or plan.changes

    def _carry_out(
        self, plan: Plan, before_writes: Callable[[], None], finish: Callable[[Plan, Guard], None] | None
    ) -> None:
        # Only here, because Python compiles a module's files anew at every run, and most runs change nothing.
        from .change import StepRunner
        from .guard import Guard

        self.state.begin(plan.step_names)
        guard = Guard(self.api, self.disk_waiter, self.desired, self.state, before_writes)
        changer = StepRunner(self.api, self.disk_waiter, guard, self.warn)
        changer.carry_out(plan.steps, self.state, wait_for_last=self.waits_for_last or finish is not None)
        if finish is not None:
            finish(plan, guard)

    def _planned(self, plan_for: Callable[[Disk, Machine], Plan]) -> Plan:
        """The plan for the disk once nothing is under way on it; with `wait=false` only a change waits for that."""
        if self.check_mode or not self.waits_for_last:
            plan = self._planned_as_it_is(plan_for)
            if plan is not None and (self.check_mode or not plan.changes):
                return plan
        machine = self.disk_waiter.wait_until_idle(self.desired, self.state)
        return plan_for(self.state.known_disk, machine)

    def _planned_as_it_is(self, plan_for: Callable[[Disk, Machine], Plan]) -> Plan | None:
        """None where the disk can't be brought to what is wanted from what it is at this moment."""
        disk = self.state.known_disk
        machine = self.disk_waiter.machine_for(self.desired, disk)
        try:
            return plan_for(disk, machine)
        except KatapultError:
            if self.check_mode or disk.is_settled:
                raise
            return None


def _in_words(names: Sequence[str]) -> str:
    shown = " or ".join(f"'{name}'" for name in names[:MAX_NAMED])
    return f"{shown} or {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else shown
