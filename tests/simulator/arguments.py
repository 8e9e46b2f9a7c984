# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading of arguments: types, required ones, lookups; what the service lets pass but a client must not send."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable

from .errors import ApiError

Report = Callable[[str], None]
Path = tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """How one request is read: where violations go, and whether all values came as text (a query)."""

    report: Report
    text: bool = False

    def violation(self, path: Path, problem: str) -> None:
        """Record that the client sent something that it should not."""
        self.report(f"{'.'.join(path)}: {problem}")

    def invalid(self, path: Path, issue: str, errors: Sequence[str] = ()) -> ApiError:
        """Return the 400 for a value that cannot be used, and record it."""
        self.violation(path, issue)
        detail = {"path": list(path), "index": None, "issue": issue, "errors": list(errors)}
        return ApiError("invalid_argument", detail, f"The '{'.'.join(path)}' argument is invalid")


class Kind(ABC):
    """The type of an argument."""

    @abstractmethod
    def read(self, value: Any, path: Path, reading: Reading) -> Any:
        """Return the value in its type; one that does not fit raises a 400."""


@dataclass(frozen=True)
class Scalar(Kind):
    """A string, integer or boolean; an integer may have a smallest value."""

    type: type
    least: int = -(2**63)

    def read(self, value: Any, path: Path, reading: Reading) -> Any:
        """Return the value; a query's digits become an integer, its "true" and "false" a boolean."""
        if reading.text and self.type is int and str(value).lstrip("-").isdigit():
            value = int(value)
        if reading.text and self.type is bool and value in ("true", "false"):
            value = value == "true"
        if value.__class__ is not self.type:
            raise reading.invalid(path, "invalid_scalar")
        if isinstance(value, int) and value < self.least:
            raise reading.invalid(path, "validation_error", [f"must be greater than or equal to {self.least}"])
        return value


@dataclass(frozen=True)
class Choice(Kind):
    """A string out of a few."""

    values: tuple[str, ...]

    def read(self, value: Any, path: Path, reading: Reading) -> Any:
        """Return the value."""
        if value not in self.values:
            raise reading.invalid(path, "invalid_enum_value")
        return value


@dataclass(frozen=True)
class Lookup(Kind):
    """An object with exactly one of the keys, each of which identifies something."""

    keys: tuple[str, ...]

    def read(self, value: Any, path: Path, reading: Reading) -> Any:
        """Return {key: text} with the one key that was given."""
        found = Group({key: Argument(STRING) for key in self.keys}).read(value, path, reading)
        if not found:
            raise reading.invalid(path, "missing_lookup_value")
        if len(found) > 1:
            raise reading.invalid(path, "ambiguous_lookup_values")
        return found


@dataclass(frozen=True)
class ListOf(Kind):
    """A list."""

    item: Kind

    def read(self, value: Any, path: Path, reading: Reading) -> Any:
        """Return the items, each in its type."""
        if not isinstance(value, list):
            raise reading.invalid(path, "invalid_scalar")
        return [self.item.read(item, path, reading) for item in value]


@dataclass(frozen=True)
class Argument:
    """One argument: its type, and whether the service insists on it."""

    kind: Kind
    required: bool = False


@dataclass(frozen=True)
class Group(Kind):
    """An object with named arguments. Those of ``ignored`` are known but have no effect in this call."""

    arguments: Mapping[str, Argument]
    ignored: tuple[str, ...] = field(default=())

    def read(self, value: Any, path: Path, reading: Reading) -> Any:
        """Return the arguments that were given. Unknown and null ones are dropped in silence, but recorded."""
        if not isinstance(value, dict):
            raise reading.invalid(path, "invalid_scalar")
        for name in value:
            if name not in self.arguments:
                problem = "has no effect in this call" if name in self.ignored else "unknown argument"
                reading.violation((*path, str(name)), problem)
            elif value[name] is None:
                reading.violation((*path, str(name)), "null")
        result: dict[str, Any] = {}
        for name, argument in self.arguments.items():
            place = (*path, name)
            if value.get(name) is not None:
                result[name] = argument.kind.read(value[name], place, reading)
            elif argument.required:
                raise _missing(place, reading)
        return result


def _missing(path: Path, reading: Reading) -> ApiError:
    reading.violation(path, "required argument missing")
    description = f"The '{'.'.join(path)}' argument is required but has not been provided"
    return ApiError("missing_required_argument", {"path": list(path)}, description)


def nested(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return query pairs as an object: ``a[b]`` under a, ``a[][k]``, ``a[][v]`` as a list of objects under a."""
    result: dict[str, Any] = {}
    for name, value in pairs:
        head, _bracket, rest = name.partition("[")
        if not rest:
            result[head] = value
        elif rest.startswith("]["):
            _append(result.setdefault(head, []), rest[2:].rstrip("]"), value)
        else:
            inner = result.setdefault(head, {})
            if isinstance(inner, dict):
                inner[rest.rstrip("]")] = value
    return result


def _append(items: Any, key: str, value: str) -> None:
    if not isinstance(items, list):
        return
    if not items or key in items[-1]:
        items.append({})
    items[-1][key] = value


STRING = Scalar(str)
INTEGER = Scalar(int)
BOOLEAN = Scalar(bool)
POSITIVE = Scalar(int, least=1)

__all__: list[str] = [
    "BOOLEAN",
    "INTEGER",
    "POSITIVE",
    "STRING",
    "Argument",
    "Choice",
    "Group",
    "ListOf",
    "Lookup",
    "Reading",
    "nested",
]
