# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which disks a query lets pass."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.models import Lookup
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import OptionError
from ansible_collections.katapult.cloud.plugins.module_utils._options.info import DiskQuery, disk_query
from ansible_collections.katapult.cloud.tests.unit.support.factories import attachment, disk, disk_payload

NOW = 1_800_000_000.0
ON_WEB = {"virtual_machine_disk": attachment()}
THIN_ON_WEB = {"virtual_machine_disk": {"virtual_machine": attachment()["virtual_machine"]}}
WEB = Lookup("fqdn", "web-01.acme.katapult.cloud")
ANNOTATIONS: list[dict[str, Any]] = [{"key": "env", "value": "test"}, {"key": "bare", "value": None}]


@pytest.mark.parametrize(
    ("payload", "query", "passes"),
    [
        ({}, {}, True),
        ({}, {"name": "data-01"}, True),
        ({}, {"name": "data-0"}, False),
        ({}, {"name": "DATA-01"}, False),
        ({}, {"state": "built"}, True),
        ({}, {"state": "failed"}, False),
        ({}, {"name": "data-01", "state": "failed"}, False),
        ({"state": "failed"}, {"name": "data-01", "state": "failed"}, True),
        ({}, {"virtual_machine": WEB}, False),
        (ON_WEB, {"virtual_machine": WEB}, True),
        (THIN_ON_WEB, {"virtual_machine": WEB}, True),
        (THIN_ON_WEB, {"virtual_machine": Lookup("id", "vm_Web")}, True),
        (THIN_ON_WEB, {"virtual_machine": Lookup("id", "vm_Other")}, False),
        (THIN_ON_WEB, {"virtual_machine": WEB, "name": "data-02"}, False),
        (ON_WEB, {}, True),
    ],
)
def test_what_passes(payload: dict[str, Any], query: dict[str, Any], passes: bool) -> None:
    assert DiskQuery(**query).matches(disk_payload(**payload)) is passes


@pytest.mark.parametrize(
    ("given", "desired"),
    [
        ([], True),
        ([{"key": "env", "value": "test"}], True),
        ([{"key": "bare"}], True),
        ([{"key": "bare", "value": ""}], True),
        ([{"key": "bare"}, {"key": "env", "value": "test"}], True),
        ([{"key": "env"}], False),
        ([{"key": "env", "value": "production"}], False),
        ([{"key": "env", "value": "test"}, {"key": "role"}], False),
    ],
)
def test_a_whole_disk_has_all_annotations(given: list[dict[str, str]], desired: bool) -> None:
    query = disk_query({"annotations": given, "details": False})

    assert query.matches_details(disk(ANNOTATIONS), NOW) is desired
    assert query.matches_details(disk(ANNOTATIONS, name="other"), NOW) is desired
    assert (
        disk_query({"annotations": given, "details": False, "name": "x"}).matches_details(disk(ANNOTATIONS), NOW)
        is False
    )


def test_the_options_become_a_query() -> None:
    params = {
        "organization": {"id": None, "sub_domain": "acme"},
        "id": "disk_One",
        "name": "data-01",
        "state": "built",
        "virtual_machine": {"id": "vm_Web", "fqdn": None},
        "annotations": [{"key": "env", "value": "test"}, {"key": "bare", "value": None}],
        "details": True,
    }

    assert disk_query(params) == DiskQuery(
        organization=Lookup("sub_domain", "acme"),
        id="disk_One",
        name="data-01",
        state="built",
        virtual_machine=Lookup("id", "vm_Web"),
        annotations=(("bare", ""), ("env", "test")),
        details=True,
    )


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"id": ""}, "id"),
        ({"name": " "}, "name"),
        ({"virtual_machine": {"fqdn": ""}}, "virtual_machine.fqdn"),
        ({"organization": {"sub_domain": ""}}, "organization.sub_domain"),
        ({"annotations": [{"key": "env"}, {"key": ""}]}, "annotations[1].key"),
    ],
)
def test_an_empty_option_is_named(options: dict[str, Any], option: str) -> None:
    with pytest.raises(OptionError) as raised:
        disk_query({"details": False, **options})

    assert raised.value.details.detail == {"option": option}
