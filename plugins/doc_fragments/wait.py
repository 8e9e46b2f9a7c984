# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options of modules that wait."""

    DOCUMENTATION = r"""
options:
  wait:
    description: Wait for the result. With V(false), the task ends once the API has accepted the change.
    type: bool
    default: true
  wait_timeout:
    description: >-
      Seconds from the first wait to the last, excluding rate limit pauses. A timeout does not cancel the operation. Run
      the task again to keep waiting.
    type: int
    default: 600
"""
