# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example that mounts disks, and its role, as far as that needs neither root nor block devices.

The guests are this computer, with stand-ins for commands. What the role does on real devices is in tests/unit/roles/.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.unit.support.commands import COLLECTION, Ansible
from ansible_collections.katapult.cloud.tests.unit.support.in_process import WAYS

EXAMPLE = COLLECTION / "examples" / "mounted_disk.yml"
ROLE = COLLECTION / "roles" / "mounted_disk"
WEB, DB = "web-01.acme.katapult.cloud", "db-01.acme.katapult.cloud"
# Katapult's part must not take localhost from the inventory, where it may be reached by ssh, nor become root there.
INVENTORY = f"""
localhost ansible_connection=ssh ansible_host=localhost.invalid
[katapult_machines]
{WEB}
{DB}
[katapult_machines:vars]
ansible_connection=local
mounted_disk_device_timeout=0
[all:vars]
ansible_become=true
"""
COMMANDS = ("blkid", "cmp", "dumpe2fs", "e2fsck", "find", "lsblk", "mkfs.ext4", "mount", "resize2fs", "umount")
STAND_INS = {
    **dict.fromkeys(COMMANDS, "exit 1"),
    "blkid": "echo blkid from util-linux 2.38.1",
    "findmnt": "echo 8:1 ext4 /",
    # Becoming root is noted.
    "sudo": 'echo >> "$HOME/sudo"; while [ "$1" != /bin/sh ]; do shift; done; exec "$@"',
}


@pytest.fixture(autouse=True)
def _guests(ansible: Ansible, simulator: Simulator) -> None:
    simulator.state.add_vm(fqdn=DB, state="started")
    (ansible.home / "inventory").write_text(INVENTORY, encoding="utf-8")
    for name, script in STAND_INS.items():
        stand_in(ansible, name, script)
    ansible.environment["PATH"] = f"{ansible.home}/bin:{ansible.environment['PATH']}"
    # Also if the tests are run by root.
    ansible.environment["ANSIBLE_BECOME_ALLOW_SAME_USER"] = "true"


def stand_in(ansible: Ansible, name: str, script: str) -> None:
    path = ansible.home / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def play(**keywords: Any) -> str:
    """A play of one machine, with its keywords."""
    variables = {"mounted_disk_name": "web-01-data", "mounted_disk_size_in_gb": 50, "mounted_disk_path": "/srv/k-data"}
    return yaml.safe_dump([{"hosts": WEB, "gather_facts": False, "vars": variables, **keywords}])


def test_check_mode_passes_where_no_disk_is_known_yet(ansible: Ansible, simulator: Simulator) -> None:
    output = ansible.run("ansible-playbook", "-i", "inventory", "--check", "--diff", str(EXAMPLE))

    for host in (WEB, DB):
        assert f"{host} : ok=9 changed=1 unreachable=0 failed=0 " in " ".join(output.split())
    assert "The guest does not show the disk yet. The real run makes an ext4 file system if it is empty" in output
    assert {request.method for request in simulator.requests} == {"GET"}


@pytest.mark.parametrize("way", WAYS)
def test_each_machine_gets_its_own_disk_and_katapults_part_never_becomes_root(
    ansible: Ansible, simulator: Simulator
) -> None:
    output = ansible.run("ansible-playbook", "-vvvv", "-i", "inventory", str(EXAMPLE), status=2)

    disks = {disk.attachment.machine.fqdn: disk for disk in simulator.state.disks_in_use() if disk.attachment}
    assert {host: disk.name for host, disk in disks.items()} == {WEB: "web-01-data", DB: "db-01-data"}
    for disk in disks.values():
        assert f"The guest does not show the disk '{disk.name}' as /dev/disk/by-id/wwn-0x{disk.wwn} after 0" in output
    assert "because it becomes another user" not in output
    assert (ansible.home / "sudo").exists()


