# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules within Ansible's own process, where the task runs on the control node anyway."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any

from ansible import constants
from ansible.module_utils.common.text.converters import to_text
from ansible.plugins.action import ActionBase
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.release import __version__ as ansible_version
from ansible.utils.display import Display
from ansible.utils.unsafe_proxy import wrap_var

from ..module_utils._api.transport import SessionPool
from ..module_utils._core.clock import Clock
from ..module_utils._module.masking import Mask
from ..module_utils._module.run import ModuleRun, Result
from ._options import check_options
from ._placement import UnusableTaskError, find_reason_for_module
from ._progress import ProgressDisplay

# A module imports these when it needs them. Here they are compiled once, before Ansible starts a worker for each task.
for _name in ("absent", "assignment", "backup", "create", "change", "limits", "present", "trash"):
    import_module(f"..module_utils._reconcile.{_name}", __package__)

display = Display()
# For all items of a loop, which one worker does. Workers are forked from a process that sends no request.
_sessions = SessionPool()


class KatapultAction(NormalAction):
    """Runs a module of the collection in this process, or as Ansible does where that can't be or is not wanted.

    `spec` and `act` are the module's own.
    """

    spec: Mapping[str, Any]
    act: Callable[[ModuleRun], Result]

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's result."""
        try:
            return self._run_where_it_can(tmp, task_vars or {})
        except UnusableTaskError as problem:
            return {"failed": True, "msg": str(problem)}

    def _run_where_it_can(self, tmp: str | None, variables: dict[str, Any]) -> dict[str, Any]:
        reason = find_reason_for_module(self._task, self._connection, self._templar, variables)
        where = "in Ansible's process" if reason is None else f"as a module process, because {reason}"
        display.vvv(f"{self._task.action} runs {where}.", host=variables.get("inventory_hostname"))
        result: dict[str, Any]
        if reason is not None:
            result = NormalAction.run(self, tmp, variables)
            return result
        result = ActionBase.run(self, tmp, variables)
        with _variables_set(self._read_environment()):
            result.update(self._run_here(variables))
        return result

    def _read_environment(self) -> dict[str, str]:
        """The variables of `environment`; what is set further in goes before."""
        merged: dict[str, str] = {}
        given = self._task.environment
        for variables in given if isinstance(given, list) else [given]:
            read = self._templar.template(variables) if variables else {}
            if not isinstance(read, Mapping):
                raise UnusableTaskError(f"environment must be a dictionary, received {read} ({type(read)})")
            merged.update({str(name): to_text(value, nonstring="simplerepr") for name, value in read.items()})
        return merged

    def _run_here(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        checked = check_options(self._task.args, self.spec, os.environ, f"({self._task.action}) module")
        host = _Worker(checked.mask, checked.params if _wants_invocation(variables) else None)
        if display.verbosity >= 1 and not self._task.no_log:
            several = len(variables.get("ansible_play_batch", [])) > 1
            show = partial(display.v, host=variables.get("inventory_hostname") if several else None)
            host.progress = ProgressDisplay(show, Clock())
        for warning in checked.warnings:
            host.warn(warning)
        if checked.problem is not None:
            return host.finish({"failed": True, "msg": checked.problem})
        run = ModuleRun(
            host,
            self._task.action.rpartition(".")[2],
            checked.params,
            self._task.check_mode,
            self._task.diff,
            os.environ,
            ansible_version,
            checked.mask,
            checked.variables,
            _sessions,
        )
        return run.perform(type(self).act) if checked.error is None else run.fail(checked.error)


class _Worker:
    """Ansible's worker as the place where a module runs."""

    def __init__(self, mask: Mask, params: Mapping[str, Any] | None) -> None:
        """`params`: the options to return with the result."""
        self.progress: ProgressDisplay | None = None
        self._mask = mask
        self._invocation = {} if params is None else {"invocation": {"module_args": params}}
        self._warnings: dict[str, None] = {}

    def warn(self, warning: str) -> None:
        """Show a warning with the result."""
        self._warnings[warning] = None

    def show_progress(self, text: str, *, always: bool) -> None:
        """Show how far a wait has come with -v."""
        if self.progress is not None:
            self.progress.tell(text, always=always)

    def finish(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """The result as Ansible has it of a module: masked, of plain JSON values, none of which is a template."""
        masked = self._mask.hide_in_result({**self._invocation, **result})
        if self._warnings:
            masked["warnings"] = list(self._warnings)
        as_sent: dict[str, Any] = wrap_var(json.loads(json.dumps(masked)))
        return as_sent


@contextmanager
def _variables_set(variables: Mapping[str, str]) -> Iterator[None]:
    """Within this context the environment has these variables too, for proxies and fallbacks as well."""
    before = {name: os.environ.get(name) for name in variables}
    try:
        try:
            os.environ.update(variables)
        except (OSError, ValueError) as error:
            raise UnusableTaskError(f"environment cannot be set: {error}") from error
        yield
    finally:
        for name, value in before.items():
            if value is not None:
                os.environ[name] = value
            elif name in os.environ:
                del os.environ[name]


def _wants_invocation(variables: Mapping[str, Any]) -> bool:
    """Before 2.21 a result always has it."""
    name = "INJECT_INVOCATION"
    known = constants.config.get_configuration_definitions()
    return name not in known or bool(constants.config.get_config_value(name, variables=dict(variables)))
