# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rate limit: never more requests in a minute than the service permits, whatever threads there are."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.rate_limit import PERMITTED, REMAINING, RateLimiter
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Clock, Deadline
from ansible_collections.katapult.cloud.tests.unit.support.fakes import A_FULL_MINUTE, FakeClock, QuickClock


class Service:
    """A service that counts by the clock minute, and says what it permits."""

    def __init__(self, clock: Clock, permitted: int) -> None:
        self.clock = clock
        self.permitted = permitted
        self.minutes: dict[float, int] = {}
        self._counting = threading.Lock()

    def ask(self, rate: RateLimiter, deadline: Deadline) -> None:
        rate.acquire(deadline)
        with self._counting:
            date = self.clock.now()
            minute = date // 60
            self.minutes[minute] = self.minutes.get(minute, 0) + 1
            left = self.permitted - self.minutes[minute]
        self.clock.sleep(0.5)
        headers = {PERMITTED: str(self.permitted), REMAINING: str(max(left, 0))}
        rate.release(headers, float(int(date)))


def test_many_threads_stay_below_what_is_permitted() -> None:
    clock = QuickClock()
    service, rate, deadline = Service(clock, 50), RateLimiter(clock), Deadline(clock, 10.0)
    service.ask(rate, deadline)
    deadline.start()

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _number: service.ask(rate, deadline), range(200)))

    assert sum(service.minutes.values()) == 201
    assert max(service.minutes.values()) <= 50


@pytest.mark.parametrize(
    ("left", "second", "waited"),
    [("1", 10, 0.0), ("0", 10, 50.0), ("0", 59, 1.0), ("many", 10, 0.0), ("0" * 5000, 10, 0.0)],
    ids=["one left", "none left", "at the end of the minute", "no number", "more digits than can be read"],
)
def test_the_next_minute_is_waited_for_where_none_is_left(left: str, second: int, waited: float) -> None:
    clock = FakeClock()
    rate, deadline = RateLimiter(clock), Deadline(clock, 600.0)
    deadline.start()
    rate.acquire(deadline)
    rate.release({PERMITTED: "100", REMAINING: left}, A_FULL_MINUTE + second)

    assert rate.acquire(deadline) is (waited > 0)

    assert sum(clock.sleeps) == pytest.approx(waited)
    assert rate.waits == len(clock.sleeps)
    assert deadline.remaining() == pytest.approx(600.0)


@pytest.mark.parametrize(
    ("left", "second", "pause"),
    [(1000, 0, 0.0), (250, 0, 0.0), (249, 0, 1.2), (249, 54, 0.12), (50, 30, 3.0), (1, 0, 300.0), (0, 0, 300.0)],
)
def test_waits_slow_down_below_a_quarter_and_leave_some_to_others(left: int, second: int, pause: float) -> None:
    clock = FakeClock()
    rate = RateLimiter(clock)
    assert rate.min_pause() == 0
    rate.acquire(Deadline(clock, 600.0))
    rate.release({PERMITTED: "1000", REMAINING: str(left)}, A_FULL_MINUTE + second)

    assert rate.min_pause() == pytest.approx(pause, abs=0.01)
    clock.sleep(60 - second)
    assert rate.min_pause() == 0


def test_a_refusal_holds_everybody_until_the_service_permits_again() -> None:
    clock = FakeClock()
    rate, deadline = RateLimiter(clock), Deadline(clock, 600.0)
    rate.acquire(deadline)
    rate.release({}, None)
    rate.exhaust(30.0)

    rate.acquire(deadline)
    rate.acquire(deadline)

    assert clock.sleeps == [30.0]


def test_a_late_answer_of_the_same_minute_gives_nothing_back() -> None:
    clock = FakeClock()
    rate, deadline = RateLimiter(clock), Deadline(clock, 600.0)
    for _request in range(2):
        rate.acquire(deadline)
    rate.release({PERMITTED: "100", REMAINING: "0"}, A_FULL_MINUTE + 20)
    rate.release({PERMITTED: "100", REMAINING: "1"}, A_FULL_MINUTE + 20)

    rate.acquire(deadline)

    assert clock.sleeps == [40.0]


def test_a_limit_of_nothing_is_not_believed() -> None:
    clock = FakeClock()
    rate, deadline = RateLimiter(clock), Deadline(clock, 600.0)
    rate.acquire(deadline)
    rate.release({PERMITTED: "0", REMAINING: "0"}, A_FULL_MINUTE)

    rate.acquire(deadline)

    assert clock.sleeps == []


def test_a_place_that_is_given_back_is_another_s() -> None:
    clock = FakeClock()
    rate, deadline = RateLimiter(clock), Deadline(clock, 600.0)
    rate.acquire(deadline)
    rate.release({PERMITTED: "100", REMAINING: "1"}, A_FULL_MINUTE)

    rate.acquire(deadline)
    rate.cancel()

    assert rate.acquire(deadline) is False


def test_a_wait_is_told_once_however_many_threads_wait() -> None:
    clock, told = QuickClock(), list[str]()
    rate, deadline = RateLimiter(clock, told.append), Deadline(clock, 600.0)
    rate.acquire(deadline)
    rate.release({PERMITTED: "20", REMAINING: "0"}, 0.0)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _number: rate.acquire(deadline), range(10)))

    assert len(told) == 1


def test_the_moments_in_which_answers_may_still_come_are_not_told() -> None:
    clock, told = FakeClock(), list[str]()
    rate, deadline = RateLimiter(clock, told.append), Deadline(clock, 600.0)
    rate.acquire(deadline)
    rate.release({PERMITTED: "2", REMAINING: "1"}, 0.0)
    rate.acquire(deadline)
    clock.events.append((0.3, lambda: rate.release({PERMITTED: "2", REMAINING: "1"}, 0.0)))
    rate.acquire(deadline)

    assert (told, len(clock.sleeps)) == ([], 3)
