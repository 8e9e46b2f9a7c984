# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The assignment of a disk to a virtual machine: made, moved, or ended."""

from __future__ import annotations

from dataclasses import replace

from .._api.models import BUILT, Disk, Machine, disk_of
from .._core.errors import DiskNotFoundError, InTrashError, failure
from .._options.desired import Wanted
from .._plan.plan import Plan, plan_disk
from .._plan.prediction import predicted_disk
from .._plan.removal import NOTHING_TO_REMOVE, plan_to_release, refuse_boot_disk
from .lookup import find_by_name
from .run import DiskResult, Run, Surroundings


class Placement:
    """One disk, and the virtual machine that it shall be on, or shall not be on."""

    def __init__(self, wanted: Wanted, around: Surroundings) -> None:
        self._wanted = wanted
        self._around = around

    def ensure_assigned(self) -> DiskResult:
        """The disk on its virtual machine. Raises KatapultError with all that is known by then."""
        run = Run(self._wanted, self._around)
        with run.telling_what_is_known():
            disk = self._find(run)
            if disk is None and run.predicts:
                return run.result(self._plan_for_one_that_may_be_made(run))
            if disk is None:
                raise failure("disk_not_found", f"No disk of the organization is named '{self._wanted.name}'.")
            run.progress.disk = disk
            return run.result(run.bring(self._plan_for))

    def _plan_for_one_that_may_be_made(self, run: Run) -> Plan:
        """In check mode an earlier task may have predicted the disk that is missing here."""
        wanted = self._wanted
        run.warn(
            f"No disk of the organization is named '{wanted.name}'. Check mode takes it for one that an earlier task "
            "creates. Without such a task the real run fails here."
        )
        unknown = {"id": None, "state": None}
        new = disk_of({**predicted_disk(Wanted(name=wanted.name)), **dict.fromkeys(unknown, BUILT)}, [])
        plan = plan_disk(wanted, new, run.disk_waiter.machine_for(wanted, new))
        return replace(plan, predicted={**(plan.predicted or {}), **unknown})

    def ensure_released(self) -> DiskResult:
        """The disk on no virtual machine, or not on the one that is named. A disk that is not there is on none.

        Raises KatapultError with all that is known by then.
        """
        run = Run(replace(self._wanted, assignment=None), self._around)
        with run.telling_what_is_known():
            try:
                run.progress.disk = self._find(run)
                plan = run.bring(self._plan_to_release) if run.progress.disk else NOTHING_TO_REMOVE
            except (DiskNotFoundError, InTrashError):
                if run.progress.disk is not None and self._is_still_there(run, run.progress.disk):
                    raise
                return run.result(NOTHING_TO_REMOVE, gone=True)
            return run.result(plan)

    def _find(self, run: Run) -> Disk | None:
        if self._wanted.id is not None:
            return run.api.disk(self._wanted.id)
        return find_by_name(run.api, run.waiter, self._wanted).disk

    def _is_still_there(self, run: Run, disk: Disk) -> bool:
        if self._wanted.id is None:
            return self._find(run) is not None
        return run.api.disk_if_there(disk.id) is not None

    def _plan_for(self, disk: Disk, machine: Machine) -> Plan:
        refuse_boot_disk(disk)
        return plan_disk(self._wanted, disk, machine)

    def _plan_to_release(self, disk: Disk, _machine: Machine) -> Plan:
        return plan_to_release(self._wanted, disk)
