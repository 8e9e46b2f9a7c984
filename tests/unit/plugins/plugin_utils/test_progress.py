# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is shown of the progress of a wait, and how often."""

from __future__ import annotations

import pytest
from ansible_collections.katapult.cloud.plugins.plugin_utils._progress import (
    MAX_LINE,
    SAME_AGAIN_AFTER,
    SHOWN_EVERY,
    ProgressDisplay,
)
from ansible_collections.katapult.cloud.tests.unit.support.fakes import FakeClock


class Told:
    """A display on a clock that skips, and what it showed."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.shown: list[str] = []
        self._progress = ProgressDisplay(self.shown.append, self.clock)

    def after(self, seconds: float, text: str, *, always: bool = False) -> list[str]:
        """What is shown of this, told after so many seconds."""
        before = len(self.shown)
        self.clock.sleep(seconds)
        self._progress.tell(text, always=always)
        return self.shown[before:]


@pytest.fixture(name="told")
def _told() -> Told:
    return Told()


def test_a_short_wait_shows_nothing(told: Told) -> None:
    assert [told.after(0.9, f"is at {number} %") for number in range(5)] == [[]] * 5


def test_a_line_is_shown_when_it_is_time(told: Told) -> None:
    assert told.after(SHOWN_EVERY, "is pending") == ["is pending"]
    assert told.after(SHOWN_EVERY / 2, "is running") == []
    assert told.after(SHOWN_EVERY / 2, "is completed") == ["is completed"]


def test_the_same_line_is_shown_again_as_a_sign_of_life(told: Told) -> None:
    looks = int(2 * SAME_AGAIN_AFTER / SHOWN_EVERY) + 1
    shown = [told.after(SHOWN_EVERY, "is running") for _look in range(looks)]

    again = int(SAME_AGAIN_AFTER / SHOWN_EVERY)
    assert [look for look, lines in enumerate(shown) if lines] == [0, again, 2 * again]


def test_a_pause_is_shown_at_once_and_once(told: Told) -> None:
    assert told.after(0, "again in 1 s", always=True) == ["again in 1 s"]
    assert told.after(0, "again in 1 s", always=True) == []
    assert told.after(0, "again in 2 s", always=True) == ["again in 2 s"]
    assert told.after(SHOWN_EVERY, "is running") == ["is running"]


def test_a_long_line_is_cut(told: Told) -> None:
    assert told.after(SHOWN_EVERY, "盘" * 1000) == ["盘" * MAX_LINE]
