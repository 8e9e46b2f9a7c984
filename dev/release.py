# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the release tarball from the copy of the collection, and installs it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .workspace import BUILD, COLLECTION, Failed, environment, main, nothing, program, refresh_copy, run, say


def build(folder: Path) -> Path:
    """Build the tarball, the only one in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.tar.gz"):
        old.unlink()
    refresh_copy()
    options = ["--output-path", str(folder)]
    galaxy = program("ansible-galaxy")
    run(galaxy, "collection", "build", COLLECTION, *options, log="galaxy-build", env=environment(), show=nothing)
    built = list(folder.glob("*.tar.gz"))
    if len(built) != 1:
        raise Failed(f"one tarball was expected in {folder}, not {len(built)}")
    return built[0]


def install(tarball: Path, collections: Path, env: Mapping[str, str]) -> None:
    """Install the tarball into a folder of collections, without the network."""
    options = ["--collections-path", str(collections), "--force", "--offline"]
    galaxy = program("ansible-galaxy")
    run(galaxy, "collection", "install", tarball, *options, log="galaxy-install", env=env, show=nothing)


if __name__ == "__main__":
    main(lambda: say(str(build(BUILD / "release"))))
