# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong between here and the service, as requests wraps it."""

from __future__ import annotations

import ssl

import requests
from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError
from urllib3.exceptions import SSLError as PoolSSLError

POOL = HTTPSConnectionPool("api.test")


def no_connection(reason: Exception) -> requests.ConnectionError:
    return requests.ConnectionError(MaxRetryError(POOL, "/core/v1", reason))


def refused() -> requests.ConnectionError:
    return no_connection(NewConnectionError(HTTPSConnection("api.test"), "[Errno 111] Connection refused"))


def untrusted() -> requests.exceptions.SSLError:
    reason = ssl.SSLCertVerificationError(1, "self-signed certificate")
    return requests.exceptions.SSLError(MaxRetryError(POOL, "/core/v1", PoolSSLError(reason)))


def reset() -> requests.ConnectionError:
    return requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104, "reset by peer")))


def handshake_failed() -> requests.exceptions.SSLError:
    return requests.exceptions.SSLError(MaxRetryError(POOL, "/core/v1", PoolSSLError(ssl.SSLEOFError(8, "EOF"))))


def tunnel_refused() -> requests.exceptions.ProxyError:
    return requests.exceptions.ProxyError(MaxRetryError(POOL, "/core/v1", OSError("Tunnel connection failed: 503")))
