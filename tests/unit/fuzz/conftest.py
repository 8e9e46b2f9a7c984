# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service for the tests of a file, and modules that run on both ways."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.katapult.cloud.tests.unit.fuzz.environment import World
from ansible_collections.katapult.cloud.tests.unit.fuzz.environment import world as made_world
from ansible_collections.katapult.cloud.tests.unit.support.in_process import WAYS


@pytest.fixture(scope="module", params=WAYS)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    with made_world(request.param) as made:
        yield made
