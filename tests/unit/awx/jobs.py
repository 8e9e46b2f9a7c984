# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs as AWX launches them: by ansible-runner, with a credential as environment and answers as extra variables."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.katapult.cloud.tests.unit.support.commands import AS_MODULE
from ansible_collections.katapult.cloud.tests.unit.support.in_process import Way
from jinja2.sandbox import ImmutableSandboxedEnvironment

COLLECTION = Path(__file__).resolve().parents[3]
EXAMPLES = COLLECTION / "examples" / "awx"
# In a process of its own: ansible-runner hands its caller's environment to a job, and handles its caller's signals.
PROGRAM = "import json, sys, ansible_runner; sys.exit(ansible_runner.run(**json.loads(sys.argv[1])).rc)"
# What AWX adds to the command for the job type Check and for Show Changes.
CHECK = "--check --diff"
ON_LOCALHOST = "localhost ansible_connection=local\n"


def document(name: str) -> Any:
    """A file of examples/awx/."""
    return yaml.safe_load((EXAMPLES / name).read_text(encoding="utf-8"))


def injected(inputs: Mapping[str, str]) -> dict[str, str]:
    """The environment that a credential of these inputs gives a job. AWX renders an input that is not set as empty."""
    templates: dict[str, str] = document("credential_type/injectors.yml")["env"]
    jinja = ImmutableSandboxedEnvironment()
    return {name: jinja.from_string(text).render(**inputs) for name, text in templates.items()}


@dataclass(frozen=True)
class Job:
    """A job that ended, with its private data directory."""

    status: int
    folder: Path

    @property
    def artifacts(self) -> Path:
        """What ansible-runner left behind."""
        return self.folder / "artifacts" / "job"

    @property
    def events(self) -> list[dict[str, Any]]:
        """All events, in order."""
        read = [json.loads(path.read_text(encoding="utf-8")) for path in (self.artifacts / "job_events").glob("*.json")]
        return sorted(read, key=lambda event: int(event["counter"]))

    @property
    def stdout(self) -> str:
        """What the job printed."""
        return (self.artifacts / "stdout").read_text(encoding="utf-8")

    @property
    def statistics(self) -> dict[str, Any]:
        """What set_stats collected: AWX hands it to the next job of a workflow as extra variables."""
        return dict(self._end.get("artifact_data", {}))

    @property
    def changed(self) -> int:
        """How many tasks changed something, on all hosts."""
        return sum(self._end["changed"].values())

    def result(self, module: str) -> dict[str, Any]:
        """The result of the last task with a module of the collection."""
        tasks = [event.get("event_data", {}) for event in self.events]
        ended = [task for task in tasks if task.get("task_action") == f"katapult.cloud.{module}" and "res" in task]
        return dict(ended[-1]["res"])

    def files_with(self, secret: str) -> list[str]:
        """The files that hold a secret, whoever wrote them."""
        files = [path for path in self.folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
        return sorted(path.relative_to(self.folder).as_posix() for path in files)

    @property
    def _end(self) -> dict[str, Any]:
        return next(event["event_data"] for event in self.events if event["event"] == "playbook_on_stats")


class Launcher:
    """Launches jobs with one credential. Each has a temporary directory of its own, as in containers."""

    def __init__(self, home: Path, credential: Mapping[str, str], way: Way) -> None:
        self._home = home
        self._credential = credential
        self._variables: dict[str, Any] = AS_MODULE if way == "module" else {}
        self._numbers = itertools.count(1)

    def launch(self, playbook: Any, answers: Mapping[str, Any], inventory: str = ON_LOCALHOST, **more: Any) -> Job:
        """Run a playbook, one of examples/awx/ or one that is written out, to its end."""
        folder = self._prepared(inventory)
        done = self._run(folder, self._settings(folder, playbook, answers, **more))
        return Job(done.returncode, folder)

    def carry(self, playbook: str, answers: Mapping[str, Any]) -> tuple[Job, bytes]:
        """The same as AWX carries it to a container and back; also what came back, as one stream."""
        folder, here = self._prepared(ON_LOCALHOST), self._prepared("")
        settings = self._settings(folder, playbook, answers)
        there = self._run(folder, {**settings, "streamer": "transmit"}).stdout
        container = folder / "container"
        container.mkdir()
        back = self._run(folder, {"streamer": "worker", "private_data_dir": str(container)}, there)
        self._run(here, {"streamer": "process", "private_data_dir": str(here), "ident": "job"}, back.stdout)
        return Job(back.returncode, here), back.stdout

    def _prepared(self, inventory: str) -> Path:
        folder = self._home / f"job-{next(self._numbers)}"
        shutil.copytree(EXAMPLES, folder / "project")
        (folder / "inventory").mkdir()
        (folder / "inventory" / "hosts").write_text(inventory, encoding="utf-8")
        return folder

    def _settings(self, folder: Path, playbook: Any, answers: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        usual = {"private_data_dir": str(folder), "ident": "job", "quiet": True, "suppress_env_files": True}
        job = {"playbook": playbook, "envvars": injected(self._credential), "extravars": {**answers, **self._variables}}
        return {**usual, **job, **more}

    @staticmethod
    def _run(folder: Path, settings: Mapping[str, Any], given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        environment = {
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2]),
            "ANSIBLE_NOCOLOR": "1",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        }
        command = [sys.executable, "-c", PROGRAM, json.dumps(settings)]
        # Ansible makes a socket there, whose path must be short.
        with tempfile.TemporaryDirectory(prefix="job-", dir="/tmp") as temporary:
            env = {**environment, "TMPDIR": temporary}
            return subprocess.run(command, input=given, env=env, capture_output=True, check=False, timeout=120)
