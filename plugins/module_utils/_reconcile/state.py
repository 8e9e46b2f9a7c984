# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a run has come: what a failure must tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .._api.models import Disk, Task, TrashObject
from .._core.errors import Known


@dataclass
class StepLog:
    """The names of a plan's steps, by what became of them."""

    not_tried: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @contextmanager
    def taking(self) -> Iterator[None]:
        """Within this context the next step is taken; it has failed where the context is left by an exception."""
        self.failed.append(self.not_tried.pop(0))
        yield
        self.done.append(self.failed.pop())

    def as_result(self) -> dict[str, list[str]] | None:
        """As a failed result carries it; None where there were not several steps."""
        several = len(self.done) + len(self.failed) + len(self.not_tried) > 1
        return dict(self.__dict__) if several else None


@dataclass
class RunState:
    """What is known so far, for the failure that may come. `disk_id` is that of a disk that can't be read.

    `created`, `restored`: by this run, so that it may take some seconds until a read shows it.
    """

    disk_id: str = ""
    changed: bool = False
    created: bool = False
    restored: bool = False
    disk: Disk | None = None
    task: Task | None = None
    trash_object: TrashObject | None = None
    steps: StepLog = field(default_factory=StepLog)

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
    def state_text(self) -> str:
        """The state of the disk in words."""
        return "in the trash" if self.trash_object or not self.disk else self.disk.state_text

    @property
    def task_payload(self) -> Mapping[str, Any] | None:
        """The last task as the API gave it."""
        return self.task.payload if self.task else None

    def begin(self, names: Sequence[str]) -> None:
        """These steps are going to be taken, in this order, after those that were taken before."""
        self.steps.not_tried += names

    def known(self) -> Known:
        """As a failed result carries it."""
        return Known(
            disk=self.disk.payload if self.disk else {"id": self.disk_id} if self.disk_id else None,
            task=self.task_payload,
            annotations=self.disk.annotation_list if self.disk else None,
            trash_object=self.trash_object.payload if self.trash_object else None,
            steps=self.steps.as_result(),
            changed=self.changed,
        )
