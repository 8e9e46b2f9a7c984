# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the simulator says to a seed, a fault or a call of its control that can't be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.simulator.__main__ import main
from ansible_collections.katapult.cloud.tests.simulator.client import ApiClient

WRONG_SEEDS = [
    ({"disk": []}, "a seed has no 'disk'; it may have: settings, organization, policy, other_organizations, "),
    ([], "a seed must be an object, not a list"),
    ({"settings": {"speed": 1}}, "settings has no 'speed'; it may have: build_seconds, attach_seconds, "),
    ({"settings": {"latency": "1"}}, "settings: latency must be a number, not '1'"),
    ({"settings": {"rate_limit": True}}, "settings: rate_limit must be a whole number or null, not true"),
    ({"settings": {"fail_tasks": ["atach"]}}, "settings: fail_tasks must be a list of 'build', 'grow', 'shrink', "),
    ({"settings": {"fail_tasks": "build"}}, "settings: fail_tasks must be a list of 'build', "),
    ({"organization": {"domain": "a"}}, "organization has no 'domain'; it may have: id, sub_domain, name, managed"),
    ({"policy": {"name": "Trial"}}, "policy has no 'name'; it may have: policy_type, policy_name, limits, "),
    ({"policy": {"policy_type": "own"}}, "policy: policy_type must be 'auto', 'override' or 'none', not 'own'"),
    ({"policy": {"limits": {"space": {}}}}, "policy: limits has no 'space'; it may have: uninvoiced_balance, "),
    ({"policy": {"limits": []}}, "policy: limits must be an object, not a list"),
    ({"policy": {"limits": {"isos": 5}}}, "policy: limits: isos must be an object, not 5"),
    ({"policy": {"limits": {"isos": {"limit": "5"}}}}, "policy: limits: isos: limit must be a whole number or null, "),
    ({"policy": {"features": {"gpu": True}}}, "policy: features has no 'gpu'; it may have: disk_bus_configuration, "),
    (
        {"policy": {"features": {"suspension": 1}}},
        "policy: features must be an object of true and false, not an object",
    ),
    ({"other_organizations": [{"name": "Second"}]}, "other_organizations[0] needs sub_domain"),
    ({"disks": {"name": "a"}}, "disks must be a list, not an object"),
    ({"disks": ["a"]}, "disks[0] must be an object, not 'a'"),
    ({"disks": [{"name": "a"}, {}]}, "disks[1] needs name"),
    (
        {"disks": [{"name": "a", "sise_in_gb": 20}]},
        "disks[0] has no 'sise_in_gb'; it may have: name, size_in_gb, state, data_center, ",
    ),
    ({"disks": [{"name": "a", "size_in_gb": "20"}]}, "disks[0]: size_in_gb must be a whole number, not '20'"),
    ({"disks": [{"name": "a", "bus_type": "ide"}]}, "disks[0]: bus_type must be 'scsi', 'virtio' or null, not 'ide'"),
    (
        {"disks": [{"name": "a", "annotations": {"env": 1}}]},
        "disks[0]: annotations must be an object of text, or a list of objects with key and value, not an object",
    ),
    ({"disks": [{"name": "a", "data_center": "mars"}]}, "disks[0]: there is no data center 'mars'"),
    ({"disks": [{"name": "a", "io_profile": "warp"}]}, "disks[0]: there is no I/O profile 'warp'"),
    (
        {"disks": [{"name": "a", "virtual_machine": "nosuch"}]},
        "disks[0]: there is no virtual machine 'nosuch'",
    ),
    (
        {"virtual_machines": [{"fqdn": "a.example", "state": "runing"}]},
        "virtual_machines[0]: state must be 'stopped', 'starting', 'started', 'stopping', ",
    ),
    (
        {"virtual_machines": [{"fqdn": "a.example", "tags": "web"}]},
        "virtual_machines[0]: tags must be a list of text, ",
    ),
    ({"tasks": [{"name": "a", "status": ["failed"]}]}, "tasks[0]: status must be 'pending', 'running', "),
    ({"tokens": [{"token": "a", "scopes": "disks"}]}, "tokens[0]: scopes must be a list of text or null, not 'disks'"),
    ({"disk_backup_policies": [{"disk": "a"}]}, "disk_backup_policies[0] needs retention"),
    (
        {"disk_backup_policies": [{"retention": 7}]},
        "disk_backup_policies[0]: a backup policy is for a disk or for a virtual_machine",
    ),
    ({"disk_backup_policies": [{"retention": 7, "disk": "a"}]}, "disk_backup_policies[0]: there is no disk 'a'"),
    (
        {"disk_backup_policies": [{"retention": 7, "interval": "yearly"}]},
        "disk_backup_policies[0]: interval must be 'hourly', 'daily', 'weekly' or 'monthly', not 'yearly'",
    ),
    ({"io_profiles": [{"permalink": 5}]}, "io_profiles[0]: permalink must be text, not 5"),
]

