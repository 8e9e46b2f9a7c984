# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for a disk: its task, its state, its attachment (promise 6 of the collection)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from ansible_collections.katapult.cloud.plugins.module_utils._disk import (
    DETACHED,
    FAILED,
    FINISHED,
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

STALLS_AFTER = 60.0


@dataclass
class Progress:
    """What is known so far, for the failure that may come."""

    changed: bool = False
    disk: Disk | None = None
    task: Task | None = None

    @property
    def known_disk(self) -> Disk:
        """The disk, where it was found or made before; anything else is an error of this collection."""
        if self.disk is None:
            raise LookupError("no disk was found or made yet")
        return self.disk

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

    def until_at_rest(self, wanted: Wanted, progress: Progress) -> Power:
        """Wait until nothing is under way on the disk in C(progress), which is kept current.

        A disk that was just built is attached a while later, and so are the disks of a machine that is starting. Where
        an attachment is wanted, that is waited for as long as something moves. Returns the power of the machine.
        Raises KatapultError at the deadline.
        """
        moves = not progress.known_disk.is_settled
        power = self._watch(progress, wanted, _is_at_rest) if moves else self.power_for(wanted, progress.disk)
        if power is Power.CHANGING or (moves and power is Power.ON):
            with suppress(StalledError):
                return self._watch(progress, wanted, _is_made, STALLS_AFTER)
        return power

    def until_made(self, wanted: Wanted, progress: Progress) -> Power:
        """Wait until the disk in C(progress) is built and, where that is wanted, attached; C(progress) is kept current.

        Returns the power of its virtual machine. Raises KatapultError where it fails or takes too long.
        """
        adopted = progress.task is None
        if progress.task is not None:
            self._follow_task(progress, progress.task.id)
            progress.disk = self._api.disk(progress.known_disk.id)
        power = self.power_for(wanted, progress.disk)
        if not _is_made(wanted, progress.known_disk, power):
            try:
                power = self._watch(progress, wanted, _is_made, STALLS_AFTER if adopted else float("inf"))
            except StalledError as error:
                raise _stalled(progress.known_disk) from error
        refuse_failed(wanted, progress.known_disk)
        return power

    def _follow_task(self, progress: Progress, task_id: str) -> None:
        disk = progress.known_disk
        try:
            task = self._waiter.until(lambda: self._api.task(task_id), lambda seen: seen.status in FINISHED)
        except TimedOutError as error:
            progress.task = error.last or progress.task
            progress.disk = self._as_it_is_now(disk)
            raise self._timeout(progress) from error
        except ApiError as error:
            self._warn(f"The disk itself is watched, because its task could not be. {error.message}")
            return
        progress.task = task
        if task.status == "failed":
            progress.disk = self._as_it_is_now(disk)
            raise failure(
                "task_failed", f"The task '{task.name}' ({task.id}) of the disk '{disk.name}' ({disk.id}) failed."
            )

    def _watch(
        self,
        progress: Progress,
        wanted: Wanted,
        is_done: Callable[[Wanted, Disk, Power], bool],
        stalls_after: float = float("inf"),
    ) -> Power:
        disk_id = progress.known_disk.id

        def look() -> tuple[Disk, Power]:
            progress.disk = seen = self._api.disk(disk_id)
            return seen, self.power_for(wanted, seen)

        try:
            return self._waiter.until(look, lambda seen: is_done(wanted, *seen), stalls_after)[1]
        except StalledError:
            raise
        except TimedOutError as error:
            raise self._timeout(progress) from error

    def _as_it_is_now(self, disk: Disk) -> Disk:
        """The disk read once more for a failure's result; that it can't be read must not hide the failure."""
        try:
            return self._api.disk(disk.id)
        except ApiError:
            return disk

    def _timeout(self, progress: Progress) -> KatapultError:
        disk, task = progress.known_disk, progress.task
        under_way = f" Its task '{task.name}' is {task.standing}." if task is not None else ""
        return failure(
            "wait_timeout",
            f"The disk '{disk.name}' ({disk.id}) was not ready within {self._waiter.limit:g} s: "
            f"it is {_state_of(disk)}.{under_way}",
        )


def _stalled(disk: Disk) -> KatapultError:
    return failure(
        "wait_timeout",
        f"The disk '{disk.name}' ({disk.id}), whose task is not known because the answer to its create was lost, "
        f"has been {_state_of(disk)} for {STALLS_AFTER:g} s without a move.",
    )


def _is_at_rest(_wanted: Wanted, disk: Disk, _power: Power) -> bool:
    return disk.is_settled


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
