# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A disk's life in this process, against a simulator, both on a clock that skips: runs, and operations to try on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from tempfile import TemporaryDirectory
from typing import Any

from ansible_collections.katapult.cloud.plugins.module_utils._api.disk_list import DiskListSnapshot
from ansible_collections.katapult.cloud.plugins.module_utils._api.endpoints import KatapultApi
from ansible_collections.katapult.cloud.plugins.module_utils._api.transport import Connection, HttpClient
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Deadline
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import KatapultError
from ansible_collections.katapult.cloud.plugins.module_utils._core.file_lock import LockDirectory
from ansible_collections.katapult.cloud.plugins.module_utils._options.backup import parse_backup_policy_options
from ansible_collections.katapult.cloud.plugins.module_utils._options.disk import parse_assignment, parse_disk
from ansible_collections.katapult.cloud.plugins.module_utils._options.fleet import parse_fleet
from ansible_collections.katapult.cloud.plugins.module_utils._reconcile.absent import AbsentReconciler
from ansible_collections.katapult.cloud.plugins.module_utils._reconcile.assignment import (
    AssignmentReconciler,
    ReleaseReconciler,
)
from ansible_collections.katapult.cloud.plugins.module_utils._reconcile.backup import PolicyReconciler, PolicyResult
from ansible_collections.katapult.cloud.plugins.module_utils._reconcile.fleet import Fleet, FleetSettings
from ansible_collections.katapult.cloud.plugins.module_utils._reconcile.fleet_item import FleetResult
from ansible_collections.katapult.cloud.plugins.module_utils._reconcile.present import PresentReconciler
from ansible_collections.katapult.cloud.plugins.module_utils._reconcile.run import DiskResult, RunContext
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.simulator.trash import throw_away
from ansible_collections.katapult.cloud.tests.unit.support.fake_clock import SkippedTime

WEB = "web-01.acme.katapult.cloud"
DB = "db-01.acme.katapult.cloud"
ACME = {"sub_domain": "acme"}
QUICK: dict[str, Any] = {
    f"{kind}_seconds": 1.5 for kind in ("build", "attach", "detach", "resize", "io_profile", "purge")
}


@dataclass
class Outcome:
    """What a run returned or failed with, and the requests that it sent."""

    result: dict[str, Any]
    requests: list[str]
    warnings: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        return "error" in self.result

    @property
    def writes(self) -> list[str]:
        return [request for request in self.requests if not request.startswith("GET ")]

    def __getitem__(self, key: str) -> Any:
        return self.result[key]


class Harness:
    """Runs of the modules against one simulator."""

    def __init__(self, simulator: Simulator, clock: SkippedTime, locks: str) -> None:
        self.simulator = simulator
        self.clock = clock
        self._locks = locks

    def disk(self, *, check: bool = False, token: str | None = None, **options: Any) -> Outcome:
        """A run of katapult_disk."""

        def act(context: RunContext) -> DiskResult:
            desired = parse_disk({"organization": ACME, **options}, {})
            if options.get("state") == "absent":
                force, purge = options.get("force", False), options.get("purge", False)
                return AbsentReconciler(desired, context, force=force, purge=purge).ensure()
            return PresentReconciler(desired, context).ensure()

        return self._run(act, check=check, token=token, wait=options.get("wait", True))

    def assignment(self, *, check: bool = False, **options: Any) -> Outcome:
        """A run of katapult_disk_assignment."""
        usual = {"organization": ACME, "attached": True, "attach_on_boot": None, "force": False, "state": "present"}
        given = {**usual, **options}

        def act(context: RunContext) -> DiskResult:
            reconciler = ReleaseReconciler if given["state"] == "absent" else AssignmentReconciler
            return reconciler(parse_assignment(given), context).ensure()

        return self._run(act, check=check, token=None, wait=True)

    def backup_policy(self, *, check: bool = False, **options: Any) -> Outcome:
        """A run of katapult_disk_backup_policy."""

        def act(context: RunContext) -> PolicyResult:
            given = {"organization": ACME, "exclusive": False, "state": "present", **options}
            return PolicyReconciler(parse_backup_policy_options(given), context).ensure()

        return self._run(act, check=check, token=None, wait=True)

    def fleet(
        self, *, check: bool = False, token: str | None = None, node: str | None = None, **options: Any
    ) -> Outcome:
        """A run of katapult_disks. `node`: the lock directory of another control node."""
        given = {"organization": ACME, "force": False, "purge": False, "wait": True, **options}
        settings = FleetSettings(
            given.get("state") == "absent", given.get("concurrency", 8), given.get("fail_fast", False)
        )
        lines: list[str] = []

        def act(context: RunContext) -> FleetResult:
            entries = parse_fleet(given, {})
            http = self._http(context.deadline, token)
            desired = [entry.desired for entry in entries]
            api = DiskListSnapshot(http, [one.name for one in desired], [one.id for one in desired])
            here = replace(context, api=api, report_progress=lines.append)
            there = replace(here, lock_directories=[LockDirectory(node)]) if node else here
            return Fleet(entries, api, there, settings).ensure()

        outcome = self._run(act, check=check, token=token, wait=given["wait"], seconds=given.get("wait_timeout", 100))
        return replace(outcome, told=lines)

    def _http(self, deadline: Deadline, token: str | None) -> HttpClient:
        return HttpClient(Connection(self.simulator.url, token or self.simulator.token), self.clock, deadline)

    def _run(self, act: Any, *, check: bool, token: str | None, wait: bool, seconds: float = 100) -> Outcome:
        warnings: list[str] = []
        seen, deadline = len(self.simulator.requests), Deadline(self.clock, seconds)
        context = RunContext(
            KatapultApi(self._http(deadline, token)),
            self.clock,
            deadline,
            warnings.append,
            [LockDirectory(self._locks)],
            (self.simulator.url,),
            check_mode=check,
            wait=wait,
        )
        try:
            result = act(context).as_result(with_diff=True)
        except KatapultError as error:
            result = error.as_result()
        requests = [f"{request.method} {request.path}" for request in self.simulator.requests[seen:]]
        return Outcome(result, requests, warnings)


