# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nothing foresaw ends as a failure that tells all that is known, where it happened, and no secret."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.disk_list import DiskListSnapshot
from ansible_collections.katapult.cloud.plugins.module_utils._api.endpoints import KatapultApi
from ansible_collections.katapult.cloud.plugins.module_utils._api.messages import Request
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Deadline
from ansible_collections.katapult.cloud.plugins.module_utils._core.file_lock import LockDirectory
from ansible_collections.katapult.cloud.plugins.module_utils._module.base import KatapultModule
from ansible_collections.katapult.cloud.plugins.module_utils._module.connection import connection_spec
from ansible_collections.katapult.cloud.plugins.module_utils._module.run import MAX_QUOTE, ModuleRun
from ansible_collections.katapult.cloud.plugins.module_utils._options.fleet import FleetEntry
from ansible_collections.katapult.cloud.plugins.module_utils._options.info import InfoResult
from ansible_collections.katapult.cloud.plugins.module_utils._reconcile.fleet import Fleet, FleetSettings
from ansible_collections.katapult.cloud.plugins.module_utils._reconcile.fleet_item import FleetResult
from ansible_collections.katapult.cloud.plugins.module_utils._reconcile.present import PresentReconciler
from ansible_collections.katapult.cloud.plugins.module_utils._reconcile.run import DiskResult, RunContext
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.unit.support.factories import (
    DISK,
    LIST,
    LONDON,
    POLICY,
    TASK,
    desired,
    disk_answer,
    disk_payload,
    listing,
    task_answer,
)
from ansible_collections.katapult.cloud.tests.unit.support.fakes import FakeClock, ScriptedService, error_answer
from ansible_collections.katapult.cloud.tests.unit.support.in_process import (
    WAYS,
    Finished,
    Way,
    finished_action,
    finished_module,
)
from ansible_collections.katapult.cloud.tests.unit.support.processes import internal_arguments, output_of

TOKEN = "a-token-that-nobody-must-see"
BOOM = RuntimeError(f"boom {TOKEN} http://me:secret@proxy")
PLACE = re.compile(r"plugins/(module_utils/_\w+|modules)/\w+\.py:\d+")
BUILD_STATES = {
    "disk": disk_payload(state="not_built"),
    "task": {"id": "task_One", "name": "Build", "status": "running"},
}
THERE = {f"GET {LIST}": [listing(disk_payload())], f"GET {DISK}": [disk_answer()]}


class Breaks:
    """A line of a script that raises what no service double raises."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __call__(self, _call: Request) -> NoReturn:
        raise self._error


BREAKS = Breaks(BOOM)
SPEC = {"argument_spec": connection_spec()}
Act = Callable[[ModuleRun], Any]


class BrokenClock(FakeClock):
    """A clock that can't sleep."""

    def sleep(self, seconds: float) -> None:
        del seconds
        raise BOOM


def end(act: Act, way: Way, module_class: type[KatapultModule] = KatapultModule) -> Finished:
    """The end of a module that does `act`: one JSON object as its result, and none of the secrets."""
    arguments = {"api_token": TOKEN, **internal_arguments(check=False)}
    if way == "module":
        done = finished_module(lambda: module_class(SPEC).run(act), arguments)
    else:
        worker = import_module("ansible_collections.katapult.cloud.tests.unit.support.worker")
        done = finished_action(worker.new_action(SPEC, act), arguments)
    assert TOKEN not in done.output
    assert "secret@" not in done.output
    assert "Traceback" not in done.output
    return done


@pytest.fixture(name="ended", params=WAYS)
def _ended(request: pytest.FixtureRequest) -> Callable[[Act], Finished]:
    return partial(end, way=request.param)


@pytest.fixture(name="context")
def _context(tmp_path: Path) -> Callable[..., RunContext]:
    def context(run: ModuleRun, api: KatapultApi, clock: FakeClock) -> RunContext:
        places, deadline = [LockDirectory(str(tmp_path))], Deadline(clock, 600)
        catching = run.catch_unforeseen
        return RunContext(api, clock, deadline, run.warn, places, ("x",), catch_unforeseen=catching)

    return context


def assert_internal(done: Finished) -> None:
    assert (done.status, done["failed"], done["error"]["code"]) == (1, True, "internal_error")
    assert "please report" in done["msg"]
    assert "https://github.com/katapult-cloud/ansible-collection-katapult/issues" in done["msg"]
    assert PLACE.search(done["msg"])


