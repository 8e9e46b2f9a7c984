# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the calls take and answer, and lists by pages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Callable, TypeVar

from .state import State

Arguments = Mapping[str, Any]
Answer = tuple[int, dict[str, Any]]
Handler = Callable[[State, Arguments], Answer]

DEFAULT_PER_PAGE = 30

_T = TypeVar("_T")


def page(
    state: State, arguments: Arguments, key: str, items: Sequence[_T], view: Callable[[_T], dict[str, Any]]
) -> Answer:
    """Answer with the page of a list that was asked for."""
    number = arguments.get("page", 1)
    per_page = min(arguments.get("per_page", DEFAULT_PER_PAGE), state.settings.max_per_page)
    large = len(items) > state.settings.total_rows_limit
    shown = items[(number - 1) * per_page : number * per_page]
    pagination = {
        "current_page": number,
        "total_pages": None if large else math.ceil(len(items) / per_page),
        "total": None if large else len(items),
        "per_page": per_page,
        "large_set": large,
    }
    return 200, {"pagination": pagination, key: [view(item) for item in shown]}
