# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that come in pages, several of which are read at a time."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, Protocol

from .._core.clock import Moment
from .._core.errors import ApiError
from .._core.parallel import DEFAULT_CONCURRENCY, map_concurrently
from .messages import Request, unexpected_response

PER_PAGE = 200
# What the service gives unless it is asked for more.
DEFAULT_PER_PAGE = 30
MAX_READS = 3
# Pages at a time where no page tells how many there are: as many may be asked for beyond the end.
PREFETCH = 3
# A list of 200,000 disks, or of 30,000 where a page has 30: more than anybody has, and a minute's share of requests.
MAX_PAGES = 1000

Row = Mapping[str, Any]


class Sender(Protocol):
    """What sends a call and gives the payload of its answer. Several threads may send at once."""

    def send(self, request: Request) -> Mapping[str, Any]:
        """Raises ApiError."""

    def moment(self) -> Moment:
        """Now: whether something is still as it was seen depends on what was waited for since."""


@dataclass(frozen=True)
class RowList:
    """The rows of a list that were asked for; `pages` is how many requests it takes to read the list once.

    `is_certain`: no row was missed, as far as the service tells. A list in several pages without totals is never
    certain, as rows may have moved between the pages. `incomplete_error`: the error of a list that misses rows.
    """

    rows: list[Row]
    pages: int
    is_certain: bool = True
    incomplete_error: ApiError | None = None

    @property
    def is_complete(self) -> bool:
        """Whether nothing is known to be missing."""
        return self.incomplete_error is None

    def raise_if_incomplete(self) -> None:
        """Raise ApiError if rows are known to be missing: what is not shown may be there."""
        if self.incomplete_error is not None:
            raise copy(self.incomplete_error)


def list_rows(http: Sender, request: Request, key: str, keep: Callable[[Row], bool]) -> RowList:
    """The rows that `keep` lets pass of the list that `request` asks for, each id once. Raises ApiError.

    `key` is where the answer has the rows. `keep` is called by several threads at once.

    Rows shift while pages are read. Where the service's total falls meanwhile, or is not reached, a row may have moved
    to a page already read, so the list is read again; so it is if a page shows nothing but the rows of others. Where
    that does not end, the readings are united.
    """
    readings: list[_Reading] = []
    while len(readings) < MAX_READS:
        readings.append(_Reading(http, request, key, keep))
        readings[-1].read_to_the_end()
        if readings[-1].is_steady:
            return readings[-1].list_rows
    return _merge_readings(readings, request)


def find_rows(
    http: Sender,
    request: Request,
    key: str,
    keep: Callable[[Row], bool],
    is_found: Callable[[Sequence[Row]], bool],
) -> RowList:
    """As list_rows(), for who looks for something: unless `is_found` in the rows, an uncertain list is read again.

    Then the rows of both are united.
    """
    first = list_rows(http, request, key, keep)
    if first.is_certain or not first.is_complete or is_found(first.rows):
        return first
    second = list_rows(http, request, key, keep)
    return replace(second, rows=_unique([*first.rows, *second.rows]))


def list_all(http: Sender, request: Request, key: str, keep: Callable[[Row], bool] = lambda _row: True) -> list[Row]:
    """All rows that `keep` lets pass; if there are none, as find_rows() finds. Raises ApiError if some are missing."""
    read = find_rows(http, request, key, keep, bool)
    read.raise_if_incomplete()
    return read.rows


@dataclass(frozen=True)
class _Pagination:
    """What a page tells of the list. None stands for what it does not tell: a list of over 1000 rows has no totals."""

    total: int | None
    pages: int | None
    per_page: int | None


