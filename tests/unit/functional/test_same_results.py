# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible returns the same for a task, whether it runs in its process or as a module of its own."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.unit.support.commands import Ansible

DISK = "katapult.cloud.katapult_disk"
FLEET = "katapult.cloud.katapult_disks"
WEB = "web-01.acme.katapult.cloud"
BACKUP = "katapult.cloud.katapult_disk_backup_policy"
DAILY = {"disk": "data-01", "retention": 7, "schedule": {"interval": "daily", "time": 3}}
LONDON = {"size_in_gb": 20, "data_center": "uk-lon-01"}
# Nothing listens there.
PROXY = {"https_proxy": "http://127.0.0.1:9", "no_proxy": ""}
ABSENT = {"state": "absent"}
TASKS: dict[str, dict[str, Any]] = {
    "created": {DISK: {"name": "data-01", **LONDON}},
    "unchanged": {DISK: {"name": "data-01", **LONDON}},
    "found by id": {DISK: {"id": "{{ created.disk.id }}", "size_in_gb": 20}},
    "grown with diff": {DISK: {"name": "data-01", "size_in_gb": 30}, "diff": True},
    "predicted": {DISK: {"name": "data-09", **LONDON}, "check_mode": True, "diff": True},
    "change predicted": {DISK: {"name": "data-01", "bus_type": "virtio"}, "check_mode": True, "diff": True},
    "drift": {DISK: {"name": "data-01", "size_in_gb": 10}},
    "no such option": {DISK: {"name": "data-01", "size": 10}},
    "no such choice": {DISK: {"name": "data-01", "bus_type": "ide"}},
    "no name": {DISK: {"size_in_gb": 10}},
    "no number": {DISK: {"name": "data-01", "size_in_gb": "much"}},
    "no dictionary": {DISK: {"name": "data-01", "virtual_machine_disk": 5}},
    "too small": {DISK: {"name": "data-02", "data_center": "uk-lon-01", "size_in_gb": 1}},
    "no such place": {DISK: {"name": "data-02", "size_in_gb": 20, "data_center": "mars"}},
    "no such organization": {DISK: {"name": "data-01", "organization": "none", **LONDON}},
    "wrong token": {DISK: {"name": "data-01", "api_token": "{{ 'wrong-token' }}"}},
    "empty token": {DISK: {"name": "data-01", "api_token": ""}},
    "token twice": {DISK: {"name": "data-01", "api_token": "{{ token }}", "api_key": "{{ token }}"}},
    "token in a name": {DISK: {"name": "{{ token }}", **LONDON}},
    "no url": {DISK: {"name": "data-01", "api_url": "ftp://example.com"}},
    "plain http": {DISK: {"name": "data-01", "api_url": "http://example.com/core/v1"}},
    "in a loop": {DISK: {"name": "{{ item }}", **LONDON}, "loop": ["loop-01", "loop-02", "data-01"]},
    "fleet": {FLEET: {"disks": [{"name": "fleet-01"}, {"name": "fleet-02", "size_in_gb": 40}], **LONDON}},
    "fleet unchanged": {FLEET: {"disks": ["fleet-01", "fleet-02"], "data_center": "uk-lon-01"}, "diff": True},
    "fleet predicted": {FLEET: {"disks": ["fleet-01", "fleet-03"], **LONDON}, "check_mode": True, "diff": True},
    "fleet refused": {FLEET: {"disks": [{"name": "fleet-01", "size_in_gb": 10}, {"name": "fleet-04"}], **LONDON}},
    "assigned": {"katapult.cloud.katapult_disk_assignment": {"disk": "data-01", "virtual_machine": WEB}, "diff": True},
    "assigned again": {"katapult.cloud.katapult_disk_assignment": {"disk": "data-01", "virtual_machine": WEB}},
    "in use": {DISK: {"name": "data-01", **ABSENT}},
    "released": {"katapult.cloud.katapult_disk_assignment": {"disk": "data-01", **ABSENT}},
    "backed up": {BACKUP: DAILY, "diff": True},
    "backed up again": {BACKUP: DAILY},
    "backup predicted": {BACKUP: {**DAILY, "retention": 9}, "check_mode": True, "diff": True},
    "backup of nothing": {BACKUP: {**DAILY, "disk": "none"}},
    "backups": {"katapult.cloud.katapult_disk_backup_policy_info": {"disk": "data-01"}},
    "backup ended": {BACKUP: {"id": "{{ backed_up.disk_backup_policy.id }}", **ABSENT}, "diff": True},
    "listed": {"katapult.cloud.katapult_disk_info": {"name": "data-01"}},
    "listed in full": {"katapult.cloud.katapult_disk_info": {"name": "data-01", "details": True}},
    "places": {"katapult.cloud.katapult_data_center_info": {}},
    "profiles": {"katapult.cloud.katapult_disk_io_profile_info": {}},
    "limits": {"katapult.cloud.katapult_organization_info": {}},
    "trash": {"katapult.cloud.katapult_trash_info": {"object_types": ["all"]}},
    "forgotten": {"katapult.cloud.katapult_disk_info": {"assigned": False, "older_than": "0"}},
    "task": {"katapult.cloud.katapult_task_info": {"id": "{{ created.task.id }}"}},
    "no such task": {"katapult.cloud.katapult_task_info": {"id": "task_None"}},
    "not logged": {DISK: {"name": "data-01", "size_in_gb": 10}, "no_log": True},
    "asynchronous": {DISK: {"name": "async-01", **LONDON}, "async": 60, "poll": 1},
    "elsewhere": {DISK: {"name": "data-01"}, "environment": {"KATAPULT_ORGANIZATION": "none"}},
    "through a proxy": {
        DISK: {"name": "data-01", "api_url": "https://api.example.com/core/v1", "api_retries": 0},
        "environment": PROXY,
    },
    "bad bundle": {
        DISK: {"name": "data-01", "api_url": "https://127.0.0.1:9/core/v1", "api_retries": 0},
        "environment": {"REQUESTS_CA_BUNDLE": "/none/such.pem"},
    },
    "after the proxy": {DISK: {"name": "data-01"}},
    "delegated": {DISK: {"name": "data-01"}, "delegate_to": "localhost", "run_once": True},
    "one at a time": {DISK: {"name": "data-01"}, "throttle": 1, "timeout": 60},
    "until": {DISK: {"name": "data-01"}, "until": "until.disk.size_in_gb == 30", "retries": 2},
    "a template as a name": {DISK: {"name": "{{ '{{' }} 7 * 7 {{ '}}' }}", **LONDON}},
    "unreachable": {DISK: {"name": "data-01", "api_url": "http://127.0.0.1:9/core/v1", "api_retries": 1}},
    "deleted": {DISK: {"name": "data-01", "purge": True, **ABSENT}, "diff": True},
    "deleted again": {DISK: {"name": "data-01", **ABSENT}, "diff": True},
    "restored": {DISK: {"id": "{{ created.disk.id }}", "restore": True}},
}
FAILED = {
    "drift",
    "no such option",
    "no such choice",
    "no name",
    "no number",
    "no dictionary",
    "too small",
    "no such place",
    "no such organization",
    "wrong token",
    "no url",
    "plain http",
    "in a loop",
    "fleet refused",
    "backup of nothing",
    "in use",
    "no such task",
    "not logged",
    "elsewhere",
    "through a proxy",
    "bad bundle",
    "unreachable",
    "restored",
}
# What the service gives anew, and what depends on when it was asked.
GIVEN_ANEW = [
    (re.compile(r"\b([a-z]+)_[A-Za-z0-9]{16}\b"), r"\1_X"),
    (re.compile(r'"(wwn|request_id)": "[^"]+"'), r'"\1": "X"'),
    (re.compile(r"wwn-0x[0-9a-f]+"), "wwn-0xX"),
    (re.compile(r'"(\w+_at|keep_until)": \d+'), r'"\1": 0'),
    (re.compile(r'"(start|end|delta|ansible_job_id|results_file|attempts)": ("[^"]*"|\d+)'), r'"\1": "X"'),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:0"),
    (re.compile(r"until \d{4}-\d\d-\d\d \d\d:\d\d UTC"), "until 2026-01-01 00:00 UTC"),
    (re.compile(r"within \d[\d.]* s"), "within 0 s"),
]


