# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that only read have in common: rows that are chosen by their fields, and a list as the result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .disk import parse_text


@dataclass(frozen=True)
class InfoResult:
    """The result of a module that only reads: `rows`, returned under `key`."""

    key: str
    rows: list[Mapping[str, Any]]

    def as_result(self, *, with_diff: bool) -> dict[str, Any]:
        """The keys of the module's result; what changes nothing has no diff."""
        del with_diff
        return {"changed": False, self.key: self.rows}


def keys_spec() -> dict[str, Any]:
    """The options that choose rows which have an id and a permalink."""
    return {"id": {"type": "str"}, "permalink": {"type": "str"}}


def parse_keys(params: Mapping[str, Any]) -> dict[str, str | None]:
    """What the options of `keys_spec` want. Raises OptionError for an empty one."""
    return {option: parse_text(params, option) for option in keys_spec()}


def filter_rows(rows: Iterable[Mapping[str, Any]], desired: Mapping[str, str | None]) -> list[Mapping[str, Any]]:
    """The rows that have all the values of `desired`; a value of None is not compared."""
    return [row for row in rows if matches_all(row, desired)]


def matches_all(row: Mapping[str, Any], desired: Mapping[str, str | None]) -> bool:
    """Whether a row has all the values of `desired`; a value of None is not compared."""
    return all(value is None or row.get(key) == value for key, value in desired.items())
