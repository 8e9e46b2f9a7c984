# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the options of a connection become, and what of them is never shown."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.transport import VERSION
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import OptionError
from ansible_collections.katapult.cloud.plugins.module_utils._module.arguments import NO_TOKEN
from ansible_collections.katapult.cloud.plugins.module_utils._module.connection import parse_connection
from ansible_collections.katapult.cloud.plugins.modules import (
    katapult_data_center_info,
    katapult_disk,
    katapult_disk_assignment,
    katapult_disk_backup_policy,
    katapult_disk_backup_policy_info,
    katapult_disk_info,
    katapult_disk_io_profile_info,
    katapult_disks,
    katapult_organization_info,
    katapult_task_info,
    katapult_trash_info,
)
from ansible_collections.katapult.cloud.tests.simulator.faults import Fault
from ansible_collections.katapult.cloud.tests.simulator.simulator import Simulator

TOKEN = "unguessable-token-of-the-test"
USUAL: dict[str, Any] = {
    "api_token": TOKEN,
    "api_url": "https://api.katapult.io/core/v1",
    "api_timeout": 30,
    "api_retries": 5,
    "validate_certs": True,
    "ca_path": None,
}
MODULES = [
    katapult_data_center_info,
    katapult_disk,
    katapult_disk_assignment,
    katapult_disk_backup_policy,
    katapult_disk_backup_policy_info,
    katapult_disk_info,
    katapult_disk_io_profile_info,
    katapult_disks,
    katapult_organization_info,
    katapult_task_info,
    katapult_trash_info,
]
HERE = Path(__file__).parent
DISK = {"name": "data-01", "size_in_gb": 20, "data_center": "uk-lon-01"}


@pytest.mark.parametrize(
    ("options", "field", "value"),
    [
        ({}, "url", "https://api.katapult.io/core/v1"),
        ({"api_url": " https://api.test/core/v1// "}, "url", "https://api.test/core/v1"),
        ({"api_url": "http://[::1]:8080/core/v1"}, "url", "http://[::1]:8080/core/v1"),
        ({"api_token": f" {TOKEN}\r\n"}, "token", TOKEN),
        ({"api_timeout": 1}, "timeout", 1.0),
        ({"api_retries": 0}, "retries", 0),
        ({}, "verify", True),
        ({"validate_certs": False}, "verify", False),
        ({"ca_path": str(HERE)}, "verify", str(HERE)),
        ({"ca_path": str(HERE), "validate_certs": False}, "verify", False),
        ({}, "user_agent", f"katapult.cloud/{VERSION} ansible-core/2.16.0"),
    ],
)
def test_a_connection(options: dict[str, Any], field: str, value: object) -> None:
    assert getattr(parse_connection({**USUAL, **options}, "2.16.0", {}), field) == value


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"api_token": ""}, "api_token"),
        ({"api_token": " \n"}, "api_token"),
        ({"api_token": f"{TOKEN}\nX-Other: 1"}, "api_token"),
        ({"api_token": f"{TOKEN}\u20ac"}, "api_token"),
        ({"api_token": f"{TOKEN}\x00"}, "api_token"),
        ({"api_url": "api.test/core/v1"}, "api_url"),
        ({"api_url": "https://api.test:0/core/v1"}, "api_url"),
        ({"api_url": "ftp://api.test"}, "api_url"),
        ({"api_url": "https://"}, "api_url"),
        ({"api_url": "https://[::1"}, "api_url"),
        ({"api_url": "https://api.test:port"}, "api_url"),
        ({"api_url": "https://api.test:99999"}, "api_url"),
        ({"api_url": "https://user:pass-word@api.test"}, "api_url"),
        ({"api_url": "https://api.test/?a=b"}, "api_url"),
        ({"api_url": "https://api .test"}, "api_url"),
        ({"api_url": "http://api.test"}, "api_url"),
        ({"api_url": "http://localhost.evil.test"}, "api_url"),
        ({"api_url": "http://10.0.0.1"}, "api_url"),
        ({"api_timeout": 0}, "api_timeout"),
        ({"api_retries": -1}, "api_retries"),
        ({"api_timeout": 10**20}, "api_timeout"),
        ({"api_retries": 10**6}, "api_retries"),
        ({"ca_path": "/missing/ca.pem"}, "ca_path"),
        ({"ca_path": __file__}, "ca_path"),
    ],
)
def test_an_option_that_can_t_be_used_is_named(options: dict[str, Any], option: str) -> None:
    with pytest.raises(OptionError) as raised:
        parse_connection({**USUAL, **options}, "2.16.0", {})

    assert raised.value.details.detail == {"option": option}
    shown = json.dumps(raised.value.as_result())
    assert TOKEN not in shown
    assert "pass-word" not in shown


