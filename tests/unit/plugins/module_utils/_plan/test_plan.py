# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what is and what is wanted to a plan: the steps, their order, and what can't be changed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.models import Disk, Lookup, Machine, Power
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import KatapultError
from ansible_collections.katapult.cloud.plugins.module_utils._options.disk import (
    Assignment,
    DesiredDisk,
    ResizeMethod,
    parse_assignment,
    parse_disk,
)
from ansible_collections.katapult.cloud.plugins.module_utils._plan.plan import Plan, plan_disk
from ansible_collections.katapult.cloud.tests.unit.support import factories
from ansible_collections.katapult.cloud.tests.unit.support.factories import attachment, desired, disk

WEB = Lookup("fqdn", "web-01.acme.katapult.cloud")
DB = Lookup("id", "vm_Db")
ENV = {"key": "env", "value": "test"}
ON, OFF, CHANGING, UNKNOWN = Machine(Power.ON), Machine(Power.OFF), Machine(Power.CHANGING), Machine(Power.UNKNOWN)
IN_LONDON, IN_AMSTERDAM = Machine(Power.ON, factories.LONDON), Machine(Power.ON, factories.AMSTERDAM)
A, D, F = "attached", "detached", "failed"

LONDON, AMSTERDAM = Lookup("permalink", "uk-lon-01"), Lookup("permalink", "nl-ams-01")
# Option, the value that the disk has, another one, and the step that changes it; None: it can't be changed
ROWS: list[tuple[str, dict[str, Any], dict[str, Any], str | None]] = [
    ("name", {"name": "data-01"}, {"name": "data-02"}, "rename"),
    ("size_in_gb", {"size_in_gb": 20}, {"size_in_gb": 30}, "resize"),
    ("size_in_gb", {"size_in_gb": 20}, {"size_in_gb": 10}, None),
    ("bus_type", {"bus_type": "scsi"}, {"bus_type": "virtio"}, "bus_type"),
    ("data_center", {"data_center": LONDON}, {"data_center": AMSTERDAM}, None),
    ("data_center", {"data_center": Lookup("id", "loc_London")}, {"data_center": Lookup("id", "uk-lon-01")}, None),
    (
        "io_profile",
        {"io_profile": Lookup("permalink", "unrestricted")},
        {"io_profile": Lookup("permalink", "100k")},
        "io_profile",
    ),
    (
        "io_profile",
        {"io_profile": Lookup("id", "diop_Unrestricted")},
        {"io_profile": Lookup("id", "diop_Other")},
        "io_profile",
    ),
    ("storage_speed", {"storage_speed": "nvme"}, {"storage_speed": "ssd"}, None),
    ("annotations", {"annotations": (ENV,)}, {"annotations": ()}, "annotations"),
]
THERE = disk(annotations=[ENV])


def steps_of(plan: Plan) -> list[str]:
    return [step.name for step in plan.steps]


def refused(options: DesiredDisk, there: Disk, machine: Machine = UNKNOWN) -> KatapultError:
    with pytest.raises(KatapultError) as raised:
        plan_disk(options, there, machine)
    return raised.value


def refused_options(options: DesiredDisk, there: Disk, machine: Machine = UNKNOWN) -> list[str]:
    error = refused(options, there, machine)
    assert error.details.code == "drift"
    return [found["option"] for found in error.details.detail["differences"]]


@pytest.mark.parametrize(
    ("option", "equal", "other", "step"), ROWS, ids=[f"{row[0]}-{number}" for number, row in enumerate(ROWS)]
)
def test_an_option_that_is_set_is_compared(
    option: str, equal: dict[str, Any], other: dict[str, Any], step: str | None
) -> None:
    unchanged = plan_disk(DesiredDisk(id="disk_One", **equal), THERE)
    assert (unchanged.steps, unchanged.changes, list(unchanged.before)) == ((), False, [option])
    assert unchanged.before == unchanged.after

    if step is None:
        assert refused_options(DesiredDisk(id="disk_One", **other), THERE) == [option]
        return
    plan = plan_disk(DesiredDisk(id="disk_One", **other), THERE)
    assert (steps_of(plan), plan.changes) == ([step], True)
    assert plan.before == unchanged.before or option == "io_profile"
    assert plan.before != plan.after


