# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to the Katapult API: sessions, one loop of retries. The only file that names requests."""

from __future__ import annotations

import io
import ipaddress
import json
import re
import socket
import ssl
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from http.client import BadStatusLine, HTTPException, LineTooLong, RemoteDisconnected, UnknownProtocol
from typing import Any
from urllib.parse import urlsplit

try:
    import requests
    import urllib3
except (ImportError, AttributeError):
    # The latter from packages that requests needs, of which an old part has been left.
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    REQUESTS_IMPORT_ERROR = None

from .._core.clock import MAX_AGE, Clock, Deadline, Moment, format_seconds
from .._core.errors import (
    ApiError,
    ErrorDetails,
    KatapultError,
    RateLimitedError,
    describe_error,
    truncate,
)
from .._core.parallel import raise_if_interrupted
from .messages import Request, Response, Retry, parse_response, unexpected_response
from .rate_limit import RateLimiter
from .response_limits import ResponseLimiter, ResponseTimeoutError, UnusableResponseError

VERSION = "1.0.0"
MIN_REQUESTS = (2, 25, 1)
INITIAL_DELAY = 0.5
MAX_DELAY = 8.0
MIN_TIMEOUT = 1.0
MAX_CONCURRENT_READS = 16
DEFAULT_CONCURRENT_WRITES = 8
# How many times its longest silence a request may take in all.
TOTAL_TIMEOUT_FACTOR = 4
# Of a body, unpacked: far more than any page of a list takes, and little enough to be held.
MAX_BODY = 64 * 1024 * 1024
# As it comes over the network: what is packed well is far below it, and a body in chunks of a few bytes is above.
MAX_PACKED = 2 * MAX_BODY
# What is unpacked at once: packed as tightly as can be, some 8 MB.
CHUNK_SIZE = 8192
CONTENT_ENCODINGS = frozenset({"", "identity", "none", "gzip", "x-gzip", "deflate"})
# A request that must not go out twice takes no connection that was idle for longer: proxies and address translators
# forget one after 5 s and more, and what is sent then gets lost. A check before a write is some 0.2 s ago.
MAX_IDLE_FOR_WRITES = 2.0
# Longer than all pauses between two looks of a wait, which are 6 s at most, and half of what most load balancers keep.
MAX_IDLE = 30.0
# Sessions of other tokens, URLs or TLS settings that are kept: a loop may have another token for each of its items, and
# each session is an open file. With a fleet's own 16 it makes as many as one fleet can have on the way.
MAX_OTHER_SESSIONS = 8
# Where a check before a write leaves no request of this minute for the write itself, it must end at some time.
MAX_RECHECKS = 3
# Letters of an answer that is no HTTP: enough for the banner of what answers instead.
MAX_QUOTE = 100


@dataclass(frozen=True)
class Connection:
    """How to reach the service. `url` without a slash at its end, `timeout` in seconds.

    `verify_source` is the option or variable that names a path in `verify`.
    """

    url: str
    token: str = field(repr=False)
    timeout: float = 30.0
    retries: int = 5
    verify: bool | str = True
    user_agent: str = f"katapult.cloud/{VERSION}"
    verify_source: str = "ca_path"

    @property
    def session_key(self) -> tuple[object, ...]:
        """What connections must have in common to be used one for the other."""
        return self.url, self.token, self.verify, self.user_agent

    @property
    def is_plain_http(self) -> bool:
        """Whether the token would travel unencrypted."""
        return urlsplit(self.url).scheme == "http"


def find_requests_problem() -> str | None:
    """What is wrong with the package requests of this Python, None if it is as the collection needs it."""
    if REQUESTS_IMPORT_ERROR is not None:
        return "the Python package requests cannot be imported"
    found = tuple(map(int, re.findall(r"\d+", requests.__version__)[:3]))
    wanted = ".".join(map(str, MIN_REQUESTS))
    return None if found >= MIN_REQUESTS else f"requests {requests.__version__} is older than {wanted}"


