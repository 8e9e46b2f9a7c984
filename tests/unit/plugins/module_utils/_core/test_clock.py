# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The deadline of a task, and the shorter ones within it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Deadline
from ansible_collections.katapult.cloud.tests.unit.support.fakes import FakeClock


def test_a_deadline_counts_from_the_first_wait() -> None:
    clock = FakeClock()
    deadline = Deadline(clock, 10)
    clock.sleep(100)
    assert deadline.remaining() == float("inf")

    deadline.start()
    clock.sleep(4)
    deadline.start()
    assert deadline.remaining() == pytest.approx(6)


@pytest.mark.parametrize(("whole", "inner", "left"), [(10, 3, 3), (2, 3, 2)])
def test_a_shorter_end_within_it_never_comes_later(whole: float, inner: float, left: float) -> None:
    deadline = Deadline(FakeClock(), whole)
    deadline.start()

    with deadline.limit_to(inner):
        assert deadline.remaining() == pytest.approx(left)
    assert deadline.remaining() == pytest.approx(whole)


def test_time_on_the_rate_limit_is_left_out_of_both() -> None:
    deadline = Deadline(FakeClock(), 10)
    deadline.start()
    with deadline.limit_to(3):
        deadline.exclude(60)
        assert deadline.remaining() == pytest.approx(63)
    assert deadline.remaining() == pytest.approx(70)


def test_threads_that_wait_at_the_same_time_leave_it_out_once() -> None:
    clock = FakeClock()
    deadline = Deadline(clock, 10)
    deadline.start()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(deadline.exclude, [40.0, 60.0] * 50))
    assert deadline.remaining() == pytest.approx(70)

    clock.sleep(30)
    deadline.exclude(40)
    assert deadline.remaining() == pytest.approx(50)
