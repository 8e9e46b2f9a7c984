# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what is and what is wanted to a plan: drift is named, what is not set is not compared."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._disk import Assignment, Lookup, Power, Wanted
from ansible_collections.katapult.cloud.plugins.module_utils._disk_plan import plan_disk
from ansible_collections.katapult.cloud.plugins.module_utils._disk_spec import wanted_disk
from ansible_collections.katapult.cloud.plugins.module_utils._errors import KatapultError
from ansible_collections.katapult.cloud.tests.unit.plugins.things import (
    attachment,
    disk,
    wanted,
)

WEB = Lookup("fqdn", "web-01.acme.katapult.cloud")
DB = Lookup("id", "vm_Db")
ENV = {"key": "env", "value": "test"}

LONDON, AMSTERDAM = Lookup("permalink", "uk-lon-01"), Lookup("permalink", "nl-ams-01")
ROWS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("name", {"name": "data-01"}, {"name": "data-02"}),
    ("size_in_gb", {"size_in_gb": 20}, {"size_in_gb": 30}),
    ("bus_type", {"bus_type": "scsi"}, {"bus_type": "virtio"}),
    ("data_center", {"data_center": LONDON}, {"data_center": AMSTERDAM}),
    ("data_center", {"data_center": Lookup("id", "loc_London")}, {"data_center": Lookup("id", "uk-lon-01")}),
    ("io_profile", {"io_profile": Lookup("permalink", "unrestricted")}, {"io_profile": Lookup("permalink", "100k")}),
    ("io_profile", {"io_profile": Lookup("id", "diop_Unrestricted")}, {"io_profile": Lookup("id", "unrestricted")}),
    ("storage_speed", {"storage_speed": "nvme"}, {"storage_speed": "ssd"}),
    ("annotations", {"annotations": (ENV,)}, {"annotations": ()}),
]  # fmt: skip
THERE = disk(annotations=[ENV])


def refused(options: Wanted, there: Any, power: Power = Power.UNKNOWN) -> KatapultError:
    with pytest.raises(KatapultError) as raised:
        plan_disk(options, there, power)
    return raised.value


@pytest.mark.parametrize(("option", "equal", "other"), ROWS, ids=[f"{row[0]}-{i}" for i, row in enumerate(ROWS)])
def test_an_option_that_is_set_is_compared(option: str, equal: dict[str, Any], other: dict[str, Any]) -> None:
    plan = plan_disk(Wanted(id="disk_One", **equal), THERE)
    assert plan.steps == ()
    assert list(plan.before) == [option]
    assert plan.before == plan.after

    error = refused(Wanted(id="disk_One", **other), THERE)
    assert error.report.code == "drift"
    assert [found["option"] for found in error.report.detail["differences"]] == [option]
    assert error.what.startswith("The disk 'data-01' (disk_One) exists and differs: " + option)


def test_drift_names_current_and_wanted_of_all_options_at_once() -> None:
    options = Wanted(size_in_gb=30, data_center=Lookup("permalink", "nl-ams-01"), annotations=())

    assert (
        "size_in_gb is 20, wanted 30; data_center is uk-lon-01, wanted nl-ams-01; "
        "annotations is [env=test], wanted []" in refused(options, THERE).what
    )


def test_what_is_not_set_is_not_compared() -> None:
    plan = plan_disk(Wanted(id="disk_One"), disk([ENV], virtual_machine_disk=attachment(), bus_type=None))
    assert (plan.before, plan.after, plan.steps) == ({}, {}, ())


@pytest.mark.parametrize("value", [None, "", "absent"])
@pytest.mark.parametrize("there", [None, "", "absent"])
def test_an_annotation_without_a_value_is_the_same_as_an_empty_one(value: str | None, there: str | None) -> None:
    given = wanted_disk({"annotations": [{"key": "a"} if value == "absent" else {"key": "a", "value": value}]}, {})
    has = {"key": "a"} if there == "absent" else {"key": "a", "value": there}

    assert plan_disk(given, disk([has])).steps == ()


