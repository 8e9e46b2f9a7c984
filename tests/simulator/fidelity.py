# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends the requests of a recording to a simulator, and compares what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .client import ApiClient
from .contract import BY_ROUTE
from .recorded_state import RecordedState
from .recordings import RecordedCall, is_whole_disk, objects_in
from .settings import TaskKind
from .shapes import Differences, compare_headers, compare_json, paired_ids
from .simulator import Simulator
from .tasks import KINDS
from .timeline import ManualClock
from .timing import Plan, call_times, purge_plan, task_plan

_UNSIMULATED = "is no call that the simulator knows"

# Writes whose answer shows the disk as it is afterwards; the others show it as it was before.
_SHOW_AFTERWARDS = (
    ("POST", "/organizations/organization/disks"),
    ("PATCH", "/disks/disk"),
    ("POST", "/disks/disk/assign"),
    ("POST", "/disks/disk/unassign"),
)


@dataclass(frozen=True)
class Compared:
    """One recorded call: what differs, or why it was not sent."""

    call: RecordedCall
    differences: Differences
    skipped: str = ""


@dataclass
class Report:
    """What came of a recording. ``recorded_state`` tells what had to be there that no recorded call made."""

    calls: list[Compared] = field(default_factory=list)
    recorded_state: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    @property
    def compared(self) -> list[Compared]:
        """The calls that were sent."""
        return [item for item in self.calls if not item.skipped]

    @property
    def skipped(self) -> list[str]:
        """The calls that were not sent, each with the reason."""
        return [f"{item.call.method} {item.call.path} {item.skipped}" for item in self.calls if item.skipped]

    def lines(self, values: bool = False) -> list[str]:
        """Return the differences in status, headers, keys and types, or those in values alone."""
        return [
            f"{number}: {item.call.method} {item.call.path}: {line}"
            for number, item in enumerate(self.calls)
            for line in (item.differences.values if values else item.differences.shape)
        ]


class Rehearsal:
    """A recording, played against a simulator whose clock is that of the recording."""

    def __init__(self, calls: Sequence[RecordedCall]) -> None:
        self._calls = calls
        self._times = call_times(calls)
        self._clock = ManualClock()
        self._plan: Plan | None = None
        self._ids: dict[str, str] = {}
        self._last_seen: dict[str, dict[str, Any]] = {}
        self._simulator = Simulator(clock=self._clock)
        self._simulator.state.task_queue.timing = self._timing
        self._recorded_state = RecordedState(self._simulator, calls, self._ids)

    def run(self) -> Report:
        """Send all calls, and return what differs."""
        report = Report()
        with self._simulator, ApiClient(self._simulator.url, self._simulator.token) as self._client:
            for index in range(len(self._calls)):
                report.calls.append(self._rehearse(index))
        report.recorded_state = self._recorded_state.notes
        report.violations = self._simulator.violations
        return report

    def _timing(self, kind: TaskKind) -> tuple[float, float]:
        if self._plan is None:
            return self._simulator.state.task_queue.default_timing(kind)
        return self._plan.starts, self._plan.ends

    def _rehearse(self, index: int) -> Compared:
        call = self._calls[index]
        differences = Differences()
        reason = _reason_to_skip(call)
        if reason:
            return Compared(call, differences, reason)
        self._clock.now = self._times[index]
        self._plan = self._plan_for(index)
        self._simulator.settings.fail_tasks = list(KINDS) if self._plan and self._plan.fails else []
        with self._simulator.state.lock:
            self._simulator.state.advance()
            self._recorded_state.prepare(index)
            self._notice_changes(call)
        query = [(name, self._translated(value)) for name, value in call.query]
        reply = self._client.call(call.method, call.path, query, self._translated(call.request))
        if reply.status != call.status:
            differences.shape.append(f"status: recorded {call.status}, given {reply.status} {reply.json}")
        for recorded, given in paired_ids(call.response, reply.json):
            self._ids.setdefault(recorded, given)
        compare_headers(call.headers, reply.headers, differences)
        compare_json(self._translated(call.response), reply.json, "answer", differences)
        return Compared(call, differences)

    def _plan_for(self, index: int) -> Plan | None:
        call = self._calls[index]
        task = call.answer.get("task")
        if task is None:
            return None
        if call.route == ("DELETE", "/trash_objects/trash_object"):
            return purge_plan(self._calls, self._times, index)
        seen_first = task["id"] not in self._ids
        plan = task_plan(self._calls, self._times, task["id"], index)
        if call.method == "GET" and seen_first:
            return Plan(0.0, 0.0 if task["status"] == "completed" else plan.ends, task["status"] == "failed")
        return plan

    def _notice_changes(self, call: RecordedCall) -> None:
        """Tell changes of a disk since it was last seen that no recorded call explains."""
        for item in filter(is_whole_disk, objects_in(call.answer)):
            if call.route not in _SHOW_AFTERWARDS:
                self._recorded_state.change_outside(item, self._last_seen.get(item["id"]))
            self._last_seen[item["id"]] = item
        if call.path in ("/disks/disk/attach", "/disks/disk/detach"):
            self._last_seen.pop(str(call.lookup("disk").get("id")), None)

    def _translated(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._ids.get(value, value)
        if isinstance(value, list):
            return [self._translated(item) for item in value]
        if isinstance(value, dict):
            return {key: self._translated(item) for key, item in value.items()}
        return value


def _reason_to_skip(call: RecordedCall) -> str:
    if call.route not in BY_ROUTE:
        return _UNSIMULATED
    if call.status in (429, 500, 502, 503, 504) or call.error_code == "task_queueing_error":
        return f"was answered with {call.status}, which depends on the load of the service"
    return ""


def rehearse(calls: Sequence[RecordedCall]) -> Report:
    """Send the requests of a recording to a new simulator, and return what differs."""
    return Rehearsal(calls).run()
