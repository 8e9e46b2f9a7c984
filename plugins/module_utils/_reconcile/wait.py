# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for a disk: its task, its state, its attachment (promise 6 of the collection)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from .._api.endpoints import KatapultApi
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
from .._core.polling import VISIBILITY_TIMEOUT, Poller, StalledError, TimedOutError
from .._options.disk import DesiredDisk
from .._plan.plan import raise_if_failed
from .state import RunState

STALL_TIMEOUT = 60.0
EFFECT_TIMEOUT = 10.0


def no_progress(_text: str) -> None:
    """Where nobody looks how far a wait has come."""


class DiskWaiter:
    """Waits for disks; all waits share the deadline of `poller`."""

    def __init__(
        self,
        api: KatapultApi,
        poller: Poller,
        warn: Callable[[str], None],
        report_progress: Callable[[str], None] = no_progress,
    ) -> None:
        self._api = api
        self._waiter = poller
        self._warn = warn
        self._report = report_progress
        self._sees_machines = True

    def machine_for(self, desired: DesiredDisk, disk: Disk | None) -> Machine:
        """The virtual machine that the disk is on or shall be on, read only where it decides what is to be done."""
        lookup = _deciding_machine(desired, disk) if disk else None
        if disk is None or lookup is None or not self._sees_machines:
            return UNKNOWN_MACHINE
        try:
            return self._api.get_virtual_machine(lookup)
        except NotPermittedError as error:
            self._sees_machines = False
            if not desired.moves(disk):
                self._warn(
                    "Whether the virtual machine runs could not be seen, so a disk that is attached at the machine's "
                    f"next start is taken for attached. {error.message}"
                )
            return UNKNOWN_MACHINE

    def wait_until_idle(self, desired: DesiredDisk, state: RunState) -> Machine:
        """Wait until nothing is under way on the disk in `state`, which is kept current.

        A disk that was just built is attached a while later, and so are the disks of a machine that is starting. Where
        an attachment is wanted, that is waited for as long as something moves. Returns the machine.
        Raises KatapultError at the deadline.
        """
        moves = not state.known_disk.is_settled
        machine = self._watch(state, desired, _is_idle) if moves else self.machine_for(desired, state.disk)
        arrives = moves and machine.power is Power.ON and not desired.needs_assignment(state.known_disk)
        if machine.power is Power.CHANGING or arrives:
            with suppress(StalledError):
                return self._watch(state, desired, _is_ready, STALL_TIMEOUT)
        return machine

    def wait_until_built(self, desired: DesiredDisk, state: RunState) -> Machine:
        """Wait until the disk in `state` is built and, where that is wanted, attached; `state` is kept current.

        Returns its virtual machine. Raises KatapultError where it fails or takes too long.
        """
        adopted = state.task is None
        if state.task is not None:
            self.follow_task(state, state.task)
            self.read(state)
        machine = self.machine_for(desired, state.disk)
        if not _is_built(desired, state.known_disk, machine):
            try:
                machine = self._watch(state, desired, _is_built, STALL_TIMEOUT if adopted else float("inf"))
            except StalledError as error:
                raise stalled_error(state.known_disk) from error
        raise_if_failed(desired, state.known_disk)
        return machine

    def read(self, state: RunState) -> Disk:
        """Read the disk in `state`, which is kept current.

        It was there a moment ago, so that the service has some seconds to find it. Raises KatapultError after them.
        """
        hidden: list[ApiError] = []

        def look() -> Disk | None:
            try:
                return self._api.get_disk(state.known_disk.id)
            except (DiskNotFoundError, InTrashError) as error:
                if isinstance(error, InTrashError) and not state.restored:
                    raise
                hidden.append(error)
                return None

        seen = self._waiter.check_then_poll(look, lambda found: found is not None)
        if seen is None:
            raise unreadable_error(state.known_disk) if state.created else hidden[-1]
        state.disk = seen
        return seen

    def poll_built(self, desired: DesiredDisk, state: RunState) -> Machine | None:
        """Read the disk in `state` once: its virtual machine where nothing is left to wait for, else None.

        Its task is read only where it has failed. Raises KatapultError then, and ApiError.
        """
        state.disk = self._api.get_disk(state.known_disk.id)
        machine = self.machine_for(desired, state.disk)
        if not _is_built(desired, state.disk, machine):
            return None
        if state.disk.state == FAILED:
            self.raise_if_task_failed(state)
        raise_if_failed(desired, state.disk)
        return machine

    def raise_if_task_failed(self, state: RunState) -> None:
        """Read the task in `state`, where there is one and it may be read. Raises KatapultError where it failed."""
        if state.task is None:
            return
        with suppress(ApiError):
            state.task = self._api.get_task(state.task.id)
        if state.task.status == FAILED:
            raise _task_failed(state, state.task)

    def wait_until_changed(self, is_done: Callable[[Disk], bool], task: Task | None, state: RunState) -> None:
        """Wait for `task`, and until the disk shows what it did. `state` is kept current.

        That the disk never shows it is no failure here. Where the task is not known or can't be read, the disk alone
        is watched, for as long as it moves. Raises KatapultError where the task fails or takes too long.
        """
        followed = task is not None and self.follow_task(state, task)
        disk = self.read(state)
        if not (is_done(disk) and disk.is_settled):
            with suppress(StalledError):
                self._watch(
                    state,
                    DesiredDisk(),
                    lambda _wanted, disk, _machine: is_done(disk) and disk.is_settled,
                    EFFECT_TIMEOUT if followed else STALL_TIMEOUT,
                )

    def wait_until_visible(self, is_done: Callable[[Disk], bool], state: RunState) -> None:
        """Read the disk until it shows what a call without a task did, for some seconds: a read may lag behind.

        `state` is kept current. That the disk never shows it is no failure here.
        """
        self._waiter.check_then_poll(lambda: self.read(state), is_done)

    def poll_until_shown(self, is_done: Callable[[Disk], bool], disk: Disk) -> Disk | None:
        """The disk as soon as `is_done`, or as it was seen last within some seconds; None where it can't be read."""
        seen: Disk | None = self._waiter.poll_briefly(
            lambda: self.reread(disk), lambda now: now is not None and is_done(now)
        )
        return seen

    def reread(self, disk: Disk) -> Disk | None:
        """The disk read once more, or None: that it can't be read must not hide the failure that is looked into."""
        try:
            return self._api.get_disk(disk.id)
        except ApiError:
            return None

    def follow_task(self, state: RunState, begun: Task) -> bool:
        """Whether the task was seen to its end; a token may not be allowed to read it.

        `state` is kept current. Raises KatapultError where the task fails or takes too long.
        """
        try:
            task = self._waiter.poll_until(lambda: self._task(begun, state), lambda seen: seen.status in FINISHED)
        except TimedOutError as error:
            state.task = error.last or begun
            self._read_again(state)
            raise self.timeout_error(state) from error
        except ApiError as error:
            self._warn(f"The disk itself is watched, because its task could not be. {error.message}")
            return False
        state.task = task
        if task.status == FAILED:
            self._read_again(state)
            raise _task_failed(state, task)
        return True

    def _task(self, begun: Task, state: RunState) -> Task:
        task = self._api.get_task(begun.id)
        self._report(f"{state.label}: task '{task.name}' is {task.status_text}")
        return task

    def _read_again(self, state: RunState) -> None:
        if state.disk is not None:
            state.disk = self.reread(state.disk) or state.disk

    def _watch(
        self,
        state: RunState,
        desired: DesiredDisk,
        is_done: Callable[[DesiredDisk, Disk, Machine], bool],
        stall_timeout: float = float("inf"),
    ) -> Machine:
        def look() -> tuple[Disk, Machine]:
            seen = self.read(state)
            self._report(f"{seen.label} is {seen.state_text}")
            return seen, self.machine_for(desired, seen)

        try:
            return self._waiter.poll_until(look, lambda seen: is_done(desired, *seen), stall_timeout)[1]
        except StalledError:
            raise
        except TimedOutError as error:
            raise self.timeout_error(state) from error

    def timeout_error(self, state: RunState) -> KatapultError:
        """The failure of a disk that was not ready within the time of all waits."""
        task = state.task
        under_way = f" Its task '{task.name}' is {task.status_text}." if task is not None else ""
        return error_for(
            "wait_timeout",
            f"The disk {state.label} was not ready within {self._waiter.limit:g} s: it is "
            f"{state.state_text}.{under_way}",
        )


