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
      - With V(false) the task ends as soon as the service has accepted it.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds that all waits of the task may take together, counted from the beginning of the first.
      - Time spent on the service's rate limit does not count.
      - After a time-out the service goes on with what it has begun. Running the task again goes on waiting for it.
    type: int
    default: 600
"""
