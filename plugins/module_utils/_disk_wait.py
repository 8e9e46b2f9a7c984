# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for a disk: its task, its state, its attachment (promise 6 of the collection)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.katapult.cloud.plugins.module_utils._disk import (
    DETACHED,
    FAILED,
    Disk,
    Lookup,
    Power,
    Task,
    Wanted,
)
from ansible_collections.katapult.cloud.plugins.module_utils._disk_api import DiskApi
from ansible_collections.katapult.cloud.plugins.module_utils._disk_plan import refuse_failed
from ansible_collections.katapult.cloud.plugins.module_utils._errors import (
    ApiError,
    KatapultError,
    Known,
    NotPermittedError,
    failure,
)
from ansible_collections.katapult.cloud.plugins.module_utils._tasks import StalledError, TimedOutError, Waiter

FINISHED = ("completed", "failed")
STALLS_AFTER = 60.0


@dataclass
class Progress:
    """What is known so far, for the failure that may come."""

    changed: bool = False
    disk: Disk | None = None
    task: Task | None = None

    def known(self) -> Known:
        """As a failed result carries it."""
        return Known(
            disk=self.disk.payload if self.disk else None,
            task=self.task.payload if self.task else None,
            annotations=self.disk.annotation_list if self.disk else None,
            changed=self.changed,
        )


class DiskWaiter:
    """Waits for disks; all waits share the deadline of C(waiter)."""

    def __init__(self, api: DiskApi, waiter: Waiter, warn: Callable[[str], None]) -> None:
        self._api = api
        self._waiter = waiter
        self._warn = warn
        self._sees_machines = True

    def power_for(self, wanted: Wanted, disk: Disk | None) -> Power:
        """The power of the disk's virtual machine, read only where it decides whether the disk is to be attached."""
        attachment = disk.attachment if disk and disk.is_settled and wanted.is_to_be_attached else None
        if attachment is None or attachment.state != DETACHED or not self._sees_machines:
            return Power.UNKNOWN
        try:
            return self._api.power(Lookup("id", str(attachment.virtual_machine.get("id"))))
        except NotPermittedError as error:
            self._sees_machines = False
            self._warn(
                "Whether the virtual machine runs could not be seen, so a disk that is attached at the machine's next "
                f"start is taken for attached. {error.message}"
            )
            return Power.UNKNOWN

    def until_settled(self, disk: Disk) -> Disk:
        """The disk once nothing is under way on it any more. Raises KatapultError at the deadline."""
        try:
            return self._waiter.until(lambda: self._api.disk(disk.id), lambda seen: seen.is_settled)
        except TimedOutError as error:
            raise self._timeout(error.last or disk, None) from error

    def until_made(self, wanted: Wanted, progress: Progress) -> Power:
        """Wait until the disk in C(progress) is built and, where that is wanted, attached; C(progress) is kept current.

        Returns the power of its virtual machine. Raises KatapultError where it fails or takes too long.
        """
        adopted = progress.task is None
        self._follow_task(progress)
        power = self._follow_disk(wanted, progress, STALLS_AFTER if adopted else float("inf"))
        if progress.disk is not None:
            refuse_failed(wanted, progress.disk)
        return power

    def _follow_task(self, progress: Progress) -> None:
        task, disk = progress.task, progress.disk
        if task is None or disk is None:
            return
        task_id = task.id
        try:
            task = self._waiter.until(lambda: self._api.task(task_id), lambda seen: seen.status in FINISHED)
        except TimedOutError as error:
            progress.task = error.last or progress.task
            raise self._timeout(disk, progress.task) from error
        except ApiError as error:
            self._warn(f"The disk itself is watched, because its task could not be. {error.message}")
            return
        progress.task = task
        if task.status == "failed":
            progress.disk = self._as_it_is_now(disk)
            raise failure(
                "task_failed", f"The task '{task.name}' ({task.id}) of the disk '{disk.name}' ({disk.id}) failed."
            )

    def _follow_disk(self, wanted: Wanted, progress: Progress, stalls_after: float) -> Power:
        disk = progress.disk
        if disk is None:
            return Power.UNKNOWN
        disk_id = disk.id

        def look() -> tuple[Disk, Power]:
            progress.disk = seen = self._api.disk(disk_id)
            return seen, self.power_for(wanted, seen)

        seen = look()
        try:
            if not _is_made(wanted, *seen):
                seen = self._waiter.until(look, lambda now: _is_made(wanted, *now), stalls_after)
        except StalledError as error:
            raise self._stalled(progress.disk or disk) from error
        except TimedOutError as error:
            raise self._timeout(progress.disk or disk, progress.task) from error
        return seen[1]

    def _as_it_is_now(self, disk: Disk) -> Disk:
        """The disk read once more for a failure's result; that it can't be read must not hide the failure."""
        try:
            return self._api.disk(disk.id)
        except ApiError:
            return disk

    def _timeout(self, disk: Disk, task: Task | None) -> KatapultError:
        under_way = ""
        if task is not None:
            under_way = f" Its task '{task.name}' is {task.status}, at {task.payload.get('progress')} %."
        return failure(
            "wait_timeout",
            f"The disk '{disk.name}' ({disk.id}) was not ready within {self._waiter.limit:g} s: "
            f"it is {_state_of(disk)}.{under_way}",
        )

    def _stalled(self, disk: Disk) -> KatapultError:
        return failure(
            "wait_timeout",
            f"The disk '{disk.name}' ({disk.id}), whose task is not known because the answer to its create was lost, "
            f"has been {_state_of(disk)} for {STALLS_AFTER:g} s without a move.",
        )


def _is_made(wanted: Wanted, disk: Disk, power: Power) -> bool:
    """Whether there is nothing left to wait for."""
    if disk.state == FAILED:
        return True
    if not disk.is_settled:
        return False
    if not wanted.is_to_be_attached or (disk.attachment and disk.attachment.state != DETACHED):
        return True
    return disk.attachment is not None and power in (Power.OFF, Power.UNKNOWN)


def _state_of(disk: Disk) -> str:
    return f"{disk.state} and {disk.attachment.state}" if disk.attachment else disk.state
