# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be configured in the simulated service."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

TaskKind = Literal["build", "grow", "shrink", "attach", "detach", "io_profile", "purge", "start", "stop"]


@dataclass
class Settings:
    """Durations in seconds, limits, and a side for each question that the API's documents leave open."""

    build_seconds: float = 0.2
    attach_seconds: float = 0.2
    detach_seconds: float = 0.2
    resize_seconds: float = 0.2
    io_profile_seconds: float = 0.2
    purge_seconds: float = 0.2
    power_seconds: float = 0.2
    pending_share: float = 0.1
    """The part of a task's time in which it is pending."""
    latency: float = 0.0
    """Added to every answer."""
    fail_builds: bool = False
    fail_tasks: list[TaskKind] = field(default_factory=list)
    """Kinds of tasks that fail."""
    failing_names: list[str] = field(default_factory=lambda: ["fail-build"])
    """A disk whose name contains one of these fails to build."""
    rate_limit: int | None = None
    """Requests per clock minute; None tells of a limit of 1000 that is never reached."""
    total_rows_limit: int = 1000
    """A list with more rows is a large set, whose totals are null."""
    max_per_page: int = 200
    enforce_policy: bool = False
    """Whether disks are refused that are beyond the organization's policy."""
    trash_counts: bool = True
    """Whether what is in the trash counts as used: it can be restored, so it still takes space."""
    no_limit: int | None = None
    """What the policy shows for a limit that is none."""
    thin_targets: bool = False
    """Whether a backup policy shows only id and name of what it is for, or all of it."""
    trash_detail: bool = True
    """Whether object_in_trash tells the trash object."""
    wrap_errors: bool = True
    attach_to_stopped_fails: bool = False
    """Whether the attach task fails on a stopped virtual machine, or completes and leaves the disk detached."""
    assign_again_allowed: bool = False
    """Whether assigning a disk to the virtual machine it has is a 200, or a 422."""
    merge_annotations: bool = False
    """Whether PATCH adds to the annotations, or replaces them."""
    build_covers_attach: bool = False
    """Whether the build task of a disk created with attach ends only when the disk is attached."""

    def update(self, values: Mapping[str, Any]) -> None:
        """Set the values named; a name that is not a setting raises ValueError."""
        known = {item.name for item in dataclasses.fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"there is no setting {name!r}")
            setattr(self, name, value)
