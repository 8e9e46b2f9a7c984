# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The loop of retries: what is sent again, after how long, and where it ends."""

from __future__ import annotations

import socket
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import requests
import urllib3
from ansible_collections.katapult.cloud.plugins.module_utils._api.messages import Request, Response, Retry
from ansible_collections.katapult.cloud.plugins.module_utils._api.rate_limit import RateLimiter
from ansible_collections.katapult.cloud.plugins.module_utils._api.transport import (
    MAX_CONCURRENT_READS,
    MAX_IDLE,
    MAX_IDLE_FOR_WRITES,
    MAX_OTHER_SESSIONS,
    MAX_RECHECKS,
    Connection,
    HttpClient,
    SessionPool,
    open_session,
)
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import (
    MAX_AGE,
    Clock,
    Deadline,
    Moment,
    format_seconds,
)
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import ApiError
from ansible_collections.katapult.cloud.plugins.module_utils._core.parallel import find_interruption, map_concurrently
from ansible_collections.katapult.cloud.tests.unit.support.fakes import (
    Expected,
    FakeClock,
    FakeSession,
    Outcome,
    QuickClock,
    error_answer,
    json_answer,
)
from ansible_collections.katapult.cloud.tests.unit.support.outages import (
    handshake_failed,
    no_connection,
    refused,
    reset,
    tunnel_refused,
    untrusted,
)

LIST = "/organizations/organization/disks"
GET = Request("GET", "/disks/disk", "read the disk disk_One", (("disk[id]", "disk_One"),))
PATCH = Request("PATCH", "/disks/disk", "change the disk", body={"disk": {"id": "disk_One"}})
CREATE = Request("POST", LIST, "create the disk 'data-01'", body={"a": 1}, retry=Retry.IF_NOT_EXECUTED)
FINE = json_answer(200, {"fine": True})
PAGE = Response(502, {"Content-Type": "text/html"}, b"<title>Bad Gateway</title>")


@dataclass
class Run:
    """A loop with its doubles."""

    transcript: list[Expected]
    retries: int = 5
    clock: FakeClock = field(default_factory=FakeClock)
    timeout: float = 30.0

    def __post_init__(self) -> None:
        self.session = FakeSession(self.transcript)
        self.deadline = Deadline(self.clock, 600.0)
        connection = Connection("https://api.test/core/v1", "token-1", self.timeout, self.retries, verify="/ca.pem")
        self.told: list[str] = []
        self.http = HttpClient(
            connection,
            self.clock,
            self.deadline,
            SessionPool(lambda _connection: self.session),
            report_progress=self.told.append,
        )

    def fails(self, call: Request) -> ApiError:
        with pytest.raises(ApiError) as raised:
            self.http.send(call)
        self.session.assert_used_up()
        return raised.value


def times(count: int, call: Request, outcome: Outcome, *, reads_body: bool = True) -> list[Expected]:
    return [Expected(call.method, call.path, outcome, reads_body) for _index in range(count)]


PASSING: dict[str, Outcome] = {
    "500": error_answer(500, "unhandled_exception"),
    "502": PAGE,
    "503": error_answer(503, "service_unavailable"),
    "504": Response(504, {}, b""),
    "429": error_answer(429, "rate_limit_reached"),
    "reset": reset(),
    "read-timeout": requests.ReadTimeout("read timed out"),
    "connect-timeout": requests.ConnectTimeout("timed out"),
    "refused": refused(),
    "cut-off": Response(200, {"Content-Type": "application/json"}, b'{"disk": {'),
    "chunks": requests.exceptions.ChunkedEncodingError("broken"),
}


@pytest.mark.parametrize("call", [GET, PATCH], ids=["GET", "PATCH"])
@pytest.mark.parametrize("outcome", PASSING.values(), ids=PASSING)
def test_what_passes_is_sent_again(outcome: Outcome, call: Request) -> None:
    run = Run([*times(3, call, outcome), *times(1, call, FINE)])

    assert run.http.send(call) == {"fine": True}
    run.session.assert_used_up()
    assert len(run.clock.sleeps) == 3
    assert run.clock.sleeps[0] > 0


@pytest.mark.parametrize("outcome", PASSING.values(), ids=PASSING)
def test_the_retries_end(outcome: Outcome) -> None:
    error = Run(times(3, GET, outcome), retries=2).fails(GET)

    assert error.details.attempts == 3
    assert error.hint


