# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A list that comes in pages, as the service has it, for any number of threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ansible_collections.katapult.cloud.plugins.module_utils._api.messages import Request
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Moment
from ansible_collections.katapult.cloud.tests.unit.support.factories import LIST

CALL = Request("GET", LIST, "list the disks", (("organization[sub_domain]", "acme"),))
LARGE = 1000


def rows(count: int, start: int = 0) -> list[Mapping[str, Any]]:
    """Rows whose ids count up."""
    return [{"id": f"disk_{number:05d}"} for number in range(start, start + count)]


class PagedService:
    """A Sender that has the rows `there`, at most `most` on a page; over 1000 rows it tells no totals.

    `during` is called while a page is asked for, with its number, and may wait or raise; `pagination` tells what each
    page says of the list, None for nothing.
    """

    def __init__(
        self,
        there: Sequence[Any],
        most: int = 200,
        *,
        during: Callable[[int], object] = lambda _number: None,
        pagination: bool = True,
    ) -> None:
        self.there = list(there)
        self.most = most
        self.asked: list[int] = []
        self.threads: set[int] = set()
        self.most_at_once = 0
        self._during = during
        self._pagination = pagination
        self._lock = threading.Lock()
        self._now = 0

    @property
    def last(self) -> int:
        """The number of the last page that has rows."""
        return max(1, -(-len(self.there) // self.most))

    def send(self, call: Request) -> dict[str, Any]:
        query = dict(call.query)
        number, per_page = int(query["page"]), min(int(query["per_page"]), self.most)
        with self._counted(number):
            self._during(number)
        with self._lock:
            return self.page(number, per_page)

    def moment(self) -> Moment:
        return Moment(0.0, 0)

    def min_pause(self) -> float:
        return 0.0

    def page(self, number: int, per_page: int) -> dict[str, Any]:
        """The payload of a page. Only one thread is in here at a time."""
        count = len(self.there)
        large = count > LARGE
        told = {
            "current_page": number,
            "per_page": per_page,
            "total": None if large else count,
            "total_pages": None if large else -(-count // per_page),
            "large_set": large,
        }
        page = {"disk": self.there[(number - 1) * per_page : number * per_page]}
        return {**page, "pagination": told} if self._pagination else page

    def times_read(self, number: int = 1) -> int:
        """How often the page was asked for."""
        return self.asked.count(number)

    @contextmanager
    def _counted(self, number: int) -> Iterator[None]:
        with self._lock:
            self.asked.append(number)
            self.threads.add(threading.get_ident())
            assert len(self.asked) < 1000, "this never ends"
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        try:
            yield
        finally:
            with self._lock:
                self._now -= 1


class MovingService(PagedService):
    """A list whose rows move: `rows_of` tells what is there, by how often a page was asked for and its number.

    `told`: what the pages say of the list whatever is there.
    """

    def __init__(
        self, rows_of: Callable[[int, int], Sequence[Any]], most: int = 200, told: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__([], most)
        self._parse_rows = rows_of
        self._told = told or {}

    def page(self, number: int, per_page: int) -> dict[str, Any]:
        self.there = list(self._parse_rows(self.times_read(number), number))
        page = super().page(number, per_page)
        return {**page, "pagination": {**page["pagination"], **self._told}}
