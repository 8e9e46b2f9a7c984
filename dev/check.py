# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs parts of the tests and reports on them: python -m dev.check lint docs sanity integration unit."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from dev.ansible_test import integration, sanity
from dev.docs import docs
from dev.lint import lint
from dev.unit import closing_line, unit
from dev.workspace import LOGS, Failed, main, refresh_copy, say

#: Each may return what was run.
PARTS: dict[str, Callable[[], str | None]] = {
    "lint": lint,
    "docs": docs,
    "sanity": sanity,
    "integration": integration,
    "unit": unit,
}


def check(names: list[str]) -> None:
    """Run every part, also after one that failed, and fail when one did."""
    (LOGS / "unit.log").unlink(missing_ok=True)
    results = [_run(name) for name in names]
    failed = [name for name, passed in zip(names, results, strict=True) if not passed]
    if failed:
        say(f"=== failed: {', '.join(failed)}")
    if len(names) > 1:
        say(closing_line(LOGS / "unit.log"))
    if failed:
        sys.exit(1)


def _run(name: str) -> bool:
    say(f"=== {name}")
    start = time.monotonic()
    try:
        refresh_copy()
        seen = PARTS[name]()
    except Failed as failure:
        say(f"=== {name}: FAILED after {time.monotonic() - start:.0f} s: {failure}\n")
        return False
    say(f"=== {name}: passed in {time.monotonic() - start:.0f} s{f' ({seen})' if seen else ''}\n")
    return True


if __name__ == "__main__":
    main(lambda: check(sys.argv[1:] or list(PARTS)))
