# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Doubles that the unit tests share: a clock, a session with a transcript, and a service that follows a script."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Union

import requests
from ansible_collections.katapult.cloud.plugins.module_utils._api.endpoints import KatapultApi
from ansible_collections.katapult.cloud.plugins.module_utils._api.messages import Request, Response, parse_response
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Clock, Deadline, Moment
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import ApiError
from ansible_collections.katapult.cloud.plugins.module_utils._reconcile.run import RunContext

A_FULL_MINUTE = 1_800_000_000.0


class FakeClock(Clock):
    """A clock that only its own sleeps move. `events` happen at their time, while somebody sleeps."""

    def __init__(self, jitter: float = 1.0, wall: float = A_FULL_MINUTE) -> None:
        self.elapsed = 0.0
        self.sleeps: list[float] = []
        self.events: list[tuple[float, Callable[[], object]]] = []
        self._jitter = jitter
        self._wall = wall

    def now(self) -> float:
        return 5000.0 + self.elapsed

    def wall(self) -> float:
        return self._wall + self.elapsed

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0, "a sleep of negative length"
        assert len(self.sleeps) < 10_000, "this never ends"
        self.sleeps.append(seconds)
        self.elapsed += seconds
        due = [event for event in self.events if event[0] <= self.elapsed]
        self.events = [event for event in self.events if event[0] > self.elapsed]
        for _when, action in sorted(due, key=lambda event: event[0]):
            action()

    def jitter(self) -> float:
        return self._jitter


class QuickClock(Clock):
    """A clock that many threads can sleep on: a second of it is a millisecond."""

    def now(self) -> float:
        return time.monotonic() * 1000

    def wall(self) -> float:
        return self.now()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / 1000)


def json_answer(status: int, payload: Any, **headers: str) -> Response:
    """An answer with a JSON body; the underscores of header names become hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    all_headers = {"Content-Type": "application/json", **named}
    return Response(status, requests.structures.CaseInsensitiveDict(all_headers), json.dumps(payload).encode())


def error_answer(status: int, code: str, detail: Any = None, **headers: str) -> Response:
    """A refusal as the live service words it."""
    return json_answer(status, {"error": {"code": code, "description": None, "detail": detail or {}}}, **headers)


Outcome = Union[Response, Exception]


@dataclass
class Expected:
    """One line of a transcript: the request that must come, and what becomes of it."""

    method: str
    path: str
    outcome: Outcome
    reads_body: bool = True


@dataclass
class SentRequest:
    """A request as the session was given it."""

    method: str
    url: str
    options: dict[str, Any] = field(default_factory=dict)


class FakeSession(requests.Session):
    """A session that takes the requests of a transcript, in order, and no other."""

    def __init__(self, transcript: Sequence[Expected]) -> None:
        super().__init__()
        self._left = list(transcript)
        self.sent: list[SentRequest] = []

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        method, url = args
        self.sent.append(SentRequest(method, url, kwargs))
        assert self._left, f"unexpected request: {method} {url}"
        expected = self._left.pop(0)
        assert (method, url) == (expected.method, "https://api.test/core/v1" + expected.path)
        if expected.reads_body and kwargs["data"] is not None:
            kwargs["data"].read()
        if isinstance(expected.outcome, Exception):
            raise expected.outcome
        return _response(expected.outcome)

    def assert_used_up(self) -> None:
        assert [(line.method, line.path) for line in self._left] == []


def _response(answer: Response) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status
    response.headers.update(answer.headers)
    response._content = answer.body
    return response


ScriptLine = Union[Mapping[str, Any], Response, ApiError, Callable[[Request], Any]]


class ScriptedService:
    """A Sender: for each "METHOD /path" a list of what it answers, whose last line holds from then on.

    Several threads may send at once: each gets a line of its own. `pause` is what waits should let pass at least.
    """

    def __init__(self, script: Mapping[str, Sequence[ScriptLine]], pause: float = 0.0) -> None:
        self._pause = pause
        self._script = {name: list(lines) for name, lines in script.items()}
        self._lock = threading.Lock()
        self.calls: list[Request] = []

    def send(self, call: Request) -> Mapping[str, Any]:
        line = self._line_for(call)
        if callable(line) and not isinstance(line, Exception):
            line = line(call)
        if isinstance(line, Exception):
            raise line
        if isinstance(line, Response):
            return parse_response(line, call, A_FULL_MINUTE)
        payload: Mapping[str, Any] = line
        return payload

    def moment(self) -> Moment:
        return Moment(0.0, 0)

    def min_pause(self) -> float:
        return self._pause

    def _line_for(self, call: Request) -> Any:
        with self._lock:
            self.calls.append(call)
            assert len(self.calls) < 1000, "this never ends"
            lines = self._script.get(f"{call.method} {call.path}")
            assert lines, f"no line for {call.method} {call.path}"
            return lines.pop(0) if len(lines) > 1 else lines[0]

    def count(self, method: str, path: str) -> int:
        """How often this was called."""
        return sum((call.method, call.path) == (method, path) for call in self.calls)


def run_context(service: ScriptedService, clock: Clock | None = None, seconds: float = 600, **more: Any) -> RunContext:
    """A context without locks, for a run of which all waits together take at most `seconds`."""
    clock = clock or FakeClock()
    given = {"warn": lambda _text: None, "lock_directories": (), "lock_keys": ("test",), **more}
    return RunContext(KatapultApi(service), clock, Deadline(clock, seconds), **given)
