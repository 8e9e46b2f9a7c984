# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backup policies, as a whole, in process, against the simulator: found, created once, changed, deleted, listed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from unittest import mock

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Clock
from ansible_collections.katapult.cloud.plugins.modules import (
    katapult_disk,
    katapult_disk_backup_policy,
    katapult_disk_backup_policy_info,
)
from ansible_collections.katapult.cloud.tests.simulator.faults import FOREVER, Fault
from ansible_collections.katapult.cloud.tests.simulator.simulator import Simulator
from ansible_collections.katapult.cloud.tests.simulator.trash import throw_away, throw_away_machine
from ansible_collections.katapult.cloud.tests.unit.support.fake_clock import SkippedTime

WEB = "web-01.acme.katapult.cloud"
DISK = "disk_Data"
OF_DISK = "/disks/disk/disk_backup_policies"
OF_MACHINE = "/virtual_machines/virtual_machine/disk_backup_policies"
ALL = "/organizations/organization/disk_backup_policies"
POLICY = "/disk_backup_policies/disk_backup_policy"
SCHEDULE = f"{POLICY}/schedule"
TRASH = "/trash_objects/trash_object"
DAILY = {"retention": 7, "schedule": {"interval": "daily", "time": 3}}
LATER = 4102444800
ON_DISK = {"disk": {"id": DISK}}
TARGETS = {"disk": ON_DISK, "name": {"disk": "data-01"}, "machine": {"virtual_machine": WEB}}
FOR_EVERY_TARGET = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
CHECKED = pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
# How an answer is lost: before the service carries the request out, or after it.
LOST: dict[str, dict[str, Any]] = {
    "dropped before": {"when": "before", "action": "drop"},
    "dropped after": {"when": "after", "action": "drop"},
    "500 before": {"when": "before", "action": "answer", "status": 500},
    "500 after": {"when": "after", "action": "answer", "status": 500},
    "502 after": {"when": "after", "action": "answer", "status": 502},
    "no object after": {"when": "after", "action": "answer", "status": 200, "body": {"disk_backup_policy": None}},
}


class Write(NamedTuple):
    """A request that changes something, and the options that it is sent for."""

    method: str
    path: str
    options: dict[str, Any]

    @property
    def request(self) -> str:
        return f"{self.method} {self.path}"

    def fault(self, when: str, action: str, **more: Any) -> Fault:
        return Fault(self.path, self.method, when, action, **more)


WRITES = {
    "create": Write("POST", OF_DISK, {**ON_DISK, "retention": 4, "schedule": {"interval": "weekly"}}),
    "change": Write("PATCH", POLICY, {**ON_DISK, "retention": 9}),
    "schedule": Write("DELETE", SCHEDULE, {**ON_DISK, "trash_at": LATER}),
    "delete": Write("DELETE", POLICY, {**ON_DISK, "state": "absent"}),
}
FOR_EVERY_WRITE = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


@pytest.fixture(autouse=True)
def _nobody_waits() -> Iterator[None]:
    clock = SkippedTime(speed=100)
    with mock.patch.multiple(Clock, now=staticmethod(clock.now), sleep=staticmethod(clock.sleep)):
        yield


@pytest.fixture(name="policy")
def _policy(run: Any, simulator: Simulator) -> Any:
    simulator.state.add_vm(WEB, id="vm_Web")
    simulator.state.add_disk("data-01", id=DISK, virtual_machine=WEB)
    return run.of(katapult_disk_backup_policy)


@pytest.fixture(name="daily")
def _daily(policy: Any, simulator: Simulator) -> str:
    """The ID of a policy of the disk."""
    del policy
    return simulator.state.add_backup_policy(7, disk=DISK, interval="daily", time=3)


def in_use(simulator: Simulator) -> list[tuple[str, int, str]]:
    """What each policy is for, its retention and its interval."""
    found = simulator.state.backup_policies_in_use()
    return [(item.target.id, item.retention, item.schedule.interval) for item in found]


def writes(module: Any) -> list[str]:
    return [request for request in module.requests if not request.startswith("GET ")]


def warnings(done: Any) -> list[str]:
    found = done.result.get("warnings", [])
    return [warning if isinstance(warning, str) else warning["event"]["msg"] for warning in found]