def is_loopback(host: str) -> bool:
    """Whether a host name or address never leaves the computer."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Body(io.BytesIO):
    """A request's body that knows whether it was read: until then the service can't have carried out the request."""

    begun = False

    def read(self, size: int | None = -1, /) -> bytes:
        self.begun = True
        return super().read(size)


def open_session(connection: Connection) -> requests.Session:
    """A session that sends the token, and that takes no proxy and no CA bundle from the environment for plain http."""

    def authorize(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {connection.token}"
        return request

    session = requests.Session()
    # Not a header of the session, because requests replaces that by what ~/.netrc holds.
    session.auth = authorize
    session.headers.update(
        {
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "Cache-Control": "no-cache",
            "User-Agent": connection.user_agent,
        }
    )
    session.trust_env = not connection.is_plain_http
    if connection.verify is False:
        # The task asks for that, and within Ansible's process the warning would be on the terminal.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    adapter = _new_adapter()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _new_adapter() -> requests.adapters.HTTPAdapter:
    """An adapter that reads answers to their end itself, each within its time and size; for one request at a time."""
    # Sockets know the real time only.
    limiter = ResponseLimiter(Clock())

    class Adapter(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            limiter.install(self.poolmanager)

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            is_new = proxy not in self.proxy_manager
            manager = super().proxy_manager_for(proxy, **kwargs)
            if is_new:
                limiter.install(manager)
            return manager

        def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
            limiter.begin(TOTAL_TIMEOUT_FACTOR * kwargs["timeout"][1])
            with super().send(request, *args, **kwargs) as response:
                limiter.bytes_left = MAX_PACKED
                # Where requests keeps it; it would unpack the whole body of a redirect, even one that is not followed.
                response._content = _read_body(response)
            return response

    return Adapter()


def _read_body(response: requests.Response) -> bytes:
    """The body, unpacked. An error while it is read says that the answer was lost."""
    body = bytearray()
    try:
        if response.headers.get("Content-Encoding", "").strip().lower() not in CONTENT_ENCODINGS:
            raise UnusableResponseError(
                "the service answered with a body that is packed in a way that was not asked for"
            )
        for piece in response.iter_content(CHUNK_SIZE):
            body += piece
            if len(body) > MAX_BODY:
                raise UnusableResponseError(f"the service answered with more than {MAX_BODY // 1024**2} MB")
    except requests.exceptions.ContentDecodingError:
        raise
    except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
        timed_out = isinstance(_root_cause(error), socket.timeout)
        raise (requests.ReadTimeout if timed_out else requests.exceptions.ChunkedEncodingError)(error) from None
    return bytes(body)


class SessionPool:
    """Sessions with open connections, for all runs of a process; each is used by one thread at a time.

    requests promises no more than that.
    """

    def __init__(self, session_factory: Callable[[Connection], requests.Session] = open_session) -> None:
        self._open_session = session_factory
        # With the time at which each was given back and its key, the latest at the end.
        self._idle: list[tuple[float, object, requests.Session]] = []
        self._taking = threading.Lock()

    @contextmanager
    def session(self, connection: Connection, clock: Clock, max_idle: float) -> Iterator[requests.Session]:
        """The session that was used last for the same URL, token and TLS settings, or a new one.

        One that was idle for more than `max_idle` seconds is not used, nor one again that an error has cut off.
        """
        session = self._take(connection, clock.now(), max_idle) or self._open_session(connection)
        with ExitStack() as unless_finished:
            unless_finished.callback(session.close)
            yield session
            unless_finished.pop_all()
        with self._taking:
            self._idle.append((clock.now(), connection.session_key, session))

    def _take(self, connection: Connection, now: float, max_idle: float) -> requests.Session | None:
        with self._taking:
            while self._idle and now - self._idle[0][0] > MAX_IDLE:
                self._idle.pop(0)[2].close()
            own = [place for place, (_since, key, _session) in enumerate(self._idle) if key == connection.session_key]
            if not own:
                if len(self._idle) > MAX_OTHER_SESSIONS:
                    self._idle.pop(0)[2].close()
                return None
            since, _key, session = self._idle.pop(own[-1])
        if now - since <= max_idle:
            return session
        session.close()
        return None


class HttpClient:
    """Sends calls, and sends them again where that is safe; everything ends at the deadline.

    Several threads may send at once; at most MAX_CONCURRENT_READS reads and `concurrent_writes` writes are on the way.
    """

    def __init__(
        self,
        connection: Connection,
        clock: Clock,
        deadline: Deadline,
        sessions: SessionPool | None = None,
        concurrent_writes: int = DEFAULT_CONCURRENT_WRITES,
        report_progress: Callable[[str], None] = lambda _text: None,
    ) -> None:
        """`report_progress` is told of each pause before a request is sent, or sent again, with its reason."""
        self._connection = connection
        self._clock = clock
        self._deadline = deadline
        self._sessions = sessions or SessionPool()
        self._report = report_progress
        self._rate = RateLimiter(clock, report_progress)
        self._places = {False: threading.Semaphore(MAX_CONCURRENT_READS), True: threading.Semaphore(concurrent_writes)}

    def send(self, request: Request) -> Mapping[str, Any]:
        """The payload of the answer to `request`. Raises ApiError, with the number of attempts in its report."""
        attempts, unclear, began = 0, False, self._clock.now()
        while True:
            attempts += 1
            raise_if_interrupted()
            asked = self._clock.now()
            with self._places[request.is_write]:
                # What the check raises is raised: it is not the request's own error.
                self._enter(request, unclear, stale=attempts > 1 or self._clock.now() - asked > MAX_AGE)
                try:
                    return parse_response(self._exchange(request), request, self._clock.wall())
                except ApiError as raised:
                    error = raised
            unclear = unclear or error.details.ambiguous
            error = error.with_attempts(attempts, unclear=unclear, within=format_seconds(self._clock.now() - began))
            self._wait_or_give_up(request, error, attempts)

    def moment(self) -> Moment:
        """The present moment; its waits are the pauses before a repeat and for the rate limit, of all threads."""
        return Moment(self._clock.now(), self._rate.waits)

    def min_pause(self) -> float:
        """Seconds that a wait should let pass before its next request; 0 while enough are left in this minute."""
        return self._rate.min_pause()

    def _wait_or_give_up(self, request: Request, error: ApiError, attempts: int) -> None:
        """Wait until the call may be sent again. Raises `error` if it may not."""
        limited = isinstance(error, RateLimitedError)
        never_left = error.details.status is None and not error.details.ambiguous
        repeatable = limited or (error.transient and (request.retry is Retry.ALWAYS or never_left))
        repeatable = repeatable and request.retry is not Retry.NEVER
        pause = min(MAX_DELAY, INITIAL_DELAY * 2.0 ** (attempts - 1)) * self._clock.jitter()
        if error.retry_after:
            pause = error.retry_after + self._clock.jitter() - 0.8
        if limited:
            self._rate.exhaust(pause)
        if not repeatable or attempts > self._connection.retries:
            raise error
        if limited:
            self._deadline.exclude(pause)
        elif pause >= self._deadline.remaining():
            raise error
        count = f"({attempts} of {self._connection.retries})"
        self._report(f"{_reason(error.details)}, trying again in {format_seconds(pause)} {count}")
        self._rate.sleep(pause)

    def _enter(self, request: Request, unclear: bool, *, stale: bool) -> None:
        """Wait for the rate limit, with a check after every wait: `stale` if there was one before."""
        for check in range(MAX_RECHECKS + 1):
            if stale and request.before_retry is not None:
                try:
                    request.before_retry(unclear)
                except KatapultError as error:
                    # It hides that an attempt before may have been carried out, unless it is told.
                    raise error.as_ambiguous(unclear or error.details.ambiguous) from error
            stale = self._rate.acquire(self._deadline)
            if not stale or request.before_retry is None or check == MAX_RECHECKS:
                return
            self._rate.cancel()

    def _exchange(self, request: Request) -> Response:
        body = _Body(json.dumps(request.body).encode("ascii")) if request.body is not None else None
        timeout = self._connection.timeout
        if not request.is_write:
            timeout = max(MIN_TIMEOUT, min(timeout, self._deadline.remaining()))
        response: Response | None = None
        try:
            max_idle = MAX_IDLE_FOR_WRITES if request.retry is Retry.IF_NOT_EXECUTED else MAX_IDLE
            with self._sessions.session(self._connection, self._clock, max_idle) as session:
                got = session.request(
                    request.method,
                    self._connection.url + request.path,
                    params=list(request.query),
                    data=body,
                    headers={"Content-Type": "application/json"} if body is not None else None,
                    timeout=(timeout, timeout),
                    verify=self._connection.verify,
                    allow_redirects=False,
                )
            response = Response(got.status_code, got.headers, got.content)
        except (OSError, ValueError, TypeError) as error:
            raise self._no_answer(request, error, begun=body is not None and body.begun, timeout=timeout) from None
        finally:
            headers, date = (response.headers, response.date) if response is not None else ({}, None)
            self._rate.release(headers, date)
        return response

    def _no_answer(self, request: Request, error: Exception, *, begun: bool, timeout: float) -> ApiError:
        if isinstance(error, requests.exceptions.ContentDecodingError):
            return unexpected_response(request, "the service answered with what can't be decompressed")
        root = _root_cause(error)
        if isinstance(root, UnusableResponseError):
            return unexpected_response(request, str(root))
        passing = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)
        is_passing = isinstance(error, passing)
        if _is_no_http(root):
            said = truncate(" ".join(str(root).split()), MAX_QUOTE) or "it begins with an empty line"
            problem = f"the answer is not HTTP that can be read: {said}"
            # A proxy may have said this before anything was sent.
            ambiguous = begun or request.body is None
            return unexpected_response(request, problem, transient=is_passing, ambiguous=ambiguous)
        if _is_of_bundle(error, root):
            return self._no_bundle(request, root)
        # A proxy may be too slow before anything was sent.
        slow = isinstance(root, ResponseTimeoutError)
        cut_off = isinstance(error, (requests.exceptions.ReadTimeout, requests.exceptions.ChunkedEncodingError))
        answer_lost = begun or (cut_off and not slow)
        is_distrust = isinstance(root, ssl.SSLCertVerificationError) or type(root).__name__ == "CertificateError"
        return request.error(
            "untrusted_certificate" if is_distrust else "no_answer" if answer_lost or slow else "unreachable",
            description=f"{urlsplit(self._connection.url).netloc}: {_describe_cause(error, root, timeout)}",
            ambiguous=request.is_write and answer_lost,
            transient=is_passing and not is_distrust,
        )

    def _no_bundle(self, request: Request, root: BaseException) -> ApiError:
        """What the module looked at before its first request has gone since, or is a part of requests."""
        from .ca_bundle import bundle_problem

        source, path = "the package requests", requests.adapters.DEFAULT_CA_BUNDLE_PATH
        if isinstance(self._connection.verify, str):
            source, path = self._connection.verify_source, self._connection.verify
        description = f"{source}: {bundle_problem(path) or root}"
        return request.error("ca_bundle_unusable", description=description, detail={"source": source})


def _reason(details: ErrorDetails) -> str:
    """Why a request is sent again, in words that are the same for all requests."""
    if details.code not in ("no_answer", "unreachable"):
        return describe_error(replace(details, request_id=None)).rstrip(".")
    where, _colon, why = str(details.description).partition(": ")
    return f"no answer from {where} ({why})"


def _root_cause(error: BaseException) -> BaseException:
    """The innermost cause: what the network said, under the wrappings of requests and urllib3."""
    seen = []
    while True:
        seen.append(error)
        below = [part for part in (*error.args, getattr(error, "reason", None)) if isinstance(part, BaseException)]
        context = None if error.__suppress_context__ else error.__context__
        nearest = below[-1] if below else error.__cause__ or context
        if nearest is None or nearest in seen:
            return error
        error = nearest


def _is_no_http(root: BaseException) -> bool:
    """Whether something answered, and its first lines can't be read; of too many headers only the base class tells."""
    no_http = (BadStatusLine, LineTooLong, UnknownProtocol, urllib3.exceptions.InvalidHeader)
    return root.__class__ is HTTPException or (isinstance(root, no_http) and not isinstance(root, RemoteDisconnected))


