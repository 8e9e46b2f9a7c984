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

from .._api.models import BUILT, UNKNOWN_MACHINE, Disk, Lookup, Machine
from .._api.pagination import Row, RowList
from .._core.errors import DiskNotFoundError, InTrashError, NotFoundError, error_for
from .._core.file_lock import CreateNotes
from .._core.parallel import map_concurrently
from .._core.polling import VISIBILITY_TIMEOUT
from .._options.disk import DesiredDisk
from .._plan.comparison import Difference, find_differences
from .._plan.plan import Growth, Plan, plan_disk, plan_restore
from .._plan.steps import Phase
from .lookup import LookupResult, UnknownDisks, find_by_name, find_unknown, raise_if_name_taken, warn_about_namesakes
from .reconciler import Reconciler
from .run import DiskResult, RunContext
from .wait import unreadable_error

if TYPE_CHECKING:
    from .create import DiskCreator
    from .references import ReferenceChecker


class PresentReconciler(Reconciler):
    """Ensures that one disk exists as it is desired."""

    def __init__(self, desired: DesiredDisk, context: RunContext, references: ReferenceChecker | None = None) -> None:
        super().__init__(desired, context)
        self._references = references
        self._found = LookupResult(None)
        self._first_plan: Plan | None = None
        self._may_change = False
        self._is_answer_enough = False
        self._readable_by = float("inf")
        self.machine = UNKNOWN_MACHINE

    def ensure(self) -> DiskResult:
        """The disk as it is wanted. Raises KatapultError with all that is known by then."""
        result = self._ensure()
        if self.context.check_mode and self.growth is not None:
            from .limits import warn_about_limits

            warn_about_limits(self.context, self.desired.organization, [self.growth])
        return result

    def _ensure(self) -> DiskResult:
        if self.desired.id is not None:
            return super().ensure()
        with self.attach_state_to_errors():
            with self.context.locked(str(self.desired.name)) as notes:
                self.observe()
                self._look_for_leftover(notes)
                if self.is_missing and not self.context.check_mode:
                    self.create(notes)
            if self.is_missing:
                self.validate()
            if self.is_created:
                self._conclude_create()
            return self.apply()

    @cached_property
    def _disk_creator(self) -> DiskCreator:
        from .create import DiskCreator

        return DiskCreator(self.context, self._references)

    @property
    def is_missing(self) -> bool:
        """Whether the disk is to be created, and was not yet."""
        return self._first_plan is not None and self._first_plan.body is not None and not self.state.created

    @property
    def is_created(self) -> bool:
        """Whether this run has created the disk."""
        return self.state.created

    @property
    def growth(self) -> Growth | None:
        """What the run takes of the organization's limits, as far as that shows before the first write."""
        size, disk = self.desired.size_in_gb, self.state.disk
        current = disk.payload.get("size_in_gb") if disk else 0 if self.is_missing else None
        if size is None or not isinstance(current, int) or size <= current:
            return None
        label = self.desired.name or str(self.desired.id)
        return Growth(label, size, size - current, is_new=disk is None)

    def _observe_by_name(self, listed: RowList | None) -> None:
        self._found = find_by_name(self.context.api, self.context.poller, self.desired, listed)
        self.state.disk = self._found.disk
        self._first_plan = None
        if self._found.disk is None:
            warn_about_namesakes(self.context.warn, self.desired, self._found)
            self._first_plan = plan_disk(self.desired, None)

    def _observe_by_id(self, disk_id: str) -> None:
        try:
            self.state.disk = self.context.api.get_disk(disk_id)
        except InTrashError:
            if not self.desired.restore:
                raise
            self.state.disk_id = disk_id
            self._first_plan = plan_restore(self.desired, disk_id)

    def _look_for_leftover(self, notes: CreateNotes) -> None:
        """The disk of a run that died while its create was on the way may appear only now."""
        if not notes.has_leftover(str(self.desired.name)):
            return
        api, poller = self.context.api, self.context.poller.with_own_deadline()
        if self.is_missing and poller.poll_briefly(
            lambda: find_unknown(api, poller, self.desired, self._found.ids).disks, bool
        ):
            self.observe()
        self.adopt_leftover(notes)

    def adopt_leftover(self, notes: CreateNotes) -> None:
        """Where the disk is there by now, the earlier run's create is known to have ended."""
        disk = self.state.disk
        if disk is not None:
            notes.clear_create(str(self.desired.name))
            self.context.warn(
                f"The disk {disk.label} was left behind by an earlier run, which did not end or did not see it. It is "
                "taken for the disk that is meant, and none is created."
            )

    def validate(self) -> None:
        """Raise KatapultError for what can be seen beforehand to fail. What is under way is planned for later."""
        if self._first_plan is None:
            self._may_change = self.plan_preview()
        elif self._first_plan.restores:
            if self.desired.name is not None:
                raise_if_name_taken(self.context.api, self.context.poller, self.desired, self.state.disk_id)
            self._disk_creator.references.check(replace(self.desired, default_data_center=None))
        else:
            self._disk_creator.references.check(self.desired)

    def create(self, notes: CreateNotes) -> None:
        """Create the disk, which is not waited for, unless another run has made it meanwhile.

        Raises KatapultError, also where the next run would not find it.
        """
        state, body = self.state, (self._first_plan and self._first_plan.body) or {}
        state.not_tried.append("create")
        with state.next_step(), self._explain_not_found(self.desired):
            made = self._disk_creator.create(body, self.desired, self._found.ids, notes)
        if made is None:
            state.done.clear()
            self.observe()
            self.validate()
            return
        state.changed, state.created, state.disk, state.task = True, True, made.disk, made.task
        self._is_answer_enough = made.is_whole and self.desired.assignment is None
        self._readable_by = self.context.clock.now() + VISIBILITY_TIMEOUT
        # Another name or data center than was asked for would make every run create one more disk.
        desired = DesiredDisk(name=self.desired.name, data_center=self._place_told_by(made.disk))
        wrong = find_differences(desired, made.disk)
        if wrong:
            raise error_for(
                "not_as_asked",
                f"The create was answered with the disk {made.disk.id}, but its {'; its '.join(map(str, wrong))}.",
            )

    @contextmanager
    def _explain_not_found(self, desired: DesiredDisk) -> Iterator[None]:
        """The service does not say which data center, profile or machine it has not found: look, as check mode does."""
        try:
            yield
        except NotFoundError as error:
            found = self._disk_creator.references.explain_not_found(error, desired)
            if found is None:
                raise
            raise found from error

    @property
    def is_under_way(self) -> bool:
        """Whether there is nothing to do but to wait: what is to be changed as well waits by itself."""
        disk = self.state.disk
        return self.is_created or (disk is not None and not disk.is_settled and not self._may_change)

    def is_ready(self) -> bool:
        """Read the disk once: whether it is made, or at rest again. Raises KatapultError where it has failed.

        A disk that this run has made may not be there for readers for some seconds.
        """
        try:
            machine = self.waiter.poll_built()
        except DiskNotFoundError:
            if not self.is_created:
                raise
            if self.context.clock.now() > self._readable_by:
                raise unreadable_error(self.state.known_disk) from None
            return False
        self.machine = machine or UNKNOWN_MACHINE
        return machine is not None

    def has_seen(self, ids: Iterable[str]) -> bool:
        """Whether of `ids`, those of all disks of its name, all were there before, or are this run's own."""
        disk = self.state.disk
        return set(ids) <= self._found.ids | ({disk.id} if disk else set())

    def check_duplicate(self) -> None:
        """Raise KatapultError where another run created a disk of that name meanwhile."""
        self._raise_if_duplicated(self._find_duplicates())

    def _conclude_create(self) -> None:
        """Wait for the disk that was created, and look for duplicates of it.

        Of two runs, the one that creates last sees both disks whenever it looks. The later a run looks, the more often
        both runs do: therefore after the build, while the disk is read. If the list shows all that a read would, the
        disk is not read.
        """
        if not self.context.wait:
            self.check_duplicate()
            return
        if not self.waiter.follow_build():
            self._wait_until_built()
            self.check_duplicate()
            return
        looks: list[UnknownDisks] = []

        def look() -> None:
            looks.append(self._find_duplicates())

        if not self._is_answer_enough:
            map_concurrently(lambda job: job(), (self._wait_until_built, look), 2)
        else:
            look()
            if not any(map(self.accept_row, looks[0].rows)):
                self._wait_until_built()
        self._raise_if_duplicated(looks[0])

    def _wait_until_built(self) -> None:
        self.machine = self.waiter.wait_until_built()

    def accept_row(self, row: Row) -> bool:
        """Take the disk of the create's answer in the state that a row of the list shows, if nothing else differs.

        In what was recorded of the service, a read after the build shows the answer but for the state.
        """
        disk = self.state.known_disk.with_state_of(row) if self._is_answer_enough else None
        if disk is None or disk.state != BUILT or not disk.is_whole or self._find_differences(disk):
            return False
        self.state.disk = disk
        return True

    def _find_duplicates(self) -> UnknownDisks:
        return self._disk_creator.find_duplicates(self.state.known_disk, self.desired, self._found.ids)

    def _raise_if_duplicated(self, seen: UnknownDisks) -> None:
        from .create import raise_if_duplicated

        raise_if_duplicated(self.state.known_disk, seen.disks)

    def apply(self) -> DiskResult:
        """What is left to do after the stages before it, and the result."""
        if self._first_plan is None:
            return self.result(self.converge())
        if self._first_plan.restores:
            self._restore()
        elif self.is_created and self.context.wait:
            disk = self.state.known_disk
            for difference in self._find_differences(disk):
                self.context.warn(f"The disk {disk.label} was created, but its {difference}.")
        return self.result(self._first_plan)

    def _find_differences(self, disk: Disk) -> tuple[Difference, ...]:
        """What a disk that was created has otherwise than was asked for."""
        desired = replace(self.desired, data_center=self._place_told_by(disk) and self.desired.data_center)
        return find_differences(desired, disk, self.machine)

    def _restore(self) -> None:
        """A disk in the trash can't be read, so that what else is to be changed shows only after it was restored."""
        self.validate()
        if not self.context.check_mode:
            from .trash import TrashOperations

            state = self.state
            state.not_tried.append("restore")
            with self.context.locked(state.disk_id), state.next_step():
                TrashOperations(self.waiter).restore(state.disk_id)
            self.converge()

    def converge(self) -> Plan:
        """Change the disk that was found."""
        disk = self.state.known_disk
        with self._explain_not_found(DesiredDisk(self.desired.organization, io_profile=self.desired.io_profile)):
            plan = super().converge()
        if self.desired.assignment and disk.attachment is None and not self.desired.virtual_machine:
            self.context.warn(
                f"virtual_machine_disk says nothing of the disk {disk.label}, which is not assigned: "
                "name a virtual_machine in it."
            )
        return plan

    def _plan_for(self, disk: Disk, machine: Machine) -> Plan:
        return plan_disk(self.desired, disk, machine)

    def _check_before_writes(self, plan: Plan) -> None:
        if plan.new_name is not None:
            raise_if_name_taken(self.context.api, self.context.poller, self.desired, self.state.known_disk.id)
        needs_profile = any(step.phase is Phase.IO_PROFILE for step in plan.steps)
        if needs_profile and (self.context.check_mode or len(plan.steps) > 1):
            self._disk_creator.references.check_io_profile(self.desired)

    def _place_told_by(self, disk: Disk) -> Lookup | None:
        """The data center that is wanted, if the answer says in which one the disk is."""
        place = self.desired.lookup_data_center
        return place if place is not None and place.has_key(disk.payload.get("data_center")) else None