WRONG_CALLS = [
    ("faults", {"acton": "drop"}, "a fault has no 'acton'; it may have: path, method, when, action, "),
    ("faults", "drop", "a fault must be an object, not 'drop'"),
    ("faults", {"action": "explode"}, "action must be drop, reset, answer, delay or cut, not explode"),
    ("faults", [{}, {"when": "never"}], "when must be before or after, not never"),
    ("faults", {"status": "500"}, "a fault: status must be a whole number, not '500'"),
    ("faults", {"headers": {"Retry-After": 1}}, "a fault: headers must be an object of text, not an object"),
    ("faults", {"body_base64": "a"}, "a fault: body_base64 is no base64: "),
    ("power", {"on": True}, "the body needs virtual_machine"),
    ("power", {"virtual_machine": "nosuch", "on": True}, "there is no virtual machine 'nosuch'"),
]


@pytest.mark.parametrize(("document", "said"), WRONG_SEEDS)
def test_a_seed_that_can_t_be_is_refused_in_a_sentence(sim: Simulator, document: Any, said: str) -> None:
    with ApiClient(sim.control_url) as control:
        answer = control.call("POST", "/seed", body=document)
    assert answer.status == 400
    assert answer.json["error"].startswith(said)


@pytest.mark.parametrize(("call", "body", "said"), WRONG_CALLS)
def test_a_control_call_that_can_t_be_is_refused_in_a_sentence(sim: Simulator, call: str, body: Any, said: str) -> None:
    with ApiClient(sim.control_url) as control:
        answer = control.call("POST", f"/{call}", body=body)
        assert control.get("/faults").json == {"pending": 0}
    assert answer.status == 400
    assert answer.json["error"].startswith(said)


def test_nothing_is_added_of_a_seed_with_an_unknown_field(sim: Simulator) -> None:
    with pytest.raises(ValueError, match="sise_in_gb"):
        sim.seed({"settings": {"latency": 1.0}, "disks": [{"name": "a"}, {"name": "b", "sise_in_gb": 20}]})
    assert not sim.state.disks
    assert sim.settings.latency == 0.0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"disks": [}', "seed.json is no JSON: line 1, column 12: Expecting value"),
        (b'{"disks": "\xff"}', "seed.json is no JSON: byte 12 is not UTF-8"),
        (b'{"disks": [{"name": 1}]}', "seed.json: disks[0]: name must be text, not 1"),
    ],
)
def test_a_seed_file_that_can_t_be_ends_the_process_with_one_line(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "seed.json").write_bytes(content)
    with pytest.raises(SystemExit) as raised:
        main(["--seed", str(tmp_path / "seed.json")])
    assert raised.value.code == said


def test_a_folder_is_no_seed_file(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as raised:
        main(["--seed", str(tmp_path)])
    assert raised.value.code == f"{tmp_path.name} can't be read: Is a directory"


def test_a_body_that_is_no_json_is_refused_in_a_sentence(sim: Simulator) -> None:
    with ApiClient(sim.control_url) as control:
        answer = control.call("POST", "/seed", body=b"{")
    assert answer.status == 400
    assert answer.json["error"].startswith("the body is no JSON: line 1, column 2: ")
