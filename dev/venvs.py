# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual environments that are kept as long as what they are made from stays the same."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from .workspace import Failed, nothing, run

STAMP = "made-from.txt"
PIP_OPTIONS = ("--disable-pip-version-check", "--progress-bar", "off")


def is_made(folder: Path, made_from: str) -> bool:
    """Whether the environment is there and was made from just that."""
    stamp = folder / STAMP
    return stamp.is_file() and stamp.read_text() == made_from


def make(
    folder: Path,
    python: str | Path,
    requirements: Sequence[str | Path],
    made_from: str,
    *,
    log: str = "",
    finish: Callable[[], None] | None = None,
) -> None:
    """Make the environment anew: what pip installs, and what ``finish`` does then."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        run(python, "-m", "venv", folder, log=f"{log}venv", show=nothing)
    except Failed as failure:
        raise Failed(f"{failure}. On Debian and Ubuntu the package python3-venv is needed.") from failure
    python_inside = folder / "bin" / "python"
    run(python_inside, "-m", "pip", "install", *PIP_OPTIONS, *requirements, log=f"{log}pip", show=nothing)
    if finish:
        finish()
    (folder / STAMP).write_text(made_from)
