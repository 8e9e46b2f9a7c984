# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was asked of the service, and what in it was against the contract."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class LoggedRequest:
    """One request as it came in: ``path`` is below /core/v1, ``body`` is parsed where it is JSON, and text elsewhere.

    ``status`` is None while it is executed, and where no answer was sent. ``executed`` tells whether the service did
    what was asked; ``time`` is in seconds since the epoch, by the simulator's clock. Those of one connection have the
    same ``connection``.
    """

    method: str
    path: str
    query: dict[str, str]
    body: Any
    headers: dict[str, str]
    time: float
    connection: int = 0
    status: int | None = None
    executed: bool = False
    faults: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the same as JSON."""
        return asdict(self)


class RequestLog:
    """Requests and violations of the contract, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[LoggedRequest] = []
        self._violations: list[str] = []

    def add(self, request: LoggedRequest) -> None:
        """Log a request."""
        with self._lock:
            self._requests.append(request)

    def violation(self, text: str) -> None:
        """Record that a request was against the contract."""
        with self._lock:
            self._violations.append(text)

    @property
    def requests(self) -> list[LoggedRequest]:
        """All requests so far."""
        with self._lock:
            return list(self._requests)

    @property
    def violations(self) -> list[str]:
        """All violations so far."""
        with self._lock:
            return list(self._violations)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._requests.clear()
            self._violations.clear()
