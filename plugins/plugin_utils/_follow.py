# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Following a file to which another process appends how far it has come."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ..module_utils._module.progress_file import ALWAYS_SHOW

SHOWN_EVERY = 5.0
SAME_AGAIN_AFTER_LOOKS = 6
# What is told in SHOWN_EVERY seconds is far less, also where the requests of many threads are sent again.
TAIL = 65536


class Tail:
    """What is new at the end of a file that another process appends to."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._size = 0
        self._shown = ""
        self._looks_since = 0

    def news(self) -> list[str]:
        """The lines to show: each that is marked to be shown, once, and of the others the newest.

        That is a line other than the one before, or, as a sign of life, the same one told again some looks later.
        """
        self._looks_since += 1
        marked, others = self._look()
        if not others or (others[-1] == self._shown and self._looks_since < SAME_AGAIN_AFTER_LOOKS):
            return marked
        self._shown, self._looks_since = others[-1], 0
        return [*marked, self._shown]

    def last_news(self) -> list[str]:
        """The marked lines that were not shown yet: how far a wait had come is no news when it has ended."""
        return self._look()[0]

    def _look(self) -> tuple[list[str], list[str]]:
        """What was told since the last look: the marked lines, each once, and the others."""
        lines = self._new_lines()
        marked = [line[len(ALWAYS_SHOW) :] for line in lines if line.startswith(ALWAYS_SHOW)]
        return list(dict.fromkeys(marked)), [line for line in lines if not line.startswith(ALWAYS_SHOW)]

    def _new_lines(self) -> list[str]:
        try:
            with open(self._path, "rb") as file:
                file.seek(max(self._size, file.seek(0, os.SEEK_END) - TAIL))
                told, self._size = file.read(), file.tell()
        except OSError:
            return []
        return told.decode("utf-8", "replace").splitlines()


@contextmanager
def followed(folder: str, show: Callable[[str], None], every: float = SHOWN_EVERY) -> Iterator[str]:
    """Within this context, show every so many seconds what is new in a private file in `folder`; gives its path.

    Leaving it takes no time. Raises OSError or RuntimeError where there can be no file or no thread.
    """
    handle, path = tempfile.mkstemp(prefix="katapult-progress-", dir=folder)
    os.close(handle)
    tail, ended = Tail(path), threading.Event()

    def look_and_show() -> None:
        while not ended.wait(every):
            for line in tail.news():
                show(line)
        for line in tail.last_news():
            show(line)

    watcher = threading.Thread(target=look_and_show, daemon=True)
    try:
        watcher.start()
        yield path
    finally:
        ended.set()
        if watcher.is_alive():
            watcher.join()
        with suppress(OSError):
            os.unlink(path)


def can_be_followed(verbosity: int, task: Any, connection: Any) -> bool:
    """Whether a task's progress is to be shown, and its module can reach a file of this process."""
    runs_as_we_do = connection.transport == "local" and not connection.become
    return verbosity >= 1 and runs_as_we_do and not task.async_val and not task.no_log
