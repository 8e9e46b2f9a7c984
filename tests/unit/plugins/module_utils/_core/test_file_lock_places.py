# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the lock files are: a place that nobody can take away, and no more of them open than there are handles."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Callable

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Deadline
from ansible_collections.katapult.cloud.plugins.module_utils._core.file_lock import (
    LockDirectory,
    LockTimeoutError,
    LockUnavailableError,
    hold_locks,
    lock_directories,
)
from ansible_collections.katapult.cloud.tests.unit.support.fakes import FakeClock

KEY = ("https://api.test", "data-01")
USER = os.geteuid()
HOME = pwd.getpwuid(USER).pw_dir
NOBODY = 65534
WITH_FEW_HANDLES = """
import os, resource, sys
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Clock, Deadline
from ansible_collections.katapult.cloud.plugins.module_utils._core.file_lock import (
    LockDirectory, TooFewHandlesError, get_max_locks, hold_locks
)
soft, names, taken = map(int, sys.argv[2:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, soft))
others = [os.open(os.devnull, os.O_RDONLY) for _number in range(taken)]
print(get_max_locks(), end=" ")
try:
    keys = [("https://api.test", str(number)) for number in range(names)]
    directories = [LockDirectory(sys.argv[1]), LockDirectory(sys.argv[1] + "-2")]
    with hold_locks(keys, Clock(), Deadline(Clock(), 10), directories):
        print("held")
except TooFewHandlesError:
    print("too few")
"""


def take(*directories: Path, makes_parents: bool = False) -> None:
    clock = FakeClock()
    with hold_locks(
        [KEY], clock, Deadline(clock, 0), [LockDirectory(str(path), makes_parents) for path in directories]
    ):
        pass


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o7777


@pytest.fixture(name="folder")
def _folder() -> Iterator[Path]:
    """A folder that is a plain user's own, whoever runs the tests: root is stopped by no rights."""
    with tempfile.TemporaryDirectory(prefix="k-", dir="/tmp") as name:
        if USER == 0:
            os.chown(name, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield Path(name)
        finally:
            os.seteuid(USER)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.parametrize(
    ("environment", "paths"),
    [
        ({}, [f"/run/user/{USER}/katapult-cloud", f"{HOME}/.local/state/katapult-cloud", f"{HOME}/.katapult-cloud"]),
        (
            {"HOME": "/home/a", "XDG_RUNTIME_DIR": "/run/a", "XDG_STATE_HOME": "/state/a", "TMPDIR": "/elsewhere"},
            ["/run/a/katapult-cloud", "/state/a/katapult-cloud", "/home/a/.katapult-cloud"],
        ),
        (
            {"HOME": "a", "XDG_RUNTIME_DIR": "", "XDG_STATE_HOME": "./state"},
            [f"/run/user/{USER}/katapult-cloud", f"{HOME}/.local/state/katapult-cloud", f"{HOME}/.katapult-cloud"],
        ),
    ],
    ids=["nothing set", "all set", "relative"],
)
def test_the_places_follow_neither_tmpdir_nor_the_working_directory(
    environment: dict[str, str], paths: list[str]
) -> None:
    directories = lock_directories(environment)

    assert [place.path for place in directories] == [f"/tmp/katapult-cloud-{USER}", *paths]
    assert [place.makes_parents for place in directories] == [False, False, True, False]


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701, 0o1777, 0o500, 0])
def test_an_own_directory_with_wrong_rights_is_repaired(folder: Path, mode: int) -> None:
    place, other = folder / "locks", folder / "other"
    place.mkdir()
    place.chmod(mode)
    take(place, other)

    assert mode_of(place) == 0o700
    assert len(list(place.iterdir())) == 1
    assert not other.exists()


def test_what_a_umask_left_without_rights_is_repaired(folder: Path) -> None:
    place = folder / "locks"
    with umask(0o777):
        take(place)
        take(place)
    (file,) = place.iterdir()
    assert (mode_of(place), mode_of(file)) == (0o700, 0o600)

    file.chmod(0)
    take(place)
    assert mode_of(file) == 0o600


def test_parents_that_are_missing_are_made_for_the_user_alone(folder: Path) -> None:
    place = folder / "a" / "b" / "locks"
    with pytest.raises(LockUnavailableError, match="No such file"):
        take(place)
    with umask(0o777):
        take(place, makes_parents=True)

    assert [mode_of(path) for path in (place, place.parent, place.parent.parent)] == [0o700] * 3


def a_link(path: Path) -> None:
    elsewhere = path.with_name("elsewhere")
    elsewhere.mkdir(0o700)
    path.symlink_to(elsewhere)


def another_users(path: Path) -> None:
    os.seteuid(USER)
    if USER == 0:
        path.mkdir(0o777)
        os.seteuid(NOBODY)
    else:
        path.symlink_to("/")  # only root can give a directory away


def with_a_link_for_a_file(path: Path) -> None:
    take(path)
    (file,) = path.iterdir()
    file.unlink()
    file.symlink_to(path.with_name("victim"))


UNFIT: dict[str, Callable[[Path], object]] = {
    "a link": a_link,
    "a file": lambda path: path.write_text("", encoding="utf-8"),
    "another user's": another_users,
    "no parent": lambda _path: None,
    "a link for a file": with_a_link_for_a_file,
}


@pytest.mark.parametrize("make", UNFIT.values(), ids=UNFIT)
def test_a_place_that_can_t_be_had_is_passed_over_and_all_agree_on_the_next(
    folder: Path, make: Callable[[Path], object]
) -> None:
    first = folder / "no" / "locks" if make is UNFIT["no parent"] else folder / "first"
    make(first)
    directories = [LockDirectory(str(path)) for path in (first, folder / "second")]
    clock = FakeClock()
    with hold_locks([KEY], clock, Deadline(clock, 0), directories), pytest.raises(LockTimeoutError):
        take(first, folder / "second")

    assert len(list((folder / "second").iterdir())) == 1
    assert not (folder / "victim").exists()


def test_where_none_can_be_had_it_is_told_what_is_wrong_with_each(folder: Path) -> None:
    link, file = folder / "link", folder / "file"
    a_link(link)
    file.write_text("", encoding="utf-8")

    with pytest.raises(LockUnavailableError, match=rf"^{link}: .*; {file}: .*; {folder}/no/locks: No such file"):
        take(link, file, folder / "no" / "locks")


def test_nothing_stays_open_of_a_place_that_is_passed_over(folder: Path) -> None:
    before = set(os.listdir("/proc/self/fd"))
    with_a_link_for_a_file(folder / "first")
    take(folder / "first", folder / "second")
    assert set(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(
    ("soft", "names", "taken", "said"),
    [
        (1024, 100, 0, "100 held"),
        (256, 32, 0, "32 held"),
        (40, 5, 0, "5 held"),
        (40, 100, 0, "5 too few"),
        (40, 5, 33, "5 too few"),
        (20, 1, 14, "2 held"),
    ],
    ids=["usual", "few", "very few", "more than there are", "most are taken", "one"],
)
def test_no_more_locks_than_there_are_handles_for(tmp_path: Path, soft: int, names: int, taken: int, said: str) -> None:
    command = [sys.executable, "-c", WITH_FEW_HANDLES, str(tmp_path / "locks"), str(soft), str(names), str(taken)]
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.strip() == said
    assert not (tmp_path / "locks-2").exists(), "without handles another place is no better"
