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
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.test import run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from typing_extensions import Self

HOST = "127.0.0.1"
CLOSE_HEADER = "X-Simulator-Close"
"""An application that answers with this header has the connection closed; the header itself is not sent."""


class ConnectionDroppedError(ConnectionError):
    """Raised by an application to close the connection without an answer, or to reset it."""

    def __init__(self, reset: bool = False) -> None:
        super().__init__("dropped")
        self.reset = reset


class _Handler(WSGIRequestHandler):
    """HTTP/1.1 with connections kept alive, which werkzeug's own handler closes after every answer."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    connections: set[socket.socket]

    def setup(self) -> None:
        """Begin a connection."""
        super().setup()
        self.connections.add(self.connection)

    def finish(self) -> None:
        """End a connection."""
        self.connections.discard(self.connection)
        super().finish()

    def run_wsgi(self) -> None:
        """Read a request to its end, and send what the application answers."""
        environ = self.make_environ()
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
    """Serves an application between ``start`` and ``stop``, or as a context manager."""

    def __init__(self, app: WSGIApplication, port: int = 0) -> None:
        self._app = app
        self._port = port
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self._connections: set[socket.socket] = set()

    @property
    def origin(self) -> str:
        """Scheme, host and port of the running server."""
        if self._server is None:
            raise RuntimeError("the server is not running")
        return f"http://{HOST}:{self._server.server_port}"

    def start(self) -> None:
        """Begin to serve."""
        handler = type("Handler", (_Handler,), {"connections": self._connections})
        self._server = make_server(HOST, self._port, self._app, threaded=True, request_handler=handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop, and close the connections that are still open. A server that is not running is left as it is."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._server = self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
