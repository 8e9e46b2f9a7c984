# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The limits of an organization: how they are shown, and what is foreseen of them before the first write."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.modules import katapult_disks, katapult_organization_info
from ansible_collections.katapult.cloud.tests.simulator.faults import Fault
from ansible_collections.katapult.cloud.tests.simulator.simulator import Simulator

PATH = "/organizations/organization/policy"
POLICY = f"GET {PATH}"
POST = "POST /organizations/organization/disks"
SIZES = f"GET {PATH}_limits"
DISK = {"name": "data-01", "size_in_gb": 500, "data_center": "uk-lon-01"}
FLEET = {"size_in_gb": 100, "data_center": "uk-lon-01", "disks": [f"data-{number:02}" for number in range(5)]}
EXCEEDED = "This task may exceed the limits of the organization 'acme'. {0} The service decides."
# What an answer may have instead of a limit that can be understood.
UNCLEAR: dict[str, Any] = {
    "null": {"limit": None, "current": 0, "unit": "GB"},
    "no use": {"limit": 100, "current": None, "unit": "GB"},
    "another unit": {"limit": 100, "current": 0, "unit": "TB"},
    "bytes": {"limit": 100, "current": 0, "unit": "bytes"},
    "a number for a unit": {"limit": 100, "current": 0, "unit": 1},
    "unlimited": {"limit": 100, "current": 0, "unit": "GB", "unlimited": True},
    "zero": {"limit": 0, "current": 0, "unit": "GB"},
    "below zero": {"limit": -1, "current": 0, "unit": "GB"},
    "text": {"limit": "100", "current": 0, "unit": "GB"},
    "true": {"limit": True, "current": 0, "unit": "GB"},
    "no object": 100,
    "nothing": None,
}


def warnings(done: Any) -> list[str]:
    """What the run warns of, which a process of its own hands to Ansible in a wrapping."""
    found = done.result.get("warnings", [])
    return [warning if isinstance(warning, str) else warning["event"]["msg"] for warning in found]


def limit_space(simulator: Simulator, limit: int, current: int = 0, **more: Any) -> None:
    simulator.state.set_policy(limits={"disk_space": {"limit": limit, "current": current, "unit": "GB"}}, **more)


def answer_policy(simulator: Simulator, **policy: Any) -> None:
    simulator.faults.add(
        Fault("/organizations/organization/policy", action="answer", status=200, body=policy, times=-1)
    )


@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
def test_a_fleet_that_needs_more_than_is_left_is_warned_of_and_tried(
    run: Any, simulator: Simulator, check: bool
) -> None:
    limit_space(simulator, 10_000, 9_800)
    fleet = run.of(katapult_disks)
    done = fleet(check=check, **FLEET)

    assert warnings(done) == [EXCEEDED.format("5 disks need 500 GB, and 200 of 10,000 GB are left.")]
    assert (done["changed"], done["summary"]["created"]) == (True, 5)
    assert [fleet.requests.count(POLICY), fleet.requests.count(SIZES)] == [1, int(check)]
    assert fleet.requests.index(POLICY) < (len(fleet.requests) if check else fleet.requests.index(POST))


@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
def test_what_a_fleet_grows_by_counts_and_what_it_shrinks_by_does_not(
    run: Any, simulator: Simulator, check: bool
) -> None:
    limit_space(simulator, 1_000, 900)
    for name, size in (("grows", 20), ("shrinks", 500), ("stays", 60)):
        simulator.state.add_disk(name, size_in_gb=size)
    disks = [{"name": "grows", "size_in_gb": 121}, {"name": "shrinks", "size_in_gb": 60}, {"name": "stays"}]
    done = run.of(katapult_disks)(check=check, allow_shrink=True, disks=disks)

    assert warnings(done) == [EXCEEDED.format("The disk 'grows' needs 101 GB more, and 100 of 1,000 GB are left.")]


@pytest.mark.parametrize(("added", "is_told"), [(200, False), (201, True)])
@pytest.mark.parametrize("is_new", [True, False], ids=["create", "grow"])
def test_check_mode_of_a_disk_warns_and_the_real_run_asks_nothing(
    run: Any, simulator: Simulator, is_new: bool, added: int, is_told: bool
) -> None:
    limit_space(simulator, 1_000, 800)
    size = 0 if is_new else 20
    if not is_new:
        simulator.state.add_disk("data-01", size_in_gb=20)
    options = {**DISK, "size_in_gb": size + added}
    more = "" if is_new else " more"
    words = f"The disk 'data-01' needs {added} GB{more}, and 200 of 1,000 GB are left."
    done = run(check=True, **options)

    assert warnings(done) == [EXCEEDED.format(words)] * is_told
    assert [request for request in run.requests if request in (POLICY, SIZES)] == [POLICY, SIZES]
    assert {request.partition(" ")[0] for request in run.requests} == {"GET"}
    # Without waiting, a disk that grows is known by the size that it had.
    real = run(wait=False, **options)
    assert (real["changed"], warnings(real)) == (done["changed"], [])
    assert not {POLICY, SIZES} & set(run.requests)


