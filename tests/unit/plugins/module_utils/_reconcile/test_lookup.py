# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which disk a name means: exact, over all pages, narrowed by the data center."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.endpoints import KatapultApi
from ansible_collections.katapult.cloud.plugins.module_utils._api.models import Lookup
from ansible_collections.katapult.cloud.plugins.module_utils._api.pagination import RowList
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Deadline
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import KatapultError, OptionError
from ansible_collections.katapult.cloud.plugins.module_utils._core.polling import (
    INITIAL_DELAY,
    VISIBILITY_TIMEOUT,
    Poller,
)
from ansible_collections.katapult.cloud.plugins.module_utils._options.disk import Assignment
from ansible_collections.katapult.cloud.plugins.module_utils._reconcile.lookup import (
    LookupResult,
    find_by_name,
    find_unknown,
)
from ansible_collections.katapult.cloud.tests.unit.support.factories import (
    AMSTERDAM,
    DISK,
    LIST,
    attachment,
    desired,
    disk_payload,
    service_with,
    thin,
)
from ansible_collections.katapult.cloud.tests.unit.support.fakes import FakeClock, ScriptedService, error_answer

HERE = disk_payload(id="disk_Here")
THERE = disk_payload(id="disk_There", data_center=AMSTERDAM)
ON_WEB = disk_payload(id="disk_OnWeb", data_center=AMSTERDAM, virtual_machine_disk=attachment())
WEB = Assignment(Lookup("fqdn", "web-01.acme.katapult.cloud"))
NOT_IN = Lookup("permalink", "us-nyc-01")
ANYWHERE: dict[str, Any] = {"data_center": None}
NOT_FOUND = error_answer(404, "disk_not_found")
IN_TRASH = error_answer(406, "object_in_trash")


def poller(clock: FakeClock) -> Poller:
    return Poller(clock, Deadline(clock, 600))


def look(service: ScriptedService, **options: Any) -> LookupResult:
    return find_by_name(KatapultApi(service), poller(FakeClock()), desired(**options))


@pytest.mark.parametrize(
    ("disks", "options", "found", "elsewhere"),
    [
        ([], {}, None, []),
        ([HERE], {}, "disk_Here", []),
        ([HERE], ANYWHERE, "disk_Here", []),
        ([THERE], ANYWHERE, "disk_There", []),
        ([THERE], {}, None, ["disk_There"]),
        ([HERE, THERE], {}, "disk_Here", ["disk_There"]),
        ([HERE, THERE], {"data_center": Lookup("id", "loc_Amsterdam")}, "disk_There", ["disk_Here"]),
        ([HERE], {"data_center": NOT_IN}, None, ["disk_Here"]),
        (
            [HERE, THERE],
            {**ANYWHERE, "default_data_center": Lookup("permalink", "nl-ams-01")},
            "disk_There",
            ["disk_Here"],
        ),
        ([ON_WEB], {"assignment": WEB}, "disk_OnWeb", []),
        ([ON_WEB], {}, None, ["disk_OnWeb"]),
    ],
)
def test_the_disk_that_is_meant(
    disks: list[dict[str, Any]], options: dict[str, Any], found: str | None, elsewhere: list[str]
) -> None:
    service = service_with(*disks)
    seen = look(service, **options)

    assert (seen.disk.id if seen.disk else None) == found
    assert [disk.id for disk in seen.elsewhere] == elsewhere
    assert seen.ids == {disk["id"] for disk in disks}
    assert len(service.calls) == 1 + len(disks)


@pytest.mark.parametrize("name", ["Data-01", "data-01 ", "data-0", "data-011", "data"])
def test_names_match_exactly_and_others_are_not_read(name: str) -> None:
    service = service_with(disk_payload(name=name))

    assert look(service).disk is None
    assert service.count("GET", DISK) == 0


def test_several_are_listed_with_what_tells_them_apart() -> None:
    on_machine = disk_payload(id="disk_Two", size_in_gb=50, data_center=AMSTERDAM, virtual_machine_disk=attachment())
    with pytest.raises(KatapultError) as raised:
        look(service_with(HERE, on_machine), data_center=None)

    assert raised.value.details.code == "several_disks_found"
    assert "disk_Here (20 GB, in uk-lon-01, unassigned)" in raised.value.message
    assert "disk_Two (50 GB, in nl-ams-01, on web-01.acme.katapult.cloud)" in raised.value.message
    assert raised.value.details.detail["disks"][1] == {
        "id": "disk_Two",
        "name": "data-01",
        "size_in_gb": 50,
        "data_center": "nl-ams-01",
        "virtual_machine": "web-01.acme.katapult.cloud",
    }


@pytest.mark.parametrize("options", [{}, ANYWHERE], ids=["narrowed", "anywhere"])
def test_at_most_twenty_are_listed(options: dict[str, Any]) -> None:
    service = service_with(*(disk_payload(id=f"disk_{number}") for number in range(25)))
    with pytest.raises(KatapultError) as raised:
        look(service, **options)

    assert len(raised.value.details.detail["disks"]) == 20
    assert raised.value.details.detail["total"] == 25
    assert raised.value.message.startswith("25 disks are named 'data-01'")
    assert "and 5 more" in raised.value.message


