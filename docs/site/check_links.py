# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the links of a built site that lead to no file or anchor: Sphinx looks only at those that it made itself."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """What a page links to, and the anchors that it has."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src"):
                self.links.add(value or "")
            elif name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value or "")


def broken_links(site: Path) -> list[str]:
    pages = {path: Page(path) for path in sorted(site.resolve().rglob("*.html"))}

    def leads_somewhere(path: Path, link: str) -> bool:
        parts = urlsplit(link)
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if parts.scheme or parts.netloc or target not in pages:
            return bool(parts.scheme or parts.netloc) or target.is_file()
        return not parts.fragment or unquote(parts.fragment) in pages[target].anchors

    broken = [(path, link) for path in pages for link in sorted(pages[path].links) if not leads_somewhere(path, link)]
    return [f"{path.relative_to(site.resolve())} links to {link}, which is not there" for path, link in broken]


if __name__ == "__main__":
    sys.exit("\n".join(broken_links(Path(sys.argv[1]))) or 0)
