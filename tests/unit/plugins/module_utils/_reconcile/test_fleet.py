# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet, with a service that follows a script: how many of its disks are worked on at once."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.disk_list import DiskListSnapshot
from ansible_collections.katapult.cloud.plugins.module_utils._api.messages import Request
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Deadline
from ansible_collections.katapult.cloud.plugins.module_utils._core.file_lock import LockDirectory
from ansible_collections.katapult.cloud.plugins.module_utils._options.fleet import FleetEntry
from ansible_collections.katapult.cloud.plugins.module_utils._reconcile.fleet import Fleet, FleetSettings
from ansible_collections.katapult.cloud.plugins.module_utils._reconcile.run import RunContext
from ansible_collections.katapult.cloud.tests.unit.support.factories import (
    LIST,
    POLICY,
    desired,
    disk_payload,
    listing,
    task_answer,
)
from ansible_collections.katapult.cloud.tests.unit.support.factories import LONDON as DATA_CENTER
from ansible_collections.katapult.cloud.tests.unit.support.fakes import FakeClock, ScriptedService, error_answer


class Creates:
    """Answers creates, each only when one more is on the way than there should be, or after a moment."""

    def __init__(self, at_once: int) -> None:
        self.most = 0
        self._at_once = at_once
        self._now = 0
        self._counting = threading.Lock()

    def __call__(self, call: Request) -> dict[str, Any]:
        with self._counting:
            self._now += 1
            self.most = max(self.most, self._now)
        end = time.monotonic() + 0.1
        while self.most <= self._at_once and time.monotonic() < end:
            time.sleep(0.001)
        with self._counting:
            self._now -= 1
        name = (call.body or {})["properties"]["name"]
        return {"disk": disk_payload(id=f"disk_{name}", name=name, state="not_built"), "annotations": []}


@pytest.mark.parametrize("concurrency", [1, 3, 8])
def test_so_many_creates_are_worked_on_at_once(tmp_path: Path, concurrency: int) -> None:
    creates = Creates(concurrency)
    service = ScriptedService(
        {
            "GET /data_centers": [{"data_centers": [DATA_CENTER]}],
            f"GET {POLICY}": [error_answer(403, "scope_not_granted")],
            f"GET {LIST}": [listing()],
            f"POST {LIST}": [creates],
        }
    )
    clock = FakeClock()
    entries = [
        FleetEntry(f"disks[{number}]", desired(name=f"data-{number}"), force=False, purge=False) for number in range(20)
    ]
    api = DiskListSnapshot(service, [one.desired.name for one in entries], [])
    warnings: list[str] = []
    context = RunContext(
        api, clock, Deadline(clock, 600), warnings.append, [LockDirectory(str(tmp_path))], ("test",), wait=False
    )

    result = Fleet(entries, api, context, FleetSettings(concurrency=concurrency)).ensure()

    assert result.as_result(with_diff=False)["summary"]["created"] == 20
    assert creates.most == concurrency
    assert warnings == []


def test_a_look_at_a_long_list_counts_for_as_many_requests_as_it_has_pages(tmp_path: Path) -> None:
    """With two pages, pauses are twice as long as those of one request."""
    looks = iter(["not_built", "building", "built"])
    new: list[dict[str, Any]] = []

    def page(call: Request) -> dict[str, Any]:
        rows = [{"id": "disk_Last", "name": "last"}]
        if dict(call.query)["page"] == "1":
            state = next(looks) if new else None
            shown = [{**row, "state": state} for row in new]
            rows = [*shown, *({"id": f"disk_{number}", "name": "other"} for number in range(200 - len(new)))]
        pagination = {"current_page": 1, "per_page": 200, "total": 201, "total_pages": 2, "large_set": False}
        return {"disk": rows, "pagination": pagination}

    def create(call: Request) -> dict[str, Any]:
        name = (call.body or {})["properties"]["name"]
        new.append(disk_payload(id=f"disk_{name}", name=name, state="not_built"))
        return {"disk": new[-1], "annotations": [], **task_answer("pending")}

    service = ScriptedService(
        {
            "GET /data_centers": [{"data_centers": [DATA_CENTER]}],
            f"GET {POLICY}": [error_answer(403, "scope_not_granted")],
            f"GET {LIST}": [page],
            f"POST {LIST}": [create],
        },
        pause=0.7,
    )
    clock = FakeClock()
    entries = [
        FleetEntry(f"disks[{number}]", desired(name=f"data-{number}"), force=False, purge=False) for number in range(3)
    ]
    api = DiskListSnapshot(service, [one.desired.name for one in entries], [])
    context = RunContext(api, clock, Deadline(clock, 600), print, [LockDirectory(str(tmp_path))], ("test",))

    result = Fleet(entries, api, context, FleetSettings()).ensure()

    assert {disk["disk"]["state"] for disk in result.as_result(with_diff=False)["disks"]} == {"built"}
    assert service.count("GET", "/disks/disk") == 0
    assert clock.sleeps == pytest.approx([1.4, 1.4, 1.4])
