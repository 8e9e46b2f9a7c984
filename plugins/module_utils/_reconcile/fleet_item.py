# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One disk of a fleet on its way through the stages, and what a task for all of them returns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.errors import UNCLEAR_IN_FLEET, ErrorDetails, InternalError, KatapultError, join_some
from .._options.fleet import FleetEntry
from .reconciler import Reconciler
from .run import DiskResult


class FleetItem:
    """A disk of a fleet, and how far it has come."""

    def __init__(self, entry: FleetEntry, reconciler: Reconciler) -> None:
        self.entry = entry
        self.reconciler = reconciler
        self.result: DiskResult | None = None
        self.error: KatapultError | None = None
        self.skipped = False

    @property
    def is_pending(self) -> bool:
        """Whether there is anything left to do with it."""
        return self.error is None and self.result is None and not self.skipped

    @property
    def is_changed(self) -> bool:
        """Whether anything was changed, or would be in check mode."""
        return self.result.changed if self.result else self.reconciler.state.changed

    def attempt(self, stage: Callable[[], Any]) -> None:
        """Take it through `stage`. A failure is kept, with all that is known by then."""
        try:
            with self.reconciler.attach_state_to_errors():
                stage()
        except KatapultError as error:
            self.error = error

    def apply(self) -> None:
        """Take it through what is left to do."""

        def keep_result() -> None:
            self.result = self.reconciler.apply()

        self.attempt(keep_result)

    def outcome(self) -> str:
        """What became of it, in the words of the summary."""
        if self.error is not None:
            return "failed"
        if self.result is None:
            return "not_tried"
        if not self.result.changed:
            return "unchanged"
        plan = self.result.plan
        return "created" if plan.body else "deleted" if plan.deletes or plan.purges else "updated"

    def as_result(self) -> dict[str, Any]:
        """As `disks` of the result has it."""
        keys = ("disk", "device", "task", *self.reconciler.extra_keys)
        told: dict[str, Any] = {**dict.fromkeys(keys), "annotations": []}
        told.update(self.result.as_result(with_diff=False) if self.result else self.reconciler.state.as_result())
        if self.error is not None:
            told.update(self.error.as_result())
        return {
            "name": self.reconciler.desired.name or (told["disk"] or {}).get("name"),
            "error": None,
            "msg": None,
            **{key: value for key, value in told.items() if key != "ansible_facts"},
            "changed": self.is_changed,
            "steps": self._steps(),
        }

    def _steps(self) -> dict[str, list[str]]:
        """The names of its steps; those of check mode are shown as done."""
        if self.result is not None and self.reconciler.context.check_mode:
            return {"done": self.result.plan.step_names, "failed": [], "not_tried": []}
        if self.reconciler.is_missing and not self.reconciler.state.failed:
            return {"done": [], "failed": [], "not_tried": ["create"]}
        return self.reconciler.state.steps


OUTCOMES = ("created", "updated", "deleted", "unchanged", "failed", "not_tried")
# Causes in a message, and names for each: a screen full. All of them are in `disks`.
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
        failed = [(item.entry, item.error) for item in result.items if item.error is not None]
        unclear = any(error.details.ambiguous for _entry, error in failed)
        if any(isinstance(error, InternalError) for _entry, error in failed):
            code = "internal_error"
        told = []
        labels: dict[str, list[str]] = {}
        for entry, error in failed:
            labels.setdefault(f"{error.summary} {error.hint}".strip(), []).append(f"'{entry.label}'")
            details = error.details
            told.append(
                {"option": entry.where, "name": entry.label, "code": details.code, "ambiguous": details.ambiguous}
            )
        not_tried = [f"'{item.entry.label}'" for item in result.items if item.error is None and item.result is None]
        # Each cause once, with the disks that it concerns.
        causes = [f"{join_some(names, MAX_NAMED)}: {words}" for words, names in labels.items()]
        left = sum(map(len, list(labels.values())[MAX_REPORTED:]))
        more = [f"{left} more have their own msg in disks."] if left else []
        if not_tried:
            more.append(f"Not tried: {join_some(not_tried, MAX_NAMED)}.")
        super().__init__(
            " ".join([summary, *causes[:MAX_REPORTED], *more]),
            ErrorDetails(code, detail={"disks": told}, ambiguous=unclear),
            hint=UNCLEAR_IN_FLEET if unclear else None,
            known=result.as_result(with_diff=False),
        )
        self.result = result
