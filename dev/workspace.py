# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the development commands work: the folders under .build/, the copy of the collection, running programs."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / ".build"
VENV = BUILD / "venv"
HOME = BUILD / "home"
LOGS = BUILD / "log"
CACHE = BUILD / "cache"
COLLECTION = BUILD / "ansible_collections" / "katapult" / "cloud"

#: What a run of a tool leaves in the copy, and what is not to be removed from it.
LEFT_ALONE = (".git/", "tests/output/")
#: Settings of the caller that would change what is tested.
FOREIGN_SETTINGS = re.compile(
    r"(KATAPULT|ANSIBLE|GALAXY|GIT|PYTEST|MYPY|RUFF)_|PYTHON(PATH|HOME|DONTWRITEBYTECODE)$|VIRTUAL_ENV$"
)

#: How many lines of a log are shown when a program failed.
LAST_WORDS = 80

#: The programs that run now, of all threads.
RUNNING: set[subprocess.Popen[str]] = set()
#: Whether they were stopped, so that none is started any more; looked at and set while STARTING is held.
STOPPED = threading.Event()
STARTING = threading.Lock()

Shown = Callable[[str], bool]


class Failed(Exception):
    """A program ended with an error that was shown already, or has a message to show."""


def everything(_line: str) -> bool:
    return True


def nothing(_line: str) -> bool:
    return False


def say(text: str) -> None:
    print(text, flush=True)


def program(name: str) -> str:
    """The path of a program in the virtual environment."""
    return str(VENV / "bin" / name)


def environment(**settings: str) -> dict[str, str]:
    """The caller's environment without what would disturb a test, with a home of its own."""
    HOME.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not FOREIGN_SETTINGS.match(name)}
    return {
        **kept,
        "HOME": str(HOME),
        "LC_ALL": "C.UTF-8",
        "PATH": os.pathsep.join([str(VENV / "bin"), os.environ.get("PATH", os.defpath)]),
        "PYTHONPYCACHEPREFIX": str(CACHE / "pycache"),
        **settings,
    }


def run(
    *command: str | Path,
    log: str,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    show: Shown = everything,
) -> str:
    """Run a program, keep its output in a log and return it; the end of the log is shown when it fails."""
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{log}.log"
    lines, status = _follow(command, path, cwd, env, show)
    if status:
        if show is not everything:
            say("".join(lines[-LAST_WORDS:]).rstrip("\n"))
        words = " ".join(Path(command[0]).name if i == 0 else str(word) for i, word in enumerate(command))
        raise Failed(f"{words} ended with status {status}; its output is in {path.relative_to(ROOT)}")
    return "".join(lines)


def _follow(
    command: Sequence[str | Path], path: Path, cwd: Path, env: Mapping[str, str] | None, show: Shown
) -> tuple[list[str], int]:
    lines: list[str] = []
    with path.open("w", encoding="utf-8") as log, _start(command, cwd, env) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                lines.append(line)
                log.write(line)
                if show(line):
                    say(line.rstrip("\n"))
        except BaseException:
            _end(process)
            raise
        finally:
            RUNNING.discard(process)
    return lines, process.returncode


def _start(command: Sequence[str | Path], cwd: Path, env: Mapping[str, str] | None) -> subprocess.Popen[str]:
    with STARTING:
        if STOPPED.is_set():
            raise Failed(f"{Path(command[0]).name} was not started: all programs were stopped")
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        RUNNING.add(process)
    return process


def stop_running() -> None:
    """End the programs that other threads wait for, and let them start no other."""
    with STARTING:
        STOPPED.set()
        for process in tuple(RUNNING):
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    """End a program with all that it started: ansible-test, for one, leaves its playbooks running."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)


def places_at_once() -> int:
    """How many processors there are for this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM, and SIGHUP of a closed terminal, unwind the stack as Ctrl-C does: what was started is stopped."""

    def leave(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    # What nohup has it ignore stays ignored.
    heeded = [number for number, handler in before.items() if handler != signal.SIG_IGN]
    for number in heeded:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in heeded:
            signal.signal(number, before[number])


def main(work: Callable[[], None]) -> None:
    """Run the work of a command; end the process with a status and one line where it fails."""
    try:
        with interruptible():
            work()
    except Failed as failure:
        say(f"FAILED: {failure}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


@contextmanager
def timed(title: str) -> Iterator[None]:
    say(f"--- {title}")
    start = time.monotonic()
    yield
    say(f"--- {title}: {time.monotonic() - start:.0f} s")


def refresh_copy(copy: Path = COLLECTION) -> None:
    """Make a copy of the collection in .build/ hold the files that git knows or would add, and no others."""
    wanted = _source_files()
    for path in sorted(copy.rglob("*"), reverse=True):
        _remove_if_stale(path, path.relative_to(copy).as_posix(), wanted)
    for name in sorted(wanted):
        _copy(ROOT / name, copy / name)
    if not (copy / ".git").exists():
        # The tools ask git which files count, and would find this checkout, which ignores .build/.
        run("git", "init", "--quiet", ".", log="git", cwd=copy, env=environment())


def _source_files() -> set[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    except (OSError, subprocess.CalledProcessError) as error:
        words = getattr(error, "stderr", b"") or str(error).encode()
        raise Failed(f"git cannot list the files of {ROOT}: {words.decode().strip()}") from error
    return {name for name in listed.split("\0") if name and (ROOT / name).is_file()}


def _remove_if_stale(path: Path, name: str, wanted: set[str]) -> None:
    if f"{name}/".startswith(LEFT_ALONE) or name in wanted:
        return
    if path.is_dir() and not path.is_symlink():
        if not any(path.iterdir()):
            path.rmdir()
        return
    path.unlink()


def _copy(source: Path, target: Path) -> None:
    if target.exists() and _signature(source) == _signature(target):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def _signature(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_mode
