# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests over real sockets on this computer: what is sent, and what is known when no answer comes."""

from __future__ import annotations

import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests
from ansible_collections.katapult.cloud.plugins.module_utils._api.messages import Request, Retry
from ansible_collections.katapult.cloud.plugins.module_utils._api.transport import (
    Connection,
    HttpClient,
    is_loopback,
    open_session,
)
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Deadline
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import ApiError
from ansible_collections.katapult.cloud.tests.unit.support.fakes import FakeClock

TOKEN = "token-of-the-test"
TLS_HELLO = b"\x16"
GET = Request("GET", "/disks/disk", "read the disk", (("disk[id]", "disk_One & co"),))
CREATE = Request("POST", "/create", "create the disk", body={"name": "d\u00e4ta"}, retry=Retry.IF_NOT_EXECUTED)
FINE = (
    b'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{"fine": 1}\n'
)
CLOSE = b""
LIMITED = b"HTTP/1.1 429 Slow\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n"
PACKED = FINE.replace(b"Connection", b"Content-Encoding: gzip\r\nConnection")
ELSEWHERE = b"HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"


class RawServer:
    """Reads one request from each connection, sends the next of its answers and closes; it keeps what it read."""

    def __init__(self, answers: Sequence[bytes]) -> None:
        self.received: list[str] = []
        self._answers = answers
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(10)
        self.port: int = self._socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        with self._socket:
            for answer in self._answers:
                connection, _address = self._socket.accept()
                with connection:
                    connection.settimeout(10)
                    self.received.append(_request_on(connection))
                    connection.sendall(answer)


def _request_on(connection: socket.socket) -> str:
    data = connection.recv(65536)
    while b"\r\n\r\n" not in data and not data.startswith(TLS_HELLO):
        piece = connection.recv(65536)
        assert piece, "the request ended early"
        data += piece
    head, _blank, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < int(lengths[0] if lengths else 0):
        body += connection.recv(65536)
    return (head + b"\r\n\r\n" + body).decode("latin-1")


@contextmanager
def serving(*answers: bytes) -> Iterator[RawServer]:
    server = RawServer(answers)
    server.thread.start()
    yield server
    server.thread.join(10)
    assert not server.thread.is_alive(), "not all answers were asked for"


class ForgetfulProxy:
    """Keeps connections open. Once it has forgotten those it knows, it answers with a reset what comes on them."""

    def __init__(self) -> None:
        self.carried: list[str] = []
        self.resets = 0
        self.connections = 0
        self._known: list[socket.socket] = []
        self._forgotten: list[socket.socket] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    def forget(self) -> None:
        self._forgotten, self._known = [*self._forgotten, *self._known], []

    def serve(self, ended: socket.socket) -> None:
        """Serve until the other end of `ended` is closed."""
        with ExitStack() as held:
            held.enter_context(self._socket)
            while ended not in (ready := self._ready(ended)):
                if self._socket in ready:
                    self._known.append(held.enter_context(self._socket.accept()[0]))
                    self.connections += 1
                for connection in ready:
                    self._attend(connection)

    def _ready(self, ended: socket.socket) -> list[socket.socket]:
        return select.select([ended, self._socket, *self._known, *self._forgotten], [], [])[0]

    def _attend(self, connection: socket.socket) -> None:
        if connection in self._forgotten:
            self._forgotten.remove(connection)
            self.resets += bool(connection.recv(1, socket.MSG_PEEK))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        elif connection in self._known and not connection.recv(1, socket.MSG_PEEK):
            self._known.remove(connection)
        elif connection in self._known:
            self.carried.append(_request_on(connection).split(" ")[0])
            connection.sendall(FINE.replace(b"Connection: close", b"Connection: keep-alive"))


@pytest.fixture(name="proxy")
def _proxy() -> Iterator[ForgetfulProxy]:
    proxy, (ours, its) = ForgetfulProxy(), socket.socketpair()
    thread = threading.Thread(target=proxy.serve, args=(its,), daemon=True)
    thread.start()
    yield proxy
    ours.close()
    thread.join(10)
    its.close()


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def http_to(url: str, retries: int = 1, clock: FakeClock | None = None) -> HttpClient:
    clock = clock or FakeClock()
    connection = Connection(url, TOKEN, 10.0, retries, verify=False, user_agent="katapult.cloud/1 ansible-core/2")
    return HttpClient(connection, clock, Deadline(clock, 600))


def error_of(http: HttpClient, call: Request) -> ApiError:
    with pytest.raises(ApiError) as raised:
        http.send(call)
    assert TOKEN not in str(raised.value.as_result())
    return raised.value


