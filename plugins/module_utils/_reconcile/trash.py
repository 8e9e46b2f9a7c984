# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deleting, purging and restoring, whatever happens to the answers. All keep the run's state current."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum

from .._api.models import Disk, Lookup, MalformedPayloadError, Task, TrashObject, parse_trash_object
from .._core.clock import Moment
from .._core.errors import ApiError, DiskNotFoundError, InTrashError, KatapultError, TrashObjectNotFoundError, error_for
from .._core.polling import TimedOutError
from .guard import AlreadyDoneError, Guard
from .wait import DiskWaiter


class Fate(Enum):
    """Where a disk is that was deleted."""

    ALIVE = "not in the trash"
    TRASHED = "in the trash"
    GONE = "purged"


class TrashOperations:
    """The trash, for the disk of one run."""

    def __init__(self, waiter: DiskWaiter) -> None:
        self._waiter = waiter
        self._context = waiter.context
        self._state = waiter.state
        self._api = waiter.context.api
        self.seen: Moment | None = None
        """When the disk was last seen to be in the trash."""

    def object_of(self, disk_id: str) -> TrashObject | None:
        """The trash object of a disk; None where it can't be seen. Raises TrashObjectNotFoundError."""
        try:
            return self._api.get_trash_object(Lookup("object_id", disk_id), disk_id)
        except TrashObjectNotFoundError:
            raise
        except ApiError as error:
            if error.details.code == "unexpected_answer":
                raise
            self._context.warn_unseen("Until when the disk can be restored", error)
            return None

    def object_told_by(self, error: InTrashError, disk_id: str) -> TrashObject | None:
        """The trash object of the disk in the detail of a refusal, where the service tells it."""
        detail = error.details.detail
        told = detail.get("trash_object") if isinstance(detail, Mapping) else None
        try:
            return parse_trash_object(told) if Lookup("object_id", disk_id).matches(told) else None
        except MalformedPayloadError:
            return None

    def move_to_trash(self, guard: Guard) -> None:
        """Move the disk to the trash. Success too where an answer was lost, or another was quicker, and it is gone."""
        state = self._state
        guard.refresh()
        guard.check("delete the disk")
        disk = state.known_disk
        try:
            state.trash_object = self._api.delete_disk(disk, guard.before_retry("delete the disk"))
            state.changed = True
        except ApiError as error:
            is_gone = isinstance(error, (DiskNotFoundError, InTrashError))
            # One 404 proves nothing: it must be in the trash, or not found for some seconds.
            fate = self._poll_fate(disk.id, Fate.TRASHED) if is_gone or error.may_have_succeeded else None
            if fate not in (Fate.TRASHED, Fate.GONE):
                raise
            state.changed = state.changed or error.may_have_succeeded
        self.seen = self._api.moment()
        if state.trash_object is None:
            with suppress(TrashObjectNotFoundError):
                state.trash_object = self.object_of(disk.id)

    def purge(self, disk_id: str) -> None:
        """Purge the disk, and wait until it is gone from the trash where the task waits for its last step.

        Raises KatapultError, also where another client has taken the disk out of the trash.
        """
        state = self._state
        trash_object = state.trash_object
        lookup = Lookup("id", trash_object.id) if trash_object else Lookup("object_id", disk_id)
        try:
            task, is_ours = self._send_purge(lookup, disk_id)
            state.changed = state.changed or is_ours
            state.task = task or state.task
            if self._context.wait and task is not None:
                self._wait_until_purged(disk_id, task)
        except KatapultError as error:
            if error.details.code == "changed_meanwhile" or error.details.ambiguous:
                raise
            how = f"The disk is in the trash: to go on, run this with id={disk_id}, purge=true, and no name."
            raise error.copy_with(summary=f"{error.summary} {how}") from error
        state.trash_object = None

    def restore(self, disk_id: str) -> None:
        """Take the disk out of the trash, and read it."""
        state, lost = self._state, None
        try:
            self._api.restore_disk(disk_id, self._unless(disk_id, Fate.ALIVE))
            state.changed = True
        except AlreadyDoneError as done:
            state.changed = done.unclear
        except ApiError as error:
            if not (isinstance(error, TrashObjectNotFoundError) or error.may_have_succeeded):
                raise
            lost = error
        may_be_ours = lost is not None and lost.may_have_succeeded
        try:
            state.disk = self._context.poller.poll_briefly(
                lambda: self._readable(disk_id), lambda disk: disk is not None
            )
        except ApiError as error:
            raise error.after_lost_response(lost) if lost is not None and may_be_ours else error from lost
        if state.disk is None:
            raise lost or error_for("not_applied", f"The disk {disk_id} was restored, but can't be read yet.")
        state.changed = state.changed or may_be_ours
        state.restored = True

    def _send_purge(self, lookup: Lookup, disk_id: str) -> tuple[Task | None, bool]:
        """The task of the purge, None if the disk is gone; and whether the purge was this run's, or may have been."""
        before_retry = self._unless(disk_id, Fate.ALIVE, Fate.GONE)
        lost: ApiError | None = None
        for named in (lookup, Lookup("object_id", disk_id)):
            try:
                if not self._api.is_fresh(self.seen):
                    before_retry(False)
                return self._api.purge_trash_object(named, before_retry), True
            except (AlreadyDoneError, TrashObjectNotFoundError):
                pass
            except ApiError as error:
                if lost is not None:
                    raise error.after_lost_response(lost) from lost
                if not error.may_have_succeeded:
                    raise
                lost = error
            if self._was_purged(disk_id, unclear=lost is not None and lost.details.ambiguous):
                return None, lost is not None
        raise lost or error_for(
            "unexpected_answer",
            f"The service has the disk {disk_id} in the trash, and does not find it there.",
        )

    def _was_purged(self, disk_id: str, *, unclear: bool) -> bool:
        """Whether the disk is gone, not whether its trash object is: another client may have restored it."""
        fate = self._poll_fate(disk_id, Fate.GONE)
        if fate is Fate.ALIVE:
            raise self._restored_meanwhile(unclear=unclear)
        return fate is Fate.GONE

    def _wait_until_purged(self, disk_id: str, task: Task) -> None:
        self._waiter.follow_task(task)
        try:
            fate = self._settled_fate(disk_id)
            if fate is Fate.TRASHED:
                fate = self._context.poller.poll_until(
                    lambda: self._settled_fate(disk_id),
                    lambda now: now is not Fate.TRASHED,
                    min_pause=self._api.min_pause,
                )
        except TimedOutError:
            limit = self._context.deadline.seconds
            raise error_for(
                "wait_timeout", f"The disk {self._state.label} was not purged within {limit:g} s."
            ) from None
        if fate is Fate.ALIVE:
            raise self._restored_meanwhile()

    def _unless(self, disk_id: str, *done: Fate) -> Callable[[bool], None]:
        """What keeps a purge or restore from being sent (again) if there is nothing left to do."""

        def recheck(unclear: bool) -> None:
            if self._settled_fate(disk_id) in done:
                raise AlreadyDoneError(unclear)

        return recheck

    def _restored_meanwhile(self, *, unclear: bool = False) -> KatapultError:
        disk = self._state.known_disk
        self._state.trash_object = None
        return error_for(
            "changed_meanwhile",
            f"The disk {disk.label} was not purged, because another client has taken it out of the trash: it is "
            f"{disk.state_text} now.",
            detail={"planned": {"trash": True}, "found": {"trash": False}},
            ambiguous=unclear,
        )

    def _settled_fate(self, disk_id: str) -> Fate:
        """Where the disk is. One that is not in the trash is looked at for some seconds: a read may lag behind."""
        return self._context.poller.check_then_poll(lambda: self._fate(disk_id), lambda now: now is not Fate.ALIVE)

    def _poll_fate(self, disk_id: str, expected: Fate) -> Fate | None:
        """Where the disk is, looked at for some seconds unless it is where it should be; None if it can't be seen."""

        def look() -> Fate | None:
            try:
                return self._fate(disk_id)
            except ApiError:
                return None

        return self._context.poller.poll_briefly(look, lambda now: now is expected)

    def _fate(self, disk_id: str) -> Fate:
        """Where the disk is; the run's state has it if it can be read."""
        try:
            self._state.disk = self._api.get_disk(disk_id)
        except InTrashError:
            return Fate.TRASHED
        except DiskNotFoundError:
            return Fate.GONE
        return Fate.ALIVE

    def _readable(self, disk_id: str) -> Disk | None:
        """None while it is in the trash, and where it can't be read for the moment."""
        try:
            return self._api.get_disk(disk_id)
        except InTrashError:
            return None
        except ApiError as error:
            if error.transient:
                return None
            raise
