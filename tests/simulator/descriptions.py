# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a test describes what shall be there from the beginning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Optional, Union

from .models import Annotation

AnnotationsGiven = Union[Mapping[str, Optional[str]], Iterable[Mapping[str, Optional[str]]]]


@dataclass(frozen=True)
class DiskDescription:
    """A disk that is there.

    ``data_center`` and ``io_profile`` are ids or permalinks, ``virtual_machine`` is an id or fqdn. A boot disk with
    ``root_password`` has an installation that shows it. With ``settle_seconds``, a disk or attachment in transition
    becomes in that time what it is becoming. What is None is made up, but for bus_type and io_profile.
    """

    name: str
    size_in_gb: int = 20
    state: str = "built"
    data_center: str | None = None
    io_profile: str | None = "unrestricted"
    bus_type: str | None = "scsi"
    storage_speed: str = "nvme"
    virtual_machine: str | None = None
    attachment: str = "detached"
    attach_on_boot: bool = True
    boot: bool = False
    annotations: AnnotationsGiven = ()
    root_password: str | None = None
    settle_seconds: float | None = None
    id: str | None = None
    wwn: str | None = None
    created_at: int | None = None


@dataclass(frozen=True)
class MachineDescription:
    """A virtual machine that is there, with a boot disk where ``system_disk_gb`` is given."""

    fqdn: str
    state: str = "started"
    data_center: str | None = None
    root_password: str | None = None
    system_disk_gb: int | None = None
    id: str | None = None
    created_at: int | None = None


@dataclass(frozen=True)
class TaskDescription:
    """A task that is there, and stays as it is."""

    name: str
    status: str = "pending"
    progress: int = 0
    id: str | None = None
    created_at: int | None = None
    started_at: int | None = None
    finished_at: int | None = None


def annotation_pairs(given: AnnotationsGiven) -> list[Annotation]:
    """Return annotations, given as a mapping or as a list of {key, value}, as pairs."""
    if isinstance(given, Mapping):
        return list(given.items())
    return [(str(item["key"]), item.get("value")) for item in given]
