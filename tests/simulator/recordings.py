# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recorded conversations with the service: lists of calls, as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Json = dict[str, Any]


@dataclass(frozen=True)
class RecordedCall:
    """One request with its answer. ``path`` is below /core/v1; ``request`` is the body, or None."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    request: Any
    status: int
    headers: dict[str, str]
    response: Any

    @property
    def route(self) -> tuple[str, str]:
        """Method and path."""
        return self.method, self.path

    @property
    def time(self) -> float:
        """When the answer was sent, in seconds since the epoch; 0 where the recording does not tell."""
        date = next((value for name, value in self.headers.items() if name.lower() == "date"), None)
        return parsedate_to_datetime(date).timestamp() if date else 0.0

    @property
    def body(self) -> Json:
        """The request's body where it is an object, or else an empty one."""
        return self.request if isinstance(self.request, dict) else {}

    @property
    def answer(self) -> Json:
        """The answer where it is an object and no error, or else an empty one."""
        return self.response if isinstance(self.response, dict) and self.status < 400 else {}

    @property
    def error_code(self) -> str:
        """The code of an error, or an empty string."""
        error = self.response.get("error") if isinstance(self.response, dict) else None
        return str(error.get("code", "")) if isinstance(error, dict) else ""

    def lookup(self, name: str) -> Json:
        """Return the lookup of this name, out of the body or the query; an empty one where there is none."""
        if isinstance(self.body.get(name), dict):
            return dict(self.body[name])
        prefix = name + "["
        return {key[len(prefix) : -1]: value for key, value in self.query if key.startswith(prefix)}


def recorded_call(item: Mapping[str, Any]) -> RecordedCall:
    """Return a call out of {method, url, request, status, headers, response}."""
    parts = urlsplit(item["url"])
    return RecordedCall(
        method=item["method"],
        path=parts.path,
        query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
        request=item["request"],
        status=item["status"],
        headers=dict(item["headers"]),
        response=item["response"],
    )


def load_recording(path: Path) -> list[RecordedCall]:
    """Return the calls in a file, in order."""
    return [recorded_call(item) for item in json.loads(path.read_text(encoding="utf-8"))]


def objects_in(value: object) -> Iterator[Json]:
    """Yield every object inside a JSON value, outer ones first."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from objects_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from objects_in(inner)


def is_disk(item: Mapping[str, Any]) -> bool:
    """Return whether an object is a disk, whole or a thin row."""
    return "wwn" in item


def is_whole_disk(item: Mapping[str, Any]) -> bool:
    """Return whether an object is a disk with all its keys."""
    return "wwn" in item and "io_profile" in item
