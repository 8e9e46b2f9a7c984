# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that do not show all rows: what is read again, what is united, and what is said of the outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.messages import Request
from ansible_collections.katapult.cloud.plugins.module_utils._api.pagination import (
    MAX_PAGES,
    Row,
    RowList,
    find_rows,
    list_all,
    list_rows,
)
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Moment
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import ApiError
from ansible_collections.katapult.cloud.tests.unit.support.factories import LIST
from ansible_collections.katapult.cloud.tests.unit.support.fakes import ScriptedService
from ansible_collections.katapult.cloud.tests.unit.support.paged_list import CALL, MovingService, PagedService, rows

NEW = {"id": "disk_New"}
LYING: dict[str, Mapping[str, Any]] = {
    "one page of three": {"total": 450, "total_pages": 1, "per_page": 200},
    "no page": {"total": 450, "total_pages": 0, "per_page": 200},
    "two pages of three, whose size is not told": {"total": 450, "total_pages": 2, "per_page": None},
    "pages larger than they are": {"total": 450, "total_pages": 1, "per_page": 500},
    "too few rows": {"total": 1, "total_pages": 3, "per_page": 200},
    "too many pages": {"total": 450, "total_pages": 10**9, "per_page": 200},
    "no rows": {"total": 0, "total_pages": 0, "per_page": 200},
}
SURE: dict[str, tuple[int, dict[str, Any] | None, bool]] = {
    "nothing": (0, {}, True),
    "one page": (200, {}, True),
    "one page without a total": (199, {"total": None, "total_pages": 1}, True),
    "one short page of a large list": (199, {"total": None, "total_pages": None}, True),
    "pages with totals": (1000, {}, True),
    "pages without totals": (1000, {"total": None}, False),
    "a large list": (1001, {}, False),
}
ENDLESS: dict[str, Mapping[str, Any]] = {
    "without totals": {"per_page": 1, "total": None, "total_pages": None},
    "nothing told": {},
    "a million pages": {"per_page": 1, "total": 2_000_000, "total_pages": 1_000_000},
    "a million rows": {"per_page": 1, "total": 2_000_000, "total_pages": 1},
}


def all_of(service: PagedService) -> RowList:
    return list_rows(service, CALL, "disk", lambda _row: True)


def moving(
    before: Sequence[Any], after: Sequence[Any], turn: int, *, most: int = 200, readings: int = 1
) -> MovingService:
    """Of the first readings, the pages from `turn` on come after a change."""
    return MovingService(lambda time, page: before if time <= readings and page < turn else after, most)


@pytest.mark.parametrize("told", LYING.values(), ids=LYING)
def test_as_many_pages_are_read_as_the_larger_number_says(told: Mapping[str, Any]) -> None:
    service = MovingService(lambda _time, _page: rows(450), told=told)

    assert all_of(service).rows == rows(450)
    assert service.times_read() == 1


NO_TOTALS: dict[str, Any] = {"total": None, "total_pages": None}
REPEATED: dict[str, tuple[int, Mapping[str, Any]]] = {
    "nothing told": (200, {**NO_TOTALS, "per_page": None}),
    "a page of 30, nothing told": (30, {**NO_TOTALS, "per_page": None}),
    "the size of a page told": (200, NO_TOTALS),
    "a larger size told": (200, {**NO_TOTALS, "per_page": 1000}),
    "more pages than rows": (200, {"total": 200, "total_pages": 3}),
}
UNUSABLE: dict[str, Mapping[str, Any]] = {
    "text": {"total": "450"},
    "a broken number": {"total": 450.0},
    "less than nothing": {"total": -1},
    "nothing": {"total": 0},
    "less than is shown": {"total": 5},
    "less than two pages show": {"total": 300},
    "null": {"total": None},
    "null in a large set": {"total": None, "large_set": True},
}