def change_answer(simulator: Simulator, path: str, key: str, change: Any, times: int = FOREVER) -> None:
    """Have the objects of GET answers changed."""

    def body(answer: Any) -> Any:
        found = answer[key]
        return {**answer, key: [change(row) for row in found] if isinstance(found, list) else change(found)}

    simulator.faults.add(Fault(path, "GET", action="answer", status=200, body=body, when="after", times=times))


@FOR_EVERY_TARGET
def test_a_policy_is_predicted_and_created_once(policy: Any, simulator: Simulator, target: dict[str, Any]) -> None:
    predicted = policy(check=True, **target, **DAILY)
    assert (predicted["changed"], writes(policy), in_use(simulator)) == (True, [], [])
    done = policy(**target, **DAILY)

    assert (done["changed"], len(writes(policy))) == (True, 1)
    assert done["diff"] == predicted["diff"]
    assert done["diff"] == {"before": {"state": "absent"}, "after": {"state": "present", **DAILY}}
    assert set(predicted["disk_backup_policy"]) == set(done["disk_backup_policy"])
    assert set(predicted["disk_backup_policy"]["schedule"]) == set(done["disk_backup_policy"]["schedule"])
    assert done["disk_backup_policy"]["schedule"]["time"] == 3
    again = policy(**target, **DAILY)
    assert (again["changed"], writes(policy)) == (False, [])
    assert again["disk_backup_policy"] == done["disk_backup_policy"]
    assert len(in_use(simulator)) == 1


def test_an_unchanged_run_sends_two_requests(policy: Any, daily: str) -> None:
    assert policy(**ON_DISK, **DAILY)["disk_backup_policy"]["id"] == daily
    assert policy.requests == [f"GET {OF_DISK}", f"GET {POLICY}"]
    assert policy(id=daily, **DAILY)["changed"] is False
    assert policy.requests == [f"GET {POLICY}"]


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({"retention": 9}, {"retention": 9}),
        ({"schedule": {"interval": "daily", "minute": 30}}, {"schedule": {"time": 3, "frequency": 1, "minute": 30}}),
        ({"schedule": {"time": 5}, "retention": 7}, {"schedule": {"time": 5, "frequency": 1, "minute": 0}}),
    ],
    ids=str,
)
def test_a_policy_is_changed_and_a_schedule_is_sent_whole(
    policy: Any, simulator: Simulator, daily: str, options: dict[str, Any], sent: dict[str, Any]
) -> None:
    predicted = policy(check=True, **ON_DISK, **options)
    done = policy(**ON_DISK, **options)
    if "schedule" in sent:
        sent["schedule"]["interval"] = "daily"

    assert (done["changed"], writes(policy)) == (True, [f"PATCH {POLICY}"])
    [body] = [request.body for request in simulator.requests if request.method == "PATCH"]
    assert body == {"disk_backup_policy": {"id": daily}, "properties": sent}
    assert predicted["diff"] == done["diff"]
    shown = [{**one["disk_backup_policy"], "schedule": None} for one in (predicted, done)]
    assert shown[0] == shown[1]
    assert policy(**ON_DISK, **options)["changed"] is False


def test_an_interval_is_changed_by_the_id(policy: Any, simulator: Simulator, daily: str) -> None:
    done = policy(id=daily, schedule={"interval": "monthly"})

    assert done["diff"] == {
        "before": {"schedule": {"interval": "daily"}},
        "after": {"schedule": {"interval": "monthly"}},
    }
    assert in_use(simulator) == [(DISK, 7, "monthly")]


def test_policies_of_other_targets_and_intervals_are_others(policy: Any, simulator: Simulator, daily: str) -> None:
    assert policy(**ON_DISK, retention=4, schedule={"interval": "weekly"})["disk_backup_policy"]["id"] != daily
    assert policy(virtual_machine=WEB, **DAILY)["changed"] is True
    assert in_use(simulator) == [(DISK, 7, "daily"), (DISK, 4, "weekly"), ("vm_Web", 7, "daily")]


@CHECKED
@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("schedule", [{"interval": "daily"}, None], ids=["interval", "none"])
def test_several_that_fit_are_listed(
    policy: Any, simulator: Simulator, daily: str, state: str, schedule: Any, check: bool
) -> None:
    other = simulator.state.add_backup_policy(2, disk=DISK, interval="daily")
    done = policy(check=check, **ON_DISK, retention=1, schedule=schedule, state=state)

    assert (done["failed"], done["error"]["code"], writes(policy)) == (True, "several_backup_policies_found", [])
    assert f"The disk {DISK} has 2 backup policies" in done["msg"]
    assert f"{daily} (daily, retention 7); {other} (daily, retention 2)" in done["msg"]
    assert [one["id"] for one in done["error"]["detail"]["policies"]] == [daily, other]
    assert policy(id=other, retention=1)["changed"] is True
    assert in_use(simulator) == [(DISK, 7, "daily"), (DISK, 1, "daily")]


