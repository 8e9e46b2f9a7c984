# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a task of the collection runs: in Ansible's own process, or as a module of its own."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from typing import Any

from ansible import constants
from ansible.module_utils.parsing.convert_bool import boolean

from ..module_utils._api.transport import find_requests_problem

VARIABLE = "katapult_in_process"


class UnusableTaskError(Exception):
    """A keyword or variable of the task can't be used; the text says what to do."""


def find_reason_for_module(task: Any, connection: Any, templar: Any, variables: Mapping[str, Any]) -> str | None:
    """Why the task can't or shall not run in this process, None if it runs here.

    Raises UnusableTaskError if the variable that decides is neither true nor false.
    """
    if not _is_wanted(templar, variables):
        return f"{VARIABLE} is false"
    if connection.transport != "local":
        return f"its connection is {connection.transport}"
    if connection.become:
        return "it becomes another user"
    if task.async_val:
        return "it is asynchronous"
    host = variables.get("ansible_delegated_vars", {}).get(task.delegate_to, {}) if task.delegate_to else variables
    python = _read_interpreter(templar, host)
    if python is not None and not _is_this_python(python):
        return f"ansible_python_interpreter is {python}, and Ansible runs with {sys.executable}"
    return find_requests_problem()


def _is_wanted(templar: Any, variables: Mapping[str, Any]) -> bool:
    given = templar.template(variables.get(VARIABLE, True))
    if given is None or given == "":
        # As from a field of a survey that was left empty.
        return True
    try:
        wanted: bool = boolean(given)
    except TypeError:
        raise UnusableTaskError(f"{VARIABLE} is {given!r}. Give true or false.") from None
    return wanted


def _read_interpreter(templar: Any, variables: Mapping[str, Any]) -> str | None:
    """The Python that the user has set for the host, None if Ansible is to find one."""
    given = constants.config.get_config_value("INTERPRETER_PYTHON", variables=dict(variables))
    python = str(templar.template(given) or "").strip()
    return None if python.partition("_")[0] in ("", "auto") else python


def _is_this_python(python: str) -> bool:
    """Whether that is the Python of this process; that of a virtual environment is another than what it links to."""
    path = shutil.which(python) or python
    return (os.path.realpath(os.path.dirname(path)), os.path.realpath(path)) == (
        os.path.realpath(os.path.dirname(sys.executable)),
        os.path.realpath(sys.executable),
    )
