# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting: when looks come, and where they end."""

from __future__ import annotations

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Clock, Deadline
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import ApiError, ErrorDetails
from ansible_collections.katapult.cloud.plugins.module_utils._core.polling import Poller, StalledError, TimedOutError
from ansible_collections.katapult.cloud.tests.unit.support.fakes import FakeClock


def looks_of(
    clock: FakeClock, limit: float, stall_timeout: float = float("inf")
) -> tuple[list[float], TimedOutError[str]]:
    """The times of the looks at something that never happens."""
    looks: list[float] = []

    def look() -> str:
        looks.append(clock.elapsed)
        return "same"

    with pytest.raises(TimedOutError) as raised:
        Poller(clock, Deadline(clock, limit)).poll_until(look, lambda _seen: False, stall_timeout)
    return looks, raised.value


@pytest.mark.parametrize("jitter", [0.8, 1.0, 1.2])
def test_the_first_look_is_after_half_a_second_and_pauses_grow(jitter: float) -> None:
    clock = FakeClock(jitter)
    looks, error = looks_of(clock, 100)
    pauses = clock.sleeps[:-1]

    assert looks[0] == 0.5
    assert pauses[1] == pytest.approx(0.5 * jitter)
    assert pauses[1:] == sorted(pauses[1:])
    assert max(pauses) == pytest.approx(5 * jitter)
    assert looks[-1] == pytest.approx(100)
    assert error.last == "same"


@pytest.mark.parametrize(("takes", "seen_by"), [(0.2, 0.5), (1.0, 1.5), (3.0, 3.5), (7.0, 7.7), (20.0, 22.0), (60, 66)])
def test_an_end_is_seen_half_a_second_or_a_tenth_later_at_most(takes: float, seen_by: float) -> None:
    clock = FakeClock()
    Poller(clock, Deadline(clock, 600)).poll_until(lambda: clock.elapsed, lambda elapsed: elapsed >= takes)

    assert takes <= clock.elapsed <= seen_by


def test_pauses_have_half_a_second_on_average_whatever_the_jitter() -> None:
    clock = Clock()
    looks = [looks_of(FakeClock(clock.jitter()), 5)[0] for _run in range(200)]

    assert sum(map(len, looks)) / len(looks) == pytest.approx(10, abs=1)


@pytest.mark.parametrize(
    ("min_pause", "looks"),
    [(0.3, [0.5, 1.0, 1.5, 2.0]), (1.5, [1.5, 3.0, 4.5, 6.0]), (40.0, [5.0, 10.0, 15.0, 20.0])],
    ids=["no need", "slower", "no slower than that"],
)
def test_pauses_are_longer_where_requests_are_scarce(min_pause: float, looks: list[float]) -> None:
    clock, seen = FakeClock(), list[float]()

    def look() -> int:
        seen.append(clock.elapsed)
        return len(seen)

    Poller(clock, Deadline(clock, 600)).poll_until(look, lambda count: count == 4, min_pause=lambda: min_pause)

    assert seen == pytest.approx(looks)


def test_without_time_there_is_one_look() -> None:
    assert looks_of(FakeClock(), 0)[0] == [0]


def test_what_does_not_move_stalls() -> None:
    looks, error = looks_of(FakeClock(), 600, 60)

    assert isinstance(error, StalledError)
    assert 60 <= looks[-1] <= 66


def test_all_waits_share_one_deadline() -> None:
    clock = FakeClock()
    poller = Poller(clock, Deadline(clock, 30))
    clock.sleep(100)
    for _index in range(2):
        with pytest.raises(TimedOutError):
            poller.poll_until(lambda: "same", lambda _seen: False)

    assert clock.elapsed == pytest.approx(130)


def test_a_passing_error_at_the_deadline_is_a_time_out() -> None:
    clock = FakeClock()
    clock.sleep(0)
    answers = iter(["pending"])

    def look() -> str:
        for answer in answers:
            return answer
        clock.sleep(30)
        raise ApiError("no answer", ErrorDetails("no_answer"), transient=True)

    with pytest.raises(TimedOutError) as raised:
        Poller(clock, Deadline(clock, 10)).poll_until(look, lambda _seen: False)
    assert raised.value.last == "pending"