@FOR_EVERY_TARGET
def test_exclusive_removes_the_others_of_the_target(policy: Any, simulator: Simulator, target: dict[str, Any]) -> None:
    for disk in (True, False):
        owner = {"disk": DISK} if disk else {"virtual_machine": WEB}
        simulator.state.add_backup_policy(4, interval="weekly", **owner)
        simulator.state.add_backup_policy(2, interval="monthly", **owner)
    predicted = policy(check=True, **target, **DAILY, exclusive=True)
    assert writes(policy) == []
    done = policy(**target, **DAILY, exclusive=True)

    assert [request.partition(" ")[0] for request in writes(policy)] == ["POST", "DELETE", "DELETE"]
    assert [row["retention"] for row in done["removed"]] == [4, 2]
    assert predicted["diff"] == done["diff"]
    assert predicted["removed"] == done["removed"]
    left = [item for item in in_use(simulator) if (item[0] == "vm_Web") is ("virtual_machine" in target)]
    assert [item[1:] for item in left] == [(7, "daily")]
    assert len(in_use(simulator)) == 3
    again = policy(**target, **DAILY, exclusive=True)
    assert (again["changed"], again["removed"], writes(policy)) == (False, [], [])


def test_with_an_id_exclusive_keeps_that_one(policy: Any, simulator: Simulator, daily: str) -> None:
    simulator.state.add_backup_policy(2, disk=DISK, interval="daily")
    done = policy(id=daily, exclusive=True, **ON_DISK)

    assert (done["changed"], in_use(simulator)) == (True, [(DISK, 7, "daily")])


@pytest.mark.parametrize("key", ["target", "id"])
def test_exclusive_removes_nothing_of_which_the_target_is_not_told(
    policy: Any, simulator: Simulator, daily: str, key: str
) -> None:
    del daily
    simulator.state.add_backup_policy(2, disk=DISK, interval="weekly")
    target = {} if key == "target" else {"target": {"name": "data-01"}}
    change_answer(simulator, OF_DISK, "disk_backup_policies", lambda row: {**row, "target": target})
    done = policy(exclusive=True, **ON_DISK, **DAILY)

    assert (done["error"]["code"], writes(policy)) == ("unexpected_answer", [])


def test_a_list_with_policies_of_the_disks_is_no_list_of_the_machine(
    policy: Any, simulator: Simulator, daily: str
) -> None:
    """A service that always includes those of the disks."""
    simulator.settings.thin_targets = True
    row = policy.of(katapult_disk_backup_policy_info)(**ON_DISK)["disk_backup_policies"][0]
    own = simulator.state.add_backup_policy(4, virtual_machine=WEB, interval="weekly")

    def body(answer: Any) -> Any:
        return {**answer, "pagination": {}, "disk_backup_policies": [*answer["disk_backup_policies"], row]}

    simulator.faults.add(Fault(OF_MACHINE, "GET", action="answer", status=200, body=body, when="after", times=FOREVER))
    done = policy(virtual_machine=WEB, exclusive=True, retention=1, schedule={"interval": "monthly"})

    assert [gone["id"] for gone in done["removed"]] == [own]
    assert daily in [item.id for item in simulator.state.backup_policies_in_use()]


@pytest.mark.parametrize("thin", [False, True], ids=["whole", "thin"])
def test_a_policy_is_of_the_target_that_is_named(policy: Any, simulator: Simulator, daily: str, thin: bool) -> None:
    simulator.settings.thin_targets = thin
    assert policy(id=daily, retention=9, **ON_DISK)["changed"] is True
    for state in ("present", "absent"):
        done = policy(id=daily, retention=1, virtual_machine=WEB, state=state)
        assert (done["error"]["code"], writes(policy)) == ("not_meant", [])
        assert f"is not one of the virtual machine {WEB}: it is for {DISK}" in done["msg"]


