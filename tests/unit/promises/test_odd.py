# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Odd options and odd answers: a clean failure or success, never a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Fault, Simulator
from ansible_collections.katapult.cloud.tests.unit.promises.life import Life, lived
from ansible_collections.katapult.cloud.tests.unit.promises.running import DISK, output_of, result_of

HUGE = "1" + "0" * 400
OPTIONS: dict[str, dict[str, Any]] = {
    "a literal with a number for a key": {"data_center": "{1: 2}"},
    "a literal inside a list": {"annotations": ["{1: 2}"]},
    "text that is half key=value": {"data_center": "a=b c"},
    "infinity as text": {"size_in_gb": "inf"},
    "infinity": {"size_in_gb": float("inf")},
    "a huge size": {"size_in_gb": 10**20},
    "a size of hundreds of digits": {"size_in_gb": HUGE},
    "a huge time-out": {"wait_timeout": HUGE},
    "an endless connection": {"api_timeout": 10**20},
    "endless retries": {"api_retries": 10**6},
    "deep brackets": {"annotations": "[" * 100000},
    "deep braces": {"data_center": "{" * 10000},
    "a negative time-out": {"wait_timeout": -1},
}
STRANGE: dict[str, dict[str, Any]] = {
    "a list for a size": {"size_in_gb": [1]},
    "an object for a size": {"size_in_gb": {"a": [1]}},
    "a list for a bus": {"bus_type": ["scsi"]},
    "objects for a speed": {"storage_speed": [{"key": 1}]},
    "a list in a profile": {"io_profile": {"permalink": [{}]}},
    "text for a data center": {"data_center": "uk-lon-01"},
    "a list for a machine": {"virtual_machine_disk": []},
    "a machine without a state": {"virtual_machine_disk": {"virtual_machine": {"id": 5, "fqdn": 5}, "state": None}},
    "text for an installation": {"installation": "text"},
    "numbers everywhere": dict.fromkeys(("wwn", "created_at", "installation", "bus_type", "io_profile"), 7),
}
WANTED = {"bus_type": "scsi", "storage_speed": "nvme", "io_profile": "unrestricted"}
PLAIN = {"id": "disk_One", "name": "data-01", "size_in_gb": 20, "state": "built", "virtual_machine_disk": None}


@pytest.fixture(name="simulator")
def _simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


def options_for(simulator: Simulator, **more: Any) -> dict[str, Any]:
    return {"api_url": simulator.url, "api_token": simulator.token, "organization": "acme", **DISK, **more}


@pytest.mark.parametrize("more", OPTIONS.values(), ids=OPTIONS)
def test_an_odd_option_is_named_before_anything_is_sent(simulator: Simulator, more: dict[str, Any]) -> None:
    result = result_of(options_for(simulator, **more))

    assert result["failed"]
    assert next(iter(more)) in result["msg"]
    assert simulator.requests == []


@pytest.mark.parametrize("odd", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("rows", [1, 2])
def test_an_odd_disk_is_no_traceback(simulator: Simulator, odd: dict[str, Any], rows: int) -> None:
    for _number in range(rows):
        simulator.state.add_disk("data-01")
    answer = {"disk": {**PLAIN, **odd}, "annotations": [3, {"value": 4}]}
    simulator.faults.add(Fault(path="/disks/disk", action="answer", status=200, body=answer, times=-1))

    result = result_of(options_for(simulator, **WANTED, data_center=None))

    assert result["failed"]
    assert result["error"]["code"] in ("drift", "several_disks_found", "unexpected_answer")


def test_where_no_lock_can_be_had_the_disk_is_made_with_a_warning(tmp_path: Path) -> None:
    in_the_way = tmp_path / "locks"
    in_the_way.write_text("in the way", encoding="utf-8")

    with lived() as life:
        outcome = Life(life.simulator, life.clock, str(in_the_way)).disk(
            name="data-01", size_in_gb=20, data_center={"permalink": "uk-lon-01"}
        )

    assert outcome["changed"] is True
    assert [warning.partition(" (")[0] for warning in outcome.warnings] == ["No lock can be had"]
    assert f"{in_the_way}: " in outcome.warnings[0]


@pytest.mark.parametrize("name", ["KATAPULT_API_URL", "KATAPULT_ORGANIZATION", "KATAPULT_DATA_CENTER"])
def test_a_variable_that_is_no_text_is_named(simulator: Simulator, name: str) -> None:
    options = {"api_token": simulator.token, "name": "data-01"}

    output = output_of(options, environment={"KATAPULT_API_URL": simulator.url, name: "https://caf\udce9.test"})

    assert f"{name}: holds bytes that are no UTF-8 text" in output
    assert simulator.requests == []


@pytest.mark.parametrize("name", ["KATAPULT_API_TIMEOUT", "KATAPULT_API_RETRIES"])
@pytest.mark.parametrize("value", ["inf", HUGE])
def test_a_variable_that_is_no_number_is_named(simulator: Simulator, name: str, value: str) -> None:
    output = output_of(options_for(simulator), environment={name: value})

    assert f"{name}: is no number that can be meant" in output
    assert simulator.requests == []


def test_pages_that_never_end_are_left(simulator: Simulator) -> None:
    body = {"disk": [], "pagination": {"total_pages": 10**9, "per_page": 200, "total": None}}
    simulator.faults.add(Fault(path="/organizations/organization/disks", action="answer", status=200, body=body))

    assert result_of(options_for(simulator), check=True)["changed"] is True
