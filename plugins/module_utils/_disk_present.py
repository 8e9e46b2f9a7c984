# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""state=present: the disk is created, restored or changed to what is wanted."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.katapult.cloud.plugins.module_utils._disk import Disk, Machine
from ansible_collections.katapult.cloud.plugins.module_utils._disk_create import Creator
from ansible_collections.katapult.cloud.plugins.module_utils._disk_differences import differences
from ansible_collections.katapult.cloud.plugins.module_utils._disk_lookup import (
    Found,
    find_by_name,
    refuse_taken_name,
    warn_of_others,
)
from ansible_collections.katapult.cloud.plugins.module_utils._disk_plan import Plan, plan_disk
from ansible_collections.katapult.cloud.plugins.module_utils._disk_references import References
from ansible_collections.katapult.cloud.plugins.module_utils._disk_removal import plan_to_restore
from ansible_collections.katapult.cloud.plugins.module_utils._disk_run import DiskResult, Run, Surroundings
from ansible_collections.katapult.cloud.plugins.module_utils._disk_trash import Trash
from ansible_collections.katapult.cloud.plugins.module_utils._disk_wanted import Wanted
from ansible_collections.katapult.cloud.plugins.module_utils._errors import InTrashError, failure


class Presence:
    """Makes sure of one disk."""

    def __init__(self, wanted: Wanted, around: Surroundings) -> None:
        self._wanted = wanted
        self._run = Run(wanted, around)
        self._creator = Creator(around.api, self._run.waiter, around.warn)
        self._references = References(around.api, around.warn)
        self._trash = Trash(self._run)

    def ensure(self) -> DiskResult:
        """The disk as it is wanted. Raises KatapultError with all that is known by then."""
        with self._run.telling_what_is_known():
            return self._with_id(self._wanted.id) if self._wanted.id is not None else self._with_name()

    def _with_id(self, disk_id: str) -> DiskResult:
        try:
            self._run.progress.disk = self._run.api.disk(disk_id)
        except InTrashError:
            if not self._wanted.restore:
                raise
            return self._restored(disk_id)
        return self._run.result(self._bring())

    def _restored(self, disk_id: str) -> DiskResult:
        """A disk in the trash can't be read, so that what else is to be changed shows only after it was restored."""
        plan = plan_to_restore(self._wanted, disk_id)
        self._run.progress.disk_id = disk_id
        if self._wanted.name is not None:
            refuse_taken_name(self._run.api, self._wanted, disk_id)
        self._references.refuse_unknown(replace(self._wanted, usual_data_center=None))
        if not self._run.predicts:
            with self._run.locked(disk_id):
                self._trash.restore(disk_id)
            self._bring()
        return self._run.result(plan)

    def _with_name(self) -> DiskResult:
        run, plan = self._run, None
        with run.locked(str(self._wanted.name)):
            found = find_by_name(run.api, self._wanted)
            run.progress.disk = found.disk
            if found.disk is None:
                plan = self._plan_to_create(found)
            if plan is not None and not run.predicts:
                self._create(plan, found)
        if plan is None:
            return run.result(self._bring())
        if run.predicts:
            self._references.refuse_unknown(self._wanted)
        else:
            self._wait_for_created(found)
        return run.result(plan)

    def _bring(self) -> Plan:
        """Change the disk that was found."""
        disk = self._run.progress.known_disk
        plan = self._run.bring(self._plan_for, self._refuse_before_writes)
        if self._wanted.assignment and disk.attachment is None and not self._wanted.virtual_machine:
            self._run.warn(
                f"virtual_machine_disk says nothing of the disk {disk.label}, which is not assigned: "
                "name a virtual_machine in it."
            )
        return plan

    def _plan_for(self, disk: Disk, machine: Machine) -> Plan:
        return plan_disk(self._wanted, disk, machine)

    def _refuse_before_writes(self, plan: Plan) -> None:
        if plan.new_name is not None:
            refuse_taken_name(self._run.api, self._wanted, self._run.progress.known_disk.id)
        if self._run.predicts or len(plan.steps) > 1:
            self._references.refuse_unknown_profile(self._wanted, plan.steps)

    def _plan_to_create(self, found: Found) -> Plan:
        warn_of_others(self._run.warn, self._wanted, found)
        return plan_disk(self._wanted, None)

    def _create(self, plan: Plan, found: Found) -> None:
        made = self._creator.create(plan.body or {}, self._wanted, found.ids)
        progress = self._run.progress
        progress.changed, progress.disk, progress.task = True, made.disk, made.task

    def _wait_for_created(self, found: Found) -> None:
        progress = self._run.progress
        self._refuse_what_is_not_found_again(progress.known_disk)
        if self._run.waits_for_last:
            machine = self._run.disk_waiter.until_made(self._wanted, progress)
            for difference in differences(self._wanted, progress.known_disk, machine):
                self._run.warn(f"The disk {progress.label} was created, but its {difference}.")
        self._creator.refuse_twin(progress.known_disk, self._wanted, found.ids)

    def _refuse_what_is_not_found_again(self, disk: Disk) -> None:
        """Another name or data center than was asked for would make every run create one more disk."""
        wanted = Wanted(name=self._wanted.name, data_center=self._wanted.place)
        told = disk.payload.get("data_center") or None
        wrong = differences(wanted if told else replace(wanted, data_center=None), disk)
        if wrong:
            raise failure("not_as_asked", f"The disk {disk.id} was created, but its {'; its '.join(map(str, wrong))}.")
