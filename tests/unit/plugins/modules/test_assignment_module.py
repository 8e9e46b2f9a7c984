# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""katapult_disk_assignment as Ansible runs it: options in, result and facts out."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.modules import katapult_disk_assignment
from ansible_collections.katapult.cloud.tests.simulator.simulator import Simulator

WEB = "web-01.acme.katapult.cloud"
DB = "db-01.acme.katapult.cloud"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"disk": 5, "virtual_machine": WEB}, "disk is a number. Give text or a dictionary"),
        ({"disk": "data-01", "virtual_machine": [WEB]}, "virtual_machine is a list. Give text or a dictionary"),
        ({"disk": "data-01"}, "all of the following are missing: virtual_machine"),
        ({"disk": {"id": "a", "name": "b"}, "virtual_machine": WEB}, "mutually exclusive: id|name found in disk"),
        ({"disk": "none-such", "virtual_machine": WEB}, "No disk of the organization is named 'none-such'"),
        ({"disk": "data-01", "virtual_machine": "none-such"}, "virtual_machine_not_found"),
    ],
)
def test_what_can_t_be_used_is_named(run: Any, simulator: Simulator, options: dict[str, Any], words: str) -> None:
    simulator.state.add_vm(fqdn=WEB, state="started")
    simulator.state.add_disk("data-01")

    done = run.of(katapult_disk_assignment)(**options)

    assert done["failed"] is True
    assert words in done["msg"]
    assert {request.method for request in simulator.requests} <= {"GET"}


def test_an_assignment_returns_the_disk_as_facts_too(run: Any, simulator: Simulator) -> None:
    simulator.state.add_vm(fqdn=WEB, state="started")
    disk_id = simulator.state.add_disk("data-01")

    done = run.of(katapult_disk_assignment)(disk="data-01", virtual_machine=WEB)

    assert done["changed"] is True
    assert done["disk"]["virtual_machine_disk"]["state"] == "attached"
    assert done["ansible_facts"] == {"katapult_disk": done["disk"], "katapult_task": done["task"]}
    assert done["disk"]["id"] == disk_id
    assert run.of(katapult_disk_assignment)(disk="data-01", virtual_machine=WEB)["changed"] is False


def test_a_disk_on_another_machine_tells_how_it_is_moved_here(run: Any, simulator: Simulator) -> None:
    there = simulator.state.add_vm(fqdn=WEB, state="started")
    simulator.state.add_vm(fqdn=DB, state="started")
    simulator.state.add_disk("data-01", virtual_machine=there, attachment="attached")

    done = run.of(katapult_disk_assignment)(disk="data-01", virtual_machine=DB)

    assert done["error"]["code"] == "drift"
    assert "It is on another virtual machine: set force=true to move it from there" in done["msg"]
    assert "katapult_disk_assignment" not in done["msg"]


@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
def test_a_machine_that_can_t_be_seen_is_told_once(run: Any, simulator: Simulator, check: bool) -> None:
    there = simulator.state.add_vm(fqdn=WEB, state="started")
    simulator.state.add_vm(fqdn=DB, state="started")
    simulator.state.add_disk("data-01", virtual_machine=there, attachment="attached")
    simulator.state.add_token("disks-only", ["disks"])

    done = run.of(katapult_disk_assignment)(
        check=check, api_token="disks-only", disk="data-01", virtual_machine=DB, force=True
    )

    assert done["error"]["code"] == "machine_unseen"
    assert "because that machine can't be seen with this token. Nothing was changed. Add the scope" in done["msg"]
    assert "warnings" not in done.result