@pytest.mark.parametrize(
    ("options", "is_there"),
    [
        ({"size_in_gb": 20}, True),
        ({"size_in_gb": 10, "allow_shrink": True}, True),
        ({"bus_type": "virtio"}, True),
        ({"state": "absent"}, True),
        ({"state": "absent"}, False),
    ],
    ids=["unchanged", "shrunk", "changed", "deleted", "absent"],
)
@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
def test_nothing_is_asked_where_nothing_grows(
    run: Any, simulator: Simulator, options: dict[str, Any], is_there: bool, check: bool
) -> None:
    if is_there:
        simulator.state.add_disk("data-01", size_in_gb=20)
    for module, given in ((run.of(katapult_disks), {"disks": ["data-01"]}), (run, {"name": "data-01"})):
        assert not module(check=check, **given, **options).result.get("failed")
        assert not {POLICY, SIZES} & set(module.requests)


def test_by_its_id_and_without_an_organization_nothing_is_asked(run: Any, simulator: Simulator) -> None:
    disk_id = simulator.state.add_disk("data-01", size_in_gb=20)

    assert run(check=True, id=disk_id, size_in_gb=40, organization=None)["changed"] is True
    assert run.requests == ["GET /disks/disk"]


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (49, "A disk may have at least 50 GB, unlike 'data-01' (49 GB)."),
        (50, None),
        (2_000, None),
        (2_001, "A disk may have at most 2,000 GB, unlike 'data-01' (2,001 GB)."),
    ],
)
def test_check_mode_tells_a_size_that_is_not_permitted(
    run: Any, simulator: Simulator, size: int, words: str | None
) -> None:
    simulator.state.set_policy(minimum_disk_size=50, maximum_disk_size=2_000)
    done = run(check=True, **{**DISK, "size_in_gb": size})

    assert warnings(done) == ([EXCEEDED.format(words)] if words else [])


def test_check_mode_of_a_fleet_names_each_size_that_is_not_permitted(run: Any, simulator: Simulator) -> None:
    simulator.state.set_policy(maximum_disk_size=50)
    disks = [{"name": f"data-{number}", "size_in_gb": 40 + 10 * number} for number in range(9)]
    [warning] = warnings(run.of(katapult_disks)(check=True, data_center="uk-lon-01", disks=disks))

    assert "at most 50 GB, unlike 'data-2' (60 GB), 'data-3' (70 GB)" in warning
    assert warning.endswith("'data-6' (100 GB) and 2 more. The service decides.")


@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
def test_reasons_against_new_resources_are_told(run: Any, simulator: Simulator, check: bool) -> None:
    simulator.state.set_policy(reasons_for_disallowing_resource_creation=["No payment method.", "Not verified"])
    words = EXCEEDED.format("It may not create resources: No payment method; Not verified.")

    assert warnings(run.of(katapult_disks)(check=check, **FLEET)) == [words]
    simulator.state.add_disk("grows", size_in_gb=20)
    assert warnings(run(check=True, name="grows", size_in_gb=40)) == []


@pytest.mark.parametrize("space", UNCLEAR.values(), ids=UNCLEAR)
def test_what_can_t_be_understood_warns_of_nothing(run: Any, simulator: Simulator, space: Any) -> None:
    answer_policy(simulator, limits={"disk_space": space}, reasons_for_disallowing_resource_creation=None)

    assert warnings(run(check=True, **DISK)) == []
    assert warnings(run.of(katapult_disks)(**FLEET)) == []
    assert run.of(katapult_organization_info)()["disk_limits"]["left_in_gb"] is None


def test_a_space_without_a_limit_counts_more_than_the_figure_of_the_policy(run: Any, simulator: Simulator) -> None:
    limit_space(simulator, 100, 90)
    limits = {
        "maximum_disk_space": {"value": 100, "unlimited": True},
        "maximum_disk_size": {"value": 5, "unlimited": True},
    }
    path = "/organizations/organization/policy_limits"
    simulator.faults.add(Fault(path, action="answer", status=200, body={"policy_limits": limits}, times=-1))

    assert warnings(run(check=True, **DISK)) == []


