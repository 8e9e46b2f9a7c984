# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows that are chosen by their fields."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import OptionError
from ansible_collections.katapult.cloud.plugins.module_utils._options.info import InfoResult, filter_rows, parse_keys

ROWS: list[dict[str, Any]] = [
    {"id": "dc_1", "permalink": "uk-lon-01"},
    {"id": "dc_2", "permalink": "nl-ams-01"},
    {"id": "dc_3", "permalink": None},
    {"id": "dc_4"},
]


@pytest.mark.parametrize(
    ("desired", "ids"),
    [
        ({}, ["dc_1", "dc_2", "dc_3", "dc_4"]),
        ({"id": None, "permalink": None}, ["dc_1", "dc_2", "dc_3", "dc_4"]),
        ({"id": "dc_2"}, ["dc_2"]),
        ({"permalink": "uk-lon-01"}, ["dc_1"]),
        ({"id": "dc_1", "permalink": "uk-lon-01"}, ["dc_1"]),
        ({"id": "dc_1", "permalink": "nl-ams-01"}, []),
        ({"permalink": "UK-LON-01"}, []),
        ({"permalink": "uk-lon"}, []),
    ],
)
def test_the_rows_that_have_all_that_is_wanted(desired: dict[str, str | None], ids: list[str]) -> None:
    assert [row["id"] for row in filter_rows(ROWS, desired)] == ids


@pytest.mark.parametrize("option", ["id", "permalink"])
def test_an_empty_key_is_refused(option: str) -> None:
    with pytest.raises(OptionError, match=f"{option} is empty"):
        parse_keys({option: " "})


@pytest.mark.parametrize("with_diff", [False, True])
def test_a_list_never_changes_anything_and_has_no_diff(with_diff: bool) -> None:
    assert InfoResult({"things": [{"id": "a"}]}).as_result(with_diff=with_diff) == {
        "changed": False,
        "things": [{"id": "a"}],
    }
