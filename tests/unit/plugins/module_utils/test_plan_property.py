# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever is wanted and whatever is there: a plan either refuses, or leads from what is to what is wanted."""

from __future__ import annotations

from typing import Any

from ansible_collections.katapult.cloud.plugins.module_utils._disk import Disk, Power, Wanted, annotation_pairs, disk_of
from ansible_collections.katapult.cloud.plugins.module_utils._disk_options import OPTIONS
from ansible_collections.katapult.cloud.plugins.module_utils._disk_plan import Plan, plan_disk
from ansible_collections.katapult.cloud.plugins.module_utils._disk_spec import wanted_disk
from ansible_collections.katapult.cloud.plugins.module_utils._errors import KatapultError
from ansible_collections.katapult.cloud.tests.unit.plugins.things import (
    AMSTERDAM,
    LONDON,
    UNRESTRICTED,
    attachment,
    disk_payload,
)
from hypothesis import given, settings
from hypothesis import strategies as st

WEB = {"id": "vm_Web", "fqdn": "web-01.acme.katapult.cloud"}
DB = {"id": "vm_Db", "fqdn": "db-01.acme.katapult.cloud"}


def lookups(*things: dict[str, Any], keys: tuple[str, str] = ("id", "permalink")) -> st.SearchStrategy[dict[str, str]]:
    """A lookup of one of these things, by either key."""
    return st.sampled_from([{key: thing[key]} for thing in things for key in keys])


annotation_lists = st.lists(
    st.fixed_dictionaries({"key": st.sampled_from("ab")}, optional={"value": st.sampled_from([None, "", "1"])}),
    max_size=3,
)
truths = st.sampled_from([True, False])
option_sets = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["data-01", "data-02"]),
        "size_in_gb": st.sampled_from([20, 30]),
        "bus_type": st.sampled_from(["scsi", "virtio"]),
        "data_center": lookups(LONDON, AMSTERDAM),
        "io_profile": lookups(UNRESTRICTED),
        "initial_file_system": st.just("ext4"),
        "storage_speed": st.sampled_from(["nvme", "ssd"]),
        "virtual_machine_disk": st.fixed_dictionaries(
            {},
            optional={
                "virtual_machine": lookups(WEB, DB, keys=("id", "fqdn")),
                "boot": truths,
                "attach_on_boot": truths,
                "attach": truths,
            },
        ),
        "annotations": annotation_lists,
    },
)
attachments = st.builds(
    attachment,
    virtual_machine=st.sampled_from([WEB, DB]),
    attach_on_boot=truths,
    boot=truths,
    state=st.sampled_from(["attached", "detached", "attaching", "detaching", "failed"]),
)
disks = st.builds(
    disk_of,
    st.builds(
        disk_payload,
        name=st.sampled_from(["data-01", "data-02"]),
        size_in_gb=st.sampled_from([20, 30]),
        state=st.sampled_from(["built", "building", "not_built", "failed"]),
        storage_speed=st.sampled_from(["nvme", "ssd"]),
        bus_type=st.sampled_from(["scsi", "virtio", None]),
        io_profile=st.sampled_from([UNRESTRICTED, None]),
        data_center=st.sampled_from([LONDON, AMSTERDAM]),
        virtual_machine_disk=st.none() | attachments,
    ),
    annotation_lists,
)


def planned(options: dict[str, Any], disk: Disk | None, power: Power) -> tuple[Wanted, Plan] | None:
    wanted = wanted_disk(options, {})
    try:
        return wanted, plan_disk(wanted, disk, power)
    except KatapultError:
        return None


@given(option_sets, disks, st.sampled_from(list(Power)))
@settings(max_examples=150, deadline=None)
def test_an_existing_disk_is_as_wanted_or_refused(options: dict[str, Any], disk: Disk, power: Power) -> None:
    plan = planned(options, disk, power)
    if plan is None:
        return
    before, steps = plan[1].before, plan[1].steps
    assert (before, steps) == (plan[1].after, ())
    assert set(before) <= set(options)
    assert disk.state != "failed"
    for key in {"name", "size_in_gb", "bus_type", "storage_speed"} & set(options):
        assert before[key] == options[key] == disk.payload[key]
    for key in {"data_center", "io_profile"} & set(options):
        assert options[key].items() <= disk.payload[key].items()
    if "annotations" in options:
        assert annotation_pairs(before["annotations"]) == annotation_pairs(options["annotations"]) == disk.annotations


@given(option_sets, disks, st.sampled_from(list(Power)))
@settings(max_examples=150, deadline=None)
def test_an_assignment_is_as_wanted_or_refused(options: dict[str, Any], disk: Disk, power: Power) -> None:
    wished = options.get("virtual_machine_disk", {})
    there = disk.attachment
    if planned(options, disk, power) is None or (there is None and "virtual_machine" not in wished):
        return
    assert there is not None or not wished
    for key in {"boot", "attach_on_boot"} & set(wished):
        assert getattr(there, key) == wished[key]
    if there is not None and "virtual_machine" in wished:
        assert wished["virtual_machine"].items() <= there.virtual_machine.items()
    if there is not None and there.state == "attached" and disk.state == "built":
        assert wished.get("attach", True) is True


@given(option_sets)
@settings(max_examples=150, deadline=None)
def test_a_create_holds_all_that_is_wanted_and_nothing_else(options: dict[str, Any]) -> None:
    plan = planned(options, None, Power.UNKNOWN)
    if plan is None:
        return
    wanted, found = plan
    body = found.steps[0].body
    assert "None" not in repr(body)
    assert {**body["properties"], **{key: body[key] for key in body if key == "annotations"}} == {
        key: [dict(item) for item in wanted.annotations or ()] if key == "annotations" else value
        for key, value in options.items()
    }
    assert {name.partition(".")[0] for name in (option.name for option in OPTIONS)} >= set(found.after) - {
        "initial_file_system"
    }
    assert found.before == {}
