# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One look at the list for all who ask: how many looks there are, and what is kept of them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.disk_list import DiskListSnapshot
from ansible_collections.katapult.cloud.plugins.module_utils._api.messages import Request
from ansible_collections.katapult.cloud.plugins.module_utils._api.models import Lookup
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import ApiError, ErrorDetails
from ansible_collections.katapult.cloud.tests.unit.support.paged_list import MovingService

ACME = Lookup("sub_domain", "acme")
ROWS = [
    {"id": "disk_A", "name": "data-01", "state": "built"},
    {"id": "disk_B", "name": "data-01", "state": "building"},
    {"id": "disk_C", "name": "other", "state": "built"},
    {"id": "disk_D", "name": "another", "state": "built"},
]


class SlowService:
    """A Sender whose first list takes until it is told to go on."""

    def __init__(self) -> None:
        self.looks = 0
        self.first_has_begun = threading.Event()
        self.is_pending = threading.Event()

    def send(self, call: Request) -> Mapping[str, Any]:
        del call
        self.looks += 1
        if self.looks == 1:
            self.first_has_begun.set()
            assert self.is_pending.wait(10)
        return {"disk": ROWS, "pagination": {"total": len(ROWS), "total_pages": 1, "per_page": 200}}


def fleet_api(service: Any) -> DiskListSnapshot:
    return DiskListSnapshot(service, ["data-01", None], [None, "disk_C"])


def test_those_who_ask_during_a_look_share_the_next_one() -> None:
    service = SlowService()
    api = fleet_api(service)
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(api.refresh, ACME)
        assert service.first_has_begun.wait(10)
        waiting = [pool.submit(api.list_disks_named, ACME, "data-01") for _number in range(5)]
        while threading.active_count() < 6:
            pass
        service.is_pending.set()
        first.result(10)
        found = [one.result(10) for one in waiting]

    assert service.looks == 2
    assert all([row["id"] for row in rows] == ["disk_A", "disk_B"] for rows in (named.rows for named in found))


def test_a_look_that_was_made_is_not_made_again() -> None:
    service = SlowService()
    service.is_pending.set()
    api = fleet_api(service)
    number = api.next_refresh

    api.refresh(ACME, number)
    api.refresh(ACME, number)
    assert service.looks == 1

    api.refresh(ACME)
    api.refresh(ACME, number)
    assert service.looks == 2


def test_only_the_rows_of_the_fleet_are_kept() -> None:
    service = SlowService()
    service.is_pending.set()
    api = fleet_api(service)
    api.refresh(ACME)

    assert (api.ids_named("data-01"), api.pages) == (["disk_A", "disk_B"], 1)
    assert [api.get_row(row["id"]).get("state") for row in ROWS] == ["built", "building", "built", None]
    assert api.ids_named("another") == []


def test_a_look_that_fails_fails_for_the_one_who_made_it() -> None:
    class Failing:
        looks = 0

        def send(self, call: Request) -> Mapping[str, Any]:
            del call
            self.looks += 1
            raise ApiError("Could not look", ErrorDetails("http_error"))

    service = Failing()
    api = fleet_api(service)
    for _number in range(2):
        with pytest.raises(ApiError):
            api.refresh(ACME, 1)
    assert service.looks == 2


LARGE = [{"id": f"disk_{number}", "name": f"data-{number:04d}", "state": "built"} for number in range(1200)]
FLEETS: dict[str, tuple[list[str], int]] = {
    "all are seen": (["data-0100", "data-0401"], 1),
    "one is hidden": (["data-0100", "data-0400"], 2),
    "one was deleted meanwhile": (["data-0000", "data-0401"], 1),
    "one is nowhere": (["data-0401", "data-9999"], 2),
}


@pytest.mark.parametrize(("names", "readings"), FLEETS.values(), ids=FLEETS)
def test_a_look_that_misses_a_name_in_a_large_list_reads_it_once_more(names: list[str], readings: int) -> None:
    """Rows move up to a page already read when the first disk is deleted; so a row may have been there, or be gone."""
    service = MovingService(lambda time, page: LARGE if time == 1 and page < 3 else LARGE[1:])
    api = DiskListSnapshot(service, names, [])
    api.refresh(ACME)

    assert service.times_read() == readings
    assert [api.ids_named(name) for name in names] == [
        [row["id"] for row in LARGE if row["name"] == name] for name in names
    ]
    assert 6 <= api.pages <= 9


def test_a_name_that_an_incomplete_list_does_not_show_fails_the_look() -> None:
    service = MovingService(lambda _time, _page: ROWS, told={"total": 5})
    incomplete = "has 5 rows, and shows 4"
    fleet_api(service).refresh(ACME)
    api = DiskListSnapshot(service, ["data-01", "data-02"], [])
    number = api.next_refresh

    for _time in range(2):
        with pytest.raises(ApiError, match=incomplete):
            api.refresh(ACME, number)
    assert service.times_read() == 6
    assert [row["id"] for row in api.list_disks_named(ACME, "data-01").rows] == ["disk_A", "disk_B"]
    with pytest.raises(ApiError, match=incomplete):
        api.list_disks_named(ACME, "data-02")
    with pytest.raises(ApiError, match=incomplete):
        api.raise_if_incomplete()
