# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What disks take of an organization's limits, and what seems to be too much. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .._api.models import DiskLimits
from .._core.errors import MAX_SENTENCE, join_some, truncate
from .plan import Growth

# Disks in a warning.
MAX_NAMED = 5
REASONS = "reasons_for_disallowing_resource_creation"


def find_limit_problems(growths: Sequence[Growth], limits: DiskLimits) -> Iterator[str]:
    """Sentences about what exceeds the limits of an organization."""
    added, left = sum(growth.added for growth in growths), limits.left
    if left is not None and added > left:
        one = growths[0] if len(growths) == 1 else None
        what = f"The disk '{one.label}' needs" if one else f"{len(growths)} disks need"
        more = " more" if one and not one.is_new else ""
        yield f"{what} {added:,} GB{more}, and {left:,} of {limits.space:,} GB are left."
    smallest, largest = limits.minimum_size, limits.maximum_size
    if smallest is not None:
        yield from _tell_sizes((one for one in growths if one.size < smallest), f"at least {smallest:,} GB")
    if largest is not None:
        yield from _tell_sizes((one for one in growths if one.size > largest), f"at most {largest:,} GB")


def find_refusals(growths: Iterable[Growth], policy: Mapping[str, Any]) -> Iterator[str]:
    """A sentence with the reasons for which the organization may create nothing, if anything is created."""
    told = policy.get(REASONS)
    reasons = [str(reason) for reason in told if reason] if isinstance(told, list) else []
    if reasons and any(growth.is_new for growth in growths):
        listed = "; ".join(truncate(reason, MAX_SENTENCE).rstrip(".") for reason in reasons)
        yield f"It may not create resources: {listed}."


def _tell_sizes(unfit: Iterable[Growth], permitted: str) -> Iterator[str]:
    named = [f"'{growth.label}' ({growth.size:,} GB)" for growth in unfit]
    if named:
        yield f"A disk may have {permitted}, unlike {join_some(named, MAX_NAMED)}."
