# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX makes of the examples, as ansible-runner runs them, and what the guide says of jobs."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Fault, Simulator
from ansible_collections.katapult.cloud.tests.unit.awx.jobs import CHECK, Job, Launcher, injected
from ansible_collections.katapult.cloud.tests.unit.support.in_process import WAYS, Way

TOKEN = "a-token-that-nobody-must-see"
PASSWORD = "a-password-that-nobody-must-see"
ANSWERS: dict[str, Any] = {
    "disk_name": "data-01",
    "disk_size_in_gb": 20,
    "disk_data_center": "nl-ams-01",
    "disk_storage_speed": "",
    "disk_file_system": "xfs",
}
# The one file of the artifacts that holds the environment, whatever is set.
COMMAND = "artifacts/job/command"
DISKS = "/organizations/organization/disks"
NODES = [f"node-{number}" for number in range(1, 6)]
SLICES = 2
BOTH_WAYS = pytest.mark.parametrize("way", WAYS)
READ_A_BOOT_DISK = [
    {
        "name": "Read a disk that has a protected value",
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {"name": "Look it up", "katapult.cloud.katapult_disk_info": {"details": True}},
            {"name": "Make sure of it", "katapult.cloud.katapult_disk": {"name": "System Disk"}},
            {"name": "Show it", "ansible.builtin.debug": {"var": "ansible_facts"}},
        ],
    }
]


@pytest.fixture(name="simulator")
def _simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        simulator.state.add_token(TOKEN)
        simulator.state.add_vm(fqdn="web-01.acme.katapult.cloud", state="started")
        yield simulator
        assert simulator.violations == []


@pytest.fixture(name="awx")
def _awx(simulator: Simulator, tmp_path: Path, way: Way) -> Launcher:
    return Launcher(tmp_path, {"token": TOKEN, "organization": "acme", "url": simulator.url}, way)


def writes(simulator: Simulator) -> list[str]:
    return [request.method for request in simulator.requests if request.method != "GET"]


def names(simulator: Simulator) -> list[str]:
    return sorted(disk.name for disk in simulator.state.disks_in_use())


@BOTH_WAYS
def test_a_job_is_checked_run_and_run_again(awx: Launcher, simulator: Simulator) -> None:
    checked = awx.launch("create_disk.yml", ANSWERS, cmdline=CHECK)
    assert (checked.status, checked.changed, checked.statistics, writes(simulator)) == (0, 1, {}, [])

    done = awx.launch("create_disk.yml", ANSWERS, verbosity=4)
    assert (done.status, done.changed, writes(simulator)) == (0, 1, ["POST"])
    assert checked.result("katapult_disk")["diff"]["after"]["name"] == "data-01"

    again = awx.launch("create_disk.yml", ANSWERS, cmdline="--diff", verbosity=1)
    assert (again.status, again.changed, writes(simulator)) == (0, 0, ["POST"])

    (disk,) = simulator.state.disks_in_use()
    handed_on = {"katapult_disk_id": disk.id, "katapult_disk_wwn": disk.wwn}
    assert (done.statistics, again.statistics) == (handed_on, handed_on)
    assert f"The WWN of the disk is {disk.wwn}." in done.stdout, "the next task has the facts"
    assert any(name.startswith("artifacts/job/fact_cache/") for name in done.files_with(disk.wwn))
    assert [job.files_with(TOKEN) for job in (checked, done, again)] == [[COMMAND]] * 3


def test_ansible_runner_writes_the_credential_into_more_files_where_it_may(awx: Launcher) -> None:
    job = awx.launch("create_disk.yml", ANSWERS, cmdline=CHECK, suppress_env_files=False)

    assert job.files_with(TOKEN) == [COMMAND, "env/envvars"]


def test_a_job_that_is_carried_to_a_container(awx: Launcher, simulator: Simulator) -> None:
    job, stream = awx.carry("create_disk.yml", ANSWERS)

    assert (job.status, job.changed, names(simulator)) == (0, 1, ["data-01"])
    assert job.files_with(TOKEN) == [COMMAND]
    assert TOKEN.encode() in stream, "as the guide says of the output of the container"


