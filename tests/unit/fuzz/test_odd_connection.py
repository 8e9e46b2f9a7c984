# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Odd tokens, addresses and variables: a clean end, and no token in it."""

from __future__ import annotations

import os
from typing import Any
from unittest import mock

import pytest
from ansible_collections.katapult.cloud.tests.unit.fuzz.budget import budget
from ansible_collections.katapult.cloud.tests.unit.fuzz.environment import TOKEN, World, assert_clean
from ansible_collections.katapult.cloud.tests.unit.fuzz.options import ENOUGH, MODULES, SOME_ODD
from ansible_collections.katapult.cloud.tests.unit.fuzz.values import TEXTS, odd_values, texts
from hypothesis import given
from hypothesis import strategies as st

FOR_EVERY_MODULE = pytest.mark.parametrize("name", MODULES)
odd_tokens = st.builds(lambda before, after: f"{before}{TOKEN}{after}", texts, texts)
token_values = (
    odd_tokens | st.builds(lambda token: [token], odd_tokens) | st.builds(lambda token: {token: token}, odd_tokens)
)


@FOR_EVERY_MODULE
@budget(30)
@given(token=token_values, option=st.sampled_from(["api_token", "api_key"]), data=st.data())
def test_an_odd_token_does_not_show(world: World, name: str, token: Any, option: str, data: st.DataObject) -> None:
    options = data.draw(SOME_ODD[name])
    world.reset()
    done = world.run(MODULES[name], {**options, "api_token": None, option: token})

    assert_clean(done)
    assert TOKEN not in done.output


ADDRESSES = [
    "https://127.0.0.1:1/core/v1",
    "https://127.0.0.1:0",
    "https://127.0.0.1:99999",
    "https://[::1",
    "https://[::1]:x/",
    "https://" + "a" * 300,
    "https://\u2603..test/",
    "https://.test",
    "https://127.0.0.1:1\\@127.0.0.1:1",
    "https://user:secret@127.0.0.1:1/core/v1",
    "http://127.0.0.1.test/core/v1",
    "ftp://127.0.0.1/",
    "//127.0.0.1/core/v1",
    "http://127.0.0.1:1/%zz?#",
    "http://127.0.0.1:1/\u2603",
]


# Without an address, the live service would be asked.
addresses = st.sampled_from(ADDRESSES) | odd_values.filter(lambda value: value is not None)


@pytest.mark.parametrize("name", ["katapult_disk", "katapult_data_center_info"])
@budget(60)
@given(url=addresses, check=st.booleans())
def test_an_odd_address(world: World, name: str, url: Any, check: bool) -> None:
    world.reset()
    done = world.run(MODULES[name], {**ENOUGH[name], "api_url": url, "api_timeout": 1}, check=check)

    assert_clean(done)
    assert TOKEN not in done.output
    assert "secret@" not in done["msg"]


variables = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    [text for text in TEXTS if "\0" not in text and text != "\ud800"]
)
environments = st.fixed_dictionaries(
    {},
    optional={f"KATAPULT_{name}": variables for name in ("ORGANIZATION", "DATA_CENTER", "API_TIMEOUT", "API_RETRIES")},
)


@FOR_EVERY_MODULE
@budget(20)
@given(environment=environments, check=st.booleans())
def test_odd_variables(world: World, name: str, environment: dict[str, str], check: bool) -> None:
    world.reset()
    with mock.patch.dict(os.environ, environment):
        done = world.run(MODULES[name], {**ENOUGH[name], "organization": None, "api_retries": None}, check=check)

    assert_clean(done)
    assert TOKEN not in done.output
    assert world.simulator.violations == []
