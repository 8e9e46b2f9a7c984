# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the run for one disk works with, what it knows so far, and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from .._api.endpoints import KatapultApi
from .._api.models import FINISHED, Disk, Task, TrashObject, find_device
from .._core.clock import Clock, Deadline
from .._core.errors import KatapultError, error_for, join_some
from .._core.file_lock import (
    CreateNotes,
    LockDirectory,
    LockTimeoutError,
    LockUnavailableError,
    TooFewHandlesError,
    hold_locks,
)
from .._core.polling import Poller
from .._plan.plan import Plan

# Names in a message about a lock, which may be that of a hundred names.
MAX_NAMED = 3


def no_progress(_text: str) -> None:
    """Where nobody looks how far a wait has come."""


@dataclass(frozen=True)
class RunContext:
    """What a task runs with. `lock_keys` tell the names and disks of one API from those of another.

    Within the context of `catch_unforeseen` an exception that nothing foresaw becomes an InternalError.
    """

    api: KatapultApi
    clock: Clock
    deadline: Deadline
    warn: Callable[[str], None]
    lock_directories: Sequence[LockDirectory]
    lock_keys: tuple[str, ...]
    check_mode: bool = False
    wait: bool = True
    report_progress: Callable[[str], None] = no_progress
    catch_unforeseen: Callable[[], AbstractContextManager[None]] = nullcontext

    @property
    def poller(self) -> Poller:
        """Waits that end at the deadline of the task."""
        return Poller(self.clock, self.deadline)

    def warn_unseen(self, question: str, error: KatapultError) -> None:
        """Warn that a question is left open, as in `Whether there is one`, and why."""
        self.warn(f"{question} could not be seen. {error.message}")

    @contextmanager
    def locked(self, *names: str, or_fewer: bool = False, kind: str = "the disk ") -> Iterator[CreateNotes]:
        """Only one task of this control node at a time is within this context for any of `names`, which are of `kind`.

        `or_fewer`: raise TooFewHandlesError where fewer of several names could be locked at once.
        """
        if self.check_mode:
            yield CreateNotes()
            return
        shown, notes = join_some([f"'{name}'" for name in names], MAX_NAMED, " or ", "or"), CreateNotes()
        with ExitStack() as held:
            keys = [(*self.lock_keys, name) for name in names]
            try:
                locks = held.enter_context(hold_locks(keys, self.clock, self.deadline, self.lock_directories))
                notes = CreateNotes(locks, self.lock_keys)
            except LockUnavailableError as reason:
                if or_fewer and len(names) > 1 and isinstance(reason, TooFewHandlesError):
                    raise
                self.warn(
                    f"No lock can be had ({reason}): tasks that run at once on this control node may work on {kind}"
                    f"{shown} at the same time, or create it twice. A duplicate is looked for after a create."
                )
            except LockTimeoutError:
                raise error_for(
                    "lock_timeout", f"Another task held the lock of {shown} for {self.deadline.seconds:g} s."
                ) from None
            yield notes


@dataclass
class RunState:
    """What is known so far, for the failure that may come. `disk_id` is that of a disk that can't be read.

    `created`, `restored`: by this run, so that it may take some seconds until a read shows it. `not_tried`, `done` and
    `failed` are the names of a plan's steps.
    """

    disk_id: str = ""
    changed: bool = False
    created: bool = False
    restored: bool = False
    disk: Disk | None = None
    task: Task | None = None
    trash_object: TrashObject | None = None
    not_tried: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def known_disk(self) -> Disk:
        """The disk, where it was found or made before; anything else is an error of this collection."""
        if self.disk is None:
            raise LookupError("no disk was found or made yet")
        return self.disk

    @property
    def label(self) -> str:
        """The disk in words."""
        return self.disk.label if self.disk else self.disk_id

    @property
    def task_payload(self) -> Mapping[str, Any] | None:
        """The last task as the API gave it."""
        return self.task.payload if self.task else None

    @property
    def ended_task(self) -> Mapping[str, Any] | None:
        """The last task, after a wait for what it does: only its ID and name if it was not read to its end.

        That it was pending when the disk was not yet built says nothing of the disk that is.
        """
        task = self.task
        if task is None or task.status in FINISHED:
            return self.task_payload
        return {key: task.payload[key] for key in ("id", "name") if key in task.payload}

    @property
    def steps(self) -> dict[str, list[str]]:
        """The names of the steps, by what became of them."""
        return {"done": self.done, "failed": self.failed, "not_tried": self.not_tried}

    @contextmanager
    def next_step(self) -> Iterator[None]:
        """Within this context the next step is taken; it has failed where the context is left by an exception."""
        self.failed.append(self.not_tried.pop(0))
        yield
        self.done.append(self.failed.pop())

    def as_result(self) -> dict[str, Any]:
        """The keys that a failed result carries: all that is known, and the steps if there were several."""
        disk = self.disk
        known = {
            "disk": disk.payload if disk else {"id": self.disk_id} if self.disk_id else None,
            "task": self.task_payload,
            "annotations": disk.annotation_list if disk else None,
            "trash_object": self.trash_object.payload if self.trash_object else None,
            "steps": self.steps if sum(map(len, self.steps.values())) > 1 else None,
            "changed": self.changed,
        }
        device = {"device": find_device(known["disk"])} if known["disk"] else {}
        return {**{key: value for key, value in known.items() if value is not None}, **device}


@dataclass(frozen=True)
class DiskResult:
    """What a successful task returns; `extra` holds the keys that only some modules have."""

    changed: bool
    plan: Plan
    disk: Mapping[str, Any] | None
    task: Mapping[str, Any] | None
    annotations: list[Mapping[str, Any]]
    extra: Mapping[str, Any] | None = None

    def as_result(self, *, with_diff: bool) -> dict[str, Any]:
        """The keys of the module's result."""
        result = {
            "changed": self.changed,
            "disk": self.disk,
            "device": find_device(self.disk),
            "task": self.task,
            "annotations": self.annotations,
            "ansible_facts": {"katapult_disk": self.disk, "katapult_task": self.task},
            **(self.extra or {}),
        }
        return {**result, "diff": {"before": self.plan.before, "after": self.plan.after}} if with_diff else result
