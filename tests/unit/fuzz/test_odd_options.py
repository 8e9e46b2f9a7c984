# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Odd options of every module: a clean failure that names the option, or a success that a second run leaves alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.unit.fuzz.budget import budget
from ansible_collections.katapult.cloud.tests.unit.fuzz.environment import TOKEN, World, assert_clean
from ansible_collections.katapult.cloud.tests.unit.fuzz.options import (
    ENOUGH,
    MODULES,
    SOME_ODD,
    SPECS,
    option_at,
    places_of,
    put,
    unfit_names,
    unusable,
)
from hypothesis import given
from hypothesis import strategies as st

FOR_EVERY_MODULE = pytest.mark.parametrize("name", MODULES)


@FOR_EVERY_MODULE
@budget(100)
@given(data=st.data(), check=st.booleans())
def test_odd_options(world: World, name: str, check: bool, data: st.DataObject) -> None:
    options = data.draw(SOME_ODD[name])
    world.reset()
    done = world.run(MODULES[name], options, check=check)

    assert_clean(done)
    assert TOKEN not in done.output
    assert world.simulator.violations == []
    is_refused = done.result.get("error", {}).get("code") == "invalid_option"
    if check or is_refused or name.endswith("_info"):
        assert world.writes == []
    if not check and not done.result.get("failed"):
        assert_left_alone(world, name, options)


@pytest.mark.parametrize(
    ("name", "place"),
    [(name, place) for name, spec in SPECS.items() for place in places_of(spec)],
    ids=lambda part: part if isinstance(part, str) else ".".join(part),
)
def test_an_option_that_can_t_be_meant_is_named(world: World, name: str, place: tuple[str, ...]) -> None:
    for value in unusable(option_at(SPECS[name], place)):
        world.reset()
        done = world.run(MODULES[name], put(ENOUGH[name], place, value))

        assert_clean(done)
        assert done.result.get("failed"), value
        assert place[-1] in done["msg"], value
        assert world.simulator.requests == [], value


@pytest.mark.parametrize(
    ("name", "place"),
    [(name, place) for name, spec in SPECS.items() for place in places_of(spec) if unfit_names(place[-1])],
    ids=lambda part: part if isinstance(part, str) else ".".join(part),
)
def test_a_name_that_can_t_be_meant_is_named(world: World, name: str, place: tuple[str, ...]) -> None:
    for value in unfit_names(place[-1]):
        world.reset()
        done = world.run(MODULES[name], put(ENOUGH[name], place, value))

        assert_clean(done)
        assert done["error"]["code"] == "invalid_option", ascii(value)
        option = done["error"]["detail"]["option"]
        assert done["msg"].startswith(f"{option} "), ascii(value)
        assert re.sub(r"\[.\]", "", option) == ".".join(place), ascii(value)
        assert world.simulator.requests == [], ascii(value)


def assert_left_alone(world: World, name: str, options: dict[str, Any]) -> None:
    """A second run changes nothing, once all that was begun without waiting for it is through."""
    world.let_all_end()
    before = world.writes
    again = world.run(MODULES[name], options)
    assert not again.result.get("failed"), again["msg"]
    assert again["changed"] is False
    assert world.writes == before