@pytest.mark.parametrize("token", [TOKEN, f"{TOKEN}\n", f"  {TOKEN} "], ids=["plain", "newline", "spaces"])
@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"data_center": 5}, "data_center"),
        ({"data_center": ["uk-lon-01"]}, "data_center"),
        ({"data_center": {"id": "a", "permalink": "b"}}, "data_center"),
        ({"annotations": "foo"}, "annotations[0]"),
        ({"annotations": 5}, "annotations"),
        ({"virtual_machine_disk": "x"}, "virtual_machine_disk"),
        ({"virtual_machine_disk": {"virtual_machine": 5}}, "virtual_machine_disk.virtual_machine"),
        ({"organization": 5}, "organization"),
        ({"name": "caf\udce9"}, "name"),
        ({"size_in_gb": "many"}, "size_in_gb"),
        ({"no_such_option": 5}, "no_such_option"),
    ],
)
def test_no_shape_of_an_option_shows_the_token(
    run: Any, simulator: Simulator, options: dict[str, Any], option: str, token: str
) -> None:
    done = run(api_token=token, **{**DISK, **options})

    assert done["failed"] is True
    assert option in done["msg"]
    assert TOKEN not in done.output
    assert simulator.requests == []


@pytest.mark.parametrize("token", [TOKEN, f" {TOKEN}\n"], ids=["plain", "spaces"])
def test_a_service_that_repeats_the_token_does_not_show_it(run: Any, simulator: Simulator, token: str) -> None:
    said = {"error": {"code": "invalid_api_token", "description": f"No '{TOKEN}'", "detail": {"token": TOKEN}}}
    simulator.faults.add(Fault(action="answer", status=403, body=said))
    done = run(api_token=token, **DISK)

    assert done["error"]["code"] == "invalid_api_token"
    assert TOKEN not in done.output


def test_a_token_in_another_spelling_is_hidden_as_a_key_too(run: Any, simulator: Simulator) -> None:
    spelled = "".join(f"%{byte:02x}" for byte in TOKEN.encode())
    said = {"error": {"code": "invalid_api_token", "description": "No.", "detail": {spelled: 1}}}
    simulator.faults.add(Fault(action="answer", status=403, body=said))
    done = run(api_token=TOKEN, **DISK)

    assert done["error"]["code"] == "invalid_api_token"
    assert spelled not in done.output


@pytest.mark.parametrize("blank", ["", " \n"])
def test_a_blank_token_leaves_it_to_the_environment(
    run: Any, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, blank: str
) -> None:
    monkeypatch.setenv("KATAPULT_API_TOKEN", simulator.token)

    assert run(api_token=blank, check=True, **DISK)["changed"] is True


@pytest.mark.parametrize("name", ["api_token", "api_key"])
def test_a_token_with_white_space_works(run: Any, simulator: Simulator, name: str) -> None:
    options = {"api_token": None, name: f" {simulator.token}\n"}

    assert run(**options, check=True, **DISK)["changed"] is True


def test_a_token_by_its_alias_goes_before_the_environment_without_a_warning(
    run: Any, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KATAPULT_API_TOKEN", "another-token")
    done = run(api_token=None, api_key=simulator.token, check=True, **DISK)

    assert done["changed"] is True
    assert "warnings" not in done.result


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
@pytest.mark.parametrize("token", [None, "", " \n"], ids=["none", "empty", "blank"])
def test_a_missing_token_is_told_where_to_set(
    run: Any,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
    check: bool,
    token: str | None,
) -> None:
    monkeypatch.setenv("KATAPULT_API_KEY", " ")
    done = run.of(module)(check=check, api_token=token)

    assert (done["failed"], done["error"]["code"]) == (True, "invalid_option")
    assert done["error"]["detail"] == {"option": "api_token"}
    assert done["msg"] == f"api_token {NO_TOKEN}"
    assert simulator.requests == []


@pytest.mark.parametrize("empty", [None, "", " "])
def test_the_environment_fills_what_is_not_set(
    run: Any, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, empty: str | None
) -> None:
    if empty is not None:
        monkeypatch.setenv("KATAPULT_API_TOKEN", empty)
    monkeypatch.setenv("KATAPULT_API_KEY", simulator.token)
    monkeypatch.setenv("KATAPULT_API_URL", simulator.url + "/")
    monkeypatch.setenv("KATAPULT_ORGANIZATION", "acme")
    monkeypatch.setenv("KATAPULT_API_TIMEOUT", "7")
    monkeypatch.setenv("KATAPULT_API_RETRIES", "0")
    done = run(api_token=None, api_url=None, organization=None, check=True, **DISK)

    assert done["changed"] is True
    assert done["invocation"]["module_args"]["api_timeout"] == 7
    assert simulator.token not in done.output


def test_an_organization_by_id_is_not_mixed_with_the_environment(
    run: Any, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KATAPULT_ORGANIZATION", "other")
    done = run(organization={"id": simulator.state.organization.id}, check=True, **DISK)

    assert done["changed"] is True


def test_a_protected_value_does_not_show(run: Any, simulator: Simulator, tmp_path: Path) -> None:
    secret = "root-password-of-the-test"
    simulator.state.add_vm("web-01.acme.test", system_disk_gb=20, root_password=secret)
    done = run(name="System Disk", ca_path=str(tmp_path))

    assert done["disk"]["installation"]["attributes"][0]["protect"] is True
    assert secret not in done.output
