# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections whose answers end: what urllib3 reads from its sockets is held against a time and a size in all."""

from __future__ import annotations

import io
import socket
from http.client import HTTPResponse
from typing import Any

from .._core.clock import Clock

# What http.client allows a line of its own; urllib3 1.26 reads the lines between the chunks of a body without a limit.
MAX_LINE = 65536


class ResponseTimeoutError(socket.timeout):
    """The answer is not complete in the time that it has in all."""


class UnusableResponseError(OSError):
    """The answer is not one that is read to its end."""


class ResponseLimiter:
    """What the answer under way may still take. A session has one, as it has one request under way at a time.

    `bytes_left` is how many bytes more may come over the network.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.seconds = self.end = self.bytes_left = float("inf")

    def begin(self, seconds: float) -> None:
        """A request begins: its answer has that many seconds, whatever comes."""
        self.seconds, self.end, self.bytes_left = seconds, self.clock.now() + seconds, float("inf")

    def install(self, manager: Any) -> None:
        """Have the connections of a pool manager of urllib3, which has none yet, read within these limits."""
        answer = type("Answer", (_BoundedResponse,), {"limiter": self})
        pools = {}
        for scheme, pool in manager.pool_classes_by_scheme.items():
            connection = type(pool.ConnectionCls.__name__, (pool.ConnectionCls,), {"response_class": answer})
            pools[scheme] = type(pool.__name__, (pool,), {"ConnectionCls": connection})
        manager.pool_classes_by_scheme = pools


class _BoundedResponse(HTTPResponse):
    """An answer that is read within the limits of its class, from its first byte on; a proxy's to CONNECT too."""

    limiter: ResponseLimiter

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = _Buffer(LimitedFile(sock, self.fp.detach(), self.limiter))


class LimitedFile(io.RawIOBase):
    """What comes from `sock` by way of the file `raw` on it."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase, limiter: ResponseLimiter) -> None:
        self._sock = sock
        self._raw = raw
        self._limiter = limiter

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        limiter = self._limiter
        left = limiter.end - limiter.clock.now()
        usual = self._sock.gettimeout() or left
        if left > 0:
            self._sock.settimeout(min(usual, left))
            try:
                size = self._raw.readinto(buffer)
            except socket.timeout:
                if usual < left:
                    raise
            else:
                limiter.bytes_left -= size or 0
                if limiter.bytes_left < 0:
                    raise UnusableResponseError("the service answered with more than is read")
                return size
            finally:
                self._sock.settimeout(usual)
        # Outside of the except clause, so that this is the innermost cause.
        raise ResponseTimeoutError(f"the answer was not complete within {limiter.seconds:g} s")

    def close(self) -> None:
        super().close()
        self._raw.close()


class _Buffer(io.BufferedReader):
    def readline(self, size: int | None = -1, /) -> bytes:
        return super().readline(MAX_LINE if size is None or size < 0 else size)
