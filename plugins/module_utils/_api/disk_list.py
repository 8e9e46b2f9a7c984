# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls for many disks at once: one look at the organization's list serves all who ask for one meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .endpoints import KatapultApi, parse_row_name
from .models import Lookup
from .pagination import RowList, Sender


class DiskListSnapshot(KatapultApi):
    """As KatapultApi, for the disks of these names and ids, of which the rows of the last look are kept."""

    def __init__(self, http: Sender, names: Iterable[str | None], ids: Iterable[str | None]) -> None:
        super().__init__(http)
        self._names = set(names) - {None}
        self._ids = set(ids)
        self._looking = threading.Lock()
        self._begun = 0
        self._done = 0
        self._last = RowList([], 0)
        self._rows: Mapping[str, Mapping[str, Any]] = {}

    @property
    def pages(self) -> int:
        """How many requests it took to read the list once, in the last look."""
        return self._last.pages

    @property
    def next_refresh(self) -> int:
        """The number of the look that will be the next to begin: what happens before now, it will show."""
        return self._begun + 1

    def refresh(self, organization: Lookup, number: int | None = None) -> None:
        """Look at the list, unless the look `number`, or a later one, was made; without a number, the next one.

        Raises ApiError, also where a name is missing in a list that is known to be incomplete.
        """
        last = self._refresh(organization, number)
        if not self._has_all_names(last.rows):
            last.raise_if_incomplete()

    def list_disks_named(self, organization: Lookup, name: str) -> RowList:
        """As KatapultApi has it, from a look that begins after this call."""
        self._refresh(organization)
        named = self.rows_named(name)
        if not named.rows:
            named.raise_if_incomplete()
        return named

    def rows_named(self, name: str) -> RowList:
        """The rows with exactly this name, as the last look saw them."""
        last = self._last
        return last._replace(rows=[row for row in last.rows if row.get("name") == name])

    def raise_if_incomplete(self) -> None:
        """Raise ApiError if the list is known to be incomplete that was looked at last."""
        self._last.raise_if_incomplete()

    def ids_named(self, name: str) -> list[str]:
        """The ids of all disks of that name, as the last look saw them."""
        return [row["id"] for row in self.rows_named(name).rows]

    def get_row(self, disk_id: str) -> Mapping[str, Any]:
        """The row of a disk, as the last look saw it; an empty one where it saw no such disk."""
        return self._rows.get(disk_id, {})

    def _refresh(self, organization: Lookup, number: int | None = None) -> RowList:
        needed = self.next_refresh if number is None else number
        with self._looking:
            if self._done < needed:
                self._begun += 1
                self._last = self.list_matching_disks(organization, self._is_relevant, self._has_all_names)
                self._rows = {row["id"]: row for row in self._last.rows}
                self._done = self._begun
            return self._last

    def _has_all_names(self, rows: Sequence[Mapping[str, Any]]) -> bool:
        return self._names <= {row.get("name") for row in rows}

    def _is_relevant(self, row: Mapping[str, Any]) -> bool:
        return parse_row_name(row) in self._names or row["id"] in self._ids
