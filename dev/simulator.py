# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting and stopping the simulated service."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from .workspace import BUILD, COLLECTION, LOGS, Failed, environment, program

PATIENCE = 30.0


@dataclass(frozen=True)
class Service:
    """A running simulator, and what it accepts."""

    url: str
    token: str
    organization: str

    @property
    def control_url(self) -> str:
        """Where it is told and asked what no service is: beside the API, at the server's root."""
        return urljoin(self.url, "/_simulator")

    def variables(self) -> dict[str, str]:
        """The environment variables with which the collection's modules use it."""
        return {
            "KATAPULT_API_URL": self.url,
            "KATAPULT_API_TOKEN": self.token,
            "KATAPULT_ORGANIZATION": self.organization,
        }


@contextmanager
def simulator(*, log: str = "simulator", **options: object) -> Iterator[Service]:
    """A simulator on a free port, stopped at the end whatever happens.

    Its options are those of its command line, such as ``build_seconds=3``.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    log_file = LOGS / f"{log}.log"
    with tempfile.TemporaryDirectory() as folder, log_file.open("w") as output:
        url_file = Path(folder) / "url"
        process = subprocess.Popen(
            [program("python"), "-m", "simulator", "--url-file", str(url_file), *_words(options)],
            cwd=BUILD,
            env=environment(PYTHONPATH=str(COLLECTION / "tests")),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield Service(_url(process, url_file, log_file), "simulator-token", "acme")
        finally:
            _stop(process)


def _words(options: Mapping[str, object]) -> list[str]:
    return [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]


def _url(process: subprocess.Popen[bytes], url_file: Path, log_file: Path) -> str:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        url = url_file.read_text().strip() if url_file.exists() else ""
        if url:
            return url
        time.sleep(0.05)
    said = log_file.read_text(encoding="utf-8").strip()
    # Of what it was given that can't be, it tells in one line.
    raise Failed(said if said and "\n" not in said else f"the simulator did not start:\n{said}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
