# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan relies on, held against the newest disk at the moment that a write is sent (promise 10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._api.models import Disk, parse_disk_payload
from .._core.errors import error_for
from .._plan.steps import Step, get_new_size
from .wait import DiskWaiter

Misfit = tuple[str, Any, Any]


class AlreadyDoneError(Exception):
    """The disk shows already what a write was to bring about; `unclear`: an attempt of ours may have done it."""

    def __init__(self, unclear: bool) -> None:
        super().__init__("done")
        self.unclear = unclear


class Guard:
    """Lets a write go out only if the disk is what the plan takes it for after the steps before that write.

    `before_writes` looks for what else could be seen beforehand to fail; it is called before a write is sent again.
    """

    def __init__(self, waiter: DiskWaiter, before_writes: Callable[[], None]) -> None:
        self._waiter = waiter
        self._state = waiter.state
        self._before_writes = before_writes
        self._planned = waiter.state.known_disk

    def passed(self, step: Step) -> None:
        """The plan goes on from the disk as it is after `step`."""
        self._planned = _after(step, self._planned)

    def refresh(self) -> None:
        """Read the disk, unless it was just read, and wait until nothing is under way on it."""
        if not self._waiter.context.api.is_fresh(self._state.known_disk.seen):
            self._waiter.read()
        self._waiter.wait_until_settled()

    def check(self, action: str, step: Step | None = None, *, unclear: bool = False) -> None:
        """Raise KatapultError if the disk, as it was read last, does not fit.

        `step` is the write, None for a delete. A disk that shows it already must be as the plan has it after that.
        `unclear`: the write may have been carried out before.
        """
        now = self._state.known_disk
        is_done = step is not None and step.is_done(now)
        planned = _after(step, self._planned) if step and is_done else self._planned
        misfits = _misfits_of_place(planned, now)
        # The name counts where it is wanted: the disk was found by it, has got it, or must have it.
        if self._waiter.desired.name is not None and self._waiter.desired.name == planned.name != now.name:
            misfits.insert(0, ("name", planned.name, now.name))
        if step is not None and not is_done:
            misfits += _misfits_of_size(planned, now, step)
        if misfits:
            listed = "; ".join(f"{option} was {planned}, and is {found}" for option, planned, found in misfits)
            raise error_for(
                "changed_meanwhile",
                f"Could not {action} {now.label}, because another client has changed it since this task planned it: "
                f"{listed}.",
                detail={
                    "planned": {option: planned for option, planned, _found in misfits},
                    "found": {option: found for option, _planned, found in misfits},
                },
                ambiguous=unclear,
            )

    def before_retry(self, action: str, step: Step | None = None) -> Callable[[bool], None]:
        """What keeps a write from being sent (again) to a disk that has changed since.

        It raises AlreadyDoneError if the disk shows `step` already.
        """

        def recheck(unclear: bool) -> None:
            self._waiter.read()
            self._waiter.wait_until_settled()
            self.check(action, step)
            if step is not None and step.is_done(self._state.known_disk):
                raise AlreadyDoneError(unclear)
            self._before_writes()

        return recheck


def _after(step: Step, disk: Disk) -> Disk:
    return parse_disk_payload(step.effect(disk.payload), disk.annotation_list)


def _misfits_of_place(planned: Disk, now: Disk) -> list[Misfit]:
    if planned.missing_fields:
        return []
    if not now.is_on_machine_of(planned):
        return [("virtual_machine", _machine_of(planned), _machine_of(now))]
    return [("boot", False, True)] if now.is_boot_disk and not planned.is_boot_disk else []


def _misfits_of_size(planned: Disk, now: Disk, step: Step) -> list[Misfit]:
    """A resize must go in the direction that was planned, and the disk must be attached or detached as planned.

    What is to be shrunk must not have got another size: what another client has put beyond its end would be lost.
    """
    size = get_new_size(step)
    if size is None:
        return []
    shrinks = planned.size_in_gb > size
    if now.size_in_gb > size if not shrinks else now.size_in_gb != planned.size_in_gb:
        return [("size_in_gb", planned.size_in_gb, now.size_in_gb)]
    if now.is_detached != planned.is_detached:
        return [("attached", not planned.is_detached, not now.is_detached)]
    return []


def _machine_of(disk: Disk) -> str:
    return disk.attachment.machine_name if disk.attachment else "none"
