# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""state=present: the disk is created, restored or changed to what is wanted.

What a disk that stays as it is does not need is imported only where it is needed: Python compiles a module's files anew
at every run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from .._api.models import UNKNOWN_MACHINE, Disk, Lookup, Machine
from .._api.pagination import RowList
from .._core.errors import DiskNotFoundError, InTrashError, NotFoundError, error_for
from .._core.file_lock import CreateNotes
from .._core.polling import VISIBILITY_TIMEOUT
from .._options.disk import DesiredDisk
from .._plan.comparison import find_differences
from .._plan.plan import Plan, plan_disk
from .lookup import LookupResult, find_by_name, find_unknown, raise_if_name_taken, warn_about_namesakes
from .reconciler import Reconciler
from .run import DiskResult, Run, RunContext
from .state import StepLog
from .wait import unreadable_error

if TYPE_CHECKING:
    from .create import DiskCreator
    from .references import ReferenceChecker


class PresentReconciler(Reconciler):
    """Ensures that one disk exists as it is desired."""

    def __init__(self, desired: DesiredDisk, context: RunContext, references: ReferenceChecker | None = None) -> None:
        super().__init__(desired, Run(desired, context))
        self._context = context
        self._shared_references = references
        self._found = LookupResult(None)
        self._plan: Plan | None = None
        self._may_change = False
        self._readable_by = float("inf")
        self.machine = UNKNOWN_MACHINE

    def ensure(self) -> DiskResult:
        """The disk as it is wanted. Raises KatapultError with all that is known by then."""
        run = self.run
        with run.attach_state_to_errors():
            if self.desired.id is not None:
                self.observe()
                return self.apply()
            with run.locked(str(self.desired.name)) as notes:
                self.observe()
                self._look_for_leftover(notes)
                if self.is_missing and not run.check_mode:
                    self.create(notes)
            if self.is_missing:
                self.validate()
            if self.is_created:
                self.machine = (
                    run.disk_waiter.wait_until_built(self.desired, run.state) if run.waits_for_last else UNKNOWN_MACHINE
                )
                self.check_duplicate()
            return self.apply()

    @cached_property
    def _disk_creator(self) -> DiskCreator:
        from .create import DiskCreator

        return DiskCreator(self._context.api, self.run.poller, self._context.warn)

    @cached_property
    def _references(self) -> ReferenceChecker:
        from .references import ReferenceChecker

        return self._shared_references or ReferenceChecker(self._context.api, self._context.warn)

    @property
    def is_missing(self) -> bool:
        """Whether the disk is to be created, and was not yet."""
        return self._plan is not None and self._plan.body is not None and not self.run.state.changed

    @property
    def is_created(self) -> bool:
        """Whether this run has created the disk."""
        return self._plan is not None and self._plan.body is not None and self.run.state.changed

    def _observe_by_name(self, listed: RowList | None) -> None:
        self._found = find_by_name(self.run.api, self.run.poller, self.desired, listed)
        self.run.state.disk = self._found.disk
        self._plan = None
        if self._found.disk is None:
            warn_about_namesakes(self.run.warn, self.desired, self._found)
            self._plan = plan_disk(self.desired, None)

    def _observe_by_id(self, disk_id: str) -> None:
        try:
            self.run.state.disk = self.run.api.get_disk(disk_id)
        except InTrashError:
            if not self.desired.restore:
                raise
            from .._plan.removal import plan_restore

            self.run.state.disk_id = disk_id
            self._plan = plan_restore(self.desired, disk_id)

    def _look_for_leftover(self, notes: CreateNotes) -> None:
        """The disk of a run that died while its create was on the way may appear only now."""
        if not notes.has_leftover(str(self.desired.name)):
            return
        api, poller = self.run.api, self.run.poller.with_own_deadline()
        if self.is_missing and poller.poll_briefly(
            lambda: find_unknown(api, poller, self.desired, self._found.ids), bool
        ):
            self.observe()
        self.adopt_leftover(notes)

    def adopt_leftover(self, notes: CreateNotes) -> None:
        """Where the disk is there by now, the earlier run's create is known to have ended."""
        disk = self.run.state.disk
        if disk is not None:
            notes.clear_create(str(self.desired.name))
            self.run.warn(
                f"The disk {disk.label} was left behind by an earlier run, which did not end or did not see it. It is "
                "taken for the disk that is meant, and none is created."
            )

    def validate(self) -> None:
        """Raise KatapultError for what can be seen beforehand to fail. What is under way is planned for later."""
        if self._plan is None:
            self._may_change = self.run.plan_preview(self._plan_for, self._check_before_writes)
            return
        if self._plan.restores and self.desired.name is not None:
            raise_if_name_taken(self.run.api, self.run.poller, self.desired, self.run.state.disk_id)
        usual = None if self._plan.restores else self.desired.default_data_center
        self._references.check(replace(self.desired, default_data_center=usual))

    def create(self, notes: CreateNotes) -> None:
        """Create the disk, which is not waited for, unless another run has made it meanwhile.

        Raises KatapultError, also where the next run would not find it.
        """
        state = self.run.state
        state.begin(["create"])
        with state.steps.taking(), self._explain_not_found(self.desired):
            made = self._disk_creator.create(
                (self._plan and self._plan.body) or {}, self.desired, self._found.ids, notes
            )
        if made is None:
            state.steps = StepLog()
            self.observe()
            self.validate()
            return
        state.changed, state.disk, state.task = True, made.disk, made.task
        state.created = True
        self._readable_by = self._context.clock.now() + VISIBILITY_TIMEOUT
        self._check_lookup_stays_stable(made.disk)

    @contextmanager
    def _explain_not_found(self, desired: DesiredDisk) -> Iterator[None]:
        """The service does not say which data center, profile or machine it has not found: look, as check mode does."""
        try:
            yield
        except NotFoundError as error:
            from .references import explain_not_found

            found = explain_not_found(error, desired, self._context.api)
            if found is None:
                raise
            raise found from error

    @property
    def is_under_way(self) -> bool:
        """Whether there is nothing to do but to wait: what is to be changed as well waits by itself."""
        disk = self.run.state.disk
        return self.is_created or (disk is not None and not disk.is_settled and not self._may_change)

    def is_ready(self) -> bool:
        """Read the disk once: whether it is made, or at rest again. Raises KatapultError where it has failed.

        A disk that this run has made may not be there for readers for some seconds.
        """
        try:
            machine = self.run.disk_waiter.poll_built(self.desired, self.run.state)
        except DiskNotFoundError:
            if not self.is_created:
                raise
            if self._context.clock.now() > self._readable_by:
                raise unreadable_error(self.run.state.known_disk) from None
            return False
        self.machine = UNKNOWN_MACHINE if machine is None else machine
        return machine is not None

    def has_seen(self, ids: Iterable[str]) -> bool:
        """Whether of `ids`, those of all disks of its name, all were there before, or are this run's own."""
        disk = self.run.state.disk
        return set(ids) <= self._found.ids | ({disk.id} if disk else set())

    def check_duplicate(self) -> None:
        """Raise KatapultError where another run created a disk of that name meanwhile."""
        self._disk_creator.check_duplicate(self.run.state.known_disk, self.desired, self._found.ids)

    def apply(self) -> DiskResult:
        """What is left to do after the stages before it, and the result."""
        if self._plan is None:
            return self.run.result(self._converge())
        if self._plan.restores:
            self._restore()
        elif self.is_created and self.run.waits_for_last:
            self._warn_of_differences()
        return self.run.result(self._plan)

    def _restore(self) -> None:
        """A disk in the trash can't be read, so that what else is to be changed shows only after it was restored."""
        self.validate()
        if not self.run.check_mode:
            from .trash import TrashOperations

            state = self.run.state
            state.begin(["restore"])
            with self.run.locked(state.disk_id), state.steps.taking():
                TrashOperations(self.run).restore(state.disk_id)
            self._converge()

    def _converge(self) -> Plan:
        """Change the disk that was found."""
        disk = self.run.state.known_disk
        with self._explain_not_found(DesiredDisk(self.desired.organization, io_profile=self.desired.io_profile)):
            plan = self.run.converge(self._plan_for, self._check_before_writes)
        if self.desired.assignment and disk.attachment is None and not self.desired.virtual_machine:
            self.run.warn(
                f"virtual_machine_disk says nothing of the disk {disk.label}, which is not assigned: "
                "name a virtual_machine in it."
            )
        return plan

    def _plan_for(self, disk: Disk, machine: Machine) -> Plan:
        return plan_disk(self.desired, disk, machine)

    def _check_before_writes(self, plan: Plan) -> None:
        if plan.new_name is not None:
            raise_if_name_taken(self.run.api, self.run.poller, self.desired, self.run.state.known_disk.id)
        if self.run.check_mode or len(plan.steps) > 1:
            self._references.check_io_profile(self.desired, plan.steps)

    def _warn_of_differences(self) -> None:
        state = self.run.state
        desired = replace(self.desired, data_center=self._place_told_by(state.known_disk) and self.desired.data_center)
        for difference in find_differences(desired, state.known_disk, self.machine):
            self.run.warn(f"The disk {state.label} was created, but its {difference}.")

    def _check_lookup_stays_stable(self, disk: Disk) -> None:
        """Another name or data center than was asked for would make every run create one more disk."""
        wrong = find_differences(DesiredDisk(name=self.desired.name, data_center=self._place_told_by(disk)), disk)
        if wrong:
            raise error_for(
                "not_as_asked",
                f"The create was answered with the disk {disk.id}, but its {'; its '.join(map(str, wrong))}.",
            )

    def _place_told_by(self, disk: Disk) -> Lookup | None:
        """The data center that is wanted, if the answer says in which one the disk is."""
        place = self.desired.lookup_data_center
        return place if place is not None and place.has_key(disk.payload.get("data_center")) else None