@FOR_EVERY_TARGET
def test_a_policy_is_deleted(policy: Any, simulator: Simulator, target: dict[str, Any]) -> None:
    policy(**target, **DAILY)
    options = {**target, "state": "absent", "schedule": {"interval": "daily"}}
    assert policy(**{**options, "schedule": {"interval": "weekly"}})["changed"] is False
    predicted = policy(check=True, **options)
    assert writes(policy) == []
    done = policy(**options)

    assert (predicted["changed"], done["changed"], writes(policy)) == (True, True, [f"DELETE {POLICY}"])
    assert predicted["diff"] == done["diff"]
    assert done["disk_backup_policy"] is None
    assert done["trash_object"]["object_id"] == predicted["trash_object"]["object_id"]
    assert " is in the trash until " in done["msg"]
    assert in_use(simulator) == []
    again = policy(**options)
    assert (again["changed"], writes(policy), again["trash_object"]) == (False, [], None)
    assert again["msg"].startswith("There is no backup policy with the interval daily of the ")


def test_a_policy_is_deleted_by_its_id(policy: Any, daily: str) -> None:
    assert policy(id=daily, state="absent", schedule={"interval": "weekly"})["error"]["code"] == "not_meant"
    assert policy(id=daily, state="absent")["changed"] is True
    again = policy(id=daily, state="absent")
    assert (again["changed"], again["trash_object"]["object_id"]) == (False, daily)
    assert f"The backup policy {daily} is in the trash until " in again["msg"]
    assert policy(id="dbp_None", state="absent")["msg"] == "There is no backup policy dbp_None."


@CHECKED
def test_a_policy_in_the_trash_is_not_changed(policy: Any, simulator: Simulator, daily: str, check: bool) -> None:
    throw_away(simulator.state, daily, "DiskBackupPolicy")
    done = policy(check=check, id=daily, retention=1)

    assert (done["error"]["code"], writes(policy)) == ("object_in_trash", [])
    assert "A policy is created anew without id." in done["msg"]


def test_its_end_is_scheduled(policy: Any, simulator: Simulator, daily: str) -> None:
    predicted = policy(check=True, trash_at=LATER, **ON_DISK)
    done = policy(trash_at=LATER, **ON_DISK)

    assert done["diff"] == predicted["diff"] == {"before": {"trash_at": None}, "after": {"trash_at": LATER}}
    assert done["disk_backup_policy"] == predicted["disk_backup_policy"]
    assert done["disk_backup_policy"]["auto_move_to_trash_at"] == LATER
    assert writes(policy) == [f"DELETE {SCHEDULE}"]
    again = policy(trash_at=LATER, id=daily)
    assert (again["changed"], writes(policy)) == (False, [])
    created = policy(trash_at=LATER, **ON_DISK, retention=1, schedule={"interval": "weekly"}, exclusive=True)
    assert created["disk_backup_policy"]["auto_move_to_trash_at"] == LATER
    assert writes(policy) == [f"POST {OF_DISK}", f"DELETE {SCHEDULE}", f"DELETE {POLICY}"]
    assert in_use(simulator) == [(DISK, 1, "weekly")]


@CHECKED
@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({**ON_DISK, "trash_at": 1_700_000_000, **DAILY}, "trash_at"),
        ({**ON_DISK, "trash_at": -1, **DAILY}, "trash_at"),
        ({**ON_DISK, "trash_at": LATER, "state": "absent"}, "trash_at"),
        ({**ON_DISK, "exclusive": True, "state": "absent"}, "exclusive"),
        ({"id": "dbp_None", "exclusive": True}, "exclusive"),
        ({**ON_DISK, "retention": -1}, "retention"),
        ({**ON_DISK, "retention": 2**31}, "retention"),
        ({**ON_DISK, "schedule": {"time": -1}}, "schedule.time"),
        ({**ON_DISK, "retention": 1}, "schedule.interval"),
        ({**ON_DISK, "schedule": {"interval": "daily"}}, "retention"),
        ({**ON_DISK, "schedule": "daily"}, "schedule"),
        ({"disk": "data-01", "organization": None, **DAILY}, "organization"),
    ],
    ids=str,
)
def test_what_can_not_be_meant(
    policy: Any, simulator: Simulator, options: dict[str, Any], option: str, check: bool
) -> None:
    done = policy(check=check, **options)

    assert (done["error"]["code"], done["error"]["detail"]["option"]) == ("invalid_option", option)
    assert done["msg"].startswith(f"{option} ")
    assert (writes(policy), in_use(simulator)) == ([], [])