LASTING: dict[str, Outcome] = {
    "400": error_answer(400, "invalid_argument"),
    "403": error_answer(403, "invalid_api_token"),
    "404": error_answer(404, "disk_not_found"),
    "406": error_answer(406, "task_queueing_error"),
    "422": error_answer(422, "validation_error"),
    "302": Response(302, {"Location": "https://elsewhere.test/"}, b""),
    "certificate": untrusted(),
    "invalid-url": requests.exceptions.InvalidURL("no host"),
    "no-ca": OSError("Could not find a suitable TLS CA certificate bundle"),
    "page": Response(200, {"Content-Type": "text/html"}, b"<title>Log in</title>"),
}


@pytest.mark.parametrize("outcome", LASTING.values(), ids=LASTING)
def test_what_lasts_is_not_sent_again(outcome: Outcome) -> None:
    assert Run(times(1, GET, outcome)).fails(GET).details.attempts == 1


NOT_EXECUTED: dict[str, Outcome] = {
    "429": error_answer(429, "rate_limit_reached"),
    "429-page": Response(429, {"Content-Type": "text/html"}, b"<title>Slow down</title>"),
    "refused": refused(),
    "connect-timeout": requests.ConnectTimeout("timed out"),
    "unresolved": no_connection(socket.gaierror(-2, "Name or service not known")),
    "handshake": handshake_failed(),
    "proxy": tunnel_refused(),
}


@pytest.mark.parametrize("outcome", NOT_EXECUTED.values(), ids=NOT_EXECUTED)
def test_a_create_that_was_surely_not_carried_out_is_sent_again(outcome: Outcome) -> None:
    reads_body = isinstance(outcome, Response)
    run = Run([*times(2, CREATE, outcome, reads_body=reads_body), *times(1, CREATE, FINE)])

    assert run.http.send(CREATE) == {"fine": True}
    error = Run(times(2, CREATE, outcome, reads_body=reads_body), retries=1).fails(CREATE)
    assert (error.details.ambiguous, error.details.attempts) == (False, 2)


LOST: dict[str, Outcome] = {
    "a limit without its status": error_answer(500, "rate_limit_reached"),
    "read-timeout": requests.ReadTimeout("read timed out"),
    "reset": reset(),
    "refused-after-the-body": refused(),
    "unreadable-encoding": requests.exceptions.ContentDecodingError("gzip"),
    "chunks": requests.exceptions.ChunkedEncodingError("broken"),
    "500": error_answer(500, "unhandled_exception"),
    "502": PAGE,
    "503": error_answer(503, "service_unavailable", Retry_After="1"),
    "504": Response(504, {}, b""),
    "queue": error_answer(406, "task_queueing_error"),
    "empty": Response(201, {"Content-Type": "application/json"}, b""),
    "cut-off": Response(201, {"Content-Type": "application/json"}, b'{"disk": {'),
    "list": json_answer(201, ["disk"]),
    "page": Response(200, {"Content-Type": "text/html"}, b"<title>Log in</title>"),
}


@pytest.mark.parametrize("outcome", LOST.values(), ids=LOST)
def test_a_create_whose_answer_was_lost_is_never_sent_again(outcome: Outcome) -> None:
    error = Run(times(1, CREATE, outcome)).fails(CREATE)

    assert error.details.ambiguous is True
    assert error.details.attempts == 1


def test_a_read_timeout_is_ambiguous_even_where_the_body_was_not_read() -> None:
    run = Run(times(1, CREATE, requests.ReadTimeout("read timed out"), reads_body=False))

    assert run.fails(CREATE).details.ambiguous is True


def test_an_untrusted_certificate_is_told_and_nothing_was_sent() -> None:
    error = Run(times(1, CREATE, untrusted(), reads_body=False)).fails(CREATE)

    assert error.details.code == "untrusted_certificate"
    assert error.details.ambiguous is False
    assert "ca_path" in error.message


def test_what_keeps_a_create_from_being_repeated_is_raised() -> None:
    def appeared(_unclear: bool) -> None:
        raise LookupError("it is there")

    call = Request("POST", LIST, "create", body={}, retry=Retry.IF_NOT_EXECUTED, before_retry=appeared)
    run = Run(times(1, call, NOT_EXECUTED["429"]))

    with pytest.raises(LookupError, match="it is there"):
        run.http.send(call)


