# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What brings one disk to what is desired, in stages, so that the disks of a fleet can go through them together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from .._api.models import Disk, Machine
from .._api.pagination import RowList
from .._core.errors import DiskNotFoundError, InternalError, KatapultError
from .._core.file_lock import CreateNotes
from .._options.disk import DesiredDisk
from .._plan.plan import Growth, Plan
from .run import DiskResult, RunContext, RunState
from .wait import DiskWaiter

if TYPE_CHECKING:
    from .guard import Guard


class Reconciler(ABC):
    """The run for one disk. In check mode it reads, plans and predicts, and never writes, waits or locks.

    All stages raise KatapultError. The questions are answered with no unless a state says more. `extra_keys` are those
    of a result that only some states have.
    """

    extra_keys: tuple[str, ...] = ()

    def __init__(self, desired: DesiredDisk, context: RunContext) -> None:
        self.desired = desired
        self.context = context
        self.state = RunState()
        self.waiter = DiskWaiter(context, desired, self.state)

    def ensure(self) -> DiskResult:
        """The disk as it is desired. Raises KatapultError with all that is known by then."""
        with self.attach_state_to_errors():
            self.observe()
            return self.apply()

    @contextmanager
    def attach_state_to_errors(self) -> Iterator[None]:
        """A failure within this context carries all that is known by then, also one that nothing foresaw."""
        try:
            with self.context.catch_unforeseen():
                yield
        except KatapultError as error:
            told = error.as_ambiguous(bool(self.state.failed)) if isinstance(error, InternalError) else error
            raise told.copy_with(known=error.known or self.state.as_result()) from error

    # The stages, in their order.

    def observe(self, listed: RowList | None = None) -> None:
        """See what is there: the disk by its id, or the one that is meant of all of its name.

        `listed` has the rows of all disks of that name, if they were listed already.
        """
        if self.desired.id is None:
            self._observe_by_name(listed)
            return
        try:
            self._observe_by_id(self.desired.id)
        except DiskNotFoundError as error:
            raise error.copy_with(hint=self.id_hint or error.hint) from error

    @property
    def id_hint(self) -> str:
        """The advice for an id that looks like a name; empty text for any other."""
        given = self.desired.id or "disk_"
        option, _dot, _rest = self.desired.option_names.get("name", "name").partition(".")
        return "" if given.startswith("disk_") else f"{given} is not an ID, use {option}={given}."

    @abstractmethod
    def _observe_by_id(self, disk_id: str) -> None:
        """See the disk by its id."""

    @abstractmethod
    def _observe_by_name(self, listed: RowList | None) -> None:
        """See the one disk of the name that is meant."""

    @property
    def growth(self) -> Growth | None:
        """What the run takes of the organization's limits, as far as that shows before the first write."""
        return None

    def validate(self) -> None:
        """Raise KatapultError for what is known to fail before the first write."""
        if self.state.disk is not None:
            self.plan_preview()

    @property
    def is_missing(self) -> bool:
        """Whether the disk is to be created, and was not yet."""
        return False

    @property
    def is_created(self) -> bool:
        """Whether this run has created the disk."""
        return False

    @property
    def is_under_way(self) -> bool:
        """Whether there is nothing to do but to wait."""
        return False

    def create(self, notes: CreateNotes) -> None:
        """Create the disk that is missing, and do not wait for it."""
        del notes

    def adopt_leftover(self, notes: CreateNotes) -> None:
        """If the disk is there by now, the create of an earlier run that was cut off is known to have ended."""
        del notes

    def accept_row(self, row: Mapping[str, Any]) -> bool:
        """Whether nothing is left to wait for, and to read, as a row of the list shows."""
        del row
        return False

    def is_ready(self) -> bool:
        """Read the disk once: whether nothing is left to wait for."""
        return True

    def has_seen(self, ids: Iterable[str]) -> bool:
        """Whether of `ids`, those of all disks of its name, all were there before, or are this run's own."""
        del ids
        return True

    def check_duplicate(self) -> None:
        """Raise KatapultError if another run created a disk of that name meanwhile."""
        return

    @abstractmethod
    def apply(self) -> DiskResult:
        """Do what is left to do after the stages before it, and return the result."""

    # How a disk that is there is changed.

    @abstractmethod
    def _plan_for(self, disk: Disk, machine: Machine) -> Plan:
        """What shall become of the disk. Raises KatapultError where that can't be."""

    def _check_before_writes(self, plan: Plan) -> None:
        """Raise KatapultError for what else speaks against the plan."""
        del plan

    def _remove(self, plan: Plan, guard: Guard) -> None:
        """Take the disk away as the plan says, once its steps are taken."""
        del plan, guard

    def result(self, plan: Plan, *, gone: bool = False, extra: Mapping[str, Any] | None = None) -> DiskResult:
        """What was done, or what would be done in check mode. `gone`: there is no disk any more."""
        if self.context.check_mode:
            return DiskResult(plan.changes, plan, plan.predicted, None, plan.annotations, extra)
        disk = None if gone else self.state.disk
        payload, annotations = (disk.payload, disk.annotation_list) if disk else (None, [])
        task = self.state.ended_task if self.context.wait else self.state.task_payload
        return DiskResult(self.state.changed, plan, payload, task, annotations, extra)

    def converge(self) -> Plan:
        """Plan what shall become of the disk in `state`, and do that, but for check mode.

        Another task may have changed the disk while its lock was waited for, so that it is read and planned for once
        more then.
        """
        plan = self._plan()
        if not plan.changes:
            return plan
        if self.context.check_mode:
            self._check_before_writes(plan)
            return plan
        with self.context.locked(self.state.known_disk.id, *([plan.new_name] if plan.new_name else [])) as notes:
            self.waiter.read()
            plan = self._plan()
            check = partial(self._check_before_writes, plan)
            check()
            if plan.new_name is not None and notes.has_leftover(plan.new_name):
                # A run that died may have left a create of that name behind, which would be refused here.
                self.context.poller.with_own_deadline().poll_briefly(check, lambda _refused: False)
            # Only here, because Python compiles a module's files anew at every run, and most runs change nothing.
            from .change import StepRunner

            self.state.not_tried += plan.step_names
            runner = StepRunner(self.waiter, check)
            runner.carry_out(plan.steps, wait_for_last=self.context.wait or plan.deletes)
            if plan.deletes:
                self._remove(plan, runner.guard)
        return plan

    def plan_preview(self) -> bool:
        """Whether `converge` will change the disk, or may, as far as that shows from what is now.

        Raises KatapultError where it would before its first write.
        """
        plan = self._plan_as_it_is()
        if plan is not None and plan.changes:
            self._check_before_writes(plan)
        return plan is None or plan.changes

    def _plan(self) -> Plan:
        """The plan for the disk once nothing is under way on it; with `wait=false` only a change waits for that."""
        if self.context.check_mode or not self.context.wait:
            plan = self._plan_as_it_is()
            if plan is not None and (self.context.check_mode or not plan.changes):
                return plan
        machine = self.waiter.wait_until_idle()
        return self._plan_for(self.state.known_disk, machine)

    def _plan_as_it_is(self) -> Plan | None:
        """None where the disk can't be brought to what is wanted from what it is at this moment."""
        disk = self.state.known_disk
        machine = self.waiter.machine_for(disk)
        try:
            return self._plan_for(disk, machine)
        except KatapultError:
            if self.context.check_mode or disk.is_settled:
                raise
            return None
