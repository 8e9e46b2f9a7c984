# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a task runs, and why."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
import requests
from ansible import constants, template
from ansible.parsing.dataloader import DataLoader
from ansible_collections.katapult.cloud.plugins.module_utils._api import transport
from ansible_collections.katapult.cloud.plugins.plugin_utils._placement import UnusableTaskError, find_reason_for_module

OTHER = "/opt/other/bin/python3"


def reason(variables: dict[str, Any] | None = None, **otherwise: Any) -> str | None:
    """Why a task does not run in this process: one that could, but for `otherwise` of the task and its connection."""
    usual = {"transport": "local", "become": None, "async_val": 0, "delegate_to": None}
    case = SimpleNamespace(**{**usual, **otherwise})
    given = variables or {}
    return find_reason_for_module(case, case, template.Templar(loader=DataLoader(), variables=given), given)


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"ansible_python_interpreter": sys.executable},
        {"ansible_python_interpreter": "auto_silent"},
        {"ansible_python_interpreter": "auto"},
        {"ansible_python_interpreter": ""},
        {"ansible_python_interpreter": f"{os.path.dirname(sys.executable)}/../bin/{os.path.basename(sys.executable)}"},
        {"katapult_in_process": True},
        {"katapult_in_process": "yes"},
        {"katapult_in_process": ""},
        {"katapult_in_process": None},
    ],
    ids=str,
)
def test_a_local_task_runs_in_ansible_s_process(variables: dict[str, Any]) -> None:
    assert reason(variables) is None


@pytest.mark.parametrize(
    ("variables", "otherwise", "words"),
    [
        ({}, {"transport": "ssh"}, "its connection is ssh"),
        ({}, {"become": object()}, "it becomes another user"),
        ({}, {"async_val": 60}, "it is asynchronous"),
        ({"katapult_in_process": False}, {}, "katapult_in_process is false"),
        ({"katapult_in_process": "no"}, {}, "katapult_in_process is false"),
        ({"ansible_python_interpreter": OTHER}, {}, f"ansible_python_interpreter is {OTHER}"),
        ({"ansible_python_interpreter": "/usr/bin/env python3"}, {}, "ansible_python_interpreter is /usr/bin/env"),
    ],
    ids=["ssh", "become", "async", "false", "no", "other python", "env"],
)
def test_what_cannot_or_shall_not_runs_as_a_module(
    variables: dict[str, Any], otherwise: dict[str, Any], words: str
) -> None:
    assert words in str(reason(variables, **otherwise))


def test_templates_are_read() -> None:
    variables = {"ansible_python_interpreter": "{{ python }}", "katapult_in_process": "{{ wanted }}"}
    templar = template.Templar(loader=DataLoader(), variables={"python": OTHER, "wanted": "no"})
    case = SimpleNamespace(transport="local", become=None, async_val=0, delegate_to=None)
    # Since 2.19 a text of a playbook is marked as one, and no other text is a template.
    trust = getattr(template, "trust_as_template", str)
    trusted = {name: trust(text) for name, text in variables.items()}

    assert find_reason_for_module(case, case, templar, trusted) == "katapult_in_process is false"
    del trusted["katapult_in_process"]
    assert OTHER in str(find_reason_for_module(case, case, templar, trusted))


def test_a_delegated_task_asks_the_host_that_it_runs_on() -> None:
    delegated = {"ansible_delegated_vars": {"localhost": {"ansible_python_interpreter": OTHER}}}

    assert OTHER in str(reason({"ansible_python_interpreter": sys.executable, **delegated}, delegate_to="localhost"))
    assert reason({"ansible_python_interpreter": OTHER, **delegated}) is not None
    delegated["ansible_delegated_vars"]["localhost"] = {}
    assert reason({"ansible_python_interpreter": OTHER, **delegated}, delegate_to="localhost") is None


def test_the_setting_of_ansible_counts_as_the_variable_does() -> None:
    with mock.patch.object(constants.config, "get_config_value", return_value=OTHER):
        assert OTHER in str(reason())


def test_a_python_of_another_environment_is_another(tmp_path: Path) -> None:
    """Both are links to one program, but each has packages of its own."""
    other = tmp_path / "bin" / "python3"
    other.parent.mkdir()
    other.symlink_to(os.path.realpath(sys.executable))

    assert reason({"ansible_python_interpreter": str(other)}) is not None


@pytest.mark.parametrize("value", ["maybe", "2", [], 5], ids=str)
def test_a_variable_that_is_neither_true_nor_false_is_refused(value: Any) -> None:
    with pytest.raises(UnusableTaskError, match=r"katapult_in_process is .*Give true or false"):
        reason({"katapult_in_process": value})


def test_without_requests_the_module_runs() -> None:
    with mock.patch.object(transport, "REQUESTS_IMPORT_ERROR", "Traceback"):
        assert reason() == "the Python package requests cannot be imported"


@pytest.mark.parametrize(
    ("version", "is_usable"),
    [("2.24.0", False), ("2.25.0", False), ("2.25.1", True), ("2.32.4", True), ("3.0", True), ("2.9.2", False)],
)
def test_requests_must_be_new_enough(version: str, is_usable: bool) -> None:
    with mock.patch.object(requests, "__version__", version):
        assert (reason() is None) is is_usable
