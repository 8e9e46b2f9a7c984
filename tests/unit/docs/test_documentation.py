# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that the documentation shows, run as a user runs it: with ansible-playbook and ansible."""

from __future__ import annotations

import importlib
import json
import re
import shlex
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import ErrorDetails
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.unit.support.commands import COLLECTION, PLAY, Ansible
from ansible_collections.katapult.cloud.tests.unit.support.in_process import WAYS

README = (COLLECTION / "README.md").read_text(encoding="utf-8")
PACKAGE = "ansible_collections.katapult.cloud.plugins.modules"
MODULES = {
    path.stem: importlib.import_module(f"{PACKAGE}.{path.stem}")
    for path in sorted((COLLECTION / "plugins" / "modules").glob("katapult_*.py"))
}
# What is there when the examples of a module are run, and the variables that they take from tasks before them.
SEEDS: dict[str, dict[str, Any]] = {
    "katapult_disk": {
        "disks": [
            {"name": "retired-01", "virtual_machine": "web-01.acme.katapult.cloud", "attachment": "attached"},
            {"name": "backup-small", "id": "disk_I4Bu3elhTjuAg16W"},
            {"name": "kept-01", "id": "disk_5nGk37D3RLE7Kuza"},
        ]
    },
    "katapult_disk_assignment": {
        "virtual_machines": [{"fqdn": "db-01.acme.katapult.cloud", "state": "stopped"}],
        "disks": [
            {"name": "data-01"},
            {"name": "data-02", "id": "disk_5nGk37D3RLE7Kuza"},
            {"name": "data-03", "virtual_machine": "web-01.acme.katapult.cloud", "attachment": "attached"},
            {"name": "data-04", "virtual_machine": "web-01.acme.katapult.cloud", "attachment": "attached"},
        ],
    },
    "katapult_disk_backup_policy": {
        "disks": [{"name": "data-01"}, {"name": "data-02"}, {"name": "data-03"}],
        "disk_backup_policies": [
            {"retention": 7, "disk": "data-02"},
            {"retention": 7, "disk": "data-03", "id": "dbp_8tWk2Lr5Qx9ZbN3v"},
            {"retention": 1, "virtual_machine": "web-01.acme.katapult.cloud"},
        ],
    },
    "katapult_disk_backup_policy_info": {
        "disks": [{"name": "data-01", "virtual_machine": "web-01.acme.katapult.cloud"}],
        "disk_backup_policies": [
            {"retention": 7, "disk": "data-01"},
            {"retention": 1, "virtual_machine": "web-01.acme.katapult.cloud"},
        ],
    },
    "katapult_disk_info": {
        "disks": [
            {
                "name": "data-01",
                "id": "disk_5nGk37D3RLE7Kuza",
                "annotations": {"env": "production", "role": "database"},
            },
            {"name": "data-02", "virtual_machine": "web-01.acme.katapult.cloud", "attachment": "attached"},
            {"name": "data-03", "state": "failed"},
        ]
    },
    "katapult_disks": {
        "virtual_machines": [{"fqdn": "web-02.acme.katapult.cloud", "state": "stopped"}],
        "disks": [
            {"name": "grow-01"},
            {"name": "backup-small", "id": "disk_I4Bu3elhTjuAg16W"},
            {"name": "retired-01"},
            {"name": "retired-02"},
        ],
    },
    "katapult_task_info": {"tasks": [{"name": "Build disk", "id": "task_CkH4RRbnv0A8YE2u", "status": "completed"}]},
}
VARIABLES: dict[str, dict[str, Any]] = {
    "katapult_task_info": {"archive": {"task": {"id": "task_CkH4RRbnv0A8YE2u"}}},
}
BOTH_WAYS = pytest.mark.parametrize("way", WAYS)
FOR_EVERY_MODULE = pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
README_PLAYS = [text for text in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL) if "hosts:" in text]
README_COMMANDS = [
    command
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for command in re.findall(r"^ansible localhost .*?(?:\}'|'|\n)$", block, re.DOTALL | re.MULTILINE)
]
EXAMPLES = COLLECTION / "examples"
PLAYBOOKS = sorted(EXAMPLES.glob("*.yml"))
# Of the others, one works on guests (see tests/unit/roles/test_mounted_disk.py), and one needs the ID of a disk.
LOCAL_PLAYBOOKS = [path for path in PLAYBOOKS if path.stem not in ("mounted_disk", "restore_disk")]
LONG_AGO = 1_750_000_000
# What is there when a playbook of the examples is run.
EXAMPLE_SEEDS: dict[str, dict[str, Any]] = {
    "housekeeping": {
        "disks": [
            {"name": "test-01", "annotations": {"env": "test"}, "created_at": LONG_AGO},
            {"name": "test-02", "annotations": {"env": "test"}, "created_at": LONG_AGO},
            {"name": "new-01", "annotations": {"env": "test"}},
            {
                "name": "used-01",
                "annotations": {"env": "test"},
                "created_at": LONG_AGO,
                "virtual_machine": "web-01.acme.katapult.cloud",
            },
            {"name": "kept-01", "annotations": {"env": "production"}, "created_at": LONG_AGO},
        ]
    },
    "safe_resize": {"disks": [{"name": "archive-01", "size_in_gb": 20}]},
}
# The disks that are left of them.
LEFT: dict[str, list[str]] = {"housekeeping": ["kept-01", "new-01", "used-01"], "safe_resize": ["archive-01"]}


