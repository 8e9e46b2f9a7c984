# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deleting, purging and restoring, whatever happens to the answers. All keep the run's progress current."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

from ansible_collections.katapult.cloud.plugins.module_utils._clock import Moment
from ansible_collections.katapult.cloud.plugins.module_utils._disk import (
    Disk,
    Lookup,
    MalformedObjectError,
    Task,
    TrashObject,
    trash_object_of,
)
from ansible_collections.katapult.cloud.plugins.module_utils._disk_guard import DoneError, Guard
from ansible_collections.katapult.cloud.plugins.module_utils._disk_run import Run
from ansible_collections.katapult.cloud.plugins.module_utils._errors import (
    ApiError,
    DiskNotFoundError,
    InTrashError,
    KatapultError,
    NotPermittedError,
    TrashObjectNotFoundError,
    failure,
)
from ansible_collections.katapult.cloud.plugins.module_utils._tasks import TimedOutError


class Trash:
    """The trash, for the disk of one run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._api = run.api
        self.seen: Moment | None = None
        """When the disk was last seen to be in the trash."""

    def object_of(self, disk_id: str) -> TrashObject | None:
        """The trash object of a disk; None where there is none, or where it can't be seen."""
        try:
            return self._api.trash_object(Lookup("object_id", disk_id), disk_id)
        except TrashObjectNotFoundError:
            return None
        except ApiError as error:
            if error.report.code == "unexpected_answer":
                raise
            self._run.warn(f"Until when the disk can be restored could not be seen. {error.message}")
            return None

    def object_told_by(self, error: InTrashError, disk_id: str) -> TrashObject | None:
        """The trash object of the disk in the detail of a refusal, where the service tells it."""
        detail = error.report.detail
        told = detail.get("trash_object") if isinstance(detail, Mapping) else None
        try:
            return trash_object_of(told) if Lookup("object_id", disk_id).selects(told) else None
        except MalformedObjectError:
            return None

    def throw_away(self, guard: Guard) -> None:
        """Move the disk to the trash. Success too where an answer was lost, or another was quicker, and it is gone."""
        progress = self._run.progress
        guard.look()
        guard.check("delete the disk")
        disk = progress.known_disk
        try:
            progress.trash_object = self._api.delete_disk(disk, _naming_lost(guard.before_repeat("delete the disk")))
            progress.changed = True
        except ApiError as error:
            told = isinstance(error, (DiskNotFoundError, InTrashError))
            if not (told or error.may_have_worked) or not self._run.waiter.soon(lambda: self._is_gone(disk), bool):
                raise
            progress.changed = progress.changed or error.may_have_worked
        self.seen = self._api.moment()
        progress.trash_object = progress.trash_object or self.object_of(disk.id)

    def purge(self, disk_id: str) -> None:
        """Purge the disk, and wait until it is gone from the trash where the task waits for its last step.

        Raises KatapultError, also where another client has taken the disk out of the trash.
        """
        run = self._run
        trash_object = run.progress.trash_object
        lookup = Lookup("id", trash_object.id) if trash_object else Lookup("object_id", disk_id)
        try:
            task, is_ours = self._send_purge(lookup, disk_id)
            run.progress.changed = run.progress.changed or is_ours
            run.progress.task = task or run.progress.task
            if run.waits_for_last:
                self._wait_until_purged(lookup, disk_id, task)
        except KatapultError as error:
            if error.report.code != "changed_meanwhile":
                error.what += (
                    f" The disk is in the trash: to go on, run this with id={disk_id}, purge=true, and no name."
                )
            raise
        run.progress.trash_object = None

    def restore(self, disk_id: str) -> None:
        """Take the disk out of the trash, and read it."""
        run, lost = self._run, None
        try:
            self._api.restore(disk_id, self._unless_readable(disk_id))
        except DoneError as done:
            run.progress.changed = done.unclear
        except ApiError as error:
            if not (isinstance(error, TrashObjectNotFoundError) or error.may_have_worked):
                raise
            lost = error
        else:
            run.progress.changed = True
        try:
            run.progress.disk = run.waiter.soon(lambda: self._readable(disk_id), lambda disk: disk is not None)
        except ApiError as error:
            raise error.after_lost(lost) if lost is not None and lost.may_have_worked else error from lost
        if run.progress.disk is None:
            raise lost or failure("not_applied", f"The disk {disk_id} was restored, but can't be read yet.")
        run.progress.changed = run.progress.changed or (lost is not None and lost.may_have_worked)

    def _send_purge(self, lookup: Lookup, disk_id: str) -> tuple[Task | None, bool]:
        """The task of the purge, None where it is not known; and whether the purge was this run's, or may have been."""
        before_repeat = self._unless_readable(disk_id)
        try:
            if not self._api.is_fresh(self.seen):
                before_repeat(False)
            return self._api.purge(lookup, before_repeat), True
        except (DoneError, TrashObjectNotFoundError):
            self._raise_if_alive(disk_id)
            return None, False
        except ApiError as error:
            if not error.may_have_worked:
                raise
            lost = error
        if self._run.waiter.soon(lambda: self._is_seen_to_be_purged(lookup, disk_id), bool):
            self._raise_if_alive(disk_id)
            return None, True
        try:
            return self._api.purge(lookup, before_repeat), True
        except (DoneError, TrashObjectNotFoundError):
            self._raise_if_alive(disk_id)
            return None, True
        except ApiError as error:
            raise error.after_lost(lost) from lost

    def _unless_readable(self, disk_id: str) -> Callable[[bool], None]:
        """What keeps a purge or restore from being sent (again) once the disk is out of the trash."""

        def look_again(unclear: bool) -> None:
            with suppress(InTrashError, DiskNotFoundError):
                self._run.progress.disk = self._api.disk(disk_id)
                raise DoneError(unclear)

        return look_again

    def _raise_if_alive(self, disk_id: str) -> None:
        """What is not in the trash may have been purged, or restored: only the disk tells. Raises KatapultError."""
        try:
            disk = self._api.disk(disk_id)
        except DiskNotFoundError:
            return
        self._run.progress.disk, self._run.progress.trash_object = disk, None
        raise failure(
            "changed_meanwhile",
            f"The disk {disk.label} was not purged, because another client has taken it out of the trash: it is "
            f"{disk.condition} now.",
            detail={"planned": {"trash": True}, "found": {"trash": False}},
        )

    def _wait_until_purged(self, lookup: Lookup, disk_id: str, task: Task | None) -> None:
        run = self._run
        followed = task is not None and run.disk_waiter.follow_task(run.progress, task)
        try:
            if not self._is_purged(lookup, disk_id):
                run.waiter.until(lambda: self._is_purged(lookup, disk_id), bool)
            if task is not None and not followed:
                self._raise_if_alive(disk_id)
        except NotPermittedError as error:
            if not followed:
                run.warn(f"Whether the disk is gone from the trash could not be seen. {error.message}")
        except TimedOutError:
            raise failure(
                "wait_timeout", f"The disk {run.progress.label} was not purged within {run.waiter.limit:g} s."
            ) from None

    def _is_purged(self, lookup: Lookup, disk_id: str) -> bool:
        try:
            self._api.trash_object(lookup, disk_id)
        except TrashObjectNotFoundError:
            return True
        return False

    def _is_seen_to_be_purged(self, lookup: Lookup, disk_id: str) -> bool:
        try:
            return self._is_purged(lookup, disk_id)
        except ApiError:
            return False

    def _is_gone(self, disk: Disk) -> bool:
        try:
            return self._api.disk_if_there(disk.id) is None
        except ApiError:
            return False

    def _readable(self, disk_id: str) -> Disk | None:
        """None while it is in the trash, and where it can't be read for the moment."""
        try:
            return self._api.disk(disk_id)
        except InTrashError:
            return None
        except ApiError as error:
            if error.transient:
                return None
            raise


def _naming_lost(before_repeat: Callable[[bool], None]) -> Callable[[bool], None]:
    """That a disk is gone may be what an attempt before has done, whose answer was lost."""

    def look_again(unclear: bool) -> None:
        try:
            before_repeat(unclear)
        except (DiskNotFoundError, InTrashError) as error:
            if unclear:
                error.as_unclear()
            raise

    return look_again
