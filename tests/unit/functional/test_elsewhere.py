# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A disk that the service makes otherwise than asked, so that no later run would find it, is a failure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Fault, Simulator
from ansible_collections.katapult.cloud.tests.unit.support.processes import DISK, result_of

pytestmark = pytest.mark.usefixtures("both_ways")

MADE = {"id": "disk_Made", "name": "data-01", "size_in_gb": 20, "state": "built", "virtual_machine_disk": None}


@pytest.fixture(name="simulator")
def _simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


def created(simulator: Simulator, **otherwise: Any) -> dict[str, Any]:
    """The result of a create to which the service answers with a disk that differs by `otherwise`."""
    body: dict[str, Any] = {"disk": {**MADE, **otherwise}, "task": None, "annotations": []}
    simulator.faults.add(Fault(method="POST", action="answer", status=201, body=body))
    options = {"api_url": simulator.url, "api_token": simulator.token, "organization": "acme", "wait": False}
    return result_of({**options, **DISK})


@pytest.mark.parametrize(
    "otherwise",
    [{"name": "data 01"}, {"data_center": {"id": "dc_Other", "name": "Amsterdam", "permalink": "nl-ams-01"}}],
    ids=["name", "data center"],
)
def test_a_disk_that_would_not_be_found_again_is_a_failure(simulator: Simulator, otherwise: dict[str, Any]) -> None:
    result = created(simulator, **otherwise)

    assert result["error"]["code"] == "not_as_asked"
    assert result["changed"] is True
    assert result["disk"]["id"] == "disk_Made"
    assert next(iter(otherwise)) in result["msg"]


@pytest.mark.parametrize("told", [None, {"id": "loc_One", "name": "London", "permalink": "uk-lon-01"}])
def test_a_disk_as_asked_is_a_success(simulator: Simulator, told: dict[str, Any] | None) -> None:
    result = created(simulator, data_center=told)

    assert (result["changed"], result["disk"]["id"]) == (True, "disk_Made")