@CHECKED
@pytest.mark.parametrize(
    ("target", "code"),
    [
        ({"disk": "none"}, "disk_not_found"),
        ({"disk": {"id": "disk_None"}}, "disk_not_found"),
        ({"virtual_machine": "none.acme.katapult.cloud"}, "virtual_machine_not_found"),
        ({"disk": {"id": "disk_Trashed"}}, "object_in_trash"),
        ({"disk": "trashed"}, "disk_not_found"),
        ({"virtual_machine": "old.acme.katapult.cloud"}, "object_in_trash"),
    ],
    ids=str,
)
def test_a_target_that_is_gone(
    policy: Any, simulator: Simulator, target: dict[str, Any], code: str, check: bool
) -> None:
    simulator.state.add_disk("trashed", id="disk_Trashed")
    throw_away(simulator.state, "disk_Trashed", "Disk")
    throw_away_machine(simulator.state, simulator.state.machine(simulator.state.add_vm("old.acme.katapult.cloud")))
    done = policy(check=check, **target, **DAILY)
    absent = policy(check=check, **target, state="absent")

    if check and isinstance(target.get("disk"), str):
        # An earlier task may create it.
        assert done["changed"] is True
    else:
        assert (done["error"]["code"], done["changed"]) == (code, False)
    assert (absent["changed"], absent["msg"][:32]) == (False, "There is no backup policy of the")
    assert len(warnings(absent)) == (code == "object_in_trash")
    assert writes(policy) == []


@pytest.mark.parametrize("state", ["present", "absent"])
def test_an_organization_that_there_is_not_is_told(policy: Any, state: str) -> None:
    done = policy(disk="data-01", organization="none", state=state, **DAILY)
    assert done["error"]["code"] == "organization_not_found"


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
@FOR_EVERY_WRITE
def test_a_lost_answer_is_no_second_write(
    policy: Any, simulator: Simulator, daily: str, write: Write, lost: Any
) -> None:
    simulator.faults.add(write.fault(**lost))
    done = policy(**write.options)
    is_unclear = write.path == OF_DISK and lost["when"] == "before"

    if is_unclear:
        # The create is not sent again: it could be carried out late.
        assert (done["failed"], done["error"]["ambiguous"], in_use(simulator)) == (True, True, [(DISK, 7, "daily")])
        assert "No such policy is there yet." in done["msg"]
    else:
        assert (done.result.get("failed"), done["changed"]) == (None, True)
        assert len(in_use(simulator)) == {"POST": 2, "PATCH": 1}.get(write.method, 0 if write.path == POLICY else 1)
    assert [request for request in writes(policy) if request.startswith("POST")] == [f"POST {OF_DISK}"] * (
        write.path == OF_DISK
    )
    again = policy(**write.options)
    assert again["changed"] is is_unclear
    assert daily


@FOR_EVERY_WRITE
def test_a_service_that_never_answers_is_told(policy: Any, simulator: Simulator, daily: str, write: Write) -> None:
    simulator.faults.add(write.fault("before", "drop", times=FOREVER))
    done = policy(**write.options, api_retries=1)

    assert (done["error"]["code"], done["error"]["ambiguous"]) == ("no_answer", True)
    assert ("The policy may still appear." in done["msg"]) is (write.path == OF_DISK)
    assert policy.requests.count(write.request) == (1 if write.path == OF_DISK else 2)
    assert [item.id for item in simulator.state.backup_policies_in_use()] == [daily]


@pytest.mark.parametrize("status", [429, 503])
@FOR_EVERY_WRITE
def test_a_write_that_is_put_off_is_sent_again(
    policy: Any, simulator: Simulator, daily: str, write: Write, status: int
) -> None:
    del daily
    body = {"error": {"code": "rate_limit_reached" if status == 429 else "service_unavailable"}}
    headers = {"Retry-After": "0"}
    simulator.faults.add(write.fault("before", "answer", status=status, body=body, headers=headers))
    done = policy(**write.options)

    if write.path == OF_DISK and status == 503:
        assert done["error"]["ambiguous"] is True
        return
    assert done["changed"] is True
    assert policy.requests.count(write.request) == 2
    assert policy(**write.options)["changed"] is False


