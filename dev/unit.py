# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit tests, with pytest: all, or those that the environment variable KATAPULT_UNIT_TESTS names."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from .workspace import BUILD, CACHE, COLLECTION, Failed, environment, places_at_once, program, run

MOST_WORKERS = 16
CLOSING_LINE = re.compile(r"^=+ .* in [0-9.]+s.* =+$")


def unit() -> None:
    recordings = os.environ.get("KATAPULT_RECORDINGS")
    settings = {"KATAPULT_RECORDINGS": str(Path(recordings).resolve())} if recordings else {}
    settings |= {name: os.environ[name] for name in ["KATAPULT_ODD_EXAMPLES"] if name in os.environ}
    # Most of them wait for something, rather than compute.
    workers = str(min(2 * places_at_once(), MOST_WORKERS))
    options = ["--color=no", "--durations=20", "-n", workers, "-o", f"cache_dir={CACHE / 'pytest'}"]
    chosen = (os.environ.get("KATAPULT_UNIT_TESTS") or "tests/unit").split()
    # Options are pytest's, which also tells of what it doesn't know.
    paths = [word.partition("::")[0] for word in chosen if "/" in word and not word.startswith("-")]
    missing = [path for path in paths if not (COLLECTION / path).exists()]
    if missing:
        raise Failed(f"there is no {', '.join(missing)}")
    # What tests and the programs that they run leave behind goes with it; the modules' locks are elsewhere.
    with tempfile.TemporaryDirectory(prefix="katapult-") as temporary:
        env = environment(
            PYTHONPATH=str(BUILD),
            HYPOTHESIS_STORAGE_DIRECTORY=str(CACHE / "hypothesis"),
            TMPDIR=temporary,
            **settings,
        )
        run(program("python"), "-m", "pytest", *options, *chosen, log="unit", cwd=COLLECTION, env=env)


def closing_line(log: Path) -> str:
    """The line with which pytest itself closed its last run."""
    if not log.is_file():
        return "pytest did not run"
    found = [line for line in log.read_text(encoding="utf-8").splitlines() if CLOSING_LINE.match(line)]
    return found[-1] if found else "pytest did not reach its end"
