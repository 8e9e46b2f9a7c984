# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a running simulator is told, and asked, beside the calls of the API."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterable
from typing import Any

from dev.simulator import Service

PATIENCE = 30.0


class Control:
    """The control calls of a simulator."""

    def __init__(self, service: Service) -> None:
        self._url = service.control_url
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def start_over(self, names: Iterable[str]) -> None:
        """Forget everything, and have disks of these names, of 20 GB in uk-lon-01."""
        self._call("reset", {})
        self._call("seed", {"disks": [{"name": name} for name in names]})

    def requests(self) -> list[dict[str, Any]]:
        """The requests since the last start, in order."""
        return list(self._call("requests")["requests"])

    def disks(self) -> list[dict[str, Any]]:
        """The disks of the organization, in full."""
        return list(self._call("state")["disks"])

    def violations(self) -> list[str]:
        """What was sent against the contract of the API since the last start."""
        return list(self._call("violations")["violations"])

    def _call(self, name: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._url}/{name}", data, {"Content-Type": "application/json"})
        with self._opener.open(request, timeout=PATIENCE) as answer:
            return json.load(answer)