def play(home: Path, in_process: bool) -> tuple[str, dict[str, dict[str, Any]]]:
    """What Ansible prints, and the results of all tasks, with a new service."""
    home.mkdir()
    results = home / "results.json"
    registers = {name: name.replace(" ", "_") for name in TASKS}
    collected = ", ".join(f"'{name}': {register}" for name, register in registers.items())
    tasks = [{"name": name, "register": registers[name], "ignore_errors": True, **TASKS[name]} for name in TASKS]
    tasks.append(
        {"ansible.builtin.copy": {"content": f"{{{{ {{{collected}}} }}}}", "dest": str(results), "mode": "0600"}}
    )
    with Simulator(build_seconds=0.2, resize_seconds=0.2, attach_seconds=0.2) as simulator:
        simulator.state.add_vm(fqdn=WEB, state="started")
        variables = {
            "katapult_in_process": in_process,
            "token": simulator.token,
            "ansible_async_dir": str(home / "async"),
        }
        playbook = [{"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": tasks}]
        path = home / "playbook.yml"
        path.write_text(yaml.safe_dump(playbook, sort_keys=False), encoding="utf-8")
        output = Ansible(simulator, home).run("ansible-playbook", "-vvv", str(path))
    text = results.read_text(encoding="utf-8")
    for pattern, replacement in GIVEN_ANEW:
        text = pattern.sub(replacement, text)
    found: dict[str, dict[str, Any]] = json.loads(text)
    return output, found


