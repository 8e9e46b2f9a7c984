# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether what is described in JSON can be: a sentence that says what is wrong, and where, as a ValueError."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Callable, get_args

from .policy import PolicyType
from .seed_schema import (
    AttachmentState,
    BackupInterval,
    BusType,
    DiskState,
    MachineState,
    Refusal,
    StorageSpeed,
    TaskStatus,
)
from .settings import TaskKind

_CHOICES = {
    name: get_args(choice)
    for name, choice in {
        "AttachmentState": AttachmentState,
        "BackupInterval": BackupInterval,
        "BusType": BusType,
        "DiskState": DiskState,
        "MachineState": MachineState,
        "PolicyType": PolicyType,
        "Refusal": Refusal,
        "StorageSpeed": StorageSpeed,
        "TaskKind": TaskKind,
        "TaskStatus": TaskStatus,
    }.items()
}


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_annotations(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(item is None or isinstance(item, str) for item in value.values())
    return isinstance(value, (list, tuple)) and all(
        isinstance(item, Mapping) and isinstance(item.get("key"), str) and set(item) <= {"key", "value"}
        for item in value
    )


def _all(check: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, (list, tuple)) and all(map(check, value))


# Types as the descriptions write them: Python 3.9 can't evaluate all of those
_KINDS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "str": ("text", _is_text),
    "int": ("a whole number", _is_whole),
    "float": ("a number", lambda value: _is_whole(value) or isinstance(value, float)),
    "bool": ("true or false", lambda value: isinstance(value, bool)),
    "None": ("null", lambda value: value is None),
    "Any": ("anything", lambda _value: True),
    "list[str]": ("a list of text", _all(_is_text)),
    "list[TaskKind]": (
        f"a list of {', '.join(map(repr, _CHOICES['TaskKind']))}",
        _all(lambda value: value in _CHOICES["TaskKind"]),
    ),
    "dict[str, str]": (
        "an object of text",
        lambda value: isinstance(value, dict) and all(map(_is_text, value.values())),
    ),
    "dict[str, bool]": (
        "an object of true and false",
        lambda value: isinstance(value, dict) and all(isinstance(item, bool) for item in value.values()),
    ),
    "dict[str, Limit]": ("an object", lambda value: isinstance(value, dict)),
    "AnnotationsGiven": ("an object of text, or a list of objects with key and value", _is_annotations),
}


def parsed(text: str | bytes, name: str) -> Any:
    """Return the JSON of what has this name."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as problem:
        raise ValueError(
            f"{name} is no JSON: line {problem.lineno}, column {problem.colno}: {problem.msg}"
        ) from problem
    except UnicodeDecodeError as problem:
        raise ValueError(f"{name} is no JSON: byte {problem.start + 1} is not UTF-8") from problem


def check_object(where: str, value: object, known: Collection[str]) -> None:
    """Raise ValueError where a value is no object, or has something else than what is known."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{where} must be an object, not {_shown(value)}")
    unknown = [str(name) for name in value if name not in known]
    if unknown:
        raise ValueError(f"{where} has no {', '.join(map(repr, unknown))}; it may have: {', '.join(known)}")


def check_list(where: str, value: object) -> None:
    """Raise ValueError where a value is no list."""
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"{where} must be a list, not {_shown(value)}")


def check_fields(where: str, value: Any, description: Any, required: Sequence[str] = ()) -> None:
    """Raise ValueError where an object is not what a data class describes, or lacks a required field."""
    fields = {field.name: str(field.type) for field in dataclasses.fields(description)}
    check_object(where, value, list(fields))
    missing = [name for name in required if name not in value]
    if missing:
        raise ValueError(f"{where} needs {' and '.join(missing)}")
    for name, item in value.items():
        _check_type(f"{where}: {name}", item, fields[name])


def _check_type(where: str, value: object, annotation: str) -> None:
    wanted: list[str] = []
    for name in annotation.split(" | "):
        if name in _CHOICES:
            wanted += map(repr, _CHOICES[name])
            fits = value in _CHOICES[name]
        else:
            words, check = _KINDS[name]
            wanted.append(words)
            fits = check(value)
        if fits:
            return
    raise ValueError(f"{where} must be {one_of(wanted)}, not {_shown(value)}")


def one_of(words: Sequence[str]) -> str:
    """Return the words as what can be chosen of."""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _shown(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return repr(list(value)) if value and all(map(_is_text, value)) else "a list"
    if isinstance(value, Mapping):
        return "an object"
    return json.dumps(value) if value is None or isinstance(value, bool) else repr(value)
