# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a guide shows: files to save, commands to run, and what these print."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from antsibull_docutils.rst_code_finder import find_code_blocks

CAPTION = re.compile(r"^ +:caption: (\S+)$", re.MULTILINE)
#: What differs from run to run, each with what stands for it.
CHANGING = (
    (re.compile(r"\b(disk|vm|task|trsh)_[A-Za-z0-9]{16}\b"), r"\1_ID"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "WWN"),
    (re.compile(r"\*{3,}"), "***"),
    (re.compile(r" +$", re.MULTILINE), ""),
)
LEFT_OUT = "..."


@dataclass
class Command:
    """A command of a guide, the files shown before it, and the pieces of its output, in order."""

    line: str
    files: dict[str, str] = field(default_factory=dict)
    printed: list[str] = field(default_factory=list)

    @property
    def fails(self) -> bool:
        """Whether the guide shows a failure."""
        return any("FAILED!" in piece for piece in self.printed)


def commands_of(guide: Path) -> list[Command]:
    """The commands of a guide that run Ansible, in order."""
    text = guide.read_text(encoding="utf-8")
    captions = iter(CAPTION.findall(text))
    commands: list[Command] = []
    files: dict[str, str] = {}
    for block in find_code_blocks(text, path=guide, root_prefix=guide.parent):
        if block.language in ("yaml+jinja", "json"):
            files[next(captions)] = block.content
        elif block.language == "shell":
            commands.extend(Command(line, files) for line in block.content.splitlines() if runs_ansible(line))
            files = {}
        elif block.language == "text":
            commands[-1].printed = [piece.strip() for piece in normal(block.content).split(LEFT_OUT) if piece.strip()]
    return commands


def runs_ansible(line: str) -> bool:
    """Whether a line of a shell runs a module or a playbook, or reads an inventory."""
    return line.split()[:1] in (["ansible"], ["ansible-playbook"], ["ansible-inventory"])


def normal(text: str) -> str:
    """The text with what differs from run to run replaced."""
    for pattern, stands_for in CHANGING:
        text = pattern.sub(stands_for, text)
    return text


def missing_from(output: str, pieces: list[str]) -> list[str]:
    """The pieces that do not stand in an output, in their order."""
    rest, missing = normal(output), []
    for piece in pieces:
        _before, found, after = rest.partition(piece)
        if found:
            rest = after
        else:
            missing.append(piece)
    return missing