SINGLE: dict[str, tuple[Mapping[str, Sequence[Any]], FakeClock, dict[str, Any]]] = {
    "before the first write": ({f"GET {LIST}": [BREAKS]}, FakeClock(), {"changed": False, "ambiguous": False}),
    "at the create": (
        {f"GET {LIST}": [listing()], f"POST {LIST}": [Breaks(MemoryError())]},
        FakeClock(),
        {"changed": False, "ambiguous": True},
    ),
    "after the create": (
        {f"GET {LIST}": [listing()], f"POST {LIST}": [BUILD_STATES]},
        BrokenClock(),
        {
            "changed": True,
            "ambiguous": False,
            "disk": BUILD_STATES["disk"],
            "task": BUILD_STATES["task"],
            "annotations": [],
        },
    ),
    "while it is built": (
        {f"GET {LIST}": [listing()], f"POST {LIST}": [BUILD_STATES], f"GET {TASK}": [task_answer("running"), BREAKS]},
        FakeClock(),
        {"changed": True, "ambiguous": False, "disk": BUILD_STATES["disk"], "task": BUILD_STATES["task"]},
    ),
    "between steps": (
        {
            **THERE,
            f"GET {DISK}": [disk_answer(), disk_answer(), disk_answer(bus_type="virtio")],
            f"PATCH {DISK}": [disk_answer(bus_type="virtio")],
            "PUT /disks/disk/resize": [BREAKS],
        },
        FakeClock(),
        {
            "changed": True,
            "ambiguous": True,
            "disk": disk_payload(bus_type="virtio"),
            "annotations": [],
            "steps": {"done": ["bus_type"], "failed": ["resize"], "not_tried": ["annotations"]},
        },
    ),
}

CHANGES = {"size_in_gb": 30, "bus_type": "virtio", "annotations": ({"key": "env", "value": "test"},)}


@pytest.mark.parametrize(("script", "clock", "known"), SINGLE.values(), ids=SINGLE)
def test_one_disk(
    context: Callable[..., RunContext],
    script: Mapping[str, Sequence[Any]],
    clock: FakeClock,
    known: dict[str, Any],
    ended: Callable[[Act], Finished],
) -> None:
    service = ScriptedService({"GET /data_centers": [{"data_centers": [LONDON]}], **script})

    def act(run: ModuleRun) -> DiskResult:
        return PresentReconciler(desired(**CHANGES), context(run, KatapultApi(service), clock)).ensure()

    done = ended(act)
    assert_internal(done)
    told = {**done.result, "ambiguous": done["error"]["ambiguous"]}
    assert {key: told.get(key) for key in known} == known


def created(call: Request) -> dict[str, Any]:
    name = (call.body or {})["properties"]["name"]
    task = {"id": f"task_{name}", "name": "Build", "status": "running"}
    return {"disk": disk_payload(id=f"disk_{name}", name=name, state="not_built"), "task": task}


def created_but_for_one(call: Request) -> dict[str, Any]:
    answer = created(call)
    if answer["disk"]["name"] == "data-1":
        raise BOOM
    return answer


def read(call: Request) -> dict[str, Any]:
    disk_id = dict(call.query)["disk[id]"]
    return disk_answer(id=disk_id, name=disk_id.replace("disk_", ""))


def read_but_for_one(call: Request) -> dict[str, Any]:
    if "data-1" in str(call.query):
        raise BOOM
    return read(call)


ALL_THERE = listing(*(disk_payload(id=f"disk_data-{number}", name=f"data-{number}") for number in range(3)))
# The script, the clock; what each disk is told of: whether it changed, its error, whether that is unclear, its id.
FLEETS: dict[str, tuple[Mapping[str, Sequence[Any]], FakeClock, list[tuple[bool, bool, bool, bool]], str]] = {
    "at the list": (
        {f"GET {LIST}": [BREAKS]},
        FakeClock(),
        [(False, False, False, False)] * 3,
        "not_tried",
    ),
    "at the look at one disk": (
        {f"GET {LIST}": [ALL_THERE], f"GET {DISK}": [read_but_for_one]},
        FakeClock(),
        [(False, False, False, True), (False, True, False, False), (False, False, False, True)],
        "not_tried",
    ),
    "at the create of one disk": (
        {f"GET {LIST}": [listing()], f"POST {LIST}": [created_but_for_one], f"GET {DISK}": [read]},
        FakeClock(),
        [(True, False, False, True), (False, True, True, False), (True, False, False, True)],
        "created",
    ),
    "while all are waited for": (
        {f"GET {LIST}": [listing()], f"POST {LIST}": [created]},
        BrokenClock(),
        [(True, True, False, True)] * 3,
        "failed",
    ),
}


