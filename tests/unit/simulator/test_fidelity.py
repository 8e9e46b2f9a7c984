# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator answers recorded requests as the live service did.

KATAPULT_RECORDINGS names a folder of recordings of the live service; the transcripts beside this file serve always.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.katapult.cloud.tests.simulator.contract import BY_ROUTE
from ansible_collections.katapult.cloud.tests.simulator.fidelity import rehearse
from ansible_collections.katapult.cloud.tests.simulator.recordings import load_recording

OWN = sorted((Path(__file__).parent / "transcripts").glob("*.json"))
FOLDER = os.environ.get("KATAPULT_RECORDINGS")
MACHINES = "/organizations/organization/virtual_machines"
INTERFACES = "/virtual_machines/virtual_machine/network_interfaces"
RECORDED = sorted(Path(FOLDER).glob("*.json")) if FOLDER else []


def _show(path: Path, lines: list[str]) -> None:
    for line in lines:
        print(f"{path.stem}: {line}")


@pytest.mark.parametrize("path", OWN, ids=lambda path: str(path.stem))
def test_own_transcript(path: Path) -> None:
    report = rehearse(load_recording(path))
    assert report.lines() == []
    assert report.lines(values=True) == []
    assert report.skipped == []
    assert report.violations == []
    assert len(report.compared) == len(report.calls) > 0


@pytest.mark.skipif(not FOLDER, reason="KATAPULT_RECORDINGS names no folder")
def test_there_are_recordings() -> None:
    assert RECORDED, f"there are no recordings in {FOLDER}"


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: str(path.stem))
def test_recording(path: Path) -> None:
    report = rehearse(load_recording(path))
    print(f"{path.stem}: {len(report.compared)} of {len(report.calls)} calls compared")
    _show(path, [f"skipped: {line}" for line in report.skipped])
    _show(path, [f"recorded_state: {line}" for line in report.recorded_state])
    _show(path, [f"against the contract: {line}" for line in report.violations])
    _show(path, [f"values: {line}" for line in report.lines(values=True)])
    assert report.lines() == []
    assert report.compared, "no call of this recording could be compared"


@pytest.mark.skipif(not FOLDER, reason="KATAPULT_RECORDINGS names no folder")
def test_the_recorded_lists_of_machines_and_interfaces_are_compared() -> None:
    reports = [rehearse(load_recording(path)) for path in RECORDED]
    compared = [item for report in reports for item in report.compared]
    machines, interfaces = ([item for item in compared if item.call.path == path] for path in (MACHINES, INTERFACES))
    assert machines, f"there is no list of virtual machines in {FOLDER}"
    assert interfaces, f"there are no network interfaces in {FOLDER}"
    assert [line for item in machines + interfaces for line in item.differences.shape] == []
    assert [line for item in machines for line in item.differences.values] == []


def test_own_transcripts_cover_every_write() -> None:
    seen = {call.route for path in OWN for call in load_recording(path) if call.status < 400}
    assert {route for route in BY_ROUTE if route[0] != "GET"} - seen == set()


def test_differences_are_found() -> None:
    calls = load_recording(OWN[0])
    tampered = next(call for call in calls if call.route == ("GET", "/disks/disk"))
    tampered.response["disk"]["colour"] = "green"
    tampered.response["disk"]["size_in_gb"] = "20"
    lines = rehearse(calls).lines()
    assert any(line.endswith("answer.disk.colour: missing") for line in lines)
    assert any(line.endswith("answer.disk.size_in_gb: recorded str, given int") for line in lines)
