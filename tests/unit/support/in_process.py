# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a module in this process, on either way that Ansible runs it: options in as JSON, the result out as JSON."""

from __future__ import annotations

import gc
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal
from unittest import mock

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings
from ansible_collections.katapult.cloud.plugins.module_utils._core.file_lock import LockDirectory
from ansible_collections.katapult.cloud.plugins.module_utils._module import context

if TYPE_CHECKING:
    from ansible_collections.katapult.cloud.plugins.plugin_utils._action import KatapultAction

# As a module, whose process this one is then, or in Ansible's process.
Way = Literal["module", "action"]
try:
    from ansible_collections.katapult.cloud.tests.unit.support import worker
except (ImportError, SyntaxError, TypeError):
    # Where modules alone run: ansible-test gives their tests no more of ansible-core, and some Pythons are too old.
    WAYS: tuple[Way, ...] = ("module",)
else:
    WAYS = ("module", "action")


@dataclass
class Finished:
    """The end of a run: its result, and all that it wrote."""

    result: dict[str, Any]
    output: str
    status: object

    def __getitem__(self, key: str) -> Any:
        return self.result[key]


class _Written(io.TextIOWrapper):
    """A stream that takes what a pipe takes, and no more: text that is no UTF-8 is an error."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, encoding="utf-8")

    def text(self) -> str:
        self.flush()
        return self._bytes.getvalue().decode()


def finished(module: ModuleType, arguments: Mapping[str, Any], way: Way = "module") -> Finished:
    """The end of a module's run. Anything but one JSON object as its result is an error.

    `arguments`: as Ansible hands them to a module, with those of its own.
    """
    if way == "module":
        return finished_module(module.main, arguments)
    return finished_action(worker.find_action(module), arguments)


def finished_module(main: Callable[[], object], arguments: Mapping[str, Any]) -> Finished:
    """The end of a run in a process of its own, which begins with `main`."""
    out, err = _Written(), _Written()
    with _handed_over(arguments), redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main()
    result = json.loads(out.text(), parse_constant=_refuse)
    assert isinstance(result, dict)
    return Finished(result, out.text() + err.text(), ended.value.code)


def finished_action(action: type[KatapultAction], arguments: Mapping[str, Any]) -> Finished:
    """The end of a run in Ansible's process."""
    out, err = _Written(), _Written()
    with _alone(), _own_locks(), new_connections(), redirect_stdout(out), redirect_stderr(err):
        returned = worker.run_action(action, arguments)
    assert out.text() == ""
    text = json.dumps(returned)
    result = json.loads(text, parse_constant=_refuse)
    assert isinstance(result, dict)
    return Finished(result, text + err.text(), int(bool(result.get("failed"))))


@contextmanager
def _alone() -> Iterator[None]:
    """Nothing that earlier tests left is ended within this context, as nothing is left in a module's own process.

    JSON nested without end is read as deep as the stack goes. A finalizer that is called there fails, on stderr.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def _handed_over(arguments: Mapping[str, Any]) -> Iterator[None]:
    """ansible-core has no other way to hand a module its arguments in process than to patch it."""
    text = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
    with _alone(), _own_locks(), ExitStack() as patches:
        patches.enter_context(mock.patch.object(basic, "_ANSIBLE_ARGS", text))
        for name in ("_global_warnings", "_global_deprecations"):
            # They last as long as a process.
            patches.enter_context(mock.patch.object(warnings, name, type(getattr(warnings, name))()))
        if hasattr(basic, "_ANSIBLE_PROFILE"):
            patches.enter_context(mock.patch.object(basic, "_ANSIBLE_PROFILE", "legacy"))
            # Since 2.19 module_utils know whether they are in Ansible's process, as action plugins are.
            internal = import_module("ansible.module_utils._internal")
            patches.enter_context(mock.patch.object(internal, "is_controller", new=False))
            patches.enter_context(mock.patch.object(internal, "import_controller_module", return_value=None))
        yield


@contextmanager
def new_connections() -> Iterator[None]:
    """Within this context the action plugins keep no connection from before, as a worker of Ansible has none."""
    plugins = "ansible_collections.katapult.cloud.plugins"
    pool = import_module(f"{plugins}.module_utils._api.transport").SessionPool()
    with mock.patch.object(import_module(f"{plugins}.plugin_utils._action"), "_sessions", pool):
        yield


@contextmanager
def _own_locks() -> Iterator[None]:
    """A module has no way to be told of another place for its locks than that which all tasks of the user share."""
    with TemporaryDirectory() as folder, mock.patch.object(context, "lock_directories") as directories:
        directories.return_value = [LockDirectory(folder)]
        yield


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