@pytest.mark.parametrize(("script", "clock", "told", "outcome"), FLEETS.values(), ids=FLEETS)
def test_a_fleet(
    context: Callable[..., RunContext],
    script: Mapping[str, Sequence[Any]],
    clock: FakeClock,
    told: list[tuple[bool, bool, bool, bool]],
    outcome: str,
    ended: Callable[[Act], Finished],
) -> None:
    no_policy = error_answer(403, "scope_not_granted")
    usual = {"GET /data_centers": [{"data_centers": [LONDON]}]}
    service = ScriptedService({**usual, f"GET {POLICY}": [no_policy], **script})
    wishes = [desired(name=f"data-{number}") for number in range(3)]
    entries = [FleetEntry(f"disks[{number}]", each, False, False) for number, each in enumerate(wishes)]

    def act(run: ModuleRun) -> FleetResult:
        api = DiskListSnapshot(service, [wish.name for wish in wishes], [wish.id for wish in wishes])
        return Fleet(entries, api, context(run, api, clock), FleetSettings()).ensure()

    done = ended(act)
    assert_internal(done)
    assert [disk["name"] for disk in done["disks"]] == ["data-0", "data-1", "data-2"]
    errors = [disk["error"] for disk in done["disks"]]
    assert {error["code"] for error in errors if error} <= {"internal_error"}
    assert told == [
        (disk["changed"], bool(error), bool(error and error["ambiguous"]), disk["disk"] is not None)
        for disk, error in zip(done["disks"], errors)
    ]
    assert done["changed"] is any(changed for changed, *_others in told)
    failed = sum(has_error for _changed, has_error, *_others in told)
    expected = {"failed": failed, outcome: 3 if outcome == "failed" else 3 - failed}
    assert {word: number for word, number in done["summary"].items() if number} == {
        word: number for word, number in expected.items() if number
    }


def test_what_was_done_is_told_though_it_could_not_be_told_at_first() -> None:
    class Unlucky(KatapultModule):
        """A module that can't end well."""

        def exit_json(self, **result: Any) -> NoReturn:
            del result
            raise BOOM

    class Done(InfoResult):
        def as_result(self, *, with_diff: bool) -> dict[str, Any]:
            return {**super().as_result(with_diff=with_diff), "changed": True, "msg": "Done."}

    done = end(lambda _run: Done({"disk": [disk_payload()]}), "module", Unlucky)
    assert_internal(done)
    assert (done["changed"], done["disk"]) == (True, [disk_payload()])


@pytest.mark.parametrize(
    "spelled", [TOKEN, "".join(f"%{byte:02x}" for byte in TOKEN.encode())], ids=["plain", "quoted"]
)
def test_a_long_text_is_cut_and_half_a_secret_is_none(ended: Callable[[Act], Finished], spelled: str) -> None:
    def act(_run: ModuleRun) -> NoReturn:
        raise LookupError(f"{'x' * (MAX_QUOTE - 30)}{spelled}{'y' * 1000}")

    done = ended(act)
    assert_internal(done)
    assert spelled[:8] not in done.output
    assert len(done["msg"]) < 1000


def test_an_interruption_passes(ended: Callable[[Act], Finished]) -> None:
    def act(_run: ModuleRun) -> NoReturn:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ended(act)


NO_SLEEP = """
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Clock
def sleep(self, seconds):
    raise RuntimeError("no sleep")
Clock.sleep = sleep
"""
DESCRIBED = {"size_in_gb": 20, "data_center": "uk-lon-01"}
REAL: dict[str, tuple[str, dict[str, Any], bool]] = {
    "a create": ("katapult_disk", {"name": "data-01", **DESCRIBED}, True),
    "a delete": ("katapult_disk", {"id": "disk_There", "state": "absent", "purge": True}, True),
    "a fleet": ("katapult_disks", {"disks": "data-01,data-02", **DESCRIBED}, True),
    "an assignment": (
        "katapult_disk_assignment",
        {"disk": "there", "virtual_machine": "web-01.acme.katapult.cloud"},
        True,
    ),
    "a task": ("katapult_task_info", {"id": "task_Running", "wait": True}, False),
}


@pytest.mark.parametrize(("module", "options", "changed"), REAL.values(), ids=REAL)
def test_the_modules_as_they_are(module: str, options: dict[str, Any], changed: bool) -> None:
    with Simulator() as simulator:
        simulator.state.add_disk("there", id="disk_There")
        simulator.state.add_vm(fqdn="web-01.acme.katapult.cloud", state="started")
        simulator.state.add_task("Build disk", id="task_Running", status="running")
        given = {"api_url": simulator.url, "api_token": simulator.token, "organization": "acme", **options}
        output = output_of(given, module=module, before=NO_SLEEP)

    result = json.loads(output)
    assert_internal(Finished(result, output, 1))
    assert "RuntimeError: no sleep (plugins/module_utils/_" in result["msg"]
    assert result["changed"] is changed
    for disk in result.get("disks", [result] if changed else []):
        assert (disk["changed"], disk["disk"]["name"] in ("data-01", "data-02", "there")) == (True, True)
