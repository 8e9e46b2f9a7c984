# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The release tarball holds what a user needs and nothing else, and its metadata agree with the tree."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

COLLECTION = Path(__file__).resolve().parents[3]
#: What belongs in the tarball. Its folders are those of these files.
BELONGS = re.compile(
    r"""
    (MANIFEST|FILES)\.json
    | README\.md | LICENSE | CHANGELOG\.rst | CONTRIBUTING\.md | SECURITY\.md
    | requirements\.txt | \.ansible-lint
    | meta/(runtime|execution-environment)\.yml
    | plugins/(action|doc_fragments|inventory|module_utils/_[a-z]+|modules|plugin_utils)/[a-z_]+\.py
    | roles/mounted_disk/(README\.md|[a-z]+/[a-z_]+\.(yml|j2|sh))
    | changelogs/changelog\.yaml
    | (docs|examples)/([\w-]+/)*[\w-][\w.-]*\.(md|rst|yml|yaml|json|ini|j2|svg|png)
    """,
    re.VERBOSE,
)
NEEDED = {
    "README.md",
    "LICENSE",
    "CHANGELOG.rst",
    "changelogs/changelog.yaml",
    "examples/create_disk.yml",
    "meta/execution-environment.yml",
    "meta/runtime.yml",
    "requirements.txt",
    *(path.relative_to(COLLECTION).as_posix() for path in COLLECTION.glob("plugins/**/*.py")),
    *(path.relative_to(COLLECTION).as_posix() for path in COLLECTION.glob("roles/**/*.*")),
}
GALAXY_TAGS = {
    "application",
    "cloud",
    "database",
    "eda",
    "infrastructure",
    "linux",
    "monitoring",
    "networking",
    "security",
    "storage",
    "tools",
    "windows",
}
# What tools leave behind, where they may leave it.
LEFTOVERS = (
    ".ansible/roles/left.yml",
    ".build/log/left.log",
    "changelogs/.plugin-cache.yaml",
    "examples/.left.yml.swp",
    "examples/site.retry",
    "katapult-cloud-0.9.0.tar.gz",
    "plugins/modules/__pycache__/katapult_disk.cpython-311.pyc",
    "plugins/modules/katapult_disk.pyc",
    "tests/integration/integration_config.yml",
    "tests/output/junit/left.xml",
)


def load(name: str) -> Any:
    return yaml.safe_load((COLLECTION / name).read_text(encoding="utf-8"))


def build(source: Path, folder: Path) -> Path:
    """The tarball that ansible-galaxy builds of a folder."""
    galaxy = Path(sys.executable).with_name("ansible-galaxy")
    command = [str(galaxy), "collection", "build", str(source), "--output-path", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return folder / f"katapult-cloud-{load('galaxy.yml')['version']}.tar.gz"


def copy_of_the_source(target: Path) -> Path:
    """A copy of what git would know, made from the last name to the first: a file system may list it otherwise."""
    files = {path.relative_to(COLLECTION) for path in COLLECTION.rglob("*") if path.is_file()}
    for name in sorted(files, reverse=True):
        if name.parts[0] != ".git" and name.parts[:2] != ("tests", "output") and name.suffix != ".pyc":
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(COLLECTION / name, target / name)
    return target


def files_of(tarball: Path) -> list[dict[str, Any]]:
    """The entries of FILES.json by name: they stand there in the order in which the file system lists them."""
    with tarfile.open(tarball) as opened:
        member = opened.extractfile("FILES.json")
        assert member is not None
        files: list[dict[str, Any]] = json.load(member)["files"]
    return sorted(files, key=lambda file: str(file["name"]))


@pytest.fixture(name="tarball", scope="module")
def _tarball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(COLLECTION, tmp_path_factory.mktemp("release"))


def wrong_contents(tarball: Path) -> list[str]:
    """What is in the tarball and does not belong there, empty folders among it, and what should be there."""
    with tarfile.open(tarball) as opened:
        files = {member.name for member in opened.getmembers() if member.isfile()}
        folders = {member.name for member in opened.getmembers() if member.isdir()}
    empty = {folder for folder in folders if not any(name.startswith(f"{folder}/") for name in files)}
    return sorted({name for name in files if not BELONGS.fullmatch(name)} | empty | (NEEDED - files))


def test_tarball_holds_what_belongs_in_it_and_nothing_else(tarball: Path) -> None:
    assert wrong_contents(tarball) == []


def test_tarball_is_the_same_with_leftovers_and_in_another_order(tarball: Path, tmp_path: Path) -> None:
    source = copy_of_the_source(tmp_path / "source")
    for name in LEFTOVERS:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("left", encoding="utf-8")

    again = build(source, tmp_path)

    assert wrong_contents(again) == []
    assert files_of(again) == files_of(tarball)


@pytest.mark.parametrize(
    "name", ["Makefile", "changelogs/fragments/1.yml", "docs/.hidden.md", "docs/site/conf.py", "plugins/modules/a.pyc"]
)
def test_what_does_not_belong_is_told(name: str) -> None:
    assert not BELONGS.fullmatch(name)


def test_metadata_name_the_collection() -> None:
    metadata = load("galaxy.yml")
    assert (metadata["namespace"], metadata["name"]) == ("katapult", "cloud")
    assert metadata["license"] == ["GPL-3.0-or-later"]
    assert GALAXY_TAGS & set(metadata["tags"])
    assert metadata["dependencies"] == {}
