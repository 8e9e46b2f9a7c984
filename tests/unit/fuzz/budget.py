# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far hypothesis looks for odd input: always the same examples, or for long, elsewhere each time, by hand."""

from __future__ import annotations

import os

from ansible_collections.katapult.cloud.tests.unit.support.in_process import WAYS
from hypothesis import HealthCheck, settings

LONGER = int(os.environ.get("KATAPULT_ODD_EXAMPLES", "0"))


def budget(examples: int) -> settings:
    """So many examples on all ways together, the same in every run; with KATAPULT_ODD_EXAMPLES that many new ones."""
    return settings(
        max_examples=LONGER or examples // len(WAYS),
        derandomize=not LONGER,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