def test_one_machine_is_worked_on_alone(ansible: Ansible, simulator: Simulator) -> None:
    ansible.run("ansible-playbook", "-i", "inventory", "--limit", WEB, str(EXAMPLE), status=2)

    assert [disk.name for disk in simulator.state.disks_in_use()] == ["web-01-data"]
    machine = simulator.state.machine(DB)
    assert simulator.state.disks_of(machine) == []


@pytest.mark.parametrize(
    "keywords",
    [
        {"roles": ["katapult.cloud.mounted_disk"]},
        {"tasks": [{"name": "Mount it", "ansible.builtin.include_role": {"name": "katapult.cloud.mounted_disk"}}]},
    ],
    ids=["roles", "include_role"],
)
def test_the_role_takes_the_defaults_of_the_play(
    ansible: Ansible, simulator: Simulator, keywords: dict[str, Any]
) -> None:
    token, url = (ansible.environment.pop(f"KATAPULT_API_{name}") for name in ("TOKEN", "URL"))
    del ansible.environment["KATAPULT_ORGANIZATION"]
    (ansible.home / "secret.yml").write_text(json.dumps({"token": token, "url": url}), encoding="utf-8")
    options = {"api_token": "{{ token }}", "api_url": "{{ url }}", "organization": "acme"}
    defaults = {"group/katapult.cloud.all": options}
    path = ansible.save(play(module_defaults=defaults, **keywords))

    ansible.run("ansible-playbook", "-i", "inventory", "-e", "@secret.yml", "--check", str(path))

    assert len(simulator.requests) >= 2


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"mounted_disk_path": "srv/data"}, "mounted_disk_path must be an absolute path"),
        ({"mounted_disk_path": "/srv/../etc"}, "mounted_disk_path must be an absolute path"),
        ({"mounted_disk_path": "/"}, "mounted_disk_path must be an absolute path"),
        ({"mounted_disk_mount_options": "ro, nofail"}, "mounted_disk_mount_options must have no spaces"),
        ({"mounted_disk_file_system": "btrfs"}, "value of mounted_disk_file_system must be one of: ext4, xfs"),
        ({"mounted_disk_path": None}, "missing required arguments: mounted_disk_path"),
    ],
    ids=["relative", "dots", "root", "options", "file system", "missing"],
)
def test_variables_that_cannot_be_are_refused(
    ansible: Ansible, simulator: Simulator, variables: dict[str, str | None], problem: str
) -> None:
    text = yaml.safe_load(play(roles=["katapult.cloud.mounted_disk"]))
    text[0]["vars"] = {key: value for key, value in {**text[0]["vars"], **variables}.items() if value is not None}

    output = ansible.run("ansible-playbook", "-i", "inventory", str(ansible.save(yaml.safe_dump(text))), status=2)

    assert problem in output
    assert simulator.requests == []


def test_a_guest_without_the_commands_is_refused_before_the_disk_is_created(
    ansible: Ansible, simulator: Simulator
) -> None:
    stand_in(ansible, "blkid", "echo BusyBox v1.36.1; exit 1")

    output = ansible.run(
        "ansible-playbook",
        "-i",
        "inventory",
        "-e",
        "mounted_disk_file_system=xfs",
        "--limit",
        WEB,
        str(EXAMPLE),
        status=2,
    )

    assert "The guest lacks " in output
    assert "blkid of util-linux. Install util-linux, diffutils, and e2fsprogs for ext4 or xfsprogs for xfs." in output
    assert {request.method for request in simulator.requests} == {"GET"}


def test_the_example_is_a_play_of_eight_lines() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")

    assert len(text.partition("---\n")[2].splitlines()) == 8
    assert text.partition("---\n")[2] in (ROLE / "README.md").read_text(encoding="utf-8")


def test_every_variable_is_described_and_has_the_default_that_is_told() -> None:
    specs = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    options = specs["argument_specs"]["main"]["options"]
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text(encoding="utf-8"))
    readme = (ROLE / "README.md").read_text(encoding="utf-8")

    assert {name: option["default"] for name, option in options.items() if "default" in option} == defaults
    assert [name for name in options if f"`{name}`" not in readme] == []
