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

SHOWN_EVERY = 5.0
SAME_AGAIN_AFTER_LOOKS = 6
TAIL = 4096


class Tail:
    """The newest line of a file that another process appends to."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._size = 0
        self._shown = ""
        self._looks_since = 0

    def news(self) -> str | None:
        """The newest line where there is one to show.

        That is a line other than the one before, or, as a sign of life, the same one told again some looks later.
        """
        self._looks_since += 1
        size, line = self._look()
        told, self._size = size > self._size, size
        if not told or (line == self._shown and self._looks_since < SAME_AGAIN_AFTER_LOOKS):
            return None
        self._shown, self._looks_since = line, 0
        return line

    def _look(self) -> tuple[int, str]:
        """The size in bytes and the newest line; as if nothing new was told where the file can't be read."""
        try:
            with open(self._path, "rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - TAIL))
                lines = file.read(TAIL).splitlines()
        except OSError:
            return self._size, self._shown
        return size, lines[-1].decode("utf-8", "replace") if lines else ""


@contextmanager
def followed(folder: str, show: Callable[[str], None], every: float = SHOWN_EVERY) -> Iterator[str]:
    """Within this context, show every so many seconds what is new in a private file in C(folder); gives its path.

    Leaving it takes no time. Raises OSError or RuntimeError where there can be no file or no thread.
    """
    handle, path = tempfile.mkstemp(prefix="katapult-progress-", dir=folder)
    os.close(handle)
    tail, ended = Tail(path), threading.Event()

    def look_and_show() -> None:
        while not ended.wait(every):
            line = tail.news()
            if line is not None:
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
