# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual machines that share a guest, and the role mounted_disk run on all of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.simulator.models import Disk
from ansible_collections.katapult.cloud.tests.unit.support.commands import Ansible
from ansible_collections.katapult.cloud.tests.unit.support.guest import Guest

DOMAIN = "acme.katapult.cloud"
ROLE = "katapult.cloud.mounted_disk"
TASK = re.compile(rf"^TASK \[(?:{re.escape(ROLE)} : )?(.*?)\] \*+$")
STATUS = re.compile(r"^(changed|fatal|failed): \[([^]. ]+)")
# With what is easily lost: odd white space, and no line break at the end.
FSTAB = b"# \xc3\xa9tc\nUUID=1\t/\text4 defaults  0 1\n\n/dev/sr0 /media/cdrom iso9660 ro,noauto 0 0"


@dataclass
class Play:
    """What a run printed, and by machine the names of the tasks that changed something, and of those that failed."""

    output: str
    changed: dict[str, list[str]] = field(default_factory=dict)
    failed: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        task = ""
        for line in self.output.splitlines():
            if found := TASK.match(line):
                task = found[1]
            elif found := STATUS.match(line):
                tasks = self.changed if found[1] == "changed" else self.failed
                tasks.setdefault(found[2], []).append(task)


class Machines:
    """Each has a disk and a mount point of its own."""

    def __init__(self, simulator: Simulator, ansible: Ansible, guest: Guest) -> None:
        self.guest = guest
        self.ansible = ansible
        self.simulator = simulator
        self.variables: dict[str, dict[str, Any]] = {}
        guest.fstab.write_bytes(FSTAB)

    def add(self, name: str, fill: Callable[[str], object] | None = None, **variables: Any) -> Path:
        """Add a machine, with variables of the role without their prefix; its mount point.

        `fill`: lets the machine's disk exist already, unassigned, with what this writes to its device.
        """
        self.simulator.state.add_vm(fqdn=f"{name}.{DOMAIN}", state="started")
        point = self.guest.home / "mnt" / name
        own = {"name": f"{name}-data", "size_in_gb": 10, "path": str(point), "device_timeout": 20, **variables}
        self.variables[name] = {f"mounted_disk_{key}": value for key, value in own.items()}
        if fill is not None:
            self.simulator.state.add_disk(f"{name}-data", size_in_gb=10)
            fill(self.guest.device(f"{name}-data"))
        return point

    def disk(self, name: str) -> Disk | None:
        """The disk of a machine."""
        disks = self.simulator.state.disks_in_use()
        return next((disk for disk in disks if disk.name == f"{name}-data"), None)

    def line(self, name: str, kind: str = "ext4", options: str = "defaults,nofail") -> bytes:
        """The line of the role in /etc/fstab."""
        disk, check = self.disk(name), 2 if kind == "ext4" else 0
        assert disk is not None
        path = self.variables[name]["mounted_disk_path"]
        return f"/dev/disk/by-id/wwn-0x{disk.wwn} {path} {kind} {options} 0 {check}\n".encode()

    def mounted(self, point: Path) -> str:
        """Type and options of what is mounted, or nothing."""
        command = [*self.guest.inside, "findmnt", "--noheadings", "--output", "FSTYPE,OPTIONS", str(point)]
        return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()

    def play(self, *words: str, fails: bool = False, within: tuple[str, ...] = (), **variables: Any) -> Play:
        """Run the role on all machines.

        `words`: more of the command line, `within`: a command that runs a command, `variables`: for all machines.
        """
        hosts = {f"{name}.{DOMAIN}": values for name, values in self.variables.items()}
        common = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory, playbook = self.guest.home / "inventory.json", self.guest.home / "playbook.json"
        inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": common}}), encoding="utf-8")
        play = {"hosts": "all", "gather_facts": False, "roles": [ROLE]}
        playbook.write_text(json.dumps([play]), encoding="utf-8")
        extra = json.dumps({f"mounted_disk_{key}": value for key, value in variables.items()})
        command = ("ansible-playbook", "-i", str(inventory), "-e", extra, *words, str(playbook))
        return Play(self.ansible.run(*self.guest.inside, *within, *command, status=2 if fails else 0))

    def play_twice(self, **variables: Any) -> Play:
        """Run the role twice. The second run must change nothing."""
        output = self.play(str(self.guest.home / "playbook.json"), **variables).output
        before, first, second = re.split(r"^(?=PLAY \[)", output, flags=re.MULTILINE)
        assert Play(second).changed == {}, second
        return Play(before + first)
