# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for a disk: its task, its state, its attachment (promise 6 of the collection)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from .._api.models import DETACHED, FAILED, FINISHED, UNKNOWN_MACHINE, Disk, Lookup, Machine, Power, Task
from .._core.errors import (
    FAILED_BUILD,
    ApiError,
    DiskNotFoundError,
    InTrashError,
    KatapultError,
    NotPermittedError,
    error_for,
)
from .._core.polling import VISIBILITY_TIMEOUT, StalledError, TimedOutError
from .._options.disk import DesiredDisk
from .._plan.plan import raise_if_failed
from .run import RunContext, RunState

# Seconds without a move. The longest that the service was seen to take is 18 s: an attachment right after a build.
STALL_TIMEOUT = 60.0
# Seconds after the end of a task: what it did is there by then, and only a read can lag behind.
EFFECT_TIMEOUT = 10.0

IsDone = Callable[[Disk, Machine], bool]


class DiskWaiter:
    """Waits for the disk in `state`, which is kept current; all waits share the deadline of the task.

    All waits raise KatapultError where the disk or its task fails, or takes too long.
    """

    def __init__(self, context: RunContext, desired: DesiredDisk, state: RunState) -> None:
        self.context = context
        self.desired = desired
        self.state = state
        self._sees_machines = True

    def machine_for(self, disk: Disk) -> Machine:
        """The virtual machine that the disk is on or shall be on, read only where it decides what is to be done."""
        lookup = _deciding_machine(self.desired, disk)
        if lookup is None or not self._sees_machines:
            return UNKNOWN_MACHINE
        try:
            return self.context.api.get_virtual_machine(lookup)
        except NotPermittedError as error:
            self._sees_machines = False
            if not self.desired.moves(disk):
                self.context.warn(
                    "Whether the virtual machine runs could not be seen, so a disk that is attached at the machine's "
                    f"next start is taken for attached. {error.message}"
                )
            return UNKNOWN_MACHINE

    def read(self) -> Disk:
        """Read the disk. It was there a moment ago, so that the service has some seconds to find it."""
        hidden: list[ApiError] = []

        def look() -> Disk | None:
            try:
                return self.context.api.get_disk(self.state.known_disk.id)
            except (DiskNotFoundError, InTrashError) as error:
                if isinstance(error, InTrashError) and not self.state.restored:
                    raise
                hidden.append(error)
                return None

        seen = self.context.poller.check_then_poll(look, lambda found: found is not None)
        if seen is None:
            raise unreadable_error(self.state.known_disk) if self.state.created else hidden[-1]
        self.state.disk = seen
        return seen

    def wait_until_settled(self) -> None:
        """Wait until nothing is under way on the disk."""
        if not self.state.known_disk.is_settled:
            self._watch(_is_settled, reads_machine=False)

    def wait_until_idle(self) -> Machine:
        """Wait until nothing is under way on the disk, or about to be. Returns its virtual machine.

        A disk that was just built is attached a while later, and so are the disks of a machine that is starting. Where
        an attachment is wanted, that is waited for as long as something moves.
        """
        moves = not self.state.known_disk.is_settled
        machine = self._watch(_is_settled) if moves else self.machine_for(self.state.known_disk)
        arrives = moves and machine.power is Power.ON and not self.desired.needs_assignment(self.state.known_disk)
        if machine.power is Power.CHANGING or arrives:
            with suppress(StalledError):
                return self._watch(self._is_ready_for_change, STALL_TIMEOUT)
        return machine

    def follow_build(self) -> bool:
        """Wait for the task of the create. Whether it was seen to its end: it may not be known, or not be readable."""
        return self.state.task is not None and self.follow_task(self.state.task)

    def wait_until_built(self) -> Machine:
        """Wait until the disk is built and, where that is wanted, attached. Returns its virtual machine.

        A disk that was adopted without a task was just read.
        """
        adopted = self.state.task is None
        if not adopted:
            self.read()
        disk = self.state.known_disk
        machine = self.machine_for(disk)
        if not self._is_built(disk, machine):
            try:
                machine = self._watch(self._is_built, STALL_TIMEOUT if adopted else float("inf"))
            except StalledError as error:
                raise stalled_error(self.state.known_disk) from error
        raise_if_failed(self.desired, self.state.known_disk)
        return machine

    def poll_built(self) -> Machine | None:
        """Read the disk once: its virtual machine where nothing is left to wait for, else None.

        Its task is read only where it has failed.
        """
        self.state.disk = disk = self.context.api.get_disk(self.state.known_disk.id)
        machine = self.machine_for(disk)
        if not self._is_built(disk, machine):
            return None
        if disk.state == FAILED:
            self.raise_if_task_failed()
        raise_if_failed(self.desired, disk)
        return machine

    def raise_if_task_failed(self) -> None:
        """Read the task, where there is one and it may be read. Raises KatapultError where it failed."""
        if self.state.task is None:
            return
        with suppress(ApiError):
            self.state.task = self.context.api.get_task(self.state.task.id)
        self._raise_if_failed(self.state.task)

    def wait_until_changed(self, is_done: Callable[[Disk], bool], task: Task | None) -> None:
        """Wait for `task`, and until the disk shows what it did. That the disk never shows it is no failure here.

        Where the task is not known or can't be read, the disk alone is watched, for as long as it moves.
        """
        followed = task is not None and self.follow_task(task)

        def is_over(disk: Disk, _machine: Machine = UNKNOWN_MACHINE) -> bool:
            return is_done(disk) and disk.is_settled

        if not is_over(self.read()):
            with suppress(StalledError):
                self._watch(is_over, EFFECT_TIMEOUT if followed else STALL_TIMEOUT, reads_machine=False)

    def poll_until_shown(self, is_done: Callable[[Disk], bool]) -> Disk | None:
        """The disk as soon as `is_done`, or as it was seen last within some seconds; None where it can't be read."""
        seen: Disk | None = self.context.poller.poll_briefly(self.reread, lambda now: now is not None and is_done(now))
        return seen

    def reread(self) -> Disk | None:
        """The disk read once more, or None: that it can't be read must not hide the failure that is looked into."""
        try:
            seen = self.context.api.get_disk(self.state.disk.id) if self.state.disk else None
        except ApiError:
            return None
        self.state.disk = seen
        return seen

    def follow_task(self, begun: Task) -> bool:
        """Whether the task was seen to its end; a token may not be allowed to read it."""

        def look() -> Task:
            task = self.context.api.get_task(begun.id)
            self.context.report_progress(f"{self.state.label}: task '{task.name}' is {task.status_text}")
            return task

        try:
            self.state.task = self.context.poller.poll_until(
                look, lambda seen: seen.status in FINISHED, min_pause=self.context.api.min_pause
            )
        except TimedOutError as error:
            self.state.task = error.last or begun
            self.reread()
            raise self.timeout_error() from error
        except ApiError as error:
            self.context.warn(f"The disk itself is watched, because its task could not be. {error.message}")
            return False
        if self.state.task.status == FAILED:
            self.reread()
        self._raise_if_failed(self.state.task)
        return True

    def _watch(self, is_done: IsDone, stall_timeout: float = float("inf"), *, reads_machine: bool = True) -> Machine:
        def look() -> tuple[Disk, Machine]:
            seen = self.read()
            self.context.report_progress(f"{seen.label} is {seen.state_text}")
            return seen, self.machine_for(seen) if reads_machine and seen.is_settled else UNKNOWN_MACHINE

        try:
            return self.context.poller.poll_until(
                look, lambda seen: is_done(*seen), stall_timeout, self.context.api.min_pause
            )[1]
        except StalledError:
            raise
        except TimedOutError as error:
            raise self.timeout_error() from error

    def timeout_error(self) -> KatapultError:
        """The failure of a disk that was not ready within the time of all waits."""
        disk, task = self.state.disk, self.state.task
        is_now = "in the trash" if self.state.trash_object or not disk else disk.state_text
        under_way = f" Its task '{task.name}' is {task.status_text}." if task is not None else ""
        return error_for(
            "wait_timeout",
            f"The disk {self.state.label} was not ready within {self.context.deadline.seconds:g} s: it is {is_now}."
            f"{under_way}",
        )

    def _raise_if_failed(self, task: Task) -> None:
        if task.status != FAILED:
            return
        disk = self.state.disk if self.state.trash_object is None else None
        is_build = disk is not None and (disk.state == FAILED or disk.is_being_built)
        raise error_for(
            "task_failed",
            f"The task '{task.name}' ({task.id}) of the disk {self.state.label} failed.",
            hint=FAILED_BUILD if is_build else None,
        )

    def _is_ready_for_change(self, disk: Disk, machine: Machine) -> bool:
        """Whether a change can begin: a disk that is on its machine may be about to be attached by itself."""
        if self.desired.needs_assignment(disk):
            return disk.is_settled and machine.power is not Power.CHANGING
        return self._is_built(disk, machine)

    def _is_built(self, disk: Disk, machine: Machine) -> bool:
        """Whether there is nothing left to wait for."""
        if disk.state == FAILED:
            return True
        if not disk.is_settled:
            return False
        if not self.desired.wants_attached or (disk.attachment and disk.attachment.state != DETACHED):
            return True
        return disk.attachment is not None and machine.power in (Power.OFF, Power.UNKNOWN)


