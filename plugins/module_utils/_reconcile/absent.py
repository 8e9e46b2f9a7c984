# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""state=absent: the disk is moved to the trash, and purged where that is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .._api.models import Disk, Machine, TrashObject
from .._api.pagination import Listing
from .._core.errors import DiskNotFoundError, InTrashError, TrashObjectNotFoundError, failure
from .._options.desired import Wanted
from .._plan.plan import Plan
from .._plan.removal import NOTHING_TO_REMOVE, fate_in_words, plan_to_purge, plan_to_remove
from .lookup import Found, find_by_name, warn_of_others
from .run import DiskResult, Run, Surroundings
from .trash import Trash

if TYPE_CHECKING:
    from .guard import Guard


class Absence:
    """Makes sure that one disk is not there, in stages as Presence does."""

    def __init__(self, wanted: Wanted, around: Surroundings, *, force: bool, purge: bool) -> None:
        self.wanted = wanted
        self.run = Run(replace(wanted, assignment=None), around)
        self._force = force
        self._purge = purge
        self._trash = Trash(self.run)
        self._in_trash: InTrashError | None = None

    def ensure(self) -> DiskResult:
        """No such disk. Raises KatapultError with all that is known by then."""
        with self.run.telling_what_is_known():
            self.look()
            return self.conclude()

    def look(self, listed: Listing | None = None) -> None:
        """See what is there: the disk by its id, or that which is meant of all of its name.

        C(listed) has the rows of all disks of that name, where they were listed already.

        Raises KatapultError where that can't be told.
        """
        if self.wanted.id is not None:
            self._look_by_id(self.wanted.id)
            return
        found = self._found(listed)
        if found.disk is None:
            found = self._left_behind() or found
        warn_of_others(self.run.warn, self.wanted, found)
        self.run.progress.disk = found.disk

    def _found(self, listed: Listing | None = None) -> Found:
        return find_by_name(self.run.api, self.run.waiter, replace(self.wanted, assignment=None), listed)

    def _left_behind(self) -> Found | None:
        """The disk of a run that died while its create was on the way may appear only now."""
        name = str(self.wanted.name)
        with self.run.locked(name) as notes:
            if not notes.left_behind(name):
                return None
            found = self.run.waiter.patient().soon(self._found, lambda seen: seen.disk is not None)
            if found.disk is not None:
                notes.create_ended(name)
            return found

    def _look_by_id(self, disk_id: str) -> None:
        progress = self.run.progress
        progress.disk, self._in_trash = None, None
        try:
            progress.disk = self.run.api.disk(disk_id)
        except DiskNotFoundError:
            return
        except InTrashError as error:
            progress.disk_id, self._in_trash, self._trash.seen = disk_id, error, self.run.api.moment()

    def refuse_impossible(self) -> None:
        """Raise KatapultError for what can be seen beforehand to fail."""
        if self.run.progress.disk is not None:
            self.run.preview(self._plan_for, lambda _plan: None)

    def conclude(self) -> DiskResult:
        """What is to be done after the look, and the result."""
        progress = self.run.progress
        if progress.disk is not None:
            return self._existing(progress.disk)
        if self._in_trash is not None:
            return self._trashed(progress.disk_id, self._in_trash)
        return self._result(NOTHING_TO_REMOVE, self.wanted.id or f"'{self.wanted.name}'")

    def _existing(self, disk: Disk) -> DiskResult:
        try:
            plan = self.run.bring(self._plan_for, finish=self._remove)
        except (DiskNotFoundError, InTrashError):
            if not self._is_gone(disk.id):
                raise
            return self.conclude()
        return self._result(plan, self.run.progress.known_disk.sized_label)

    def _is_gone(self, disk_id: str) -> bool:
        """Whether another was quicker. A disk that was found by its name is looked for by that again."""
        if self.wanted.id is None:
            self.look()
            if self.run.progress.disk is not None:
                return False
        self._look_by_id(disk_id)
        return self.run.progress.disk is None

    def _plan_for(self, disk: Disk, _machine: Machine) -> Plan:
        return plan_to_remove(self.wanted, disk, force=self._force, purge=self._purge)

    def _remove(self, plan: Plan, guard: Guard) -> None:
        progress = self.run.progress
        with progress.steps.taking():
            self._trash.throw_away(guard)
        if plan.purges:
            with progress.steps.taking():
                self._trash.purge(progress.known_disk.id)

    def _trashed(self, disk_id: str, error: InTrashError) -> DiskResult:
        """A disk in the trash can't be read, so its name can't be compared; a purge is for good."""
        run = self.run
        try:
            run.progress.trash_object = self._trash.object_told_by(error, disk_id) or self._trash.object_of(disk_id)
        except TrashObjectNotFoundError:
            self._look_by_id(disk_id)
            if self._in_trash is None:
                return self.conclude()
        if not self._purge:
            return self._result(NOTHING_TO_REMOVE, disk_id)
        if self.wanted.name is not None:
            raise failure("not_meant", f"The disk {disk_id} is in the trash, where its name can't be seen.")
        plan = plan_to_purge()
        if not run.predicts:
            run.progress.begin(plan.step_names)
            with run.locked(disk_id), run.progress.steps.taking():
                self._trash.purge(disk_id)
        return self._result(plan, disk_id)

    def _result(self, plan: Plan, label: str) -> DiskResult:
        run = self.run
        trash_object = self._trash_object(plan)
        exists = run.progress.disk is not None or bool(run.progress.disk_id)
        words = fate_in_words(
            label, trash_object, plan, exists=exists, predicted=run.predicts, ended=run.waits_for_last
        )
        if not exists and self._purge and self.wanted.id is None:
            words += " One that is in the trash can't be found by its name: purge it by its id."
        return run.result(plan, gone=True, extra={"trash_object": trash_object, "msg": words})

    def _trash_object(self, plan: Plan) -> dict[str, object] | None:
        known: TrashObject | None = self.run.progress.trash_object
        if plan.purges:
            return None
        if self.run.predicts and plan.deletes:
            disk_id = self.run.progress.known_disk.id
            return {"id": None, "keep_until": None, "object_id": disk_id, "object_type": "Disk"}
        return dict(known.payload) if known else None
