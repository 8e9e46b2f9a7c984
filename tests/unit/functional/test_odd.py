# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Odd options and odd answers: a clean failure or success, never a traceback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._options.normalize import EXAMPLES
from ansible_collections.katapult.cloud.tests.simulator import Fault, Simulator
from ansible_collections.katapult.cloud.tests.unit.support.harness import Harness, lived
from ansible_collections.katapult.cloud.tests.unit.support.processes import DISK, output_of, result_of

pytestmark = pytest.mark.usefixtures("both_ways")

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

    with lived() as harness:
        outcome = Harness(harness.simulator, harness.clock, str(in_the_way)).disk(
            name="data-01", size_in_gb=20, data_center={"permalink": "uk-lon-01"}
        )

    assert outcome["changed"] is True
    assert [warning.partition(" (")[0] for warning in outcome.warnings] == ["No lock can be had"]
    assert f"{in_the_way}: " in outcome.warnings[0]


@pytest.mark.parametrize("name", ["KATAPULT_API_URL", "KATAPULT_ORGANIZATION", "KATAPULT_DATA_CENTER"])
def test_a_variable_that_is_no_text_is_named(simulator: Simulator, name: str) -> None:
    options = {"api_token": simulator.token, "name": "data-01"}

    output = output_of(options, environment={"KATAPULT_API_URL": simulator.url, name: "https://caf\udce9.test"})

    assert f"{name} has bytes that are not UTF-8 text" in output
    assert simulator.requests == []


@pytest.mark.parametrize("name", ["KATAPULT_API_TIMEOUT", "KATAPULT_API_RETRIES"])
@pytest.mark.parametrize("value", ["inf", HUGE])
def test_a_variable_that_is_no_number_is_named(simulator: Simulator, name: str, value: str) -> None:
    output = output_of(options_for(simulator), environment={name: value})

    assert f"{name} is not a usable number" in output
    assert simulator.requests == []


ID = "5nGk37D3RLE7Kuza"
# What is refused, by module, with the words that the user sees.
REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "unseen in a name": (
        "katapult_disk",
        {"name": "data\u200b01"},
        r"name has an invisible character (\u200b) after 'data'. Remove it.",
    ),
    "line break at the end of a name": (
        "katapult_disk",
        {"name": "data-01\n", "state": "absent"},
        r"name has a line break (\n) after 'data-01'. Remove it.",
    ),
    "blank at the end of an entry's name": (
        "katapult_disks",
        {"disks": [{"name": "data-01"}, {"name": "data-02 "}]},
        "disks[1].name has a blank at its end. Remove it.",
    ),
    "truth for a name": (
        "katapult_disk",
        {"name": True},
        "name is true or false. If you mean text, put it in quotes, or use '| string'.",
    ),
    "number for an entry": (
        "katapult_disks",
        {"disks": ["data-01", 1.1]},
        f"disks[1] is a number. Give text or a dictionary: {EXAMPLES['disks']}. If you mean a name, put it in quotes.",
    ),
    "ID for a name that shall be absent": (
        "katapult_disk",
        {"name": f"disk_{ID}", "state": "absent"},
        f"name is 'disk_{ID}', which has the form of an ID. Give it as the id: id=disk_{ID}",
    ),
    "ID for a name in a lookup": (
        "katapult_disk_assignment",
        {"disk": {"name": f"disk_{ID}"}, "virtual_machine": "web-01.acme.katapult.cloud"},
        f"disk.name is 'disk_{ID}', which has the form of an ID. Give it as the id: id=disk_{ID}",
    ),
    "ID for a name to read": (
        "katapult_disk_info",
        {"name": f"disk_{ID}"},
        f"name is 'disk_{ID}', which has the form of an ID. Give it as the id: id=disk_{ID}",
    ),
    "ID for a permalink to read": (
        "katapult_data_center_info",
        {"permalink": f"loc_{ID}"},
        f"permalink is 'loc_{ID}', which has the form of an ID. Give it as the id: id=loc_{ID}",
    ),
}


