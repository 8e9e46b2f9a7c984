# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that come in pages: complete, each row once, and always at an end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from weakref import ReferenceType, ref

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.messages import Request
from ansible_collections.katapult.cloud.plugins.module_utils._api.pagination import RowList, list_all, list_rows
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import ApiError
from ansible_collections.katapult.cloud.tests.unit.support.factories import LIST
from ansible_collections.katapult.cloud.tests.unit.support.fakes import ScriptedService
from ansible_collections.katapult.cloud.tests.unit.support.paged_list import CALL, PagedService, rows


class Watched(dict[str, Any]):
    """A row that can be watched, which a plain dictionary can't."""


class WatchedService(PagedService):
    """A service that knows which of the rows that it sent are still held by somebody."""

    def __init__(self, there: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(there)
        self.most_held = 0
        self._sent: list[ReferenceType[Watched]] = []

    @property
    def held(self) -> int:
        return sum(row() is not None for row in self._sent)

    def page(self, number: int, per_page: int) -> dict[str, Any]:
        page = super().page(number, per_page)
        page["disk"] = [Watched(row) for row in page["disk"]]
        self._sent.extend(ref(row) for row in page["disk"])
        self.most_held = max(self.most_held, self.held)
        return page


def test_what_is_asked_for() -> None:
    service = ScriptedService({f"GET {LIST}": [PagedService(rows(401)).send]})

    assert list_all(service, CALL, "disk") == rows(401)
    asked = [(("organization[sub_domain]", "acme"), ("page", number), ("per_page", "200")) for number in "123"]
    assert sorted(call.query for call in service.calls) == asked
    assert {(call.method, call.path, call.action) for call in service.calls} == {("GET", LIST, "list the disks")}


@pytest.mark.parametrize(("count", "at_once"), [(100, 1), (1000, 4), (10_000, 3)], ids=["one page", "told", "large"])
def test_only_the_rows_that_matter_are_held(count: int, at_once: int) -> None:
    """Beside them, those of the pages that are under way."""
    matter = {row["id"] for row in rows(count)[:: count // 2]}
    service = WatchedService(rows(count))
    read = list_rows(service, CALL, "disk", lambda row: row["id"] in matter)

    assert [row["id"] for row in read.rows] == sorted(matter)
    assert service.held == len(matter) == 2
    assert service.most_held <= 2 + 200 * at_once


def test_a_row_that_is_there_twice_is_kept_once_as_it_was_last() -> None:
    told = {"per_page": 2, "total_pages": 2, "total": 3}
    pages: list[list[dict[str, Any]]] = [[{"id": "a"}, {"id": "b", "size": 1}], [{"id": "b", "size": 2}, {"id": "c"}]]
    service = ScriptedService({f"GET {LIST}": [{"disk": page, "pagination": told} for page in pages]})

    assert list_rows(service, CALL, "disk", lambda row: row["id"] != "c") == RowList([{"id": "a"}, pages[1][0]], 2)


@pytest.mark.parametrize("pagination", [None, [], "x", {}, {"total_pages": "5", "per_page": None}])
def test_an_unreadable_pagination_goes_on_until_nothing_is_new(pagination: Any) -> None:
    pages = [{"disk": rows(3, start), "pagination": pagination} for start in (0, 3)]
    service = ScriptedService({f"GET {LIST}": [*pages, {"disk": [], "pagination": pagination}]})

    assert list_all(service, CALL, "disk") == rows(6)


def test_a_row_that_shifts_to_the_next_page_is_there_once() -> None:
    """A disk made meanwhile pushes the last row of page one to page two; it is seen when the list is read again."""
    told = {"per_page": 2, "total_pages": 2}
    service = ScriptedService(
        {
            f"GET {LIST}": [
                {"disk": rows(2), "pagination": {**told, "total": 3}},
                {"disk": rows(2, 1), "pagination": {**told, "total": 4}},
                {"disk": rows(2), "pagination": {**told, "total": 4}},
                {"disk": rows(2, 2), "pagination": {**told, "total": 4}},
            ]
        }
    )

    assert list_all(service, CALL, "disk") == rows(4)
    assert len(service.calls) == 4


def test_rows_are_read_again_where_one_may_have_shifted_to_a_page_already_read() -> None:
    """A disk deleted meanwhile pulls the first row of page two to page one, where it is not seen."""
    told = {"per_page": 2, "total_pages": 2}
    service = ScriptedService(
        {
            f"GET {LIST}": [
                {"disk": rows(2), "pagination": {**told, "total": 4}},
                {"disk": rows(1, 3), "pagination": {**told, "total": 3}},
                {"disk": rows(2, 1), "pagination": {**told, "total": 3}},
                {"disk": rows(1, 3), "pagination": {**told, "total": 3}},
            ]
        }
    )

    assert list_all(service, CALL, "disk") == rows(3, 1)
    assert len(service.calls) == 4


def test_a_total_that_falls_for_ever_ends() -> None:
    totals = iter(range(1000, 0, -1))

    def falling(call: Request) -> dict[str, Any]:
        number = int(dict(call.query)["page"])
        told = {"per_page": 2, "total_pages": 2, "total": next(totals)}
        return {"disk": rows(2, 2 * number) if number <= 2 else [], "pagination": told}

    service = ScriptedService({f"GET {LIST}": [falling]})
    read = list_rows(service, CALL, "disk", lambda _row: True)
    assert (len(read.rows), read.incomplete_error is None) == (4, False)
    assert len(service.calls) <= 3 * 10


@pytest.mark.parametrize("count", [0, 1, 199])
def test_a_short_first_page_without_totals_is_all(count: int) -> None:
    told = {"per_page": 200, "total": None, "total_pages": None, "large_set": True}
    service = ScriptedService({f"GET {LIST}": [{"disk": rows(count), "pagination": told}]})

    assert list_rows(service, CALL, "disk", lambda _row: True) == RowList(rows(count), 1)
    assert len(service.calls) == 1


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"disks": []},
        {"disk": None},
        {"disk": {"id": "disk_One"}},
        {"disk": ["disk_One"]},
        {"disk": [{"name": "data-01"}]},
        {"disk": [{"id": None}]},
        {"disk": [{"id": 5}]},
    ],
)
def test_a_list_that_can_t_be_read_is_an_error(payload: Any) -> None:
    with pytest.raises(ApiError) as raised:
        list_all(ScriptedService({f"GET {LIST}": [payload]}), CALL, "disk")

    assert raised.value.details.code == "unexpected_answer"
    assert raised.value.details.ambiguous is False


@pytest.mark.parametrize("total", [True, -1, 1.5, "1", [1]], ids=repr)
def test_a_total_that_is_no_number_of_rows_tells_nothing(total: Any) -> None:
    told = {"per_page": 200, "total_pages": 1, "total": total}
    service = ScriptedService({f"GET {LIST}": [{"disk": [], "pagination": told}]})

    assert list_rows(service, CALL, "disk", lambda _row: True) == RowList([], 1)
    assert len(service.calls) == 1
