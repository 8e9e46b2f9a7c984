# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the release check makes of a tarball and of what the tools say."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.katapult.cloud.dev.release_contents import NEEDED, sizes_of, table_of, wrong_contents
from ansible_collections.katapult.cloud.dev.tool_output import summary_of, undocumented, warnings_of


@pytest.mark.parametrize(
    "name",
    [
        ".ansible/collections.yml",
        "Makefile",
        "changelogs/.plugin-cache.yaml",
        "changelogs/fragments/1.yml",
        "dev/release.py",
        "docs/.hidden.md",
        "examples/__pycache__/filter.pyc",
        "plugins/modules/__pycache__/katapult_disk.pyc",
        "plugins/modules/katapult_disk.pyc",
        "tests/integration/integration_config.yml",
        "tests/unit/test_something.py",
    ],
)
def test_what_does_not_belong_is_told(tmp_path: Path, name: str) -> None:
    assert wrong_contents([*NEEDED, name], tmp_path) == [f"{name} is in the tarball, where it does not belong"]


@pytest.mark.parametrize("name", ["docs/guide.md", "examples/awx/credential_type/inputs.yml", "plugins/modules/a_b.py"])
def test_what_belongs_is_not_told(tmp_path: Path, name: str) -> None:
    assert wrong_contents([*NEEDED, f"{name.rpartition('/')[0]}/", name], tmp_path) == []


def test_what_is_missing_and_what_is_empty_is_told(tmp_path: Path) -> None:
    module = tmp_path / "plugins" / "modules" / "a.py"
    module.parent.mkdir(parents=True)
    module.touch()

    assert wrong_contents([*(NEEDED - {"LICENSE"}), "docs/"], tmp_path) == [
        "docs/ is an empty folder of the tarball",
        "LICENSE is not in the tarball",
        "plugins/modules/a.py is not in the tarball",
    ]


def test_sizes_and_their_table(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "docs").mkdir(parents=True)
    for name, size in (("README.md", 1500), ("docs/a.md", 200), ("docs/b.md", 300)):
        (source / name).write_bytes(b"x" * size)
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tarball:
        tarball.add(source / "README.md", "README.md")
        tarball.add(source / "docs", "docs")

    sizes = sizes_of(tmp_path / "a.tar.gz")

    assert sizes == {"README.md": 1500, "docs/": 0, "docs/a.md": 200, "docs/b.md": 300}
    assert [line.split() for line in table_of(sizes)] == [
        [".", "1", "files", "1.5", "kB"],
        ["docs", "2", "files", "0.5", "kB"],
        ["all", "of", "it", "3", "files", "2.0", "kB"],
    ]


@pytest.mark.parametrize(
    "line",
    [
        "WARNING: plugins/modules/a.py:1:1: E203 whitespace before ':'",
        "ERROR: The import failed",
        "[WARNING]: module not found",
        "[DEPRECATION WARNING]: soon",
        "ERROR! no such module",
    ],
)
def test_a_warning_counts(line: str) -> None:
    assert warnings_of("it", f"Loading a\n{line}\nwarns of {line}\n") == ["it warned 1 times, see above"]


def test_no_warning_is_nothing() -> None:
    assert warnings_of("it", "Loading a\n...complete\n") == []


def test_what_the_importer_found() -> None:
    complete = {"doc": {"options": {}}, "examples": "- name: a", "return": {"disk": {}}}
    documented: list[Any] = [
        {"content_name": "good", "content_type": "module", "doc_strings": complete},
        {"content_name": "partial", "content_type": "module", "doc_strings": {**complete, "return": None}},
        {"content_name": "none", "content_type": "module", "doc_strings": None},
        {"content_name": "_code", "content_type": "module_utils", "doc_strings": None},
    ]
    result = {
        "contents": [{"content_type": entry["content_type"]} for entry in documented],
        "docs_blob": {"contents": documented},
    }

    assert summary_of(result) == "3 module, 1 module_utils"
    assert undocumented(result) == ["partial", "none"]
