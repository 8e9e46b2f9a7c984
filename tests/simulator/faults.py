# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults: what goes wrong between the service and its client, on chosen requests."""

from __future__ import annotations

import fnmatch
import threading
from dataclasses import dataclass, field
from typing import Any

from .checks import one_of

FOREVER = -1
WHEN = ("before", "after")
ACTIONS = ("drop", "reset", "answer", "delay", "cut")


@dataclass
class Fault:
    """One fault.

    It happens on requests of ``method`` (None: any) to ``path`` (below /core/v1, ``*`` allowed), after ``skip`` of
    them, ``times`` times (-1: always); ``before`` the request is executed, or ``after`` it was. ``drop`` closes the
    connection without an answer and ``reset`` resets it; ``answer`` gives another answer: ``status``, ``headers`` and
    ``body`` (text, bytes or JSON, or a function that makes it from the real answer, alone or behind a status; None:
    what is usual for the status), and is meant if a status (else 500) or a body is given without an action; ``delay``
    waits for ``seconds`` and goes on;
    ``cut`` executes the request and sends half of the answer, with the Content-Length of the whole one and a closed
    connection, or that of the half where ``fitting_length`` is set.
    """

    path: str = "*"
    method: str | None = None
    when: str = "before"
    action: str = ""
    status: int = 0
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    times: int = 1
    skip: int = 0
    fitting_length: bool = False

    def __post_init__(self) -> None:
        if self.when not in WHEN:
            raise ValueError(f"when must be {one_of(WHEN)}, not {self.when}")
        is_answer = bool(self.status) or self.body is not None or bool(self.headers)
        self.action = self.action or ("answer" if is_answer else "drop")
        if self.action not in ACTIONS:
            raise ValueError(f"action must be {one_of(ACTIONS)}, not {self.action}")
        if is_answer and self.action != "answer":
            raise ValueError(f"status, headers and body make an answer: action must be answer, not {self.action}")
        self.status = self.status or 500
        if self.action == "cut":
            self.when = "after"

    def matches(self, method: str, path: str) -> bool:
        """Return whether the fault is about such requests."""
        return self.method in (None, method) and fnmatch.fnmatchcase(path, self.path)


class Faults:
    """The faults that wait for their request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Have a fault wait, after those that wait already. Return it."""
        with self._lock:
            self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        """Forget all faults."""
        with self._lock:
            self._waiting.clear()

    @property
    def pending(self) -> list[Fault]:
        """The faults that have not happened as often as they shall; those that always happen are left out."""
        with self._lock:
            return [fault for fault in self._waiting if fault.times > 0]

    def take(self, method: str, path: str) -> list[Fault]:
        """Return what happens to this request: delays, and for each moment at most one other fault."""
        taken: list[Fault] = []
        with self._lock:
            for fault in self._waiting:
                if fault.times == 0 or not fault.matches(method, path):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                elif fault.action == "delay" or not _has_other(taken, fault.when):
                    fault.times -= fault.times > 0
                    taken.append(fault)
        return taken


def _has_other(taken: list[Fault], when: str) -> bool:
    return any(fault.when == when and fault.action != "delay" for fault in taken)