@pytest.mark.parametrize(("most", "told"), REPEATED.values(), ids=REPEATED)
def test_a_full_page_that_shows_known_rows_alone_is_no_end_but_a_gap(most: int, told: Mapping[str, Any]) -> None:
    class Same(MovingService):
        def page(self, _number: int, per_page: int) -> dict[str, Any]:
            return super().page(1, per_page)

    service = Same(lambda _time, _page: rows(450), most, told=told)
    read = all_of(service)

    assert (read.rows, read.incomplete_error is None, read.is_certain) == (rows(most), False, False)
    with pytest.raises(ApiError, match="nothing but rows that other pages have") as raised:
        read.raise_if_incomplete()
    assert raised.value.details.code == "unexpected_answer"


def test_a_page_that_is_repeated_once_is_read_again() -> None:
    told = {**NO_TOTALS, "per_page": None}
    service = MovingService(lambda time, page: rows(200) * 2 if time == 1 and page == 2 else rows(450), told=told)

    assert all_of(service) == RowList(rows(450), 4, is_certain=False)
    assert service.times_read() == 2


@pytest.mark.parametrize("told", UNUSABLE.values(), ids=UNUSABLE)
def test_a_number_of_pages_is_believed_only_with_a_total_that_can_be_true(told: Mapping[str, Any]) -> None:
    service = MovingService(lambda _time, _page: rows(450), told={"total_pages": 1, **told})
    read = all_of(service)

    assert (read.rows, read.incomplete_error is None, read.is_certain) == (rows(450), True, False)
    assert service.times_read() == 1


@pytest.mark.parametrize("per_page", [200, 201, 1000])
def test_a_page_is_short_if_it_has_less_than_was_asked_for(per_page: int) -> None:
    service = MovingService(lambda _time, _page: rows(450), told={**NO_TOTALS, "per_page": per_page})

    assert all_of(service).rows == rows(450)


def test_rows_that_an_unsure_list_does_not_show_are_looked_for_once_more() -> None:
    """Row 800 is pulled up to a page that was read; whoever asks for it alone is not told that there is none."""
    service = moving(rows(2000), rows(1999, 1), 5)

    assert list_all(service, CALL, "disk", lambda row: row in rows(1, 800)) == rows(1, 800)
    assert service.times_read() == 2


@pytest.mark.parametrize("lie", [{"total": 451}, {"total": 10**9}, {"total": 2000, "total_pages": 1}])
def test_a_list_that_never_has_as_many_rows_as_it_says_is_known_to_be_incomplete(lie: dict[str, Any]) -> None:
    service = MovingService(lambda _time, _page: rows(450), told=lie)
    read = all_of(service)

    assert (read.rows, read.incomplete_error is None, read.is_certain) == (rows(450), False, False)
    assert service.times_read() == 3
    with pytest.raises(ApiError, match=f"Could not list the disks: .*has {lie['total']} rows, and shows 450") as raised:
        list_all(service, CALL, "disk")
    assert (raised.value.details.code, raised.value.transient) == ("unexpected_answer", True)
    assert raised.value.details.ambiguous is False


@pytest.mark.parametrize(("count", "told", "is_certain"), SURE.values(), ids=SURE)
def test_a_list_is_sure_if_it_is_one_page_or_tells_its_total(
    count: int, told: dict[str, Any], is_certain: bool
) -> None:
    read = all_of(MovingService(lambda _time, _page: rows(count), told=told))

    assert (len(read.rows), read.is_certain, read.incomplete_error is None) == (count, is_certain, True)


def test_what_no_reading_shows_alone_is_united() -> None:
    """Each of three readings shows other two of three rows; the row that was seen twice is as it was last."""
    shown = {1: "ab", 2: "ac", 3: "cb"}

    def send(call: Request) -> dict[str, Any]:
        number, time = int(dict(call.query)["page"]), (len(service.calls) + 1) // 2
        page = [{"id": row_id, "time": time} for row_id in shown[time]]
        return {"disk": page if number == 1 else page[1:], "pagination": {"per_page": 2, "total": 3, "total_pages": 2}}

    service = ScriptedService({f"GET {LIST}": [send]})
    read = list_rows(service, CALL, "disk", lambda _row: True)

    assert {row["id"]: row["time"] for row in read.rows} == {"a": 2, "b": 3, "c": 3}
    assert (len(service.calls), read.pages, read.incomplete_error is None, read.is_certain) == (6, 2, True, False)


