# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for a task that somebody else has begun."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.endpoints import KatapultApi
from ansible_collections.katapult.cloud.plugins.module_utils._api.models import Task
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Deadline
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import KatapultError
from ansible_collections.katapult.cloud.plugins.module_utils._core.polling import Poller
from ansible_collections.katapult.cloud.plugins.module_utils._reconcile.info import finished_task
from ansible_collections.katapult.cloud.tests.unit.support.factories import TASK, task_answer
from ansible_collections.katapult.cloud.tests.unit.support.fakes import FakeClock, ScriptedService, error_answer


def task_after(script: list[Any], limit: float = 600) -> tuple[Task, FakeClock]:
    clock = FakeClock()
    api = KatapultApi(ScriptedService({f"GET {TASK}": script}))
    return finished_task(api, "task_One", Poller(clock, Deadline(clock, limit))), clock


@pytest.mark.parametrize("status", ["completed", "failed"])
@pytest.mark.parametrize("before", [[], ["pending"], ["pending", "running", "running"]], ids=str)
def test_its_end_is_waited_for(before: list[str], status: str) -> None:
    task, clock = task_after([task_answer(seen) for seen in [*before, status]])

    assert task.status == status
    assert len(clock.sleeps) == len(before)


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (task_answer("running"), "it is running, at 37 %."),
        (task_answer("pending", progress=0), "it is pending, at 0 %."),
        (task_answer("pending", progress=None), "it is pending."),
    ],
)
def test_a_time_out_names_the_task_and_returns_it_as_last_seen(last: dict[str, Any], words: str) -> None:
    with pytest.raises(KatapultError) as raised:
        task_after([task_answer("pending", progress=0), last], limit=20)

    result = raised.value.as_result()
    assert result["error"]["code"] == "wait_timeout"
    assert f"The task 'Build disk' (task_One) did not end within 20 s: {words}" in result["msg"]
    assert (result["task"], result["changed"]) == (last["task"], False)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ([error_answer(404, "task_not_found")], "task_not_found"),
        ([task_answer("running"), error_answer(404, "task_not_found")], "task_not_found"),
        ([error_answer(403, "scope_not_granted", {"scopes": ["tasks:read"]})], "scope_not_granted"),
        ([{"task": None}], "unexpected_answer"),
    ],
)
def test_a_task_that_can_t_be_read_fails(script: list[Any], code: str) -> None:
    with pytest.raises(KatapultError) as raised:
        task_after(script)

    assert raised.value.details.code == code
