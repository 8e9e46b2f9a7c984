# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A loop in Ansible's process keeps its connections from item to item, for the same token and TLS settings alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.simulator.certificate import write_certificate
from ansible_collections.katapult.cloud.tests.unit.support.commands import PLAY, Ansible

DISK = "katapult.cloud.katapult_disk"
LONDON = {"size_in_gb": 20, "data_center": "uk-lon-01"}
OTHER_TOKEN = "other-token"


@pytest.fixture(name="certificate")
def _certificate(short_path: Path) -> Path:
    path = short_path / "certificate.pem"
    write_certificate(path)
    return path


@pytest.fixture(name="simulator")
def _simulator(certificate: Path) -> Iterator[Simulator]:
    with Simulator(certificate=certificate) as simulator:
        simulator.seed({"tokens": [{"token": OTHER_TOKEN}]})
        yield simulator


def play(ansible: Ansible, task: dict[str, Any], **variables: Any) -> None:
    """Run a task that changes nothing."""
    playbook = [{**PLAY, "vars": variables, "tasks": [task]}]
    assert ansible.play(yaml.safe_dump(playbook)) == {"localhost": (0, 0)}


def test_a_loop_opens_few_connections(simulator: Simulator, certificate: Path, short_path: Path) -> None:
    names = [f"data-{number:02d}" for number in range(50)]
    simulator.seed({"disks": [{"name": name} for name in names]})
    task = {DISK: {"name": "{{ item }}", "ca_path": str(certificate), **LONDON}, "loop": names}
    play(Ansible(simulator, short_path), task)

    assert len(simulator.requests) == 100
    assert simulator.connections_opened <= 2


def test_other_settings_take_another_connection(simulator: Simulator, certificate: Path, short_path: Path) -> None:
    simulator.seed({"disks": [{"name": "data-01"}]})
    copy = str(shutil.copy(certificate, short_path / "copy.pem"))
    usual = {"token": simulator.token, "ca_path": str(certificate), "validate_certs": True}
    settings = {
        "usual": usual,
        "another token": {**usual, "token": OTHER_TOKEN},
        "another path": {**usual, "ca_path": copy},
        "no validation": {**usual, "validate_certs": False},
        "usual again": usual,
    }
    options = {name: f"{{{{ settings[item].{name} }}}}" for name in ("ca_path", "validate_certs")}
    # Not an item itself, which Ansible shows.
    options["api_token"] = "{{ settings[item].token }}"
    task = {DISK: {"name": "data-01", **options, **LONDON}, "loop": list(settings)}
    play(Ansible(simulator, short_path), task, settings=settings)

    connections = [request.connection for request in simulator.requests]
    assert connections == [1, 1, 2, 2, 3, 3, 4, 4, 1, 1]
    tokens = {request.connection: request.headers["Authorization"] for request in simulator.requests}
    assert [number for number, token in tokens.items() if token == f"Bearer {OTHER_TOKEN}"] == [2]


def test_a_module_of_its_own_keeps_nothing(simulator: Simulator, certificate: Path, short_path: Path) -> None:
    simulator.seed({"disks": [{"name": "data-01"}]})
    task = {DISK: {"name": "data-01", "ca_path": str(certificate), **LONDON}, "loop": [1, 2]}
    play(Ansible(simulator, short_path, "module"), task)

    assert [request.connection for request in simulator.requests] == [1, 1, 2, 2]
