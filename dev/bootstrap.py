# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the virtual environment of the development commands, or keep the one that is there."""

from __future__ import annotations

import hashlib
import sys

from dev import venvs
from dev.workspace import ROOT, VENV, Failed, main, say

REQUIREMENTS = ROOT / "dev" / "requirements.txt"
OLDEST = (3, 11)


def fingerprint() -> str:
    """What the environment depends on: the pins, the Python, and where it lies."""
    pins = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    return "\n".join([pins, sys.version, sys.base_prefix, str(VENV)])


def bootstrap() -> None:
    if sys.version_info < OLDEST:
        raise Failed(f"Python {'.'.join(map(str, OLDEST))} or newer is needed, this is {sys.version.split()[0]}.")
    if venvs.is_made(VENV, fingerprint()):
        return
    say(f"--- making .build/venv from dev/requirements.txt with Python {sys.version.split()[0]} (about a minute)")
    venvs.make(VENV, sys.executable, ["-r", REQUIREMENTS], fingerprint())


if __name__ == "__main__":
    main(bootstrap)
