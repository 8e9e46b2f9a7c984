# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers without end, in time or in size, over real sockets on this computer."""

from __future__ import annotations

import gzip
import itertools
import os
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api import transport
from ansible_collections.katapult.cloud.plugins.module_utils._api.messages import Request, Retry
from ansible_collections.katapult.cloud.plugins.module_utils._api.response_limits import (
    LimitedFile,
    ResponseLimiter,
)
from ansible_collections.katapult.cloud.plugins.module_utils._api.transport import MAX_BODY, Connection, HttpClient
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Clock, Deadline
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import ApiError
from ansible_collections.katapult.cloud.tests.simulator.certificate import write_certificate
from ansible_collections.katapult.cloud.tests.unit.support.fakes import FakeClock

GET = Request("GET", "/disks/disk", "read the disk")
CREATE = Request("POST", "/create", "create the disk", body={"name": "data"}, retry=Retry.IF_NOT_EXECUTED)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
FINE = OK + b'Content-Length: 11\r\n\r\n{"fine": 1}'
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
MEGABYTE = 1024**2
# Sent past TLS.
NO_RECORD = b"this is not a TLS record"
# What a test waits for at most, so that one that fails comes to an end.
PATIENCE = 30.0

Pieces = Iterable[bytes]


class HurriedClock(Clock):
    """A clock that a look at it moves by 40 s: an answer that takes many looks is slow on any computer."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        self._now += 40.0
        return self._now


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "Clock", HurriedClock)


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the key and the certificate of 127.0.0.1."""
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    write_certificate(path)
    return path


class Server:
    """Answers every request with the pieces that `answer` makes for it, until the other side closes."""

    def __init__(self, answer: Callable[[], Pieces], certificate: Path | None = None) -> None:
        self.connections = 0
        self.requests = 0
        self.answer = answer
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH) if certificate else None
        if self._tls and certificate:
            self._tls.load_cert_chain(certificate)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    def serve(self) -> None:
        while True:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def stop(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _talk(self, plain: socket.socket) -> None:
        plain.settimeout(2 * PATIENCE)
        try:
            with self._tls.wrap_socket(plain, server_side=True) if self._tls else plain as connection:
                while _has_request(connection):
                    self.requests += 1
                    for piece in self.answer():
                        send = connection.sendall if piece is not NO_RECORD else partial(os.write, connection.fileno())
                        send(piece)
        except OSError:
            return


def _has_request(connection: socket.socket) -> bool:
    """Whether a request has come, which is read to its end: that of its JSON where it has a body."""
    data = piece = connection.recv(65536)
    while piece and not data.endswith(b"}" if data.startswith(b"POST") else b"\r\n\r\n"):
        piece = connection.recv(65536)
        data += piece
    return bool(piece)


@contextmanager
def serving(answer: Callable[[], Pieces], certificate: Path | None = None) -> Iterator[Server]:
    server = Server(answer, certificate)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    yield server
    server.stop()
    thread.join(PATIENCE)


def http_to(url: str, silence: float, certificate: Path | None = None) -> HttpClient:
    clock = Clock()
    verify = str(certificate) if certificate else True
    return HttpClient(Connection(url, "token-1", silence, 0, verify), clock, Deadline(clock, 600))


def error_of(http: HttpClient, call: Request) -> ApiError:
    with pytest.raises(ApiError) as raised:
        http.send(call)
    return raised.value


def slowly(piece: bytes, first: bytes = b"") -> Callable[[], Pieces]:
    """First a part of an answer, then a piece again and again, none of which lets the other side wait for long."""

    def pieces() -> Pieces:
        yield first
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            time.sleep(0.01)
            yield piece

    return pieces


SLOW: dict[str, Callable[[], Pieces]] = {
    "status line": slowly(b"x", b"HTTP/1.1 200 "),
    "headers": slowly(b"x", OK + b"X-Long: "),
    "continue": slowly(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": slowly(b" ", OK + b"Content-Length: 1000000\r\n\r\n"),
    "body to the end": slowly(b" ", OK + b"\r\n"),
    "chunks": slowly(b"1\r\n \r\n", CHUNKED),
    "line of a chunk": slowly(b"0", CHUNKED),
    "trailer": slowly(b"X: y\r\n", CHUNKED + b"0\r\n"),
    "nothing packed": slowly(b"\0\0\0\xff\xff", OK + b"Content-Encoding: deflate\r\n\r\n"),
}


def assert_lost(error: ApiError, call: Request) -> None:
    assert (error.details.code, error.details.ambiguous, error.transient) == ("no_answer", call.is_write, True)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("call", [GET, CREATE], ids=["read", "create"])
@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW)
def test_an_answer_that_drips_is_lost(answer: Callable[[], Pieces], call: Request) -> None:
    with serving(answer) as server:
        error = error_of(http_to(f"http://127.0.0.1:{server.port}", 60.0), call)

    assert_lost(error, call)
    assert "the answer was not complete within 240 s" in error.message


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW)
def test_an_answer_that_drips_ends_on_the_real_clock(answer: Callable[[], Pieces]) -> None:
    began = time.monotonic()
    with serving(answer) as server:
        error = error_of(http_to(f"http://127.0.0.1:{server.port}", 0.2), CREATE)

    assert_lost(error, CREATE)
    assert time.monotonic() - began < PATIENCE


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("call", [GET, CREATE], ids=["read", "create"])
def test_an_answer_that_drips_over_tls_is_lost(certificate: Path, call: Request) -> None:
    with serving(SLOW["body"], certificate) as server:
        error = error_of(http_to(f"https://127.0.0.1:{server.port}", 60.0, certificate), call)

    assert_lost(error, call)
    assert "the answer was not complete within 240 s" in error.message


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("answer", [SLOW["status line"], SLOW["headers"]], ids=["status line", "headers"])
def test_nothing_is_sent_through_a_proxy_that_drips(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[], Pieces]
) -> None:
    with serving(answer) as server:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
        http = http_to("https://api.test", 60.0)
        errors = [error_of(http, call) for call in (GET, CREATE)]

    for error in errors:
        assert (error.details.code, error.details.ambiguous, error.transient) == ("no_answer", False, True)
        assert "the answer was not complete within 240 s" in error.message


