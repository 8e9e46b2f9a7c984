# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs against a simulator that is new for every test, and that no run sent anything odd to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.katapult.cloud.tests.unit.support.harness import Harness, lived
from ansible_collections.katapult.cloud.tests.unit.support.in_process import WAYS
from ansible_collections.katapult.cloud.tests.unit.support.processes import all_on


@pytest.fixture(name="both_ways", params=WAYS)
def _both_ways(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every module that the test starts runs in a process of its own, and then once more in Ansible's."""
    with all_on(request.param):
        yield


@pytest.fixture(name="all_lives", scope="module")
def _all_lives() -> Iterator[Harness]:
    with lived() as harness:
        yield harness


@pytest.fixture(name="harness")
def _life(all_lives: Harness) -> Iterator[Harness]:
    all_lives.simulator.reset()
    yield all_lives
    assert all_lives.simulator.violations == []
