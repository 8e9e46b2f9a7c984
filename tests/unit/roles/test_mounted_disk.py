# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role mounted_disk on real block devices: what it makes, what it keeps, and what it refuses.

Each test has several machines where that saves runs of Ansible. They share a guest, but no disk and no mount point.
"""

from __future__ import annotations

import os
import shutil
import struct
import sys
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.katapult.cloud.tests.unit.roles.machines import DOMAIN, Machines, Play
from ansible_collections.katapult.cloud.tests.unit.support.commands import COLLECTION
from ansible_collections.katapult.cloud.tests.unit.support.guest import BYTES_PER_GB, run

ATTACH = "Ensure the disk is attached"
MAKE = "Create the file system"
MOUNT = ["Create the mount point", "Mount the file system now", "Mount it at every start"]
SET = "Set the owner and the mode of the root directory"
UNMOUNT = "Unmount the file system"
DETACH = ["Mount it at no start any more", "Detach the disk"]
DELETE = "Delete the disk"
REFUSE = "Refuse what does not fit, before anything is changed"
REFUSE_IN_GUEST = f"{REFUSE} in the guest"
DATA = b"kept" * 100_000
XFS = shutil.which("mkfs.xfs") is not None
BOTH_KINDS = pytest.mark.parametrize(
    "kind", ["ext4", pytest.param("xfs", marks=pytest.mark.skipif(not XFS, reason="NO xfs: mkfs.xfs is not installed"))]
)
CAP_SYS_RESOURCE = 24


def blocks(path: Path) -> int:
    """The bytes of a mounted file system."""
    return os.statvfs(path).f_blocks * os.statvfs(path).f_frsize


@BOTH_KINDS
def test_the_life_of_a_disk(machines: Machines, kind: str) -> None:
    guest, point = machines.guest, machines.add("web", file_system=kind, mode="0750")
    inside = guest.path(point)
    fstab = guest.fstab.read_bytes()

    assert machines.play("--check", "--diff").changed == {"web": [ATTACH]}
    assert (guest.fstab.read_bytes(), inside.exists(), machines.disk("web")) == (fstab, False, None)

    assert machines.play_twice().changed == {"web": [ATTACH, MAKE, *MOUNT, SET]}
    assert machines.mounted(point).startswith(f"{kind} ")
    assert inside.stat().st_mode & 0o777 == 0o750
    line = machines.line("web", kind)
    assert guest.fstab.read_bytes() == fstab + b"\n" + line
    (inside / "data").write_bytes(DATA)
    small = blocks(inside)
    assert machines.play("--check").changed == {}

    assert machines.play("--check", size_in_gb=20).changed == {"web": [ATTACH, "Predict the growth"]}
    [[attach, grow]] = machines.play_twice(size_in_gb=20).changed.values()
    assert (attach, grow[:20]) == (ATTACH, "Grow the file system")
    assert blocks(inside) - small > 8 * BYTES_PER_GB
    assert guest.fstab.read_bytes() == fstab + b"\n" + line

    assert machines.play("--check", state="absent", delete=True).changed == {
        "web": ["Predict the unmount", *DETACH, DELETE]
    }
    assert machines.play_twice(state="absent").changed == {"web": [UNMOUNT, *DETACH]}
    assert (guest.fstab.read_bytes(), machines.mounted(point)) == (fstab + b"\n", "")

    assert machines.play(size_in_gb=20).changed == {"web": [ATTACH, *MOUNT[1:]]}
    assert (inside / "data").read_bytes() == DATA
    assert machines.play_twice(state="absent", delete=True).changed == {"web": [UNMOUNT, *DETACH, DELETE]}
    assert machines.disk("web") is None


def make_xfs(device: str) -> None:
    """A file system."""
    run("mkfs.xfs", "-q", device)


def make_ext4(device: str) -> None:
    """A file system."""
    run("mkfs.ext4", "-q", device)


def make_lvm(device: str) -> None:
    """The label of a physical volume, as pvcreate writes it."""
    checked = ((32).to_bytes(4, "little") + b"LVM2 001" + b"a" * 32).ljust(492, b"\0")
    checksum = zlib.crc32(checked, 0xF597A6CF ^ 0xFFFFFFFF) ^ 0xFFFFFFFF
    with open(device, "r+b") as file:
        file.seek(512)
        file.write(b"LABELONE" + (1).to_bytes(8, "little") + checksum.to_bytes(4, "little") + checked)


def make_luks(device: str) -> None:
    """The header of an encrypted device of version 1."""
    with open(device, "r+b") as file:
        file.write(b"LUKS\xba\xbe\x00\x01aes".ljust(168, b"\0") + b"01234567-89ab-cdef-0123-456789abcdef")


def make_dos(device: str) -> None:
    """A partition table with one partition, as large as the disk."""
    with open(device, "r+b") as file:
        file.seek(446)
        file.write(bytes.fromhex("00000200 83ffffff 01000000 ffff0900") + bytes(48) + b"\x55\xaa")


def make_gpt(device: str) -> None:
    """A partition table of the newer kind, without a partition, and the older one that protects it."""
    last = 10 * BYTES_PER_GB // 512 - 1
    entries = bytes(128 * 128)

    def header(checksum: int) -> bytes:
        start = struct.pack("<8s4I", b"EFI PART", 0x10000, 92, checksum, 0)
        return start + struct.pack("<4Q16sQ3I", 1, last, 34, last - 33, b"k" * 16, 2, 128, 128, zlib.crc32(entries))

    with open(device, "r+b") as file:
        file.seek(446)
        file.write(bytes.fromhex("00000200 eeffffff 01000000 ffff0900") + bytes(48) + b"\x55\xaa")
        file.write(header(zlib.crc32(header(0))))


def make_raw_data(device: str) -> None:
    """What has no signature, at the very end."""
    with open(device, "r+b") as file:
        file.seek(-5, os.SEEK_END)
        file.write(b"bytes")


HELD: dict[str, tuple[Callable[[str], object], str]] = {
    **({"xfs": (make_xfs, "holds xfs, not ext4. To mount it, set mounted_disk_file_system to xfs")} if XFS else {}),
    "ext2": (lambda device: run("mkfs.ext2", "-q", device), "holds ext2, not ext4. The disk is attached."),
    "swap": (lambda device: run("mkswap", device), "holds swap, not ext4."),
    "lvm": (make_lvm, "holds LVM2_member, not ext4."),
    "luks": (make_luks, "holds crypto_LUKS, not ext4."),
    "gpt": (make_gpt, "has a partition table (gpt)."),
    "dos": (make_dos, "has a partition table (dos)."),
    "raw": (make_raw_data, "has no file system, but data that blkid does not know, at its end."),
}


def test_what_a_disk_holds_is_never_overwritten(machines: Machines) -> None:
    for name, (fill, _words) in HELD.items():
        machines.add(name, fill)
    digests = {name: machines.guest.digest(f"{name}-data") for name in HELD}
    fstab = machines.guest.fstab.read_bytes()

    play = machines.play("--forks", "8", fails=True)

    assert play.failed == {name: [REFUSE_IN_GUEST] for name in HELD}
    assert [name for name, (_fill, words) in HELD.items() if words not in play.output] == []
    assert {name: machines.guest.digest(f"{name}-data") for name in HELD} == digests
    assert machines.guest.fstab.read_bytes() == fstab


def test_a_device_is_asked_once_more_before_a_file_system_is_made(machines: Machines) -> None:
    """What came since the first look: here blkid found nothing then."""
    machines.add("web", lambda device: run("mkfs.ext2", "-q", device))
    digest = machines.guest.digest("web-data")
    folder = machines.guest.home / "bin"
    folder.mkdir()
    (folder / "blkid").write_text(
        f'#!/bin/sh\n[ "$1" != -p ] || [ -e {folder}/asked ] || {{ touch {folder}/asked; exit 2; }}\n'
        'PATH=/usr/sbin:/sbin:/usr/bin exec blkid "$@"\n'
    )
    (folder / "cmp").write_text("#!/bin/sh\n")
    for file in folder.iterdir():
        file.chmod(0o755)
    machines.ansible.environment["PATH"] = f"{folder}:{machines.ansible.environment['PATH']}"

    play = machines.play(fails=True)

    assert play.failed == {"web": [MAKE]}
    assert "holds something by now, and was not changed" in play.output
    assert machines.guest.digest("web-data") == digest


def test_a_file_system_that_is_there_is_mounted(machines: Machines) -> None:
    """A line that names it by its UUID stays as it is, one that names it by what may change is replaced."""
    guest, uuid = machines.guest, "0b6c5a4e-2e43-4f5c-9d3e-6a3f5a7c1d2e"
    points = {
        "plain": machines.add("plain", make_xfs if XFS else make_ext4, file_system="xfs" if XFS else "ext4"),
        "uuid": machines.add("uuid", lambda device: run("mkfs.ext4", "-q", "-U", uuid, device)),
        "name": machines.add("name", make_ext4),
        # As after the growth of a disk by other means.
        "small": machines.add("small", lambda device: run("mkfs.ext4", "-q", device, "100M")),
    }
    kept = f"UUID={uuid}  {points['uuid']} ext4 defaults,nofail 0 0\n".encode()
    replaced = f"{guest.device('name-data')} {points['name']} ext4 defaults 0 2\n".encode()
    guest.fstab.write_bytes(replaced + kept)

    play = machines.play_twice()

    assert [MAKE in tasks for tasks in play.changed.values()] == [False] * 4
    assert play.changed["plain"] == [ATTACH, *MOUNT]
    assert play.changed["uuid"] == [ATTACH, *MOUNT[:2]]
    assert play.changed["small"][:-1] == [ATTACH, *MOUNT]
    assert blocks(guest.path(points["small"])) > 9 * BYTES_PER_GB
    lines = [machines.line("name"), kept, machines.line("plain", "xfs" if XFS else "ext4"), machines.line("small")]
    assert guest.fstab.read_bytes() == b"".join(lines)


def test_a_disk_is_known_by_its_wwn_and_waited_for(machines: Machines) -> None:
    """The guest has another disk of the same size. One disk comes late, and one only after the first run."""
    guest = machines.guest
    late, lost = machines.add("late"), machines.add("lost")
    machines.simulator.state.add_disk("other", size_in_gb=10, virtual_machine=f"late.{DOMAIN}", attachment="attached")
    make_raw_data(guest.device("other"))
    digest = guest.digest("other")
    guest.hidden |= {"late-data", "lost-data"}
    machines.variables["lost"]["mounted_disk_device_timeout"] = 1
    threading.Timer(12, guest.hidden.discard, ["late-data"]).start()
    machines.variables["late"]["mounted_disk_device_timeout"] = 60

    play = machines.play(fails=True)

    assert play.changed == {"late": [ATTACH, MAKE, *MOUNT], "lost": [ATTACH]}
    assert play.failed == {"lost": [REFUSE_IN_GUEST]}
    assert "The guest does not show the disk 'lost-data' as /dev/disk/by-id/wwn-0x" in play.output
    guest.hidden.clear()
    assert machines.play().changed == {"lost": [MAKE, *MOUNT]}
    assert [machines.mounted(point)[:5] for point in (late, lost)] == ["ext4 ", "ext4 "]
    assert guest.digest("other") == digest


def test_nothing_is_begun_where_the_mount_point_is_taken(machines: Machines) -> None:
    guest = machines.guest
    points = {name: machines.add(name) for name in ("mount", "line", "hidden", "file")}
    points["hidden"].mkdir(parents=True)
    (points["hidden"] / ".data").touch()
    points["file"].touch()
    points["mount"].mkdir()
    guest.run("mount", "-t", "tmpfs", "tmpfs", str(points["mount"]))
    guest.fstab.write_text(f"/dev/sdz1\t{points['line']}/ ext4 defaults 0 2\n", encoding="utf-8")

    play = machines.play(fails=True)

    assert play.failed == {name: [REFUSE] for name in points}
    for words in (
        f"Something else is mounted at {points['mount']}.",
        f"/etc/fstab has another device for {points['line']}: '/dev/sdz1",
        f"Nothing is mounted at {points['hidden']}, but {points['hidden']}/.data is there, and the mount",
        f"{points['file']} is not a directory.",
    ):
        assert words in play.output
    assert {request.method for request in machines.simulator.requests} == {"GET"}


def test_a_disk_has_one_mount_point_and_a_name_is_that_of_one_disk(machines: Machines) -> None:
    guest, first = machines.guest, machines.add("web")
    machines.play()
    before = guest.fstab.read_bytes()
    machines.variables["web"]["mounted_disk_path"] = f"{first}-2"
    assert f"is mounted at {first}. Unmount it, or set mounted_disk_path to that." in machines.play(fails=True).output

    assert f"is mounted at {first}. Unmount it there" in machines.play(fails=True, state="absent").output
    guest.run("umount", str(first))
    assert "/etc/fstab has another mount point for The disk" in machines.play(fails=True).output
    assert guest.fstab.read_bytes() == before

    machines.simulator.state.add_disk("web-data")
    assert "Several disks are named 'web-data': disk_" in machines.play(fails=True).output


def test_options_owner_and_mode_are_changed_while_it_is_mounted(machines: Machines) -> None:
    guest, point = machines.guest, machines.add("web")
    machines.play()

    options = "noatime,nofail"
    play = machines.play_twice(mount_options=options, owner="daemon", group="daemon", mode="2770")

    assert play.changed == {"web": [*MOUNT[1:], SET]}
    assert "noatime" in machines.mounted(point)
    assert guest.fstab.read_bytes().splitlines(keepends=True)[-1] == machines.line("web", options=options)
    status = guest.path(point).stat()
    assert (status.st_mode & 0o7777, status.st_uid, status.st_gid) == (0o2770, 1, 1)


def test_a_disk_in_use_is_not_taken_away(machines: Machines) -> None:
    guest, point = machines.guest, machines.add("web")
    machines.play()
    writes = [request for request in machines.simulator.requests if request.method != "GET"]
    fstab = guest.fstab.read_bytes()

    with (guest.path(point) / "data").open("wb"):
        play = machines.play(fails=True, state="absent", delete=True)

    assert play.failed == {"web": ["Stop if it cannot be unmounted"]}
    assert f"{point} cannot be unmounted: umount: {point}: target is busy. Nothing was changed" in play.output
    assert (guest.fstab.read_bytes(), machines.mounted(point)[:5]) == (fstab, "ext4 ")
    assert [request for request in machines.simulator.requests if request.method != "GET"] == writes

    # Nor is what the guest does not show, where something is mounted that may be on it.
    guest.hidden.add("web-data")
    play = machines.play(fails=True, state="absent")
    assert f"What is mounted at {point} may be on it." in play.output


def has_capability(number: int) -> bool:
    """Whether this process has it."""
    [held] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapEff")]
    return bool(int(held.split()[1], 16) >> number & 1)


@BOTH_KINDS
def test_a_file_system_grows_while_it_is_in_use(machines: Machines, kind: str) -> None:
    if kind == "ext4" and not has_capability(CAP_SYS_RESOURCE):
        pytest.skip("NO GROWTH OF A MOUNTED ext4: the kernel wants CAP_SYS_RESOURCE for that")
    inside = machines.guest.path(machines.add("web", file_system=kind))
    machines.play()
    before = blocks(inside)

    with (inside / "data").open("wb") as file:
        play = machines.play(size_in_gb=20)
        file.write(DATA)

    assert play.changed == {"web": [ATTACH, "Grow the file system while it is mounted"]}
    assert blocks(inside) - before > 8 * BYTES_PER_GB


def test_where_a_mounted_file_system_cannot_grow_it_is_unmounted_unless_it_is_in_use(machines: Machines) -> None:
    without = ("setpriv", "--bounding-set=-sys_resource")
    point = machines.add("web")
    inside = machines.guest.path(point)
    machines.play()
    before = blocks(inside)
    (inside / "data").write_bytes(DATA)

    with (inside / "data").open("rb"):
        play = machines.play(fails=True, within=without, size_in_gb=20)
    assert play.failed == {"web": ["Stop if something uses it"]}
    assert "It is mounted as before. End what uses it" in play.output
    assert blocks(inside) == before

    assert machines.play(within=without, size_in_gb=20).changed == {
        "web": ["Grow the file system while it is unmounted"]
    }
    assert blocks(inside) - before > 8 * BYTES_PER_GB
    assert (inside / "data").read_bytes() == DATA


def test_a_size_that_the_guest_does_not_show_is_a_failure(machines: Machines) -> None:
    inside = machines.guest.path(machines.add("web"))
    machines.play()
    before = blocks(inside)
    machines.guest.frozen.add("web-data")

    play = machines.play(fails=True, size_in_gb=20, device_timeout=1)
    assert "has 20 GB now, but after 1 seconds the guest still shows /dev/disk/by-id/wwn-0x" in play.output
    assert blocks(inside) == before

    machines.guest.frozen.clear()
    [[grow]] = machines.play(size_in_gb=20).changed.values()
    assert grow[:20] == "Grow the file system"


def test_the_example_mounts_the_disk_of_its_own_machine_only(machines: Machines) -> None:
    guest, web, db = machines.guest, f"web-01.{DOMAIN}", f"db-01.{DOMAIN}"
    for machine in (web, db):
        machines.simulator.state.add_vm(fqdn=machine, state="started")
    inventory = guest.home / "inventory"
    inventory.write_text(
        f"localhost ansible_connection=ssh\n[katapult_machines]\n{web}\n{db}\n"
        f"[katapult_machines:vars]\nansible_connection=local\nansible_python_interpreter={sys.executable}\n"
    )
    # The guest has the folders of this computer.
    guest.run("mount", "-t", "tmpfs", "tmpfs", "/srv")

    command = (
        "ansible-playbook",
        "-i",
        str(inventory),
        "--limit",
        web,
        str(COLLECTION / "examples" / "mounted_disk.yml"),
    )
    play = Play(machines.ansible.run(*guest.inside, *command))

    assert play.changed == {"web-01": [ATTACH, MAKE, *MOUNT]}
    assert machines.mounted(Path("/srv/data")).startswith("ext4 ")
    assert [disk.name for disk in machines.simulator.state.disks_in_use()] == ["web-01-data"]
