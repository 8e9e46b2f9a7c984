# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulator for each test, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.simulator.client import ApiClient
from ansible_collections.katapult.cloud.tests.simulator.timeline import ManualClock


@pytest.fixture(name="clock")
def _clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(name="sim")
def _sim(clock: ManualClock) -> Iterator[Simulator]:
    with Simulator(clock=clock, build_seconds=10, attach_seconds=10, resize_seconds=10) as simulator:
        yield simulator


@pytest.fixture(name="api")
def _api(sim: Simulator) -> Iterator[ApiClient]:
    with ApiClient(sim.url, sim.token) as client:
        yield client