def _deciding_machine(desired: DesiredDisk, disk: Disk) -> Lookup | None:
    if desired.needs_assignment(disk):
        return desired.virtual_machine if disk.attachment is None or desired.allow_move else None
    attachment = disk.attachment if desired.wants_attached and not disk.is_being_built else None
    if attachment is None or attachment.state != DETACHED:
        return None
    key = "id" if attachment.virtual_machine.get("id") else "fqdn"
    return Lookup(key, str(attachment.virtual_machine.get(key)))


def confirm_lost_response(error: ApiError, took_effect: Callable[[], bool]) -> None:
    """Raise `error` unless what was asked for may be done all the same, and is seen to be."""
    if not error.may_have_succeeded or not took_effect():
        raise error


def _is_settled(disk: Disk, _machine: Machine) -> bool:
    return disk.is_settled


def unreadable_error(disk: Disk) -> KatapultError:
    """The failure of a disk that was made, and that can't be read after VISIBILITY_TIMEOUT seconds."""
    return error_for(
        "not_applied",
        f"The disk {disk.label} was created, but for {VISIBILITY_TIMEOUT:g} s the service has not found it since.",
    )


def stalled_error(disk: Disk) -> KatapultError:
    """The failure of a disk whose task is not known, and which has not moved for STALL_TIMEOUT seconds."""
    return error_for(
        "wait_timeout",
        f"The disk {disk.label}, whose task is not known because the answer to its create was lost, "
        f"has been {disk.state_text} for {STALL_TIMEOUT:g} s without a move.",
    )
