# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""With -v, what a module tells while it waits is shown: a module can't print, an action plugin can."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

from ansible import constants
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

from ..module_utils._module.progress_file import PROGRESS_FILE
from ._follow import can_be_followed, followed

display = Display()


class ProgressAction(NormalAction):
    """Runs the module of its name as Ansible does without an action plugin, and shows the progress of its waits."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's result, unchanged."""
        with ExitStack() as held:
            if can_be_followed(display.verbosity, self._task, self._connection):
                with suppress(OSError, RuntimeError):
                    self._follow(held, task_vars or {})
            result: dict[str, Any] = NormalAction.run(self, tmp, task_vars)
        return result

    def _follow(self, held: ExitStack, task_vars: dict[str, Any]) -> None:
        several = len(task_vars.get("ansible_play_batch", [])) > 1
        show = partial(display.v, host=task_vars.get("inventory_hostname") if several else None)
        # Ansible removes this folder when it ends, however it ends; its constants are made at run time.
        path = held.enter_context(followed(vars(constants)["DEFAULT_LOCAL_TMP"], show))
        before = self._task.environment
        held.callback(setattr, self._task, "environment", before)
        self._task.environment = [*(before if isinstance(before, list) else [before]), {PROGRESS_FILE: path}]
