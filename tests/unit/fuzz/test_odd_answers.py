# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Odd answers to every request that a module sends: a clean end, and no disk that nobody is told of."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.unit.fuzz.answers import Mutations, Strike, strikes
from ansible_collections.katapult.cloud.tests.unit.fuzz.budget import budget
from ansible_collections.katapult.cloud.tests.unit.fuzz.environment import TOKEN, World, assert_clean
from ansible_collections.katapult.cloud.tests.unit.fuzz.options import MODULES
from ansible_collections.katapult.cloud.tests.unit.fuzz.scenarios import LIVES
from ansible_collections.katapult.cloud.tests.unit.support.in_process import Finished
from hypothesis import given, note
from hypothesis import strategies as st

CREATE = ("POST", "/organizations/organization/disks")


@pytest.mark.parametrize("harness", LIVES)
@budget(40)
@given(struck=strikes, check=st.sampled_from([False, False, True]), retries=st.sampled_from([0, 2]))
def test_odd_answers(world: World, harness: str, struck: list[Strike], check: bool, retries: int) -> None:
    module, options = LIVES[harness]
    requests = requests_of(world, harness)
    world.reset()
    before = world.disks()
    for strike in struck:
        world.simulator.faults.add(strike.at(requests))
    done = world.run(MODULES[module], {**options, "api_retries": retries}, check=check)
    note(done.output)

    assert_clean(done)
    assert TOKEN not in done.output
    assert world.simulator.violations == []
    assert not check or world.writes == []
    assert_told(world, done, before, misstated=any(isinstance(strike.body, Mutations) for strike in struck))


def requests_of(world: World, harness: str) -> list[tuple[str, str]]:
    """The requests that a run sends when all goes well, each once."""
    if harness not in _REQUESTS:
        module, options = LIVES[harness]
        world.reset()
        world.run(MODULES[module], options)
        sent = [(request.method, request.path) for request in world.simulator.requests]
        _REQUESTS[harness] = list(dict.fromkeys(sent))
    return _REQUESTS[harness]


_REQUESTS: dict[str, list[tuple[str, str]]] = {}


def assert_told(world: World, done: Finished, before: dict[str, Any], *, misstated: bool) -> None:
    """No create is sent again when it may have worked, and the result tells what was made or changed, or may have.

    A service that misstates what it has may misstate an id too.
    """
    creates = [sent for sent in world.simulator.requests if (sent.method, sent.path) == CREATE]
    names = [sent.body["properties"]["name"] for sent in creates if sent.status != 429]
    assert len(names) == len(set(names))
    after = world.disks()
    missing_fields = [disk_id for disk_id in after if disk_id not in before and disk_id not in done.output]
    if done.result.get("failed") and done["error"]["ambiguous"]:
        return
    assert misstated or missing_fields == []
    assert done.result["changed"] or after == before