@pytest.fixture(name="plays", scope="module")
def _plays() -> dict[bool, tuple[str, dict[str, dict[str, Any]]]]:
    with TemporaryDirectory(prefix="k-") as folder, ThreadPoolExecutor(2) as pool:
        running = {way: pool.submit(play, Path(folder) / str(way), way) for way in (True, False)}
        return {way: future.result() for way, future in running.items()}


@pytest.mark.parametrize("task", TASKS)
def test_the_result_is_the_same(plays: dict[bool, tuple[str, dict[str, dict[str, Any]]]], task: str) -> None:
    here, there = plays[True][1][task], plays[False][1][task]

    assert here == there


def test_nothing_of_a_module_is_executed_in_ansible_s_process(plays: dict[bool, tuple[str, Any]]) -> None:
    here, there = plays[True][0], plays[False][0]

    assert here.count(" runs in Ansible's process.") >= len(TASKS)
    as_modules = [line for line in here.splitlines() if " runs as a module process" in line]
    assert [line for line in as_modules if "asynchronous" not in line] == []
    modules = {line.rpartition("/")[2] for line in here.splitlines() if line.startswith("Using module file")}
    assert modules == {"katapult_disk.py", "async_status.py", "stat.py", "copy.py"}
    assert here.count("/plugins/modules/katapult_disk.py") == 1  # of the task that is asynchronous
    assert there.count("because katapult_in_process is false") >= len(TASKS)
    assert " runs in Ansible's process." not in there
    assert "Traceback" not in here + there


def test_the_tasks_end_as_they_are_meant_to(plays: dict[bool, tuple[str, dict[str, dict[str, Any]]]]) -> None:
    """Two failures for another reason than is meant would be equal, too."""
    results = plays[True][1]
    failed = {name for name, result in results.items() if result["failed"]}

    assert failed == FAILED
    assert results["a template as a name"]["disk"]["name"] == "{{ 7 * 7 }}"
    assert "none" in results["elsewhere"]["msg"]
    assert "proxy" in results["through a proxy"]["msg"].lower()
    assert "REQUESTS_CA_BUNDLE" in results["bad bundle"]["msg"]