def test_what_a_read_sends() -> None:
    with serving(FINE) as server:
        assert http_to(f"http://127.0.0.1:{server.port}/core/v1").send(GET) == {"fine": 1}

    lines = server.received[0].split("\r\n")
    assert lines[0] == "GET /core/v1/disks/disk?disk%5Bid%5D=disk_One+%26+co HTTP/1.1"
    assert f"Authorization: Bearer {TOKEN}" in lines
    assert "User-Agent: katapult.cloud/1 ansible-core/2" in lines
    assert "Accept: application/json" in lines
    assert "Accept-Encoding: gzip, deflate" in lines
    assert "Cache-Control: no-cache" in lines
    assert not [line for line in lines if line.startswith("Content-Type")]


def test_what_a_write_sends() -> None:
    with serving(FINE) as server:
        http_to(f"http://127.0.0.1:{server.port}").send(CREATE)

    head, _blank, body = server.received[0].partition("\r\n\r\n")
    assert "Content-Type: application/json" in head.split("\r\n")
    assert "Cache-Control: no-cache" in head.split("\r\n")
    assert f"Content-Length: {len(body)}" in head.split("\r\n")
    assert body == '{"name": "d\\u00e4ta"}'


def test_a_netrc_and_a_proxy_do_not_matter_on_this_computer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with serving(FINE) as server:
        assert http_to(f"http://127.0.0.1:{server.port}").send(GET) == {"fine": 1}
    assert f"Authorization: Bearer {TOKEN}" in server.received[0]


def test_the_environment_is_trusted_for_https_alone() -> None:
    assert open_session(Connection("http://127.0.0.1/", TOKEN)).trust_env is False
    assert open_session(Connection("https://api.test/", TOKEN)).trust_env is True


