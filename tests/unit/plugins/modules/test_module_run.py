# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""katapult_disk as a whole, in process, against the simulator."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.katapult.cloud.tests.simulator.faults import Fault
from ansible_collections.katapult.cloud.tests.simulator.simulator import Simulator, disks_seed

LIST = "GET /organizations/organization/disks"
POST = "POST /organizations/organization/disks"
READ = "GET /disks/disk"
TASK = "GET /tasks/task"
DISK = {"name": "data-01", "size_in_gb": 20, "data_center": "uk-lon-01"}
WHOLE: dict[str, Any] = {
    "name": "data-01",
    "size_in_gb": 30,
    "bus_type": "virtio",
    "data_center": "uk-lon-01",
    "io_profile": "100k",
    "initial_file_system": "xfs",
    "storage_speed": "ssd",
    "virtual_machine_disk": {"virtual_machine": "web-01.acme.test", "boot": False, "attach": True},
    "annotations": [{"key": "env", "value": "test"}, {"key": "backup"}],
}
KEYS = {"changed", "disk", "device", "task", "annotations", "ansible_facts", "diff", "invocation"}


def test_a_disk_is_created_and_then_unchanged(run: Any, simulator: Simulator) -> None:
    first = run(**DISK)

    assert (first["changed"], first.status) == (True, 0)
    assert first["disk"]["state"] == "built"
    assert first["task"]["status"] == "completed"
    polls = run.requests.count(TASK)
    assert polls >= 1
    assert run.requests == [LIST, POST, *[TASK] * polls, LIST]
    second = run(**DISK)
    assert (second["changed"], second["disk"]) == (False, first["disk"])
    assert second["task"] is None
    assert run.requests == [LIST, READ]
    assert second["diff"]["before"] == second["diff"]["after"]
    assert len(simulator.state.disks) == 1


def test_by_id_an_unchanged_run_is_one_request(run: Any, simulator: Simulator) -> None:
    disk_id = simulator.state.add_disk("data-01")

    assert run(id=disk_id, size_in_gb=20, organization=None)["changed"] is False
    assert run.requests == [READ]


def test_the_list_is_read_in_pages_of_200(run: Any, simulator: Simulator) -> None:
    simulator.seed(disks_seed(401))
    simulator.state.add_disk("data-01")

    assert run(**DISK)["changed"] is False
    assert run.requests == [LIST, LIST, LIST, READ]
    assert run(name="data-02", size_in_gb=20, data_center="uk-lon-01", wait=False)["changed"] is True
    assert run.requests == [LIST, LIST, LIST, POST, LIST, LIST, LIST]


def test_the_whole_body_is_sent_as_given(run: Any, simulator: Simulator) -> None:
    machine = simulator.state.add_vm("web-01.acme.test")
    done = run(**WHOLE)

    sent = next(request for request in simulator.requests if request.method == "POST")
    assert sent.body == {
        "organization": {"sub_domain": "acme"},
        "properties": {
            **{key: value for key, value in WHOLE.items() if key != "annotations"},
            "data_center": {"permalink": "uk-lon-01"},
            "io_profile": {"permalink": "100k"},
            "virtual_machine_disk": {"virtual_machine": {"fqdn": "web-01.acme.test"}, "boot": False, "attach": True},
        },
        "annotations": [{"key": "env", "value": "test"}, {"key": "backup"}],
    }
    assert done["disk"]["virtual_machine_disk"]["state"] == "attached"
    assert done["disk"]["virtual_machine_disk"]["virtual_machine"]["id"] == machine
    assert run(**WHOLE)["changed"] is False
    assert done.result.get("warnings", []) == []


@pytest.mark.parametrize("state", ["started", "stopped"])
def test_check_mode_predicts_the_real_run(run: Any, simulator: Simulator, state: str) -> None:
    simulator.state.add_vm("web-01.acme.test", state=state)
    predicted = run(check=True, **WHOLE)
    assert {request.partition(" ")[0] for request in run.requests} == {"GET"}
    real = run(**WHOLE)

    assert (predicted["changed"], predicted["diff"]) == (real["changed"], real["diff"])
    assert set(predicted.result) == set(real.result) == KEYS
    assert set(predicted["disk"]) == set(real["disk"])
    known = {
        key: value for key, value in predicted["disk"].items() if not isinstance(value, dict) and value is not None
    }
    assert known == {key: real["disk"][key] for key in known}
    again = run(check=True, **WHOLE)
    assert (again["changed"], again["disk"]) == (False, real["disk"])
    assert {request.partition(" ")[0] for request in run.requests} == {"GET"}


