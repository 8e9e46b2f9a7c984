# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in a release tarball, and whether that is what belongs there."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

#: What belongs in the tarball. Its folders are those of these files.
BELONGS = re.compile(
    r"""
    (MANIFEST|FILES)\.json
    | README\.md | LICENSE | CHANGELOG\.rst | CONTRIBUTING\.md | SECURITY\.md
    | requirements\.txt | \.ansible-lint
    | meta/(runtime|execution-environment)\.yml
    | plugins/(action|doc_fragments|module_utils/_[a-z]+|modules|plugin_utils)/[a-z_]+\.py
    | changelogs/changelog\.yaml
    | (docs|examples)/([\w-]+/)*[\w-][\w.-]*\.(md|rst|yml|yaml|json|ini|j2|svg|png)
    """,
    re.VERBOSE,
)
NEEDED = frozenset(
    {
        "README.md",
        "LICENSE",
        "CHANGELOG.rst",
        "changelogs/changelog.yaml",
        "examples/create_disk.yml",
        "meta/execution-environment.yml",
        "meta/runtime.yml",
        "requirements.txt",
    }
)


def sizes_of(tarball: Path) -> dict[str, int]:
    """The sizes of the files in the tarball by name. A folder's name ends with a slash."""
    with tarfile.open(tarball) as opened:
        return {f"{member.name}/" if member.isdir() else member.name: member.size for member in opened.getmembers()}


def wrong_contents(names: Iterable[str], collection: Path) -> list[str]:
    """What is in the tarball and does not belong there, and what is not there and should be."""
    present = frozenset(names)
    needed = NEEDED | {path.relative_to(collection).as_posix() for path in collection.glob("plugins/**/*.py")}
    unwanted = [f"{name} is in the tarball, where it does not belong" for name in sorted(present) if not _belongs(name)]
    empty = [f"{name} is an empty folder of the tarball" for name in sorted(present) if _is_empty_folder(name, present)]
    return [*unwanted, *empty, *(f"{name} is not in the tarball" for name in sorted(needed - present))]


def _belongs(name: str) -> bool:
    return name.endswith("/") or BELONGS.fullmatch(name) is not None


def _is_empty_folder(name: str, names: Iterable[str]) -> bool:
    return name.endswith("/") and not any(other.startswith(name) and other != name for other in names)


def table_of(sizes: Mapping[str, int]) -> Iterator[str]:
    """Lines that tell of every folder how many files it has, and how large they are together."""
    folders: dict[str, list[int]] = {}
    for name, size in sizes.items():
        if not name.endswith("/"):
            folders.setdefault(str(PurePosixPath(name).parent), []).append(size)
    for folder in sorted(folders):
        yield _row(folder, folders[folder])
    yield _row("all of it", [size for found in folders.values() for size in found])


def _row(title: str, sizes: list[int]) -> str:
    return f"{title:24} {len(sizes):4} files {sum(sizes) / 1000:7.1f} kB"
