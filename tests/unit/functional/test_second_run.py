# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that finds the disk: what is under way is waited for, and what differs is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Fault, Simulator
from ansible_collections.katapult.cloud.tests.unit.support.processes import DISK, result_of

pytestmark = pytest.mark.usefixtures("both_ways")

MACHINE = "web-01.acme.katapult.cloud"
ATTACHED = {"virtual_machine": MACHINE, "attach": True}


@pytest.fixture(name="simulator")
def _simulator() -> Iterator[Simulator]:
    with Simulator(build_seconds=0.1, attach_seconds=0.1) as simulator:
        yield simulator
        assert simulator.violations == []


def options_for(simulator: Simulator, **more: Any) -> dict[str, Any]:
    return {"api_url": simulator.url, "api_token": simulator.token, "organization": "acme", **more}


@contextmanager
def meanwhile(simulator: Simulator, *steps: tuple[float, Callable[[], object]]) -> Iterator[None]:
    """Take steps, each so many seconds after the one before. The first request is waited for: a module has to start."""

    def take() -> None:
        while not simulator.requests:
            time.sleep(0.05)
        for seconds, step in steps:
            time.sleep(seconds)
            with simulator.state.lock:
                step()

    thread = threading.Thread(target=take, daemon=True)
    thread.start()
    yield
    thread.join()


def test_a_disk_that_is_attached_a_while_after_its_build_is_waited_for(simulator: Simulator) -> None:
    simulator.state.add_vm(fqdn=MACHINE, state="started")
    disk = simulator.state.disks[simulator.state.add_disk("data-01", state="building", virtual_machine=MACHINE)]
    attachment = disk.attachment
    assert attachment is not None
    with meanwhile(simulator, (2, disk.settle), (2, lambda: setattr(attachment, "state", "attached"))):
        result = result_of(options_for(simulator, name="data-01", virtual_machine_disk=ATTACHED))

    assert result["changed"] is False
    assert result["disk"]["virtual_machine_disk"]["state"] == "attached"


def test_a_disk_that_changes_is_compared_when_it_has_changed(simulator: Simulator) -> None:
    disk = simulator.state.disks[simulator.state.add_disk("data-01", size_in_gb=20, state="resizing")]
    with meanwhile(simulator, (1.5, lambda: setattr(disk, "size_in_gb", 50)), (0.5, disk.settle)):
        result = result_of(options_for(simulator, name="data-01", size_in_gb=50))

    assert result["changed"] is False
    assert result["disk"]["size_in_gb"] == 50


def test_a_time_out_tells_the_disk_as_it_is(simulator: Simulator) -> None:
    simulator.state.add_disk("data-01", state="formatting")

    result = result_of(options_for(simulator, name="data-01", wait_timeout=1))

    assert result["error"]["code"] == "wait_timeout"
    assert result["disk"]["state"] == "formatting"
    assert "it is formatting" in result["msg"]


@pytest.mark.parametrize("attach_on_boot", [None, True, False])
@pytest.mark.parametrize("state", ["started", "stopped"])
def test_what_was_created_for_a_machine_is_left_alone(
    simulator: Simulator, state: str, attach_on_boot: bool | None
) -> None:
    simulator.state.add_vm(fqdn=MACHINE, state=state)
    assignment = {**ATTACHED, "attach_on_boot": attach_on_boot}
    options = options_for(simulator, name="data-01", size_in_gb=20, virtual_machine_disk=assignment)

    predicted = result_of(options, check=True)
    created = result_of(options)
    again = result_of(options)

    assert (predicted["changed"], created["changed"], again["changed"]) == (True, True, False)
    assert predicted["diff"] == created["diff"]
    assert set(predicted) == set(created)


def test_disks_that_are_gone_do_not_hide_the_one_that_is_there(simulator: Simulator) -> None:
    for _number in range(21):
        simulator.state.add_disk("data-01")
    simulator.faults.add(
        Fault(
            path="/disks/disk",
            action="answer",
            status=406,
            body={"error": {"code": "object_in_trash", "detail": {}}},
            times=20,
        )
    )

    result = result_of(options_for(simulator, name="data-01", size_in_gb=20))

    assert result["changed"] is False
    assert len(simulator.state.disks_in_use()) == 21


def test_a_disk_elsewhere_is_told_before_the_options_are_asked_for(simulator: Simulator) -> None:
    simulator.state.add_disk("data-01", data_center="nl-ams-01")

    result = result_of(options_for(simulator, name="data-01", data_center="uk-lon-01"))

    assert result["error"]["detail"] == {"option": "size_in_gb"}
    assert "nl-ams-01" in str(result["warnings"])


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 408, "body": {"code": "request_timeout"}},
        {"status": 409, "body": {"error": {"code": "conflict"}}},
        {"status": 404, "body": {"code": "gateway"}},
        {"status": 307, "body": {"code": "x"}},
        {"status": 403, "body": "<title>Firewall</title>"},
    ],
    ids=lambda answer: str(answer["status"]),
)
def test_a_refusal_that_is_not_of_the_api_proves_nothing(simulator: Simulator, answer: dict[str, Any]) -> None:
    fault = Fault(method="POST", path="/organizations/organization/disks", when="after", action="answer", **answer)
    simulator.faults.add(fault)

    result = result_of(options_for(simulator, **DISK))

    assert result["changed"] is True
    assert [result["disk"]["id"]] == [disk.id for disk in simulator.state.disks_in_use()]
