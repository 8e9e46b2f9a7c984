# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for a disk: its task, its state, its attachment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.models import Lookup, Power, parse_task
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import ApiError, ErrorDetails, KatapultError
from ansible_collections.katapult.cloud.plugins.module_utils._options.disk import Assignment, DesiredDisk
from ansible_collections.katapult.cloud.plugins.module_utils._reconcile.run import RunState
from ansible_collections.katapult.cloud.plugins.module_utils._reconcile.wait import DiskWaiter, confirm_lost_response
from ansible_collections.katapult.cloud.tests.unit.support.factories import (
    DISK,
    MACHINE,
    TASK,
    attachment,
    desired,
    disk,
    disk_answer,
    machine_answer,
    task_answer,
)
from ansible_collections.katapult.cloud.tests.unit.support.fakes import (
    FakeClock,
    ScriptedService,
    error_answer,
    run_context,
)

WEB = Lookup("fqdn", "web-01.acme.katapult.cloud")
TO_BE_ATTACHED = desired(assignment=Assignment(WEB, attach=True))
DETACHED = disk_answer(virtual_machine_disk=attachment(state="detached"))
ATTACHING = disk_answer(virtual_machine_disk=attachment(state="attaching"))
ATTACHED = disk_answer(virtual_machine_disk=attachment())
NO_SCOPE = error_answer(403, "scope_not_granted", {"scopes": ["tasks:read"]})


@dataclass
class Run:
    """A wait for a disk, with its doubles."""

    script: Mapping[str, Sequence[Any]]
    seconds: float = 600.0
    created: Mapping[str, Any] = field(default_factory=lambda: disk_answer(state="not_built"))
    pause: float = 0.0
    task: Any = field(default_factory=lambda: parse_task(task_answer("pending")["task"]))

    def __post_init__(self) -> None:
        self.clock = FakeClock()
        self.warnings: list[str] = []
        self.told: list[str] = []
        self.service = ScriptedService(self.script, self.pause)
        self.context = run_context(
            self.service, self.clock, self.seconds, warn=self.warnings.append, report_progress=self.told.append
        )
        self.state = RunState(changed=True, disk=disk(**self.created["disk"]), task=self.task)

    def made(self, options: DesiredDisk | None = None) -> Power:
        waiter = self.waiter(options)
        waiter.follow_build()
        return waiter.wait_until_built().power

    def waiter(self, options: DesiredDisk | None = None) -> DiskWaiter:
        return DiskWaiter(self.context, options or desired(), self.state)

    def fails(self, options: DesiredDisk | None = None) -> KatapultError:
        with pytest.raises(KatapultError) as raised:
            self.made(options)
        return raised.value

    @property
    def disk_state(self) -> str:
        assert self.state.disk is not None
        return self.state.disk.state


def tasks(*states: str) -> dict[str, Sequence[Any]]:
    return {f"GET {TASK}": [task_answer(state) for state in states]}


def test_the_task_is_followed_and_the_disk_is_read_once_more() -> None:
    run = Run({**tasks("pending", "running", "completed"), f"GET {DISK}": [disk_answer()]})
    run.made()

    assert (run.disk_state, run.state.task and run.state.task.status) == ("built", "completed")
    assert [call.path for call in run.service.calls] == [TASK, TASK, TASK, DISK]
    assert run.clock.sleeps[0] == 0.5
    assert run.warnings == []


@pytest.mark.parametrize("refused", [False, True], ids=["the task", "the disk"])
def test_looks_are_slower_where_requests_are_scarce(refused: bool) -> None:
    script = {f"GET {TASK}": [NO_SCOPE]} if refused else tasks("pending", "running", "completed")
    run = Run({**script, f"GET {DISK}": [disk_answer(state="building"), disk_answer()]}, pause=2.5)
    run.made()

    assert set(run.clock.sleeps) == {2.5}


def test_each_look_is_told() -> None:
    run = Run({**tasks("pending", "running", "completed"), f"GET {DISK}": [ATTACHING, ATTACHING, ATTACHED]})
    run.made(TO_BE_ATTACHED)

    assert run.told == [
        "'data-01' (disk_One): task 'Build disk' is pending, at 37 %",
        "'data-01' (disk_One): task 'Build disk' is running, at 37 %",
        "'data-01' (disk_One): task 'Build disk' is completed, at 37 %",
        "'data-01' (disk_One) is built and attaching",
        "'data-01' (disk_One) is built and attached",
    ]


@pytest.mark.parametrize("refusal", [NO_SCOPE, error_answer(404, "task_not_found")], ids=["no-scope", "gone"])
def test_where_the_task_can_t_be_read_the_disk_is_watched(refusal: Any) -> None:
    states = ["not_built", "building", "formatting", "built"]
    run = Run({f"GET {TASK}": [refusal], f"GET {DISK}": [disk_answer(state=state) for state in states]})
    run.made()

    assert (run.disk_state, run.service.count("GET", TASK), run.service.count("GET", DISK)) == ("built", 1, 4)
    assert "could not be" in run.warnings[0]


def test_a_failed_task_fails_with_the_disk_as_it_is_then() -> None:
    run = Run({**tasks("running", "failed"), f"GET {DISK}": [disk_answer(state="failed")]})
    error = run.fails()

    assert error.details.code == "task_failed"
    assert "'Build disk' (task_One) of the disk 'data-01' (disk_One) failed" in error.summary
    assert run.disk_state == "failed"
    assert run.state.as_result()["changed"] is True
    assert run.state.task is not None
    assert run.state.task.status == "failed"


