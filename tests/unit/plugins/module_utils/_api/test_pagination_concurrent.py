# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages that are read at the same time: how many, how far, and what comes of errors and of rows that shift."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.pagination import RowList, list_all, list_rows
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import ApiError, ErrorDetails, build_api_error
from ansible_collections.katapult.cloud.tests.unit.support.paged_list import CALL, PagedService, rows
from hypothesis import given, settings
from hypothesis import strategies as st

KNOWN: dict[str, tuple[int, int, int]] = {
    "no rows": (0, 200, 1),
    "one row": (1, 200, 1),
    "one full page": (200, 200, 1),
    "two pages": (201, 200, 2),
    "two full pages": (400, 200, 2),
    "three pages": (401, 200, 3),
    "five full pages": (1000, 200, 5),
    "one page of 30": (30, 30, 1),
    "two pages of 30": (31, 30, 2),
    "three pages of 30": (65, 30, 3),
    "eight full pages of 30": (240, 30, 8),
    "nine pages of 30": (241, 30, 9),
    "34 pages of 30": (1000, 30, 34),
}
LARGE: dict[str, tuple[int, int]] = {
    "1001 rows": (1001, 200),
    "one row less than six pages": (1199, 200),
    "six full pages": (1200, 200),
    "one row more than six pages": (1201, 200),
    "nine full pages": (1800, 200),
    "2000 rows": (2000, 200),
    "one row less than 50 pages": (9_999, 200),
    "50 full pages": (10_000, 200),
    "one row more than 50 pages": (10_001, 200),
    "1001 rows of 30": (1001, 30),
    "34 full pages of 30": (1020, 30),
}
UNKNOWN: dict[str, tuple[int, int]] = {
    "no rows": (0, 1),
    "part of a page": (150, 2),
    "one page": (200, 2),
    "more": (250, 3),
}
DEFAULT_CONCURRENCY: dict[str, tuple[int, int, int]] = {
    "one page": (200, 200, 1),
    "two pages": (400, 200, 1),
    "three pages": (600, 200, 2),
    "five pages": (1000, 200, 4),
    "nine pages": (270, 30, 8),
    "34 pages": (1000, 30, 8),
    "1001 rows": (1001, 200, 3),
    "3000 rows": (3000, 200, 3),
}
BUSY = 0.05


def refusal(number: int) -> ApiError:
    return build_api_error(
        "list the disks", ErrorDetails("permission_denied", status=403, description=f"page {number}")
    )


@pytest.mark.parametrize(("count", "most", "pages"), KNOWN.values(), ids=KNOWN)
def test_where_the_number_of_pages_is_told_each_is_asked_for_once(count: int, most: int, pages: int) -> None:
    service = PagedService(rows(count), most)

    assert list_rows(service, CALL, "disk", lambda _row: True) == RowList(rows(count), pages)
    assert sorted(service.asked) == list(range(1, pages + 1))


@pytest.mark.parametrize(("count", "most"), LARGE.values(), ids=LARGE)
def test_a_large_list_is_left_three_pages_beyond_its_end_at_most(count: int, most: int) -> None:
    service = PagedService(rows(count), most)
    read = list_rows(service, CALL, "disk", lambda _row: True)

    assert read == RowList(rows(count), len(service.asked), is_certain=False)
    assert sorted(service.asked) == list(range(1, read.pages + 1))
    assert service.last <= read.pages <= service.last + 3


@pytest.mark.parametrize(("count", "pages"), UNKNOWN.values(), ids=UNKNOWN)
def test_where_nothing_is_told_pages_are_read_one_after_another(count: int, pages: int) -> None:
    service = PagedService(rows(count), during=lambda _number: time.sleep(BUSY), pagination=False)

    assert list_all(service, CALL, "disk") == rows(count)
    assert (service.asked, service.most_at_once) == (list(range(1, pages + 1)), 1)


@given(full=st.integers(0, 30), odd=st.integers(0, 199), most=st.integers(30, 200), slow=st.integers(1, 7))
@settings(max_examples=60, deadline=None)
def test_every_list_is_read_whole_and_left_soon(full: int, odd: int, most: int, slow: int) -> None:
    there = rows(full * most + odd % most)
    service = PagedService(there, most, during=lambda number: time.sleep(0.0005 * (number * slow % 5)))

    assert list_all(service, CALL, "disk") == there
    assert sorted(service.asked) == list(range(1, len(service.asked) + 1))
    assert service.last <= len(service.asked) <= service.last + (3 if len(there) > 1000 else 0)


@pytest.mark.parametrize(("count", "most", "at_once"), DEFAULT_CONCURRENCY.values(), ids=DEFAULT_CONCURRENCY)
def test_so_many_pages_are_read_at_a_time(count: int, most: int, at_once: int) -> None:
    def during(number: int) -> None:
        end = time.monotonic() + 10
        while number > 1 and service.most_at_once < at_once and time.monotonic() < end:
            time.sleep(0.001)
        time.sleep(BUSY)

    service = PagedService(rows(count), most, during=during)
    assert list_all(service, CALL, "disk") == rows(count)
    assert service.most_at_once == at_once
    assert (service.threads == {threading.get_ident()}) is (at_once == 1)


