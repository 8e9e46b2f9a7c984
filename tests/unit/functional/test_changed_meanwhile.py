# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Another client changes the disk while a run is at work: no write goes out that its plan did not mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Fault
from ansible_collections.katapult.cloud.tests.unit.support.harness import DB, ON_WEB, WEB, Harness, Operation, state_of
from ansible_collections.katapult.cloud.tests.unit.support.other_clients import DISK, TRASH, Other, after, refused

DETACH = "/disks/disk/detach"
RESIZE = "/disks/disk/resize"
PROFILE = "/disks/disk/io_profile"
UNASSIGN = "/disks/disk/unassign"
GONE: dict[str, Any] = {"state": "absent", "force": True}
GROWN: dict[str, Any] = {"size_in_gb": 30, "io_profile": {"permalink": "100k"}}
OFF = [f"PATCH {DISK}", f"POST {DETACH}"]
LEAVING = ["attach_on_boot", "detach"]
KEPT_OFF: dict[str, Any] = {"virtual_machine": WEB, "attach_on_boot": False}


class Case(NamedTuple):
    """What is asked of a disk, what another client does meanwhile, and how far the run goes."""

    options: dict[str, Any]
    before: dict[str, Any]
    fault: Callable[[Other], Fault]
    found: dict[str, Any]
    writes: list[str]
    done: list[str]
    assigns: bool = False
    changed: bool = True


