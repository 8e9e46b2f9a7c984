# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for a disk: its task, its state, its attachment (promise 6 of the collection)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from .._api.endpoints import DiskApi
from .._api.models import DETACHED, FAILED, FINISHED, UNSEEN, Disk, Lookup, Machine, Power, Task
from .._core.errors import (
    FAILED_BUILD,
    ApiError,
    DiskNotFoundError,
    InTrashError,
    KatapultError,
    NotPermittedError,
    failure,
)
from .._core.polling import LOOK_FOR, StalledError, TimedOutError, Waiter
from .._options.desired import Wanted
from .._plan.plan import refuse_failed
from .state import Progress

STALLS_AFTER = 60.0
SHOWS_WITHIN = 10.0


def told_to_nobody(_text: str) -> None:
    """Where nobody looks how far a wait has come."""


class DiskWaiter:
    """Waits for disks; all waits share the deadline of C(waiter)."""

    def __init__(
        self,
        api: DiskApi,
        waiter: Waiter,
        warn: Callable[[str], None],
        tell: Callable[[str], None] = told_to_nobody,
    ) -> None:
        self._api = api
        self._waiter = waiter
        self._warn = warn
        self._tell = tell
        self._sees_machines = True

    def machine_for(self, wanted: Wanted, disk: Disk | None) -> Machine:
        """The virtual machine that the disk is on or shall be on, read only where it decides what is to be done."""
        lookup = _deciding_machine(wanted, disk) if disk else None
        if disk is None or lookup is None or not self._sees_machines:
            return UNSEEN
        try:
            return self._api.machine(lookup)
        except NotPermittedError as error:
            self._sees_machines = False
            if not wanted.moves(disk):
                self._warn(
                    "Whether the virtual machine runs could not be seen, so a disk that is attached at the machine's "
                    f"next start is taken for attached. {error.message}"
                )
            return UNSEEN

    def until_at_rest(self, wanted: Wanted, progress: Progress) -> Machine:
        """Wait until nothing is under way on the disk in C(progress), which is kept current.

        A disk that was just built is attached a while later, and so are the disks of a machine that is starting. Where
        an attachment is wanted, that is waited for as long as something moves. Returns the machine.
        Raises KatapultError at the deadline.
        """
        moves = not progress.known_disk.is_settled
        machine = self._watch(progress, wanted, _is_at_rest) if moves else self.machine_for(wanted, progress.disk)
        arrives = moves and machine.power is Power.ON and not wanted.is_to_be_assigned(progress.known_disk)
        if machine.power is Power.CHANGING or arrives:
            with suppress(StalledError):
                return self._watch(progress, wanted, _is_ready, STALLS_AFTER)
        return machine

    def until_made(self, wanted: Wanted, progress: Progress) -> Machine:
        """Wait until the disk in C(progress) is built and, where that is wanted, attached; C(progress) is kept current.

        Returns its virtual machine. Raises KatapultError where it fails or takes too long.
        """
        adopted = progress.task is None
        if progress.task is not None:
            self.follow_task(progress, progress.task)
            self.read(progress)
        machine = self.machine_for(wanted, progress.disk)
        if not _is_made(wanted, progress.known_disk, machine):
            try:
                machine = self._watch(progress, wanted, _is_made, STALLS_AFTER if adopted else float("inf"))
            except StalledError as error:
                raise stalled(progress.known_disk) from error
        refuse_failed(wanted, progress.known_disk)
        return machine

    def read(self, progress: Progress) -> Disk:
        """Read the disk in C(progress), which is kept current.

        It was there a moment ago, so that the service has some seconds to find it. Raises KatapultError after them.
        """
        hidden: list[ApiError] = []

        def look() -> Disk | None:
            try:
                return self._api.disk(progress.known_disk.id)
            except (DiskNotFoundError, InTrashError) as error:
                if isinstance(error, InTrashError) and not progress.restored:
                    raise
                hidden.append(error)
                return None

        seen = self._waiter.insist(look, lambda found: found is not None)
        if seen is None:
            raise unreadable(progress.known_disk) if progress.created else hidden[-1]
        progress.disk = seen
        return seen

    def made_by_now(self, wanted: Wanted, progress: Progress) -> Machine | None:
        """Read the disk in C(progress) once: its virtual machine where nothing is left to wait for, else None.

        Its task is read only where it has failed. Raises KatapultError then, and ApiError.
        """
        progress.disk = self._api.disk(progress.known_disk.id)
        machine = self.machine_for(wanted, progress.disk)
        if not _is_made(wanted, progress.disk, machine):
            return None
        if progress.disk.state == FAILED:
            self.refuse_failed_task(progress)
        refuse_failed(wanted, progress.disk)
        return machine

    def refuse_failed_task(self, progress: Progress) -> None:
        """Read the task in C(progress), where there is one and it may be read. Raises KatapultError where it failed."""
        if progress.task is None:
            return
        with suppress(ApiError):
            progress.task = self._api.task(progress.task.id)
        if progress.task.status == FAILED:
            raise _task_failed(progress, progress.task)

    def until_changed(self, is_done: Callable[[Disk], bool], task: Task | None, progress: Progress) -> None:
        """Wait for C(task), and until the disk shows what it did. C(progress) is kept current.

        That the disk never shows it is no failure here. Where the task is not known or can't be read, the disk alone
        is watched, for as long as it moves. Raises KatapultError where the task fails or takes too long.
        """
        followed = task is not None and self.follow_task(progress, task)
        disk = self.read(progress)
        if not (is_done(disk) and disk.is_settled):
            with suppress(StalledError):
                self._watch(
                    progress,
                    Wanted(),
                    lambda _wanted, disk, _machine: is_done(disk) and disk.is_settled,
                    SHOWS_WITHIN if followed else STALLS_AFTER,
                )

    def until_shown(self, is_done: Callable[[Disk], bool], progress: Progress) -> None:
        """Read the disk until it shows what a call without a task did, for some seconds: a read may lag behind.

        C(progress) is kept current. That the disk never shows it is no failure here.
        """
        self._waiter.insist(lambda: self.read(progress), is_done)

    def shows_soon(self, is_done: Callable[[Disk], bool], disk: Disk) -> Disk | None:
        """The disk as soon as C(is_done), or as it was seen last within some seconds; None where it can't be read."""
        seen: Disk | None = self._waiter.soon(
            lambda: self.as_it_is_now(disk), lambda now: now is not None and is_done(now)
        )
        return seen

    def as_it_is_now(self, disk: Disk) -> Disk | None:
        """The disk read once more, or None: that it can't be read must not hide the failure that is looked into."""
        try:
            return self._api.disk(disk.id)
        except ApiError:
            return None

    def follow_task(self, progress: Progress, begun: Task) -> bool:
        """Whether the task was seen to its end; a token may not be allowed to read it.

        C(progress) is kept current. Raises KatapultError where the task fails or takes too long.
        """
        try:
            task = self._waiter.until(lambda: self._task(begun, progress), lambda seen: seen.status in FINISHED)
        except TimedOutError as error:
            progress.task = error.last or begun
            self._read_again(progress)
            raise self.timed_out(progress) from error
        except ApiError as error:
            self._warn(f"The disk itself is watched, because its task could not be. {error.message}")
            return False
        progress.task = task
        if task.status == FAILED:
            self._read_again(progress)
            raise _task_failed(progress, task)
        return True

    def _task(self, begun: Task, progress: Progress) -> Task:
        task = self._api.task(begun.id)
        self._tell(f"{progress.label}: task '{task.name}' is {task.standing}")
        return task

    def _read_again(self, progress: Progress) -> None:
        if progress.disk is not None:
            progress.disk = self.as_it_is_now(progress.disk) or progress.disk

    def _watch(
        self,
        progress: Progress,
        wanted: Wanted,
        is_done: Callable[[Wanted, Disk, Machine], bool],
        stalls_after: float = float("inf"),
    ) -> Machine:
        def look() -> tuple[Disk, Machine]:
            seen = self.read(progress)
            self._tell(f"{seen.label} is {seen.condition}")
            return seen, self.machine_for(wanted, seen)

        try:
            return self._waiter.until(look, lambda seen: is_done(wanted, *seen), stalls_after)[1]
        except StalledError:
            raise
        except TimedOutError as error:
            raise self.timed_out(progress) from error

    def timed_out(self, progress: Progress) -> KatapultError:
        """The failure of a disk that was not ready within the time of all waits."""
        task = progress.task
        under_way = f" Its task '{task.name}' is {task.standing}." if task is not None else ""
        return failure(
            "wait_timeout",
            f"The disk {progress.label} was not ready within {self._waiter.limit:g} s: it is "
            f"{progress.condition}.{under_way}",
        )


