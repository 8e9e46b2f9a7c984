# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the values of answers say of each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.models import Lookup, parse_disk_payload
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Moment
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import KatapultError
from ansible_collections.katapult.cloud.tests.unit.support.factories import attachment, disk, disk_payload


def on(**machine: Any) -> dict[str, Any]:
    return attachment(virtual_machine=machine)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (on(id="vm_A", fqdn="a.test"), on(id="vm_A", fqdn="b.test"), True),
        (on(id="vm_A", fqdn="a.test"), on(id="vm_B", fqdn="a.test"), False),
        (on(id="vm_A", fqdn="a.test"), on(fqdn="A.test"), True),
        (on(fqdn="a.test"), on(id="vm_A", fqdn="b.test"), False),
        (on(id="vm_A"), None, False),
        (None, on(id="vm_A"), False),
        (None, None, True),
    ],
    ids=["one id", "two ids", "one name", "two names", "moved off", "moved on", "on none"],
)
def test_two_disks_are_on_one_machine_by_its_id_or_else_its_name(one: Any, other: Any, same: bool) -> None:
    assert disk(virtual_machine_disk=one).is_on_machine_of(disk(virtual_machine_disk=other)) is same


def test_whether_two_disks_are_on_one_machine_is_not_guessed() -> None:
    with pytest.raises(KatapultError, match=r"no usable virtual_machine_disk\.virtual_machine\."):
        disk(virtual_machine_disk=on(id="vm_A")).is_on_machine_of(disk(virtual_machine_disk=on(fqdn="a.test")))


@pytest.mark.parametrize(("key", "matches"), [("fqdn", True), ("id", False)])
def test_only_names_of_machines_are_compared_without_regard_to_case(key: str, matches: bool) -> None:
    assert Lookup(key, "Web-01").matches({key: "web-01"}) is matches


def test_a_disk_takes_the_state_of_its_row_and_counts_as_seen_at_no_time() -> None:
    answer = replace(disk(annotations=[{"key": "env", "value": "test"}], state="not_built"), seen=Moment(0.0, 0))

    shown = answer.with_state_of(disk_payload())

    assert shown == disk(annotations=[{"key": "env", "value": "test"}])
    assert shown is not None
    assert (shown.seen, answer.payload["state"]) == (None, "not_built")


@pytest.mark.parametrize(
    "changes",
    [{"id": "disk_Two"}, {"name": "data-02"}, {"size_in_gb": 21}, {"wwn": None}, {"state": None}, {"state": ["built"]}],
    ids=str,
)
def test_a_row_that_differs_gives_no_disk(changes: dict[str, Any]) -> None:
    assert disk(state="not_built").with_state_of(disk_payload(**changes)) is None


@pytest.mark.parametrize("key", ["id", "name", "size_in_gb", "wwn", "state", "virtual_machine_disk"])
def test_a_row_that_leaves_something_open_gives_no_disk(key: str) -> None:
    row = {name: value for name, value in disk_payload().items() if name != key}
    assert disk(state="not_built").with_state_of(row) is None


def test_a_disk_on_a_virtual_machine_is_not_taken_from_a_row() -> None:
    place = attachment()
    assert (
        disk(state="not_built", virtual_machine_disk=place).with_state_of(disk_payload(virtual_machine_disk=place))
        is None
    )


@pytest.mark.parametrize("missing", [None, *sorted(disk_payload().keys() - {"id", "name", "state"})])
def test_a_disk_is_whole_with_all_its_keys(missing: str | None) -> None:
    payload = {key: value for key, value in disk_payload().items() if key != missing}
    assert parse_disk_payload(payload, []).is_whole is (missing is None)


@pytest.mark.parametrize(
    ("changes", "is_whole"),
    [
        ({"io_profile": None}, True),
        ({"io_profile": {"id": "diop_One", "name": "100k", "permalink": "100k"}}, False),
        ({"data_center": {"id": "loc_London", "name": "London"}}, False),
        ({"data_center": "London"}, False),
        ({"installation": {"attributes": []}}, True),
    ],
    ids=str,
)
def test_the_objects_in_a_disk_are_whole_too(changes: dict[str, Any], is_whole: bool) -> None:
    assert disk(**changes).is_whole is is_whole