CASES: dict[str, Case] = {
    "grown while the profile changes": Case(
        GROWN,
        {},
        lambda other: after("PUT", PROFILE, other.grows),
        {"size_in_gb": 500},
        [f"PUT {PROFILE}"],
        ["io_profile"],
    ),
    "assigned while the profile changes": Case(
        GROWN,
        {},
        lambda other: after("PUT", PROFILE, lambda: other.moves(WEB)),
        {"virtual_machine": WEB},
        [f"PUT {PROFILE}"],
        ["io_profile"],
    ),
    "attached before it grows offline": Case(
        GROWN,
        KEPT_OFF,
        lambda other: after("PUT", PROFILE, lambda: other.moves(WEB)),
        {"attached": True},
        [f"PUT {PROFILE}"],
        ["io_profile"],
    ),
    "a boot disk since it is detached": Case(
        GONE, ON_WEB, lambda other: after("POST", DETACH, other.boots_from_it), {"boot": True}, OFF, LEAVING
    ),
    "renamed since it is detached": Case(
        {**GONE, "name": "data-01"},
        ON_WEB,
        lambda other: after("POST", DETACH, other.renames),
        {"name": "production-db"},
        OFF,
        LEAVING,
    ),
    "moved since it is detached": Case(
        GONE,
        ON_WEB,
        lambda other: after("POST", DETACH, lambda: other.moves(DB)),
        {"virtual_machine": DB},
        OFF,
        ["attach_on_boot"],
    ),
    "moved before it is released": Case(
        {"state": "absent", "virtual_machine": {"fqdn": WEB}},
        ON_WEB,
        lambda other: after("POST", DETACH, lambda: other.moves(DB)),
        {"virtual_machine": DB},
        OFF,
        ["attach_on_boot"],
        assigns=True,
    ),
    "assigned since it is unassigned": Case(
        GONE,
        KEPT_OFF,
        lambda other: after("POST", UNASSIGN, lambda: other.boots_elsewhere(DB)),
        {"virtual_machine": DB},
        [f"POST {UNASSIGN}"],
        [],
    ),
    "a boot disk before the delete is repeated": Case(
        {"state": "absent"},
        {},
        lambda other: refused("DELETE", DISK, lambda: other.boots_elsewhere(DB)),
        {"virtual_machine": DB},
        [f"DELETE {DISK}"],
        [],
        changed=False,
    ),
    "renamed before the delete is repeated": Case(
        {"state": "absent", "name": "data-01"},
        {},
        lambda other: refused("DELETE", DISK, other.renames),
        {"name": "production-db"},
        [f"DELETE {DISK}"],
        [],
        changed=False,
    ),
    "moved before the detach is repeated": Case(
        {"virtual_machine_disk": {"attach": False}},
        ON_WEB,
        lambda other: refused("POST", DETACH, lambda: other.moves(DB), status=429),
        {"virtual_machine": DB},
        [f"POST {DETACH}"],
        [],
        changed=False,
    ),
    "grown before the resize is repeated": Case(
        {"size_in_gb": 30},
        {},
        lambda other: refused("PUT", RESIZE, other.grows, status=429),
        {"size_in_gb": 500},
        [f"PUT {RESIZE}"],
        [],
        changed=False,
    ),
    "moved before the unassign is repeated": Case(
        {"state": "absent"},
        KEPT_OFF,
        lambda other: refused("POST", UNASSIGN, lambda: other.moves(DB)),
        {"virtual_machine": DB},
        [f"POST {UNASSIGN}"],
        [],
        assigns=True,
        changed=False,
    ),
    "moved before attach_on_boot is set again": Case(
        {"state": "absent"},
        ON_WEB,
        lambda other: refused("PATCH", DISK, lambda: other.moves(DB)),
        {"virtual_machine": DB},
        [f"PATCH {DISK}"],
        [],
        assigns=True,
        changed=False,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_write_that_no_longer_fits_is_not_sent(harness: Harness, case: Case) -> None:
    operation = Operation(case.options, case.before, assigns=case.assigns)
    disk_id = operation.prepare(harness.simulator)
    harness.simulator.faults.add(case.fault(Other(harness, disk_id)))

    result = operation.run(harness, disk_id)

    assert result["error"]["code"] == "changed_meanwhile", result.result
    assert (result["error"]["detail"]["found"], result.writes) == (case.found, case.writes)
    assert (result["changed"], (result.result.get("steps") or {"done": []})["done"]) == (case.changed, case.done)
    unclear = "Whether the request before it was carried out is not known."
    untouched = f"Nothing {'more ' if case.changed else ''}was changed."
    assert (unclear if result["error"]["ambiguous"] else untouched) in result["msg"]
    assert state_of(harness.simulator, disk_id)["exists"] is True


def test_another_grow_that_goes_the_same_way_is_no_hindrance(harness: Harness) -> None:
    operation = Operation({"size_in_gb": 600, "io_profile": {"permalink": "100k"}})
    disk_id = operation.prepare(harness.simulator)
    harness.simulator.faults.add(after("PUT", PROFILE, Other(harness, disk_id).grows))

    assert operation.run(harness, disk_id)["disk"]["size_in_gb"] == 600


def test_what_another_client_has_done_already_is_not_done_again(harness: Harness) -> None:
    operation = Operation({"size_in_gb": 500}, {})
    disk_id = operation.prepare(harness.simulator)
    harness.simulator.faults.add(refused("PUT", RESIZE, Other(harness, disk_id).grows, status=429))

    result = operation.run(harness, disk_id)

    assert (result["changed"], result["disk"]["size_in_gb"], result.writes) == (False, 500, [f"PUT {RESIZE}"])


def test_a_resize_of_another_client_that_is_under_way_is_waited_for(harness: Harness) -> None:
    """Its size shows only when it has ended: a resize sent before would shrink the disk."""
    operation = Operation(GROWN)
    disk_id = operation.prepare(harness.simulator)
    state = harness.simulator.state

    def begins_to_grow() -> None:
        with state.lock:
            state.disks[disk_id].state = "resizing"

    def ends() -> None:
        with state.lock:
            state.disks[disk_id].state, state.disks[disk_id].size_in_gb = "built", 500

    harness.simulator.faults.add(after("GET", "/tasks/task", begins_to_grow))
    harness.clock.meanwhile(ends, lambda: state.disks[disk_id].state == "resizing")

    result = operation.run(harness, disk_id)

    assert (result["error"]["code"], result.writes) == ("changed_meanwhile", [f"PUT {PROFILE}"])


@pytest.mark.parametrize("options", [{"state": "absent"}, {"state": "absent", "purge": True}], ids=["delete", "purge"])
def test_after_a_wait_for_the_rate_limit_the_disk_is_read_again(harness: Harness, options: dict[str, Any]) -> None:
    operation = Operation(options)
    disk_id = operation.prepare(harness.simulator)
    harness.simulator.settings.rate_limit = 3
    harness.clock.sleep(90 - harness.clock.wall() % 60)  # to the middle of the next minute
    harness.clock.meanwhile(Other(harness, disk_id).renames, lambda: len(harness.simulator.requests) == 3)

    result = harness.disk(name="data-01", **options)

    assert (result["error"]["code"], result.writes) == ("changed_meanwhile", [])
    assert result["disk"]["name"] == "production-db"


@pytest.mark.parametrize("trashed", [True, False], ids=["in the trash", "deleted by the run"])
@pytest.mark.parametrize(
    "scopes", [None, ["disks", "trash_objects:read", "trash_objects:purge"]], ids=["all", "no tasks"]
)
def test_a_disk_that_another_client_restores_is_not_called_purged(
    harness: Harness, trashed: bool, scopes: list[str] | None
) -> None:
    disk_id = Operation({}, trashed=trashed).prepare(harness.simulator)
    harness.simulator.state.add_token("some", scopes)
    harness.simulator.faults.add(refused("DELETE", TRASH, Other(harness, disk_id).restores, status=429))

    result = harness.disk(id=disk_id, state="absent", purge=True, token="some")

    assert (result["error"]["code"], result["changed"]) == ("changed_meanwhile", not trashed), result.result
    assert state_of(harness.simulator, disk_id)["exists"] is True
    assert "run this with id" not in result["msg"]


@pytest.mark.parametrize("trashed", [True, False], ids=["in the trash", "deleted by the run"])
def test_a_404_of_the_trash_is_not_taken_for_a_purge(harness: Harness, trashed: bool) -> None:
    disk_id = Operation({}, trashed=trashed).prepare(harness.simulator)
    restores = Other(harness, disk_id).restores
    harness.simulator.faults.add(after("GET", DISK, restores, 406) if trashed else after("DELETE", DISK, restores))

    result = harness.disk(id=disk_id, state="absent", purge=True)

    assert (result["error"]["code"], result["changed"]) == ("changed_meanwhile", not trashed), result.result
    assert result["disk"]["id"] == disk_id


def test_a_disk_that_another_client_has_purged_is_gone_and_not_changed(harness: Harness) -> None:
    disk_id = Operation({}, trashed=True).prepare(harness.simulator)
    state = harness.simulator.state

    def purges() -> None:
        with state.lock:
            state.trash.clear()
            del state.disks[disk_id]

    harness.simulator.faults.add(refused("DELETE", TRASH, purges, status=429))

    result = harness.disk(id=disk_id, state="absent", purge=True)

    assert (result.failed, result["changed"]) == (False, False), result.result


def test_a_disk_that_another_client_has_restored_is_restored_and_not_changed(harness: Harness) -> None:
    disk_id = Operation({}, trashed=True).prepare(harness.simulator)
    harness.simulator.faults.add(refused("POST", f"{TRASH}/restore", Other(harness, disk_id).restores, status=429))

    result = harness.disk(id=disk_id, restore=True)

    assert (result["changed"], result["disk"]["id"]) == (False, disk_id)


def test_in_a_fleet_only_the_disk_that_was_changed_fails(harness: Harness) -> None:
    disk_id = Operation({}, ON_WEB).prepare(harness.simulator)
    harness.simulator.state.add_disk("data-02")
    harness.simulator.faults.add(after("POST", DETACH, Other(harness, disk_id).renames))

    result = harness.fleet(state="absent", force=True, disks=[{"name": "data-01"}, {"name": "data-02"}])

    assert [entry["error"] and entry["error"]["code"] for entry in result["disks"]] == ["changed_meanwhile", None]
    assert result["disks"][0]["steps"] == {"done": LEAVING, "failed": [], "not_tried": ["unassign", "delete"]}
    assert state_of(harness.simulator, disk_id)["exists"] is True


DONE_ELSEWHERE: dict[str, tuple[dict[str, Any], dict[str, Any], Callable[[Other], Fault], dict[str, Any]]] = {
    "attached elsewhere before it is repeated": (
        {"virtual_machine_disk": {"virtual_machine": {"fqdn": WEB}, "attach": True}},
        {"virtual_machine": WEB},
        lambda other: refused("POST", "/disks/disk/attach", lambda: other.moves(DB), status=429),
        {"virtual_machine": DB},
    ),
    "attached elsewhere after a lost answer": (
        {"virtual_machine_disk": {"virtual_machine": {"fqdn": WEB}, "attach": True}},
        {"virtual_machine": WEB},
        lambda other: refused("POST", "/disks/disk/attach", lambda: other.moves(DB)),
        {"virtual_machine": DB},
    ),
    "moved after the last step": (
        {"virtual_machine_disk": {"virtual_machine": {"fqdn": WEB}, "attach": True}},
        {"virtual_machine": WEB},
        lambda other: after("POST", "/disks/disk/attach", lambda: other.moves(DB)),
        {"virtual_machine": DB},
    ),
    "of that size and renamed": (
        {"name": "data-01", "size_in_gb": 500},
        {},
        lambda other: refused("PUT", RESIZE, other.grows_and_renames, status=429),
        {"name": "production-db"},
    ),
    "shrunk though it has grown": (
        {"size_in_gb": 10, "allow_shrink": True},
        {},
        lambda other: refused("PUT", RESIZE, other.grows, status=429),
        {"size_in_gb": 500},
    ),
    "grown after a lost answer": (
        {"size_in_gb": 30},
        {},
        lambda other: refused("PUT", RESIZE, other.grows),
        {"size_in_gb": 500},
    ),
}


@pytest.mark.parametrize(("options", "before", "fault", "found"), DONE_ELSEWHERE.values(), ids=DONE_ELSEWHERE)
def test_what_is_done_to_another_place_or_name_is_not_done(
    harness: Harness,
    options: dict[str, Any],
    before: dict[str, Any],
    fault: Callable[[Other], Fault],
    found: dict[str, Any],
) -> None:
    operation = Operation(options, before)
    disk_id = operation.prepare(harness.simulator)
    harness.simulator.faults.add(fault(Other(harness, disk_id)))

    result = operation.run(harness, disk_id)

    assert result["error"]["code"] == "changed_meanwhile", result.result
    assert result["error"]["detail"]["found"] == found


def test_a_rename_is_not_repeated_to_a_name_that_another_disk_has_by_now(harness: Harness) -> None:
    operation = Operation({"name": "data-02"})
    disk_id = operation.prepare(harness.simulator)
    harness.simulator.faults.add(
        refused("PATCH", DISK, lambda: harness.simulator.state.add_disk("data-02"), status=429)
    )

    result = operation.run(harness, disk_id)

    assert (result["error"]["code"], result["disk"]["name"]) == ("name_taken", "data-01")


@pytest.mark.parametrize("fleet", [False, True], ids=["disk", "fleet"])
def test_a_disk_that_another_run_makes_otherwise_before_the_create_is_taken_as_it_is(
    harness: Harness, fleet: bool
) -> None:
    path = "/organizations/organization/disks"
    disk: dict[str, Any] = {"name": "data-01", "size_in_gb": 20, "data_center": {"permalink": "uk-lon-01"}}
    harness.simulator.faults.add(
        refused("POST", path, lambda: harness.simulator.state.add_disk("data-01", size_in_gb=10), status=429)
    )

    result = harness.fleet(disks=[disk]) if fleet else harness.disk(**disk)

    assert (result.failed, result.writes) == (False, [f"POST {path}", f"PUT {RESIZE}"]), result.result
    assert "Another run has made the disk since" in result.warnings[0]


@pytest.mark.parametrize("trashed", [True, False], ids=["in the trash", "deleted by the run"])
def test_a_disk_that_is_restored_while_it_is_purged_is_not_called_purged(harness: Harness, trashed: bool) -> None:
    disk_id = Operation({}, trashed=trashed).prepare(harness.simulator)
    harness.simulator.faults.add(after("DELETE", TRASH, Other(harness, disk_id).restores))

    result = harness.disk(id=disk_id, state="absent", purge=True)

    assert (result["error"]["code"], result["changed"]) == ("changed_meanwhile", True), result.result
    assert state_of(harness.simulator, disk_id)["exists"] is True


def test_a_lost_write_whose_look_fails_is_unclear(harness: Harness) -> None:
    operation = Operation({"bus_type": "virtio"})
    disk_id = operation.prepare(harness.simulator)
    harness.simulator.faults.add(Fault(method="PATCH", path=DISK, when="after", action="drop"))
    denied = {"error": {"code": "permission_denied", "detail": {}}}
    harness.simulator.faults.add(
        Fault(method="GET", path=DISK, action="answer", status=403, body=denied, skip=2, times=-1)
    )

    result = operation.run(harness, disk_id)

    assert (result["error"]["code"], result["error"]["ambiguous"]) == ("permission_denied", True)