def test_a_disk_in_the_trash_that_is_still_listed_is_left_out() -> None:
    service = ScriptedService({f"GET {LIST}": [thin("disk_Gone")], f"GET {DISK}": [IN_TRASH]})

    seen = look(service)
    assert (seen.disk, seen.elsewhere) == (None, ())
    assert seen.ids == {"disk_Gone"}


@pytest.mark.parametrize(
    ("lists", "disks", "found"),
    [
        ([thin("disk_Here")], [NOT_FOUND, NOT_FOUND, {"disk": HERE}], "disk_Here"),
        ([thin("disk_Here"), thin()], [NOT_FOUND], None),
        ([thin("disk_Old"), thin("disk_Here")], [NOT_FOUND, {"disk": HERE}], "disk_Here"),
        ([thin("disk_Here")], [NOT_FOUND, IN_TRASH], None),
    ],
    ids=["the read came late", "the list came late", "another since", "in the trash since"],
)
def test_a_listed_disk_that_is_not_found_is_looked_for_again(lists: list[Any], disks: list[Any], found: str) -> None:
    seen = look(ScriptedService({f"GET {LIST}": lists, f"GET {DISK}": disks}))
    assert (seen.disk.id if seen.disk else None) == found


@pytest.mark.parametrize("listed", [None, RowList([{"id": "disk_Lost"}], 1)], ids=["listed here", "listed before"])
def test_a_listed_disk_that_is_never_found_is_not_taken_for_absent(listed: RowList | None) -> None:
    service, clock = ScriptedService({f"GET {LIST}": [thin("disk_Lost")], f"GET {DISK}": [NOT_FOUND]}), FakeClock()
    with pytest.raises(KatapultError, match="disk_Lost") as raised:
        find_by_name(KatapultApi(service), poller(clock), desired(), listed)

    assert raised.value.details.code == "unexpected_answer"
    assert 5 < clock.elapsed <= VISIBILITY_TIMEOUT + INITIAL_DELAY


UNKNOWN: dict[str, dict[str, Any]] = {
    "null": {"data_center": None},
    "text": {"data_center": "uk-lon-01"},
    "without its permalink": {"data_center": {"id": "loc_London", "name": "London"}},
    "null as its permalink": {"data_center": {"id": "loc_London", "permalink": None}},
}


@pytest.mark.parametrize("odd", UNKNOWN.values(), ids=UNKNOWN)
def test_a_data_center_that_is_not_told_is_not_another(odd: dict[str, Any]) -> None:
    """It was: each run created one more disk."""
    service = service_with({**HERE, **odd})
    with pytest.raises(KatapultError, match=r"disk_Here.* data_center\.permalink") as raised:
        look(service)
    assert raised.value.details.code == "unexpected_answer"
    assert look(service_with({**HERE, **odd}), data_center=None).disk is not None


def test_a_data_center_that_is_missing_is_not_another() -> None:
    without = {key: value for key, value in HERE.items() if key != "data_center"}
    with pytest.raises(KatapultError, match="data_center"):
        look(service_with(without))


def test_the_names_of_machines_are_compared_without_case() -> None:
    web = Assignment(Lookup("fqdn", "Web-01.ACME.katapult.cloud"))
    assert look(service_with(ON_WEB), assignment=web).disk is not None


def test_without_an_organization_nothing_is_sent() -> None:
    service = ScriptedService({})
    with pytest.raises(OptionError, match="KATAPULT_ORGANIZATION"):
        look(service, organization=None)

    assert service.calls == []


def test_only_new_disks_of_the_name_are_new() -> None:
    service = service_with(HERE, THERE, disk_payload(id="disk_New"), disk_payload(id="disk_Other", name="data-02"))

    new = find_unknown(KatapultApi(service), poller(FakeClock()), desired(), frozenset({"disk_Here"})).disks
    assert [disk.id for disk in new] == ["disk_New"]
    assert service.count("GET", DISK) == 2


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"disk": None},
        {"disk": []},
        {"disk": {**HERE, "id": 5}},
        {"disk": {**HERE, "name": None}},
        {"disk": {**HERE, "state": ""}},
        {"disk": {**HERE, "virtual_machine_disk": "web-01"}},
        {"disk": {**HERE, "virtual_machine_disk": {"state": "attached"}}},
    ],
)
def test_a_disk_that_can_t_be_read_is_an_error(payload: Any) -> None:
    with pytest.raises(KatapultError) as raised:
        KatapultApi(ScriptedService({f"GET {DISK}": [payload]})).get_disk("disk_Here")

    assert raised.value.details.code == "unexpected_answer"
    assert raised.value.details.path == DISK


@pytest.mark.parametrize("annotations", [None, {}, "x", ["x", {"key": "env", "value": "test"}]])
def test_odd_annotations_do_not_hide_a_disk(annotations: Any) -> None:
    service = ScriptedService({f"GET {DISK}": [{"disk": HERE, "annotations": annotations}]})

    assert KatapultApi(service).get_disk("disk_Here").annotations in ((), (("env", "test"),))
