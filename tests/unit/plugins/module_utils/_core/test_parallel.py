# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work at the same time: its order, its bound, its end."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count, takewhile

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Clock
from ansible_collections.katapult.cloud.plugins.module_utils._core.parallel import (
    find_interruption,
    map_concurrently,
    raise_if_interrupted,
)


class Gauge:
    """Work that counts how much of it is under way at once. It goes on when `crowd` of it is, and all has its time."""

    def __init__(self, crowd: int) -> None:
        self._crowd = crowd
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()
        self._crowded = threading.Event()

    def __call__(self, number: int) -> int:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            if self._now >= self._crowd:
                self._crowded.set()
        assert self._crowded.wait(10)
        time.sleep(0.02)
        with self._lock:
            self._now -= 1
        return number * 10


@pytest.mark.parametrize(("count", "concurrency", "most"), [(0, 3, 0), (1, 3, 1), (2, 3, 2), (20, 3, 3), (5, 1, 1)])
def test_results_keep_the_order_and_work_its_bound(count: int, concurrency: int, most: int) -> None:
    gauge = Gauge(most)

    assert map_concurrently(gauge, range(count), concurrency) == [number * 10 for number in range(count)]
    assert gauge.most == most


def test_a_slow_first_thing_stays_the_first() -> None:
    others_are_done = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            assert others_are_done.wait(10)
        elif number == 9:
            others_are_done.set()
        return number

    assert map_concurrently(work, range(10), 2) == list(range(10))


def test_the_first_error_is_raised_and_nothing_is_begun_after_it() -> None:
    begun: list[int] = []
    all_have_begun = threading.Barrier(4)

    def work(number: int) -> None:
        begun.append(number)
        all_have_begun.wait(10)
        if number == 1:
            raise LookupError("the first")
        threading.Event().wait(0.2)
        if number == 0:
            raise LookupError("a later one")

    with pytest.raises(LookupError, match="the first"):
        map_concurrently(work, range(100), 4)
    assert sorted(begun) == [0, 1, 2, 3]


def test_one_after_another_the_error_ends_it() -> None:
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        if number == 2:
            raise LookupError("the third")

    with pytest.raises(LookupError, match="the third"):
        map_concurrently(work, range(10), 1)
    assert begun == [0, 1, 2]


def test_things_may_come_from_an_iterator() -> None:
    def numbers() -> Iterator[int]:
        yield from (3, 1, 2)

    assert map_concurrently(str, numbers()) == ["3", "1", "2"]


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_thing_is_taken_only_when_there_is_a_place_for_it(concurrency: int) -> None:
    taken: list[int] = []
    done: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(20):
            assert len(taken) - len(done) < concurrency
            taken.append(number)
            yield number

    assert map_concurrently(done.append, numbers(), concurrency) == [None] * 20
    assert sorted(done) == taken == list(range(20))


@pytest.mark.parametrize("concurrency", [1, 3])
def test_things_may_end_by_what_was_found(concurrency: int) -> None:
    found = threading.Event()

    def work(number: int) -> int:
        if number == 5:
            found.set()
        return number

    worked_on = map_concurrently(work, takewhile(lambda _number: not found.is_set(), count()), concurrency)
    assert worked_on == list(range(len(worked_on)))
    assert 6 <= len(worked_on) <= 5 + concurrency


def test_an_error_among_the_things_is_raised_when_what_was_begun_has_ended() -> None:
    ended: list[int] = []

    def work(number: int) -> None:
        threading.Event().wait(0.02)
        ended.append(number)

    def numbers() -> Iterator[int]:
        yield from (1, 2)
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        map_concurrently(work, numbers(), 3)
    assert sorted(ended) == [1, 2]


def test_one_at_a_time_needs_no_thread() -> None:
    assert set(map_concurrently(lambda _number: threading.get_ident(), range(3), 1)) == {threading.get_ident()}


def test_the_calling_thread_works_too_and_on_the_first() -> None:
    meeting = threading.Barrier(3, timeout=10)

    def work(_number: int) -> int:
        meeting.wait()
        return threading.get_ident()

    threads = map_concurrently(work, range(3), 3)
    assert threads[0] == threading.get_ident()
    assert len(set(threads)) == 3


class Computer:
    """Gives so many threads, and no more: those that have ended make no room, which is harder than real."""

    def __init__(self, threads: int) -> None:
        self.left = threads
        self.asked = 0

    def new_thread(self, target: Callable[[], object]) -> threading.Thread:
        self.asked += 1
        self.left -= 1
        return threading.Thread(target=target) if self.left >= 0 else Refused(target=target)


class Refused(threading.Thread):
    def start(self) -> None:
        raise RuntimeError("can't start new thread")


@pytest.mark.parametrize(("threads", "most"), [(0, 1), (2, 3), (5, 6), (100, 8)], ids=["none", "two", "five", "enough"])
def test_with_the_threads_that_can_be_had_all_is_done_once(threads: int, most: int) -> None:
    gauge, begun = Gauge(most), list[int]()

    def work(number: int) -> int:
        begun.append(number)
        return gauge(number)

    done = map_concurrently(work, range(60), 8, Computer(threads).new_thread)
    assert done == [number * 10 for number in range(60)]
    assert sorted(begun) == list(range(60))
    assert gauge.most == most