def _deciding_machine(wanted: Wanted, disk: Disk) -> Lookup | None:
    if wanted.is_to_be_assigned(disk):
        return wanted.virtual_machine if disk.attachment is None or wanted.may_move else None
    attachment = disk.attachment if wanted.is_to_be_attached and not disk.is_being_made else None
    if attachment is None or attachment.state != DETACHED:
        return None
    key = "id" if attachment.virtual_machine.get("id") else "fqdn"
    return Lookup(key, str(attachment.virtual_machine.get(key)))


def _task_failed(progress: Progress, task: Task) -> KatapultError:
    error = failure("task_failed", f"The task '{task.name}' ({task.id}) of the disk {progress.label} failed.")
    disk = progress.disk if progress.trash_object is None else None
    if disk is not None and (disk.state == FAILED or disk.is_being_made):
        error.advice = FAILED_BUILD
    return error


def unreadable(disk: Disk) -> KatapultError:
    """The failure of a disk that was made, and that can't be read after LOOK_FOR seconds."""
    return failure(
        "not_applied", f"The disk {disk.label} was created, but for {LOOK_FOR:g} s the service has not found it since."
    )


def stalled(disk: Disk) -> KatapultError:
    """The failure of a disk whose task is not known, and which has not moved for STALLS_AFTER seconds."""
    return failure(
        "wait_timeout",
        f"The disk {disk.label}, whose task is not known because the answer to its create was lost, "
        f"has been {disk.condition} for {STALLS_AFTER:g} s without a move.",
    )


def _is_at_rest(_wanted: Wanted, disk: Disk, _machine: Machine) -> bool:
    return disk.is_settled


def _is_ready(wanted: Wanted, disk: Disk, machine: Machine) -> bool:
    """Whether a change can begin: a disk that is on its machine may be about to be attached by itself."""
    if wanted.is_to_be_assigned(disk):
        return disk.is_settled and machine.power is not Power.CHANGING
    return _is_made(wanted, disk, machine)


def _is_made(wanted: Wanted, disk: Disk, machine: Machine) -> bool:
    """Whether there is nothing left to wait for."""
    if disk.state == FAILED:
        return True
    if not disk.is_settled:
        return False
    if not wanted.is_to_be_attached or (disk.attachment and disk.attachment.state != DETACHED):
        return True
    return disk.attachment is not None and machine.power in (Power.OFF, Power.UNKNOWN)
