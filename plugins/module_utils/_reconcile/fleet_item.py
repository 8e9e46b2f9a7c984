# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One disk of a fleet on its way through the stages, and what a task for all of them returns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.errors import UNCLEAR_IN_FLEET, ErrorDetails, InternalError, KatapultError
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
        return self.result.changed if self.result else self.reconciler.run.state.changed

    def attempt(self, stage: Callable[[], Any]) -> None:
        """Take it through `stage`. A failure is kept, with all that is known by then."""
        try:
            with self.reconciler.run.attach_state_to_errors():
                stage()
        except KatapultError as error:
            self.error = error

    def apply(self) -> None:
        """Take it through what is left to do."""
        self.attempt(self._keep_result)

    def _keep_result(self) -> None:
        self.result = self.reconciler.apply()

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
        reconciler, known = self.reconciler, self.reconciler.run.state.known()
        told: dict[str, Any] = {"disk": known.disk, "task": known.task, "annotations": known.annotations or []}
        told.update(reconciler.known_extras())
        if self.result is not None:
            whole = self.result.as_result(with_diff=False)
            told = {key: value for key, value in whole.items() if key not in ("changed", "ansible_facts")}
        elif self.error is not None:
            failed = self.error.as_result()
            told.update({key: value for key, value in failed.items() if key not in ("changed", "steps")})
        return {
            "name": reconciler.desired.name or (told["disk"] or {}).get("name"),
            "changed": self.is_changed,
            "steps": self._steps(),
            "error": None,
            "msg": None,
            **told,
        }

    def _steps(self) -> dict[str, list[str]]:
        """The names of its steps; those of check mode are shown as done."""
        if self.result is not None and self.reconciler.run.check_mode:
            return {"done": self.result.plan.step_names, "failed": [], "not_tried": []}
        log = self.reconciler.run.state.steps
        if self.reconciler.is_missing and not log.failed:
            return {"done": [], "failed": [], "not_tried": ["create"]}
        return {"done": log.done, "failed": log.failed, "not_tried": log.not_tried}


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
            labels.setdefault(_error_in_words(item.error), []).append(f"'{item.entry.label}'")
    texts = [f"{_listed(names)}: {words}" for words, names in list(labels.items())[:MAX_REPORTED]]
    missing_fields = sum(len(names) for names in list(labels.values())[MAX_REPORTED:])
    return " ".join([*texts, *([f"{missing_fields} more have their own msg in disks."] if missing_fields else [])])


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return ", ".join(names[:MAX_NAMED]) + more


def _error_in_words(error: KatapultError) -> str:
    return f"{error.summary} {error.hint}".strip()