@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"size_in_gb": 10}, "size_in_gb is 20, expected 10. Shrinking destroys the data beyond the new end"),
        (
            {"storage_speed": "ssd"},
            "storage_speed is nvme, expected ssd. This cannot be changed after the disk was created",
        ),
        ({"storage_speed": "ssd", "size_in_gb": 30}, "storage_speed is nvme, expected ssd"),
    ],
    ids=["size", "speed", "both"],
)
def test_drift_fails_before_anything_is_written(
    run: Any, simulator: Simulator, options: dict[str, Any], words: str, check: bool
) -> None:
    disk_id = simulator.state.add_disk("data-01")
    done = run(check=check, **{**DISK, **options})

    assert (done["failed"], done["changed"], done["error"]["code"]) == (True, False, "drift")
    assert words in done["msg"]
    assert done["disk"]["id"] == disk_id
    assert run.requests == [LIST, READ]


# What those who use the collection for the first time get wrong, and the advice that they need.
FIRST_HOUR = {
    "sub-domain": ({"organization": "Acme Ltd"}, "acme in web-01.acme.katapult.cloud"),
    "short host name": ({"virtual_machine_disk": {"virtual_machine": "web-01"}}, "such as web-01.acme.katapult.cloud,"),
    "id of a machine": ({"virtual_machine_disk": {"virtual_machine": "vm_short"}}, "or {id: vm_...}"),
    "name as the id": ({"id": "data-01", "name": None}, "data-01 is not an ID, use name=data-01."),
    "neither size nor place": (
        {"size_in_gb": None, "data_center": None},
        "size_in_gb is needed to create the disk 'data-01', which does not exist yet. So is data_center: set it or ",
    ),
}


@pytest.mark.parametrize(("options", "words"), FIRST_HOUR.values(), ids=FIRST_HOUR)
def test_a_failure_of_the_first_hour_says_what_to_do(run: Any, options: dict[str, Any], words: str) -> None:
    done = run(**{**DISK, **options})

    assert done["failed"]
    assert words in done["msg"]


def test_a_name_that_is_given_as_the_id_of_an_absent_disk_is_reported(run: Any) -> None:
    done = run(id="data-01", state="absent")

    assert done["msg"] == "There is no disk data-01. data-01 is not an ID, use name=data-01."
    assert run(id="disk_0123456789abcdef", state="absent")["msg"] == "There is no disk disk_0123456789abcdef."


@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"data_center": "mars-01"}, "data_center_not_found"),
        ({"io_profile": "fast"}, "disk_io_profile_not_found"),
        ({"virtual_machine_disk": {"virtual_machine": "no.acme.test"}}, "virtual_machine_not_found"),
        ({"organization": "other"}, "organization_not_found"),
        ({"id": "disk_Unknown"}, "disk_not_found"),
        ({"size_in_gb": None}, "invalid_option"),
        ({"size_in_gb": 9}, "invalid_option"),
    ],
)
def test_check_mode_fails_where_the_real_run_does(
    run: Any, simulator: Simulator, options: dict[str, Any], code: str, check: bool
) -> None:
    done = run(check=check, **{**DISK, **options})

    assert (done["failed"], done["error"]["code"], done["changed"]) == (True, code, False)
    assert simulator.state.disks == {}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"data_center": "uk-lon-1"}, "There is no data center with permalink uk-lon-1. There are: "),
        (
            {"data_center": None},
            "There is no data center with permalink mars-01, which KATAPULT_DATA_CENTER names. There are: ",
        ),
        ({"io_profile": "fast"}, "There is no disk I/O profile with permalink fast. There are: "),
        ({"virtual_machine_disk": {"virtual_machine": "no.acme.test"}}, "read the virtual machine no.acme.test: "),
        ({"name": "there", "io_profile": "fast"}, "There is no disk I/O profile with permalink fast. There are: "),
        ({"organization": "other"}, "list the disks of the organization 'other': "),
    ],
    ids=["data-center", "variable", "profile", "machine", "profile-of-a-disk", "organization"],
)
def test_check_mode_and_the_real_run_name_what_is_not_there_in_the_same_words(
    run: Any, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], words: str
) -> None:
    monkeypatch.setenv("KATAPULT_DATA_CENTER", "mars-01")
    simulator.state.add_disk("there")
    predicted = run(check=True, **{**DISK, **options})
    real = run(**{**DISK, **options})

    assert words in predicted["msg"]
    assert (real["msg"], real["error"]["code"]) == (predicted["msg"], predicted["error"]["code"])
    assert real["error"]["status"] == 404


def test_what_is_not_found_is_told_as_the_service_says_it_where_a_look_does_not_tell_more(
    run: Any, simulator: Simulator
) -> None:
    body = {"error": {"code": "data_center_not_found", "description": "No data center was found"}}
    simulator.faults.add(Fault(method="POST", action="answer", status=404, body=body))
    done = run(**DISK)

    assert done["msg"].startswith("Could not create the disk 'data-01': No data center was found")
    assert run.requests == [LIST, POST, "GET /data_centers"]
    simulator.faults.add(Fault(method="POST", action="answer", status=404, body=body))
    simulator.faults.add(Fault(path="/data_centers", action="answer", status=500, body={}))
    assert run(**DISK, api_retries=0)["msg"] == done["msg"]


