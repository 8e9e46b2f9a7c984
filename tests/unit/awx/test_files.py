# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of examples/awx/ agree with AWX's forms, with the modules, and with the documentation."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.katapult.cloud.plugins.module_utils._options.disk import MAX_SIZE_GB, MIN_SIZE_GB, disk_spec
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.unit.awx.jobs import COLLECTION, EXAMPLES, document, injected
from ansible_collections.katapult.cloud.tests.unit.support.commands import Ansible
from ansible_collections.katapult.cloud.tests.unit.support.processes import DISK, output_of
from antsibull_docutils.rst_code_finder import find_code_blocks

LIVE = "https://api.katapult.io/core/v1"
GUIDE = (EXAMPLES / "README.md").read_text(encoding="utf-8")
INPUTS = document("credential_type/inputs.yml")
INJECTORS = document("credential_type/injectors.yml")
SURVEY: dict[str, Any] = json.loads((EXAMPLES / "survey.json").read_text(encoding="utf-8"))
QUESTIONS: dict[str, dict[str, Any]] = {question["variable"]: question for question in SURVEY["spec"]}
# The option of katapult_disk that each question of the survey fills.
OPTIONS = {
    "disk_name": "name",
    "disk_size_in_gb": "size_in_gb",
    "disk_data_center": "data_center",
    "disk_storage_speed": "storage_speed",
    "disk_file_system": "initial_file_system",
}
# AWX's type of question for an option: what has choices, what is a number, and what is text.
TYPES = {"str": "text", "int": "integer"}
PLAYBOOKS = ["create_disk.yml", "fleet.yml", "use_disk.yml"]


def tasks_of(playbook: str) -> list[dict[str, Any]]:
    tasks: list[dict[str, Any]] = document(playbook)[0]["tasks"]
    return tasks


def test_the_credential_type_has_the_form_that_awx_takes() -> None:
    assert set(INPUTS) == {"fields", "required"}
    for field in INPUTS["fields"]:
        assert set(field) <= {"id", "type", "label", "help_text", "secret", "default", "format", "multiline"}
        assert field["type"] in ("string", "boolean")
    assert {field["id"] for field in INPUTS["fields"] if field.get("secret")} == {"token"}
    assert set(INJECTORS) == {"env"}
    assert [name for name in INJECTORS["env"] if not name.startswith("KATAPULT_")] == []


def test_every_input_is_injected() -> None:
    used = re.findall(r"\{\{ (\w+) \}\}", json.dumps(INJECTORS))

    assert sorted(used) == sorted(field["id"] for field in INPUTS["fields"])


def test_the_url_is_by_default_that_of_the_live_service() -> None:
    assert [field["default"] for field in INPUTS["fields"] if "default" in field] == [LIVE]
    assert "url" not in INPUTS["required"]


def test_a_url_that_is_left_empty_does_no_harm() -> None:
    environment = injected({"token": "a-token", "organization": "acme"})
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:1", "KATAPULT_API_RETRIES": "0"}

    result = json.loads(output_of(DISK, environment={**environment, **nowhere}))

    assert environment["KATAPULT_API_URL"] == ""
    assert result["invocation"]["module_args"]["api_url"] == LIVE
    assert result["invocation"]["module_args"]["organization"]["sub_domain"] == "acme"


def test_the_guide_of_the_site_shows_the_same_files() -> None:
    guide = (COLLECTION / "docs" / "docsite" / "rst" / "guide_awx.rst").read_text(encoding="utf-8")
    shown = [yaml.safe_load(block.content) for block in find_code_blocks(guide) if block.language == "yaml"]

    assert shown == [document("execution-environment.yml"), INPUTS, INJECTORS]


def test_the_survey_has_the_form_that_awx_takes() -> None:
    assert {name: type(value) for name, value in SURVEY.items()} == {"name": str, "description": str, "spec": list}
    assert len(QUESTIONS) == len(SURVEY["spec"])
    for question in SURVEY["spec"]:
        assert {"type", "question_name", "variable", "required"} <= set(question)
        chosen = [question["default"]] if question.get("default") else []
        assert ("choices" in question) is (question["type"] == "multiplechoice")
        assert set(chosen) <= set(question.get("choices", chosen))


@pytest.mark.parametrize(("variable", "option"), OPTIONS.items(), ids=OPTIONS)
def test_a_question_agrees_with_the_option_that_it_fills(variable: str, option: str) -> None:
    spec, question = disk_spec()[option], QUESTIONS[variable]

    assert question["required"] is (option in DISK)
    if option == "data_center":
        with Simulator() as simulator:
            assert question["choices"] == [center.permalink for center in simulator.state.data_centers]
        return
    assert question["type"] == ("multiplechoice" if "choices" in spec else TYPES[spec["type"]])
    assert question.get("choices") == spec.get("choices")
    if spec["type"] == "int":
        assert (question["min"], question["max"] <= MAX_SIZE_GB) == (MIN_SIZE_GB, True)


