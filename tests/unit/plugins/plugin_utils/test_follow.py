# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is shown of that which a module tells while it waits, and when nothing is."""

from __future__ import annotations

import stat
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._module.progress_file import (
    ALWAYS_SHOW,
    MAX_LINE,
    append_line,
)
from ansible_collections.katapult.cloud.plugins.plugin_utils._follow import (
    SAME_AGAIN_AFTER_LOOKS,
    TAIL,
    Tail,
    can_be_followed,
    followed,
)


class Told:
    """A file to which a module appends, and what is new in it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "progress"
        self.path.touch()
        self._tail = Tail(str(self.path))

    def news_after(self, *lines: str) -> list[str]:
        """What is new when the module has told these lines since the look before."""
        self.report_progress(*lines)
        return self._tail.news()

    def last_news_after(self, *lines: str) -> list[str]:
        """What is still new at the end, when the module has told these lines since the look before."""
        self.report_progress(*lines)
        return self._tail.last_news()

    def report_progress(self, *lines: str) -> None:
        for line in lines:
            append_line(str(self.path), line)


@pytest.fixture(name="told")
def _told(tmp_path: Path) -> Told:
    return Told(tmp_path)


def test_only_the_newest_line_is_shown(told: Told) -> None:
    assert told.news_after() == []
    assert told.news_after("is pending", "is running") == ["is running"]
    assert told.news_after() == []
    assert told.news_after("is completed") == ["is completed"]


def test_each_marked_line_is_shown_once(told: Told) -> None:
    first, second = f"{ALWAYS_SHOW}again in 1 s", f"{ALWAYS_SHOW}again in 2 s"

    assert told.news_after(first, "is pending", first, second, "is running") == [
        "again in 1 s",
        "again in 2 s",
        "is running",
    ]
    assert told.news_after() == []
    assert told.news_after(first, "is running") == ["again in 1 s"]


def test_at_the_end_only_marked_lines_are_news(told: Told) -> None:
    told.news_after(f"{ALWAYS_SHOW}again in 1 s")

    assert told.last_news_after(f"{ALWAYS_SHOW}again in 2 s", "is running") == ["again in 2 s"]


def test_the_same_line_is_shown_again_as_a_sign_of_life(told: Told) -> None:
    shown = [told.news_after("is running") for _look in range(2 * SAME_AGAIN_AFTER_LOOKS + 1)]

    assert [look for look, line in enumerate(shown) if line] == [0, SAME_AGAIN_AFTER_LOOKS, 2 * SAME_AGAIN_AFTER_LOOKS]


def test_what_is_not_told_again_is_not_shown_again(told: Told) -> None:
    """The module may be about something else by then."""
    told.news_after("is running")

    assert [told.news_after() for _look in range(3 * SAME_AGAIN_AFTER_LOOKS)] == [[]] * 3 * SAME_AGAIN_AFTER_LOOKS
    assert told.news_after("is running") == ["is running"]


def test_a_long_file_is_read_from_its_end(told: Told) -> None:
    lines = [f"{number:03d} {'盘' * MAX_LINE}" for number in range(100)]
    assert sum(len(line.encode()) for line in lines) > TAIL

    assert told.news_after(*lines) == [lines[-1][:MAX_LINE]]


def test_a_file_that_is_gone_has_no_news(told: Told) -> None:
    told.news_after("is running")
    told.path.unlink()

    assert told.news_after() == []


def test_what_is_told_is_shown_while_it_is_followed(tmp_path: Path) -> None:
    shown: SimpleQueue[str] = SimpleQueue()
    with followed(str(tmp_path), shown.put, every=0.01) as path:
        assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
        for line in ("is pending", "is running"):
            append_line(path, line)
            assert shown.get(timeout=10) == line
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_shown_before_its_time_and_the_end_is_at_once(tmp_path: Path) -> None:
    shown: SimpleQueue[str] = SimpleQueue()
    threads = threading.active_count()
    started = time.monotonic()
    with followed(str(tmp_path), shown.put, every=3600) as path:
        append_line(path, "is running")

    assert time.monotonic() - started < 5
    assert threading.active_count() == threads
    with pytest.raises(Empty):
        shown.get_nowait()


def test_a_marked_line_is_shown_at_the_end_at_the_latest(tmp_path: Path) -> None:
    shown: list[str] = []
    with followed(str(tmp_path), shown.append, every=3600) as path:
        append_line(path, f"{ALWAYS_SHOW}again in 2 s")
        append_line(path, "is running")

    assert shown == ["again in 2 s"]


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(LookupError), followed(str(tmp_path), print, every=3600):
        raise LookupError

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_was_removed_is_no_failure(tmp_path: Path) -> None:
    with followed(str(tmp_path), print, every=3600) as path:
        Path(path).unlink()


def test_without_a_folder_nothing_can_be_followed(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"), followed(str(tmp_path / "not-there"), print):
        pytest.fail("this must not be reached")


@pytest.mark.parametrize(
    ("otherwise", "expected"),
    [
        ({}, True),
        ({"verbosity": 4}, True),
        ({"verbosity": 0}, False),
        ({"transport": "ssh"}, False),
        ({"transport": "community.docker.docker"}, False),
        ({"become": object()}, False),
        ({"async_val": 60}, False),
        ({"no_log": True}, False),
    ],
    ids=["-v", "-vvvv", "quiet", "ssh", "container", "become", "async", "no_log"],
)
def test_what_can_be_followed(otherwise: dict[str, Any], expected: bool) -> None:
    usual = {"verbosity": 1, "transport": "local", "become": None, "async_val": 0, "no_log": False}
    case = SimpleNamespace(**{**usual, **otherwise})

    assert can_be_followed(case.verbosity, task=case, connection=case) is expected
