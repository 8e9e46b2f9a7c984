# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the tasks of a recording started and ended, so that a simulator can be made to keep the same times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .recordings import RecordedCall

_TICK = 0.001
_UNSEEN_START = 0.2
_UNSEEN_END = 1.0
FINAL = ("completed", "failed")


@dataclass(frozen=True)
class Plan:
    """Seconds from a task's creation to its start and its end, and whether it fails."""

    starts: float
    ends: float
    fails: bool = False


def call_times(calls: Sequence[RecordedCall]) -> list[float]:
    """Return a time for each call, strictly later than that of the one before."""
    times: list[float] = []
    for call in calls:
        least = times[-1] + _TICK if times else 1.0
        times.append(max(call.time + 0.5, least))
    return times


def task_plan(calls: Sequence[RecordedCall], times: Sequence[float], task_id: str, made: int) -> Plan:
    """Return the plan of the task that was made by, or first seen in, the call at the index ``made``."""
    seen = [
        (times[index], call.answer["task"]["status"])
        for index, call in enumerate(calls)
        if index > made and call.answer.get("task", {}).get("id") == task_id
    ]
    begin = times[made]
    pending = max((time for time, status in seen if status == "pending"), default=begin)
    started = next((time for time, status in seen if status != "pending"), pending + _UNSEEN_START * 2)
    unfinished = max((time for time, status in seen if status not in FINAL), default=started)
    finished = next((time for time, status in seen if status in FINAL), None)
    starts = _between(pending, started)
    if finished is None:
        ends = max(starts, unfinished) + _UNSEEN_END
    else:
        ends = _between(max(starts, min(unfinished, finished)), finished)
    return Plan(starts - begin, ends - begin, any(status == "failed" for _time, status in seen))


def purge_plan(calls: Sequence[RecordedCall], times: Sequence[float], made: int) -> Plan:
    """Return the plan of a purge: nobody looks at its task, but what is purged is seen until it is gone."""
    wanted = calls[made].lookup("trash_object")
    seen = [
        (times[index], call.status)
        for index, call in enumerate(calls)
        if index > made and call.path == calls[made].path and call.lookup("trash_object") == wanted
    ]
    there = max((time for time, status in seen if status == 200), default=times[made])
    gone = next((time for time, status in seen if status == 404), there + _UNSEEN_END)
    ends = _between(there, gone) - times[made]
    return Plan(ends / 2, ends)


def _between(earlier: float, later: float) -> float:
    return earlier + (later - earlier) / 2
