# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running Ansible's commands as a user does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.unit.support.in_process import Way

COLLECTION = Path(__file__).parents[3]
RECAP = re.compile(r"^(\S+) +: ok=(\d+) +changed=(\d+) +unreachable=(\d+) +failed=(\d+)", re.MULTILINE)
CHANGED = re.compile(r"^changed: \[([^] ]+)", re.MULTILINE)
PLAYBOOK = re.compile(r"^PLAYBOOK: .*$", re.MULTILINE)
PLAY = {"hosts": "localhost", "gather_facts": False}
# The Python that Ansible finds by itself may lack what a module needs.
AS_MODULE = {"katapult_in_process": False, "ansible_python_interpreter": sys.executable}
# What -vvv shows of each task.
WHERE: dict[Way, str] = {
    "action": "runs in Ansible's process.",
    "module": "runs as a module process, because katapult_in_process is false.",
}


class Ansible:
    """Runs Ansible's commands, with nothing of the developer's own surroundings."""

    def __init__(self, simulator: Simulator, home: Path, way: Way = "action") -> None:
        """`way`: how the collection's tasks run where nothing else decides it."""
        self.home = home
        self.way = way
        self.token = simulator.token
        self.environment = {
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2]),
            "ANSIBLE_FORKS": "10",
            "ANSIBLE_NOCOLOR": "1",
            "HOME": str(home),
            "KATAPULT_API_TOKEN": simulator.token,
            "KATAPULT_API_URL": simulator.url,
            "KATAPULT_ORGANIZATION": "acme",
            "LANG": "C.UTF-8",
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "TMPDIR": str(home),
        }

    def run(self, *command: str, status: int = 0) -> str:
        """Run a command that must end with this status, and return what it printed."""
        if self.way == "module" and command[0] in ("ansible", "ansible-playbook"):
            command = (*command, "-e", json.dumps(AS_MODULE))
        done = subprocess.run(
            command, env=self.environment, cwd=self.home, capture_output=True, text=True, check=False, timeout=600
        )
        output = done.stdout + done.stderr
        assert done.returncode == status, output
        assert self.token not in output
        return output

    def play(self, text: str, *arguments: str) -> dict[str, tuple[int, int]]:
        """Run a playbook with -vvvv, and return the tasks that changed and that failed, by host."""
        return self.play_file(self.save(text), *arguments)

    def play_file(self, path: Path, *arguments: str) -> dict[str, tuple[int, int]]:
        """The same with a playbook that is a file."""
        recap = RECAP.findall(self._play(*arguments, str(path)))
        return {host: (int(changed), int(failed)) for host, _ok, changed, _unreachable, failed in recap}

    def play_repeatedly(self, path: Path, *arguments: str) -> list[dict[str, int]]:
        """How often each run of a playbook changed something, by host. None may fail.

        It is run again only in Ansible's process, and by the same command: both save much time.
        """
        times = 2 if self.way == "action" else 1
        output = self._play(*arguments, *[str(path)] * times)
        assert {failed for *_counts, failed in RECAP.findall(output)} == {"0"}
        _before, *runs = PLAYBOOK.split(output)
        assert len(runs) == times
        return [dict(Counter(CHANGED.findall(run))) for run in runs]

    def save(self, text: str) -> Path:
        """The playbook as a file."""
        path = self.home / "playbook.yml"
        path.write_text(text, encoding="utf-8")
        return path

    def _play(self, *words: str) -> str:
        output = self.run("ansible-playbook", "-vvvv", *words)
        assert {way for way, shown in WHERE.items() if shown in output} == {self.way}
        return output

    def lock_away_the_token(self) -> None:
        """Have the token in the encrypted file vault.yml alone, and the password of that in the file password."""
        token = self.environment.pop("KATAPULT_API_TOKEN")
        vault, password = self.home / "vault.yml", self.home / "password"
        vault.write_text(f"vault_katapult_token: {token}\n", encoding="utf-8")
        password.write_text("secret\n", encoding="utf-8")
        self.run("ansible-vault", "encrypt", "--vault-password-file", str(password), str(vault))
        assert token not in vault.read_text(encoding="utf-8")
