# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The notes in a lock's file: which creates have begun, and have not ended as far as is known."""

from __future__ import annotations

import itertools
import json
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Deadline
from ansible_collections.katapult.cloud.plugins.module_utils._core.file_lock import (
    MAX_NOTES_SIZE,
    CreateNotes,
    HeldLocks,
    LockDirectory,
    hold_locks,
)
from ansible_collections.katapult.cloud.tests.unit.support.fakes import A_FULL_MINUTE, FakeClock

KEY = ("https://api.test", "data-01")
OTHER = ("https://api.test", "data-02")


class Node:
    """A control node on which one run comes after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()

    def run(self, *keys: tuple[str, ...]) -> AbstractContextManager[HeldLocks]:
        return hold_locks(keys or [KEY], self.clock, Deadline(self.clock, 0), [LockDirectory(str(self.folder))])

    def dies_while_creating(self, key: tuple[str, ...] = KEY) -> None:
        with self.run(key) as held:
            held.note_create(key)

    def finds(self, key: tuple[str, ...] = KEY) -> bool:
        with self.run(key) as held:
            return held.has_leftover(key)

    @property
    def file(self) -> Path:
        (file,) = self.folder.iterdir()
        return file

    def lines(self) -> list[str]:
        return self.file.read_text(encoding="utf-8").splitlines()


@pytest.fixture(name="node")
def _node(tmp_path: Path) -> Node:
    return Node(tmp_path / "locks")


def key_in_the_same_slot(folder: Path) -> tuple[str, ...]:
    """Another name whose lock is the same file as that of KEY."""
    with hold_locks([KEY], FakeClock(), Deadline(FakeClock(), 0), [LockDirectory(str(folder))]):
        (file,) = folder.iterdir()
    for number in itertools.count():
        key = ("https://api.test", f"other-{number}")
        with hold_locks([key], FakeClock(), Deadline(FakeClock(), 0), [LockDirectory(str(folder))]):
            files = list(folder.iterdir())
        if len(files) == 1:
            return key
        next(path for path in files if path != file).unlink()
    raise AssertionError


def test_a_create_that_did_not_end_is_left_behind_for_its_name_alone(node: Node) -> None:
    assert node.finds() is False
    node.dies_while_creating()

    assert node.finds() is True
    assert node.finds(OTHER) is False


def test_a_note_tells_the_name_and_the_time_and_nothing_else(node: Node) -> None:
    node.dies_while_creating()

    assert [json.loads(line) for line in node.lines()] == [{"key": list(KEY), "begun": A_FULL_MINUTE}]


def test_the_own_create_is_not_left_behind_and_leaves_nothing_when_it_ends(node: Node) -> None:
    with node.run() as held:
        held.note_create(KEY)
        assert held.has_leftover(KEY) is False
        held.clear_create(KEY)

    assert node.file.read_bytes() == b""


def test_the_end_of_a_create_drops_what_earlier_ones_left(node: Node) -> None:
    node.dies_while_creating()
    node.dies_while_creating()
    assert len(node.lines()) == 2
    with node.run() as held:
        held.clear_create(KEY)

    assert node.finds() is False


def test_of_two_creates_of_one_name_each_has_its_note(node: Node) -> None:
    """A fleet may have a name in two data centers."""
    with node.run() as held:
        held.note_create(KEY)
        held.note_create(KEY)
        held.clear_create(KEY)

    assert node.finds() is True


def test_names_that_share_a_file_keep_their_notes(node: Node, tmp_path: Path) -> None:
    neighbour = key_in_the_same_slot(tmp_path / "search")
    node.dies_while_creating(neighbour)
    node.dies_while_creating()
    with node.run() as held:
        held.clear_create(KEY)

    assert (node.finds(), node.finds(neighbour)) == (False, True)


@pytest.mark.parametrize(
    ("age", "found"), [(0, True), (299, True), (300, False), (10**6, False), (-(10**6), True)], ids=str
)
def test_a_note_is_void_after_five_minutes_and_one_of_the_future_counts_as_new(
    node: Node, age: int, found: bool
) -> None:
    node.dies_while_creating()
    node.clock = FakeClock(wall=A_FULL_MINUTE + age)

    assert node.finds() is found


def test_void_notes_are_dropped_with_the_next_one(node: Node) -> None:
    node.dies_while_creating()
    node.clock.sleep(1000)
    node.dies_while_creating()

    assert len(node.lines()) == 1


STRANGE = {
    "empty": b"",
    "half": b'{"key": ["https://api.te',
    "no JSON": b"\0\0\0",
    "no UTF-8": b"\xff\xfe",
    "a number": b"5",
    "text for a time": b'{"key": ["https://api.test", "data-01"], "begun": "now"}',
    "no time": b'{"key": ["https://api.test", "data-01"]}',
    "a list for a time": b'{"key": ["https://api.test", "data-01"], "begun": []}',
    "not a number": b'{"key": ["https://api.test", "data-01"], "begun": NaN}',
    "too large": b'{"key": ["https://api.test", "data-01"], "begun": 1' + b"0" * 400 + b"}",
    "deep": b"[" * 50_000,
    "no key": b'{"key": 5, "begun": 1800000000.0}',
}


@pytest.mark.parametrize("line", STRANGE.values(), ids=STRANGE)
def test_a_line_that_can_t_be_read_is_ignored(node: Node, line: bytes) -> None:
    node.dies_while_creating()
    note = node.file.read_bytes()
    node.file.write_bytes(line + b"\n")
    assert node.finds() is False

    node.file.write_bytes(line + b"\n" + note)
    assert node.finds() is True


def test_of_a_large_file_only_the_beginning_is_read(node: Node) -> None:
    """Else a file of some GB, whoever made it, would be held in memory."""
    node.dies_while_creating()
    note = node.file.read_bytes()
    node.file.write_bytes(note + b"\n" * MAX_NOTES_SIZE)
    assert node.finds() is True

    node.file.write_bytes(b"\n" * MAX_NOTES_SIZE + note)
    assert node.finds() is False


def test_a_name_of_any_characters_is_found_again(node: Node) -> None:
    key = ("https://api.test", "d\u00e4ta \u2603 \U0001f4be \udce9\n\u2028")
    node.dies_while_creating(key)

    assert node.finds(key) is True


def test_by_name_the_notes_are_of_one_service(node: Node) -> None:
    with node.run() as held:
        CreateNotes(held, KEY[:1]).note_create("data-01")
    assert node.finds() is True
    with node.run() as held:
        notes = CreateNotes(held, KEY[:1])
        assert notes.has_leftover("data-01") is True
        notes.clear_create("data-01")
    assert node.finds() is False


def test_without_a_lock_nothing_is_noted() -> None:
    notes = CreateNotes()
    notes.note_create("data-01")
    notes.clear_create("data-01")

    assert notes.has_leftover("data-01") is False