@FOR_EVERY_WRITE
def test_a_refusal_is_told_in_the_words_of_the_service(
    policy: Any, simulator: Simulator, daily: str, write: Write
) -> None:
    del daily
    before = in_use(simulator)
    body = {"error": {"code": "validation_error", "detail": {"errors": ["Backups are not available"]}}}
    simulator.faults.add(write.fault("before", "answer", status=422, body=body, times=FOREVER))
    done = policy(**write.options)

    assert (done["failed"], done["changed"], done["error"]["ambiguous"]) == (True, False, False)
    assert "Backups are not available" in done["msg"]
    assert in_use(simulator) == before
    assert policy.requests.count(write.request) == 1


@pytest.mark.parametrize("scopes", [["disks"], ["disks", "disk_backup_policies:read"]], ids=["none", "read"])
@FOR_EVERY_WRITE
def test_a_missing_scope_is_named(
    policy: Any, simulator: Simulator, daily: str, write: Write, scopes: list[str]
) -> None:
    del daily
    simulator.state.add_token("narrow", scopes=scopes)
    done = policy(api_token="narrow", **write.options)

    assert (done["error"]["code"], done["changed"]) == ("scope_not_granted", False)
    assert "disk_backup_policies" in done["msg"]
    assert len(in_use(simulator)) == 1


def test_without_the_scope_of_the_trash_a_policy_is_deleted(policy: Any, simulator: Simulator, daily: str) -> None:
    simulator.state.add_token("narrow", scopes=["disk_backup_policies"])
    done = policy(api_token="narrow", state="absent", **ON_DISK)

    assert (done["changed"], done["trash_object"]) == (True, None)
    assert done["msg"] == (f"The backup policy {daily} was deleted. Until when it is in the trash could not be seen.")


def test_a_policy_that_appears_late_is_taken_for_the_result(policy: Any, simulator: Simulator) -> None:
    nothing = {"pagination": {"total": 0, "total_pages": 0, "per_page": 200}, "disk_backup_policies": []}
    simulator.faults.add(Fault(OF_DISK, "POST", "after", "drop"))
    simulator.faults.add(Fault(OF_DISK, "GET", action="answer", status=200, body=nothing, times=4))
    done = policy(**ON_DISK, **DAILY)

    assert (done["changed"], in_use(simulator)) == (True, [(DISK, 7, "daily")])
    assert "has appeared since, is as asked for, and is taken for the result." in warnings(done)[0]


@pytest.mark.parametrize(("retentions", "words"), [([9], "differs: retention is 9, expected 7"), ([7, 7], "There is")])
def test_what_appears_after_a_lost_create_is_not_taken_if_it_is_not_surely_ours(
    policy: Any, simulator: Simulator, retentions: list[int], words: str
) -> None:
    def meanwhile(answer: Any) -> Any:
        for retention in retentions:
            simulator.state.add_backup_policy(retention, disk=DISK, interval="daily", time=3)
        return answer

    simulator.faults.add(Fault(OF_DISK, "POST", "before", "answer", status=500))
    simulator.faults.add(Fault(OF_DISK, "GET", "after", "answer", status=200, body=meanwhile, skip=1))
    done = policy(**ON_DISK, **DAILY, api_retries=0)

    assert (done["error"]["code"], done["error"]["ambiguous"]) == ("create_unclear", True)
    assert words in done["msg"]
    assert len(done["error"]["detail"]) == len(retentions)


@pytest.mark.parametrize("retention", [7, 9])
def test_a_policy_that_another_run_made_while_a_create_was_put_off(
    policy: Any, simulator: Simulator, retention: int
) -> None:
    made: list[str] = []

    def late(_answer: Any) -> Any:
        if not made:
            made.append(simulator.state.add_backup_policy(retention, disk=DISK, interval="daily", time=3))
        return {"error": {"code": "rate_limit_reached"}}

    simulator.faults.add(
        Fault(OF_DISK, "POST", "before", "answer", status=429, body=late, headers={"Retry-After": "0"})
    )
    done = policy(**ON_DISK, **DAILY)

    assert (done["changed"], done["disk_backup_policy"]["id"]) == (retention != 7, made[0])
    assert in_use(simulator) == [(DISK, 7, "daily")]
    assert "Another run has made" in warnings(done)[0]


