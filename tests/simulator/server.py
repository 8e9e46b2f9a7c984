# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A WSGI application on a free port of the loopback interface, in a thread."""

from __future__ import annotations

import contextlib
import io
import socket
import struct
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.test import run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from typing_extensions import Self

HOST = "127.0.0.1"
CLOSE_HEADER = "X-Simulator-Close"
"""An application that answers with this header has the connection closed; the header itself is not sent."""
CONNECTION = "simulator.connection"
"""The key under which an application finds the number of the request's connection; they count from 1."""


class ConnectionDroppedError(ConnectionError):
    """Raised by an application to close the connection without an answer, or to reset it."""

    def __init__(self, reset: bool = False) -> None:
        super().__init__("dropped")
        self.reset = reset


class _Connections:
    """The connections of a server."""

    def __init__(self) -> None:
        self.opened = 0
        self.open: set[socket.socket] = set()
        self._counting = threading.Lock()

    def add(self, connection: socket.socket) -> int:
        """Take one that was opened, and return its number."""
        with self._counting:
            self.open.add(connection)
            self.opened += 1
            return self.opened


class _Handler(WSGIRequestHandler):
    """HTTP/1.1 with connections kept alive, which werkzeug's own handler closes after every answer."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    connections: _Connections

    def setup(self) -> None:
        """Begin a connection."""
        super().setup()
        self.number = self.connections.add(self.connection)

    def finish(self) -> None:
        """End a connection."""
        self.connections.open.discard(self.connection)
        super().finish()

    def run_wsgi(self) -> None:
        """Read a request to its end, and send what the application answers."""
        environ = self.make_environ()
        environ[CONNECTION] = self.number
        environ["wsgi.input"] = io.BytesIO(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        try:
            chunks, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        except ConnectionDroppedError as dropped:
            self.close_connection = True
            if dropped.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        self.close_connection = self.close_connection or headers.pop(CLOSE_HEADER, None) is not None
        code, _space, reason = status.partition(" ")
        self.send_response_only(int(code), reason)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.writelines(chunks)


class LocalServer:
    """Serves an application between ``start`` and ``stop``, or as a context manager.

    With a ``certificate``, a file that holds its key too, it serves https.
    """

    def __init__(self, app: WSGIApplication, port: int = 0, certificate: Path | None = None) -> None:
        self._app = app
        self._port = port
        self._certificate = certificate
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self._connections = _Connections()

    @property
    def origin(self) -> str:
        """Scheme, host and port of the running server."""
        if self._server is None:
            raise RuntimeError("the server is not running")
        return f"{'https' if self._certificate else 'http'}://{HOST}:{self._server.server_port}"

    @property
    def connections_opened(self) -> int:
        """How many connections clients have opened so far."""
        return self._connections.opened

    def start(self) -> None:
        """Begin to serve."""
        handler = type("Handler", (_Handler,), {"connections": self._connections})
        tls = (str(self._certificate), None) if self._certificate else None
        self._server = make_server(HOST, self._port, self._app, threaded=True, request_handler=handler, ssl_context=tls)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop, and close the connections that are still open. A server that is not running is left as it is."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for connection in list(self._connections.open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server = self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