def _deciding_machine(desired: DesiredDisk, disk: Disk) -> Lookup | None:
    if desired.needs_assignment(disk):
        return desired.virtual_machine if disk.attachment is None or desired.allow_move else None
    attachment = disk.attachment if desired.wants_attached and not disk.is_being_built else None
    if attachment is None or attachment.state != DETACHED:
        return None
    key = "id" if attachment.virtual_machine.get("id") else "fqdn"
    return Lookup(key, str(attachment.virtual_machine.get(key)))


def _task_failed(state: RunState, task: Task) -> KatapultError:
    error = error_for("task_failed", f"The task '{task.name}' ({task.id}) of the disk {state.label} failed.")
    disk = state.disk if state.trash_object is None else None
    if disk is not None and (disk.state == FAILED or disk.is_being_built):
        error.hint = FAILED_BUILD
    return error


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


def _is_idle(_wanted: DesiredDisk, disk: Disk, _machine: Machine) -> bool:
    return disk.is_settled


def _is_ready(desired: DesiredDisk, disk: Disk, machine: Machine) -> bool:
    """Whether a change can begin: a disk that is on its machine may be about to be attached by itself."""
    if desired.needs_assignment(disk):
        return disk.is_settled and machine.power is not Power.CHANGING
    return _is_built(desired, disk, machine)


def _is_built(desired: DesiredDisk, disk: Disk, machine: Machine) -> bool:
    """Whether there is nothing left to wait for."""
    if disk.state == FAILED:
        return True
    if not disk.is_settled:
        return False
    if not desired.wants_attached or (disk.attachment and disk.attachment.state != DETACHED):
        return True
    return disk.attachment is not None and machine.power in (Power.OFF, Power.UNKNOWN)
