# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret leaves the module, whatever goes wrong."""

from __future__ import annotations

import html
import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import yaml
from ansible_collections.katapult.cloud.tests.simulator import Fault, Simulator
from ansible_collections.katapult.cloud.tests.unit.support.commands import PLAY, Ansible
from ansible_collections.katapult.cloud.tests.unit.support.processes import DISK, all_on, output_of

SHOW_ALL = """
from ansible.utils.display import Display
from ansible_collections.katapult.cloud.plugins.plugin_utils import _progress
Display().verbosity, _progress.SHOWN_EVERY = 1, 0.0
"""
pytestmark = pytest.mark.usefixtures("both_ways")

TOKEN = "a-token-that-nobody-must-see"
PASSWORD = "a-password-that-nobody-must-see"
ODD_TOKEN = """odd/one+of&the<kind>"that'is\\hard%to hide."""
ODD_SPELLINGS: dict[str, str] = {
    "as it is": ODD_TOKEN,
    "in a path": quote(ODD_TOKEN),
    "in a form": quote_plus(ODD_TOKEN),
    "in lower case": quote_plus(ODD_TOKEN).lower(),
    "on a page": html.escape(ODD_TOKEN),
    "on a page of another": html.escape(ODD_TOKEN).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
    "in JSON": json.dumps(ODD_TOKEN)[1:-1],
    "in JSON with slashes": json.dumps(ODD_TOKEN)[1:-1].replace("/", "\\/"),
    "by numbers on a page": "".join(f"&#x{ord(letter):X};" for letter in ODD_TOKEN),
    "in an address twice": quote_plus(quote_plus(ODD_TOKEN)),
    "in base64": b64encode(ODD_TOKEN.encode()).decode().rstrip("="),
}
OPTIONS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "with spaces": {"api_token": f"  {TOKEN}\n"},
    "by its alias": {"api_token": None, "api_key": TOKEN},
    "that no header can carry": {"api_token": f"{TOKEN}\u2603"},
    "with a line end inside": {"api_token": f"{TOKEN}\nX-Other: 1"},
    "beside a number for a lookup": {"data_center": 5},
    "beside text for a dictionary": {"virtual_machine_disk": "text"},
    "beside text for a list": {"annotations": "text"},
    "beside a list of numbers": {"annotations": [5]},
    "beside an unknown option": {"colour": "blue"},
    "as the name of an option": {TOKEN: "blue"},
    "as the name of a suboption": {"virtual_machine_disk": {TOKEN: True}},
    "as a key deep inside": {"annotations": [{"key": "env", "value": "test", TOKEN: [{TOKEN: 1}]}]},
    "beside broken text": {"name": "\ud800"},
    "beside a wrong choice": {"bus_type": "ide"},
    "beside an address with a user": {"api_url": f"https://user:{TOKEN}@api.katapult.io/core/v1"},
}
ANSWERS: dict[str, dict[str, Any]] = {
    "the token is wrong": {"status": 403, "body": {"error": {"code": "invalid_api_token", "description": TOKEN}}},
    "the answer repeats it": {"status": 422, "body": {"code": "validation_error", "detail": {"errors": [TOKEN]}}},
    "the answer has it as a key": {"status": 422, "body": {"code": "validation_error", "detail": {"a": [{TOKEN: 1}]}}},
    "a page repeats it": {"status": 500, "body": f"<title>{TOKEN}</title>"},
    "a redirect": {"status": 302, "headers": {"Location": f"http://127.0.0.1/{TOKEN}"}, "body": ""},
}
# Every module but katapult_disk, with options that send a request.
OTHERS: dict[str, dict[str, Any]] = {
    "katapult_data_center_info": {},
    "katapult_disk_assignment": {"disk": "data-01", "virtual_machine": "web-01.acme.katapult.cloud"},
    "katapult_disk_backup_policy": {
        "virtual_machine": "web-01.acme.katapult.cloud",
        "retention": 7,
        "schedule": {"interval": "daily"},
    },
    "katapult_disk_backup_policy_info": {"virtual_machine": "web-01.acme.katapult.cloud"},
    "katapult_disk_info": {"details": True},
    "katapult_disk_io_profile_info": {},
    "katapult_disks": {"size_in_gb": 20, "data_center": "uk-lon-01", "disks": ["data-01", {"name": "data-02"}]},
    "katapult_organization_info": {},
    "katapult_task_info": {"id": "task_Unknown"},
    "katapult_trash_info": {},
}
FOR_EVERY_OTHER = pytest.mark.parametrize("module", OTHERS)


@pytest.fixture(name="simulator")
def _simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        simulator.state.add_token(TOKEN)
        yield simulator