def test_no_silence_is_longer_than_the_time_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    class LateClock(Clock):
        """A clock on which a fifth of a second is left at the second look, and at all others."""

        def __init__(self) -> None:
            self._times = itertools.chain([0.0], itertools.repeat(239.8))

        def now(self) -> float:
            return next(self._times)

    monkeypatch.setattr(transport, "Clock", LateClock)
    with serving(list) as server:
        error = error_of(http_to(f"http://127.0.0.1:{server.port}", 60.0), CREATE)

    assert_lost(error, CREATE)
    assert "the answer was not complete within 240 s" in error.message


def test_a_read_leaves_the_socket_s_timeout_as_it_was() -> None:
    near, far = socket.socketpair()
    limiter = ResponseLimiter(FakeClock())
    limiter.begin(PATIENCE)
    with near, far, near.makefile("rb", buffering=0) as raw:
        near.settimeout(2 * PATIENCE)
        far.sendall(b"x")
        LimitedFile(near, raw, limiter).readinto(bytearray(1))
        assert near.gettimeout() == 2 * PATIENCE


def test_an_answer_that_stops_in_its_body_is_lost() -> None:
    with serving(lambda: [OK + b"Content-Length: 5\r\n\r\n{"]) as server:
        error = error_of(http_to(f"http://127.0.0.1:{server.port}", 1.0), GET)

    assert_lost(error, GET)
    assert "no answer within 1 s" in error.message


def test_an_answer_that_is_disturbed_in_its_body_is_lost(certificate: Path) -> None:
    """requests 2.25 lets the error of urllib3 through as it is."""
    with serving(lambda: [OK + b"Content-Length: 5\r\n\r\n{", NO_RECORD], certificate) as server:
        error = error_of(http_to(f"https://127.0.0.1:{server.port}", PATIENCE, certificate), CREATE)

    assert_lost(error, CREATE)


def test_a_connection_is_used_again_after_a_whole_answer(certificate: Path) -> None:
    with serving(lambda: [FINE], certificate) as server:
        http = http_to(f"https://127.0.0.1:{server.port}", PATIENCE, certificate)
        for _request in range(3):
            assert http.send(CREATE) == {"fine": 1}

    assert (server.connections, server.requests) == (1, 3)


@pytest.mark.usefixtures("hurried")
def test_every_request_has_the_whole_time() -> None:
    with serving(lambda: [FINE]) as server:
        http = http_to(f"http://127.0.0.1:{server.port}", 60.0)
        for _request in range(20):
            http.send(GET)


