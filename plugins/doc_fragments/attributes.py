# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The attributes of the collection's modules."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Predicts the result and its diff, and sends GET requests only.
    support: full
  diff_mode:
    description: Returns the options that were set, before and after.
    support: full
  action_group:
    description: Options can be set for all modules of the collection with C(module_defaults).
    support: full
    membership: [katapult.cloud.all]
  platform:
    description: Where the module runs.
    support: full
    platforms: posix
"""

    PROGRESS = r"""
options: {}
attributes:
  action:
    description: Has an action plugin, which shows with C(-v) how far a wait on the control node has come, and no more.
    support: full
"""

    # Named before katapult.cloud.attributes, of which it then replaces a part: what comes first wins.
    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    description: Sends GET requests only, in check mode as ever.
    support: full
  diff_mode:
    description: Changes nothing, so that there is nothing to compare.
    support: none
"""
