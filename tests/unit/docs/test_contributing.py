# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documents beside the guides say is so: the picture has every file, and every command and path is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.katapult.cloud.tests.unit.support.commands import COLLECTION

PLUGINS = COLLECTION / "plugins"
MAKEFILE = (COLLECTION / "Makefile").read_text(encoding="utf-8")
TARGETS = re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE) + re.findall(r"^SESSIONS = (.*)$", MAKEFILE, re.MULTILINE)
NOXFILE = (COLLECTION / "noxfile.py").read_text(encoding="utf-8")
SESSIONS = re.findall(r'^@nox\.session\(name="([\w-]+)"|^@nox\.session.*\ndef (\w+)', NOXFILE, re.MULTILINE)
REPOSITORY = yaml.safe_load((COLLECTION / "galaxy.yml").read_text(encoding="utf-8"))["repository"]
# Galaxy and Automation Hub show the README, where a link within the repository leads nowhere.
FILES_ON_THE_WEB = f"{REPOSITORY}/blob/main/"
DOCUMENTS = sorted(path for path in COLLECTION.glob("*.md"))
GUIDES = sorted((COLLECTION / "docs" / "docsite" / "rst").glob("*.rst"))


def read(document: Path) -> str:
    """The text, with links to files on the web as links within the repository."""
    return document.read_text(encoding="utf-8").replace(FILES_ON_THE_WEB, "")


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
    text = read(document)
    linked = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    named = re.findall(r"`((?:plugins|tests|dev|docs|examples|changelogs|meta)/[\w./-]*)`", text)

    assert [name for name in (*linked, *named) if name and not (COLLECTION / name).exists()] == []


def test_the_readme_links_to_full_addresses() -> None:
    text = (COLLECTION / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)", text)

    assert [link for link in links if not link.startswith("https://")] == []


def test_the_readme_leads_to_every_guide() -> None:
    linked = re.findall(r"\]\(docs/docsite/rst/([\w.]+)\)", read(COLLECTION / "README.md"))

    assert sorted(linked) == [path.name for path in GUIDES]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_every_file_that_a_guide_links_is_there(guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    linked = re.findall(rf"{re.escape(FILES_ON_THE_WEB)}([\w./-]+)", text)

    assert [name for name in linked if not (COLLECTION / name).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_heading_that_is_linked_is_there(document: Path) -> None:
    text = read(document)
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