def test_a_failed_task_is_told_even_where_the_disk_can_t_be_read() -> None:
    error = Run({**tasks("failed"), f"GET {DISK}": [error_answer(404, "disk_not_found")]}).fails()
    assert error.details.code == "task_failed"


def test_a_failed_disk_fails() -> None:
    assert (
        Run({**tasks("completed"), f"GET {DISK}": [disk_answer(state="failed")]}).fails().details.code == "disk_failed"
    )


@pytest.mark.parametrize("seconds", [0, 10])
def test_a_time_out_tells_disk_task_and_progress(seconds: float) -> None:
    run = Run({**tasks("running"), f"GET {DISK}": [disk_answer(state="building")]}, seconds)
    error = run.fails()

    assert error.details.code == "wait_timeout"
    assert f"The disk 'data-01' (disk_One) was not ready within {seconds} s: it is building." in error.summary
    assert run.state.known_disk.state == "building"
    assert "Its task 'Build disk' is running, at 37 %." in error.summary
    assert "keep waiting" in error.hint
    assert run.clock.elapsed == pytest.approx(seconds)


def test_an_adopted_disk_that_does_not_move_is_given_up() -> None:
    run = Run({f"GET {DISK}": [disk_answer(state="building")]}, task=None)
    error = run.fails()

    assert error.details.code == "wait_timeout"
    assert "60 s without a move" in error.summary
    assert 60 <= run.clock.elapsed <= 66


def test_an_adopted_disk_that_moves_is_waited_for() -> None:
    slowly = [disk_answer(state=state) for state in ["not_built"] * 30 + ["building"] * 12 + ["built"]]
    run = Run({f"GET {DISK}": slowly}, task=None)
    run.made()

    assert run.disk_state == "built"
    assert run.clock.elapsed > 60


@pytest.mark.parametrize(
    ("machine", "disks", "reads", "power"),
    [
        ("started", [DETACHED, ATTACHING, ATTACHED], 3, Power.UNKNOWN),
        ("started", [DETACHED, DETACHED, ATTACHED], 3, Power.UNKNOWN),
        ("started", [ATTACHED], 1, Power.UNKNOWN),
        ("stopped", [DETACHED], 1, Power.OFF),
        ("starting", [DETACHED, ATTACHED], 2, Power.UNKNOWN),
    ],
)
def test_an_attachment_is_waited_for(machine: str, disks: list[Any], reads: int, power: Power) -> None:
    script = {**tasks("completed"), f"GET {DISK}": disks, f"GET {MACHINE}": [machine_answer(machine)]}
    run = Run(script)

    assert run.made(TO_BE_ATTACHED) is power
    assert run.service.count("GET", DISK) == reads


def test_a_machine_that_changes_is_read_until_it_is_on_or_off() -> None:
    machines = [machine_answer("stopping"), machine_answer("stopped")]
    run = Run({**tasks("completed"), f"GET {DISK}": [DETACHED], f"GET {MACHINE}": machines})

    assert run.made(TO_BE_ATTACHED) is Power.OFF


def test_where_the_machine_may_not_be_seen_detached_is_accepted_with_a_warning() -> None:
    run = Run({**tasks("completed"), f"GET {DISK}": [DETACHED], f"GET {MACHINE}": [NO_SCOPE]})

    assert run.made(TO_BE_ATTACHED) is Power.UNKNOWN
    assert len(run.warnings) == 1
    assert run.service.count("GET", MACHINE) == 1


def test_an_attachment_that_never_comes_times_out() -> None:
    run = Run({**tasks("completed"), f"GET {DISK}": [DETACHED], f"GET {MACHINE}": [machine_answer("started")]}, 20)
    error = run.fails(TO_BE_ATTACHED)

    assert error.details.code == "wait_timeout"
    assert "built and detached" in error.summary


def test_an_attachment_that_failed_fails() -> None:
    failed = disk_answer(virtual_machine_disk=attachment(state="failed"))
    run = Run({**tasks("completed"), f"GET {DISK}": [failed]})
    assert run.fails(TO_BE_ATTACHED).details.code == "attachment_failed"


def test_a_disk_of_an_earlier_run_is_waited_for() -> None:
    run = Run({f"GET {DISK}": [disk_answer(state="building"), ATTACHING, ATTACHED]}, task=None)
    run.waiter().wait_until_idle()

    assert (run.state.known_disk.state, run.service.count("GET", DISK)) == ("built", 3)
    late = Run({f"GET {DISK}": [disk_answer(state="building")]}, 10, task=None)
    with pytest.raises(KatapultError, match="it is building"):
        late.waiter().wait_until_idle()


@pytest.mark.parametrize(("ambiguous", "shown"), [(True, False), (False, True), (False, False)])
def test_a_lost_response_is_a_failure_unless_its_effect_is_seen(ambiguous: bool, shown: bool) -> None:
    lost = ApiError("Could not resize the disk.", ErrorDetails("no_answer", ambiguous=True))
    confirm_lost_response(lost, lambda: True)

    with pytest.raises(ApiError, match="Could not resize"):
        confirm_lost_response(lost.as_ambiguous(ambiguous), lambda: shown)
