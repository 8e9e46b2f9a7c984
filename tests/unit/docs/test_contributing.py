# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What contributors are told is so: the picture has every file, and every command and path is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.katapult.cloud.tests.unit.support.commands import COLLECTION

CONTRIBUTING = (COLLECTION / "CONTRIBUTING.md").read_text(encoding="utf-8")
README = (COLLECTION / "README.md").read_text(encoding="utf-8")
PLUGINS = COLLECTION / "plugins"
MAKEFILE = (COLLECTION / "Makefile").read_text(encoding="utf-8")
TARGETS = re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE) + re.findall(r"^SESSIONS = (.*)$", MAKEFILE, re.MULTILINE)
NOXFILE = (COLLECTION / "noxfile.py").read_text(encoding="utf-8")
SESSIONS = re.findall(r'^@nox\.session\(name="([\w-]+)"|^@nox\.session.*\ndef (\w+)', NOXFILE, re.MULTILINE)
DOCUMENTS = sorted(path for path in COLLECTION.glob("*.md"))


def test_the_picture_names_every_file() -> None:
    picture = (COLLECTION / "docs" / "architecture.svg").read_text(encoding="utf-8")
    files = [path.stem for folder in ("modules", "module_utils") for path in (PLUGINS / folder).rglob("*.py")]

    assert sorted(re.findall(r'class="name">(\w+)<', picture)) == sorted(files)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_make_target_that_is_told_of_is_there(document: Path) -> None:
    known = {name for names in TARGETS for name in names.split()}
    text = document.read_text(encoding="utf-8")
    told = set(re.findall(r"^make ([a-z][a-z-]*)|`make ([a-z][a-z-]*)", text, re.MULTILINE))

    assert {first or second for first, second in told} <= known


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_session_that_is_told_of_is_there(document: Path) -> None:
    told = set(re.findall(r"\bnox -s ([a-z][a-z-]*)", document.read_text(encoding="utf-8")))

    assert told <= {given or own for given, own in SESSIONS}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_file_that_is_linked_or_named_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    linked = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    named = re.findall(r"`((?:plugins|tests|dev|docs|examples|changelogs|meta)/[\w./-]*)`", text)

    assert [name for name in (*linked, *named) if name and not (COLLECTION / name).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_heading_that_is_linked_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for name, anchor in re.findall(r"\]\(([\w./-]*)#([\w-]+)\)", text):
        target = (COLLECTION / name).read_text(encoding="utf-8") if name else text
        headings = [
            re.sub(r"[^\w -]", "", line).strip().replace(" ", "-").lower()
            for line in re.findall(r"^#+ (.*)$", target, re.MULTILINE)
        ]
        assert anchor in headings


def test_commits_are_checked_with_the_tools_of_the_tests() -> None:
    hooks = yaml.safe_load((COLLECTION / ".pre-commit-config.yaml").read_text(encoding="utf-8"))

    assert [repository["repo"] for repository in hooks["repos"]] == ["local"]
    assert {hook["entry"].split()[0] for hook in hooks["repos"][0]["hooks"]} == {"make"}
