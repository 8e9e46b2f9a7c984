# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that come in pages: complete, each row once, and always at an end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._answers import Call
from ansible_collections.katapult.cloud.plugins.module_utils._errors import ApiError
from ansible_collections.katapult.cloud.plugins.module_utils._pages import every_row
from ansible_collections.katapult.cloud.tests.unit.plugins.doubles import ScriptedService
from ansible_collections.katapult.cloud.tests.unit.plugins.things import LIST

CALL = Call("GET", LIST, "list the disks", (("organization[sub_domain]", "acme"),))


def rows(count: int, start: int = 0) -> list[dict[str, str]]:
    return [{"id": f"disk_{number:04d}"} for number in range(start, start + count)]


def server(
    there: Sequence[dict[str, str]], most: int = 200, *, large: bool = False, pagination: bool = True
) -> Callable[[Call], dict[str, Any]]:
    """A list that pages as the service does, with so many rows on a page at most."""

    def answer(call: Call) -> dict[str, Any]:
        query = dict(call.query)
        per_page = min(int(query["per_page"]), most)
        start = (int(query["page"]) - 1) * per_page
        told = {
            "current_page": int(query["page"]),
            "per_page": per_page,
            "total": None if large else len(there),
            "total_pages": None if large else -(-len(there) // per_page),
            "large_set": large,
        }
        page = {"disk": list(there[start : start + per_page])}
        return {**page, "pagination": told} if pagination else page

    return answer


@pytest.mark.parametrize(
    ("count", "most", "large", "pagination", "requests"),
    [
        (0, 200, False, True, 1),
        (1, 200, False, True, 1),
        (200, 200, False, True, 1),
        (201, 200, False, True, 2),
        (30, 30, False, True, 1),
        (31, 30, False, True, 2),
        (65, 30, False, True, 3),
        (1001, 200, True, True, 6),
        (1200, 200, True, True, 7),
        (0, 200, True, True, 1),
        (0, 200, False, False, 1),
        (150, 200, False, False, 2),
        (200, 200, False, False, 2),
        (250, 200, False, False, 3),
    ],
)
def test_every_row_of_every_page(count: int, most: int, large: bool, pagination: bool, requests: int) -> None:
    service = ScriptedService({f"GET {LIST}": [server(rows(count), most, large=large, pagination=pagination)]})

    assert every_row(service, CALL, "disk") == rows(count)
    assert len(service.calls) == requests
    first = service.calls[0].query
    assert first == (("organization[sub_domain]", "acme"), ("page", "1"), ("per_page", "200"))


@pytest.mark.parametrize("pagination", [None, [], "x", {}, {"total_pages": "5", "per_page": None}])
def test_an_unreadable_pagination_goes_on_until_nothing_is_new(pagination: Any) -> None:
    pages = [{"disk": rows(3, start), "pagination": pagination} for start in (0, 3)]
    service = ScriptedService({f"GET {LIST}": [*pages, {"disk": [], "pagination": pagination}]})

    assert every_row(service, CALL, "disk") == rows(6)


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

    assert every_row(service, CALL, "disk") == rows(4)
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

    assert every_row(service, CALL, "disk") == rows(3, 1)
    assert len(service.calls) == 4


def test_a_total_that_falls_for_ever_ends() -> None:
    totals = iter(range(1000, 0, -1))

    def falling(call: Call) -> dict[str, Any]:
        number = int(dict(call.query)["page"])
        told = {"per_page": 2, "total_pages": 2, "total": next(totals)}
        return {"disk": rows(2, 2 * number), "pagination": told}

    service = ScriptedService({f"GET {LIST}": [falling]})
    assert len(every_row(service, CALL, "disk")) == 4
    assert len(service.calls) <= 10


@pytest.mark.parametrize("large", [True, False], ids=["large", "no-pagination"])
def test_a_service_that_knows_no_pages_ends(large: bool) -> None:
    told = {"per_page": 200, "total": None, "total_pages": None} if large else None
    service = ScriptedService({f"GET {LIST}": [{"disk": rows(200), "pagination": told}]})

    assert every_row(service, CALL, "disk") == rows(200)
    assert len(service.calls) == 2


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
        every_row(ScriptedService({f"GET {LIST}": [payload]}), CALL, "disk")

    assert raised.value.report.code == "unexpected_answer"
    assert raised.value.report.ambiguous is False
