# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that come in pages, several of which are read at a time."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from itertools import takewhile
from typing import Any, NamedTuple, Protocol

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

    def min_pause(self) -> float:
        """Seconds that a wait should let pass before its next request."""


class RowList(NamedTuple):
    """The rows of a list that were asked for; `pages` is how many requests it takes to read the list once.

    `is_certain`: no row was missed, as far as the service tells. A list in several pages without totals is never
    certain, as rows may have moved between the pages. `incomplete_error`: the error of a list that misses rows.
    """

    rows: list[Row]
    pages: int
    is_certain: bool = True
    incomplete_error: ApiError | None = None

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
        reading = _Reading(http, request, key, keep)
        reading.read_to_the_end()
        # Then no row can have been missed.
        if not (reading.repeats or reading.has_shrunk) and len(reading.seen) >= reading.total:
            is_certain = len(reading.kept) == 1 or reading.pages is not None
            return RowList(_unique(reading.rows), len(reading.kept), is_certain)
        readings.append(reading)
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
    if first.is_certain or first.incomplete_error is not None or is_found(first.rows):
        return first
    second = list_rows(http, request, key, keep)
    return second._replace(rows=_unique([*first.rows, *second.rows]))


def list_all(http: Sender, request: Request, key: str, keep: Callable[[Row], bool] = lambda _row: True) -> list[Row]:
    """All rows that `keep` lets pass; if there are none, as find_rows() finds. Raises ApiError if some are missing."""
    read = find_rows(http, request, key, keep, bool)
    read.raise_if_incomplete()
    return read.rows


class _Reading:
    """One reading of a list. The first page tells how many of the others can be read at a time.

    `kept` are the rows by the number of their page, `total` is how many rows there are by what was told last, `pages`
    is None if it is not known, `repeats` means that a page had nothing but the rows of others, and `has_shrunk` that
    the total fell meanwhile.
    """

    def __init__(self, http: Sender, request: Request, key: str, keep: Callable[[Row], bool]) -> None:
        self._http = http
        self._request = request
        self._key = key
        self._keep = keep
        self._lock = threading.Lock()
        # Hashes, because the ids of a large organization take more memory than all else.
        self.seen = array("q")
        self.kept: dict[int, list[Row]] = {}
        self.total = 0
        self.pages: int | None = 1
        self.repeats = False
        self.has_shrunk = False
        self._fullest = 1
        self._ahead = 1
        self._ended = False

    @property
    def rows(self) -> Iterator[Row]:
        """What was kept, in the order of the service."""
        return (row for _number, page in sorted(self.kept.items()) for row in page)

    def read_to_the_end(self) -> None:
        """Read all pages. Raises ApiError."""
        while not self._ended and (self.pages is None or len(self.kept) < self.pages):
            done = len(self.kept)
            if done >= MAX_PAGES:
                raise unexpected_response(self._request, f"the list has no end after {MAX_PAGES} pages")
            left = self._ahead if self.pages is None else self.pages - done
            numbers = range(done + 1, min(self.pages or MAX_PAGES, MAX_PAGES) + 1)
            until_the_end = takewhile(lambda _number: not self._ended, numbers)
            map_concurrently(self._read, until_the_end, min(DEFAULT_CONCURRENCY, left))

    def _read(self, number: int) -> None:
        page = (("page", str(number)), ("per_page", str(PER_PAGE)))
        payload = self._http.send(self._request._replace(query=self._request.query + page))
        rows = _parse_rows(payload, self._key, self._request)
        kept = [row for row in rows if self._keep(row)]
        with self._lock:
            self.kept[number] = kept
            self._learn(payload, [row["id"] for row in rows])

    def _learn(self, payload: Mapping[str, Any], ids: list[str]) -> None:
        total, pages, per_page = _parse_pagination(payload)
        new = {hash(row_id) for row_id in ids}.difference(self.seen)
        self.seen.extend(new)
        if total is not None:
            self.has_shrunk = self.has_shrunk or total < self.total
            self.total = total
        self._fullest = max(self._fullest, len(ids))
        # A full page of rows that are known is no end: whoever ignores the page, or keeps one for all, shows no others.
        full = min(per_page or DEFAULT_PER_PAGE, PER_PAGE)
        self.repeats = self.repeats or (not new and len(ids) >= full)
        # The number of pages is believed only with a total that can be true.
        if self.pages is None or pages is None or total is None or total < len(self.seen):
            self.pages = None
        else:
            self.pages = max(self.pages, pages, -(-total // self._fullest))
        is_short = per_page is not None and len(ids) < full
        self._ended = self._ended or not new or (self.pages is None and is_short)
        self._ahead = 1 if per_page is None else PREFETCH


def _merge_readings(readings: Sequence[_Reading], request: Request) -> RowList:
    """What none of the readings, of which each may miss some, shows alone."""
    last = readings[-1]
    shown = len(frozenset[int]().union(*(reading.seen for reading in readings)))
    problem = "a page of the list has nothing but rows that other pages have, too" if last.repeats else ""
    if shown < last.total:
        problem = f"the list says that it has {last.total} rows, and shows {shown}"
    incomplete_error = unexpected_response(request, problem, transient=True) if problem else None
    rows = _unique(row for reading in readings for row in reading.rows)
    return RowList(rows, len(last.kept), is_certain=False, incomplete_error=incomplete_error)


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


def _parse_pagination(payload: Mapping[str, Any]) -> tuple[int | None, int | None, int | None]:
    """How many rows and pages the list has, and how many rows a page has; None for what a page does not tell.

    A list of over 1000 rows has no totals.
    """
    told = payload.get("pagination")
    counts = [told.get(name) if isinstance(told, Mapping) else None for name in ("total", "total_pages", "per_page")]
    total, pages, per_page = (
        count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None for count in counts
    )
    return total, pages or None, per_page
