# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls for many disks at once: one look at the organization's list serves all who ask for one meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.katapult.cloud.plugins.module_utils._disk import Lookup
from ansible_collections.katapult.cloud.plugins.module_utils._disk_api import DiskApi
from ansible_collections.katapult.cloud.plugins.module_utils._disk_wanted import Wanted
from ansible_collections.katapult.cloud.plugins.module_utils._pages import Sender


class FleetApi(DiskApi):
    """As DiskApi, for the disks of C(wanted), of which the rows of the last look are kept."""

    def __init__(self, http: Sender, wanted: Collection[Wanted]) -> None:
        super().__init__(http)
        self._names = {one.name for one in wanted} - {None}
        self._ids = {one.id for one in wanted}
        self._looking = threading.Lock()
        self._begun = 0
        self._done = 0
        self._rows: Mapping[str, Mapping[str, Any]] = {}
        self.pages = 0
        """How many requests the last look took."""

    @property
    def next_look(self) -> int:
        """The number of the look that will be the next to begin: what happens before now, it will show."""
        return self._begun + 1

    def look(self, organization: Lookup, number: int | None = None) -> None:
        """Look at the list, unless the look C(number), or a later one, was made; without a number, the next one.

        Raises ApiError.
        """
        needed = self.next_look if number is None else number
        with self._looking:
            if self._done >= needed:
                return
            self._begun += 1
            listing = self.disks_among(organization, self._matters)
            self._rows, self.pages = {row["id"]: row for row in listing.rows}, listing.pages
            self._done = self._begun

    def disks_named(self, organization: Lookup, name: str) -> list[Mapping[str, Any]]:
        """The thin rows with exactly this name, as a look sees them that begins after this call."""
        self.look(organization)
        return self._named(name)

    def ids_named(self, name: str) -> list[str]:
        """The ids of all disks of that name, as the last look saw them."""
        return [row["id"] for row in self._named(name)]

    def state_of(self, disk_id: str) -> str | None:
        """The state of a disk, as the last look saw it; None where it saw no such disk."""
        state = self._rows.get(disk_id, {}).get("state")
        return state if isinstance(state, str) else None

    def _named(self, name: str) -> list[Mapping[str, Any]]:
        return [row for row in self._rows.values() if row.get("name") == name]

    def _matters(self, row: Mapping[str, Any]) -> bool:
        name = row.get("name")
        return (isinstance(name, str) and name in self._names) or row["id"] in self._ids
