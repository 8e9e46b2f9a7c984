# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The attributes of the modules."""

    DOCUMENTATION = r"""
options: {}
attributes:
  action:
    description:
      - On the control node, the task runs in Ansible's process, and C(-v) shows the progress of its waits.
      - Otherwise, a module process is started, as the guide to
        R(where tasks run, ansible_collections.katapult.cloud.docsite.guide_where_tasks_run) explains.
    support: full
  async:
    description: An asynchronous task runs as a module process, and shows no progress.
    support: full
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