def test_annotations_are_a_set() -> None:
    pairs = [{"key": "b", "value": "2"}, {"key": "a", "value": "1"}]

    assert plan_disk(Wanted(annotations=(pairs[1], pairs[0], pairs[1])), disk(pairs)).steps == ()
    assert refused(Wanted(annotations=(pairs[0],)), disk(pairs)).report.code == "drift"
    assert refused(Wanted(annotations=(*pairs, ENV)), disk(pairs)).report.code == "drift"


def test_the_usual_data_center_is_never_drift() -> None:
    usual = Wanted(id="disk_One", usual_data_center=Lookup("permalink", "nl-ams-01"))
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
    found = wanted_disk(options, {"KATAPULT_DATA_CENTER": " nl-ams-01 "}).usual_data_center
    assert (found.value if found else None) == usual


A = "attached"
D = "detached"


@pytest.mark.parametrize(
    ("given", "there", "power", "drift"),
    [
        (Assignment(WEB), attachment(), Power.UNKNOWN, []),
        (Assignment(Lookup("id", "vm_Web")), attachment(), Power.UNKNOWN, []),
        (Assignment(WEB), None, Power.UNKNOWN, ["virtual_machine"]),
        (Assignment(DB), attachment(), Power.UNKNOWN, ["virtual_machine"]),
        (Assignment(DB, boot=True, attach=True), attachment(), Power.ON, ["virtual_machine"]),
        (Assignment(WEB, attach=True), None, Power.UNKNOWN, ["virtual_machine"]),
        (Assignment(boot=False), attachment(), Power.UNKNOWN, []),
        (Assignment(boot=True), attachment(), Power.UNKNOWN, ["boot"]),
        (Assignment(attach_on_boot=True), attachment(), Power.UNKNOWN, []),
        (Assignment(attach_on_boot=False), attachment(), Power.UNKNOWN, ["attach_on_boot"]),
        (Assignment(boot=True, attach=True, attach_on_boot=False), None, Power.UNKNOWN, []),
        (Assignment(WEB, attach=True), attachment(state=A), Power.ON, []),
        (Assignment(WEB, attach=True), attachment(state=D), Power.ON, ["attach"]),
        (Assignment(WEB, attach=True), attachment(state=D), Power.OFF, []),
        (Assignment(WEB, attach=True), attachment(state=D), Power.UNKNOWN, []),
        (Assignment(WEB, attach=True), attachment(state=D), Power.CHANGING, ["attach"]),
        (Assignment(WEB, attach=True), attachment(state=D, attach_on_boot=False), Power.OFF, ["attach"]),
        (Assignment(WEB, attach=True), attachment(state="attaching"), Power.UNKNOWN, []),
        (Assignment(WEB, attach=False), attachment(state=A), Power.ON, ["attach"]),
        (Assignment(WEB, attach=False), attachment(state=D), Power.OFF, []),
    ],
)
def test_an_assignment(given: Assignment, there: Any, power: Power, drift: list[str]) -> None:
    existing = disk(virtual_machine_disk=there)
    if not drift:
        plan = plan_disk(Wanted(assignment=given), existing, power)
        assert plan.before == plan.after
        return
    found = [item["option"] for item in refused(Wanted(assignment=given), existing, power).report.detail["differences"]]
    assert found == [f"virtual_machine_disk.{name}" for name in drift]


@pytest.mark.parametrize(
    ("options", "there", "code"),
    [
        (wanted(), disk(state="failed"), "disk_failed"),
        (wanted(size_in_gb=90), disk(state="failed"), "disk_failed"),
        (
            Wanted(assignment=Assignment(WEB, attach=True)),
            disk(virtual_machine_disk=attachment(state="failed")),
            "attachment_failed",
        ),
    ],
)
def test_what_failed_is_told(options: Wanted, there: Any, code: str) -> None:
    assert refused(options, there).report.code == code