@pytest.mark.parametrize("things", [0, 1, 2, 5], ids=str)
def test_no_thread_is_started_without_work_for_it(things: int) -> None:
    computer = Computer(100)
    meeting = threading.Barrier(max(things, 1), timeout=10)
    map_concurrently(lambda _number: meeting.wait(), range(things), 16, computer.new_thread)

    assert computer.asked == max(things - 1, 0)


def test_an_interruption_lets_nothing_new_begin() -> None:
    begun: list[int] = []

    def work(number: int) -> None:
        begun.append(number)
        if number == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        map_concurrently(work, range(10), 8, Computer(0).new_thread)
    assert begun == [0, 1, 2, 3]


@pytest.mark.parametrize("first", ["the error", "the interruption"])
def test_an_interruption_goes_before_errors(first: str) -> None:
    begun: list[int] = []
    both_begun, other = threading.Barrier(2, timeout=10), threading.Event()

    def work(number: int) -> None:
        begun.append(number)
        both_begun.wait()
        name, error = ("the error", LookupError()) if number else ("the interruption", KeyboardInterrupt())
        if name == first:
            other.set()
        else:
            assert other.wait(10)
            threading.Event().wait(0.02)
        raise error

    with pytest.raises(KeyboardInterrupt):
        map_concurrently(work, range(10), 2)
    assert sorted(begun) == [0, 1]


def test_what_was_begun_is_waited_for_though_the_wait_is_interrupted() -> None:
    ended: list[int] = []
    begun, is_pending = threading.Event(), threading.Event()

    class Interrupted(threading.Thread):
        def join(self, timeout: float | None = None) -> None:
            if not is_pending.is_set():
                is_pending.set()
                raise KeyboardInterrupt
            super().join(timeout)

    def work(number: int) -> None:
        if number:
            begun.set()
        assert (is_pending if number else begun).wait(10)
        ended.append(number)

    with pytest.raises(KeyboardInterrupt):
        map_concurrently(work, range(2), 2, Interrupted)
    assert ended == [0, 1]


def test_what_was_begun_is_waited_for_though_a_signal_interrupts_the_wait() -> None:
    begun, ended = threading.Event(), list[int]()

    def interrupt(*_signal: object) -> None:
        raise KeyboardInterrupt

    def work(number: int) -> None:
        if number:
            begun.set()
            time.sleep(0.1)
            os.kill(os.getpid(), signal.SIGALRM)
            time.sleep(0.2)
        assert begun.wait(10)
        ended.append(number)

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            map_concurrently(work, range(2), 2)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert ended == [0, 1]


@pytest.mark.parametrize("is_started", [True, False], ids=["started", "not yet"])
def test_a_thread_is_waited_for_though_its_start_is_interrupted(is_started: bool) -> None:
    """Python waits for a thread to begin, which may take something to work on meanwhile."""
    waited_for: list[bool] = []

    class Interrupted(threading.Thread):
        def start(self) -> None:
            if is_started:
                super().start()
            raise KeyboardInterrupt

        def join(self, timeout: float | None = None) -> None:
            super().join(timeout)
            waited_for.append(True)

    with pytest.raises(KeyboardInterrupt):
        map_concurrently(time.sleep, [0.01] * 3, 2, Interrupted)
    assert any(waited_for) is is_started
    assert find_interruption() is None


@pytest.mark.parametrize("nested", [False, True], ids=["alone", "within"])
def test_an_interruption_ends_the_pauses_of_all_threads(nested: bool) -> None:
    """A time-out of the task must not have to wait for a disk that another thread watches for minutes."""
    began, pausing = time.monotonic(), threading.Barrier(3 if nested else 2)

    def pause(_number: int) -> None:
        pausing.wait(10)
        Clock().sleep(600)

    def work(number: int) -> None:
        if number == 0:
            pausing.wait(10)
            raise KeyboardInterrupt
        if nested:
            map_concurrently(pause, range(2), 2)
        else:
            pause(number)

    with pytest.raises(KeyboardInterrupt):
        map_concurrently(work, range(2), 2)

    assert time.monotonic() - began < 300
    assert find_interruption() is None


def test_an_interruption_keeps_the_others_from_going_on() -> None:
    interrupted = threading.Event()
    went_on: list[int] = []

    def work(number: int) -> None:
        if number == 0:
            pausing.wait(10)
            raise KeyboardInterrupt
        event = find_interruption()
        assert event is not None
        pausing.wait(10)
        event.wait(10)
        interrupted.set()
        raise_if_interrupted()
        went_on.append(number)

    pausing = threading.Barrier(2)
    with pytest.raises(KeyboardInterrupt):
        map_concurrently(work, range(2), 2)

    assert (interrupted.is_set(), went_on) == (True, [])


def test_an_error_leaves_the_others_their_pauses() -> None:
    ended = threading.Event()

    def work(number: int) -> None:
        pausing.wait(10)
        if number == 0:
            raise LookupError
        Clock().sleep(0.01)
        ended.set()

    pausing = threading.Barrier(2)
    with pytest.raises(LookupError):
        map_concurrently(work, range(2), 2)

    assert ended.is_set()
