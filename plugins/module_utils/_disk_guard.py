# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan relies on, held against the newest disk at the moment that a write is sent (promise 10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.katapult.cloud.plugins.module_utils._disk import Disk, disk_of
from ansible_collections.katapult.cloud.plugins.module_utils._disk_api import DiskApi
from ansible_collections.katapult.cloud.plugins.module_utils._disk_progress import Progress
from ansible_collections.katapult.cloud.plugins.module_utils._disk_steps import Step, resize_of
from ansible_collections.katapult.cloud.plugins.module_utils._disk_wait import DiskWaiter
from ansible_collections.katapult.cloud.plugins.module_utils._disk_wanted import Wanted
from ansible_collections.katapult.cloud.plugins.module_utils._errors import failure

Misfit = tuple[str, Any, Any]


class DoneError(Exception):
    """The disk shows already what a write was to bring about; C(unclear): an attempt of ours may have done it."""

    def __init__(self, unclear: bool) -> None:
        super().__init__("done")
        self.unclear = unclear


class Guard:
    """Lets a write go out only if the disk is what the plan takes it for after the steps before that write."""

    def __init__(self, api: DiskApi, waiter: DiskWaiter, wanted: Wanted, progress: Progress) -> None:
        self._api = api
        self._waiter = waiter
        self._name = wanted.name
        self._progress = progress
        self._planned = progress.known_disk

    def passed(self, step: Step) -> None:
        """The plan goes on from the disk as it is after C(step)."""
        self._planned = disk_of(step.effect(self._planned.payload), self._planned.annotation_list)

    def look(self) -> None:
        """Read the disk, unless it was just read, and wait until nothing is under way on it."""
        if not self._api.is_fresh(self._progress.known_disk.seen):
            self._progress.disk = self._api.disk(self._progress.known_disk.id)
        if not self._progress.known_disk.is_settled:
            self._waiter.until_at_rest(Wanted(), self._progress)

    def check(self, doing: str, step: Step | None = None) -> None:
        """Raise KatapultError if the disk, as it was read last, does not fit. C(step): the write, None for a delete."""
        now = self._progress.known_disk
        misfits = [*self._misfits_of_place(now), *(_misfits_of_size(self._planned, now, step) if step else ())]
        if self._name is not None and self._name == self._planned.name != now.name:
            misfits.insert(0, ("name", self._planned.name, now.name))
        if misfits:
            raise failure(
                "changed_meanwhile",
                f"Could not {doing} {now.label}, because another client has changed it since this task planned that: "
                f"{'; '.join(f'{option} was {planned}, and is {found}' for option, planned, found in misfits)}.",
                detail={
                    "planned": {option: planned for option, planned, _found in misfits},
                    "found": {option: found for option, _planned, found in misfits},
                },
            )

    def before_repeat(
        self, doing: str, step: Step | None = None, is_done: Callable[[Disk], bool] = lambda _disk: False
    ) -> Callable[[bool], None]:
        """What keeps a write from being sent (again) to a disk that has changed since.

        It raises DoneError if C(is_done) says that the disk shows already what the write is for.
        """

        def look_again(unclear: bool) -> None:
            self._progress.disk = self._api.disk(self._progress.known_disk.id)
            if is_done(self._progress.disk):
                raise DoneError(unclear)
            self.check(doing, step)

        return look_again

    def _misfits_of_place(self, now: Disk) -> list[Misfit]:
        planned = self._planned
        if planned.untold:
            return []
        now.raise_if_place_is_untold()
        before, after = planned.attachment, now.attachment
        is_moved = before is not after if before is None or after is None else not before.is_with(after)
        if is_moved:
            place = before.machine_name if before else "none"
            return [("virtual_machine", place, after.machine_name if after else "none")]
        return [("boot", False, True)] if now.is_boot_disk and not planned.is_boot_disk else []


def _misfits_of_size(planned: Disk, now: Disk, step: Step) -> list[Misfit]:
    """A resize must go in the direction that was planned, and the disk must be attached or detached as planned."""
    size = resize_of(step)
    if size is None:
        return []
    if (now.size_in_gb > size) != (planned.size_in_gb > size):
        return [("size_in_gb", planned.size_in_gb, now.size_in_gb)]
    if now.is_detached != planned.is_detached:
        return [("attached", not planned.is_detached, not now.is_detached)]
    return []
