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

from .._api.endpoints import DiskApi
from .._api.models import Disk, Machine
from .._core.clock import Clock, Deadline
from .._core.errors import InternalError, KatapultError, Known, failure
from .._core.file_lock import LockTimeoutError, LockUnavailableError, Notes, Place, TooFewHandlesError, locked
from .._core.polling import Waiter
from .._options.desired import Wanted
from .._plan.plan import Plan
from .state import Progress
from .wait import DiskWaiter, told_to_nobody

if TYPE_CHECKING:
    from .guard import Guard

MOST_NAMED = 3


@dataclass(frozen=True)
class DiskResult:
    """What a successful task returns; C(extra) holds the keys that only some modules have."""

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
class Surroundings:
    """What a task runs with. C(lock_keys) tell the names and disks of one API from those of another.

    Within the context of C(catching_the_unforeseen) an exception that nothing foresaw becomes an InternalError.
    """

    api: DiskApi
    clock: Clock
    deadline: Deadline
    warn: Callable[[str], None]
    lock_places: Sequence[Place]
    lock_keys: tuple[str, ...]
    check_mode: bool = False
    wait: bool = True
    tell: Callable[[str], None] = told_to_nobody
    catching_the_unforeseen: Callable[[], AbstractContextManager[None]] = nullcontext

    @property
    def predicts(self) -> bool:
        """Whether nothing is written, and the result is what would be done."""
        return self.check_mode

    @contextmanager
    def locked(self, *names: str, or_fewer: bool = False) -> Iterator[Notes]:
        """Only one task of this control node at a time is within this context for any of C(names).

        C(or_fewer): raise TooFewHandlesError where fewer of several names could be locked at once.
        """
        if self.predicts:
            yield Notes()
            return
        shown, notes = _in_words(names), Notes()
        with ExitStack() as held:
            keys = [(*self.lock_keys, name) for name in names]
            try:
                locks = held.enter_context(locked(keys, self.clock, self.deadline, self.lock_places))
                notes = Notes(locks, self.lock_keys)
            except LockUnavailableError as reason:
                if or_fewer and len(names) > 1 and isinstance(reason, TooFewHandlesError):
                    raise
                self.warn(
                    f"No lock can be had ({reason}): tasks that run at once on this control node may work on the disk "
                    f"{shown} at the same time, or create it twice. A twin is looked for after a create."
                )
            except LockTimeoutError:
                raise failure(
                    "lock_timeout", f"Another task held the lock of {shown} for {self.deadline.seconds:g} s."
                ) from None
            yield notes


class Run:
    """One run for one disk. In check mode it reads, plans and predicts, and never writes, waits or locks."""

    def __init__(self, wanted: Wanted, around: Surroundings) -> None:
        waiter = Waiter(around.clock, around.deadline)
        self.wanted = wanted
        self.api = around.api
        self.warn = around.warn
        self.waits_for_last = around.wait
        self.predicts = around.predicts
        self.waiter = waiter
        self.disk_waiter = DiskWaiter(around.api, waiter, around.warn, around.tell)
        self.progress = Progress()
        self.locked = around.locked
        self._catching_the_unforeseen = around.catching_the_unforeseen

    @contextmanager
    def telling_what_is_known(self) -> Iterator[None]:
        """A failure within this context carries all that is known by then, also one that nothing foresaw."""
        try:
            with self._catching_the_unforeseen():
                yield
        except KatapultError as error:
            if isinstance(error, InternalError):
                error.note(under_way=bool(self.progress.steps.failed))
            if error.known == Known():
                error.known = self.progress.known()
            raise

    def result(self, plan: Plan, *, gone: bool = False, extra: Mapping[str, Any] | None = None) -> DiskResult:
        """What was done, or what would be done in check mode. C(gone): there is no disk any more."""
        if self.predicts:
            disk, task, annotations = plan.predicted, None, plan.annotations
        else:
            known = None if gone else self.progress.disk
            disk, task = (known.payload if known else None), self.progress.task_payload
            annotations = known.annotation_list if known else []
        changed = plan.changes if self.predicts else self.progress.changed
        return DiskResult(changed, plan, disk, task, annotations, extra)

    def bring(
        self,
        plan_for: Callable[[Disk, Machine], Plan],
        before_writes: Callable[[Plan], None] = lambda _plan: None,
        finish: Callable[[Plan, Guard], None] | None = None,
    ) -> Plan:
        """Plan by C(plan_for) what shall become of the disk in C(progress), and do that, but for check mode.

        C(before_writes) may raise KatapultError against the plan; C(finish) is called after its steps. Another task may
        have changed the disk while its lock was waited for, so that it is read and planned for once more then.
        """
        plan = self._planned(plan_for)
        if not plan.changes:
            return plan
        if self.predicts:
            before_writes(plan)
            return plan
        with self.locked(self.progress.known_disk.id, *([plan.new_name] if plan.new_name else [])) as notes:
            self.disk_waiter.read(self.progress)
            plan = self._planned(plan_for)
            before_writes(plan)
            if plan.new_name is not None and notes.left_behind(plan.new_name):
                # A run that died may have left a create of that name behind, which would be refused here.
                self.waiter.patient().soon(lambda: before_writes(plan), lambda _refused: False)
            self._carry_out(plan, partial(before_writes, plan), finish)
        return plan

    def preview(self, plan_for: Callable[[Disk, Machine], Plan], before_writes: Callable[[Plan], None]) -> bool:
        """Whether C(bring) will change the disk, or may, as far as that shows from what is now.

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
        from .change import Changer
        from .guard import Guard

        self.progress.begin(plan.step_names)
        guard = Guard(self.api, self.disk_waiter, self.wanted, self.progress, before_writes)
        changer = Changer(self.api, self.disk_waiter, guard, self.warn)
        changer.carry_out(plan.steps, self.progress, wait_for_last=self.waits_for_last or finish is not None)
        if finish is not None:
            finish(plan, guard)

    def _planned(self, plan_for: Callable[[Disk, Machine], Plan]) -> Plan:
        """The plan for the disk once nothing is under way on it; with C(wait=false) only a change waits for that."""
        if self.predicts or not self.waits_for_last:
            plan = self._planned_as_it_is(plan_for)
            if plan is not None and (self.predicts or not plan.changes):
                return plan
        machine = self.disk_waiter.until_at_rest(self.wanted, self.progress)
        return plan_for(self.progress.known_disk, machine)

    def _planned_as_it_is(self, plan_for: Callable[[Disk, Machine], Plan]) -> Plan | None:
        """None where the disk can't be brought to what is wanted from what it is at this moment."""
        disk = self.progress.known_disk
        machine = self.disk_waiter.machine_for(self.wanted, disk)
        try:
            return plan_for(disk, machine)
        except KatapultError:
            if self.predicts or disk.is_settled:
                raise
            return None


def _in_words(names: Sequence[str]) -> str:
    shown = " or ".join(f"'{name}'" for name in names[:MOST_NAMED])
    return f"{shown} or {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else shown