def assert_idempotent(ansible: Ansible, path: Path, *arguments: str) -> None:
    first, *again = ansible.play_repeatedly(path, *arguments)
    assert list(first) == ["localhost"]
    assert all(changed == {} for changed in again)


def examples_of(module: ModuleType) -> list[dict[str, Any]]:
    tasks: list[dict[str, Any]] = yaml.safe_load(module.EXAMPLES)
    return tasks


@BOTH_WAYS
@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module(ansible: Ansible, simulator: Simulator, name: str) -> None:
    simulator.seed(SEEDS.get(name, {}))
    text = yaml.safe_dump([{**PLAY, "tasks": examples_of(MODULES[name])}])
    variables = ("-e", json.dumps(VARIABLES.get(name, {})))

    if not name.endswith("_info"):
        assert_idempotent(ansible, ansible.save(text), *variables)
        return
    assert ansible.play(text, *variables)["localhost"] == (0, 0)
    assert {request.method for request in simulator.requests} == {"GET"}


@FOR_EVERY_MODULE
def test_every_example_is_named_in_full(module: ModuleType) -> None:
    names = re.findall(r"^ +(\S*katapult_\w+):", module.EXAMPLES, re.MULTILINE)

    assert {name.rpartition(".")[0] for name in names} == {"katapult.cloud"}


@BOTH_WAYS
@pytest.mark.parametrize("path", LOCAL_PLAYBOOKS, ids=lambda path: path.stem)
def test_a_playbook_of_examples(ansible: Ansible, simulator: Simulator, path: Path) -> None:
    simulator.seed(EXAMPLE_SEEDS.get(path.stem, {}))
    vault = ("-e", "@vault.yml", "--vault-password-file", "password") if path.stem == "vault_token" else ()
    if vault:
        ansible.lock_away_the_token()

    assert_idempotent(ansible, path, *vault)

    if path.stem in LEFT:
        assert sorted(disk.name for disk in simulator.state.disks_in_use()) == LEFT[path.stem]


@BOTH_WAYS
def test_a_disk_of_the_housekeeping_is_restored(ansible: Ansible, simulator: Simulator) -> None:
    simulator.seed(EXAMPLE_SEEDS["housekeeping"])
    ansible.play((EXAMPLES / "housekeeping.yml").read_text(encoding="utf-8"))
    thrown = [item.object_id for item in simulator.state.trash.values()]

    output = ansible.run("ansible-playbook", str(EXAMPLES / "restore_disk.yml"))
    assert all(f"{disk_id} until " in output for disk_id in thrown)
    ansible.run("ansible-playbook", str(EXAMPLES / "restore_disk.yml"), "-e", f"disk_id={thrown[0]}")

    assert [item.object_id for item in simulator.state.trash.values()] == thrown[1:]


