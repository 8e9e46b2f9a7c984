# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ..modules.katapult_disk_backup_policy import SPEC, ensure
from ..plugin_utils._action import KatapultAction


class ActionModule(KatapultAction):
    """Run katapult_disk_backup_policy where Ansible runs, if that can be."""

    spec = SPEC
    act = staticmethod(ensure)