@pytest.mark.parametrize("jitter", [0.8, 1.0, 1.2])
def test_pauses_grow_to_a_limit_with_jitter(jitter: float) -> None:
    run = Run(times(8, GET, PAGE), retries=7, clock=FakeClock(jitter))
    run.fails(GET)

    assert run.clock.sleeps == pytest.approx([jitter * pause for pause in (0.5, 1, 2, 4, 8, 8, 8)])


def test_retries_end_at_the_deadline() -> None:
    run = Run(times(4, GET, PAGE), retries=100)
    run.deadline.start()
    run.clock.sleep(594.0)

    assert run.fails(GET).details.attempts == 4
    assert run.deadline.remaining() > 0


def test_the_rate_limit_is_waited_for_and_left_out_of_the_deadline() -> None:
    limited = error_answer(429, "rate_limit_reached", Date="Fri, 15 Jan 2027 08:00:20 GMT")
    run = Run([*times(2, GET, limited), *times(1, GET, FINE)])
    run.deadline.start()
    run.clock.sleep(590.0)
    left = run.deadline.remaining()

    assert run.http.send(GET) == {"fine": True}
    assert run.clock.sleeps[1:] == pytest.approx([40.2, 40.2])
    assert run.deadline.remaining() == pytest.approx(left)


def test_a_refusal_for_the_rate_holds_the_other_requests_too() -> None:
    run = Run(
        [*times(1, GET, error_answer(429, "rate_limit_reached", Retry_After="7")), *times(1, GET, FINE)], retries=0
    )
    with pytest.raises(ApiError):
        run.http.send(GET)
    run.http.send(GET)

    assert sum(run.clock.sleeps) == pytest.approx(7, abs=0.5)


def test_a_read_waits_no_longer_than_the_deadline_and_a_write_as_long_as_told() -> None:
    run = Run([*times(1, GET, FINE), *times(1, CREATE, FINE), *times(1, GET, FINE)])
    run.deadline.start()
    run.clock.sleep(590.0)
    run.http.send(GET)
    run.http.send(CREATE)
    run.clock.sleep(20.0)
    run.http.send(GET)

    assert [sent.options["timeout"] for sent in run.session.sent] == [(10.0, 10.0), (30.0, 30.0), (1.0, 1.0)]


def test_every_request_is_verified_by_itself_and_follows_no_redirect() -> None:
    run = Run([*times(1, GET, FINE), *times(1, CREATE, FINE)])
    run.http.send(GET)
    run.http.send(CREATE)

    assert {sent.options["verify"] for sent in run.session.sent} == {"/ca.pem"}
    assert {sent.options["allow_redirects"] for sent in run.session.sent} == {False}
    assert [sent.options["headers"] for sent in run.session.sent] == [None, {"Content-Type": "application/json"}]


class MeetingSession(FakeSession):
    """A session whose requests wait until as many are on the way as shall be."""

    def __init__(self, meeting: threading.Barrier) -> None:
        super().__init__(times(2, GET, FINE))
        self._meeting = meeting

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        self._meeting.wait()
        return super().request(*args, **kwargs)


def test_a_session_is_used_by_one_thread_at_a_time_and_then_by_the_next() -> None:
    opened: list[MeetingSession] = []
    meeting = threading.Barrier(3, timeout=10)

    def open_session(_connection: Connection) -> MeetingSession:
        opened.append(MeetingSession(meeting))
        return opened[-1]

    clock = FakeClock()
    http = HttpClient(
        Connection("https://api.test/core/v1", "token-1"), clock, Deadline(clock, 600.0), SessionPool(open_session)
    )
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _number: http.send(GET), range(6)))

    assert [len(session.sent) for session in opened] == [2, 2, 2]


def test_that_certificates_are_not_verified_is_no_warning_on_the_terminal() -> None:
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        open_session(Connection("https://api.test/core/v1", "token-1", verify=False))
        warnings.warn("not verified", urllib3.exceptions.InsecureRequestWarning, stacklevel=1)

    assert shown == []


