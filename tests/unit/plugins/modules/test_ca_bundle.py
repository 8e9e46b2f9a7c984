# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificate authorities that can't be used are named as the cause, whoever names them."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible_collections.katapult.cloud.plugins.module_utils._api.messages import Request, Retry
from ansible_collections.katapult.cloud.plugins.module_utils._api.transport import Connection, HttpClient
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Deadline
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import ApiError
from ansible_collections.katapult.cloud.plugins.module_utils._module.connection import parse_connection
from ansible_collections.katapult.cloud.tests.simulator.simulator import Simulator
from ansible_collections.katapult.cloud.tests.unit.fuzz.options import ENOUGH, MODULES
from ansible_collections.katapult.cloud.tests.unit.support.fakes import FakeClock

GOOD = requests.adapters.DEFAULT_CA_BUNDLE_PATH
GET = Request("GET", "/disks/disk", "read the disk disk_One")
CREATE = Request("POST", "/disks", "create the disk 'data-01'", body={"a": 1}, retry=Retry.IF_NOT_EXECUTED)
USUAL: dict[str, Any] = {
    "api_token": "token-1",
    "api_timeout": 30,
    "api_retries": 5,
    "validate_certs": True,
    "ca_path": None,
}
BOTH_CALLS = pytest.mark.parametrize("call", [GET, CREATE], ids=["read", "create"])


