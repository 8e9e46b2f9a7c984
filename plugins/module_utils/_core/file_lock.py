# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One lock for a name among the tasks of one control node (promise 4 of the collection: exactly one disk)."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import pwd
import resource
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import NamedTuple

from .clock import Clock, Deadline

Key = tuple[str, ...]

SLOTS = 4096
POLL_INTERVAL = 0.1
MAX_LOCKS = 100
# Tuned by a fleet of 100 with 40 handles: 16 reads and 8 writes at once, and what Python has open, leave 5 for locks.
HANDLES_FOR_EACH_LOCK = 8
# A request is given up after much less, and whoever runs a task again after that looks at what is there.
NOTE_LIFETIME = 300.0
# Bytes of notes that are read: a note has some 200, and a file has those of creates that are under way or were cut off.
MAX_NOTES_SIZE = 64 * 1024


class LockUnavailableError(Exception):
    """No lock can be had here; the text says why."""


class TooFewHandlesError(LockUnavailableError):
    """As many locks as were asked for can't be held at once."""


class LockTimeoutError(Exception):
    """Another task held the lock until the deadline."""


class LockDirectory(NamedTuple):
    """A directory that lock files may be in; with `makes_parents`, what it is in is made where it is missing."""

    path: str
    makes_parents: bool = False


def lock_directories(environment: Mapping[str, str]) -> list[LockDirectory]:
    """Where lock files may be, in the order of preference: with one user, the same for all tasks of a control node."""
    user = os.geteuid()
    home = _absolute(environment.get("HOME", ""))
    with suppress(KeyError):
        home = home or _absolute(pwd.getpwuid(user).pw_dir)
    runtime = _absolute(environment.get("XDG_RUNTIME_DIR", "")) or f"/run/user/{user}"
    state = _absolute(environment.get("XDG_STATE_HOME", "")) or (home and os.path.join(home, ".local", "state"))
    directories = [LockDirectory(f"/tmp/katapult-cloud-{user}"), LockDirectory(os.path.join(runtime, "katapult-cloud"))]
    if state:
        directories.append(LockDirectory(os.path.join(state, "katapult-cloud"), makes_parents=True))
    if home:
        directories.append(LockDirectory(os.path.join(home, ".katapult-cloud")))
    return directories


def get_max_locks() -> int:
    """How many locks may be held at once: each is an open file, and so is every connection to the service."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MAX_LOCKS
    return max(1, min(MAX_LOCKS, soft // HANDLES_FOR_EACH_LOCK))


@contextmanager
def hold_locks(
    keys: Iterable[Key], clock: Clock, deadline: Deadline, directories: Iterable[LockDirectory]
) -> Iterator[HeldLocks]:
    """Hold the locks of `keys`, waited for until `deadline`; sorted, so that no two tasks wait for each other.

    The files are in the first of `directories` that can be used. Their number is fixed, and they are never deleted:
    deleting one that another task has open would make two locks. Raises LockUnavailableError or LockTimeoutError.
    """
    slots = {key: _slot(key) for key in keys}
    reasons = []
    for directory in directories:
        with ExitStack() as held:
            try:
                handles = _open_files(directory, sorted(set(slots.values())), held)
                for handle in handles.values():
                    _acquire(handle, clock, deadline)
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE):
                    raise TooFewHandlesError(error.strerror) from error
                reasons.append(f"{directory.path}: {error.strerror}")
                continue
            yield HeldLocks({key: handles[slot] for key, slot in slots.items()}, clock)
            return
    raise LockUnavailableError("; ".join(reasons))


class HeldLocks:
    """Locks that are held, and the notes in their files: of each create that has begun and has not ended.

    A note outlives a process that dies while its create is on the way. Threads may use it at the same time.
    """

    def __init__(self, handles: Mapping[Key, int], clock: Clock) -> None:
        self._handles = handles
        self._clock = clock
        self._own: list[_Note] = []
        self._changing = threading.Lock()

    def note_create(self, key: Key) -> None:
        """Note that a create of `key` is about to be sent."""
        with self._changing:
            note = _Note(key, self._clock.wall())
            self._own.append(note)
            self._write(key, [*self._notes(key), note])

    def clear_create(self, key: Key) -> None:
        """It is known what became of a create of `key`: drop its note, and those that earlier processes left."""
        with self._changing:
            own = [note for note in self._own if note.key == key]
            self._own = [note for note in self._own if note.key != key] + own[1:]
            self._write(key, [note for note in self._notes(key) if note.key != key] + own[1:])

    def has_leftover(self, key: Key) -> bool:
        """Whether an earlier process began a create of `key`, some minutes ago at most, and left its end unknown."""
        with self._changing:
            return any(note.key == key and note not in self._own for note in self._notes(key))

    def _notes(self, key: Key) -> list[_Note]:
        """All notes in the file of `key` that are not void; other keys may have the same file."""
        lines = os.pread(self._handles[key], MAX_NOTES_SIZE, 0).splitlines()
        notes = [note for note in map(_parse_note, lines) if note is not None]
        return [note for note in notes if self._clock.wall() - note.begun < NOTE_LIFETIME]

    def _write(self, key: Key, notes: Sequence[_Note]) -> None:
        """Replace the notes in one call; a disk that is full costs the note and not the run."""
        text = "".join(json.dumps(note._asdict()) + "\n" for note in notes).encode("ascii")
        with suppress(OSError):
            os.pwrite(self._handles[key], text, 0)
            os.ftruncate(self._handles[key], len(text))


class CreateNotes(NamedTuple):
    """The notes of held locks, by the names under `prefix`. Without locks nothing is noted, and nothing is found."""

    held: HeldLocks | None = None
    prefix: Key = ()

    def note_create(self, name: str) -> None:
        """Note that a create of that name is about to be sent."""
        if self.held is not None:
            self.held.note_create((*self.prefix, name))

    def clear_create(self, name: str) -> None:
        """It is known what became of a create of that name."""
        if self.held is not None:
            self.held.clear_create((*self.prefix, name))

    def has_leftover(self, name: str) -> bool:
        """Whether an earlier process left a create of that name behind, of which the end is not known."""
        return self.held is not None and self.held.has_leftover((*self.prefix, name))


class _Note(NamedTuple):
    """That a create has begun, and when, by the computer's clock."""

    key: Key
    begun: float


