# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what the collection says of itself in several places is the same in all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from packaging.version import Version

FIRST_VERSION = r"(\d+(?:\.\d+)+)"
#: Where the oldest supported versions are told, as patterns with the version as their only group.
FLOORS: Mapping[str, Mapping[str, str]] = {
    "ansible-core": {
        "meta/runtime.yml": rf'^requires_ansible: ">={FIRST_VERSION}"$',
        "README.md": rf"^\| ansible-core\b.*?\| {FIRST_VERSION}\b",
    },
    "Python": {
        "tests/config.yml": rf'^  python_requires: ">={FIRST_VERSION}"$',
        "README.md": rf"^\| Python\b.*?\| {FIRST_VERSION}\b",
        "dev/lint.py": rf'^MODULE_PYTHON = "{FIRST_VERSION}"$',
        "plugins/doc_fragments/connection.py": rf"^  - python >= {FIRST_VERSION}$",
    },
    "requests": {
        "requirements.txt": rf"^requests>={FIRST_VERSION}$",
        "README.md": rf"^\| \[requests\].*?\| {FIRST_VERSION}\b",
        "plugins/doc_fragments/connection.py": rf"^  - requests >= {FIRST_VERSION}$",
    },
}
IN_CODE = "plugins/module_utils/_api/transport.py"
HEADING = re.compile(r"^v(\S+)\n=+$", re.MULTILINE)
ADDED = re.compile(r"^ *version_added: *[\"']?([^\s\"']+)", re.MULTILINE)


def disagreements(collection: Path) -> list[str]:
    """What contradicts itself, be it at a release or between two."""
    return [*_of_version(collection), *_of_changelog(collection), *_of_docs(collection), *_of_floors(collection)]


def unreleased(collection: Path) -> list[str]:
    """What is still to be done before the version that galaxy.yml names can be released."""
    version = _version(collection)
    releases = _releases(collection)
    found = [] if version in releases else [f"changelogs/changelog.yaml has no {version}: run make changelog"]
    fragments = sorted(path.name for path in (collection / "changelogs" / "fragments").glob("*.y*ml"))
    return [*found, *(f"changelogs/fragments/{name} is in no release: run make changelog" for name in fragments)]


def _of_version(collection: Path) -> Iterator[str]:
    version = _version(collection)
    told = _told(r'^VERSION = "(.+)"$', collection, IN_CODE)
    if told != version:
        yield f"galaxy.yml names the version {version}, {IN_CODE} names {told}"


def _of_changelog(collection: Path) -> Iterator[str]:
    releases = _releases(collection)
    headings = HEADING.findall(_text(collection, "CHANGELOG.rst"))
    if headings != releases:
        yield f"CHANGELOG.rst has the releases {headings}, changelogs/changelog.yaml has {releases}"
    yield from _too_new(releases, collection, "changelogs/changelog.yaml")


def _of_docs(collection: Path) -> Iterator[str]:
    for path in sorted((collection / "plugins").rglob("*.py")):
        name = path.relative_to(collection).as_posix()
        yield from _too_new(ADDED.findall(_text(collection, name)), collection, name)


def _too_new(versions: list[str], collection: Path, place: str) -> Iterator[str]:
    version = _version(collection)
    for told in versions:
        if Version(told) > Version(version):
            yield f"{place} tells of {told}, which is newer than the {version} of galaxy.yml"


def _of_floors(collection: Path) -> Iterator[str]:
    for what, places in FLOORS.items():
        told = {place: _told(pattern, collection, place) for place, pattern in places.items()}
        if len({floor.removesuffix(".0") for floor in told.values()}) > 1:
            words = ", ".join(f"{floor} in {place}" for place, floor in told.items())
            yield f"the oldest supported {what} is {words}"


def _version(collection: Path) -> str:
    return str(_yaml(collection, "galaxy.yml")["version"])


def _releases(collection: Path) -> list[str]:
    """The versions in the changelog, the newest first."""
    return sorted(_yaml(collection, "changelogs/changelog.yaml")["releases"], key=Version, reverse=True)


def _told(pattern: str, collection: Path, place: str) -> str:
    """What the pattern finds there, in words that fit nothing else where it does not find one thing."""
    found = re.findall(pattern, _text(collection, place), re.MULTILINE)
    return " and ".join(found) or "not told"


def _text(collection: Path, place: str) -> str:
    return (collection / place).read_text(encoding="utf-8")


def _yaml(collection: Path, place: str) -> Any:
    return yaml.safe_load(_text(collection, place))
