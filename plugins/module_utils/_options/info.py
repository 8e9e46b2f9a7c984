# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that only read have in common: rows that are chosen by their fields, and a list as the result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .disk import text_of


@dataclass(frozen=True)
class Listed:
    """The result of a module that only reads: C(rows), returned under C(key)."""

    key: str
    rows: list[Mapping[str, Any]]

    def as_result(self, *, with_diff: bool) -> dict[str, Any]:
        """The keys of the module's result; what changes nothing has no diff."""
        del with_diff
        return {"changed": False, self.key: self.rows}


def keys_spec() -> dict[str, Any]:
    """The options that choose rows which have an id and a permalink."""
    return {"id": {"type": "str"}, "permalink": {"type": "str"}}


def wanted_keys(params: Mapping[str, Any]) -> dict[str, str | None]:
    """What the options of C(keys_spec) want. Raises OptionError for an empty one."""
    return {option: text_of(params, option) for option in keys_spec()}


def rows_with(rows: Iterable[Mapping[str, Any]], wanted: Mapping[str, str | None]) -> list[Mapping[str, Any]]:
    """The rows that have all the values of C(wanted); a value of None is not compared."""
    return [row for row in rows if has_all(row, wanted)]


def has_all(row: Mapping[str, Any], wanted: Mapping[str, str | None]) -> bool:
    """Whether a row has all the values of C(wanted); a value of None is not compared."""
    return all(value is None or row.get(key) == value for key, value in wanted.items())
