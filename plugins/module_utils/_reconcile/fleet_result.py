# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task for a fleet returns, and how it fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._core.errors import UNCLEAR_IN_FLEET, ErrorDetails, InternalError, KatapultError
from .fleet_item import FleetItem

OUTCOMES = ("created", "updated", "deleted", "unchanged", "failed", "not_tried")
MAX_REPORTED = 20
MAX_NAMED = 5


@dataclass(frozen=True)
class FleetResult:
    """What became of every disk, in the order of the task."""

    items: Sequence[FleetItem]

    def as_result(self, *, with_diff: bool) -> dict[str, Any]:
        """The keys of the module's result."""
        counted = Counter(item.outcome() for item in self.items)
        result = {
            "changed": any(item.is_changed for item in self.items),
            "disks": [item.as_result() for item in self.items],
            "summary": {outcome: counted[outcome] for outcome in OUTCOMES},
        }
        return {**result, "diff": self._diff()} if with_diff else result

    def _diff(self) -> dict[str, Any]:
        """Only the disks that change: each under its name, with the options that were set."""
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        names = Counter(item.entry.label for item in self.items)
        for item in self.items:
            plan = item.result.plan if item.result else None
            if plan is None or not plan.changes:
                continue
            label = item.entry.label
            key = label if names[label] == 1 else f"{label} ({item.entry.desired.lookup_data_center})"
            after[key] = plan.after
            if not plan.body:
                before[key] = plan.before
        return {"before": before, "after": after}


class FleetError(KatapultError):
    """Some disks of a fleet could not be brought to what is described; `result` has what became of all.

    Where one of them failed by what nothing foresaw, so did the task, whatever `code` is.
    """

    def __init__(self, code: str, summary: str, result: FleetResult) -> None:
        failed = [item for item in result.items if item.error is not None]
        unclear = any(item.error.details.ambiguous for item in failed if item.error)
        if any(isinstance(item.error, InternalError) for item in failed):
            code = "internal_error"
        details = ErrorDetails(code, detail={"disks": [_told(item) for item in failed]}, ambiguous=unclear)
        super().__init__(f"{summary} {_all_told(failed)}", details)
        self.hint = UNCLEAR_IN_FLEET if unclear else self.hint
        self.result = result

    def as_result(self) -> dict[str, Any]:
        """The result of the failed task."""
        return {**super().as_result(), **self.result.as_result(with_diff=False)}


def _told(item: FleetItem) -> dict[str, Any]:
    return {
        "option": item.entry.where,
        "name": item.entry.label,
        "code": item.error.details.code if item.error else None,
        "ambiguous": item.error.details.ambiguous if item.error else False,
    }


def _all_told(failed: Sequence[FleetItem]) -> str:
    """What failed, each cause once, with the disks that it concerns."""
    labels: dict[str, list[str]] = {}
    for item in failed:
        if item.error is not None:
            labels.setdefault(_in_words(item.error), []).append(f"'{item.entry.label}'")
    texts = [f"{_listed(names)}: {words}" for words, names in list(labels.items())[:MAX_REPORTED]]
    missing_fields = sum(len(names) for names in list(labels.values())[MAX_REPORTED:])
    return " ".join([*texts, *([f"{missing_fields} more have their own msg in disks."] if missing_fields else [])])


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return ", ".join(names[:MAX_NAMED]) + more


def _in_words(error: KatapultError) -> str:
    return f"{error.summary} {error.hint}".strip()
