# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the action plugins make of a task before the module's own code runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.katapult.cloud.plugins.module_utils._module.connection import connection_spec
from ansible_collections.katapult.cloud.plugins.module_utils._module.run import ModuleRun
from ansible_collections.katapult.cloud.plugins.plugin_utils import _action
from ansible_collections.katapult.cloud.tests.unit.support.worker import new_action, run_action

SPEC = {"argument_spec": {**connection_spec(), "given": {"type": "raw"}}}
TASK = {"api_token": "any-token", "_ansible_check_mode": False, "_ansible_diff": False}


class Seen(NamedTuple):
    """What a run saw of its surroundings."""

    given: Any
    variables: Mapping[str, str]

    def as_result(self, *, with_diff: bool) -> dict[str, Any]:
        del with_diff
        return {"given": self.given, "variables": self.variables}


def look(run: ModuleRun) -> Seen:
    names = [name for name in run.environment if name.startswith("KATAPULT_")]
    return Seen(run.params["given"], {name: run.environment[name] for name in names})


def result_of(given: Any = None, **settings: Any) -> dict[str, Any]:
    return run_action(new_action(SPEC, look), {**TASK, "given": given}, **settings)


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("KATAPULT_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ([], {}),
        ([{"KATAPULT_A": "1"}, {"KATAPULT_A": "2", "KATAPULT_B": ""}], {"KATAPULT_A": "2", "KATAPULT_B": ""}),
        ([{"KATAPULT_A": 5}, None, {"KATAPULT_B": True}], {"KATAPULT_A": "5", "KATAPULT_B": "True"}),
        ({"KATAPULT_A": "1"}, {"KATAPULT_A": "1"}),
    ],
    ids=["none", "the inner one counts", "as text", "alone"],
)
def test_the_environment_of_a_task_is_set_and_leaves_nothing_behind(environment: Any, expected: Any) -> None:
    before = dict(os.environ)

    assert result_of(environment=environment)["variables"] == expected
    assert dict(os.environ) == before


def test_a_variable_that_was_there_is_there_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KATAPULT_A", "outside")

    assert result_of(environment=[{"KATAPULT_A": "inside"}])["variables"] == {"KATAPULT_A": "inside"}
    assert os.environ["KATAPULT_A"] == "outside"


@pytest.mark.parametrize(
    "environment", [{"KATAPULT=A": "1"}, {"KATAPULT_A": "a\0b"}, {"": "1"}, [["KATAPULT_A"]]], ids=str
)
def test_an_environment_that_cannot_be_set_is_a_failure(environment: Any) -> None:
    before = dict(os.environ)
    result = result_of(environment=environment)

    assert result["failed"] is True
    assert result["msg"].startswith("environment ")
    assert "exception" not in result
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({"a": (1, 2)}, {"a": [1, 2]}),
        ({1: None}, {"1": None}),
        (date(2026, 1, 2), "2026-01-02"),
        ({"only"}, ["only"]),
        (2**70, 2**70),
    ],
    ids=["tuple", "number as key", "date", "set", "large"],
)
def test_options_are_as_json_has_them(given: Any, seen: Any) -> None:
    assert result_of(given)["given"] == seen


def test_binary_data_is_refused() -> None:
    result = result_of([b"data"])

    assert (result["failed"], result["msg"]) == (True, "An option is binary data, as with !!binary. Give text.")


def test_a_result_holds_no_template() -> None:
    """Before 2.19 a text is a template unless it is marked as unsafe."""
    text = result_of("{{ 7 * 7 }}")["given"]

    assert Templar(loader=DataLoader(), variables={}).template(text) == text == "{{ 7 * 7 }}"


@pytest.mark.parametrize("token", ["\0any-secret\udce9", "any-secret\U0006ba35\x80_"], ids=ascii)
def test_a_token_that_is_no_usable_text_is_hidden_in_each_form(token: str) -> None:
    arguments = {**TASK, "api_token": token, "given": "a", "api_timeout": {"not": "a number"}}
    result = run_action(new_action(SPEC, look), arguments)

    assert result["failed"] is True
    assert "any-secret" not in ascii(result)


@pytest.mark.parametrize(
    ("verbosity", "no_log", "shown"),
    [(1, False, ["is running"]), (0, False, []), (1, True, [])],
    ids=["-v", "without", "no_log"],
)
def test_progress_is_shown_with_v_but_not_with_no_log(
    monkeypatch: pytest.MonkeyPatch, verbosity: int, no_log: bool, shown: list[str]
) -> None:
    told: list[str] = []
    monkeypatch.setattr(_action.display, "verbosity", verbosity)
    monkeypatch.setattr(_action.display, "v", lambda text, **_host: told.append(text))

    def act(run: ModuleRun) -> Seen:
        run.report_progress("is running", always=True)
        return Seen(None, {})

    run_action(new_action(SPEC, act), TASK, no_log=no_log)

    assert [line.partition(": ")[2] for line in told] == shown