def test_a_failure_that_is_put_in_other_words_keeps_what_tells_the_request(run: Any, simulator: Simulator) -> None:
    error = run(**{**DISK, "data_center": "mars-01"})["error"]
    sent = next(request for request in simulator.requests if request.method == "POST")

    assert (error["status"], error["method"], error["path"]) == (404, "POST", sent.path)
    assert error["request_id"]
    assert error["attempts"] == 1


@pytest.mark.parametrize("given", [[{"env": "production"}], ["env=production"], '[{"env": "production"}]'])
def test_annotations_without_keys_are_told_their_form(run: Any, given: Any) -> None:
    done = run(**DISK, annotations=given)

    assert done["error"]["code"] == "invalid_option"
    assert "is a dictionary without key. Give annotations: {env: production}, or annotations: [{key: env" in done["msg"]
    assert run.requests == []


def test_without_waiting_the_disk_comes_as_it_is(run: Any) -> None:
    done = run(wait=False, **DISK)

    assert (done["changed"], done["disk"]["state"]) == (True, "not_built")
    assert done["task"]["status"] == "pending"
    assert TASK not in run.requests


def test_the_diff_holds_what_was_set_and_nothing_of_the_service(run: Any) -> None:
    assert run(wait=False, **DISK)["diff"] == {
        "before": {},
        "after": {"name": "data-01", "size_in_gb": 20, "data_center": {"permalink": "uk-lon-01"}},
    }


def test_disk_and_task_are_facts(run: Any) -> None:
    done = run(wait=False, **DISK)
    assert done["ansible_facts"] == {"katapult_disk": done["disk"], "katapult_task": done["task"]}


def test_a_failed_build_fails_with_all_that_is_known(run: Any, simulator: Simulator) -> None:
    done = run(**{**DISK, "name": "fail-build"})

    assert (done["failed"], done["changed"], done["error"]["code"]) == (True, True, "task_failed")
    assert done["disk"]["id"] in simulator.state.disks
    assert done["disk"]["state"] == "failed"
    assert done["msg"].endswith(
        "The service gives no reason. The disk will not recover. Delete it (katapult_disk with state=absent and its "
        "id), then run the task again."
    )
    assert run(**{**DISK, "name": "fail-build"})["error"]["code"] == "disk_failed"


def test_a_time_out_fails_with_the_disk_and_a_second_run_waits_on(run: Any, simulator: Simulator) -> None:
    simulator.settings.build_seconds = 1.0
    late = run(wait_timeout=0, **DISK)

    assert (late["changed"], late["error"]["code"]) == (True, "wait_timeout")
    assert late["disk"]["id"] in late["msg"]
    assert late["task"]["id"]
    done = run(**DISK)
    assert (done["changed"], done["disk"]["state"]) == (False, "built")


def test_a_token_for_disks_alone_creates_and_watches_the_disk(run: Any, simulator: Simulator) -> None:
    simulator.state.add_token("disks-only", ["disks"])
    done = run(api_token="disks-only", **DISK)

    assert (done["changed"], done["disk"]["state"]) == (True, "built")
    assert "tasks:read" in str(done["warnings"])


def test_a_lost_answer_makes_one_disk(run: Any, simulator: Simulator) -> None:
    simulator.faults.add(Fault("/organizations/organization/disks", "POST", when="after", action="drop"))
    done = run(**DISK)

    assert (done["changed"], done["disk"]["state"], done["task"]) == (True, "built", None)
    assert len(simulator.state.disks) == 1
    assert run.requests.count(POST) == 1


def test_the_usual_data_center_fills_a_create_and_is_no_drift(
    run: Any, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KATAPULT_DATA_CENTER", "nl-ams-01")
    made = run(name="data-01", size_in_gb=20, wait=False)
    assert made["disk"]["data_center"]["permalink"] == "nl-ams-01"
    there = simulator.state.add_disk("data-02", data_center="uk-lon-01")
    assert run(id=there)["changed"] is False


@pytest.mark.parametrize("error", ["ImportError", "AttributeError"])
def test_without_requests_ansible_tells_what_is_missing(tmp_path: Path, error: str) -> None:
    (tmp_path / "requests.py").write_text(f"raise {error}", encoding="utf-8")
    program = """
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = b'{"ANSIBLE_MODULE_ARGS": {"api_token": "any-token", "name": "data-01"}}'
basic._ANSIBLE_PROFILE = "legacy"
from ansible_collections.katapult.cloud.plugins.modules import katapult_disk
katapult_disk.main()
"""
    environment = {"PYTHONPATH": ":".join([str(tmp_path), *sys.path])}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert "Failed to import the required Python library (requests)" in done.stdout
    assert f"{sys.executable} -m pip install requests" in done.stdout
    assert done.returncode == 1
