# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Comparison of answers: keys and types must agree, and how far values do is told apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# Only the moment of the question decides whether these are null.
_BY_TIMING = frozenset({"started_at", "finished_at"})

# Values that the service decides anew each time.
_FREE_VALUES = frozenset(
    {
        "id",
        "object_id",
        "wwn",
        "created_at",
        "started_at",
        "finished_at",
        "keep_until",
        "progress",
        "value",
        "description",
        "label",
        "number",
        "stable",
        "hostname",
        "sub_domain",
    }
)

_HEADERS = ("Date", "X-Request-Id", "X-Ratelimit-Permitted", "X-Ratelimit-Remaining", "X-Api-Schema", "Content-Type")


@dataclass
class Differences:
    """Where two answers differ: in ``shape`` (status, headers, keys, types), or in ``values`` alone."""

    shape: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)


def compare_json(recorded: object, given: object, place: str, found: Differences) -> None:
    """Add to ``found`` where a given JSON value differs from the recorded one."""
    if isinstance(recorded, dict) and isinstance(given, dict):
        _compare_objects(recorded, given, place, found)
    elif isinstance(recorded, list) and isinstance(given, list):
        _compare_lists(recorded, given, place, found)
    elif type(recorded) is not type(given):
        _compare_types(recorded, given, place, found)
    elif recorded != given and place.rpartition(".")[2] not in _FREE_VALUES:
        found.values.append(f"{place}: recorded {recorded!r}, given {given!r}")


def _compare_objects(recorded: dict[str, Any], given: dict[str, Any], place: str, found: Differences) -> None:
    found.shape.extend(f"{place}.{key}: missing" for key in recorded if key not in given)
    found.shape.extend(f"{place}.{key}: not recorded" for key in given if key not in recorded)
    for key, value in recorded.items():
        if key in given:
            compare_json(value, given[key], f"{place}.{key}", found)


def _compare_lists(recorded: list[Any], given: list[Any], place: str, found: Differences) -> None:
    if recorded and not given:
        found.shape.append(f"{place}: recorded with items, given empty")
    elif len(recorded) != len(given):
        found.values.append(f"{place}: recorded {len(recorded)} items, given {len(given)}")
    by_id = {_id_of(item): item for item in given if _id_of(item) is not None}
    for index, (left, right) in enumerate(zip(recorded, given)):
        compare_json(left, by_id.get(_id_of(left), right), f"{place}.{index}", found)


def _id_of(row: object) -> object:
    if not isinstance(row, dict):
        return None
    return row["id"] if "id" in row else _id_of(row.get("disk"))


def _compare_types(recorded: object, given: object, place: str, found: Differences) -> None:
    text = f"{place}: recorded {_kind(recorded)}, given {_kind(given)}"
    by_timing = place.rpartition(".")[2] in _BY_TIMING and None in (recorded, given)
    (found.values if by_timing else found.shape).append(text)


def _kind(value: object) -> str:
    return "null" if value is None else type(value).__name__


def compare_headers(recorded: Mapping[str, str], given: Mapping[str, str], found: Differences) -> None:
    """Add to ``found`` which headers of the API only one of the answers has."""
    had = {name.lower(): value for name, value in recorded.items()}
    has = {name.lower(): value for name, value in given.items()}
    for name in _HEADERS:
        if (name.lower() in had) != (name.lower() in has):
            found.shape.append(f"header {name}: {'missing' if name.lower() in had else 'not recorded'}")
    for name in ("X-Api-Schema", "Content-Type"):
        left, right = (headers.get(name.lower(), "").partition(";")[0] for headers in (had, has))
        if left and right and left != right:
            found.shape.append(f"header {name}: recorded {left}, given {right}")


def paired_ids(recorded: object, given: object) -> Iterator[tuple[str, str]]:
    """Yield pairs of ids that stand at the same place of both answers."""
    if isinstance(recorded, dict) and isinstance(given, dict):
        for key, value in recorded.items():
            if key in ("id", "object_id") and isinstance(value, str) and isinstance(given.get(key), str):
                yield value, given[key]
            else:
                yield from paired_ids(value, given.get(key))
    elif isinstance(recorded, list) and isinstance(given, list):
        for left, right in zip(recorded, given):
            yield from paired_ids(left, right)
