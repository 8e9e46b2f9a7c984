# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What really reaches a module where a template leaves something odd, or nothing: run by ansible-playbook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.unit.support.commands import PLAY, Ansible

NEW = {"name": "data-01", "size_in_gb": 20, "data_center": "uk-lon-01"}
WEB = "web-01.acme.katapult.cloud"
# Each with the word that the message must have.
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an undefined variable": ({"name": "{{ no_such_variable }}"}, "no_such_variable"),
    "an undefined variable in a list": ({"annotations": [{"key": "{{ no_such_variable }}"}]}, "no_such_variable"),
    "none for a name": ({"name": "{{ none }}"}, "name"),
    "nothing for a lookup": (
        {"data_center": "{{ lookup('ansible.builtin.env', 'NO_SUCH') }}"},
        "data_center is empty",
    ),
    "nothing for a number": ({"size_in_gb": "{{ '' }}"}, "size_in_gb"),
    "a list for a name": ({"name": "{{ ['data-01'] }}"}, "name is a list. Give text."),
    "a fleet that is none": ({"disks": "{{ none }}"}, "disks"),
    "a fleet with none in it": ({"disks": "{{ [none] }}"}, "disks[0] is "),
}
ACCEPTED: dict[str, dict[str, Any]] = {
    "omitted within a dictionary": {
        "virtual_machine_disk": {"virtual_machine": WEB, "attach": "{{ no_such_variable | default(omit) }}"}
    },
    "omitted within a list": {"annotations": [{"key": "env", "value": "{{ no_such_variable | default(omit) }}"}]},
    "text for a number and a truth": {"size_in_gb": "{{ '20' }}", "wait": "{{ 'yes' }}"},
}


@pytest.fixture(name="simulator")
def _simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        simulator.state.add_vm(fqdn=WEB, state="started")
        yield simulator
        assert simulator.violations == []


def results_of(ansible: Ansible, cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The results of a task for each of the options, in one playbook; a failure does not end it."""
    tasks: list[dict[str, Any]] = []
    for number, options in enumerate(cases):
        module = "katapult_disks" if "disks" in options else "katapult_disk"
        given = options if "disks" in options else {**NEW, **options}
        tasks.append({f"katapult.cloud.{module}": given, "register": f"result_{number}", "ignore_errors": True})
    names = [f"result_{number}" for number in range(len(cases))]
    path = ansible.home / "results.json"
    content = f"{{{{ [{', '.join(names)}] | to_json }}}}"
    tasks.append({"ansible.builtin.copy": {"content": content, "dest": str(path), "mode": "0600"}})
    ansible.play(yaml.safe_dump([{**PLAY, "tasks": tasks}]))
    results: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return results


def test_what_a_template_leaves_is_named(simulator: Simulator, short_path: Path) -> None:
    results = results_of(Ansible(simulator, short_path), [options for options, _word in REFUSED.values()])

    for case, (_options, word), result in zip(REFUSED, REFUSED.values(), results):
        assert result["failed"] is True, case
        assert word in result["msg"], case
        assert "Traceback" not in json.dumps(result), case
    assert simulator.requests == []


def test_what_a_template_leaves_out_is_unset(simulator: Simulator, short_path: Path) -> None:
    results = results_of(Ansible(simulator, short_path), list(ACCEPTED.values()))

    assert [result["failed"] for result in results] == [False] * len(ACCEPTED)
    created, changed = (request.body for request in simulator.requests if request.method in ("POST", "PATCH"))
    assert created["properties"]["virtual_machine_disk"] == {"virtual_machine": {"fqdn": WEB}}
    assert changed["annotations"] == [{"key": "env"}]
