# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""galaxy-importer, which Galaxy runs on what is published there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .tool_output import summary_of, undocumented, warnings_of, warns
from .workspace import ROOT, environment, program, run, say

CONFIGURATION = ROOT / "dev" / "galaxy-importer.cfg"


def import_problems(tarball: Path, folder: Path, home: Path) -> list[str]:
    """Import the tarball as Galaxy would, and return what it warns of. The folder takes the result."""
    env = environment(HOME=str(home), GALAXY_IMPORTER_CONFIG=str(CONFIGURATION))
    words = ["-m", "galaxy_importer.main", str(tarball)]
    output = run(program("python"), *words, log="galaxy-importer", cwd=folder, env=env, show=warns)
    result: dict[str, Any] = json.loads((folder / "importer_result.json").read_text(encoding="utf-8"))
    say(f"{output.splitlines()[0]}: {summary_of(result)}")
    unread = [f"galaxy-importer has no documentation of {name}" for name in undocumented(result)]
    return [*warnings_of("galaxy-importer", output), *unread]
