# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same work for many things, several of them at a time, with the threads that can be had.

What interrupts one of them, as a time-out of Ansible does, ends the pauses of the others, which then send nothing more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from operator import length_hint
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

DEFAULT_CONCURRENCY = 8


class Interrupted(BaseException):
    """Another thread of the same work was interrupted."""


class _OfThread(threading.local):
    """What a thread is a part of: set as soon as that is interrupted."""

    interrupted: threading.Event | None = None


_of_thread = _OfThread()


def find_interruption() -> threading.Event | None:
    """What is set as soon as the work of this thread is interrupted; None in a thread that works alone."""
    return _of_thread.interrupted


def raise_if_interrupted() -> None:
    """Raise Interrupted if the work of this thread is interrupted."""
    event = find_interruption()
    if event is not None and event.is_set():
        raise Interrupted


def map_concurrently(
    work: Callable[[T], R],
    items: Iterable[T],
    concurrency: int = DEFAULT_CONCURRENCY,
    new_thread: Callable[..., threading.Thread] = threading.Thread,
) -> list[R]:
    """What `work` gives for each of `items`, in their order; at most `concurrency` are worked on at a time.

    The calling thread works too, and alone where the computer gives no other. The first of `items` is always its own.
    A thing is taken from `items` only when there is a place for it, so that they may end by what was found till then.
    Raises the first error that `work` raises, as soon as what was begun by then has ended. Nothing is begun after it.
    """
    concurrency = min(concurrency, length_hint(items, concurrency))
    if concurrency <= 1:
        return [work(item) for item in items]
    return _Workers(work, items, concurrency, new_thread).results()


class _Workers(Generic[T, R]):
    """Threads that take one thing after the other. As a context it keeps the error that ends it."""

    def __init__(
        self,
        work: Callable[[T], R],
        items: Iterable[T],
        concurrency: int,
        new_thread: Callable[..., threading.Thread],
    ) -> None:
        self._work = work
        self._left = enumerate(items)
        self._places = concurrency - 1
        self._new_thread = new_thread
        self._changing = threading.Lock()
        self._threads: list[tuple[threading.Thread, threading.Event]] = []
        self._done: dict[int, R] = {}
        self._error: BaseException | None = None
        # Work within the work of a thread is interrupted with that.
        self._interrupted = _of_thread.interrupted or threading.Event()

    def results(self) -> list[R]:
        """Work, and wait until all that was begun has ended."""
        before = _of_thread.interrupted
        with self:
            self._take_and_work()
            self._join()
        _of_thread.interrupted = before
        # If that was interrupted nothing is begun any more, and what was begun is still waited for.
        self._join()
        if self._error is not None:
            raise self._error
        return [self._done[number] for number in sorted(self._done)]

    def _take_and_work(self) -> None:
        _of_thread.interrupted = self._interrupted
        with self:
            while True:
                with self._changing:
                    taken = next(self._left, None) if self._error is None else None
                    if taken is None:
                        return
                    # Each thread starts the next if there is work for it. It is no failure if none can be had.
                    if len(self._threads) < self._places:
                        ended = threading.Event()
                        thread = self._new_thread(target=partial(self._work_until, ended))
                        # In the list before it starts, as its start may be interrupted when it has begun.
                        self._threads.append((thread, ended))
                        try:
                            thread.start()
                        except RuntimeError:
                            self._threads.pop()
                number, thing = taken
                self._done[number] = self._work(thing)

    def _join(self) -> None:
        # Those that are started meanwhile are in the list before those that have started them end.
        for thread, ended in self._threads:
            # One that was interrupted before it began finds the error, and takes nothing.
            with suppress(RuntimeError):
                thread.join()
                # Until Python 3.13 a thread whose join was interrupted counts as ended though it goes on.
                ended.wait()

    def _work_until(self, ended: threading.Event) -> None:
        try:
            self._take_and_work()
        finally:
            ended.set()

    def __enter__(self) -> None:
        pass

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> bool:
        """Keep the first error; an interruption goes before all others, and is one of all threads."""
        interrupts = error is not None and not isinstance(error, Exception)
        with self._changing:
            if self._error is None or (interrupts and isinstance(self._error, Exception)):
                self._error = error
        if interrupts:
            self._interrupted.set()
        return True
