# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Odd values of every kind, as they may stand where something else is expected."""

from __future__ import annotations

from typing import Any

from ansible_collections.katapult.cloud.tests.unit.fuzz.environment import TOKEN
from hypothesis import strategies as st

HUGE = 10**400
TEXTS = [
    "",
    " ",
    "\t\n",
    "\0",
    "data\0-01",
    "\ud800",
    "caf\udce9",
    "\u202edata-01",
    "\ufeffdata-01",
    "\u200b",
    "data\u200b01",
    "data-01\ndata-02\r\n",
    "data-01 ",
    "disk_5nGk37D3RLE7Kuza",
    "vm_B5wa8C29M444JwwA",
    "e\u0301",
    "\U0001f4a9",
    "\x1b[31mred",
    "\u0664\uff12",
    "a" * 10000,
    "{{ undefined }}",
    "{% if %}",
    "AnsibleUndefined",
    "[AnsibleUndefined]",
    "__omit_place_holder__1f3a",
    "None",
    "null",
    "true",
    "yes",
    "a=b",
    "a=b c",
    "key=",
    "=value",
    "id=a id=b",
    "a,b",
    ",",
    "{",
    "[",
    "{}",
    "[]",
    "{1: 2}",
    "{'id': None}",
    '{"id": 5}',
    '{"id": "a", "id": "b"}',
    "[1, 2]",
    "[" * 5000,
    "{" * 5000,
    "'",
    '"',
    "../..",
    "%s%n",
    "${HOME}",
    "~root",
    "<b>",
    "-1",
    "1e3",
    "0x10",
    "1_000",
    "20.0",
    "nan",
    "inf",
    str(HUGE),
]
NUMBERS: list[Any] = [0, -1, 1, 2**31, 2**63, -(2**63), 10**20, HUGE, -HUGE, 0.5, -0.0, 20.0, 1e308]
ENDLESS: list[Any] = [float("nan"), float("inf"), float("-inf")]

texts = st.sampled_from(TEXTS) | st.text(st.characters(), max_size=20)
numbers = st.sampled_from(NUMBERS) | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | texts


def _deep(value: Any) -> Any:
    for _level in range(40):
        value = [value] if isinstance(value, dict) else {"id": value}
    return value


def _containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keys = st.sampled_from(["id", "name", "key", "value", "permalink", "fqdn", "colour", TOKEN, ""]) | texts
    return st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)


json_values = st.recursive(scalars, _containers, max_leaves=8)
odd_values = st.one_of(texts, numbers, st.sampled_from(ENDLESS), scalars, json_values, json_values.map(_deep))
