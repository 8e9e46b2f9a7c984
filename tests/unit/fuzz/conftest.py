# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service for the tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.katapult.cloud.tests.unit.fuzz.environment import World
from ansible_collections.katapult.cloud.tests.unit.fuzz.environment import world as made_world


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with made_world() as made:
        yield made
