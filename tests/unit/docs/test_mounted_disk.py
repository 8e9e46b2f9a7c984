# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The example that mounts disks, on a group of two machines whose guests are folders of this computer."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.unit.support.commands import COLLECTION, Ansible
from ansible_collections.katapult.cloud.tests.unit.support.in_process import WAYS

EXAMPLE = COLLECTION / "examples" / "mounted_disk.yml"
WEB, DB = "web-01.acme.katapult.cloud", "db-01.acme.katapult.cloud"
# Katapult's part must not take localhost from the inventory, where it may be reached by ssh.
INVENTORY = f"""
localhost ansible_connection=ssh ansible_host=localhost.invalid
[katapult_machines]
{WEB}
{DB}
[katapult_machines:vars]
ansible_connection=local
ansible_become=false
"""
# The commands of a guest: what is mounted holds a file that says so.
COMMANDS = {"findmnt": 'test -e "$2/mounted"', "mount": 'touch "$1/mounted"'}
OTHER_LINE = "UUID=1 / ext4 defaults 0 1\n"


@pytest.fixture(autouse=True)
def _guests(ansible: Ansible, simulator: Simulator) -> None:
    simulator.state.add_vm(fqdn=DB, state="started")
    (ansible.home / "inventory").write_text(INVENTORY, encoding="utf-8")
    for name, script in COMMANDS.items():
        path = ansible.home / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)
    ansible.environment["PATH"] = f"{ansible.home}/bin:{ansible.environment['PATH']}"
    for host in (WEB, DB):
        fstab(ansible, host).parent.mkdir()
        fstab(ansible, host).write_text(OTHER_LINE, encoding="utf-8")


def fstab(ansible: Ansible, host: str) -> Path:
    return ansible.home / host / "fstab"


def in_folders(ansible: Ansible) -> str:
    """The example with a guest's files in its folder, which shows each disk as soon as it is there."""
    guest = f"{ansible.home}/{{{{ inventory_hostname }}}}"
    text = EXAMPLE.read_text(encoding="utf-8")
    for shown, instead in (
        ('path: "{{ device }}"', f'path: "{guest}"'),
        ("path: /etc/fstab", f'path: "{guest}/fstab"'),
        ("mount_point: /srv/data", f'mount_point: "{guest}/data"'),
    ):
        assert text.count(shown) == 1
        text = text.replace(shown, instead)
    return text


def test_check_mode_passes_where_no_disk_is_known_yet(ansible: Ansible, simulator: Simulator) -> None:
    output = ansible.run("ansible-playbook", "-i", "inventory", "--check", "--diff", str(EXAMPLE))

    for host in (WEB, DB):
        assert f"{host} : ok=1 changed=1 unreachable=0 failed=0 skipped=5 " in " ".join(output.split())
    assert "wwn-0x" not in output
    assert {request.method for request in simulator.requests} == {"GET"}


@pytest.mark.parametrize("way", WAYS)
def test_each_machine_gets_and_mounts_its_own_disk_once(ansible: Ansible, simulator: Simulator) -> None:
    playbook = ansible.save(in_folders(ansible))

    # The disk, the mount point, the line of fstab, and the mount.
    first, *again = ansible.play_repeatedly(playbook, "-i", "inventory")
    assert first == {WEB: 4, DB: 4}
    assert all(changed == {} for changed in again)

    disks = {disk.attachment.machine.fqdn: disk for disk in simulator.state.disks_in_use() if disk.attachment}
    assert {host: disk.name for host, disk in disks.items()} == {WEB: "web-01-data", DB: "db-01-data"}
    for host, disk in disks.items():
        line = f"/dev/disk/by-id/wwn-0x{disk.wwn} {ansible.home}/{host}/data ext4 defaults,nofail 0 2\n"
        assert fstab(ansible, host).read_text(encoding="utf-8") == OTHER_LINE + line


def test_one_machine_is_worked_on_alone_and_check_mode_skips_the_guest_of_the_other(
    ansible: Ansible, simulator: Simulator
) -> None:
    text = in_folders(ansible)

    assert ansible.play(text, "-i", "inventory", "-e", f"machine={WEB}") == {WEB: (4, 0)}
    assert [disk.name for disk in simulator.state.disks_in_use()] == ["web-01-data"]
    assert fstab(ansible, DB).read_text(encoding="utf-8") == OTHER_LINE

    assert ansible.play(text, "-i", "inventory", "--check") == {WEB: (0, 0), DB: (1, 0)}
