# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python interpreters that are found.

ansible-test takes every pythonX.Y on the PATH for one that runs. A version manager puts stand-ins there that
only run for the versions that are selected, so folders with such stand-ins give way to the folders of the
interpreters that they stand for.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

NAME = re.compile(r"python(3\.\d+)")


def search_path(path: str, env: Mapping[str, str]) -> str:
    """The search path with every pythonX.Y on it one that runs."""
    folders: list[str] = []
    for folder in path.split(os.pathsep):
        folders.extend(_folders_in_place_of(folder, env))
    return os.pathsep.join(dict.fromkeys(folders))


def find(path: str, env: Mapping[str, str]) -> dict[str, Path]:
    """The first interpreter of each version on the search path: "3.9" and where it lies."""
    found: dict[str, Path] = {}
    for folder in search_path(path, env).split(os.pathsep):
        for version, python in _interpreters(Path(folder)):
            found.setdefault(version, python)
    return found


def _folders_in_place_of(folder: str, env: Mapping[str, str]) -> list[str]:
    found = dict(_interpreters(Path(folder)))
    if all(_executable(python, env) for python in found.values()):
        return [folder]
    real = [_executable(python, {**env, "PYENV_VERSION": version}) for version, python in found.items()]
    return [str(Path(executable).parent) for executable in real if executable]


def _interpreters(folder: Path) -> Iterator[tuple[str, Path]]:
    if folder.is_dir():
        for path in sorted(folder.glob("python3.*")):
            matched = NAME.fullmatch(path.name)
            if matched:
                yield matched[1], path


def _executable(python: Path, env: Mapping[str, str]) -> str:
    """The path that an interpreter itself says it has, or nothing when it does not run."""
    command = [str(python), "-c", "import sys; print(sys.executable)"]
    try:
        asked = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "" if asked.returncode else asked.stdout.strip()
