# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules against recorded conversations with the live service: they end with what was recorded."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator.recordings import RecordedCall, load_recording
from ansible_collections.katapult.cloud.tests.simulator.replay import ReplayServer
from ansible_collections.katapult.cloud.tests.unit.support.processes import output_of, result_of

pytestmark = pytest.mark.usefixtures("both_ways")

OWN = Path(__file__).parent.parent / "simulator" / "transcripts"
FOLDERS = [OWN, *([Path(os.environ["KATAPULT_RECORDINGS"])] if os.environ.get("KATAPULT_RECORDINGS") else [])]
RECORDINGS = [path for folder in FOLDERS for path in sorted(folder.glob("*.json"))]
CREATE = ("POST", "/organizations/organization/disks")


def first_create(calls: list[RecordedCall]) -> int:
    return next((number for number, call in enumerate(calls) if call.route == CREATE and call.status == 201), -1)


CREATES = [path for path in RECORDINGS if first_create(load_recording(path)) >= 0]


def test_there_are_recorded_creates() -> None:
    assert CREATES


@pytest.mark.parametrize("path", CREATES, ids=lambda path: path.stem)
def test_a_recorded_create_ends_as_recorded(path: Path) -> None:
    calls = load_recording(path)
    start = first_create(calls)
    disk_id = calls[start].answer["disk"]["id"]
    task_id = calls[start].answer["task"]["id"]
    tasks = [call.answer["task"] for call in calls[start:] if call.answer.get("task", {}).get("id") == task_id]
    read = next(
        call.answer
        for call in calls[start:]
        if call.route == ("GET", "/disks/disk") and call.status == 200 and call.answer["disk"]["id"] == disk_id
    )
    body = calls[start].body
    options = {"organization": body["organization"], **body["properties"], "annotations": body.get("annotations")}

    with ReplayServer(calls[start:]) as server:
        result = result_of({"api_url": server.url, "api_token": "replayed-token", **options})
        unmatched = server.replay.unmatched
        mismatches = server.replay.mismatches

    assert result["changed"] is True
    assert result["disk"] == read["disk"]
    assert result["task"] == tasks[-1]
    assert result["annotations"] == read["annotations"]
    assert unmatched == []
    assert mismatches == []


def options_of(call: RecordedCall) -> tuple[str, dict[str, Any]] | None:
    """The module and the options that ask for what a recorded write did; None for what does not change a disk."""
    disk, step, body = call.lookup("disk"), call.path.rpartition("/")[2], call.body
    if call.status != 200 or "id" not in disk or step == "disk_backup_policies":
        return None
    desired: dict[str, Any] = {
        "unassign": {"state": "absent"},
        "assign": {"virtual_machine_disk": {"virtual_machine": body.get("virtual_machine")}},
        "attach": {"virtual_machine_disk": {"attach": True}},
        "detach": {"virtual_machine_disk": {"attach": False}},
        "resize": {"size_in_gb": body.get("size_in_gb"), "allow_shrink": True},
        "io_profile": {"io_profile": body.get("io_profile")},
    }
    if step == "unassign":
        return "katapult_disk_assignment", {"disk": disk, **desired[step]}
    if call.method == "DELETE":
        return "katapult_disk", {**disk, "state": "absent"}
    if step in desired:
        return "katapult_disk", {**disk, **desired[step]}
    annotations = {"annotations": body["annotations"]} if "annotations" in body else {}
    return "katapult_disk", {**disk, **body["properties"], **annotations}


def lives(calls: list[RecordedCall]) -> Iterator[tuple[str, dict[str, Any], list[dict[str, Any]]]]:
    """Each write about a disk as a module and options, and the disk as it was read until the next write."""
    for number, call in enumerate(calls):
        asked = None if call.method == "GET" else options_of(call)
        if asked is None:
            continue
        reads = []
        for later in calls[number + 1 :]:
            if later.method != "GET":
                break
            if later.path == "/disks/disk" and later.lookup("disk") == call.lookup("disk") and later.status == 200:
                reads.append(later.answer["disk"])
        yield (*asked, reads)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_every_recorded_change_of_a_disk_ends_as_recorded(path: Path) -> None:
    calls = load_recording(path)
    create = first_create(calls)
    with ReplayServer(calls) as server:
        connection = {"api_url": server.url, "api_token": "replayed-token", "organization": "acme"}
        if create >= 0:
            body = calls[create].body
            result_of({**connection, "organization": body["organization"], **body["properties"]})
        for module, options, reads in lives(calls):
            result = json.loads(output_of({**connection, **options}, module=module))
            assert not result.get("failed"), (options, result["msg"])
            seen = [{**disk, "installation": None} for disk in reads]
            assert not seen or {**result["disk"], "installation": None} in seen, options
        assert server.replay.unmatched == []
