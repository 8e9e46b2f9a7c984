# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a wait has come, shown so that a long one shows signs of life and does not fill the screen."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..module_utils._core.clock import Clock

SHOWN_EVERY = 5.0
SAME_AGAIN_AFTER = 30.0
MAX_LINE = 300


class ProgressDisplay:
    """Shows a line every SHOWN_EVERY seconds at most; the one that was shown last, SAME_AGAIN_AFTER seconds later.

    Threads may tell at the same time.
    """

    def __init__(self, show: Callable[[str], None], clock: Clock) -> None:
        self._show = show
        self._clock = clock
        self._changing = threading.Lock()
        self._shown_at = clock.now()
        self._shown = ""

    def tell(self, text: str, *, always: bool) -> None:
        """Show `text` if it is time for that. `always`: whatever the time is, unless the line before says the same."""
        with self._changing:
            since = self._clock.now() - self._shown_at
            is_news = text != self._shown or since >= SAME_AGAIN_AFTER
            if is_news and (always or since >= SHOWN_EVERY):
                self._show(text[:MAX_LINE])
                self._shown = text
                if not always:
                    self._shown_at = self._clock.now()