FAILURES: dict[str, dict[str, Any]] = {
    "no scope": {"status": 403},
    "no such call": {"status": 404},
    "out of order": {"status": 500},
    "cut off": {"action": "drop"},
    "a list": {"status": 200, "body": []},
    "no limits": {"status": 200, "body": {"limits": None}},
    "no JSON": {"status": 200, "body": "<html>"},
}


@pytest.mark.parametrize("failure", FAILURES)
def test_limits_that_can_t_be_read_hold_up_nothing(run: Any, simulator: Simulator, failure: str) -> None:
    simulator.faults.add(Fault(PATH, **FAILURES[failure]))
    limit_space(simulator, 100)
    done = run(check=True, **DISK)

    assert (done["changed"], warnings(done), run.requests.count(POLICY), run.requests.count(SIZES)) == (True, [], 1, 0)
    simulator.faults.add(Fault(PATH, **FAILURES[failure]))
    fleet = run.of(katapult_disks)
    done = fleet(**FLEET)
    assert (done["summary"]["created"], warnings(done), fleet.requests.count(POLICY)) == (5, [], 1)


def test_a_token_without_the_scope_is_asked_nothing_more(run: Any, simulator: Simulator) -> None:
    limit_space(simulator, 100)
    simulator.state.add_token("disks-only", scopes=["disks"])
    done = run(check=True, api_token="disks-only", **DISK)

    assert (done["changed"], warnings(done)) == (True, [])
    assert run.requests.count(POLICY) + run.requests.count(SIZES) == 1


def test_a_managed_organization_has_permitted_sizes_alone(run: Any, simulator: Simulator) -> None:
    simulator.state.set_policy(maximum_disk_size=50)
    simulator.state.organization.managed = True
    done = run(check=True, **DISK)
    told = run.of(katapult_organization_info)()

    assert warnings(done) == [EXCEEDED.format("A disk may have at most 50 GB, unlike 'data-01' (500 GB).")]
    assert (told["policy"], told["disk_limits"]["left_in_gb"], told["disk_limits"]["maximum_size_in_gb"]) == (
        None,
        None,
        50,
    )
    [warning] = warnings(told)
    assert "manages this one" in warning or "anaged organizations do not have policies" in warning
    assert "Set organization to the one that manages it." in warning


@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
def test_the_limits_are_shown(run: Any, simulator: Simulator, check: bool) -> None:
    limit_space(simulator, 1_000, 800, minimum_disk_size=20)
    info = run.of(katapult_organization_info)
    done = info(check=check)

    assert (done["changed"], done.status, info.requests) == (False, 0, [POLICY, SIZES])
    assert done["disk_limits"] == {
        "space_in_gb": 1_000,
        "used_in_gb": 800,
        "left_in_gb": 200,
        "minimum_size_in_gb": 20,
        "maximum_size_in_gb": None,
    }
    assert done["policy"]["limits"]["disk_space"] == {"limit": 1_000, "current": 800, "unit": "GB"}
    assert done["policy"]["features"]["disk_bus_configuration"] == {"permitted": True}
    assert done["policy"]["reasons_for_disallowing_resource_creation"] == []
    assert done["policy_limits"]["minimum_disk_size"] == {"value": 20}
    assert "diff" not in done.result


def test_more_than_the_limit_leaves_nothing(run: Any, simulator: Simulator) -> None:
    limit_space(simulator, 100, 120)

    assert run.of(katapult_organization_info)()["disk_limits"]["left_in_gb"] == 0


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"organization": None}, "invalid_option"),
        ({"organization": "other"}, "organization_not_found"),
        ({"api_token": "disks-only"}, "scope_not_granted"),
    ],
    ids=str,
)
def test_limits_that_can_t_be_shown_are_a_failure(
    run: Any, simulator: Simulator, options: dict[str, Any], code: str
) -> None:
    simulator.state.add_token("disks-only", scopes=["disks"])
    done = run.of(katapult_organization_info)(**options)

    assert (done["failed"], done["error"]["code"]) == (True, code)
    if code == "scope_not_granted":
        assert "organizations:read" in done["msg"]


@pytest.mark.parametrize("failure", ["a list", "no limits", "no JSON"])
def test_an_answer_that_is_no_policy_is_a_failure(run: Any, simulator: Simulator, failure: str) -> None:
    simulator.faults.add(Fault(PATH, **FAILURES[failure]))

    assert run.of(katapult_organization_info)()["error"]["code"] == "unexpected_answer"
