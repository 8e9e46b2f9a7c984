# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""state=absent: the disk is moved to the trash, and purged where that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .._api.models import Disk, Machine
from .._api.pagination import RowList
from .._core.errors import DiskNotFoundError, InTrashError, TrashObjectNotFoundError, error_for
from .._options.disk import DesiredDisk
from .._plan.plan import Plan
from .._plan.removal import NOTHING_TO_REMOVE, plan_purge, plan_removal, removal_message
from .lookup import LookupResult, find_by_name, warn_about_namesakes
from .reconciler import Reconciler
from .run import DiskResult, RunContext
from .trash import TrashOperations

if TYPE_CHECKING:
    from .guard import Guard


class AbsentReconciler(Reconciler):
    """Ensures that one disk does not exist."""

    extra_keys = ("trash_object",)

    def __init__(self, desired: DesiredDisk, context: RunContext, *, force: bool, purge: bool) -> None:
        # A disk that goes away is not waited for to be attached.
        super().__init__(replace(desired, assignment=None), context)
        self._described = desired
        self._force = force
        self._purge = purge
        self._trash = TrashOperations(self.waiter)
        self._in_trash: InTrashError | None = None

    def _observe_by_name(self, listed: RowList | None) -> None:
        found = self._find(listed)
        if found.disk is None:
            found = self._find_leftover() or found
        warn_about_namesakes(self.context.warn, self.desired, found)
        self.state.disk = found.disk

    def _find(self, listed: RowList | None = None) -> LookupResult:
        return find_by_name(self.context.api, self.context.poller, self.desired, listed)

    def _find_leftover(self) -> LookupResult | None:
        """The disk of a run that died while its create was on the way may appear only now."""
        name = str(self.desired.name)
        with self.context.locked(name) as notes:
            if not notes.has_leftover(name):
                return None
            poller = self.context.poller.with_own_deadline()
            found = poller.poll_briefly(self._find, lambda seen: seen.disk is not None)
            if found.disk is not None:
                notes.clear_create(name)
            return found

    def _observe_by_id(self, disk_id: str) -> None:
        state = self.state
        state.disk, self._in_trash = None, None
        try:
            state.disk = self.context.api.get_disk(disk_id)
        except DiskNotFoundError:
            return
        except InTrashError as error:
            state.disk_id, self._in_trash, self._trash.seen = disk_id, error, self.context.api.moment()

    def apply(self) -> DiskResult:
        """What is to be done after the look, and the result."""
        if self.state.disk is not None:
            return self._existing(self.state.disk)
        if self._in_trash is not None:
            return self._trashed(self.state.disk_id, self._in_trash)
        return self._result(NOTHING_TO_REMOVE, self.desired.id or f"'{self.desired.name}'")

    def _existing(self, disk: Disk) -> DiskResult:
        try:
            plan = self.converge()
        except (DiskNotFoundError, InTrashError):
            if not self._is_gone(disk.id):
                raise
            return self.apply()
        return self._result(plan, self.state.known_disk.sized_label)

    def _is_gone(self, disk_id: str) -> bool:
        """Whether another was quicker. A disk that was found by its name is looked for by that again."""
        if self.desired.id is None:
            self.observe()
            if self.state.disk is not None:
                return False
        self._observe_by_id(disk_id)
        return self.state.disk is None

    def _plan_for(self, disk: Disk, machine: Machine) -> Plan:
        del machine
        return plan_removal(self._described, disk, force=self._force, purge=self._purge)

    def _remove(self, plan: Plan, guard: Guard) -> None:
        with self.state.next_step():
            self._trash.move_to_trash(guard)
        if plan.purges:
            with self.state.next_step():
                self._trash.purge(self.state.known_disk.id)

    def _trashed(self, disk_id: str, error: InTrashError) -> DiskResult:
        """A disk in the trash can't be read, so its name can't be compared; a purge is for good."""
        try:
            self.state.trash_object = self._trash.object_told_by(error, disk_id) or self._trash.object_of(disk_id)
        except TrashObjectNotFoundError:
            self._observe_by_id(disk_id)
            if self._in_trash is None:
                return self.apply()
        if not self._purge:
            return self._result(NOTHING_TO_REMOVE, disk_id)
        if self.desired.name is not None:
            raise error_for("not_meant", f"The disk {disk_id} is in the trash, where its name can't be seen.")
        plan = plan_purge()
        if not self.context.check_mode:
            self.state.not_tried += plan.step_names
            with self.context.locked(disk_id), self.state.next_step():
                self._trash.purge(disk_id)
        return self._result(plan, disk_id)

    def _result(self, plan: Plan, label: str) -> DiskResult:
        state, check_mode = self.state, self.context.check_mode
        trash_object: Mapping[str, Any] | None = state.trash_object.payload if state.trash_object else None
        if plan.purges:
            trash_object = None
        elif check_mode and plan.deletes:
            trash_object = {"id": None, "keep_until": None, "object_id": state.known_disk.id, "object_type": "Disk"}
        exists = state.disk is not None or bool(state.disk_id)
        words = removal_message(label, trash_object, plan, exists=exists, predicted=check_mode, ended=self.context.wait)
        if not exists and self._purge and self.desired.id is None:
            words += " One that is in the trash can't be found by its name: purge it by its id."
        if not exists and self.id_hint:
            words += f" {self.id_hint}"
        return self.result(plan, gone=True, extra={"trash_object": trash_object, "msg": words})