@pytest.fixture(autouse=True)
def _no_bundles(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().endswith(("_CA_BUNDLE", "_PROXY")):
            monkeypatch.delenv(name)


@pytest.fixture(name="address")
def _address() -> Iterator[str]:
    """An https address, at which nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"https://127.0.0.1:{server.getsockname()[1]}/core/v1"


def no_file(folder: Path) -> str:
    return str(folder / "missing.pem")


def dead_link(folder: Path) -> str:
    (folder / "link.pem").symlink_to(folder / "missing.pem")
    return str(folder / "link.pem")


def empty_file(folder: Path) -> str:
    (folder / "empty.pem").touch()
    return str(folder / "empty.pem")


def text(folder: Path) -> str:
    (folder / "text.pem").write_text("certificates\n", encoding="utf-8")
    return str(folder / "text.pem")


def bytes_of_another_form(folder: Path) -> str:
    (folder / "authority.der").write_bytes(b"\x30\x82\x01\x0a\x02\x82")
    return str(folder / "authority.der")


def broken(folder: Path) -> str:
    """A good bundle with a certificate appended that was cut off."""
    good = Path(GOOD).read_text(encoding="utf-8")
    (folder / "broken.pem").write_text(good + good[: good.index("-----END") - 100], encoding="utf-8")
    return str(folder / "broken.pem")


def unhashed(folder: Path) -> str:
    shutil.copy(GOOD, folder / "authorities.pem")
    return str(folder)


def hashed(folder: Path) -> str:
    shutil.copy(GOOD, folder / "0a775a30.0")
    return str(folder)


UNUSABLE: dict[str, tuple[Callable[[Path], str], str]] = {
    "missing": (no_file, "there is no file or directory '{0}' where the module runs"),
    "dead link": (dead_link, "there is no file or directory '{0}' where the module runs"),
    "blank": (lambda _folder: " ", "there is no file or directory '{0}' where the module runs"),
    "bytes": (lambda _folder: "/caf\udce9", r"there is no file or directory '/caf\udce9' where the module runs"),
    "empty": (empty_file, "the file '{0}' holds no certificates in PEM form, or broken ones"),
    "text": (text, "the file '{0}' holds no certificates in PEM form, or broken ones"),
    "another form": (bytes_of_another_form, "the file '{0}' holds no certificates in PEM form, or broken ones"),
    "broken": (broken, "the file '{0}' holds no certificates in PEM form, or broken ones"),
    "a directory": (unhashed, "the directory '{0}' holds no certificates that OpenSSL finds"),
}
HINT = "Set ca_path or the variable to a file of certificates in PEM format, or unset the variable."


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize(("make", "problem"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_variable_that_names_nothing_usable(
    run: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variable: str,
    make: Callable[[Path], str],
    problem: str,
) -> None:
    path = make(tmp_path)
    monkeypatch.setenv(variable, path)
    done = run(name="data-01", api_url="https://127.0.0.1:1/core/v1")

    assert done["failed"] is True
    assert done["msg"].startswith(f"{variable}: {problem.format(path)}")
    assert done["msg"].endswith(f". {HINT}")
    assert (done["error"]["code"], done["error"]["attempts"]) == ("ca_bundle_unusable", None)
    assert done["error"]["detail"] == {"source": variable}


@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
@pytest.mark.parametrize("name", MODULES)
def test_every_module_names_the_variable(run: Any, monkeypatch: pytest.MonkeyPatch, name: str, check: bool) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    done = run.of(MODULES[name])(check=check, api_url="https://127.0.0.1:1/core/v1", **ENOUGH[name])

    assert done["error"]["code"] == "ca_bundle_unusable"
    assert done["msg"].startswith("REQUESTS_CA_BUNDLE: there is no file or directory '/nowhere'")


def test_a_file_that_may_not_be_read(monkeypatch: pytest.MonkeyPatch, run: Any) -> None:
    """Who runs the tests as root may read everything."""

    def refuse(_context: ssl.SSLContext, _path: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", refuse)
    monkeypatch.setenv("CURL_CA_BUNDLE", GOOD)
    done = run(name="data-01", api_url="https://127.0.0.1:1/core/v1")

    assert done["msg"] == f"CURL_CA_BUNDLE: '{GOOD}' can't be read: Permission denied. {HINT}"


NOT_USED: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "validate_certs is off": ({"REQUESTS_CA_BUNDLE": "/nowhere"}, {"validate_certs": False}),
    "ca_path": ({"REQUESTS_CA_BUNDLE": "/nowhere"}, {"ca_path": GOOD}),
    "empty": ({"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""}, {}),
    "the second": ({"REQUESTS_CA_BUNDLE": GOOD, "CURL_CA_BUNDLE": "/nowhere"}, {}),
    "another program's": ({"AWS_CA_BUNDLE": "/nowhere", "requests_ca_bundle": "/nowhere"}, {}),
}


@pytest.mark.parametrize(("variables", "options"), NOT_USED.values(), ids=NOT_USED)
def test_what_requests_does_not_use_is_not_looked_at(
    run: Any, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], options: dict[str, Any]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    done = run(name="data-01", api_url="https://127.0.0.1:1/core/v1", api_retries=0, **options)

    assert (done["error"]["code"], done["error"]["attempts"]) == ("unreachable", 1)


def test_plain_http_needs_no_authorities(run: Any, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    simulator.state.add_disk("data-01")

    assert run(name="data-01")["disk"]["name"] == "data-01"


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("make", [lambda _folder: GOOD, hashed], ids=["file", "directory"])
def test_what_can_be_used_is_used(tmp_path: Path, variable: str, make: Callable[[Path], str]) -> None:
    path = make(tmp_path)
    connection = parse_connection({**USUAL, "api_url": "https://api.test/core/v1"}, "2.16.0", {variable: path})

    assert (connection.verify, connection.verify_source) == (path, variable)


def _http(connection: Connection) -> HttpClient:
    clock = FakeClock()
    return HttpClient(connection, clock, Deadline(clock, 600))


def _fails(http: HttpClient, call: Request) -> ApiError:
    with pytest.raises(ApiError) as raised:
        http.send(call)
    assert raised.value.details.code == "ca_bundle_unusable"
    assert (raised.value.details.attempts, raised.value.details.ambiguous) == (1, False)
    return raised.value


GONE: dict[str, tuple[Callable[[Path], object], str]] = {
    "removed": (Path.unlink, "there is no file or directory '{0}' where the module runs"),
    "emptied": (lambda path: path.write_bytes(b""), "the file '{0}' holds no certificates in PEM form, or broken ones"),
}


@BOTH_CALLS
@pytest.mark.parametrize(("spoil", "problem"), GONE.values(), ids=GONE)
@pytest.mark.parametrize("source", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "ca_path"])
def test_a_bundle_that_has_gone_since(
    address: str, tmp_path: Path, source: str, spoil: Callable[[Path], object], problem: str, call: Request
) -> None:
    path = tmp_path / "authorities.pem"
    shutil.copy(GOOD, path)
    options = {**USUAL, "api_url": address, "ca_path": str(path) if source == "ca_path" else None}
    http = _http(parse_connection(options, "2.16.0", {source: str(path)}))
    spoil(path)

    error = _fails(http, call)
    assert f"Could not {call.action}: {source}: {problem.format(path)} (ca_bundle_unusable). {HINT}" == error.message
    assert error.details.detail == {"source": source}


@BOTH_CALLS
def test_a_bundle_that_may_not_be_read_any_more(monkeypatch: pytest.MonkeyPatch, address: str, call: Request) -> None:
    def refuse(_context: ssl.SSLContext, *_paths: object) -> None:
        raise PermissionError(13, "Permission denied")

    http = _http(Connection(address, "token-1", verify=GOOD))
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", refuse)

    assert f"ca_path: '{GOOD}' can't be read: Permission denied" in _fails(http, call).message


def test_the_bundle_of_requests_itself(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", "/nowhere.pem")

    error = _fails(_http(Connection(address, "token-1")), GET)
    assert "the package requests: there is no file or directory '/nowhere.pem'" in error.message
