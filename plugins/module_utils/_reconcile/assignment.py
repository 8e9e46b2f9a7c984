# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The assignment of a disk to a virtual machine: made, moved, or ended."""

from __future__ import annotations

from dataclasses import replace

from .._api.models import BUILT, Disk, Machine, parse_disk_payload
from .._api.pagination import RowList
from .._core.errors import DiskNotFoundError, InTrashError, error_for
from .._options.disk import DesiredDisk
from .._plan.plan import Plan, plan_disk, predicted_disk
from .._plan.removal import NOTHING_TO_REMOVE, plan_release, raise_if_boot_disk
from .lookup import find_by_name
from .reconciler import Reconciler
from .run import DiskResult, RunContext


class AssignmentReconciler(Reconciler):
    """Ensures that one disk is on its virtual machine."""

    def _observe_by_id(self, disk_id: str) -> None:
        self.state.disk = self.context.api.get_disk(disk_id)

    def _observe_by_name(self, listed: RowList | None) -> None:
        self.state.disk = find_by_name(self.context.api, self.context.poller, self.desired, listed).disk

    def apply(self) -> DiskResult:
        """The disk on its virtual machine."""
        if self.state.disk is not None:
            return self.result(self.converge())
        if self.context.check_mode:
            return self.result(self._plan_for_missing())
        raise error_for("disk_not_found", f"No disk of the organization is named '{self.desired.name}'.")

    def _plan_for(self, disk: Disk, machine: Machine) -> Plan:
        raise_if_boot_disk(disk)
        return plan_disk(self.desired, disk, machine)

    def _plan_for_missing(self) -> Plan:
        """In check mode an earlier task may have predicted the disk that is missing here."""
        desired = self.desired
        self.context.warn(
            f"No disk of the organization is named '{desired.name}'. Check mode takes it for one that an earlier task "
            "creates. Without such a task the real run fails here."
        )
        unknown = {"id": None, "state": None}
        new = parse_disk_payload(
            {**predicted_disk(DesiredDisk(name=desired.name)), **dict.fromkeys(unknown, BUILT)}, []
        )
        plan = plan_disk(desired, new, self.waiter.machine_for(new))
        return replace(plan, predicted={**(plan.predicted or {}), **unknown})


class ReleaseReconciler(AssignmentReconciler):
    """Ensures that one disk is on no virtual machine, or not on the one that is named.

    A disk that is not there is on none.
    """

    def __init__(self, desired: DesiredDisk, context: RunContext) -> None:
        super().__init__(replace(desired, assignment=None), context)
        self._described = desired

    def ensure(self) -> DiskResult:
        """The disk where it is desired. Raises KatapultError with all that is known by then."""
        with self.attach_state_to_errors():
            try:
                self.observe()
                plan = self.converge() if self.state.disk else NOTHING_TO_REMOVE
            except (DiskNotFoundError, InTrashError):
                if self.state.disk is not None and self._is_still_there(self.state.disk):
                    raise
                return self.result(NOTHING_TO_REMOVE, gone=True)
            return self.result(plan)

    def _is_still_there(self, disk: Disk) -> bool:
        if self.desired.id is not None:
            return self.context.api.find_disk(disk.id) is not None
        self.observe()
        return self.state.disk is not None

    def _plan_for(self, disk: Disk, machine: Machine) -> Plan:
        del machine
        return plan_release(self._described, disk)
