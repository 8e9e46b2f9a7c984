# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file by which a module tells how far it has come."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._module.progress_file import MAX_LINE, append_line


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    path = tmp_path / "progress"
    path.touch(0o600)
    return path


def test_what_is_told_is_appended_line_by_line(file: Path) -> None:
    append_line(str(file), "is building")
    append_line(str(file), "is built")

    assert file.read_text(encoding="utf-8") == "is building\nis built\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("two\nlines\r", "two?lines?"),
        ("\x1b[31mred\x07", "?[31mred?"),
        ("half a letter \ud800", "half a letter ?"),
        ("größer 盘", "größer 盘"),
        ("a" * 1000, "a" * MAX_LINE),
    ],
    ids=["lines", "terminal", "surrogate", "letters", "long"],
)
def test_what_is_told_is_fit_for_a_terminal(file: Path, text: str, line: str) -> None:
    append_line(str(file), text)

    assert file.read_text(encoding="utf-8") == f"{line}\n"


def test_where_nobody_looks_nothing_happens(tmp_path: Path) -> None:
    append_line("", "told to nobody")
    append_line(str(tmp_path / "not-there"), "told to nobody")
    append_line(str(tmp_path), "told to nobody")

    assert list(tmp_path.iterdir()) == []


def test_a_link_is_not_followed(file: Path) -> None:
    link = file.with_name("link")
    link.symlink_to(file)
    append_line(str(link), "told to nobody")

    assert file.read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("is_read", [False, True])
def test_a_pipe_is_left_alone_and_holds_nobody_up(tmp_path: Path, is_read: bool) -> None:
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK) if is_read else None
    append_line(pipe, "told to nobody")

    if reader is not None:
        assert os.read(reader, 100) == b""
        os.close(reader)


def file_of_another_user(file: Path) -> Path:
    """Only root can give a file away, and everybody else has one of root's at hand."""
    if os.geteuid() != 0:
        return Path("/etc/passwd")
    os.chown(file, 65534, -1)
    return file


def test_the_file_of_another_user_is_left_alone(file: Path) -> None:
    path = file_of_another_user(file)
    before = path.read_bytes()
    append_line(str(path), "told to nobody")

    assert path.read_bytes() == before
