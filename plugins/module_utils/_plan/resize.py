# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a disk can be resized, and by which method. Pure."""

from __future__ import annotations

from .._api.models import FAILED, Disk
from .._options.desired import DesiredDisk, ResizeMethod
from .steps import Step, UnsupportedChangeError, resize

UNSHRUNK = (
    " The service completes a shrink without an effect if there is nothing on the disk that it can shrink: a blank "
    "disk, XFS, or a file system that needs the space."
)


def plan_resize(disk: Disk, desired: DesiredDisk, size_in_gb: int) -> tuple[Step, ...]:
    """The resize to `size_in_gb`. Raises RefusedError.

    A disk grows online while it is attached and offline while it is detached, and shrinks offline only.
    """
    disk.require_machine()
    current = disk.size_in_gb
    detached = disk.is_detached or _is_to_be_detached(desired)
    if not detached and disk.attachment is not None and disk.attachment.state == FAILED:
        raise UnsupportedChangeError(
            "its attachment has failed: detach it first, with virtual_machine_disk.attach=false"
        )
    method = ResizeMethod.OFFLINE if detached else ResizeMethod.ONLINE
    if size_in_gb < current:
        _check_shrink(disk, desired, detached=detached)
        return (resize(size_in_gb, method, UNSHRUNK),)
    if desired.resize_method not in (ResizeMethod.AUTO, method):
        raise UnsupportedChangeError(
            f"{'a detached' if detached else 'an attached'} disk grows {method.value}: set resize_method to auto, or "
            f"{'attach' if detached else 'detach'} the disk first"
        )
    return (resize(size_in_gb, method),)


def _check_shrink(disk: Disk, desired: DesiredDisk, *, detached: bool) -> None:
    if not desired.allow_shrink:
        raise UnsupportedChangeError(
            "a disk that is made smaller loses what is beyond its new end: shrink its file system first (ext4 can be "
            "shrunk, xfs can't), then set allow_shrink=true"
        )
    if not detached:
        remedy = "stop its virtual machine" if disk.is_boot_disk else "set virtual_machine_disk.attach=false"
        raise UnsupportedChangeError(f"a disk is made smaller while it is detached only: {remedy}")
    if desired.resize_method is ResizeMethod.ONLINE:
        raise UnsupportedChangeError("a disk is made smaller offline only: set resize_method to auto or offline")


def _is_to_be_detached(desired: DesiredDisk) -> bool:
    return desired.assignment is not None and desired.assignment.attach is False
