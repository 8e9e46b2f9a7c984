# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain text that is an ID is taken for one, and the names of machines are those of the service in any case."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.modules import (
    katapult_disk,
    katapult_disk_assignment,
    katapult_disk_info,
    katapult_disks,
)
from ansible_collections.katapult.cloud.tests.simulator.simulator import Simulator

WEB = "web-01.acme.katapult.cloud"
SPELT = "Web-01.ACME.katapult.cloud"
LONDON: dict[str, Any] = {"size_in_gb": 20, "data_center": "uk-lon-01"}


@pytest.mark.parametrize("between", [",", "\n", "\r\n", " ,\n\n "], ids=ascii)
def test_an_id_among_the_names_of_a_fleet_is_that_disk(run: Any, simulator: Simulator, between: str) -> None:
    disk_id = simulator.state.add_disk("data-01")

    done = run.of(katapult_disks)(disks=f"{disk_id}{between}data-02", **LONDON)

    assert (done["disks"][0]["disk"]["id"], done["disks"][0]["changed"]) == (disk_id, False)
    assert sorted(disk.name for disk in simulator.state.disks_in_use()) == ["data-01", "data-02"]


def test_a_disk_that_is_twice_among_the_ids_is_refused(run: Any, simulator: Simulator) -> None:
    disk_id = simulator.state.add_disk("data-01")

    done = run.of(katapult_disks)(disks=f"{disk_id}\n{disk_id}\n", state="absent")

    assert f"disks[1].id is '{disk_id}', as in disks[0]." in done["msg"]
    assert simulator.requests == []


def test_ids_as_plain_text_name_a_machine_and_a_disk(run: Any, simulator: Simulator) -> None:
    machine = simulator.state.add_vm(fqdn=WEB, state="started")
    disk_id = simulator.state.add_disk("data-01")

    done = run.of(katapult_disk_assignment)(disk=disk_id, virtual_machine=machine)

    assert done["disk"]["virtual_machine_disk"]["virtual_machine"]["id"] == machine
    assert run.of(katapult_disk_info)(virtual_machine=machine)["disks"][0]["id"] == disk_id


def test_ids_as_plain_text_name_places_and_profiles(
    run: Any, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = simulator.state
    profile, place = state.io_profiles[0], state.data_centers[0]
    monkeypatch.setenv("KATAPULT_ORGANIZATION", f" {state.organization.id} ")
    monkeypatch.setenv("KATAPULT_DATA_CENTER", f" {place.id}\n")

    done = run(organization=None, name="data-01", size_in_gb=20, io_profile=profile.id)

    assert (done["disk"]["data_center"]["id"], done["disk"]["io_profile"]["id"]) == (place.id, profile.id)
    assert run(name="data-01", data_center=place.id, organization=state.organization.id)["changed"] is False


FAULTS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "annotation of an entry": (
        {"annotations": [{"key": "a "}]},
        {},
        "disks[0].annotations[0].key",
    ),
    "annotation for all": (
        {},
        {"annotations": [{"key": "a "}]},
        "annotations[0].key",
    ),
    "machine of an entry": (
        {"virtual_machine_disk": {"virtual_machine": {"fqdn": " a"}}},
        {"virtual_machine_disk": {"virtual_machine": {"fqdn": "b"}}},
        "disks[0].virtual_machine_disk.virtual_machine.fqdn",
    ),
    "machine for all": (
        {"virtual_machine_disk": {"attach": True}},
        {"virtual_machine_disk": {"virtual_machine": {"fqdn": " a"}}},
        "virtual_machine_disk.virtual_machine.fqdn",
    ),
    "organization": ({}, {"organization": {"sub_domain": "a "}}, "organization.sub_domain"),
}


@pytest.mark.parametrize(("own", "usual", "option"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_where_it_is(run: Any, own: dict[str, Any], usual: dict[str, Any], option: str) -> None:
    done = run.of(katapult_disks)(disks=[{"name": "data-01", **own}], **usual)

    assert done["error"]["detail"] == {"option": option, "options": [option]}
    assert run.requests == []


TIED = {"virtual_machine": SPELT, "attach": True}
SAME_MACHINE: dict[str, tuple[Any, dict[str, Any]]] = {
    "disk": (katapult_disk, {"name": "data-01", "virtual_machine_disk": TIED}),
    "assignment": (katapult_disk_assignment, {"disk": "data-01", "virtual_machine": SPELT}),
    "defaults of a fleet": (katapult_disks, {"disks": ["data-01", "data-02"], "virtual_machine_disk": TIED}),
    "entries": (
        katapult_disks,
        {
            "disks": [
                {"name": "data-01", "virtual_machine_disk": TIED},
                {"name": "data-02", "virtual_machine_disk": {**TIED, "virtual_machine": WEB}},
            ]
        },
    ),
}


@pytest.mark.parametrize(("module", "options"), SAME_MACHINE.values(), ids=SAME_MACHINE)
def test_a_machine_is_the_same_however_its_name_is_spelt(
    run: Any, simulator: Simulator, module: Any, options: dict[str, Any]
) -> None:
    simulator.state.add_vm(fqdn=WEB, state="started")
    for name in ("data-01", "data-02"):
        simulator.state.add_disk(name, virtual_machine=WEB, attachment="attached")

    done = run.of(module)(**options)

    assert (done.result.get("failed", False), done["changed"]) == (False, False)
    assert {request.method for request in simulator.requests} == {"GET"}


def test_the_disks_of_a_machine_are_found_however_its_name_is_spelt(run: Any, simulator: Simulator) -> None:
    simulator.state.add_vm(fqdn=WEB, state="started")
    simulator.state.add_disk("data-01", virtual_machine=WEB, attachment="attached")

    assert [disk["name"] for disk in run.of(katapult_disk_info)(virtual_machine=SPELT)["disks"]] == ["data-01"]


def test_the_name_of_a_machine_is_sent_as_it_was_given(run: Any, simulator: Simulator) -> None:
    run(name="data-01", size_in_gb=20, virtual_machine_disk={"virtual_machine": SPELT})

    sent = next(request.body for request in simulator.requests if request.method == "POST")
    assert sent["properties"]["virtual_machine_disk"]["virtual_machine"] == {"fqdn": SPELT}
