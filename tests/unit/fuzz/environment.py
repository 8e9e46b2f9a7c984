# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service with something of everything, on a clock that nobody waits for, and modules that run against it."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any
from unittest import mock

from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Clock
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.simulator.trash import throw_away
from ansible_collections.katapult.cloud.tests.unit.support.fake_clock import LONGEST_WAIT, SkippedTime
from ansible_collections.katapult.cloud.tests.unit.support.harness import state_of
from ansible_collections.katapult.cloud.tests.unit.support.in_process import Finished, Way, finished
from ansible_collections.katapult.cloud.tests.unit.support.processes import internal_arguments

TOKEN = "a-token-that-nobody-must-see"
PASSWORD = "a-password-that-nobody-must-see"
WEB = "web-01.acme.katapult.cloud"
DB = "db-01.acme.katapult.cloud"
PLAIN = "disk_Plain"
ATTACHED = "disk_Attached"
TRASHED = "disk_Trashed"
BOOT = "disk_Boot"
TASK = "task_Running"
POLICY = "dbp_Daily"
FOREIGN = re.compile("^KATAPULT_|_PROXY$|_CA_BUNDLE$", re.IGNORECASE)
MOST_REQUESTS = 400


class World:
    """Runs of modules against one simulator."""

    def __init__(self, simulator: Simulator, clock: SkippedTime, way: Way) -> None:
        self.simulator = simulator
        self._way = way
        self._clock = clock

    def reset(self) -> None:
        """The service as it was in the beginning."""
        self.simulator.reset()
        state = self.simulator.state
        state.add_token(TOKEN)
        state.add_vm(fqdn=WEB, id="vm_Web", state="started")
        state.add_vm(fqdn=DB, id="vm_Db", state="stopped")
        state.add_disk("data-01", id=PLAIN, annotations={"env": "test"})
        state.add_disk("data-02", id=ATTACHED, virtual_machine=WEB, attachment="attached")
        state.add_disk("System Disk", id=BOOT, virtual_machine=WEB, boot=True, root_password=PASSWORD)
        state.add_disk("data-03", id=TRASHED)
        throw_away(state, TRASHED, "Disk")
        state.add_backup_policy(7, id=POLICY, disk=PLAIN, interval="daily", time=3)
        state.add_backup_policy(4, disk=PLAIN, interval="weekly")
        state.add_backup_policy(2, virtual_machine=WEB, interval="daily")
        state.add_task("Build disk", id=TASK, status="running")

    def run(self, module: ModuleType, options: Mapping[str, Any], *, check: bool = False) -> Finished:
        """The end of a run with these options, by default those of a good connection, which must not last for ever."""
        usual = {"api_url": self.simulator.url, "api_token": TOKEN, "organization": "acme", "api_retries": 0}
        began, seen = self._clock.now(), len(self.simulator.requests)
        done = finished(module, {**usual, **options, **internal_arguments(check)}, self._way)
        assert self._clock.now() - began < LONGEST_WAIT
        assert len(self.simulator.requests) - seen < MOST_REQUESTS
        return done

    def disks(self) -> dict[str, Any]:
        """All that the service has of its disks, by their ids."""
        return {disk_id: state_of(self.simulator, disk_id) for disk_id in (*self.simulator.state.disks, TRASHED)}

    def let_all_end(self) -> None:
        """Let so much time pass that nothing is under way any more."""
        self._clock.sleep(60)

    @property
    def writes(self) -> list[str]:
        """The requests since the beginning that may have changed anything."""
        return [f"{sent.method} {sent.path}" for sent in self.simulator.requests if sent.method != "GET"]


@contextmanager
def world(way: Way) -> Iterator[World]:
    """A service, with nothing of the developer's own surroundings."""
    clock = SkippedTime(speed=math.inf)
    kept = {name: value for name, value in os.environ.items() if not FOREIGN.search(name)}
    alone = mock.patch.dict(os.environ, kept, clear=True)
    with alone, _instead_of_the_real_one(clock), Simulator(clock=clock.wall) as simulator:
        yield World(simulator, clock, way)


@contextmanager
def _instead_of_the_real_one(clock: SkippedTime) -> Iterator[None]:
    """Within this context every clock is this one: a module makes its own, and none can be handed to it."""
    with ExitStack() as patches:
        for name in ("now", "wall", "sleep"):
            patches.enter_context(mock.patch.object(Clock, name, staticmethod(getattr(clock, name))))
        yield


def assert_clean(done: Finished) -> None:
    """A success or a failure that was foreseen: no traceback, and no secret, in anything that the module wrote."""
    failed = done.result.get("failed", False)
    assert done.status == (1 if failed else 0)
    assert "Traceback" not in done.output
    assert "exception" not in done.result
    assert PASSWORD not in done.output
    if failed:
        assert isinstance(done["msg"], str)
        assert done["msg"].strip()
        assert "MODULE FAILURE" not in done["msg"]
        assert done.result.get("error", {}).get("code") != "internal_error", done["msg"]