class Sessions:
    """Opens sessions that answer everything, and tells what becomes of them."""

    def __init__(self, clock: FakeClock, first_meanwhile: Sequence[Callable[[], object]] = ()) -> None:
        """`first_meanwhile` happen while the first requests are under way."""
        self.opened: list[ToldSession] = []
        self._meanwhile = list(first_meanwhile)
        self._clock = clock
        self._pool = SessionPool(self.open)
        self.http = self.next_item()

    def next_item(self, **changes: Any) -> HttpClient:
        """What one more run in this process sends with, the settings of whose connection differ in `changes`."""
        connection = replace(Connection("https://api.test/core/v1", "token-1"), **changes)
        return HttpClient(connection, self._clock, Deadline(self._clock, 600.0), self._pool)

    def open(self, _connection: Connection) -> ToldSession:
        self.opened.append(ToldSession(self._meanwhile))
        return self.opened[-1]

    @property
    def used(self) -> list[int]:
        """How often each was used."""
        return [len(session.sent) for session in self.opened]

    @property
    def closed(self) -> list[bool]:
        return [session.is_closed for session in self.opened]


class ToldSession(FakeSession):
    """A session that tells whether it was closed, and takes no request then."""

    def __init__(self, meanwhile: list[Callable[[], object]]) -> None:
        super().__init__([])
        self.is_closed = False
        self._meanwhile = meanwhile

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        assert not self.is_closed
        if self._meanwhile:
            self._meanwhile.pop()()
        self._left = [Expected(args[0], args[1][len("https://api.test/core/v1") :], FINE)]
        return super().request(*args, **kwargs)

    def close(self) -> None:
        self.is_closed = True


PURGE = PATCH._replace(retry=Retry.IF_NOT_EXECUTED)
IDLE: dict[str, tuple[Request, float, bool]] = {
    "a read": (GET, MAX_IDLE, False),
    "a read, long after": (GET, MAX_IDLE + 0.5, True),
    "a change that may be repeated": (PATCH, MAX_IDLE, False),
    "a change that may be repeated, long after": (PATCH, MAX_IDLE + 0.5, True),
    "a create": (CREATE, MAX_IDLE_FOR_WRITES, False),
    "a create, after a while": (CREATE, MAX_IDLE_FOR_WRITES + 0.5, True),
    "a purge, after a while": (PURGE, MAX_IDLE_FOR_WRITES + 0.5, True),
    "a create, long after": (CREATE, MAX_IDLE + 0.5, True),
}


@pytest.mark.parametrize(("call", "idle", "fresh"), IDLE.values(), ids=IDLE)
def test_what_must_not_be_repeated_takes_no_connection_that_was_idle(call: Request, idle: float, fresh: bool) -> None:
    clock = FakeClock()
    sessions = Sessions(clock)
    sessions.http.send(GET)
    clock.sleep(idle)
    sessions.http.send(call)

    assert sessions.used == ([1, 1] if fresh else [2])
    assert sessions.closed == ([True, False] if fresh else [False])


@pytest.mark.parametrize(
    ("call", "idle", "used"),
    [
        (GET, MAX_IDLE_FOR_WRITES + 0.5, [2]),
        (CREATE, MAX_IDLE_FOR_WRITES, [2]),
        (CREATE, MAX_IDLE_FOR_WRITES + 0.5, [1, 1]),
    ],
    ids=["a read, after a while", "a create", "a create, after a while"],
)
def test_the_next_item_of_a_loop_takes_the_connection_unless_it_was_idle(
    call: Request, idle: float, used: list[int]
) -> None:
    clock = FakeClock()
    sessions = Sessions(clock)
    sessions.http.send(GET)
    clock.sleep(idle)
    sessions.next_item().send(call)

    assert sessions.used == used


@pytest.mark.parametrize(
    "changes",
    [{"token": "token-2"}, {"verify": "/other.pem"}, {"verify": False}],
    ids=["token", "authorities", "unverified"],
)
def test_the_next_item_of_a_loop_takes_no_connection_of_other_settings(changes: dict[str, Any]) -> None:
    sessions = Sessions(FakeClock())
    for http in (sessions.http, sessions.next_item(**changes), sessions.next_item()):
        http.send(GET)

    assert sessions.used == [2, 1]


def test_a_write_that_waited_for_the_rate_limit_takes_a_fresh_connection() -> None:
    clock = FakeClock()
    http = HttpClient(
        Connection("https://api.test/core/v1", "token-1"),
        clock,
        Deadline(clock, 600.0),
        SessionPool(lambda _connection: opened.pop(0)),
    )
    opened = [FakeSession(times(1, GET, limited_to(2, 0))), FakeSession(times(1, CREATE, FINE))]
    used = list(opened)
    http.send(GET)
    http.send(CREATE)

    assert (opened, clock.sleeps) == ([], [60.0])
    for session in used:
        session.assert_used_up()


