# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task for a fleet returns, and how it fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._core.errors import UNCLEAR_IN_FLEET, InternalError, KatapultError, Report
from .fleet_item import Entry

OUTCOMES = ("created", "updated", "deleted", "unchanged", "failed", "not_tried")
MOST_TOLD = 20
MOST_NAMED = 5


@dataclass(frozen=True)
class FleetResult:
    """What became of every disk, in the order of the task."""

    entries: Sequence[Entry]

    def as_result(self, *, with_diff: bool) -> dict[str, Any]:
        """The keys of the module's result."""
        counted = Counter(entry.outcome() for entry in self.entries)
        result = {
            "changed": any(entry.has_changed for entry in self.entries),
            "disks": [entry.as_result() for entry in self.entries],
            "summary": {outcome: counted[outcome] for outcome in OUTCOMES},
        }
        return {**result, "diff": self._diff()} if with_diff else result

    def _diff(self) -> dict[str, Any]:
        """Only the disks that change: each under its name, with the options that were set."""
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        names = Counter(entry.description.label for entry in self.entries)
        for entry in self.entries:
            plan = entry.result.plan if entry.result else None
            if plan is None or not plan.changes:
                continue
            label = entry.description.label
            key = label if names[label] == 1 else f"{label} ({entry.description.wanted.place})"
            after[key] = plan.after
            if not plan.body:
                before[key] = plan.before
        return {"before": before, "after": after}


class FleetError(KatapultError):
    """Some disks of a fleet could not be brought to what is described; C(result) has what became of all.

    Where one of them failed by what nothing foresaw, so did the task, whatever C(code) is.
    """

    def __init__(self, code: str, what: str, result: FleetResult) -> None:
        failed = [entry for entry in result.entries if entry.error is not None]
        unclear = any(entry.error.report.ambiguous for entry in failed if entry.error)
        if any(isinstance(entry.error, InternalError) for entry in failed):
            code = "internal_error"
        report = Report(code, detail={"disks": [_told(entry) for entry in failed]}, ambiguous=unclear)
        super().__init__(f"{what} {_all_told(failed)}", report)
        self.advice = UNCLEAR_IN_FLEET if unclear else self.advice
        self.result = result

    def as_result(self) -> dict[str, Any]:
        """The result of the failed task."""
        return {**super().as_result(), **self.result.as_result(with_diff=False)}


def _told(entry: Entry) -> dict[str, Any]:
    return {
        "option": entry.description.where,
        "name": entry.description.label,
        "code": entry.error.report.code if entry.error else None,
        "ambiguous": entry.error.report.ambiguous if entry.error else False,
    }


def _all_told(failed: Sequence[Entry]) -> str:
    """What failed, each cause once, with the disks that it concerns."""
    labels: dict[str, list[str]] = {}
    for entry in failed:
        if entry.error is not None:
            labels.setdefault(_in_words(entry.error), []).append(f"'{entry.description.label}'")
    texts = [f"{_listed(names)}: {words}" for words, names in list(labels.items())[:MOST_TOLD]]
    untold = sum(len(names) for names in list(labels.values())[MOST_TOLD:])
    return " ".join([*texts, *([f"{untold} more have their own msg in disks."] if untold else [])])


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _in_words(error: KatapultError) -> str:
    return f"{error.what} {error.advice}".strip()
