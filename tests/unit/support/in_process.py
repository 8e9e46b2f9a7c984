# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a module in this process: arguments in as JSON, the result out as JSON."""

from __future__ import annotations

import gc
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings
from ansible_collections.katapult.cloud.plugins.module_utils._core.file_lock import LockDirectory
from ansible_collections.katapult.cloud.plugins.module_utils._module import context


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


def finished(module: ModuleType, arguments: Mapping[str, Any]) -> Finished:
    """The end of a module's run. Anything but one JSON object on its standard output is an error."""
    out, err = _Written(), _Written()
    with _handed_over(arguments), redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        module.main()
    result = json.loads(out.text(), parse_constant=_refuse)
    assert isinstance(result, dict)
    return Finished(result, out.text() + err.text(), ended.value.code)


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
    """The one place that patches: ansible-core has no other way to hand a module its arguments in process.

    Nor has a module a way to be told of another place for its locks than that which all tasks of the user share.
    """
    text = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
    with _alone(), ExitStack() as patches:
        locks = [LockDirectory(patches.enter_context(TemporaryDirectory()))]
        patches.enter_context(mock.patch.object(context, "lock_directories", return_value=locks))
        patches.enter_context(mock.patch.object(basic, "_ANSIBLE_ARGS", text))
        for name in ("_global_warnings", "_global_deprecations"):
            # They last as long as a process.
            patches.enter_context(mock.patch.object(warnings, name, type(getattr(warnings, name))()))
        if hasattr(basic, "_ANSIBLE_PROFILE"):
            patches.enter_context(mock.patch.object(basic, "_ANSIBLE_PROFILE", "legacy"))
        yield


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
