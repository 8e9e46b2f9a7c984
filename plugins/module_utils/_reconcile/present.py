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

from .._api.models import UNSEEN, Disk, Lookup, Machine
from .._api.pagination import Listing
from .._core.errors import DiskNotFoundError, InTrashError, NotFoundError, failure
from .._core.file_lock import Notes
from .._core.polling import LOOK_FOR
from .._options.desired import Wanted
from .._plan.differences import differences
from .._plan.plan import Plan, plan_disk
from .lookup import Found, find_by_name, find_new, refuse_taken_name, warn_of_others
from .run import DiskResult, Run, Surroundings
from .state import StepLog
from .wait import unreadable

if TYPE_CHECKING:
    from .create import Creator
    from .references import References


class Presence:
    """Makes sure of one disk, in stages, so that many can go through them together."""

    def __init__(self, wanted: Wanted, around: Surroundings, references: References | None = None) -> None:
        self.wanted = wanted
        self.run = Run(wanted, around)
        self._around = around
        self._shared_references = references
        self._found = Found(None)
        self._plan: Plan | None = None
        self._may_change = False
        self._readable_by = float("inf")
        self.machine = UNSEEN

    def ensure(self) -> DiskResult:
        """The disk as it is wanted. Raises KatapultError with all that is known by then."""
        run = self.run
        with run.telling_what_is_known():
            if self.wanted.id is not None:
                self.look()
                return self.conclude()
            with run.locked(str(self.wanted.name)) as notes:
                self.look()
                self._look_for_what_was_left_behind(notes)
                if self.is_missing and not run.predicts:
                    self.create(notes)
            if self.is_missing:
                self.refuse_impossible()
            if self.is_created:
                self.machine = run.disk_waiter.until_made(self.wanted, run.progress) if run.waits_for_last else UNSEEN
                self.refuse_twin()
            return self.conclude()

    @cached_property
    def _creator(self) -> Creator:
        from .create import Creator

        return Creator(self._around.api, self.run.waiter, self._around.warn)

    @cached_property
    def _references(self) -> References:
        from .references import References

        return self._shared_references or References(self._around.api, self._around.warn)

    @property
    def is_missing(self) -> bool:
        """Whether the disk is to be created, and was not yet."""
        return self._plan is not None and self._plan.body is not None and not self.run.progress.changed

    @property
    def is_created(self) -> bool:
        """Whether this run has created the disk."""
        return self._plan is not None and self._plan.body is not None and self.run.progress.changed

    def look(self, listed: Listing | None = None) -> None:
        """See what is there: the disk by its id, or that which is meant of all of its name.

        C(listed) has the rows of all disks of that name, where they were listed already.

        Raises KatapultError where that can't be told, and where a disk that is not there can't be created.
        """
        if self.wanted.id is not None:
            self._look_by_id(self.wanted.id)
            return
        self._found = find_by_name(self.run.api, self.run.waiter, self.wanted, listed)
        self.run.progress.disk = self._found.disk
        self._plan = None
        if self._found.disk is None:
            warn_of_others(self.run.warn, self.wanted, self._found)
            self._plan = plan_disk(self.wanted, None)

    def _look_by_id(self, disk_id: str) -> None:
        try:
            self.run.progress.disk = self.run.api.disk(disk_id)
        except InTrashError:
            if not self.wanted.restore:
                raise
            from .._plan.removal import plan_to_restore

            self.run.progress.disk_id = disk_id
            self._plan = plan_to_restore(self.wanted, disk_id)

    def _look_for_what_was_left_behind(self, notes: Notes) -> None:
        """The disk of a run that died while its create was on the way may appear only now."""
        if not notes.left_behind(str(self.wanted.name)):
            return
        api, waiter = self.run.api, self.run.waiter.patient()
        if self.is_missing and waiter.soon(lambda: find_new(api, waiter, self.wanted, self._found.ids), bool):
            self.look()
        self.take_what_was_left_behind(notes)

    def take_what_was_left_behind(self, notes: Notes) -> None:
        """Where the disk is there by now, the earlier run's create is known to have ended."""
        disk = self.run.progress.disk
        if disk is not None:
            notes.create_ended(str(self.wanted.name))
            self.run.warn(
                f"The disk {disk.label} was left behind by an earlier run, which did not end or did not see it. It is "
                "taken for the disk that is meant, and none is created."
            )

    def refuse_impossible(self) -> None:
        """Raise KatapultError for what can be seen beforehand to fail. What is under way is planned for later."""
        if self._plan is None:
            self._may_change = self.run.preview(self._plan_for, self._refuse_before_writes)
            return
        if self._plan.restores and self.wanted.name is not None:
            refuse_taken_name(self.run.api, self.run.waiter, self.wanted, self.run.progress.disk_id)
        usual = None if self._plan.restores else self.wanted.usual_data_center
        self._references.refuse_unknown(replace(self.wanted, usual_data_center=usual))

    def create(self, notes: Notes) -> None:
        """Create the disk, which is not waited for, unless another run has made it meanwhile.

        Raises KatapultError, also where the next run would not find it.
        """
        progress = self.run.progress
        progress.begin(["create"])
        with progress.steps.taking(), self._naming_what_is_missing(self.wanted):
            made = self._creator.create((self._plan and self._plan.body) or {}, self.wanted, self._found.ids, notes)
        if made is None:
            progress.steps = StepLog()
            self.look()
            self.refuse_impossible()
            return
        progress.changed, progress.disk, progress.task = True, made.disk, made.task
        progress.created = True
        self._readable_by = self._around.clock.now() + LOOK_FOR
        self._refuse_what_is_not_found_again(made.disk)

    @contextmanager
    def _naming_what_is_missing(self, wanted: Wanted) -> Iterator[None]:
        """The service does not say which data center, profile or machine it has not found: look, as check mode does."""
        try:
            yield
        except NotFoundError as error:
            from .references import foreseeable

            found = foreseeable(error, wanted, self._around.api)
            if found is None:
                raise
            raise found from error

    @property
    def is_under_way(self) -> bool:
        """Whether there is nothing to do but to wait: what is to be changed as well waits by itself."""
        disk = self.run.progress.disk
        return self.is_created or (disk is not None and not disk.is_settled and not self._may_change)

    def is_ready(self) -> bool:
        """Read the disk once: whether it is made, or at rest again. Raises KatapultError where it has failed.

        A disk that this run has made may not be there for readers for some seconds.
        """
        try:
            machine = self.run.disk_waiter.made_by_now(self.wanted, self.run.progress)
        except DiskNotFoundError:
            if not self.is_created:
                raise
            if self._around.clock.now() > self._readable_by:
                raise unreadable(self.run.progress.known_disk) from None
            return False
        self.machine = UNSEEN if machine is None else machine
        return machine is not None

    def has_seen(self, ids: Iterable[str]) -> bool:
        """Whether of C(ids), those of all disks of its name, all were there before, or are this run's own."""
        disk = self.run.progress.disk
        return set(ids) <= self._found.ids | ({disk.id} if disk else set())

    def refuse_twin(self) -> None:
        """Raise KatapultError where another run created a disk of that name meanwhile."""
        self._creator.refuse_twin(self.run.progress.known_disk, self.wanted, self._found.ids)

    def conclude(self) -> DiskResult:
        """What is left to do after the stages before it, and the result."""
        if self._plan is None:
            return self.run.result(self._bring())
        if self._plan.restores:
            self._restore()
        elif self.is_created and self.run.waits_for_last:
            self._warn_of_differences()
        return self.run.result(self._plan)

    def _restore(self) -> None:
        """A disk in the trash can't be read, so that what else is to be changed shows only after it was restored."""
        self.refuse_impossible()
        if not self.run.predicts:
            from .trash import Trash

            progress = self.run.progress
            progress.begin(["restore"])
            with self.run.locked(progress.disk_id), progress.steps.taking():
                Trash(self.run).restore(progress.disk_id)
            self._bring()

    def _bring(self) -> Plan:
        """Change the disk that was found."""
        disk = self.run.progress.known_disk
        with self._naming_what_is_missing(Wanted(self.wanted.organization, io_profile=self.wanted.io_profile)):
            plan = self.run.bring(self._plan_for, self._refuse_before_writes)
        if self.wanted.assignment and disk.attachment is None and not self.wanted.virtual_machine:
            self.run.warn(
                f"virtual_machine_disk says nothing of the disk {disk.label}, which is not assigned: "
                "name a virtual_machine in it."
            )
        return plan

    def _plan_for(self, disk: Disk, machine: Machine) -> Plan:
        return plan_disk(self.wanted, disk, machine)

    def _refuse_before_writes(self, plan: Plan) -> None:
        if plan.new_name is not None:
            refuse_taken_name(self.run.api, self.run.waiter, self.wanted, self.run.progress.known_disk.id)
        if self.run.predicts or len(plan.steps) > 1:
            self._references.refuse_unknown_profile(self.wanted, plan.steps)

    def _warn_of_differences(self) -> None:
        progress = self.run.progress
        wanted = replace(self.wanted, data_center=self._place_told_by(progress.known_disk) and self.wanted.data_center)
        for difference in differences(wanted, progress.known_disk, self.machine):
            self.run.warn(f"The disk {progress.label} was created, but its {difference}.")

    def _refuse_what_is_not_found_again(self, disk: Disk) -> None:
        """Another name or data center than was asked for would make every run create one more disk."""
        wrong = differences(Wanted(name=self.wanted.name, data_center=self._place_told_by(disk)), disk)
        if wrong:
            raise failure(
                "not_as_asked",
                f"The create was answered with the disk {disk.id}, but its {'; its '.join(map(str, wrong))}.",
            )

    def _place_told_by(self, disk: Disk) -> Lookup | None:
        """The data center that is wanted, if the answer says in which one the disk is."""
        place = self.wanted.place
        return place if place is not None and place.is_told_by(disk.payload.get("data_center")) else None
