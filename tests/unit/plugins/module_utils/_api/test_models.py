# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the values of answers say of each other."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.models import Lookup
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import KatapultError
from ansible_collections.katapult.cloud.tests.unit.support.factories import attachment, disk


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
