# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a disk is created with, and how a create is predicted."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.models import Lookup
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import OptionError
from ansible_collections.katapult.cloud.plugins.module_utils._options.disk import (
    Assignment,
    DesiredDisk,
    change_spec,
    disk_spec,
    parse_disk,
)
from ansible_collections.katapult.cloud.plugins.module_utils._plan.plan import plan_disk
from ansible_collections.katapult.cloud.tests.unit.support.factories import ACME, attachment, desired, disk_payload

WEB = Lookup("fqdn", "web-01.acme.katapult.cloud")
WHOLE = parse_disk(
    {
        "organization": {"sub_domain": "acme"},
        "name": "data-01",
        "size_in_gb": 20,
        "bus_type": "virtio",
        "data_center": {"id": "loc_London"},
        "io_profile": {"permalink": "100k"},
        "initial_file_system": "xfs",
        "storage_speed": "ssd",
        "virtual_machine_disk": {
            "virtual_machine": {"id": None, "fqdn": "web-01.acme.katapult.cloud"},
            "boot": False,
            "attach_on_boot": True,
            "attach": True,
        },
        "annotations": [{"key": "env", "value": "test"}, {"key": "backup", "value": None}],
    },
    {},
)


def test_a_create_sends_exactly_what_was_given() -> None:
    assert plan_disk(WHOLE, None).body == {
        "organization": {"sub_domain": "acme"},
        "properties": {
            "name": "data-01",
            "size_in_gb": 20,
            "bus_type": "virtio",
            "data_center": {"id": "loc_London"},
            "io_profile": {"permalink": "100k"},
            "initial_file_system": "xfs",
            "storage_speed": "ssd",
            "virtual_machine_disk": {
                "virtual_machine": {"fqdn": "web-01.acme.katapult.cloud"},
                "boot": False,
                "attach_on_boot": True,
                "attach": True,
            },
        },
        "annotations": [{"key": "env", "value": "test"}, {"key": "backup"}],
    }


def test_a_create_sends_nothing_that_was_not_given() -> None:
    london = {"permalink": "uk-lon-01"}
    assert plan_disk(desired(), None).body == {
        "organization": {"sub_domain": "acme"},
        "properties": {"name": "data-01", "size_in_gb": 20, "data_center": london},
    }
    usual = desired(data_center=None, default_data_center=Lookup("permalink", "nl-ams-01"))
    assert (plan_disk(usual, None).body or {})["properties"]["data_center"] == {"permalink": "nl-ams-01"}


@pytest.mark.parametrize(
    ("options", "option"),
    [({"size_in_gb": None}, "size_in_gb"), ({"data_center": None}, "data_center")],
)
def test_a_create_needs(options: dict[str, Any], option: str) -> None:
    with pytest.raises(OptionError) as raised:
        plan_disk(desired(**options), None)
    assert raised.value.details.detail == {"option": option}


def test_a_create_on_a_machine_needs_no_data_center() -> None:
    plan = plan_disk(desired(data_center=None, assignment=Assignment(WEB)), None)
    assert "data_center" not in (plan.body or {})["properties"]


def test_the_diff_of_a_create_holds_the_options_that_were_set() -> None:
    plan = plan_disk(WHOLE, None)
    settable = set(disk_spec()) - {"id"}

    assert plan.before == {}
    assert set(plan.after) == settable
    assert plan.after["virtual_machine_disk"]["virtual_machine"] == {"fqdn": "web-01.acme.katapult.cloud"}


def test_the_prediction_has_the_keys_of_a_real_disk() -> None:
    real = disk_payload(virtual_machine_disk=attachment())
    plan = plan_disk(WHOLE, None)
    assert plan.predicted is not None

    assert set(plan.predicted) == set(real)
    for key in ("data_center", "io_profile", "virtual_machine_disk"):
        assert set(plan.predicted[key]) == set(real[key])
    assert [key for key in ("id", "wwn", "state", "created_at") if plan.predicted[key] is not None] == []
    assert plan.predicted["size_in_gb"] == 20


def test_everything_that_is_wanted_is_named() -> None:
    """A new option must be compared, sent, or left out for a reason."""
    assert {item.name for item in fields(DesiredDisk)} == {
        *disk_spec(),
        *change_spec(),
        "organization",
        "assignment",
        "default_data_center",
        "allow_move",
        "option_names",
    } - {"virtual_machine_disk", "state", "force", "purge"}
    assert desired().organization == ACME