def packed_zeros(megabytes: int) -> bytes:
    """A deflated stream of zeros, some kilobyte for a megabyte; what one flush ends can be repeated."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    piece = packer.compress(bytes(16 * MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + piece * (megabytes // 16)


def answer_with(body: bytes, packing: str = "identity", status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nLocation: /elsewhere\r\n"
    return f"{head}Content-Encoding: {packing}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def chunked(body: bytes, packing: str) -> bytes:
    head = OK + f"Content-Encoding: {packing}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    return head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


ZEROS = packed_zeros(1024)
TOO_MUCH = {
    "plain": answer_with(b" " * (MAX_BODY + MEGABYTE)),
    "packed": answer_with(ZEROS, "gzip"),
    "in a chunk": chunked(ZEROS, "gzip"),
    "in a redirect": answer_with(ZEROS, "gzip", "302 Found"),
    "in a refusal": answer_with(ZEROS, "gzip", "503 Later"),
}


@pytest.mark.parametrize("answer", TOO_MUCH.values(), ids=TOO_MUCH)
def test_a_body_that_is_too_large_is_not_held(answer: bytes) -> None:
    with serving(lambda: [answer]) as server:
        http = http_to(f"http://127.0.0.1:{server.port}", PATIENCE)
        tracemalloc.start()
        error = error_of(http, CREATE)
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        server.answer = lambda: [FINE]
        http.send(CREATE)

    assert (error.details.code, error.details.ambiguous, error.transient) == ("unexpected_answer", True, False)
    assert "more than 64 MB" in error.message
    assert peak < 2 * MAX_BODY
    assert server.connections == 2


@pytest.mark.parametrize("packing", ["identity", "gzip"])
def test_a_large_body_is_read(packing: str) -> None:
    body = b'{"fine": "%b"}' % (b"x" * (63 * MEGABYTE))
    packed = gzip.compress(body, 1) if packing == "gzip" else body
    with serving(lambda: [answer_with(packed, packing)]) as server:
        answer = http_to(f"http://127.0.0.1:{server.port}", PATIENCE).send(GET)

    assert len(answer["fine"]) == 63 * MEGABYTE


NEVER_UNPACKED = {
    "empty blocks": (OK + b"Content-Encoding: deflate\r\n\r\n", b"\0\0\0\xff\xff" * 10000),
    "trailers": (CHUNKED + b"0\r\n", b"X: y\r\n" * 10000),
}


@pytest.mark.parametrize(("head", "piece"), NEVER_UNPACKED.values(), ids=NEVER_UNPACKED)
def test_what_comes_is_limited_where_nothing_is_unpacked(
    monkeypatch: pytest.MonkeyPatch, head: bytes, piece: bytes
) -> None:
    monkeypatch.setattr(transport, "MAX_PACKED", MEGABYTE)
    with serving(lambda: itertools.chain([head], itertools.repeat(piece, 1000))) as server:
        error = error_of(http_to(f"http://127.0.0.1:{server.port}", PATIENCE), GET)

    assert (error.details.code, error.transient) == ("unexpected_answer", False)
    assert "more than is read" in error.message


def test_a_line_between_chunks_is_not_held_whole() -> None:
    """urllib3 1.26 sets no limit of its own."""
    line = b"-" * (20 * MEGABYTE)
    with serving(lambda: [CHUNKED, line]) as server:
        http = http_to(f"http://127.0.0.1:{server.port}", PATIENCE)
        tracemalloc.start()
        error = error_of(http, GET)
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert_lost(error, GET)
    assert peak < 10 * MEGABYTE


@pytest.mark.parametrize("packing", ["br", "zstd", "gzip, gzip", "deflate, gzip", "identity, br", "compress"])
@pytest.mark.parametrize("call", [GET, CREATE], ids=["read", "create"])
def test_a_packing_that_was_not_asked_for_is_not_unpacked(call: Request, packing: str) -> None:
    with serving(lambda: [answer_with(gzip.compress(gzip.compress(b"{}")), packing)]) as server:
        error = error_of(http_to(f"http://127.0.0.1:{server.port}", PATIENCE), call)

    assert (error.details.code, error.details.ambiguous, error.transient) == ("unexpected_answer", call.is_write, False)
    assert "not asked for" in error.message


@pytest.mark.parametrize(
    ("packing", "packed"),
    [("gzip", gzip.compress), ("GZIP", gzip.compress), ("deflate", zlib.compress), ("none", bytes), ("", bytes)],
    ids=["gzip", "capitals", "deflate", "none", "empty"],
)
def test_a_packing_that_was_asked_for_is_unpacked(packing: str, packed: Callable[[bytes], bytes]) -> None:
    with serving(lambda: [answer_with(packed(b'{"fine": 1}'), packing)]) as server:
        assert http_to(f"http://127.0.0.1:{server.port}", PATIENCE).send(GET) == {"fine": 1}