@BOTH_WAYS
def test_a_protected_value_shows_in_no_file(awx: Launcher, simulator: Simulator) -> None:
    machine = "web-01.acme.katapult.cloud"
    simulator.state.add_disk("System Disk", virtual_machine=machine, boot=True, root_password=PASSWORD)

    job = awx.launch(READ_A_BOOT_DISK, {}, verbosity=4)

    shown = {name.split("/")[2] for name in job.files_with("root_password")}
    assert (job.status, job.changed, shown) == (0, 0, {"fact_cache", "job_events", "stdout"})
    assert job.files_with(PASSWORD) == []
    assert job.files_with(TOKEN) == [COMMAND]


@BOTH_WAYS
def test_the_next_job_of_a_workflow_has_the_disk(awx: Launcher, simulator: Simulator) -> None:
    created = awx.launch("create_disk.yml", {**ANSWERS, "disk_data_center": "uk-lon-01"})
    machine = {"disk_virtual_machine": "web-01.acme.katapult.cloud"}

    used = awx.launch("use_disk.yml", {**machine, **created.statistics})

    (disk,) = simulator.state.disks_in_use()
    assert (used.status, used.changed) == (0, 1)
    assert disk.attachment is not None
    assert (disk.attachment.machine.fqdn, disk.attachment.state) == ("web-01.acme.katapult.cloud", "attached")
    assert f"/dev/disk/by-id/wwn-0x{disk.wwn}" in used.stdout


@BOTH_WAYS
def test_a_job_that_fails_tells_the_code_of_the_error(awx: Launcher, simulator: Simulator) -> None:
    job = awx.launch("create_disk.yml", {**ANSWERS, "disk_data_center": "de-fra-01"}, verbosity=4)

    assert (job.status, job.statistics, names(simulator)) == (2, {}, [])
    assert job.result("katapult_disk")["error"]["code"] == "data_center_not_found"
    assert job.files_with(TOKEN) == [COMMAND]


def test_jobs_at_once_share_no_lock_and_tell_of_the_duplicate(awx: Launcher, simulator: Simulator) -> None:
    both_look_before_either_creates = Fault(method="GET", path=DISKS, when="after", action="delay", seconds=4, times=2)
    simulator.faults.add(both_look_before_either_creates)

    # Containers share no lock, which is by the service's name.
    elsewhere = simulator.url.replace("127.0.0.1", "localhost")
    envvars = injected({"token": TOKEN, "organization": "acme", "url": elsewhere})
    jobs = at_once(awx, "create_disk.yml", ANSWERS, [{}, {"envvars": envvars}])

    ids = [disk.id for disk in simulator.state.disks_in_use()]
    failed = [job.result("katapult_disk") for job in jobs if job.status]
    assert (len(ids), len(failed) >= 1) == (2, True)
    assert {result["error"]["code"] for result in failed} == {"duplicate_created"}
    assert all(disk_id in failed[0]["msg"] for disk_id in ids)


@BOTH_WAYS
def test_slices_at_once_make_one_disk_for_each_host(awx: Launcher, simulator: Simulator) -> None:
    # AWX deals the hosts out by their names, in turn.
    slices = [{"inventory": "\n".join(NODES[number::SLICES]) + "\n"} for number in range(SLICES)]

    jobs = at_once(awx, "fleet.yml", {}, slices)
    again = awx.launch("fleet.yml", {}, inventory="\n".join(NODES) + "\n")

    assert [(job.status, job.changed) for job in (*jobs, again)] == [(0, 1), (0, 1), (0, 0)]
    assert names(simulator) == [f"data-{node}" for node in NODES]
    for disk in simulator.state.disks_in_use():
        assert f"The WWN of {disk.name} is {disk.wwn}." in again.stdout


def at_once(awx: Launcher, playbook: str, answers: dict[str, Any], jobs: list[dict[str, Any]]) -> list[Job]:
    """Launch several jobs of one playbook at the same time."""
    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(lambda more: awx.launch(playbook, answers, **more), jobs))
