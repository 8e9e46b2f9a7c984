# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file by which a module tells how far it has come, to whoever made the file and shows what is in it."""

from __future__ import annotations

import os
import stat
from contextlib import suppress

# The variable with the path of that file. It is set only where somebody looks.
PROGRESS_FILE = "KATAPULT_PROGRESS_FILE"
MAX_LINE = 300
# Begins a line that is shown though newer ones may have come before anybody looked.
ALWAYS_SHOW = "! "


def append_line(path: str, text: str) -> None:
    """Append `text` as one line to a file of this user; where that can't be done, nothing happens.

    The file is never made here, and a run must not fail, or hang at a pipe, for the sake of what is only shown.
    """
    # Fit for a terminal: a disk's name may hold anything.
    line = "".join(letter if letter.isprintable() else "?" for letter in text[:MAX_LINE])
    with suppress(OSError):
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            found = os.fstat(handle)
            if stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid():
                os.write(handle, f"{line}\n".encode())
        finally:
            os.close(handle)
