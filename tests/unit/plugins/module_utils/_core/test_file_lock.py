# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One lock for a name: held by one at a time, in a directory that is the user's alone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Clock, Deadline
from ansible_collections.katapult.cloud.plugins.module_utils._core.file_lock import (
    SLOTS,
    LockDirectory,
    LockTimeoutError,
    LockUnavailableError,
    hold_locks,
)
from ansible_collections.katapult.cloud.tests.unit.support.fakes import FakeClock

KEY = ("https://api.test", "data-01")
HOLDER = """
import sys
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Clock, Deadline
from ansible_collections.katapult.cloud.plugins.module_utils._core.file_lock import LockDirectory, hold_locks
with hold_locks([("https://api.test", "data-01")], Clock(), Deadline(Clock(), 10), [LockDirectory(sys.argv[1])]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "locks"


@contextmanager
def held_by_another_process(folder: Path) -> Iterator[None]:
    command = [sys.executable, "-c", HOLDER, str(folder)]
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield
        process.communicate(b"")


def take(folder: Path, *keys: tuple[str, ...], seconds: float = 5, clock: Clock | None = None) -> None:
    clock = clock or FakeClock()
    with hold_locks(keys or [KEY], clock, Deadline(clock, seconds), [LockDirectory(str(folder))]):
        pass


def test_a_lock_that_another_process_holds_is_waited_for_until_the_deadline(folder: Path) -> None:
    clock = FakeClock()
    with held_by_another_process(folder), pytest.raises(LockTimeoutError):
        take(folder, clock=clock)
    assert clock.elapsed == pytest.approx(5, abs=0.2)

    take(folder)


def test_a_lock_is_had_once_the_other_lets_go(folder: Path) -> None:
    clock = FakeClock()
    holder = hold_locks([KEY], clock, Deadline(clock, 5), [LockDirectory(str(folder))])
    holder.__enter__()
    clock.events.append((2.0, lambda: holder.__exit__(None, None, None)))
    take(folder, clock=clock)

    assert clock.elapsed == pytest.approx(2, abs=0.2)


def test_without_time_a_free_lock_is_had_and_a_held_one_is_not(folder: Path) -> None:
    take(folder, seconds=0)
    with held_by_another_process(folder), pytest.raises(LockTimeoutError):
        take(folder, seconds=0)


def test_names_in_other_slots_do_not_wait(folder: Path) -> None:
    with held_by_another_process(folder):
        clock = FakeClock()
        for number in range(20):
            take(folder, ("https://api.test", f"other-{number}"), clock=clock, seconds=30)
        assert len(clock.sleeps) < 20


def test_threads_hold_it_one_at_a_time(folder: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        with hold_locks([KEY], Clock(), Deadline(Clock(), 10), [LockDirectory(str(folder))]):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.002)
            inside.pop()

    threads = [threading.Thread(target=work) for _index in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert most == [1] * 6


def slot_of(key: tuple[str, ...], folder: Path) -> str:
    """The file that a key locks, as a directory of its own shows it."""
    take(folder, key)
    return next(folder.iterdir()).name


@pytest.mark.parametrize("order", [1, -1], ids=["as-given", "reversed"])
def test_several_locks_are_taken_in_one_order_however_they_are_given(folder: Path, tmp_path: Path, order: int) -> None:
    """Two tasks that take the same names in different orders would wait for each other."""
    keys = [("https://api.test", f"other-{number}") for number in range(40)]
    slots = {key: slot_of(key, tmp_path / key[1]) for key in (KEY, *keys)}
    while_waiting: set[str] = set()

    def look() -> None:
        for key in keys:
            with suppress(LockTimeoutError):
                take(folder, key, seconds=0)
                while_waiting.add(slots[key])

    clock = FakeClock()
    clock.events.append((1.0, look))
    with held_by_another_process(folder), pytest.raises(LockTimeoutError):
        take(folder, *[KEY, *keys][::order], clock=clock)
    assert while_waiting == {slots[key] for key in keys if slots[key] > slots[KEY]}
    assert while_waiting


def test_the_same_name_twice_is_one_lock(folder: Path) -> None:
    take(folder, KEY, KEY, seconds=0)


def test_files_stay_and_are_a_fixed_number(folder: Path) -> None:
    for number in range(SLOTS * 3):
        take(folder, ("https://api.test", f"data-{number}"))
    files = sorted(path.name for path in folder.iterdir())

    assert SLOTS / 2 < len(files) <= SLOTS
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_nothing_stays_open(folder: Path) -> None:
    before = set(os.listdir("/proc/self/fd"))
    take(folder)
    assert set(os.listdir("/proc/self/fd")) == before


def test_a_link_to_a_directory_is_not_followed(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    folder.symlink_to(elsewhere)
    with pytest.raises(LockUnavailableError, match="locks"):
        take(folder)
    assert list(elsewhere.iterdir()) == []


def test_a_link_in_place_of_a_file_is_not_followed(folder: Path, tmp_path: Path) -> None:
    take(folder)
    file = next(folder.iterdir())
    file.unlink()
    file.symlink_to(tmp_path / "victim")
    with pytest.raises(LockUnavailableError):
        take(folder)
    assert not (tmp_path / "victim").exists()


def directory_of_another_user(folder: Path) -> Path:
    """Only root can give a directory away, and for everybody else the root directory is another user's."""
    if os.geteuid() != 0:
        return Path("/")
    folder.mkdir(mode=0o700)
    os.chown(folder, 65534, 65534)
    return folder


def test_a_directory_of_another_user_is_not_used(folder: Path) -> None:
    with pytest.raises(LockUnavailableError, match="another user's"):
        take(directory_of_another_user(folder))


def test_a_file_in_place_of_the_directory_is_not_used_nor_touched(folder: Path) -> None:
    folder.write_text("", encoding="utf-8")
    mode = folder.stat().st_mode
    with pytest.raises(LockUnavailableError):
        take(folder)
    assert folder.stat().st_mode == mode


def test_a_directory_that_can_t_be_made_is_told(tmp_path: Path) -> None:
    with pytest.raises(LockUnavailableError, match="No such file"):
        take(tmp_path / "missing" / "locks")