def _parse_note(line: bytes) -> _Note | None:
    """The note in a line, None if there is none: whoever was killed while writing may have left anything."""
    try:
        found = json.loads(line)
        return _Note(tuple(found["key"]), float(found["begun"]))
    except (LookupError, OverflowError, RecursionError, TypeError, ValueError):
        return None


def _absolute(path: str) -> str:
    """The path, but for one that depends on the working directory."""
    return path if os.path.isabs(path) else ""


def _slot(key: Key) -> str:
    digest = hashlib.sha256("\0".join(key).encode("utf-8", "surrogatepass")).digest()
    return f"{int.from_bytes(digest[:4], 'big') % SLOTS:04d}.lock"


def _open_files(directory: LockDirectory, slots: Iterable[str], held: ExitStack) -> dict[str, int]:
    """The files of `slots` in `directory`, open as long as `held`. Raises OSError if it can't be used."""
    handles = {}
    folder = _open_directory(directory)
    try:
        for slot in slots:
            with suppress(FileExistsError):
                os.close(os.open(slot, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder))
            _repair_mode(slot, stat.S_ISREG, 0o600, folder)
            handles[slot] = os.open(slot, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            held.callback(os.close, handles[slot])
    finally:
        os.close(folder)
    return handles


def _open_directory(directory: LockDirectory) -> int:
    if directory.makes_parents:
        _make_parents(directory.path)
    with suppress(FileExistsError):
        os.mkdir(directory.path, 0o700)
    _repair_mode(directory.path, stat.S_ISDIR, 0o700)
    folder = os.open(directory.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    found = os.fstat(folder)
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        os.close(folder)
        raise PermissionError(errno.EPERM, "it is not of this user alone (mode 0700)")
    return folder


def _make_parents(path: str) -> None:
    parent = os.path.dirname(path)
    if os.path.isdir(parent):
        return
    _make_parents(parent)
    with suppress(FileExistsError):
        os.mkdir(parent, 0o700)
        os.chmod(parent, 0o700)  # whatever the umask is


def _repair_mode(name: str, is_as_made: Callable[[int], bool], mode: int, folder: int | None = None) -> None:
    """Give what is this user's own the rights that it was made with, which an odd umask takes from it."""
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if found.st_uid != os.geteuid() or not is_as_made(found.st_mode):
        what = "it" if folder is None else f"{name} in it"
        raise PermissionError(errno.EPERM, f"{what} is another user's, or not what it should be")
    if stat.S_IMODE(found.st_mode) != mode:
        os.chmod(name, mode, dir_fd=folder)


def _acquire(handle: int, clock: Clock, deadline: Deadline) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
        deadline.start()
        if deadline.remaining() <= 0:
            raise LockTimeoutError
        clock.sleep(POLL_INTERVAL * clock.jitter())
