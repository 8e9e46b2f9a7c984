# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A guest with real block devices: a part of this computer with mounts of its own, and a file for each disk.

All of it is gone when the process ends, however it ends: mounts with the last process that sees them, and a loop device
that is closed clears itself.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import threading
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ansible_collections.katapult.cloud.tests.simulator import Simulator

if TYPE_CHECKING:
    from typing_extensions import Self

COMMANDS = ("blkid", "findmnt", "losetup", "lsblk", "mkfs.ext4", "mkswap", "nsenter", "resize2fs", "setpriv", "unshare")
#: So that a disk of 10 GB is as large as xfs must be.
BYTES_PER_GB = 32 * 1024**2
# With a file system table of its own, and without the disks of this computer.
SCRIPT = """
mkdir -p /dev/disk && mount -t tmpfs tmpfs /dev/disk && mkdir /dev/disk/by-id &&
mount --bind "$1" /etc && echo ready && exec cat
"""


def find_obstacle() -> str | None:
    """Why there can be no guest on this computer, None if there can be one."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "only root can set up loop devices and mounts"
    missing = [command for command in COMMANDS if shutil.which(command) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    with TemporaryDirectory() as folder:
        try:
            with ExitStack() as opened:
                _open_loop(Path(folder) / "file", opened)
            run("unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", folder)
        except subprocess.CalledProcessError as error:
            return f"{error.cmd[0]}: {error.stderr.strip()}"
    return None


def run(*command: str) -> str:
    """Run a command that must not fail; what it prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def _open_loop(file: Path, opened: ExitStack) -> str:
    """Make a device of a file, which is as long as the device is held open."""
    if not file.exists():
        file.touch()
        os.truncate(file, 10 * BYTES_PER_GB)
    device = run("losetup", "--find", "--show", str(file))
    opened.callback(os.close, os.open(device, os.O_RDONLY))
    run("losetup", "--detach", device)
    return device


class Guest:
    """Shows the disks that a simulator has attached, in the sizes that they have there, as a hypervisor does."""

    def __init__(self, simulator: Simulator, home: Path) -> None:
        self.home = home
        self.fstab = home / "etc" / "fstab"
        #: Disks by name that are attached, but do not appear.
        self.hidden: set[str] = set()
        #: Disks by name that keep the size that they have.
        self.frozen: set[str] = set()
        self._simulator = simulator
        self._devices: dict[str, str] = {}
        self._held = ExitStack()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._hypervisor = threading.Thread(target=self._show_disks)

    def __enter__(self) -> Self:
        shutil.copytree("/etc", self.home / "etc", symlinks=True)
        self._process = self._held.enter_context(
            subprocess.Popen(
                ["unshare", "--mount", "sh", "-c", SCRIPT, "sh", str(self.home / "etc")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"
        self._hypervisor.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._ended.set()
        self._hypervisor.join()
        self._held.close()

    @property
    def inside(self) -> tuple[str, ...]:
        """What a command begins with that runs in the guest."""
        return ("nsenter", f"--target={self._process.pid}", "--mount")

    def run(self, *command: str) -> str:
        """Run a command in the guest that must not fail; what it prints."""
        return run(*self.inside, *command)

    def path(self, inside: str | Path) -> Path:
        """A path of the guest, as others see it."""
        return Path(f"/proc/{self._process.pid}/root{inside}")

    def file(self, name: str) -> Path:
        """The file that holds what a disk holds."""
        return self.home / f"{name}.img"

    def device(self, name: str) -> str:
        """The device of a disk, which is there before the guest shows it."""
        with self._lock:
            if name not in self._devices:
                self._devices[name] = _open_loop(self.file(name), self._held)
            return self._devices[name]

    def digest(self, name: str) -> str:
        """What a disk holds, in short."""
        run("blockdev", "--flushbufs", self.device(name))
        with self.file(name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _show_disks(self) -> None:
        while not self._ended.wait(0.05):
            with self._simulator.state.lock:
                self._simulator.state.advance()
                disks = [
                    (disk.name, disk.wwn, disk.size_in_gb, disk.attachment is not None and disk.attachment.state)
                    for disk in self._simulator.state.disks_in_use()
                ]
            for name, wwn, size, state in disks:
                link = self.path(f"/dev/disk/by-id/wwn-0x{wwn}")
                if state != "attached" or name in self.hidden:
                    link.unlink(missing_ok=True)
                    continue
                device = self.device(name)
                if name not in self.frozen and self.file(name).stat().st_size < size * BYTES_PER_GB:
                    os.truncate(self.file(name), size * BYTES_PER_GB)
                    run("losetup", "--set-capacity", device)
                if not link.is_symlink():
                    link.symlink_to(device)