def test_a_connection_that_stays_idle_is_closed_while_another_is_in_use() -> None:
    clock = FakeClock()
    sessions = Sessions(clock, first_meanwhile=[lambda: sessions.http.send(GET)])
    sessions.http.send(GET)
    for _use in range(3):
        clock.sleep(MAX_IDLE / 2)
        sessions.http.send(GET)

    assert (sessions.used, sessions.closed) == ([4, 1], [False, True])


def test_a_loop_of_many_tokens_keeps_few_connections() -> None:
    clock = FakeClock()
    sessions = Sessions(clock)
    for number in range(3 * MAX_OTHER_SESSIONS):
        sessions.next_item(token=f"token-{number}").send(GET)
    sessions.next_item(token="token-0").send(GET)
    for _again in range(3):
        sessions.http.send(GET)
        sessions.next_item(token="token-0").send(GET)

    assert sum(not is_closed for is_closed in sessions.closed) == MAX_OTHER_SESSIONS + 1
    assert sessions.used[-2:] == [4, 3]


@pytest.mark.parametrize(("call", "at_most"), [(GET, MAX_CONCURRENT_READS), (CREATE, 3)], ids=["reads", "writes"])
def test_only_so_many_requests_are_on_the_way_at_once(call: Request, at_most: int) -> None:
    crowd: list[int] = []

    class CountingSession(FakeSession):
        def request(self, *args: Any, **kwargs: Any) -> requests.Response:
            crowd.append(1)
            seen.append(len(crowd))
            end = time.monotonic() + 10
            while max(seen) < at_most and time.monotonic() < end:
                time.sleep(0.001)
            time.sleep(0.005)
            crowd.pop()
            return super().request(*args, **kwargs)

    seen: list[int] = []
    clock = FakeClock()
    connection = Connection("https://api.test/core/v1", "token-1")
    http = HttpClient(
        connection,
        clock,
        Deadline(clock, 600.0),
        SessionPool(lambda _connection: CountingSession(times(60, call, FINE))),
        concurrent_writes=3,
    )
    with ThreadPoolExecutor(30) as pool:
        list(pool.map(lambda _number: http.send(call), range(60)))

    assert max(seen) == at_most


def checked(call: Request, check: Callable[[bool], None]) -> Request:
    return call._replace(before_retry=check)


UNCLEAR_BEFORE: dict[str, tuple[Request, list[Outcome], list[bool]]] = {
    "refused for the rate": (CREATE, [error_answer(429, "rate_limit_reached")], [False]),
    "never left": (PATCH, [requests.ConnectTimeout("timed out")], [False]),
    "lost": (PATCH, [PAGE], [True]),
    "lost, then never left": (PATCH, [PAGE, requests.ConnectTimeout("timed out")], [True, True]),
    "never left, then lost": (PATCH, [requests.ConnectTimeout("timed out"), reset()], [False, True]),
    "at once": (PATCH, [], []),
}


@pytest.mark.parametrize(("call", "outcomes", "told"), UNCLEAR_BEFORE.values(), ids=UNCLEAR_BEFORE)
def test_a_write_is_checked_before_each_repeat(call: Request, outcomes: list[Outcome], told: list[bool]) -> None:
    never_left = requests.ConnectTimeout
    run = Run([Expected(call.method, call.path, each, not isinstance(each, never_left)) for each in (*outcomes, FINE)])
    checks: list[tuple[bool, int, int]] = []
    run.http.send(checked(call, lambda unclear: checks.append((unclear, len(run.session.sent), len(run.clock.sleeps)))))

    assert checks == [(unclear, number, number) for number, unclear in enumerate(told, 1)]
    run.session.assert_used_up()


@pytest.mark.parametrize(
    ("before", "ambiguous"), [(PAGE, True), (error_answer(429, "rate_limit_reached"), False)], ids=["lost", "refused"]
)
def test_a_failed_check_is_raised_and_not_taken_for_the_call_s_own_failure(before: Outcome, ambiguous: bool) -> None:
    failed = Run(times(1, GET, PAGE), retries=0).fails(GET)

    def check(_unclear: bool) -> None:
        raise failed

    run = Run(times(1, PATCH, before))
    assert failed.transient
    raised = run.fails(checked(PATCH, check))
    assert (raised.summary, raised.details) == (failed.summary, replace(failed.details, ambiguous=ambiguous))
    assert len(run.clock.sleeps) == 1