def test_all_that_can_t_be_changed_is_named_at_once_and_nothing_is_planned() -> None:
    options = DesiredDisk(id="disk_One", name="data-02", size_in_gb=10, data_center=AMSTERDAM, storage_speed="ssd")

    error = refused(options, THERE)

    assert error.summary.startswith("The disk 'data-01' (disk_One) differs: size_in_gb is 20, expected 10. Shrinking ")
    assert " data_center is uk-lon-01, expected nl-ams-01. This cannot be changed" in error.summary
    assert " storage_speed is nvme, expected ssd. This cannot be changed" in error.summary
    assert "name is" not in error.summary
    assert "Nothing was changed." in error.message


def test_steps_stand_in_a_safe_order() -> None:
    profile = Lookup("permalink", "100k")
    change = DesiredDisk(
        id="disk_One",
        name="data-02",
        size_in_gb=30,
        bus_type="virtio",
        io_profile=profile,
        assignment=Assignment(WEB, attach_on_boot=False, attach=True),
        annotations=(),
    )
    assert steps_of(plan_disk(change, THERE, ON)) == [
        "io_profile",
        "rename",
        "bus_type",
        "assign",
        "attach_on_boot",
        "resize",
        "attach",
        "annotations",
    ]
    leaves = DesiredDisk(size_in_gb=10, allow_shrink=True, assignment=Assignment(attach_on_boot=False, attach=False))
    assert steps_of(plan_disk(leaves, disk(virtual_machine_disk=attachment()))) == [
        "attach_on_boot",
        "detach",
        "resize",
    ]


def test_a_disk_that_was_found_by_its_name_is_never_renamed() -> None:
    assert refused_options(DesiredDisk(name="data-02"), THERE) == ["name"]


def test_what_is_not_set_is_not_compared() -> None:
    plan = plan_disk(DesiredDisk(id="disk_One"), disk([ENV], virtual_machine_disk=attachment(), bus_type=None))
    assert (plan.before, plan.after, plan.steps) == ({}, {}, ())


@pytest.mark.parametrize("value", [None, "", "absent"])
@pytest.mark.parametrize("there", [None, "", "absent"])
def test_an_annotation_without_a_value_is_the_same_as_an_empty_one(value: str | None, there: str | None) -> None:
    given = parse_disk({"annotations": [{"key": "a"} if value == "absent" else {"key": "a", "value": value}]}, {})
    has = {"key": "a"} if there == "absent" else {"key": "a", "value": there}

    assert plan_disk(given, disk([has])).steps == ()


def test_annotations_are_a_set() -> None:
    pairs = [{"key": "b", "value": "2"}, {"key": "a", "value": "1"}]

    assert plan_disk(DesiredDisk(annotations=(pairs[1], pairs[0], pairs[1])), disk(pairs)).steps == ()
    assert steps_of(plan_disk(DesiredDisk(annotations=(pairs[0],)), disk(pairs))) == ["annotations"]
    assert steps_of(plan_disk(DesiredDisk(annotations=(*pairs, ENV)), disk(pairs))) == ["annotations"]


def test_the_usual_data_center_is_never_drift() -> None:
    usual = DesiredDisk(id="disk_One", default_data_center=Lookup("permalink", "nl-ams-01"))
    assert plan_disk(usual, THERE).after == {}


@pytest.mark.parametrize(
    ("options", "usual"),
    [
        ({}, "nl-ams-01"),
        ({"data_center": {"permalink": "uk-lon-01"}}, None),
        ({"virtual_machine_disk": {"virtual_machine": {"id": "vm_Web"}}}, None),
        ({"virtual_machine_disk": {"attach": True}}, "nl-ams-01"),
    ],
    ids=["nothing", "data-center", "machine", "no-machine"],
)
def test_the_usual_data_center_is_used_where_nothing_places_the_disk(
    options: dict[str, Any], usual: str | None
) -> None:
    found = parse_disk(options, {"KATAPULT_DATA_CENTER": " nl-ams-01 "}).default_data_center
    assert (found.value if found else None) == usual