def test_a_netrc_does_not_replace_the_token_on_https(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    prepared = open_session(Connection("https://127.0.0.1/", TOKEN)).prepare_request(
        requests.Request("GET", "https://127.0.0.1/")
    )
    assert prepared.headers["Authorization"] == f"Bearer {TOKEN}"


def test_a_redirect_is_not_followed() -> None:
    with serving(ELSEWHERE) as server:
        error = error_of(http_to(f"http://127.0.0.1:{server.port}"), GET)

    assert (error.details.code, error.details.attempts) == ("redirected", 1)


@pytest.mark.parametrize(("call", "lost"), [(GET, False), (CREATE, True)], ids=["read", "create"])
def test_an_answer_that_can_t_be_decompressed_has_come(call: Request, lost: bool) -> None:
    with serving(PACKED) as server:
        error = error_of(http_to(f"http://127.0.0.1:{server.port}"), call)

    assert (error.details.code, error.details.ambiguous) == ("unexpected_answer", lost)
    assert "can't be decompressed" in error.message


def test_a_create_that_is_refused_is_sent_again_as_a_whole() -> None:
    with serving(LIMITED, FINE) as server:
        assert http_to(f"http://127.0.0.1:{server.port}").send(CREATE) == {"fine": 1}

    bodies = [request.partition("\r\n\r\n")[2] for request in server.received]
    assert bodies == ['{"name": "d\\u00e4ta"}'] * 2


def test_a_create_whose_connection_ends_is_lost() -> None:
    with serving(CLOSE) as server:
        error = error_of(http_to(f"http://127.0.0.1:{server.port}"), CREATE)

    assert (error.details.code, error.details.ambiguous, error.details.attempts) == ("no_answer", True, 1)


def test_a_create_whose_answer_is_cut_off_is_lost() -> None:
    with serving(FINE[:-6]) as server:
        error = error_of(http_to(f"http://127.0.0.1:{server.port}"), CREATE)

    assert (error.details.ambiguous, error.details.attempts) == (True, 1)


def test_a_read_whose_connection_ends_is_sent_again() -> None:
    with serving(CLOSE, FINE[:-6], FINE) as server:
        assert http_to(f"http://127.0.0.1:{server.port}", retries=2).send(GET) == {"fine": 1}


OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
NO_HTTP: dict[str, tuple[bytes, str]] = {
    "an empty line": (b"\r\n", "it begins with an empty line"),
    "a banner": (b"SSH-2.0-OpenSSH_9\r\n", "SSH-2.0-OpenSSH_9"),
    "a long banner": (b"x" * 5000 + b"\r\n", "x" * 99 + "\u2026 ("),
    "a long header": (OK + b"X: " + b"x" * 70_000 + b"\r\n\r\n", "more than 65536 bytes when reading header line"),
    "many headers": (OK + b"X: x\r\n" * 101 + b"\r\n", "more than 100 headers"),
    "two lengths": (OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n12", "Content-Length"),
    "another protocol": (b"HTTP/9.9 200 OK\r\n\r\n", "HTTP/9.9"),
}
CHUNKED = OK + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDED = "the answer ended early"
CUT_OFF: dict[str, tuple[bytes, str]] = {
    "no chunk": (CHUNKED + b"zz\r\n", "the answer's chunks can't be read"),
    "part of a chunk": (CHUNKED + b"9\r\n{}", ENDED),
    "no last chunk": (CHUNKED + b"2\r\n{}\r\n", ENDED),
    "less than its length": (FINE[:-6], ENDED),
}


@pytest.mark.parametrize("call", [GET, CREATE], ids=["GET", "POST"])
@pytest.mark.parametrize(("answer", "said"), NO_HTTP.values(), ids=NO_HTTP)
def test_what_answers_without_http_is_not_called_out_of_reach(answer: bytes, said: str, call: Request) -> None:
    with serving(answer) as server:
        error = error_of(http_to(f"http://127.0.0.1:{server.port}", retries=0), call)

    assert (error.details.code, error.details.ambiguous) == ("unexpected_answer", call.is_write)
    assert "the answer is not HTTP that can be read: " in error.message
    assert said in error.message


@pytest.mark.parametrize("call", [GET, CREATE], ids=["GET", "POST"])
@pytest.mark.parametrize(("answer", "said"), CUT_OFF.values(), ids=CUT_OFF)
def test_an_answer_that_ends_early_is_told_in_plain_words(answer: bytes, said: str, call: Request) -> None:
    with serving(answer) as server:
        error = error_of(http_to(f"http://127.0.0.1:{server.port}", retries=0), call)

    assert (error.details.code, error.details.ambiguous) == ("no_answer", call.is_write)
    assert f": {said} (no_answer)" in error.message


def test_a_proxy_that_does_not_speak_http_never_lets_anything_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(b"SSH-2.0-OpenSSH_9\r\n") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        error = error_of(http_to("https://api.test", retries=0), CREATE)

    assert error.details.ambiguous is False


def test_a_refused_connection_never_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    error = error_of(http_to(f"http://127.0.0.1:{port}", retries=2), CREATE)

    assert (error.details.code, error.details.ambiguous, error.details.attempts) == ("unreachable", False, 3)
    assert f"127.0.0.1:{port}" in error.message


def test_a_failed_handshake_never_left() -> None:
    with serving(FINE, FINE) as server:
        error = error_of(http_to(f"https://127.0.0.1:{server.port}"), CREATE)

    assert (error.details.code, error.details.ambiguous, error.details.attempts) == ("unreachable", False, 2)


def test_a_refused_tunnel_never_left(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = b"HTTP/1.1 503 No Tunnel\r\nContent-Length: 0\r\n\r\n"
    with serving(refusal, refusal) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:proxy-password@127.0.0.1:{proxy.port}")
        error = error_of(http_to("https://api.test"), CREATE)

    assert proxy.received[0].startswith("CONNECT api.test:443 ")
    assert TOKEN not in proxy.received[0]
    assert "proxy-password" not in error.message
    assert (error.details.ambiguous, error.details.attempts) == (False, 2)


@pytest.mark.parametrize(
    ("call", "idle", "connections", "resets"),
    [(CREATE, 6.0, 2, 0), (CREATE, 1.0, 1, 0), (GET, 40.0, 2, 0), (GET, 6.0, 2, 1)],
    ids=["a create after 6 s", "a create at once", "a read after 40 s", "a read after 6 s"],
)
def test_a_connection_that_a_proxy_has_forgotten_loses_no_create(
    proxy: ForgetfulProxy, call: Request, idle: float, connections: int, resets: int
) -> None:
    clock = FakeClock()
    http = http_to(f"http://127.0.0.1:{proxy.port}", clock=clock)
    http.send(GET)
    clock.sleep(idle)
    if idle > 5:
        proxy.forget()

    assert http.send(call) == {"fine": 1}
    assert proxy.carried == ["GET", call.method]
    assert (proxy.connections, proxy.resets) == (connections, resets)


@pytest.mark.parametrize(
    "proxy_url",
    [
        "http://user:proxy-word@127.0.0.1:99999",
        "socks9://user:proxy-word@127.0.0.1:1",
        "http://user:proxy-word@",
        "http://proxy-word:pro/xy-word@127.0.0.1:1",
    ],
)
def test_a_proxy_that_can_t_be_used_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, proxy_url: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy_url)
    error = error_of(http_to("https://api.test"), CREATE)

    assert error.details.ambiguous is False
    assert "proxy-word" not in str(error.as_result())


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("localhost.evil.test", False),
        ("127.0.0.1.evil.test", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
        ("", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_a_connection_does_not_show_its_token() -> None:
    show: Callable[[object], str] = repr
    assert TOKEN not in show(Connection("https://api.test", TOKEN))
