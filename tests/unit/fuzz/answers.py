# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Odd answers: any JSON, true answers with odd places, bytes that are none, odd statuses and headers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.katapult.cloud.plugins.module_utils._api.messages import REFUSALS
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import ERROR_CODES
from ansible_collections.katapult.cloud.tests.simulator import Fault
from ansible_collections.katapult.cloud.tests.unit.fuzz.environment import TOKEN
from ansible_collections.katapult.cloud.tests.unit.fuzz.values import ENDLESS, json_values, numbers, scalars, texts
from hypothesis import strategies as st

DROPPED = object()
RAW = [
    b"",
    b"\xff\xfe",
    b'{"disk": {"id": "caf\xe9"}}',
    b"\xef\xbb\xbf{}",
    b"[" * 100000,
    b'{"disk":' * 5000,
    b'{"disk": ' + b"9" * 5000 + b"}",
    b'{"disk": NaN, "task": Infinity, "data_centers": [{"id": "a", "speed": -1e999}]}',
    b'{"disk": {"id": "a"}, "disk": {"id": "b", "name": "data-01", "state": "built"}}',
    b'{"disk": {"id": "disk_Pl',
    b"HTTP/1.1 200 OK\r\n\r\n{}",
    f"<html><title>{TOKEN}</title></html>".encode(),
    b"<title>\xff\x00\x1b[31m</title>",
]
WORDS = ["built", "failed", "building", "completed", "running", "attached", "detached", "attaching", "started", "a"]
STATUSES = [
    200,
    200,
    200,
    201,
    204,
    299,
    301,
    302,
    304,
    400,
    403,
    404,
    406,
    409,
    418,
    422,
    429,
    500,
    502,
    503,
    504,
    599,
]
HEADERS: dict[str, list[str]] = {
    "Content-Type": ["text/html", "application/json; charset=utf-16", "", "nonsense"],
    "Content-Encoding": ["gzip", "nonsense"],
    "Retry-After": ["0", "-1", "9" * 30, "nan", "1e9", "soon", "Wed, 21 Oct 2099 07:28:00 GMT", "Mon, 00 Foo 0000"],
    "Date": ["", "never", "Wed, 21 Oct 1899 07:28:00 GMT", "Fri, 31 Dec 9999 23:59:59 -2359", "1"],
    "X-RateLimit-Remaining": ["0", "-5", "many", "9" * 30, "1"],
    "X-RateLimit-Permitted": ["0", "1", "-5", "none", "9" * 5000],
    "X-Api-Schema": ["json-error", "nonsense"],
    "X-Request-Id": ["", "x" * 5000, TOKEN],
    "Location": ["/", f"http://127.0.0.1/{TOKEN}"],
    "Set-Cookie": ["a=b; Max-Age=x", "="],
}


@dataclass(frozen=True)
class Mutation:
    """The same JSON with something else in a place; `place` counts all places of whatever JSON it is."""

    place: int
    value: Any

    def __call__(self, payload: Any) -> Any:
        paths = list(_paths(payload))
        return self._changed(payload, paths[self.place % len(paths)])

    def _changed(self, payload: Any, path: tuple[Any, ...]) -> Any:
        if not path:
            return {} if self.value is DROPPED else self.value
        duplicate = payload.copy()
        if path[1:] or self.value is not DROPPED:
            duplicate[path[0]] = self._changed(payload[path[0]], path[1:])
        else:
            del duplicate[path[0]]
        return duplicate


def _paths(payload: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield before
    items = payload.items() if isinstance(payload, dict) else enumerate(payload) if isinstance(payload, list) else ()
    for key, value in items:
        yield from _paths(value, (*before, key))


@dataclass(frozen=True)
class Mutations:
    """A true answer with something else in some places."""

    all: Sequence[Mutation]

    def __call__(self, payload: Any) -> bytes:
        for mutation in self.all:
            payload = mutation(payload)
        return json.dumps(payload).encode()


answered_values = st.one_of(
    st.just(DROPPED),
    scalars,
    json_values,
    st.sampled_from([*ENDLESS, TOKEN, *WORDS, [TOKEN], ["built"], {"a": "id"}, {TOKEN: "a"}]),
)
mutations = st.builds(Mutation, st.integers(0, 200), answered_values)
codes = st.sampled_from([*ERROR_CODES, TOKEN, "", "new_code"]) | scalars
details = json_values | st.fixed_dictionaries(
    {},
    optional={
        "errors": json_values,
        "path": json_values,
        "scopes": json_values,
        "trash_object": json_values | st.fixed_dictionaries({"keep_until": numbers, "id": texts}),
    },
)
envelopes = st.fixed_dictionaries({}, optional={"code": codes, "description": scalars, "detail": details})
bodies = st.one_of(
    json_values.map(lambda value: json.dumps(value).encode()),
    st.sampled_from(RAW),
    st.binary(max_size=20),
    (envelopes | st.builds(dict, error=envelopes | json_values)).map(lambda value: json.dumps(value).encode()),
)
some_headers = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in HEADERS.items()})
headers: st.SearchStrategy[dict[str, str]] = st.just({}) | some_headers


@dataclass(frozen=True)
class Strike:
    """An odd answer to one of the requests of a run, once or from then on; `place` counts all of its requests.

    What the service refuses it has not done.
    """

    place: int
    when: str
    status: int
    body: Any
    headers: dict[str, str]
    times: int
    skip: int

    def at(self, requests: Sequence[tuple[str, str]]) -> Fault:
        """The same for a run that sends these requests."""
        method, path = requests[self.place % len(requests)]
        when = "before" if self.status in (*REFUSALS, 429) else self.when
        return Fault(path, method, when, "answer", self.status, self.body, self.headers, 0.0, self.times, self.skip)


def _strikes(when: st.SearchStrategy[str], status: st.SearchStrategy[int], body: st.SearchStrategy[Any]) -> Any:
    place, times, skip = st.integers(0, 30), st.sampled_from([1, 1, -1]), st.integers(0, 2)
    return st.builds(Strike, place, when, status, body, headers, times, skip)


mutated = st.lists(mutations, min_size=1, max_size=3).map(Mutations)
strikes = st.lists(
    _strikes(st.just("after"), st.just(200), mutated)
    | _strikes(st.sampled_from(["before", "after"]), st.sampled_from(STATUSES), bodies),
    min_size=1,
    max_size=2,
)