# What is wanted, where the disk is, its machine, and the steps; None: it can't be changed
ASSIGNMENTS: list[tuple[Assignment, Any, Machine, list[str] | None]] = [
    (Assignment(WEB), attachment(), UNKNOWN, []),
    (Assignment(Lookup("id", "vm_Web")), attachment(), UNKNOWN, []),
    (Assignment(WEB), None, UNKNOWN, ["assign"]),
    (Assignment(WEB), None, IN_LONDON, ["assign"]),
    (Assignment(WEB), None, IN_AMSTERDAM, None),
    (Assignment(DB), attachment(), UNKNOWN, None),
    (Assignment(DB, boot=True, attach=True), attachment(), ON, None),
    (Assignment(WEB, attach=True), None, ON, ["assign", "attach"]),
    (Assignment(WEB, attach=True), None, CHANGING, ["assign", "attach"]),
    (Assignment(WEB, attach=True), None, OFF, ["assign", "attach_on_boot"]),
    (Assignment(WEB, attach=True), None, UNKNOWN, ["assign", "attach_on_boot"]),
    (Assignment(WEB, attach=True, attach_on_boot=False), None, OFF, ["assign", "attach_on_boot"]),
    (Assignment(WEB, attach=True, attach_on_boot=False), None, ON, ["assign", "attach_on_boot", "attach"]),
    (Assignment(WEB, attach=False), None, ON, ["assign"]),
    (Assignment(WEB, boot=False), None, ON, ["assign"]),
    (Assignment(WEB, boot=True), None, ON, None),
    (Assignment(boot=False), attachment(), UNKNOWN, []),
    (Assignment(boot=True), attachment(), UNKNOWN, None),
    (Assignment(attach_on_boot=True), attachment(), UNKNOWN, []),
    (Assignment(attach_on_boot=False), attachment(), UNKNOWN, ["attach_on_boot"]),
    (Assignment(attach_on_boot=False), attachment(boot=True), UNKNOWN, None),
    (Assignment(boot=True, attach=True, attach_on_boot=False), None, UNKNOWN, []),
    (Assignment(WEB, attach=True), attachment(state=A), ON, []),
    (Assignment(WEB, attach=True), attachment(state=D), ON, ["attach"]),
    (Assignment(WEB, attach=True), attachment(state=D), OFF, []),
    (Assignment(WEB, attach=True), attachment(state=D), UNKNOWN, []),
    (Assignment(WEB, attach=True), attachment(state=D), CHANGING, ["attach"]),
    (Assignment(WEB, attach=True), attachment(state=D, attach_on_boot=False), OFF, ["attach_on_boot"]),
    (Assignment(WEB, attach=True, attach_on_boot=False), attachment(state=D, attach_on_boot=False), OFF, []),
    (Assignment(attach=True, attach_on_boot=True), attachment(state=D, attach_on_boot=False), OFF, ["attach_on_boot"]),
    (Assignment(WEB, attach=True), attachment(state="attaching"), UNKNOWN, []),
    (Assignment(WEB, attach=False), attachment(state="attaching"), UNKNOWN, ["detach"]),
    (Assignment(WEB, attach=True), attachment(state="detaching"), ON, ["attach"]),
    (Assignment(WEB, attach=False), attachment(state="detaching"), ON, []),
    (Assignment(WEB, attach=False), attachment(state=A), ON, ["detach"]),
    (Assignment(WEB, attach=False), attachment(state=F), ON, ["detach"]),
    (Assignment(WEB, attach=False), attachment(state=D), OFF, []),
    (Assignment(attach=False), attachment(state=A, boot=True), ON, None),
]  # fmt: skip


@pytest.mark.parametrize(("given", "there", "machine", "steps"), ASSIGNMENTS)
def test_an_assignment(given: Assignment, there: Any, machine: Machine, steps: list[str] | None) -> None:
    existing = disk(virtual_machine_disk=there)
    if steps is None:
        assert refused_options(DesiredDisk(assignment=given), existing, machine)
        return
    plan = plan_disk(DesiredDisk(assignment=given), existing, machine)
    assert steps_of(plan) == steps
    assert (plan.before == plan.after) is (steps == [])


# What the disk is on, the size that is wanted of 20 GB, options, and the method; None: it is refused
RESIZES: list[tuple[Any, int, dict[str, Any], str | None]] = [
    (None, 30, {}, "offline"),
    (None, 30, {"resize_method": ResizeMethod.OFFLINE}, "offline"),
    (None, 30, {"resize_method": ResizeMethod.ONLINE}, None),
    (A, 30, {}, "online"),
    (A, 30, {"resize_method": ResizeMethod.ONLINE}, "online"),
    (A, 30, {"resize_method": ResizeMethod.OFFLINE}, None),
    (D, 30, {}, "offline"),
    (D, 30, {"resize_method": ResizeMethod.OFFLINE}, "offline"),
    (D, 30, {"resize_method": ResizeMethod.ONLINE}, None),
    (F, 30, {}, None),
    (A, 30, {"assignment": Assignment(attach=False)}, "offline"),
    (D, 30, {"assignment": Assignment(attach=True)}, "offline"),
    (None, 30, {"assignment": Assignment(WEB, attach=True)}, "offline"),
    (None, 10, {}, None),
    (None, 10, {"allow_shrink": True}, "offline"),
    (None, 10, {"allow_shrink": True, "resize_method": ResizeMethod.OFFLINE}, "offline"),
    (None, 10, {"allow_shrink": True, "resize_method": ResizeMethod.ONLINE}, None),
    (D, 10, {"allow_shrink": True}, "offline"),
    (D, 10, {}, None),
    (A, 10, {"allow_shrink": True}, None),
    (A, 10, {"allow_shrink": True, "resize_method": ResizeMethod.OFFLINE}, None),
    (A, 10, {"allow_shrink": True, "assignment": Assignment(attach=False)}, "offline"),
    (A, 10, {"assignment": Assignment(attach=False)}, None),
    (F, 10, {"allow_shrink": True}, None),
]  # fmt: skip