def connection_to(simulator: Simulator) -> dict[str, Any]:
    return {"api_url": simulator.url, "api_token": TOKEN, "organization": "acme"}


def options_for(simulator: Simulator, **more: Any) -> dict[str, Any]:
    return {**connection_to(simulator), **DISK, **more}


@pytest.mark.parametrize("more", OPTIONS.values(), ids=OPTIONS)
def test_the_token_does_not_show(simulator: Simulator, more: dict[str, Any]) -> None:
    output = output_of(options_for(simulator, **more))

    assert '"module_args"' in output
    assert "Traceback" not in output
    assert TOKEN not in output


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_the_token_does_not_show_when_the_service(simulator: Simulator, answer: dict[str, Any]) -> None:
    simulator.faults.add(Fault(action="answer", times=-1, **answer))

    output = output_of(options_for(simulator, api_retries=0))

    assert '"failed": true' in output
    assert TOKEN not in output


@FOR_EVERY_OTHER
@pytest.mark.parametrize("more", [OPTIONS["as it is"], OPTIONS["with spaces"], {"organization": 5}, {"colour": "blue"}])
def test_the_token_does_not_show_in_another_module(simulator: Simulator, module: str, more: dict[str, Any]) -> None:
    output = output_of({**connection_to(simulator), **OTHERS[module], **more}, module=module)

    assert '"module_args"' in output
    assert "Traceback" not in output
    assert TOKEN not in output


@FOR_EVERY_OTHER
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_the_token_does_not_show_in_another_module_when_the_service(
    simulator: Simulator, module: str, answer: dict[str, Any]
) -> None:
    simulator.faults.add(Fault(action="answer", times=-1, **answer))
    output = output_of({**connection_to(simulator), **OTHERS[module], "api_retries": 0}, module=module)

    assert '"failed": true' in output
    assert TOKEN not in output


def test_every_module_is_searched_for_the_token() -> None:
    modules = {path.stem for path in (Path(__file__).parents[3] / "plugins" / "modules").glob("katapult_*.py")}

    assert modules == {"katapult_disk", *OTHERS}


def test_a_token_from_the_environment_does_not_show(simulator: Simulator) -> None:
    options = {**options_for(simulator), "data_center": [1]}
    del options["api_token"]

    assert TOKEN not in output_of(options, environment={"KATAPULT_API_TOKEN": f"{TOKEN} "})


@pytest.mark.parametrize(
    "spelling",
    [TOKEN, ODD_SPELLINGS["on a page"], ODD_SPELLINGS["by numbers on a page"]],
    ids=["plain", "page", "numbers"],
)
def test_the_token_does_not_show_in_what_is_told_while_waiting(simulator: Simulator, spelling: str) -> None:
    simulator.state.add_token(ODD_TOKEN)
    token = TOKEN if spelling == TOKEN else ODD_TOKEN
    with all_on("action"):
        output = output_of(options_for(simulator, name=f"data {spelling}", api_token=token), before=SHOW_ALL)

    lines = [line for line in output.splitlines() if line.startswith("katapult_disk: ")]
    assert "task 'Build disk' is" in lines[0]
    assert "'data ********'" in lines[0]
    assert spelling not in "".join(lines)


def test_the_token_does_not_show_in_a_warning(simulator: Simulator) -> None:
    body = {"error": {"code": "permission_denied", "description": f"{TOKEN} may not do this"}}
    simulator.faults.add(Fault(path="/tasks/task", action="answer", status=403, body=body))

    output = output_of(options_for(simulator))

    assert "may not do this" in output
    assert TOKEN not in output


@pytest.mark.parametrize("spelling", [TOKEN, TOKEN.replace("-", "&#45;")], ids=["as it is", "on a page"])
def test_the_token_does_not_show_as_a_key_of_a_disk(simulator: Simulator, spelling: str) -> None:
    disk = {"id": "disk_Odd", "name": "data-01", "state": "built", spelling: {spelling: "told"}}
    simulator.faults.add(Fault(path="/disks/disk", action="answer", status=200, body={"disk": disk}))

    output = output_of({**connection_to(simulator), "id": "disk_Odd"})

    assert '"told"' in output
    assert spelling not in output


def answered_with(path: str, more: dict[str, Any], method: str = "GET") -> Fault:
    """The true answers, with more keys in the disk."""
    return Fault(
        path,
        method,
        when="after",
        action="answer",
        status=200,
        body=lambda said: {**said, "disk": {**said["disk"], **more}},
        times=-1,
    )


