# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a module on both ways, against a simulator in this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.modules import katapult_disk
from ansible_collections.katapult.cloud.tests.simulator.simulator import Simulator
from ansible_collections.katapult.cloud.tests.unit.support.in_process import WAYS, Finished, Way, finished
from ansible_collections.katapult.cloud.tests.unit.support.processes import internal_arguments

FAST: dict[str, Any] = {"build_seconds": 0.05, "attach_seconds": 0.05}


class Runner:
    """Runs a module with the simulator's address and token, and keeps the requests of the last run."""

    def __init__(self, simulator: Simulator, way: Way, module: ModuleType = katapult_disk) -> None:
        self.simulator = simulator
        self.way = way
        self._module = module
        self._seen = 0

    def of(self, module: ModuleType) -> Runner:
        """The same for another module."""
        return Runner(self.simulator, self.way, module)

    def __call__(self, check: bool = False, **options: Any) -> Finished:
        self._seen = len(self.simulator.requests)
        usual = {"api_url": self.simulator.url, "api_token": self.simulator.token, "organization": "acme"}
        given = {key: value for key, value in {**usual, **options}.items() if value is not None}
        return finished(self._module, {**given, **internal_arguments(check)}, self.way)

    @property
    def requests(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.simulator.requests[self._seen :]]


@pytest.fixture(scope="module")
def simulator_of_this_file() -> Iterator[Simulator]:
    with Simulator(**FAST) as simulator:
        yield simulator


@pytest.fixture
def simulator(simulator_of_this_file: Simulator) -> Iterator[Simulator]:
    simulator_of_this_file.reset()
    yield simulator_of_this_file
    assert simulator_of_this_file.violations == []


@pytest.fixture(params=WAYS)
def run(simulator: Simulator, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Runner:
    for name in [name for name in os.environ if name.startswith("KATAPULT_")]:
        monkeypatch.delenv(name)
    return Runner(simulator, request.param)