@pytest.mark.parametrize(("state", "size", "options", "method"), RESIZES)
def test_a_resize(state: str | None, size: int, options: dict[str, Any], method: str | None) -> None:
    existing = disk(virtual_machine_disk=attachment(state=state) if state else None)
    given = DesiredDisk(size_in_gb=size, **options)
    if method is None:
        assert refused_options(given, existing, ON) == ["size_in_gb"]
        return
    bodies = [step.call.body for step in plan_disk(given, existing, ON).steps if step.name == "resize"]
    assert bodies == [{"size_in_gb": size, "resize_method": method}]


def test_a_boot_disk_may_be_renamed_and_resized() -> None:
    booted = disk(virtual_machine_disk=attachment(boot=True))
    assert steps_of(plan_disk(DesiredDisk(id="disk_One", name="root", size_in_gb=30), booted, ON)) == [
        "rename",
        "resize",
    ]


def move(**options: Any) -> DesiredDisk:
    given = {"disk": {"name": "data-01"}, "virtual_machine": {"id": "vm_Db"}, "attach_on_boot": None}
    return parse_assignment({**given, "attached": True, "force": True, **options})


@pytest.mark.parametrize(
    ("there", "machine", "steps"),
    [
        (attachment(), ON, ["attach_on_boot", "detach", "unassign", "assign", "attach"]),
        (attachment(state=D), ON, ["attach_on_boot", "unassign", "assign", "attach"]),
        (attachment(state=D, attach_on_boot=False), OFF, ["unassign", "assign", "attach_on_boot"]),
        (attachment(), IN_AMSTERDAM, None),
        (attachment(boot=True), ON, None),
        (attachment(state=F), ON, ["attach_on_boot", "detach", "unassign", "assign", "attach"]),
    ],
)
def test_a_move_leaves_before_it_arrives(there: Any, machine: Machine, steps: list[str] | None) -> None:
    existing = disk(virtual_machine_disk=there)
    if steps is None:
        assert refused_options(move(), existing, machine) == ["virtual_machine"]
        return
    assert steps_of(plan_disk(move(), existing, machine)) == steps


def test_a_disk_is_not_moved_to_a_machine_that_can_t_be_seen() -> None:
    error = refused(move(), disk(virtual_machine_disk=attachment()), UNKNOWN)
    assert error.details.code == "machine_unseen"
    assert "Nothing was changed." in error.message


def test_without_force_a_disk_stays_where_it_is() -> None:
    error = refused(move(force=False), disk(virtual_machine_disk=attachment()), ON)
    assert "virtual_machine is web-01.acme.katapult.cloud" not in error.summary
    assert "virtual_machine is vm_Web, expected vm_Db" in error.summary
    assert "force=true" in error.summary


def test_a_plan_names_options_as_their_module_does() -> None:
    plan = plan_disk(move(), disk(virtual_machine_disk=attachment()), ON)
    same = {"disk": {"name": "data-01"}, "size_in_gb": 20, "attached": True}
    assert plan.before == {**same, "virtual_machine": {"id": "vm_Web"}}
    assert plan.after == {**same, "virtual_machine": {"id": "vm_Db"}}


@pytest.mark.parametrize(
    ("options", "there", "code"),
    [
        (desired(), disk(state="failed"), "disk_failed"),
        (desired(size_in_gb=90), disk(state="failed"), "disk_failed"),
        (
            DesiredDisk(assignment=Assignment(WEB, attach=True)),
            disk(virtual_machine_disk=attachment(state="failed")),
            "attachment_failed",
        ),
    ],
)
def test_what_failed_is_told(options: DesiredDisk, there: Any, code: str) -> None:
    assert refused(options, there).details.code == code