@pytest.mark.parametrize(("module", "options", "words"), REFUSED.values(), ids=REFUSED)
def test_a_name_that_can_t_be_meant_is_refused_in_plain_words(
    simulator: Simulator, module: str, options: dict[str, Any], words: str
) -> None:
    connection = {"api_url": simulator.url, "api_token": simulator.token, "organization": "acme"}

    result = json.loads(output_of({**connection, **options}, module=module))

    assert (result["failed"], result["msg"], result["error"]["code"]) == (True, words, "invalid_option")
    assert simulator.requests == []


NO_NUMBER = "is not a usable number. Give a whole number, without a unit."
VARIABLES: dict[str, tuple[str, str, str]] = {
    "a unit": ("KATAPULT_API_TIMEOUT", "30s", NO_NUMBER),
    "an exponent": ("KATAPULT_API_TIMEOUT", "1e3", NO_NUMBER),
    "a fraction": ("KATAPULT_API_TIMEOUT", "30.0", NO_NUMBER),
    "digits of another script": ("KATAPULT_API_RETRIES", "\u0664", NO_NUMBER),
    "a negative number": ("KATAPULT_API_TIMEOUT", "-1", "is -1, but it must be from 1 to 3600."),
    "a small number": ("KATAPULT_API_TIMEOUT", "0", "is 0, but it must be from 1 to 3600."),
    "a large number": ("KATAPULT_API_RETRIES", "1000000000", "is 1000000000, but it must be from 0 to 100."),
    "no URL": (
        "KATAPULT_API_URL",
        "api.test",
        "is not an http or https URL. The live service is https://api.katapult.io/core/v1.",
    ),
    "unseen in a data center": (
        "KATAPULT_DATA_CENTER",
        "uk-lon\u200b-01",
        r"has an invisible character (\u200b) after 'uk-lon'. Remove it.",
    ),
    "unseen in an organization": (
        "KATAPULT_ORGANIZATION",
        "\ufeffacme",
        r"has an invisible character (\ufeff) at its beginning. Remove it.",
    ),
}
EACH_MODULE = {
    "katapult_disk": {"name": "data-01", "size_in_gb": 20},
    "katapult_disks": {"disks": ["data-01"], "size_in_gb": 20},
}


@pytest.mark.parametrize("module", EACH_MODULE)
@pytest.mark.parametrize(("name", "value", "problem"), VARIABLES.values(), ids=VARIABLES)
def test_a_variable_that_can_t_be_used_is_named_and_not_its_option(
    simulator: Simulator, module: str, name: str, value: str, problem: str
) -> None:
    environment = {"KATAPULT_API_URL": simulator.url, "KATAPULT_ORGANIZATION": "acme", name: value}

    output = output_of({"api_token": simulator.token, **EACH_MODULE[module]}, module=module, environment=environment)

    result = json.loads(output)
    assert (result["msg"], result["error"]["code"]) == (f"{name} {problem}", "invalid_option")
    assert result["error"]["detail"]["option"] == name
    assert simulator.requests == []


def test_a_variable_is_not_looked_at_if_its_option_is_given(simulator: Simulator) -> None:
    options = options_for(simulator, api_timeout=5, api_retries=0, organization="acme", data_center="uk-lon-01")
    bad = dict.fromkeys(("KATAPULT_API_TIMEOUT", "KATAPULT_API_RETRIES"), "30s")
    bad |= dict.fromkeys(("KATAPULT_API_URL", "KATAPULT_ORGANIZATION", "KATAPULT_DATA_CENTER"), "\u200b")

    assert json.loads(output_of(options, check=True, environment=bad))["changed"] is True


@pytest.mark.parametrize("value", ["", " ", " 30 ", "30\n"], ids=ascii)
def test_blanks_in_a_variable_make_no_difference(simulator: Simulator, value: str) -> None:
    output = output_of(options_for(simulator), check=True, environment={"KATAPULT_API_TIMEOUT": value})

    result = json.loads(output)
    assert (result["changed"], result["invocation"]["module_args"]["api_timeout"]) == (True, 30)


def test_pages_that_never_end_are_left(simulator: Simulator) -> None:
    body = {"disk": [], "pagination": {"total_pages": 10**9, "per_page": 200, "total": None}}
    simulator.faults.add(Fault(path="/organizations/organization/disks", action="answer", status=200, body=body))

    assert result_of(options_for(simulator), check=True)["changed"] is True
