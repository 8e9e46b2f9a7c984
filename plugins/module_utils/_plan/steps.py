# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps that change a disk: each one call of the API, and how to see that it has taken effect. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from .._api.models import ATTACHED, DETACHED, Disk, DiskCall, Lookup, annotation_pairs
from .._options.disk import ResizeMethod

Payload = Mapping[str, Any]
# What the object of a disk has of its I/O profile.
IO_PROFILE_KEYS = ("id", "name", "permalink", "speed_in_mb", "iops")


class UnsupportedChangeError(Exception):
    """An option can't be brought to what is wanted; the text says why, and what to do."""


class Phase(IntEnum):
    """The safe order of steps: what needs a detached disk stands between detach and attach.

    The I/O profile comes first: without an organization it can't be seen before whether there is such a profile.
    """

    IO_PROFILE = 1
    PROPERTIES = 2
    ASSIGN = 3
    POLICY = 4
    DETACH = 5
    SIZE = 6
    ATTACH = 7
    ANNOTATIONS = 8


@dataclass(frozen=True)
class Step:
    """One call that changes a disk, and how to see that it has taken effect.

    `effect` gives the disk's object after it. `caveat`: what may be the reason where the disk does not show it.
    """

    name: str
    phase: Phase
    call: DiskCall
    is_done: Callable[[Disk], bool]
    effect: Callable[[Payload], Payload]
    caveat: str = ""


def rename(name: str) -> Step:
    """PATCH /disks/disk with a name."""
    return _patch("rename", "rename the disk", {"name": name})


def set_bus_type(bus_type: str) -> Step:
    """PATCH /disks/disk with a bus."""
    return _patch("bus_type", "change the bus of the disk", {"bus_type": bus_type})


def annotate(annotations: Sequence[Mapping[str, str]]) -> Step:
    """PATCH /disks/disk with annotations. Whether the service replaces or merges them is not known."""
    pairs = annotation_pairs(annotations)
    body = {"properties": {}, "annotations": [dict(item) for item in annotations]}
    return Step(
        "annotations",
        Phase.ANNOTATIONS,
        DiskCall("PATCH", "/disks/disk", "annotate the disk", body),
        is_done=lambda disk: disk.annotations == pairs,
        effect=lambda payload: payload,
        caveat=" It may add to the annotations that a disk has, and not replace them.",
    )


def set_attach_on_boot(desired: bool) -> Step:
    """PATCH /disks/disk with what happens to the disk when its virtual machine starts."""
    return replace(
        _patch(
            "attach_on_boot",
            "set attach_on_boot of the disk",
            {"virtual_machine_disk": {"attach_on_boot": desired}},
        ),
        phase=Phase.POLICY,
        is_done=lambda disk: disk.attachment is not None and disk.attachment.attach_on_boot is desired,
        effect=_update_attachment(attach_on_boot=desired),
    )


def assign(virtual_machine: Lookup) -> Step:
    """POST /disks/disk/assign: the disk is detached after it, also on a running virtual machine."""
    tie = {
        "virtual_machine": virtual_machine.as_payload("id", "fqdn"),
        "attach_on_boot": True,
        "boot": False,
        "state": DETACHED,
    }
    return Step(
        "assign",
        Phase.ASSIGN,
        DiskCall("POST", "/disks/disk/assign", "assign the disk", {"virtual_machine": virtual_machine.as_body()}),
        is_done=lambda disk: disk.is_assigned_to(virtual_machine),
        effect=lambda payload: {**payload, "virtual_machine_disk": tie},
    )


def unassign() -> Step:
    """POST /disks/disk/unassign, of a detached disk."""
    return Step(
        "unassign",
        Phase.DETACH,
        DiskCall("POST", "/disks/disk/unassign", "unassign the disk"),
        is_done=lambda disk: disk.is_unassigned,
        effect=lambda payload: {**payload, "virtual_machine_disk": None},
    )


def attach() -> Step:
    """POST /disks/disk/attach, with the virtual machine running."""
    return Step(
        "attach",
        Phase.ATTACH,
        DiskCall("POST", "/disks/disk/attach", "attach the disk", has_task=True),
        is_done=lambda disk: disk.attachment is not None and disk.attachment.state == ATTACHED,
        effect=_update_attachment(state=ATTACHED),
    )


def detach() -> Step:
    """POST /disks/disk/detach. It undoes itself at the next start unless attach_on_boot is false."""
    return Step(
        "detach",
        Phase.DETACH,
        DiskCall("POST", "/disks/disk/detach", "detach the disk", has_task=True),
        is_done=lambda disk: disk.is_detached,
        effect=_update_attachment(state=DETACHED),
    )


def resize(size_in_gb: int, method: ResizeMethod, caveat: str = "") -> Step:
    """PUT /disks/disk/resize, with the method always given."""
    body = {"size_in_gb": size_in_gb, "resize_method": method.value}
    return Step(
        "resize",
        Phase.SIZE,
        DiskCall("PUT", "/disks/disk/resize", "resize the disk", body, has_task=True),
        is_done=lambda disk: disk.payload.get("size_in_gb") == size_in_gb,
        effect=lambda payload: {**payload, "size_in_gb": size_in_gb},
        caveat=caveat,
    )


def set_io_profile(io_profile: Lookup) -> Step:
    """PUT /disks/disk/io_profile."""
    body = {"io_profile": io_profile.as_body()}
    profile = io_profile.as_payload(*IO_PROFILE_KEYS)
    return Step(
        "io_profile",
        Phase.IO_PROFILE,
        DiskCall("PUT", "/disks/disk/io_profile", "change the I/O profile of the disk", body, has_task=True),
        is_done=lambda disk: io_profile.matches(disk.payload.get("io_profile")),
        effect=lambda payload: {**payload, "io_profile": profile},
    )


def get_new_size(step: Step) -> int | None:
    """The size in GB that the step resizes the disk to; None for any other step."""
    return step.call.body["size_in_gb"] if step.phase is Phase.SIZE else None


def release_steps(disk: Disk) -> tuple[Step, ...]:
    """The steps that take a disk from its virtual machine for good, in their order.

    Raises KatapultError if the answer about the disk leaves open where it is.
    """
    disk.require_machine()
    if disk.attachment is None:
        return ()
    keep_off = () if disk.attachment.attach_on_boot is False else (set_attach_on_boot(desired=False),)
    take_off = () if disk.is_detached else (detach(),)
    return (*keep_off, *take_off, unassign())


def _patch(name: str, action: str, properties: Mapping[str, Any]) -> Step:
    return Step(
        name,
        Phase.PROPERTIES,
        DiskCall("PATCH", "/disks/disk", action, {"properties": properties}),
        is_done=lambda disk: all(disk.payload.get(key) == value for key, value in properties.items()),
        effect=lambda payload: {**payload, **properties},
    )


def _update_attachment(**changes: Any) -> Callable[[Payload], Payload]:
    """An effect on the disk's place on its virtual machine."""

    def effect(payload: Payload) -> Payload:
        return {**payload, "virtual_machine_disk": {**(payload.get("virtual_machine_disk") or {}), **changes}}

    return effect
