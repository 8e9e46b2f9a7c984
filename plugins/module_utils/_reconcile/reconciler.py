# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What brings one disk to what is desired, in stages, so that the disks of a fleet can go through them together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from .._api.pagination import RowList
from .._core.file_lock import CreateNotes
from .._options.disk import DesiredDisk
from .run import DiskResult, Run


class Reconciler(ABC):
    """The stages, each of which raises KatapultError. The questions are answered with no unless a state says more."""

    def __init__(self, desired: DesiredDisk, run: Run) -> None:
        """`run` may desire less than `desired` does."""
        self.desired = desired
        self.run = run

    def observe(self, listed: RowList | None = None) -> None:
        """See what is there: the disk by its id, or the one that is meant of all of its name.

        `listed` has the rows of all disks of that name, if they were listed already.
        """
        if self.desired.id is not None:
            self._observe_by_id(self.desired.id)
        else:
            self._observe_by_name(listed)

    @abstractmethod
    def _observe_by_id(self, disk_id: str) -> None:
        """See the disk by its id."""

    @abstractmethod
    def _observe_by_name(self, listed: RowList | None) -> None:
        """See the one disk of the name that is meant."""

    @abstractmethod
    def validate(self) -> None:
        """Raise KatapultError for what is known to fail before the first write."""

    @property
    def is_missing(self) -> bool:
        """Whether the disk is to be created, and was not yet."""
        return False

    @property
    def is_created(self) -> bool:
        """Whether this run has created the disk."""
        return False

    @property
    def is_under_way(self) -> bool:
        """Whether there is nothing to do but to wait."""
        return False

    @abstractmethod
    def create(self, notes: CreateNotes) -> None:
        """Create the disk that is missing, and do not wait for it."""

    @abstractmethod
    def adopt_leftover(self, notes: CreateNotes) -> None:
        """If the disk is there by now, the create of an earlier run that was cut off is known to have ended."""

    def is_ready(self) -> bool:
        """Read the disk once: whether nothing is left to wait for."""
        return True

    def has_seen(self, ids: Iterable[str]) -> bool:
        """Whether of `ids`, those of all disks of its name, all were there before, or are this run's own."""
        del ids
        return True

    @abstractmethod
    def check_duplicate(self) -> None:
        """Raise KatapultError if another run created a disk of that name meanwhile."""

    @abstractmethod
    def apply(self) -> DiskResult:
        """Do what is left to do after the stages before it, and return the result."""

    def known_extras(self) -> Mapping[str, Any]:
        """What only some states have, for a disk of a fleet without a result."""
        return {}
