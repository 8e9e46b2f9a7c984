# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One lock for a name among the tasks of one control node (promise 4 of the collection: exactly one disk)."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress

try:
    import fcntl
except ImportError:
    HAS_FLOCK = False
else:
    HAS_FLOCK = True

from ansible_collections.katapult.cloud.plugins.module_utils._clock import Clock, Deadline

SLOTS = 4096
LOOK_EVERY = 0.1


class LockUnavailableError(Exception):
    """No lock can be had here; the text says why."""


class LockTimeoutError(Exception):
    """Another task held the lock until the deadline."""


def lock_directory() -> str:
    """The per-user directory of the lock files. Raises LockUnavailableError."""
    try:
        return os.path.join(tempfile.gettempdir(), f"katapult-cloud-{os.geteuid()}")
    except FileNotFoundError as error:
        raise LockUnavailableError("there is no temporary directory") from error


@contextmanager
def locked(keys: Iterable[tuple[str, ...]], clock: Clock, deadline: Deadline, directory: str) -> Iterator[None]:
    """Hold the locks of C(keys), waited for until C(deadline); sorted, so that no two tasks wait for each other.

    The files are a fixed number and are never deleted: deleting one that another task has open would make two locks.
    Raises LockUnavailableError or LockTimeoutError.
    """
    slots = sorted({_slot(key) for key in keys})
    with ExitStack() as held:
        folder = _open_directory(directory)
        held.callback(os.close, folder)
        for slot in slots:
            handle = _open_file(folder, slot)
            held.callback(os.close, handle)
            _take(handle, clock, deadline)
        yield


def _slot(key: tuple[str, ...]) -> str:
    digest = hashlib.sha256("\0".join(key).encode("utf-8", "surrogatepass")).digest()
    return f"{int.from_bytes(digest[:4], 'big') % SLOTS:04d}.lock"


def _open_directory(path: str) -> int:
    if not HAS_FLOCK:
        raise LockUnavailableError("this platform has no flock")
    try:
        with suppress(FileExistsError):
            os.mkdir(path, 0o700)
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise LockUnavailableError(f"{path}: {error.strerror}") from error
    found = os.fstat(folder)
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        os.close(folder)
        raise LockUnavailableError(f"{path} is not a directory of this user alone (mode 0700)")
    return folder


def _open_file(folder: int, name: str) -> int:
    try:
        return os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    except OSError as error:
        raise LockUnavailableError(f"{name}: {error.strerror}") from error


def _take(handle: int, clock: Clock, deadline: Deadline) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise LockUnavailableError(f"flock: {error.strerror}") from error
        deadline.start()
        if deadline.remaining() <= 0:
            raise LockTimeoutError
        clock.sleep(LOOK_EVERY * clock.jitter())
