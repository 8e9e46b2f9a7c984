# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the virtual environment of the development commands, or keep the one that is there."""

from __future__ import annotations

import hashlib
import shutil
import sys

from dev.workspace import BUILD, ROOT, VENV, Failed, main, nothing, program, run, say

REQUIREMENTS = ROOT / "dev" / "requirements.txt"
STAMP = VENV / "made-from.txt"
OLDEST = (3, 11)


def fingerprint() -> str:
    """What the environment depends on: the pins, the Python, and where it lies."""
    pins = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    return "\n".join([pins, sys.version, sys.base_prefix, str(VENV)])


def bootstrap() -> None:
    if sys.version_info < OLDEST:
        raise Failed(f"Python {'.'.join(map(str, OLDEST))} or newer is needed, this is {sys.version.split()[0]}.")
    if STAMP.is_file() and STAMP.read_text() == fingerprint():
        return
    say(f"--- making .build/venv from dev/requirements.txt with Python {sys.version.split()[0]} (about a minute)")
    shutil.rmtree(VENV, ignore_errors=True)
    BUILD.mkdir(exist_ok=True)
    try:
        run(sys.executable, "-m", "venv", VENV, log="venv", show=nothing)
    except Failed as failure:
        raise Failed(f"{failure}. On Debian and Ubuntu the package python3-venv is needed.") from failure
    options = ["--disable-pip-version-check", "--progress-bar", "off"]
    run(program("python"), "-m", "pip", "install", *options, "-r", REQUIREMENTS, log="pip", show=nothing)
    STAMP.write_text(fingerprint())


if __name__ == "__main__":
    main(bootstrap)