def test_a_policy_that_another_run_made_at_the_same_moment_is_told(policy: Any, simulator: Simulator) -> None:
    def meanwhile(answer: Any) -> Any:
        simulator.state.add_backup_policy(9, disk=DISK, interval="daily")
        return answer

    simulator.faults.add(Fault(OF_DISK, "POST", "after", "answer", status=200, body=meanwhile))
    done = policy(**ON_DISK, **DAILY, exclusive=True)

    assert (done["error"]["code"], done["changed"]) == ("duplicate_created", True)
    assert len(in_use(simulator)) == 2
    assert policy(**ON_DISK, **DAILY)["error"]["code"] == "several_backup_policies_found"


def test_a_policy_that_another_run_deleted_meanwhile_is_gone(policy: Any, simulator: Simulator, daily: str) -> None:
    def meanwhile(answer: Any) -> Any:
        throw_away(simulator.state, daily, "DiskBackupPolicy")
        return answer

    simulator.faults.add(Fault(POLICY, "GET", "after", "answer", status=200, body=meanwhile, skip=1))
    done = policy(state="absent", **ON_DISK)

    assert (done["changed"], done["trash_object"]["object_id"]) == (False, daily)


@FOR_EVERY_WRITE
def test_a_change_that_the_service_accepts_and_does_not_make_is_told(
    policy: Any, simulator: Simulator, daily: str, write: Write
) -> None:
    if write.path == OF_DISK or write.options.get("state") == "absent":
        return
    simulator.faults.add(write.fault("before", "answer", status=200, body={"disk_backup_policy": {"id": daily}}))
    done = policy(**write.options)

    assert (done["error"]["code"], done["disk_backup_policy"]["id"]) == ("not_applied", daily)
    assert f"The service took the change of the backup policy {daily}, but its " in done["msg"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"retention": None}, "retention"),
        ({"retention": "7"}, "retention"),
        ({"retention": True}, "retention"),
        ({"schedule": None}, "schedule.interval"),
        ({"schedule": {}}, "schedule.interval"),
        ({"schedule": {"interval": "daily"}}, "schedule.time"),
        ({"schedule": {"interval": 1, "time": 3}}, "schedule.interval"),
        ({"id": "dbp_Another"}, "disk_backup_policy.id"),
        ({"id": None}, "disk_backup_policy.id"),
    ],
    ids=str,
)
def test_what_an_answer_leaves_open_is_no_answer(
    policy: Any, simulator: Simulator, daily: str, change: dict[str, Any], words: str
) -> None:
    change_answer(simulator, POLICY, "disk_backup_policy", lambda found: {**found, **change})
    for options in ({"id": daily}, ON_DISK):
        done = policy(**options, **DAILY)
        assert (done["error"]["code"], writes(policy)) == ("unexpected_answer", [])
        assert words in done["msg"]


def test_a_missing_time_of_the_end_is_not_none(policy: Any, simulator: Simulator, daily: str) -> None:
    def change(found: Any) -> Any:
        return {key: value for key, value in found.items() if key != "auto_move_to_trash_at"}

    change_answer(simulator, POLICY, "disk_backup_policy", change)
    done = policy(id=daily, trash_at=LATER)

    assert (done["error"]["code"], writes(policy)) == ("unexpected_answer", [])
    assert policy(id=daily, **DAILY)["changed"] is False


def test_a_null_in_a_schedule_is_nothing_that_is_set(policy: Any, simulator: Simulator, daily: str) -> None:
    def change(found: Any) -> Any:
        return {**found, "schedule": {**found["schedule"], "minute": None}}

    change_answer(simulator, POLICY, "disk_backup_policy", change)
    assert policy(id=daily, schedule={"time": 3})["changed"] is False
    done = policy(check=True, id=daily, schedule={"minute": 0})
    assert done["diff"] == {"before": {"schedule": {"minute": None}}, "after": {"schedule": {"minute": 0}}}


@pytest.mark.parametrize("path", [OF_DISK, OF_MACHINE])
def test_a_list_of_another_target_is_not_believed(policy: Any, simulator: Simulator, daily: str, path: str) -> None:
    del daily
    simulator.state.add_vm("db-01.acme.katapult.cloud", id="vm_Db")
    simulator.state.add_disk("data-02", id="disk_Other")
    simulator.state.add_backup_policy(1, virtual_machine="db-01.acme.katapult.cloud")
    simulator.state.add_backup_policy(1, disk="disk_Other")
    info = policy.of(katapult_disk_backup_policy_info)
    others = {OF_DISK: {"disk": "data-02"}, OF_MACHINE: {"virtual_machine": "db-01.acme.katapult.cloud"}}
    rows = info(**others[path])["disk_backup_policies"]
    body = {"pagination": {}, "disk_backup_policies": rows}
    simulator.faults.add(Fault(path, "GET", action="answer", status=200, body=body, times=FOREVER))
    target = ON_DISK if path == OF_DISK else {"virtual_machine": WEB}
    done = policy(**target, **DAILY, exclusive=True)

    assert (done["error"]["code"], writes(policy)) == ("unexpected_answer", [])
    assert info(**target)["error"]["code"] == "unexpected_answer"


