# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moves the changelog fragments into the changelog of the version that galaxy.yml names, dated today.

A version that is there already takes new fragments as well. Its new modules come from their ``version_added``.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from dev.workspace import BUILD, COLLECTION, ROOT, environment, main, program, refresh_copy, run, say

FRAGMENTS = Path("changelogs") / "fragments"
WRITTEN = (Path("CHANGELOG.rst"), Path("changelogs") / "changelog.yaml")


def changelog() -> None:
    """Let antsibull-changelog work in the copy, and take over what it did."""
    refresh_copy()
    env = environment(ANSIBLE_COLLECTIONS_PATH=str(BUILD))
    options = ["--update-existing", "--reload-plugins"]
    run(program("antsibull-changelog"), "release", *options, log="changelog", cwd=COLLECTION, env=env)
    for name in WRITTEN:
        shutil.copy2(COLLECTION / name, ROOT / name)
    for fragment in sorted((ROOT / FRAGMENTS).glob("*.y*ml")):
        if not (COLLECTION / FRAGMENTS / fragment.name).exists():
            fragment.unlink()
            say(f"{fragment.relative_to(ROOT)} is now in {' and '.join(map(str, WRITTEN))}")


if __name__ == "__main__":
    main(changelog)
