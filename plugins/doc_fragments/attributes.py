# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The attributes of the modules."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Predicts the result and the diff. Sends GET requests only.
    support: full
  diff_mode:
    description: Returns the options that were set, before and after the task.
    support: full
  action_group:
    description: Set common options once, in C(module_defaults).
    support: full
    membership: [katapult.cloud.all]
"""

    PROGRESS = r"""
options: {}
attributes:
  action:
    description: An action plugin shows the progress of waits with C(-v).
    support: full
"""

    # Named before katapult.cloud.attributes, of which it then replaces a part: what comes first wins.
    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    description: Sends GET requests only, with or without check mode.
    support: full
  diff_mode:
    description: Changes nothing, so there is no diff.
    support: none
"""
