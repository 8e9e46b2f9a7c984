# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tells the names of one service from those of another."""

from __future__ import annotations

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._module.context import normalize_url

LIVE = "https://api.katapult.io/core/v1"
LOCAL = "http://127.0.0.1:5000/core/v1"


@pytest.mark.parametrize(
    ("url", "means"),
    [
        (LIVE, LIVE),
        (" https://api.katapult.io/core/v1/ ", LIVE),
        ("HTTPS://API.Katapult.IO/core/v1", LIVE),
        ("https://api.katapult.io:443/core/v1", LIVE),
        (LOCAL, LOCAL),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("https://[::1]:443", "https://[::1]"),
    ],
    ids=["live", "slash", "case", "port", "local", "plain port", "address"],
)
def test_one_service_is_one_key(url: str, means: str) -> None:
    assert normalize_url(url) == normalize_url(means)


@pytest.mark.parametrize(
    "other",
    [
        "https://api.katapult.io:80/core/v1",
        "https://api.katapult.io:444/core/v1",
        "http://api.katapult.io/core/v1",
        "https://api.katapult.io/Core/v1",
        "https://api2.katapult.io/core/v1",
    ],
    ids=["other default", "port", "scheme", "path", "host"],
)
def test_another_service_is_another_key(other: str) -> None:
    assert normalize_url(other) != normalize_url(LIVE)
