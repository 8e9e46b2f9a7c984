# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection says of its version and of what it supports is the same wherever it says it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.version import Version

COLLECTION = Path(__file__).resolve().parents[3]
FIRST_VERSION = r"(\d+(?:\.\d+)+)"
#: Where the oldest supported versions are told, as patterns with the version as their only group.
FLOORS = {
    "ansible-core": {
        "meta/runtime.yml": rf'^requires_ansible: ">={FIRST_VERSION}"$',
        "README.md": rf"^\| ansible-core\b.*?\| {FIRST_VERSION}\b",
        "noxfile.py": rf'^CORES = {{"{FIRST_VERSION}"',
    },
    "Python": {
        "tests/config.yml": rf'^  python_requires: ">={FIRST_VERSION}"$',
        "README.md": rf"^\| Python\b.*?\| {FIRST_VERSION}\b",
        "noxfile.py": rf'^MODULE_PYTHON = "{FIRST_VERSION}"$',
        "plugins/doc_fragments/connection.py": rf"^  - python >= {FIRST_VERSION}$",
    },
    "requests": {
        "requirements.txt": rf"^requests>={FIRST_VERSION}$",
        "README.md": rf"^\| \[requests\].*?\| {FIRST_VERSION}\b",
        "noxfile.py": rf'^MODULE_REQUESTS = "{FIRST_VERSION}"$',
        "plugins/doc_fragments/connection.py": rf"^  - requests >= {FIRST_VERSION}$",
    },
}


def text(name: str) -> str:
    return (COLLECTION / name).read_text(encoding="utf-8")


def load(name: str) -> Any:
    return yaml.safe_load(text(name))


VERSION = str(load("galaxy.yml")["version"])
RELEASES = sorted(load("changelogs/changelog.yaml")["releases"], key=Version)


def test_the_code_names_the_version() -> None:
    assert re.findall(r'^VERSION = "(.+)"$', text("plugins/module_utils/_api/transport.py"), re.MULTILINE) == [VERSION]


def test_both_changelogs_have_the_same_releases() -> None:
    assert re.findall(r"^v(\S+)\n=+$", text("CHANGELOG.rst"), re.MULTILINE) == RELEASES[::-1]


@pytest.mark.parametrize("path", sorted((COLLECTION / "plugins").rglob("*.py")), ids=lambda path: path.stem)
def test_nothing_was_added_in_a_later_version(path: Path) -> None:
    added = re.findall(r"^ *version_added: *[\"']?([^\s\"']+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert [later for later in (*added, *RELEASES) if Version(later) > Version(VERSION)] == []


@pytest.mark.parametrize("places", FLOORS.values(), ids=FLOORS)
def test_the_oldest_supported_version_is_the_same_everywhere(places: dict[str, str]) -> None:
    told = {place: sorted(set(re.findall(pattern, text(place), re.MULTILINE))) for place, pattern in places.items()}
    assert {len(found) for found in told.values()} == {1}, told
    assert len({found[0].removesuffix(".0") for found in told.values()}) == 1, told
