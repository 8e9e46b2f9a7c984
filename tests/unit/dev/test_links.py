# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which links of a site are broken."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.katapult.cloud.dev.links import broken_links


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Path:
    (tmp_path / "guides").mkdir()
    (tmp_path / "style.css").touch()
    (tmp_path / "index.html").write_text('<h1 id="top">A</h1><a name="old"></a><a href="guides/a.html#b%20c">a</a>')
    return tmp_path


@pytest.mark.parametrize(
    "link",
    [
        "../index.html",
        "../index.html#top",
        "../index.html#old",
        "#b c",
        "",
        "#",
        "../style.css?v=1",
        "https://example.com/nosuch",
        "mailto:a@example.com",
    ],
)
def test_a_link_that_leads_somewhere_is_not_told(site: Path, link: str) -> None:
    (site / "guides" / "a.html").write_text(f'<h1 id="b c">A</h1><a href="{link}">x</a>')
    assert broken_links(site) == []


@pytest.mark.parametrize("link", ["index.html", "../index.html#nosuch", "#nosuch", "../nosuch.css", "../guides/"])
@pytest.mark.parametrize("tag", ["<a href", "<img src"])
def test_a_link_that_leads_nowhere_is_told(site: Path, link: str, tag: str) -> None:
    (site / "guides" / "a.html").write_text(f'<h1 id="b c">A</h1>{tag}="{link}">')
    assert broken_links(site) == [f"guides/a.html links to {link}, which is not there"]
