# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The assignment of a disk to a virtual machine: made, moved, or ended."""

from __future__ import annotations

from dataclasses import replace

from .._api.models import BUILT, Disk, Machine, parse_disk_payload
from .._core.errors import DiskNotFoundError, InTrashError, error_for
from .._options.disk import DesiredDisk
from .._plan.plan import Plan, plan_disk, predicted_disk
from .._plan.removal import NOTHING_TO_REMOVE, plan_release, raise_if_boot_disk
from .lookup import find_by_name
from .run import DiskResult, Run, RunContext


class AssignmentReconciler:
    """One disk, and the virtual machine that it shall be on, or shall not be on."""

    def __init__(self, desired: DesiredDisk, context: RunContext) -> None:
        self._wanted = desired
        self._context = context

    def ensure_assigned(self) -> DiskResult:
        """The disk on its virtual machine. Raises KatapultError with all that is known by then."""
        run = Run(self._wanted, self._context)
        with run.attach_state_to_errors():
            disk = self._find(run)
            if disk is None and run.check_mode:
                return run.result(self._plan_for_one_that_may_be_made(run))
            if disk is None:
                raise error_for("disk_not_found", f"No disk of the organization is named '{self._wanted.name}'.")
            run.state.disk = disk
            return run.result(run.converge(self._plan_for))

    def _plan_for_one_that_may_be_made(self, run: Run) -> Plan:
        """In check mode an earlier task may have predicted the disk that is missing here."""
        desired = self._wanted
        run.warn(
            f"No disk of the organization is named '{desired.name}'. Check mode takes it for one that an earlier task "
            "creates. Without such a task the real run fails here."
        )
        unknown = {"id": None, "state": None}
        new = parse_disk_payload(
            {**predicted_disk(DesiredDisk(name=desired.name)), **dict.fromkeys(unknown, BUILT)}, []
        )
        plan = plan_disk(desired, new, run.disk_waiter.machine_for(desired, new))
        return replace(plan, predicted={**(plan.predicted or {}), **unknown})

    def ensure_released(self) -> DiskResult:
        """The disk on no virtual machine, or not on the one that is named. A disk that is not there is on none.

        Raises KatapultError with all that is known by then.
        """
        run = Run(replace(self._wanted, assignment=None), self._context)
        with run.attach_state_to_errors():
            try:
                run.state.disk = self._find(run)
                plan = run.converge(self._plan_release) if run.state.disk else NOTHING_TO_REMOVE
            except (DiskNotFoundError, InTrashError):
                if run.state.disk is not None and self._is_still_there(run, run.state.disk):
                    raise
                return run.result(NOTHING_TO_REMOVE, gone=True)
            return run.result(plan)

    def _find(self, run: Run) -> Disk | None:
        if self._wanted.id is not None:
            return run.api.get_disk(self._wanted.id)
        return find_by_name(run.api, run.poller, self._wanted).disk

    def _is_still_there(self, run: Run, disk: Disk) -> bool:
        if self._wanted.id is None:
            return self._find(run) is not None
        return run.api.find_disk(disk.id) is not None

    def _plan_for(self, disk: Disk, machine: Machine) -> Plan:
        raise_if_boot_disk(disk)
        return plan_disk(self._wanted, disk, machine)

    def _plan_release(self, disk: Disk, _machine: Machine) -> Plan:
        return plan_release(self._wanted, disk)
