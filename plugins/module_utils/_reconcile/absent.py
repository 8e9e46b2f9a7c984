# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""state=absent: the disk is moved to the trash, and purged where that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .._api.models import Disk, Machine, TrashObject
from .._api.pagination import RowList
from .._core.errors import DiskNotFoundError, InTrashError, TrashObjectNotFoundError, error_for
from .._core.file_lock import CreateNotes
from .._options.disk import DesiredDisk
from .._plan.plan import Plan
from .._plan.removal import NOTHING_TO_REMOVE, plan_purge, plan_removal, removal_message
from .lookup import LookupResult, find_by_name, warn_about_namesakes
from .reconciler import Reconciler
from .run import DiskResult, Run, RunContext
from .trash import TrashOperations

if TYPE_CHECKING:
    from .guard import Guard


class AbsentReconciler(Reconciler):
    """Ensures that one disk does not exist."""

    def __init__(self, desired: DesiredDisk, context: RunContext, *, force: bool, purge: bool) -> None:
        super().__init__(desired, Run(replace(desired, assignment=None), context))
        self._force = force
        self._purge = purge
        self._trash = TrashOperations(self.run)
        self._in_trash: InTrashError | None = None

    def ensure(self) -> DiskResult:
        """No such disk. Raises KatapultError with all that is known by then."""
        with self.run.attach_state_to_errors():
            self.observe()
            return self.apply()

    def create(self, notes: CreateNotes) -> None:
        """Nothing is created."""

    def adopt_leftover(self, notes: CreateNotes) -> None:
        """The look by name has done that."""

    def check_duplicate(self) -> None:
        """Nothing was created that could be there twice."""

    def known_extras(self) -> Mapping[str, Any]:
        """The trash object, and no message yet."""
        return {"trash_object": self.run.state.known().trash_object, "msg": None}

    def _observe_by_name(self, listed: RowList | None) -> None:
        found = self._found(listed)
        if found.disk is None:
            found = self._left_behind() or found
        warn_about_namesakes(self.run.warn, self.desired, found)
        self.run.state.disk = found.disk

    def _found(self, listed: RowList | None = None) -> LookupResult:
        return find_by_name(self.run.api, self.run.poller, replace(self.desired, assignment=None), listed)

    def _left_behind(self) -> LookupResult | None:
        """The disk of a run that died while its create was on the way may appear only now."""
        name = str(self.desired.name)
        with self.run.locked(name) as notes:
            if not notes.has_leftover(name):
                return None
            found = self.run.poller.with_own_deadline().poll_briefly(self._found, lambda seen: seen.disk is not None)
            if found.disk is not None:
                notes.clear_create(name)
            return found

    def _observe_by_id(self, disk_id: str) -> None:
        state = self.run.state
        state.disk, self._in_trash = None, None
        try:
            state.disk = self.run.api.get_disk(disk_id)
        except DiskNotFoundError:
            return
        except InTrashError as error:
            state.disk_id, self._in_trash, self._trash.seen = disk_id, error, self.run.api.moment()

    def validate(self) -> None:
        """Raise KatapultError for what can be seen beforehand to fail."""
        if self.run.state.disk is not None:
            self.run.plan_preview(self._plan_for, lambda _plan: None)

    def apply(self) -> DiskResult:
        """What is to be done after the look, and the result."""
        state = self.run.state
        if state.disk is not None:
            return self._existing(state.disk)
        if self._in_trash is not None:
            return self._trashed(state.disk_id, self._in_trash)
        return self._result(NOTHING_TO_REMOVE, self.desired.id or f"'{self.desired.name}'")

    def _existing(self, disk: Disk) -> DiskResult:
        try:
            plan = self.run.converge(self._plan_for, finish=self._remove)
        except (DiskNotFoundError, InTrashError):
            if not self._is_gone(disk.id):
                raise
            return self.apply()
        return self._result(plan, self.run.state.known_disk.sized_label)

    def _is_gone(self, disk_id: str) -> bool:
        """Whether another was quicker. A disk that was found by its name is looked for by that again."""
        if self.desired.id is None:
            self.observe()
            if self.run.state.disk is not None:
                return False
        self._observe_by_id(disk_id)
        return self.run.state.disk is None

    def _plan_for(self, disk: Disk, _machine: Machine) -> Plan:
        return plan_removal(self.desired, disk, force=self._force, purge=self._purge)

    def _remove(self, plan: Plan, guard: Guard) -> None:
        state = self.run.state
        with state.steps.taking():
            self._trash.move_to_trash(guard)
        if plan.purges:
            with state.steps.taking():
                self._trash.purge(state.known_disk.id)

    def _trashed(self, disk_id: str, error: InTrashError) -> DiskResult:
        """A disk in the trash can't be read, so its name can't be compared; a purge is for good."""
        run = self.run
        try:
            run.state.trash_object = self._trash.object_told_by(error, disk_id) or self._trash.object_of(disk_id)
        except TrashObjectNotFoundError:
            self._observe_by_id(disk_id)
            if self._in_trash is None:
                return self.apply()
        if not self._purge:
            return self._result(NOTHING_TO_REMOVE, disk_id)
        if self.desired.name is not None:
            raise error_for("not_meant", f"The disk {disk_id} is in the trash, where its name can't be seen.")
        plan = plan_purge()
        if not run.check_mode:
            run.state.begin(plan.step_names)
            with run.locked(disk_id), run.state.steps.taking():
                self._trash.purge(disk_id)
        return self._result(plan, disk_id)

    def _result(self, plan: Plan, label: str) -> DiskResult:
        run = self.run
        trash_object = self._trash_object(plan)
        exists = run.state.disk is not None or bool(run.state.disk_id)
        words = removal_message(
            label, trash_object, plan, exists=exists, predicted=run.check_mode, ended=run.waits_for_last
        )
        if not exists and self._purge and self.desired.id is None:
            words += " One that is in the trash can't be found by its name: purge it by its id."
        return run.result(plan, gone=True, extra={"trash_object": trash_object, "msg": words})

    def _trash_object(self, plan: Plan) -> dict[str, object] | None:
        known: TrashObject | None = self.run.state.trash_object
        if plan.purges:
            return None
        if self.run.check_mode and plan.deletes:
            disk_id = self.run.state.known_disk.id
            return {"id": None, "keep_until": None, "object_id": disk_id, "object_type": "Disk"}
        return dict(known.payload) if known else None
