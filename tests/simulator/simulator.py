# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator as tests and the command line use it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .app import ApiFront, create_app
from .attachments import power
from .contract import BASE_PATH
from .control import Control
from .faults import Faults
from .requestlog import LoggedRequest, RequestLog
from .seeds import seed
from .server import LocalServer
from .settings import Settings
from .state import DEFAULT_TOKEN, State
from .timeline import Clock
from .trash import throw_away_machine

if TYPE_CHECKING:
    from typing_extensions import Self


class Simulator:
    """A Katapult Core API of its own.

    It serves on 127.0.0.1 between ``start`` and ``stop``, or as a context manager. ``settings`` are those of the
    class Settings; ``clock`` returns seconds since the epoch. With a ``certificate``, a file that holds its key too, it
    serves https.
    """

    token = DEFAULT_TOKEN

    def __init__(
        self, port: int = 0, clock: Clock = time.time, certificate: Path | None = None, **settings: Any
    ) -> None:
        self._initial = Settings()
        self._initial.update(settings)
        self.settings = Settings()
        self._log = RequestLog()
        self.faults = Faults()
        self.state = State(self.settings, clock)
        self.reset()
        app = create_app(ApiFront(self.state, self._log, self.faults))
        Control(self.state, self._log, self.faults, self.reset, self.power).register(app)
        self._server = LocalServer(app, port, certificate)

    @property
    def url(self) -> str:
        """The base URL of the API, while it is served."""
        return self._server.origin + BASE_PATH

    @property
    def control_url(self) -> str:
        """The base URL of the control calls, while they are served."""
        return self._server.origin + "/_simulator"

    @property
    def connections_opened(self) -> int:
        """How many connections clients have opened so far, for control calls too."""
        return self._server.connections_opened

    @property
    def requests(self) -> list[LoggedRequest]:
        """The requests so far, without the control calls."""
        return self._log.requests

    @property
    def violations(self) -> list[str]:
        """What clients sent against the contract so far."""
        return self._log.violations

    def seed(self, document: Mapping[str, Any]) -> dict[str, list[str]]:
        """Add what a seed document describes, and return the new ids by kind."""
        return seed(self.state, document)

    def power(self, machine: str, on: bool) -> None:
        """Start or stop a virtual machine (id or fqdn), as its owner would; it takes ``power_seconds``."""
        with self.state.lock:
            self.state.advance()
            power(self.state, self.state.machine(machine), on)

    def trash_vm(self, machine: str) -> str:
        """Delete a virtual machine (id or fqdn), as its owner would, and return the id of its trash object."""
        with self.state.lock:
            self.state.advance()
            return throw_away_machine(self.state, self.state.machine(machine)).id

    def reset(self) -> None:
        """Forget everything, and go back to the settings that the simulator was made with."""
        with self.state.lock:
            self.settings.update(dataclasses.asdict(self._initial))
            self.state.reset()
            self.faults.clear()
            self._log.clear()

    def start(self) -> None:
        """Begin to serve."""
        self._server.start()

    def stop(self) -> None:
        """End serving."""
        self._server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()


def disks_seed(number: int) -> dict[str, list[dict[str, str]]]:
    """Return a seed document with so many disks, with names that count up."""
    return {"disks": [{"name": f"seeded-{index:04d}"} for index in range(1, number + 1)]}