def test_a_list_whose_total_fell_each_time_is_complete_as_far_as_known_but_not_sure() -> None:
    service = moving(rows(4), rows(3, 1), 2, most=2, readings=3)
    read = all_of(service)

    assert (service.times_read(), len(read.rows), read.incomplete_error is None, read.is_certain) == (3, 3, True, False)
    assert rows(1, 2)[0] not in read.rows


def test_a_row_that_is_gone_does_not_come_back_from_a_reading_that_was_not_steady() -> None:
    read = all_of(moving(rows(4), rows(3, 1), 2, most=2, readings=2))

    assert read == RowList(rows(3, 1), 2)


HIDDEN: dict[str, tuple[Callable[[], MovingService], Row, int]] = {
    "seen at once": (lambda: moving(rows(2000), rows(2000), 5), rows(1, 800)[0], 1),
    "seen at once though rows move up": (lambda: moving(rows(2000), rows(1999, 1), 5), rows(1, 801)[0], 1),
    "pulled up to a page already read": (lambda: moving(rows(2000), rows(1999, 1), 5), rows(1, 800)[0], 2),
    "pushed in on a page already read": (lambda: moving(rows(2000), [NEW, *rows(2000)], 5), NEW, 2),
    "nowhere": (lambda: moving(rows(2000), rows(1999, 1), 5, readings=2), NEW, 2),
    "hidden by totals that fall": (lambda: moving(rows(4), rows(3, 1), 2, most=2, readings=3), rows(1, 2)[0], 4),
    "not in a list that is sure": (lambda: moving(rows(1000), rows(1000), 5), NEW, 1),
}


@pytest.mark.parametrize(("made", "row", "readings"), HIDDEN.values(), ids=HIDDEN)
def test_what_an_unsure_list_does_not_show_is_looked_for_once_more(
    made: Callable[[], MovingService], row: Row, readings: int
) -> None:
    service = made()
    found = find_rows(service, CALL, "disk", lambda one: one["id"] == row["id"], bool)

    assert found.rows == ([row] if row in service.there else [])
    assert service.times_read() == readings


@pytest.mark.parametrize(
    ("before", "after", "count"), [(rows(2000), rows(1999, 1), 2000), (rows(1999), rows(2000), 2000)]
)
def test_two_looks_are_united(before: Sequence[Row], after: Sequence[Row], count: int) -> None:
    service = moving(before, after, 5)
    found = find_rows(service, CALL, "disk", lambda _row: True, lambda _rows: False)

    assert sorted(row["id"] for row in found.rows) == [row["id"] for row in rows(count)]


class FullPages:
    """A Sender with one new row on every page."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.asked: list[int] = []
        self._told = told

    def send(self, call: Request) -> dict[str, Any]:
        number = int(dict(call.query)["page"])
        self.asked.append(number)
        assert number <= 2 * MAX_PAGES, "this never ends"
        return {"disk": rows(1, number), "pagination": self._told}

    def moment(self) -> Moment:
        return Moment(0.0, 0)

    def min_pause(self) -> float:
        return 0.0


@pytest.mark.parametrize("told", ENDLESS.values(), ids=ENDLESS)
def test_pages_without_end_come_to_an_end(told: Mapping[str, Any]) -> None:
    service = FullPages(told)

    with pytest.raises(ApiError, match=f"Could not list the disks: .*no end after {MAX_PAGES} pages") as raised:
        list_rows(service, CALL, "disk", lambda _row: False)
    assert raised.value.details.code == "unexpected_answer"
    assert sorted(service.asked) == list(range(1, MAX_PAGES + 1))


def test_a_list_may_have_as_many_pages_as_are_read_at_most() -> None:
    service = FullPages({"total": MAX_PAGES, "total_pages": MAX_PAGES})

    assert len(list_all(service, CALL, "disk")) == len(service.asked) == MAX_PAGES
