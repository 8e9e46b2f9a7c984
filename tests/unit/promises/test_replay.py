# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module against recorded creates of the live service: it ends with the disk and the task that were recorded."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.katapult.cloud.tests.simulator.recordings import RecordedCall, load_recording
from ansible_collections.katapult.cloud.tests.simulator.replay import ReplayServer
from ansible_collections.katapult.cloud.tests.unit.promises.running import result_of

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
