# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options of modules that wait."""

    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Whether to wait until what was asked for is done.
      - With V(false) the task returns as soon as the service has accepted it.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds that all waits of the task together may take, counted from the first.
      - Time spent on the service's rate limit is left out.
      - What the service has begun goes on after that. Running the task again waits on.
    type: int
    default: 600
"""
