# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of one user on one control node share a lock, whatever their surroundings, and have it with few handles too."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Fault, Simulator
from ansible_collections.katapult.cloud.tests.unit.support.processes import DISK, output_of

pytestmark = pytest.mark.usefixtures("both_ways")

# The options of a run, and how it is started.
Run = tuple[dict[str, Any], dict[str, Any]]

LIST = "/organizations/organization/disks"
FEW_HANDLES = """
import os, resource
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {soft}))
others = [os.open(os.devnull, os.O_RDONLY) for _number in range({taken})]
"""


@pytest.fixture(name="simulator")
def _simulator() -> Iterator[Simulator]:
    with Simulator(build_seconds=0.3) as simulator:
        yield simulator


def options_for(simulator: Simulator, **more: Any) -> dict[str, Any]:
    return {"api_url": simulator.url, "api_token": simulator.token, "organization": "acme", **more}


def names(simulator: Simulator) -> Counter[str]:
    with simulator.state.lock:
        return Counter(disk.name for disk in simulator.state.disks_in_use())


def results_at_once(simulator: Simulator, runs: list[Run]) -> list[Mapping[str, Any]]:
    """The results of runs at once that would all look before any creates, if no lock kept them from it."""
    simulator.faults.add(Fault(LIST, "GET", "after", "delay", seconds=2, times=len(runs)))
    with ThreadPoolExecutor(len(runs)) as pool:
        return list(
            pool.map(lambda run: json.loads(output_of(options_for(simulator, **DISK, **run[0]), **run[1])), runs)
        )


def test_the_lock_follows_neither_the_temporary_nor_the_working_directory(simulator: Simulator, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()

    runs: list[Run] = [
        ({}, {"cwd": folder, "environment": {"TMPDIR": str(folder), "HOME": str(folder)}}) for folder in folders
    ]
    results = results_at_once(simulator, runs)

    assert sorted(result["changed"] for result in results) == [False, True]
    assert names(simulator) == Counter([DISK["name"]])
    assert [list(folder.iterdir()) for folder in folders] == [[], []]


def test_spellings_of_one_address_are_one_lock(simulator: Simulator) -> None:
    urls = [simulator.url.replace("http://127.0.0.1", start) for start in ("http://localhost", "HTTP://LocalHost")]

    results = results_at_once(simulator, [({"api_url": url}, {}) for url in urls])

    assert sorted(result["changed"] for result in results) == [False, True]
    assert names(simulator) == Counter([DISK["name"]])


FLEET = [f"data-{number:03d}" for number in range(100)]


def run_of_the_fleet(simulator: Simulator, soft: int, taken: int) -> dict[str, Any]:
    """The result of a run for a hundred disks with `soft` handles, of which some are `taken`."""
    options = options_for(simulator, disks=FLEET, size_in_gb=20, data_center="uk-lon-01")
    before = FEW_HANDLES.format(soft=soft, taken=taken)
    result: dict[str, Any] = json.loads(output_of(options, module="katapult_disks", before=before))
    return result


@pytest.mark.parametrize(("soft", "taken"), [(40, 0), (400, 350)], ids=["few", "most are taken"])
def test_a_fleet_with_few_handles_locks_fewer_names_at_a_time(simulator: Simulator, soft: int, taken: int) -> None:
    result = run_of_the_fleet(simulator, soft, taken)

    assert names(simulator) == Counter(FLEET)
    assert (result["summary"]["created"], result.get("warnings", [])) == (100, [])


def test_a_fleet_with_few_handles_changes_fewer_disks_at_a_time(simulator: Simulator) -> None:
    for name in FLEET:
        simulator.state.add_disk(name, size_in_gb=10)

    result = run_of_the_fleet(simulator, soft=40, taken=0)

    assert (result["summary"]["updated"], result.get("warnings", [])) == (100, [])
