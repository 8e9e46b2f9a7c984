# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that come in pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from ansible_collections.katapult.cloud.plugins.module_utils._answers import Call, unexpected

PER_PAGE = 200
MOST_LISTINGS = 3


class Sender(Protocol):
    """What sends a call and gives the payload of its answer."""

    def send(self, call: Call) -> Mapping[str, Any]:
        """Raises ApiError."""


def every_row(http: Sender, call: Call, key: str) -> list[Mapping[str, Any]]:
    """All rows of the list that C(call) asks for, each id once; C(key) is where the answer keeps them.

    Rows shift while pages are read. Where the service's total falls meanwhile, or is not reached, a row may have moved
    to a page already read, so the list is read again.
    """
    for _listing in range(MOST_LISTINGS):
        rows, steady = _listing_of(http, call, key)
        if steady:
            break
    return rows


def _listing_of(http: Sender, call: Call, key: str) -> tuple[list[Mapping[str, Any]], bool]:
    found: dict[str, Mapping[str, Any]] = {}
    totals: list[int] = []
    number = 0
    while True:
        number += 1
        page = (("page", str(number)), ("per_page", str(PER_PAGE)))
        payload = http.send(replace(call, query=call.query + page))
        rows = _rows_of(payload, key, call)
        before = len(found)
        found.update({row["id"]: row for row in rows})
        pagination = payload.get("pagination")
        pagination = pagination if isinstance(pagination, Mapping) else {}
        if isinstance(pagination.get("total"), int):
            totals.append(pagination["total"])
        if _is_last(pagination, number, len(rows), grew=len(found) > before):
            complete = not totals or len(found) >= totals[-1]
            return list(found.values()), complete and sorted(totals) == totals


def _rows_of(payload: Mapping[str, Any], key: str, call: Call) -> list[Mapping[str, Any]]:
    rows = payload.get(key)
    if not isinstance(rows, list):
        raise unexpected(call, f"the answer has no list named '{key}'")
    if not all(isinstance(row, Mapping) and isinstance(row.get("id"), str) for row in rows):
        raise unexpected(call, f"the list '{key}' has a row without an id")
    return rows


def _is_last(pagination: Mapping[str, Any], number: int, count: int, *, grew: bool) -> bool:
    pages, per_page = pagination.get("total_pages"), pagination.get("per_page")
    if not count or not grew:
        return True
    if isinstance(pages, int) and pages > 0 and not isinstance(pages, bool):
        return number >= pages
    return isinstance(per_page, int) and count < per_page
