# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""state=absent: the disk is moved to the trash, and purged where that is asked for."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.katapult.cloud.plugins.module_utils._disk import Disk, Machine, TrashObject
from ansible_collections.katapult.cloud.plugins.module_utils._disk_lookup import find_by_name, warn_of_others
from ansible_collections.katapult.cloud.plugins.module_utils._disk_plan import Plan
from ansible_collections.katapult.cloud.plugins.module_utils._disk_removal import (
    NOTHING_TO_REMOVE,
    fate_in_words,
    plan_to_purge,
    plan_to_remove,
)
from ansible_collections.katapult.cloud.plugins.module_utils._disk_run import DiskResult, Run, Surroundings
from ansible_collections.katapult.cloud.plugins.module_utils._disk_trash import Trash
from ansible_collections.katapult.cloud.plugins.module_utils._disk_wanted import Wanted
from ansible_collections.katapult.cloud.plugins.module_utils._errors import (
    DiskNotFoundError,
    InTrashError,
    failure,
)


class Absence:
    """Makes sure that one disk is not there."""

    def __init__(self, wanted: Wanted, around: Surroundings, *, force: bool, purge: bool) -> None:
        self._wanted = wanted
        self._force = force
        self._purge = purge
        self._run = Run(replace(wanted, assignment=None), around)
        self._trash = Trash(self._run)

    def ensure(self) -> DiskResult:
        """No such disk. Raises KatapultError with all that is known by then."""
        with self._run.telling_what_is_known():
            if self._wanted.id is not None:
                return self._with_id(self._wanted.id)
            found = find_by_name(self._run.api, replace(self._wanted, assignment=None))
            warn_of_others(self._run.warn, self._wanted, found)
            self._run.progress.disk = found.disk
            if found.disk is not None:
                return self._existing(found.disk)
            return self._result(NOTHING_TO_REMOVE, f"'{self._wanted.name}'")

    def _with_id(self, disk_id: str) -> DiskResult:
        try:
            disk = self._run.api.disk(disk_id)
        except DiskNotFoundError:
            self._run.progress.disk = None
            return self._result(NOTHING_TO_REMOVE, disk_id)
        except InTrashError as error:
            return self._trashed(disk_id, error)
        self._run.progress.disk = disk
        return self._existing(disk)

    def _existing(self, disk: Disk) -> DiskResult:
        try:
            plan = self._run.bring(self._plan_for, finish=self._remove)
        except (DiskNotFoundError, InTrashError):
            if self._run.api.disk_if_there(disk.id) is not None:
                raise
            return self._with_id(disk.id)
        return self._result(plan, disk.label)

    def _plan_for(self, disk: Disk, _machine: Machine) -> Plan:
        return plan_to_remove(self._wanted, disk, force=self._force, purge=self._purge)

    def _remove(self, plan: Plan) -> None:
        progress = self._run.progress
        with progress.steps.taking():
            self._trash.throw_away()
        if plan.purges:
            with progress.steps.taking():
                self._trash.purge(progress.known_disk.id)

    def _trashed(self, disk_id: str, error: InTrashError) -> DiskResult:
        """A disk in the trash can't be read, so its name can't be compared; a purge is for good."""
        run = self._run
        run.progress.disk_id = disk_id
        run.progress.trash_object = self._trash.object_told_by(error) or self._trash.object_of(disk_id)
        if not self._purge:
            return self._result(NOTHING_TO_REMOVE, disk_id)
        if self._wanted.name is not None:
            raise failure("not_meant", f"The disk {disk_id} is in the trash, where its name can't be seen.")
        plan = plan_to_purge()
        if not run.predicts:
            with run.locked(disk_id):
                self._trash.purge(disk_id)
        return self._result(plan, disk_id)

    def _result(self, plan: Plan, label: str) -> DiskResult:
        run = self._run
        trash_object = self._trash_object(plan)
        exists = run.progress.disk is not None or bool(run.progress.disk_id)
        words = fate_in_words(
            label, trash_object, plan, exists=exists, predicted=run.predicts, ended=run.waits_for_last
        )
        if not exists and self._purge and self._wanted.id is None:
            words += " One that is in the trash can't be found by its name: purge it by its id."
        return run.result(plan, gone=True, extra={"trash_object": trash_object, "msg": words})

    def _trash_object(self, plan: Plan) -> dict[str, object] | None:
        known: TrashObject | None = self._run.progress.trash_object
        if plan.purges:
            return None
        if self._run.predicts and plan.deletes:
            disk_id = self._run.progress.known_disk.id
            return {"id": None, "keep_until": None, "object_id": disk_id, "object_type": "Disk"}
        return dict(known.payload) if known else None