@contextmanager
def lived(**settings: Any) -> Iterator[Harness]:
    """Runs against a simulator with these settings."""
    clock = SkippedTime(speed=100)
    with TemporaryDirectory() as locks, Simulator(clock=clock.wall, **{**QUICK, **settings}) as simulator:
        yield Harness(simulator, clock, locks)


@dataclass(frozen=True)
class Operation:
    """Something to be done with a disk: how the disk is before, and the options."""

    options: Mapping[str, Any]
    before: Mapping[str, Any] = field(default_factory=dict)
    trashed: bool = False
    assigns: bool = False

    def prepare(self, simulator: Simulator) -> str:
        """The simulator with one disk, whose id is returned."""
        simulator.reset()
        simulator.state.add_vm(fqdn=WEB, state="started")
        simulator.state.add_vm(fqdn=DB, state="stopped")
        disk_id = simulator.state.add_disk("data-01", **{"size_in_gb": 20, **self.before})
        if self.trashed:
            throw_away(simulator.state, disk_id, "Disk")
        return disk_id

    def run(self, harness: Harness, disk_id: str, *, check: bool = False) -> Outcome:
        if self.assigns:
            return harness.assignment(check=check, disk={"id": disk_id}, **self.options)
        return harness.disk(check=check, id=disk_id, **self.options)


ON_WEB = {"virtual_machine": WEB, "attachment": "attached"}
OPERATIONS = {
    "change all": Operation(
        {
            "name": "data-02",
            "size_in_gb": 40,
            "bus_type": "virtio",
            "io_profile": {"permalink": "100k"},
            "annotations": [{"key": "env", "value": "test"}],
            "virtual_machine_disk": {"virtual_machine": {"fqdn": WEB}, "attach": True},
        }
    ),
    "detach and shrink": Operation(
        {
            "size_in_gb": 10,
            "allow_shrink": True,
            "virtual_machine_disk": {"attach": False, "attach_on_boot": False},
        },
        ON_WEB,
    ),
    "grow online": Operation({"size_in_gb": 50}, ON_WEB),
    "delete": Operation({"state": "absent"}),
    "delete with force": Operation({"state": "absent", "force": True, "purge": True}, ON_WEB),
    "purge from the trash": Operation({"state": "absent", "purge": True}, trashed=True),
    "restore": Operation({"restore": True}, trashed=True),
    "assign": Operation({"virtual_machine": {"fqdn": WEB}}, assigns=True),
    "assign to a stopped machine": Operation({"virtual_machine": {"fqdn": DB}}, assigns=True),
    "move": Operation({"virtual_machine": {"fqdn": DB}, "force": True}, ON_WEB, assigns=True),
    "release": Operation({"state": "absent"}, ON_WEB, assigns=True),
}


def state_of(simulator: Simulator, disk_id: str) -> dict[str, Any]:
    """All that the service has of the disk."""
    with simulator.state.lock:
        simulator.state.advance()
        disk = simulator.state.disks.get(disk_id)
        trashed = simulator.state.trashed(disk_id) is not None
        if disk is None:
            return {"exists": False, "trashed": trashed}
        tie = disk.attachment
        return {
            "exists": True,
            "trashed": trashed,
            "name": disk.name,
            "size_in_gb": disk.size_in_gb,
            "bus_type": disk.bus_type,
            "io_profile": disk.io_profile.permalink if disk.io_profile else None,
            "annotations": list(disk.annotations),
            "assignment": (tie.machine.fqdn, tie.state, tie.attach_on_boot) if tie else None,
        }