def test_every_example_is_listed() -> None:
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")

    assert sorted(re.findall(r"^\| \[(\S+)\]\(\1\)", listed, re.MULTILINE)) == [path.name for path in PLAYBOOKS]


def test_the_inventory_of_the_examples(ansible: Ansible, simulator: Simulator) -> None:
    simulator.seed({"virtual_machines": [{"fqdn": "db-01.acme.katapult.cloud", "state": "stopped", "tags": ["db"]}]})
    ansible.environment["ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED"] = "true"
    inventory = EXAMPLES / "inventory" / "katapult.yml"

    graph = ansible.run("ansible-inventory", "-i", str(inventory), "--graph")

    groups = dict(re.findall(r"--@(\w+):\n((?:  \|  .*\n)+)", graph))
    assert groups["tag_db"].split() == ["|", "|--db-01.acme.katapult.cloud"]
    assert groups["running"].split() == ["|", "|--web-01.acme.katapult.cloud"]
    assert len(groups["data_center_uk_lon_01"].splitlines()) == 2
    assert "(inventory/katapult.yml)" in (EXAMPLES / "README.md").read_text(encoding="utf-8")


def test_the_readme_shows_a_playbook_and_how_it_is_run() -> None:
    assert len(README_PLAYS) == 1
    assert "ansible-playbook create.yml --check --diff\nansible-playbook create.yml\n" in README
    assert len(README_COMMANDS) >= 1


@BOTH_WAYS
def test_the_playbook_of_the_readme_then_its_commands(ansible: Ansible, simulator: Simulator) -> None:
    [play] = README_PLAYS

    assert ansible.play(play, "--check", "--diff")["localhost"] == (1, 0)
    assert simulator.state.disks_in_use() == []
    assert_idempotent(ansible, ansible.save(play))
    for command in README_COMMANDS:
        assert "localhost | CHANGED" in ansible.run(*shlex.split(command), "-vvvv")
        assert "localhost | CHANGED" not in ansible.run(*shlex.split(command), "-vvvv")

    [disk] = simulator.state.disks_in_use()
    assert disk.attachment
    assert disk.attachment.machine.fqdn == "web-01.acme.katapult.cloud"


def test_the_readme_is_read_in_one_go() -> None:
    assert len(README.splitlines()) <= 170


@BOTH_WAYS
def test_ten_hosts_at_once_make_one_disk(ansible: Ansible, simulator: Simulator) -> None:
    inventory = ansible.home / "inventory"
    lines = [f"host-{number} ansible_connection=local" for number in range(10)]
    inventory.write_text("\n".join(lines) + "\n", encoding="utf-8")
    task = {"katapult.cloud.katapult_disk": {"name": "shared-01", "size_in_gb": 20, "data_center": "uk-lon-01"}}
    text = yaml.safe_dump([{**PLAY, "hosts": "all", "tasks": [task]}])

    recap = ansible.play(text, "-i", str(inventory))

    assert sorted(recap.values()) == [(0, 0)] * 9 + [(1, 0)]
    assert [disk.name for disk in simulator.state.disks_in_use()] == ["shared-01"]


@FOR_EVERY_MODULE
def test_the_documented_error_is_the_error(module: ModuleType) -> None:
    documented = yaml.safe_load(module.RETURN)["error"]["contains"]

    assert set(documented) == {field.name for field in fields(ErrorDetails)}


def test_every_module_is_in_the_action_group() -> None:
    runtime = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text(encoding="utf-8"))

    assert runtime["action_groups"]["all"] == list(MODULES)
