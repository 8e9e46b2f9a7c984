# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server that answers as the live service did when a conversation was recorded."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from .contract import BASE_PATH
from .errors import ApiError
from .recordings import RecordedCall
from .replay_state import ReplayState
from .server import LocalServer

if TYPE_CHECKING:
    from typing_extensions import Self

_HOP_HEADERS = frozenset({"connection", "content-encoding", "content-length", "transfer-encoding"})
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True)
class Replayed:
    """One request that came in, with the status it got, and where the answer is from.

    ``source`` is "recorded", "made up" (a read, out of the recorded state) or "unmatched".
    """

    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int
    source: str


class Replay:
    """Finds the answer to a request in a recording.

    A write is matched with a recorded write to the same path about the same disk, the next one that was not used yet;
    ``mismatches`` tells where the bodies differ. A read steps through what was recorded for it between the last write
    that was replayed and the next, the last answer again and again; what was not recorded there is made up.
    """

    def __init__(self, calls: Sequence[RecordedCall]) -> None:
        self._calls = calls
        self._state = ReplayState(calls)
        self._lock = threading.Lock()
        self._position = 0
        self._used: set[int] = set()
        self._steps: dict[tuple[Any, ...], int] = {}
        self.requests: list[Replayed] = []
        self.mismatches: list[str] = []

    @property
    def unmatched(self) -> list[Replayed]:
        """The requests for which nothing could be found or made up."""
        return [item for item in self.requests if item.source == "unmatched"]

    def answer(self, asked: RecordedCall) -> tuple[int, dict[str, str], Any]:
        """Return status, headers and JSON body for a request, whose own status and answer are of no account."""
        with self._lock:
            found = self._read(asked) if asked.method == "GET" else self._write(asked)
            if found is not None:
                self._state.learn(found)
                status, headers, body, source = found.status, found.headers, found.response, "recorded"
            else:
                status, headers, body, source = self._made_up(asked)
            self.requests.append(Replayed(asked.method, asked.path, dict(asked.query), asked.request, status, source))
            kept = {name: value for name, value in headers.items() if name.lower() not in _HOP_HEADERS}
            return status, kept, body

    def _read(self, asked: RecordedCall) -> RecordedCall | None:
        recorded = []
        for call in self._calls[self._position :]:
            if call.method != "GET":
                break
            if _read_key(call) == _read_key(asked):
                recorded.append(call)
        if not recorded or dict(asked.query).get("page", "1") != "1":
            return None
        step = (self._position, *_read_key(asked))
        count = self._steps.get(step, 0)
        self._steps[step] = count + 1
        return recorded[min(count, len(recorded) - 1)]

    def _write(self, asked: RecordedCall) -> RecordedCall | None:
        fitting = [
            index
            for index, call in enumerate(self._calls)
            if index not in self._used and call.route == asked.route and call.lookup("disk") == asked.lookup("disk")
        ]
        ahead = [index for index in fitting if index >= self._position] or fitting
        same = [index for index in ahead if self._calls[index].request == asked.request]
        if not ahead:
            return None
        index = (same or ahead)[0]
        call = self._calls[index]
        if not same:
            self.mismatches.append(f"{call.method} {call.path}: recorded {call.request}, sent {asked.request}")
        self._used.add(index)
        self._position = max(self._position, index + 1)
        return call

    def _made_up(self, asked: RecordedCall) -> tuple[int, dict[str, str], Any, str]:
        try:
            body = self._state.make_up(asked) if asked.method == "GET" else None
        except ApiError as problem:
            return problem.status, {"X-Api-Schema": "json-error"}, problem.body(), "made up"
        if body is not None:
            return 200, {}, body, "made up"
        error = {"code": "not_recorded", "description": f"{asked.method} {asked.path} was not recorded", "detail": {}}
        return 501, {"X-Api-Schema": "json-error"}, {"error": error}, "unmatched"


def _read_key(call: RecordedCall) -> tuple[Any, ...]:
    """Return what makes two reads the same: path and lookup, but neither the page nor how the organization is named."""
    kept = [pair for pair in call.query if pair[0] not in ("page", "per_page") and "organization[" not in pair[0]]
    return call.path, tuple(sorted(kept))


class ReplayServer:
    """Serves a recording on 127.0.0.1 between ``start`` and ``stop``, or as a context manager. Any token is good."""

    def __init__(self, calls: Sequence[RecordedCall], port: int = 0) -> None:
        self.replay = Replay(calls)
        app = Flask("replay")
        app.add_url_rule(BASE_PATH + "/<path:path>", "api", self._handle, methods=_METHODS)
        self._server = LocalServer(app, port)

    @property
    def url(self) -> str:
        """The base URL, while it is served."""
        return self._server.origin + BASE_PATH

    def start(self) -> None:
        """Begin to serve."""
        self._server.start()

    def stop(self) -> None:
        """End serving."""
        self._server.stop()

    def _handle(self, path: str) -> Response:
        query = tuple(request.args.items(multi=True))
        asked = RecordedCall(request.method, "/" + path, query, request.get_json(silent=True), 0, {}, None)
        status, headers, body = self.replay.answer(asked)
        response = Response(json.dumps(body), status, content_type="application/json")
        response.headers.update(headers)
        return response

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
