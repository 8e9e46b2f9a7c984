# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-doc and galaxy-importer say, as values."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

WARNING = re.compile(r"\[?(DEPRECATION )?(WARNING|ERROR|CRITICAL)\b")


def warns(line: str) -> bool:
    """Whether a line of their output is a warning or worse."""
    return WARNING.match(line) is not None


def warnings_of(tool: str, output: str) -> list[str]:
    """One line that counts the warnings, where there are any."""
    count = sum(map(warns, output.splitlines()))
    return [f"{tool} warned {count} times, see above"] if count else []


def summary_of(result: dict[str, Any]) -> str:
    """How many of each kind of content it found."""
    kinds = Counter(content["content_type"] for content in result["contents"])
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))


def undocumented(result: dict[str, Any]) -> list[str]:
    """The modules for which it has no options, examples or results."""
    modules = [found for found in result["docs_blob"]["contents"] if found["content_type"] == "module"]
    return [found["content_name"] for found in modules if not _is_documented(found["doc_strings"] or {})]


def _is_documented(strings: dict[str, Any]) -> bool:
    return all(strings.get(key) for key in ("doc", "examples", "return"))