def test_as_many_pages_are_asked_for_in_vain_where_each_is_slower_than_all_before() -> None:
    all_are_begun = threading.Event()

    def during(number: int) -> None:
        if number == 9:
            all_are_begun.set()
        if number > 6:
            assert all_are_begun.wait(10)

    service = PagedService(rows(1200), during=during)
    assert list_all(service, CALL, "disk") == rows(1200)
    assert sorted(service.asked) == list(range(1, 10))


def test_a_short_page_is_the_end_of_a_large_list_before_the_pages_beyond_it_are_answered() -> None:
    service = PagedService(rows(1001), during=lambda number: time.sleep(BUSY if number > 6 else 0))

    assert list_all(service, CALL, "disk") == rows(1001)
    assert max(service.asked) <= 8


def test_an_end_that_is_known_before_a_page_ahead_of_it_loses_nothing() -> None:
    the_end_is_known = threading.Event()

    def during(number: int) -> None:
        if number == 5:
            assert the_end_is_known.wait(10)
        elif number == 7:
            time.sleep(BUSY)
            the_end_is_known.set()

    service = PagedService(rows(1201), during=during)
    assert list_all(service, CALL, "disk") == rows(1201)
    assert max(service.asked) <= 9


@pytest.mark.parametrize(("count", "most", "begun"), [(1000, 30, 9), (10_000, 200, 4)], ids=["told", "large"])
def test_the_error_of_one_page_is_raised_and_no_page_is_begun_after_it(count: int, most: int, begun: int) -> None:
    raised, all_are_begun = threading.Event(), threading.Event()

    def during(number: int) -> None:
        if number == begun:
            all_are_begun.set()
        if number == 3:
            assert all_are_begun.wait(10)
            raised.set()
            raise refusal(number)
        if number > 1:
            assert raised.wait(10)
            time.sleep(BUSY)

    service = PagedService(rows(count), most, during=during)
    with pytest.raises(ApiError, match="page 3"):
        list_all(service, CALL, "disk")
    assert sorted(service.asked) == list(range(1, begun + 1))


@pytest.mark.parametrize("count", [1000, 3000], ids=["told", "large"])
@pytest.mark.parametrize("row", ["disk_One", {"id": None}, {"name": "data-01"}], ids=["text", "no id", "only a name"])
def test_a_row_that_can_t_be_read_is_an_error_on_any_page_and_whatever_is_kept(count: int, row: Any) -> None:
    there: list[Any] = rows(count)
    there[555] = row

    with pytest.raises(ApiError) as raised:
        list_rows(PagedService(there), CALL, "disk", lambda _row: False)
    assert raised.value.details.code == "unexpected_answer"


def test_a_row_that_is_deleted_meanwhile_hides_no_other() -> None:
    """Its successors move one place up, on to pages that may have been read; the total tells, and all is read again."""
    first_time = iter([True])

    def during(number: int) -> None:
        if number == 5 and next(first_time, False):
            time.sleep(BUSY)
            del service.there[0]

    service = PagedService(rows(240), 30, during=during)
    assert list_rows(service, CALL, "disk", lambda _row: True) == RowList(rows(239, 1), 8)
    assert len(service.asked) == 16


@pytest.mark.parametrize(
    ("count", "most", "pages"),
    [(59, 30, 2), (60, 30, 3), (1000, 200, 6), (1000, 30, 34)],
    ids=["on the last page", "on a page more", "large now", "large now, of 30"],
)
def test_a_row_that_is_made_meanwhile_is_there(count: int, most: int, pages: int) -> None:
    def during(number: int) -> None:
        if number == 2 and len(service.there) == count:
            service.there.append({"id": "disk_New"})

    service = PagedService(rows(count), most, during=during)
    read = list_rows(service, CALL, "disk", lambda _row: True)
    assert read.rows == [*rows(count), {"id": "disk_New"}]
    assert pages <= read.pages <= pages + 3


def test_a_list_that_became_large_stays_so_whatever_older_answers_tell() -> None:
    class Grown(PagedService):
        def page(self, number: int, per_page: int) -> dict[str, Any]:
            page = super().page(number, per_page)
            older = {"total": 1000, "total_pages": 5, "large_set": False}
            return page if number in (2, 6) else {**page, "pagination": {**page["pagination"], **older}}

    service = Grown(rows(1001), during=lambda number: time.sleep(BUSY if number in (3, 4, 5) else 0))
    assert list_all(service, CALL, "disk") == rows(1001)


def test_a_row_that_moves_while_a_large_list_is_read_is_there_once() -> None:
    def during(number: int) -> None:
        if number == 4 and len(service.there) == 2000:
            service.there.insert(0, {"id": "disk_New"})

    service = PagedService(rows(2000), during=during)
    read = list_all(service, CALL, "disk")
    assert [row for row in read if row["id"] != "disk_New"] == rows(2000)


@pytest.mark.parametrize(("count", "most"), [(200, 1), (3000, 3 * 4), (1000, 3 * 5)], ids=["one page", "large", "told"])
def test_a_service_that_knows_no_pages_is_left(count: int, most: int) -> None:
    class Same(PagedService):
        def page(self, _number: int, per_page: int) -> dict[str, Any]:
            return super().page(1, per_page)

    service = Same(rows(count))
    read = list_rows(service, CALL, "disk", lambda _row: True)
    assert read.rows == rows(200)
    assert (read.incomplete_error is None) is (count == 200)
    assert len(service.asked) <= most
