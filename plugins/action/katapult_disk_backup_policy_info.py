# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ..modules.katapult_disk_backup_policy_info import SPEC, backup_policies
from ..plugin_utils._action import KatapultAction


class ActionModule(KatapultAction):
    """Run katapult_disk_backup_policy_info where Ansible runs, if that can be."""

    spec = SPEC
    act = staticmethod(backup_policies)