def test_a_listed_policy_that_is_not_found_proves_nothing(policy: Any, simulator: Simulator, daily: str) -> None:
    body = {"error": {"code": "disk_backup_policy_not_found"}}
    simulator.faults.add(Fault(POLICY, "GET", action="answer", status=404, body=body, times=2))
    done = policy(**ON_DISK, **DAILY)

    assert (done["changed"], done["disk_backup_policy"]["id"]) == (False, daily)


def test_a_disk_with_a_policy_that_can_not_be_deleted(policy: Any, simulator: Simulator, daily: str) -> None:
    del daily
    errors = ["Disk has a backup policy"]
    body = {"error": {"code": "validation_error", "detail": {"errors": errors}}}
    simulator.faults.add(Fault("/disks/disk", "DELETE", "before", "answer", status=422, body=body))
    done = policy.of(katapult_disk)(id=DISK, state="absent", force=True)

    assert (done["failed"], done["error"]["detail"]) == (True, {"errors": errors})
    assert errors[0] in done["msg"]
    assert policy.of(katapult_disk)(id=DISK, state="absent", force=True)["changed"] is True


@CHECKED
def test_policies_are_listed(policy: Any, simulator: Simulator, daily: str, check: bool) -> None:
    weekly = simulator.state.add_backup_policy(4, virtual_machine=WEB, interval="weekly")
    info = policy.of(katapult_disk_backup_policy_info)
    thin = {"id", "retention", "total_size", "target", "schedule"}
    found: list[tuple[dict[str, Any], str, list[str]]] = [
        ({}, ALL, [daily, weekly]),
        ({"disk": {"id": DISK}}, OF_DISK, [daily]),
        ({"virtual_machine": WEB}, OF_MACHINE, [weekly]),
        ({"virtual_machine": WEB, "include_disks": True}, OF_MACHINE, [daily, weekly]),
    ]
    for options, path, ids in found:
        done = info(check=check, **options)
        assert [row["id"] for row in done["disk_backup_policies"]] == ids
        assert {frozenset(row) for row in done["disk_backup_policies"]} == {frozenset(thin)}
        assert info.requests == [f"GET {path}"]
        whole = info(check=check, details=True, **options)["disk_backup_policies"]
        assert [row["id"] for row in whole] == ids
        assert {frozenset(row) for row in whole} == {frozenset(thin | {"auto_move_to_trash_at"})}
        assert "time" in whole[0]["schedule"]
    assert [row["id"] for row in info(check=check, disk="data-01")["disk_backup_policies"]] == [daily]
    assert [row["id"] for row in info(check=check, id=daily)["disk_backup_policies"]] == [daily]
    assert info(check=check, id="dbp_None")["disk_backup_policies"] == []


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"disk": "none"}, "disk_not_found"),
        ({"disk": {"id": "disk_None"}}, "disk_not_found"),
        ({"virtual_machine": "none.acme.katapult.cloud"}, "virtual_machine_not_found"),
        ({"organization": "none"}, "organization_not_found"),
        ({"organization": None}, "invalid_option"),
        ({"include_disks": True}, "invalid_option"),
    ],
    ids=str,
)
def test_what_can_not_be_listed(policy: Any, options: dict[str, Any], code: str) -> None:
    assert policy.of(katapult_disk_backup_policy_info)(**options)["error"]["code"] == code


def test_a_disk_that_an_earlier_task_may_create_is_predicted(policy: Any) -> None:
    new = {"disk": "data-09", **DAILY}
    predicted = policy(check=True, **new)

    assert (predicted["changed"], predicted["disk_backup_policy"]["retention"]) == (True, 7)
    assert "an earlier task creates" in str(predicted["warnings"])
    assert policy(check=True, disk={"id": "disk_None"}, **DAILY)["error"]["code"] == "disk_not_found"
    assert policy(**new)["error"]["code"] == "disk_not_found"