class _Reading:
    """One reading of a list. The first page tells how many of the others can be read at a time."""

    def __init__(self, http: Sender, request: Request, key: str, keep: Callable[[Row], bool]) -> None:
        self._http = http
        self._call = request
        self._key = key
        self._keep = keep
        self._lock = threading.Lock()
        # Hashes, because the ids of a large organization take more memory than all else.
        self._seen = array("q")
        self._kept: dict[int, list[Row]] = {}
        self._totals: list[int] = []
        self._fullest = 1
        self._begun = 0
        self._pages: int | None = 1
        self._ahead = 1
        self._ended = False
        self.repeats = False

    @property
    def is_steady(self) -> bool:
        """Whether no row can have been missed: the totals, in the order in which they came, never fell."""
        return not self.repeats and len(self._seen) >= self.total and sorted(self._totals) == self._totals

    @property
    def total(self) -> int:
        """How many rows there are, by what was told last."""
        return self._totals[-1] if self._totals else 0

    @property
    def seen(self) -> frozenset[int]:
        """The hashes of all ids."""
        return frozenset(self._seen)

    @property
    def list_rows(self) -> RowList:
        """What was kept, in the order of the service."""
        rows = _unique(row for _number, page in sorted(self._kept.items()) for row in page)
        return RowList(rows, self._begun, is_certain=self._begun == 1 or self._pages is not None)

    def read_to_the_end(self) -> None:
        """Read all pages. Raises ApiError."""
        while self._goes_on(self._pages):
            if self._begun >= MAX_PAGES:
                raise unexpected_response(self._call, f"the list has no end after {MAX_PAGES} pages")
            left = self._ahead if self._pages is None else self._pages - self._begun
            map_concurrently(self._read, self._numbers(), min(DEFAULT_CONCURRENCY, left))

    def _numbers(self) -> Iterator[int]:
        """The pages to read next, by what is told of the list when they are begun."""
        pages = self._pages
        while self._goes_on(pages) and self._begun < MAX_PAGES:
            self._begun += 1
            yield self._begun

    def _goes_on(self, pages: int | None) -> bool:
        return not self._ended and (pages is None or self._begun < pages)

    def _read(self, number: int) -> None:
        page = (("page", str(number)), ("per_page", str(PER_PAGE)))
        payload = self._http.send(self._call._replace(query=self._call.query + page))
        rows = _parse_rows(payload, self._key, self._call)
        kept = [row for row in rows if self._keep(row)]
        with self._lock:
            self._kept[number] = kept
            self._learn(_parse_pagination(payload), [row["id"] for row in rows])

    def _learn(self, told: _Pagination, ids: list[str]) -> None:
        new = {hash(row_id) for row_id in ids}.difference(self._seen)
        self._seen.extend(new)
        if told.total is not None:
            self._totals.append(told.total)
        self._fullest = max(self._fullest, len(ids))
        # A full page of rows that are known is no end: whoever ignores the page, or keeps one for all, shows no others.
        full = min(told.per_page or DEFAULT_PER_PAGE, PER_PAGE)
        self.repeats = self.repeats or (not new and len(ids) >= full)
        self._pages = self._pages_by(told)
        is_short = told.per_page is not None and len(ids) < full
        self._ended = self._ended or not new or (self._pages is None and is_short)
        self._ahead = 1 if told.per_page is None else PREFETCH

    def _pages_by(self, told: _Pagination) -> int | None:
        """How many pages there are, None if that is not known: it is believed only with a total that can be true."""
        if self._pages is None or told.pages is None or told.total is None or told.total < len(self._seen):
            return None
        return max(self._pages, told.pages, -(-self.total // self._fullest))


def _merge_readings(readings: Sequence[_Reading], request: Request) -> RowList:
    """What none of the readings, of which none is steady, shows alone."""
    last = readings[-1]
    rows = _unique(row for reading in readings for row in reading.list_rows.rows)
    shown = len(frozenset[int]().union(*(reading.seen for reading in readings)))
    problem = "a page of the list has nothing but rows that other pages have, too" if last.repeats else ""
    if shown < last.total:
        problem = f"the list says that it has {last.total} rows, and shows {shown}"
    incomplete_error = unexpected_response(request, problem, transient=True) if problem else None
    return RowList(rows, last.list_rows.pages, is_certain=False, incomplete_error=incomplete_error)


def _unique(rows: Iterable[Row]) -> list[Row]:
    """Each id once, as it was last."""
    return list({row["id"]: row for row in rows}.values())


def _parse_rows(payload: Mapping[str, Any], key: str, request: Request) -> list[Row]:
    rows = payload.get(key)
    if not isinstance(rows, list):
        raise unexpected_response(request, f"the answer has no list named '{key}'")
    if not all(isinstance(row, Mapping) and isinstance(row.get("id"), str) for row in rows):
        raise unexpected_response(request, f"the list '{key}' has a row without an id")
    return rows


def _parse_pagination(payload: Mapping[str, Any]) -> _Pagination:
    told = payload.get("pagination")
    total, pages, per_page = (
        _parse_count(told if isinstance(told, Mapping) else {}, name) for name in ("total", "total_pages", "per_page")
    )
    return _Pagination(total, pages or None, per_page)


def _parse_count(told: Mapping[str, Any], name: str) -> int | None:
    value = told.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
