# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever is wanted and whatever is there: a plan either refuses, or leads from what is to what is wanted, safely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.katapult.cloud.plugins.module_utils._api.models import (
    Disk,
    Machine,
    Power,
    annotation_pairs,
    parse_disk_payload,
)
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import KatapultError
from ansible_collections.katapult.cloud.plugins.module_utils._options.disk import DesiredDisk, change_spec, parse_disk
from ansible_collections.katapult.cloud.plugins.module_utils._plan.comparison import OPTIONS
from ansible_collections.katapult.cloud.plugins.module_utils._plan.plan import Plan, changed_disk, plan_disk
from ansible_collections.katapult.cloud.plugins.module_utils._plan.steps import Step, set_attach_on_boot
from ansible_collections.katapult.cloud.tests.unit.support.factories import (
    AMSTERDAM,
    LONDON,
    UNRESTRICTED,
    attachment,
    disk_payload,
)
from hypothesis import given, settings
from hypothesis import strategies as st

WEB = {"id": "vm_Web", "fqdn": "web-01.acme.katapult.cloud"}
SLOW = {**UNRESTRICTED, "id": "diop_Slow", "name": "100k", "permalink": "100k"}
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
        "size_in_gb": st.sampled_from([10, 20, 30]),
        "resize_method": st.sampled_from(["auto", "online", "offline"]),
        "allow_shrink": truths,
        "bus_type": st.sampled_from(["scsi", "virtio"]),
        "data_center": lookups(LONDON, AMSTERDAM),
        "io_profile": lookups(UNRESTRICTED, SLOW),
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
    parse_disk_payload,
    st.builds(
        disk_payload,
        name=st.sampled_from(["data-01", "data-02"]),
        size_in_gb=st.sampled_from([20, 30]),
        state=st.sampled_from(["built", "building", "not_built", "failed"]),
        storage_speed=st.sampled_from(["nvme", "ssd"]),
        bus_type=st.sampled_from(["scsi", "virtio", None]),
        io_profile=st.sampled_from([UNRESTRICTED, SLOW, None]),
        data_center=st.sampled_from([LONDON, AMSTERDAM]),
        virtual_machine_disk=st.none() | attachments,
    ),
    annotation_lists,
)


machines = st.builds(Machine, st.sampled_from(list(Power)), st.sampled_from([None, LONDON, AMSTERDAM]))
situations = st.tuples(option_sets, disks, machines, truths)
Situation = tuple[dict[str, Any], Disk, Machine, bool]


def planned(situation: Situation) -> tuple[DesiredDisk, Plan] | None:
    """What is wanted and its plan; None where it is refused, or where something is under way, to be waited for."""
    options, disk, machine, allow_move = situation
    if not disk.is_settled:
        return None
    desired = replace(parse_disk(options, {}), id="disk_One", allow_move=allow_move)
    try:
        return desired, plan_disk(desired, disk, machine)
    except KatapultError:
        return None


def after(desired: DesiredDisk, disk: Disk, steps: Sequence[Step]) -> Disk:
    """The disk that the steps lead to."""
    annotates = any(step.name == "annotations" for step in steps)
    annotations = desired.annotations if annotates and desired.annotations is not None else disk.annotation_list
    return parse_disk_payload(changed_disk(disk.payload, steps), list(annotations))


@given(situations)
@settings(max_examples=400, deadline=None)
def test_a_plan_leads_to_what_is_wanted(situation: Situation) -> None:
    found = planned(situation)
    if found is None:
        return
    desired, plan = found
    disk, machine = situation[1], situation[2]
    arrived = after(desired, disk, plan.steps)

    assert plan.predicted == arrived.payload
    assert annotation_pairs(plan.annotations) == arrived.annotations
    again = plan_disk(desired, arrived, machine)
    assert (again.steps, again.before) == ((), again.after)
    assert again.after == plan.after or desired.allow_move


@given(situations)
@settings(max_examples=200, deadline=None)
def test_a_diff_shows_a_change_exactly_where_there_is_one(situation: Situation) -> None:
    found = planned(situation)
    if found is None:
        return
    plan = found[1]
    assert (plan.before != plan.after) is plan.changes
    assert set(plan.before) == set(plan.after)
    # Who takes a disk from a machine is shown which one it is.
    shown_of_a_move = {"name", "size_in_gb"} if situation[3] else set()
    assert set(plan.before) <= set(situation[0]) | shown_of_a_move


@given(situations)
@settings(max_examples=400, deadline=None)
def test_nothing_is_done_that_was_not_asked_for(situation: Situation) -> None:
    found = planned(situation)
    if found is None:
        return
    desired, plan = found
    options, disk = situation[0], situation[1]
    assignment = options.get("virtual_machine_disk", {})
    names = [step.name for step in plan.steps]
    moves = desired.allow_move and disk.attachment is not None and desired.needs_assignment(disk)

    assert "unassign" not in names or moves
    assert "detach" not in names or moves or assignment.get("attach") is False
    assert "attach" not in names or assignment.get("attach") is True
    assert "attach_on_boot" not in names or moves or {"attach", "attach_on_boot"} & set(assignment)
    if disk.is_boot_disk:
        assert {"detach", "unassign", "assign"} & set(names) == set()
        assert all(step.call.body != set_attach_on_boot(desired=False).call.body for step in plan.steps)


@given(situations)
@settings(max_examples=400, deadline=None)
def test_a_disk_is_resized_as_the_service_permits(situation: Situation) -> None:
    found = planned(situation)
    if found is None:
        return
    desired, plan = found
    there = situation[1]
    for step in plan.steps:
        if step.name == "resize":
            current, size = there.payload["size_in_gb"], step.call.body["size_in_gb"]
            assert step.call.body["resize_method"] == ("offline" if there.is_detached else "online")
            assert size > current or (desired.allow_shrink and there.is_detached)
        there = after(desired, there, [step])


@given(situations)
@settings(max_examples=200, deadline=None)
def test_every_step_shows_on_the_disk_that_it_leads_to(situation: Situation) -> None:
    found = planned(situation)
    if found is None:
        return
    desired, plan = found
    there = situation[1]
    for step in plan.steps:
        there = after(desired, there, [step])
        assert step.is_done(there)


@given(option_sets)
@settings(max_examples=150, deadline=None)
def test_a_create_holds_all_that_is_wanted_and_nothing_else(options: dict[str, Any]) -> None:
    given_options = {key: value for key, value in options.items() if key not in change_spec()}
    desired = parse_disk(options, {})
    try:
        found = plan_disk(desired, None)
    except KatapultError:
        return
    body: dict[str, Any] = dict(found.body or {})
    assert "None" not in repr(body)
    assert {**body["properties"], **{key: body[key] for key in body if key == "annotations"}} == {
        key: [dict(item) for item in desired.annotations or ()] if key == "annotations" else value
        for key, value in given_options.items()
    }
    assert {name.partition(".")[0] for name in (option.name for option in OPTIONS)} >= set(found.after) - {
        "initial_file_system"
    }
    assert found.before == {}
