# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of the programs of a development command that is interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.katapult.cloud.dev import workspace

SLEEPER = (sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)")
#: As from a shell, whatever those are started with that run the tests.
COMMAND = """
import signal
import sys
from pathlib import Path
from ansible_collections.katapult.cloud.dev import workspace

signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
workspace.LOGS = Path(sys.argv[1])
workspace.main(lambda: workspace.run(*sys.argv[2:], log="sleeper"))
"""


@pytest.fixture(name="logs", autouse=True)
def _logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(workspace, "LOGS", tmp_path)
    monkeypatch.setattr(workspace, "ROOT", tmp_path)
    yield tmp_path
    workspace.STOPPED.clear()


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_command_with_what_it_started(logs: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(logs), *SLEEPER],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    ) as command:
        assert command.stdout is not None
        sleeper = int(command.stdout.readline())
        assert is_there(sleeper)
        command.send_signal(number)
        assert command.wait(20) == 130
    assert not is_there(sleeper)


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with workspace.interruptible():
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            assert callable(signal.getsignal(signal.SIGTERM))
    finally:
        signal.signal(signal.SIGHUP, before)


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with workspace.interruptible():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_what_another_thread_waits_for_is_stopped() -> None:
    started = threading.Event()
    failures: list[str] = []

    def work() -> None:
        def seen(_line: str) -> bool:
            started.set()
            return False

        try:
            workspace.run(*SLEEPER, log="sleeper", show=seen)
        except workspace.Failed as failure:
            failures.append(str(failure))

    thread = threading.Thread(target=work)
    thread.start()
    assert started.wait(20)
    workspace.stop_running()
    thread.join(20)
    [failure] = failures
    assert f"ended with status {-signal.SIGTERM};" in failure


def test_nothing_is_started_after_all_was_stopped(logs: Path) -> None:
    workspace.stop_running()
    with pytest.raises(workspace.Failed) as raised:
        workspace.run("touch", logs / "made", log="touch")
    assert str(raised.value) == "touch was not started: all programs were stopped"
    assert not (logs / "made").exists()
