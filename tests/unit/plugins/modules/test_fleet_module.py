# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""katapult_disks as Ansible runs it: what its options may be, and what it says of those that can't be meant."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.modules import katapult_disks
from ansible_collections.katapult.cloud.tests.simulator.simulator import Simulator

LONDON: dict[str, Any] = {"size_in_gb": 20, "data_center": "uk-lon-01"}
TWO = ["data-01", "data-02"]


@pytest.mark.parametrize(
    "disks",
    [
        TWO,
        "data-01,data-02",
        " data-01 , data-02",
        json.dumps(TWO),
        json.dumps([{"name": name} for name in TWO]),
        [{"name": "data-01"}, "name=data-02"],
        [{"name": "data-01", "size_in_gb": None, "virtual_machine_disk": None}, {"name": "data-02"}],
    ],
    ids=["names", "text", "spaces", "json of names", "json of entries", "key=value", "nested none"],
)
def test_ways_to_write_two_disks(run: Any, simulator: Simulator, disks: Any) -> None:
    done = run.of(katapult_disks)(disks=disks, **LONDON)

    assert [disk["name"] for disk in done["disks"]] == TWO
    assert sorted(disk.name for disk in simulator.state.disks_in_use()) == TWO


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"disks": None}, "missing required arguments: disks"),
        ({"disks": 5}, "disks is a number. Give a list of dictionaries: disks: [{name: data-01"),
        ({"disks": [5]}, "disks[0] is a number. Give text or a dictionary"),
        ({"disks": ["data-01", ""]}, "disks[1] is empty."),
        ({"disks": "data-01,,data-02"}, "disks[1] is empty."),
        ({"disks": [["data-01"]]}, "disks[0] is a list."),
        ({"disks": [{"size_in_gb": 20}]}, "disks[0].name is missing. Give every disk a name, or the id"),
        ({"disks": [{"name": " "}]}, "disks[0].name is empty."),
        ({"disks": [{"name": "a", "data_center": 5}]}, "disks[0].data_center is a number."),
        ({"disks": [{"name": "a", "size_in_gb": 3}, {"name": "a"}]}, "disks[0].size_in_gb is 3"),
        ({"disks": TWO, "size_in_gb": 3}, "size_in_gb is 3, but a disk has 10 GB or more."),
        ({"disks": [{"name": "a"}, {"name": "b"}, {"name": "a"}]}, "disks[2].name is 'a', as in disks[0]."),
        (
            {"disks": [{"name": "a", "data_center": {"id": "dc_A"}}, {"name": "a", "data_center": "uk-lon-01"}]},
            "disks[1].name is 'a', as in disks[0].",
        ),
        ({"disks": [{"id": "disk_A"}, {"id": "disk_A", "name": "b"}]}, "disks[1].id is 'disk_A', as in disks[0]."),
        ({"disks": TWO, "concurrency": 0}, "concurrency is 0, but it must be from 1 to 64."),
        ({"disks": TWO, "concurrency": 65}, "concurrency is 65, but it must be from 1 to 64."),
        ({"disks": [{"name": "a", "restore": True}]}, "disks[0].restore needs id"),
        ({"disks": [{"name": "a", "sise": 5}]}, "Unsupported parameters"),
        ({"disks": [{"name": "a", "size_in_gb": "much"}]}, "size_in_gb"),
        ({"disks": TWO, "wait_timeout": -1}, "wait_timeout is -1"),
        ({"disks": TWO, "organization": None}, "organization is needed to look up"),
    ],
)
def test_what_can_t_be_used_is_named_before_any_request(
    run: Any, simulator: Simulator, options: dict[str, Any], words: str
) -> None:
    done = run.of(katapult_disks)(**{**LONDON, **options})

    assert done["failed"] is True
    assert words in done["msg"]
    assert simulator.requests == []


def test_an_option_for_all_is_named_once(run: Any) -> None:
    done = run.of(katapult_disks)(disks=TWO, size_in_gb=3, data_center="uk-lon-01")

    assert done["msg"].count("size_in_gb") == 1
    assert done["error"]["detail"] == {"option": "size_in_gb", "options": ["size_in_gb"]}


def test_disks_of_one_name_in_two_data_centers_are_two(run: Any, simulator: Simulator) -> None:
    entries = [{"name": "data-01", "data_center": place} for place in ("uk-lon-01", "nl-ams-01")]

    done = run.of(katapult_disks)(disks=entries, size_in_gb=20)

    assert done["summary"]["created"] == 2
    assert set(done["diff"]["after"]) == {"data-01 (uk-lon-01)", "data-01 (nl-ams-01)"}
    assert run.of(katapult_disks)(disks=entries, size_in_gb=20)["changed"] is False
    assert len(simulator.state.disks_in_use()) == 2


def test_an_entry_goes_before_the_options_for_all(run: Any, simulator: Simulator) -> None:
    simulator.state.add_vm(fqdn="web-01.acme.katapult.cloud", state="started")
    done = run.of(katapult_disks)(
        size_in_gb=20,
        annotations=[{"key": "env", "value": "test"}],
        virtual_machine_disk={"virtual_machine": "web-01.acme.katapult.cloud", "attach": True, "attach_on_boot": False},
        disks=[
            {"name": "data-01"},
            {"name": "data-02", "size_in_gb": 30, "annotations": [], "virtual_machine_disk": {"attach_on_boot": True}},
        ],
    )

    first, second = done["disks"]
    assert (first["disk"]["size_in_gb"], second["disk"]["size_in_gb"]) == (20, 30)
    assert (first["annotations"], second["annotations"]) == ([{"key": "env", "value": "test"}], [])
    ties = [disk["disk"]["virtual_machine_disk"] for disk in (first, second)]
    assert [(tie["attach_on_boot"], tie["state"]) for tie in ties] == [(False, "attached"), (True, "attached")]


def test_the_plain_token_is_in_no_entry(run: Any, simulator: Simulator) -> None:
    done = run.of(katapult_disks)(disks=[{"name": f"x-{simulator.token}"}, "fail-build"], **LONDON)

    assert done["failed"] is True
    assert simulator.token not in done.output