@pytest.mark.parametrize(
    ("call", "before", "ambiguous"),
    [(PATCH, PAGE, True), (PATCH, error_answer(429, "rate_limit_reached"), False), (GET, PAGE, False)],
    ids=["lost", "refused", "read"],
)
def test_an_earlier_attempt_that_may_have_been_carried_out_is_told(
    call: Request, before: Outcome, ambiguous: bool
) -> None:
    run = Run([*times(1, call, before), *times(1, call, error_answer(422, "validation_error"))])
    error = run.fails(call)

    assert (error.details.code, error.details.ambiguous, error.details.attempts) == ("validation_error", ambiguous, 2)


def limited_to(permitted: int, left: int) -> Response:
    """An answer at the full minute."""
    date = {"Date": "Fri, 15 Jan 2027 08:00:00 GMT"}
    return json_answer(200, {}, X_RateLimit_Permitted=str(permitted), X_RateLimit_Remaining=str(left), **date)


def test_a_write_that_waited_for_the_rate_limit_is_checked_before_it_is_sent() -> None:
    run = Run([*times(1, GET, limited_to(2, 0)), *times(1, GET, FINE), *times(1, CREATE, FINE)])
    run.http.send(GET)
    checks: list[tuple[bool, float]] = []

    def check(unclear: bool) -> None:
        checks.append((unclear, run.clock.elapsed))
        run.http.send(GET)

    run.http.send(checked(CREATE, check))

    assert checks == [(False, 60.0)]
    assert run.clock.elapsed == 60.0
    run.session.assert_used_up()


@pytest.mark.parametrize(("seconds", "checks"), [(MAX_AGE, []), (MAX_AGE + 0.5, [False])], ids=["short", "long"])
def test_a_write_that_waited_long_for_a_place_is_checked_before_it_is_sent(seconds: float, checks: list[bool]) -> None:
    asked = threading.Event()

    class WatchedClock(FakeClock):
        def now(self) -> float:
            before = super().now()
            if threading.current_thread() is not threading.main_thread():
                asked.set()
            return before

    class SlowSession(FakeSession):
        def request(self, *args: Any, **kwargs: Any) -> requests.Response:
            if not asked.is_set():
                second.start()
                assert asked.wait(10)
                clock.elapsed += seconds
            return super().request(*args, **kwargs)

    clock, seen = WatchedClock(), list[bool]()
    connection = Connection("https://api.test/core/v1", "token-1")
    http = HttpClient(
        connection, clock, Deadline(clock, 600.0), SessionPool(lambda _: SlowSession(times(2, CREATE, FINE))), 1
    )
    second = threading.Thread(target=http.send, args=(checked(CREATE, seen.append),))
    http.send(CREATE)
    second.join(10)

    assert seen == checks


def reading(http: HttpClient) -> Callable[[bool], None]:
    def check(_unclear: bool) -> None:
        http.send(GET)

    return check