def test_the_playbook_takes_every_answer_and_nothing_else() -> None:
    (options,) = [task["katapult.cloud.katapult_disk"] for task in tasks_of("create_disk.yml")[:1]]
    taken = {re.findall(r"\bdisk_\w+", template)[0]: option for option, template in options.items()}

    assert taken == OPTIONS
    assert set(QUESTIONS) == set(OPTIONS)


def test_what_one_job_hands_on_is_what_the_next_one_takes() -> None:
    handed_on = tasks_of("create_disk.yml")[-1]["ansible.builtin.set_stats"]["data"]
    taken = set(re.findall(r"\bkatapult_disk_(?!assignment)\w+", json.dumps(tasks_of("use_disk.yml"))))

    assert taken == {"katapult_disk_id"}
    assert taken <= set(handed_on)


def test_what_the_second_job_takes_is_handed_on_or_asked_for() -> None:
    handed_on = tasks_of("create_disk.yml")[-1]["ansible.builtin.set_stats"]["data"]
    asked = document("setup.yml")[0]["vars"]["machine_question"]
    taken = set(re.findall(r"\{\{ (\w+)", json.dumps(tasks_of("use_disk.yml")))) - {"assigned"}

    assert taken <= {*handed_on, asked["variable"]}
    assert (
        "machine_question"
        in (EXAMPLES / "setup.yml").read_text(encoding="utf-8").partition('survey_spec: "{{ survey | ')[2]
    )


def test_no_job_runs_beside_another_of_its_template() -> None:
    assert set(re.findall(r"allow_simultaneous: (\w+)", (EXAMPLES / "setup.yml").read_text(encoding="utf-8"))) == {
        "false"
    }


def test_what_is_set_up_in_awx_is_there() -> None:
    text = (EXAMPLES / "setup.yml").read_text(encoding="utf-8")
    templates = document("setup.yml")[0]["vars"]["job_templates"]

    assert sorted(template["playbook"] for template in templates) == PLAYBOOKS
    nodes = re.findall(r"unified_job_template:\n +name: (.+)", text)
    assert nodes == [template["name"] for template in templates[:2]]
    files = re.findall(r"lookup\('ansible.builtin.file', '(\S+)'\)", text)
    assert sorted(files) == ["credential_type/injectors.yml", "credential_type/inputs.yml", "survey.json"]


def test_the_guide_tells_of_every_file_and_of_no_other() -> None:
    files = {path.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.rglob("*") if path.is_file()}
    linked = set(re.findall(r"\]\(([\w/.-]+)\)", GUIDE))

    assert linked == files - {"README.md"}


def test_an_inventory_source_lists_the_machines_of_the_credential(short_path: Path) -> None:
    """As AWX does it: by this command, with the environment of the credential."""
    with Simulator() as simulator:
        simulator.seed({"virtual_machines": [{"fqdn": "web-01.acme.katapult.cloud", "tags": ["web"]}]})
        ansible = Ansible(simulator, short_path)
        inputs = {"token": simulator.token, "organization": "acme", "url": simulator.url}
        ansible.environment.update(injected(inputs), ANSIBLE_INVENTORY_UNPARSED_FAILED="true")
        listed = ("--list", "--export", "--output", str(short_path / "output.json"), "-vvvvv")

        ansible.run("ansible-inventory", "-i", str(EXAMPLES / "katapult.yml"), *listed)

    found = json.loads((short_path / "output.json").read_text(encoding="utf-8"))
    assert found["tag_web"]["hosts"] == ["web-01.acme.katapult.cloud"]
    assert list(found["_meta"]["hostvars"]) == ["web-01.acme.katapult.cloud"]


def test_the_guide_shows_the_inventory_source_that_is_set_up() -> None:
    guide = (COLLECTION / "docs" / "docsite" / "rst" / "guide_awx.rst").read_text(encoding="utf-8")
    shown = [yaml.safe_load(block.content) for block in find_code_blocks(guide) if block.language == "yaml+jinja"]

    assert document("katapult.yml") in shown
    assert "source_path: katapult.yml" in (EXAMPLES / "setup.yml").read_text(encoding="utf-8")


def test_the_builder_takes_the_execution_environment(tmp_path: Path) -> None:
    definition = str(EXAMPLES / "execution-environment.yml")
    command = [str(Path(sys.executable).with_name("ansible-builder")), "create", "-f", definition, "-c", "context"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "katapult.cloud" in (tmp_path / "context" / "_build" / "requirements.yml").read_text(encoding="utf-8")
