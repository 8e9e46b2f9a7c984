# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection says of its version and of what it supports is the same wherever it says it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from ansible_collections.katapult.cloud.dev.release_agreement import FLOORS, disagreements, unreleased

COLLECTION = Path(__file__).resolve().parents[3]
PLACES = {
    "CHANGELOG.rst",
    "changelogs/changelog.yaml",
    "galaxy.yml",
    "plugins/module_utils/_api/transport.py",
    "plugins/modules/katapult_disk.py",
    *(place for places in FLOORS.values() for place in places),
}
VERSION = yaml.safe_load((COLLECTION / "galaxy.yml").read_text(encoding="utf-8"))["version"]


@pytest.fixture(name="copy")
def _copy(tmp_path: Path) -> Path:
    """The files that have something to say, where they can be changed."""
    for place in PLACES:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(COLLECTION / place, tmp_path / place)
    (tmp_path / "changelogs" / "fragments").mkdir()
    return tmp_path


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_nothing_disagrees() -> None:
    assert disagreements(COLLECTION) == []


@pytest.mark.parametrize(
    ("place", "old", "new", "told"),
    [
        ("galaxy.yml", f"version: {VERSION}", "version: 99.0.0", "transport.py names"),
        ("galaxy.yml", f"version: {VERSION}", "version: 0.0.1", "changelog.yaml tells of"),
        ("plugins/module_utils/_api/transport.py", f'"{VERSION}"', '"0.0.1"', "names 0.0.1"),
        ("plugins/modules/katapult_disk.py", "version_added: 1.0.0", "version_added: 99.0.0", "newer than"),
        ("CHANGELOG.rst", f"v{VERSION}\n", "v0.0.1\n", "CHANGELOG.rst has the releases"),
        ("meta/runtime.yml", ">=2.16.0", ">=2.17.0", "the oldest supported ansible-core"),
        ("README.md", "| 2.16 ", "| 2.15 ", "the oldest supported ansible-core"),
        ("README.md", "| 3.9 ", "| 3.10 ", "the oldest supported Python"),
        ("tests/config.yml", ">=3.9", ">=3.10", "the oldest supported Python"),
        ("dev/lint.py", '"3.9"', '"3.10"', "the oldest supported Python"),
        ("requirements.txt", ">=2.25.1", ">=2.26", "the oldest supported requests"),
        ("plugins/doc_fragments/connection.py", "requests >= 2.25.1", "requests", "not told in plugins/doc_fragments"),
    ],
)
def test_a_disagreement_is_told(copy: Path, place: str, old: str, new: str, told: str) -> None:
    assert disagreements(copy) == []

    replace(copy / place, old, new)

    assert any(told in line for line in disagreements(copy)), disagreements(copy)


def test_a_version_that_is_in_the_changelog_is_released(copy: Path) -> None:
    releases = yaml.safe_load((copy / "changelogs" / "changelog.yaml").read_text(encoding="utf-8"))["releases"]
    (copy / "changelogs" / "changelog.yaml").write_text(
        yaml.safe_dump({"ancestor": None, "releases": {**releases, VERSION: {}}}), encoding="utf-8"
    )

    assert unreleased(copy) == []


def test_a_fragment_and_a_version_without_changelog_are_not_released(copy: Path) -> None:
    (copy / "changelogs" / "fragments" / "1-something.yml").write_text("---\n", encoding="utf-8")
    replace(copy / "galaxy.yml", f"version: {VERSION}", "version: 99.0.0")

    assert unreleased(copy) == [
        "changelogs/changelog.yaml has no 99.0.0: run make changelog",
        "changelogs/fragments/1-something.yml is in no release: run make changelog",
    ]
