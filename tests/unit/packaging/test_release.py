# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The release tarball holds what a user needs and nothing else, and its metadata agree with the tree."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

COLLECTION = Path(__file__).resolve().parents[3]
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
BELONGS = re.compile(
    r"""
    (MANIFEST|FILES)\.json
    | README\.md | LICENSE | CHANGELOG\.(rst|md)
    | requirements\.txt
    | meta/(runtime|execution-environment)\.yml
    | plugins/(action|doc_fragments|module_utils|modules|plugin_utils)/[a-z_]+\.py
    | changelogs/changelog\.yaml
    | (docs|examples)/.+
    """,
    re.VERBOSE,
)


def load(name: str) -> Any:
    return yaml.safe_load((COLLECTION / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def tarball_names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The files in a freshly built tarball."""
    folder = tmp_path_factory.mktemp("release")
    galaxy = Path(sys.executable).with_name("ansible-galaxy")
    command = [str(galaxy), "collection", "build", str(COLLECTION), "--output-path", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    metadata = load("galaxy.yml")
    with tarfile.open(folder / f"katapult-cloud-{metadata['version']}.tar.gz") as tarball:
        return [member.name for member in tarball.getmembers() if member.isfile()]


def test_tarball_holds_only_what_belongs_in_it(tarball_names: list[str]) -> None:
    assert [name for name in tarball_names if not BELONGS.fullmatch(name)] == []


def test_tarball_holds_every_plugin(tarball_names: list[str]) -> None:
    plugins = {path.relative_to(COLLECTION).as_posix() for path in (COLLECTION / "plugins").rglob("*.py")}
    assert plugins <= set(tarball_names)


@pytest.mark.parametrize("name", ["README.md", "LICENSE", "meta/runtime.yml", "examples/create_disk.yml"])
def test_tarball_holds(tarball_names: list[str], name: str) -> None:
    assert name in tarball_names


def test_action_group_lists_exactly_the_modules() -> None:
    modules = sorted(path.stem for path in (COLLECTION / "plugins" / "modules").glob("*.py"))
    assert load("meta/runtime.yml")["action_groups"]["all"] == modules


def test_metadata_name_the_collection() -> None:
    metadata = load("galaxy.yml")
    assert (metadata["namespace"], metadata["name"]) == ("katapult", "cloud")
    assert metadata["license"] == ["GPL-3.0-or-later"]
    assert GALAXY_TAGS & set(metadata["tags"])
    assert metadata["dependencies"] == {}


def test_python_floor_is_the_documented_one() -> None:
    assert load("meta/runtime.yml")["requires_ansible"] == ">=2.16.0"
    assert load("tests/config.yml")["modules"]["python_requires"] == ">=3.9"