def test_the_token_does_not_show_in_any_spelling(simulator: Simulator) -> None:
    """The service repeats it in a refusal, which becomes a warning, and as values and keys of a disk."""
    simulator.state.add_token(ODD_TOKEN)
    description = "You may not do this: " + ", ".join([*ODD_SPELLINGS.values(), ODD_TOKEN])
    refusal = {"error": {"code": "permission_denied", "description": description}}
    simulator.faults.add(Fault(path="/tasks/task", action="answer", status=403, body=refusal))
    keys = {f"{case} {spelling}": "told" for case, spelling in ODD_SPELLINGS.items()}
    simulator.faults.add(answered_with("/disks/disk", {"repeated": list(ODD_SPELLINGS.values()), **keys}))
    done = json.loads(output_of(options_for(simulator, api_token=ODD_TOKEN)))

    assert done["changed"] is True
    assert done["disk"]["repeated"] == ["VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"] * len(ODD_SPELLINGS)
    assert {f"{case} ********" for case in ODD_SPELLINGS} <= set(done["disk"])
    stars = ", ".join(["********"] * (len(ODD_SPELLINGS) + 1))
    assert f"You may not do this: {stars} (permission_denied" in json.dumps(done["warnings"])


def test_a_short_token_hides_no_more_than_itself(simulator: Simulator) -> None:
    simulator.state.add_token("t..")
    done = json.loads(output_of(options_for(simulator, api_token=" t.. ")))

    assert (done["changed"], done["disk"]["state"]) == (True, "built")


def test_no_control_character_of_the_service_gets_into_a_message_or_a_warning(simulator: Simulator) -> None:
    description = "no\x1b[2Jthing\r\nok: [localhost]\u009b\x7f"
    refusal = {"error": {"code": "permission_denied", "description": description}}
    simulator.faults.add(Fault(path="/tasks/task", action="answer", status=403, body=refusal))
    warned = json.loads(output_of(options_for(simulator)))
    page = "<title>bad\x1b]0;gateway\x07</title>"
    bad_gateway = {"Content-Type": "text/html", "X-Request-Id": "id\x1b[1m"}
    simulator.faults.add(Fault(action="answer", status=502, body=page, headers=bad_gateway))
    failed = json.loads(output_of(options_for(simulator, api_retries=0)))

    assert "no?[2Jthing  ok: [localhost]??" in json.dumps(warned["warnings"])
    assert "(a page titled 'bad?]0;gateway?')" in failed["msg"]
    assert "request id id?[1m" in failed["msg"]


def test_a_disk_with_keys_of_ansible_is_no_trouble(simulator: Simulator, short_path: Path) -> None:
    """Ansible would fail the task after the create: it takes such keys for values that it has packed itself."""
    odd = {"__ansible_type": "AnsibleTaggedStr", "__ansible_unsafe": "x", "_ansible_no_log": True}
    more = {**odd, "more": [{**odd, "kept": 1}]}
    simulator.faults.add(answered_with("/organizations/organization/disks", more, "POST"))
    simulator.faults.add(answered_with("/disks/disk", more))
    path = short_path / "result.json"
    tasks = [
        {"katapult.cloud.katapult_disk": dict(DISK), "register": "result"},
        {"ansible.builtin.copy": {"content": "{{ result.disk | to_json }}", "dest": str(path), "mode": "0600"}},
    ]
    ansible = Ansible(simulator, short_path)

    assert ansible.play(yaml.safe_dump([{**PLAY, "tasks": tasks}])) == {"localhost": (2, 0)}
    assert json.loads(path.read_text(encoding="utf-8"))["more"] == [{"kept": 1}]


@pytest.mark.parametrize(("module", "more"), [("katapult_disk", DISK), ("katapult_disk_info", {"details": True})])
def test_protected_values_do_not_show(simulator: Simulator, module: str, more: dict[str, Any]) -> None:
    machine = simulator.state.add_vm(fqdn="web-01.acme.katapult.cloud", state="started")
    simulator.state.add_disk(name="System Disk", virtual_machine=machine, boot=True, root_password=PASSWORD)

    output = output_of({**connection_to(simulator), **more, "name": "System Disk"}, module=module)

    assert "root_password" in output
    assert PASSWORD not in output
    assert '"value": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"' in output


def test_the_value_of_an_attribute_that_is_not_said_to_be_open_does_not_show(simulator: Simulator) -> None:
    attributes = [{"key": "root_password", "value": PASSWORD}, {"key": "user", "value": "admin", "protect": False}]
    more = {"installation": {"attributes": attributes}}
    simulator.state.add_disk(str(DISK["name"]), size_in_gb=20)
    simulator.faults.add(answered_with("/disks/disk", more))
    output = output_of(options_for(simulator))

    assert '"root_password"' in output
    assert '"admin"' in output
    assert PASSWORD not in output