class LimitedService:
    """Permits so many requests a minute, and says so."""

    def __init__(self, clock: Clock, permitted: int) -> None:
        self.sent: list[str] = []
        self._clock = clock
        self._permitted = permitted
        self.minutes: list[float] = []
        self._counting = threading.Lock()

    def open_session(self, _connection: Connection) -> requests.Session:
        service = self

        class Session(FakeSession):
            def request(self, *args: Any, **kwargs: Any) -> requests.Response:
                method, url = args
                self._left = [Expected(method, url[len("https://api.test/core/v1") :], service.answer(method))]
                return super().request(*args, **kwargs)

        return Session([])

    def answer(self, method: str) -> Response:
        with self._counting:
            now = self._clock.wall()
            self.minutes.append(now // 60)
            self.sent.append(method)
            left = max(0, self._permitted - self.minutes.count(now // 60))
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(now))
        return json_answer(
            200, {}, X_RateLimit_Permitted=str(self._permitted), X_RateLimit_Remaining=str(left), Date=date
        )


def test_a_limit_that_leaves_no_request_for_the_write_after_its_check_does_not_hold_it_forever() -> None:
    clock = FakeClock()
    service = LimitedService(clock, 1)
    connection = Connection("https://api.test/core/v1", "token-1")
    http = HttpClient(connection, clock, Deadline(clock, 600.0), SessionPool(service.open_session))
    http.send(GET)
    http.send(checked(CREATE, reading(http)))

    assert service.sent == ["GET", *["GET"] * MAX_RECHECKS, "POST"]
    http.send(GET)
    assert len(set(service.minutes)) == len(service.sent), "one in each minute, and no more"


@pytest.mark.parametrize("permitted", [1, 2, 5])
def test_many_threads_that_check_their_writes_all_come_through_a_small_limit(permitted: int) -> None:
    clock = QuickClock()
    service = LimitedService(clock, permitted)
    connection = Connection("https://api.test/core/v1", "token-1")
    http = HttpClient(connection, clock, Deadline(clock, 600.0), SessionPool(service.open_session))
    http.send(GET)
    call = checked(CREATE, reading(http))
    threads = [threading.Thread(target=http.send, args=(call,), daemon=True) for _number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert service.sent.count("POST") == 12


def test_a_call_without_a_check_keeps_the_place_that_it_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(RateLimiter, "cancel")
    run = Run([*times(1, GET, limited_to(1, 0)), *times(1, CREATE, FINE)])
    run.http.send(GET)
    run.http.send(CREATE)

    assert run.clock.sleeps == [60.0]


TOLD: dict[str, tuple[Outcome, str]] = {
    "refused": (
        no_connection(ConnectionRefusedError(111, "Connection refused")),
        "no answer from api.test (Connection refused), trying again in {pause} ({count} of 2)",
    ),
    "slow": (
        requests.ReadTimeout("read timed out"),
        "no answer from api.test (no answer within 30 s), trying again in {pause} ({count} of 2)",
    ),
    "unavailable": (
        error_answer(503, "service_unavailable"),
        "the service is unavailable (service_unavailable, HTTP 503), trying again in {pause} ({count} of 2)",
    ),
    "limited": (
        error_answer(429, "rate_limit_reached"),
        "too many requests in this minute (rate_limit_reached, HTTP 429), trying again in {pause} ({count} of 2)",
    ),
}


@pytest.mark.parametrize(("outcome", "words"), TOLD.values(), ids=TOLD)
def test_each_retry_tells_its_reason_and_its_pause(outcome: Outcome, words: str) -> None:
    run = Run(times(3, GET, outcome), retries=2)
    error = run.fails(GET)

    retries = [line for line in run.told if "trying again" in line]
    assert retries == [
        words.format(pause=format_seconds(pause), count=count)
        for count, pause in enumerate([pause for pause in run.clock.sleeps if pause > 0], 1)
    ]
    assert f" It was tried 3 times within {format_seconds(run.clock.elapsed)}. " in error.message


def test_what_was_tried_once_tells_nothing_of_time() -> None:
    run = Run(times(1, GET, error_answer(404, "disk_not_found")))

    assert "tried" not in run.fails(GET).message
    assert run.told == []


def test_a_wait_for_the_rate_limit_is_told() -> None:
    run = Run([*times(1, GET, limited_to(1, 0)), *times(1, GET, FINE)])
    run.http.send(GET)
    run.http.send(GET)

    assert run.told == ["no request is permitted in this minute any more, waiting for 60 s"]


def test_the_moment_tells_the_time_and_how_often_was_waited() -> None:
    run = Run([*times(2, GET, PAGE), *times(1, GET, limited_to(1, 0)), *times(2, GET, FINE)])
    moments = [run.http.moment()]
    for _request in range(2):
        run.http.send(GET)
        moments.append(run.http.moment())

    assert moments == [Moment(5000.0, 0), Moment(5001.5, 2), Moment(5061.5, 3)]


def test_nothing_is_sent_once_the_work_is_interrupted() -> None:
    """What a time-out of the task has cut off must not go on to change anything."""
    sessions, both = Sessions(FakeClock()), threading.Barrier(2)

    def work(number: int) -> None:
        both.wait(10)
        if number == 0:
            raise KeyboardInterrupt
        interruption = find_interruption()
        assert interruption is not None
        assert interruption.wait(10)
        sessions.http.send(CREATE)

    with pytest.raises(KeyboardInterrupt):
        map_concurrently(work, range(2), 2)

    assert sessions.used == []