def _is_of_bundle(error: Exception, root: BaseException) -> bool:
    """Whether the certificate authorities to trust could not be read, which is before anything is sent."""
    if isinstance(root, ssl.SSLError):
        return getattr(root, "library", "") == "X509"
    unreadable = isinstance(root, (FileNotFoundError, PermissionError))
    return "CA certificate bundle" in str(root) or (unreadable and isinstance(error, requests.exceptions.SSLError))


def _describe_cause(error: Exception, root: BaseException, timeout: float) -> str:
    if isinstance(root, ResponseTimeoutError):
        return str(root)
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return f"no connection within {timeout:g} s"
    if isinstance(error, requests.Timeout):
        return f"no answer within {timeout:g} s"
    if isinstance(error, (requests.exceptions.InvalidURL, TypeError)):
        return "the address of the service, or that of its proxy, can't be parsed"
    # What urllib3 calls by its own names.
    if "InvalidChunkLength" in str(error):
        said = "the answer's chunks can't be read"
    elif "IncompleteRead" in str(error) or "Response ended prematurely" in str(error):
        said = "the answer ended early"
    else:
        said = root.strerror if isinstance(root, OSError) and root.strerror else str(root)
    return strip_url_credentials(said) or type(root).__name__


def strip_url_credentials(text: str) -> str:
    """The text with no user name and password in the addresses within it, as that of a proxy may have."""
    return re.sub(r"//[^/@\s]*@", "//***@", text)
