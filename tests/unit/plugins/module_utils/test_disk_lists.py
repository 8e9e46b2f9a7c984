# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lists of disks that DiskApi gives."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._disk_api import DiskApi
from ansible_collections.katapult.cloud.plugins.module_utils._pages import Listing
from ansible_collections.katapult.cloud.tests.unit.plugins.doubles import ScriptedService
from ansible_collections.katapult.cloud.tests.unit.plugins.paged import PagedService
from ansible_collections.katapult.cloud.tests.unit.plugins.things import ACME, LIST, listing

NAMES = ["data-01", "Data-01", "data-01 ", "data-011", "data-02", None, "data-01"]
THERE: list[dict[str, Any]] = [{"id": f"disk_{number}", "name": name} for number, name in enumerate(NAMES)]
ASKED = (("organization[sub_domain]", "acme"), ("page", "1"), ("per_page", "200"))


def test_disks_of_a_name_have_exactly_that_name() -> None:
    named = DiskApi(PagedService([*THERE, {"id": "disk_Nameless"}])).disks_named(ACME, "data-01")

    assert [row["id"] for row in named] == ["disk_0", "disk_6"]


@pytest.mark.parametrize(("most", "pages"), [(200, 1), (4, 2), (3, 3)])
def test_disks_of_many_names_come_from_one_listing_that_tells_its_pages(most: int, pages: int) -> None:
    service = PagedService(THERE, most)
    found = DiskApi(service).disks_among(ACME, lambda row: row["name"] in ("Data-01", "data-02"))

    assert found == Listing([THERE[1], THERE[4]], pages)
    assert len(service.asked) == pages


def test_annotations_are_asked_for_in_pairs() -> None:
    service = ScriptedService({f"GET {LIST}": [listing(*THERE)]})
    api = DiskApi(service)

    assert api.disks(ACME) == THERE
    assert api.disks(ACME, [("env", "test"), ("backup", "")]) == THERE
    pairs = [("key", "env"), ("value", "test"), ("key", "backup"), ("value", "")]
    annotations = tuple((f"annotations[][{part}]", text) for part, text in pairs)
    assert [call.query for call in service.calls] == [ASKED, (ASKED[0], *annotations, *ASKED[1:])]
