# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same work for many things, several of them at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 8


def in_parallel(work: Callable[[T], R], things: Iterable[T], at_once: int = AT_ONCE) -> list[R]:
    """What C(work) gives for each of C(things), in their order; at most C(at_once) are worked on at a time.

    A thing is taken from C(things) only when there is a place for it, so that they may end by what was found till then.
    Raises the first error that C(work) raises, as soon as what was begun by then has ended. Nothing is begun after it.
    """
    if at_once == 1:
        return [work(thing) for thing in things]
    # Only here, because most lists are one page.
    from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

    left = enumerate(things)
    running: dict[Future[R], int] = {}
    done: dict[int, R] = {}
    with ThreadPoolExecutor(at_once) as pool:
        while True:
            running.update((pool.submit(work, thing), number) for number, thing in islice(left, at_once - len(running)))
            if not running:
                return [done[number] for number in sorted(done)]
            ended = wait(running, return_when=FIRST_COMPLETED).done
            for future in sorted(ended, key=running.__getitem__):
                done[running.pop(future)] = future.result()
