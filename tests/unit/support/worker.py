# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a module as Ansible's worker does in its own process: by the action plugin, with a task and a connection."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import connection_loader
from ansible.template import Templar
from ansible_collections.katapult.cloud.plugins.plugin_utils._action import KatapultAction

INTERNAL = "_ansible_"


def find_action(module: ModuleType) -> type[KatapultAction]:
    """The action plugin of a module."""
    found: type[KatapultAction] = import_module(module.__name__.replace(".modules.", ".action.")).ActionModule
    return found


def new_action(spec: Mapping[str, Any], act: Callable[..., Any]) -> type[KatapultAction]:
    """The action plugin of a module with these options that does `act`."""
    return type("ActionModule", (KatapultAction,), {"spec": spec, "act": staticmethod(act)})


def run_action(action: type[KatapultAction], arguments: Mapping[str, Any], **settings: Any) -> dict[str, Any]:
    """The result of the action plugin for a task with these arguments, and `settings` of the task.

    `arguments`: as Ansible hands them to a module, with those of its own.
    """
    task = Task()
    task.action = f"katapult.cloud.{action.__module__.rpartition('.')[2]}"
    task.args = {name: value for name, value in arguments.items() if not name.startswith(INTERNAL)}
    task.check_mode, task.diff = arguments["_ansible_check_mode"], arguments["_ansible_diff"]
    for name, value in settings.items():
        setattr(task, name, value)
    variables = {"ansible_inject_invocation": True}
    play_context, loader = PlayContext(), DataLoader()
    connection = connection_loader.get("local", play_context, os.devnull)
    templar = Templar(loader=loader, variables=variables)
    plugin = action(task, connection, play_context, loader, templar, None)
    result: dict[str, Any] = plugin.run(task_vars=variables)
    return result
