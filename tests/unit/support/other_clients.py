# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What others do between two requests of a run, and answers that are not what was asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.katapult.cloud.tests.simulator import Fault
from ansible_collections.katapult.cloud.tests.simulator.models import Attachment
from ansible_collections.katapult.cloud.tests.simulator.trash import restore
from ansible_collections.katapult.cloud.tests.unit.support.harness import Harness

DISK = "/disks/disk"
TRASH = "/trash_objects/trash_object"
Act = Callable[[], object]


def after(method: str, path: str, act: Act, status: int = 200) -> Fault:
    """Another client acts as soon as the service has carried out such a request; its answer is the real one."""

    def body(real: Any) -> Any:
        act()
        return real

    return Fault(method=method, path=path, when="after", action="answer", status=status, body=body)


def refused(method: str, path: str, act: Act, *, status: int = 503) -> Fault:
    """Such a request is refused, unseen by the service, and another client acts before it is sent again."""

    def body(_real: Any) -> Any:
        act()
        return {"error": {"code": "service_unavailable" if status == 503 else "rate_limit_reached", "detail": {}}}

    return Fault(method=method, path=path, action="answer", status=status, body=body)


class Other:
    """Another client of the same service: what it does with one disk."""

    def __init__(self, harness: Harness, disk_id: str) -> None:
        self._state = harness.simulator.state
        self._id = disk_id

    def grows(self) -> None:
        with self._state.lock:
            self._state.disks[self._id].size_in_gb = 500

    def boots_from_it(self) -> None:
        with self._state.lock:
            self._tie().boot = True

    def renames(self) -> None:
        with self._state.lock:
            self._state.disks[self._id].name = "production-db"

    def grows_and_renames(self) -> None:
        self.grows()
        self.renames()

    def moves(self, machine: str) -> None:
        with self._state.lock:
            self._state.disks[self._id].attachment = Attachment(self._state.machine(machine), state="attached")

    def boots_elsewhere(self, machine: str) -> None:
        self.moves(machine)
        self.boots_from_it()

    def releases(self) -> None:
        with self._state.lock:
            self._state.disks[self._id].attachment = None

    def restores(self) -> None:
        with self._state.lock:
            found = self._state.trashed(self._id)
            assert found is not None
            restore(self._state, found)

    def _tie(self) -> Attachment:
        tie = self._state.disks[self._id].attachment
        assert tie is not None
        return tie
