# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running Ansible's commands as a user does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from ansible_collections.katapult.cloud.tests.simulator import Simulator

COLLECTION = Path(__file__).parents[3]
RECAP = re.compile(r"^(\S+) +: ok=(\d+) +changed=(\d+) +unreachable=(\d+) +failed=(\d+)", re.MULTILINE)
PLAY = {
    "hosts": "localhost",
    "gather_facts": False,
    "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
}


class Ansible:
    """Runs Ansible's commands, with nothing of the developer's own surroundings."""

    def __init__(self, simulator: Simulator, home: Path) -> None:
        self.home = home
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
        done = subprocess.run(
            command, env=self.environment, cwd=self.home, capture_output=True, text=True, check=False, timeout=600
        )
        output = done.stdout + done.stderr
        assert done.returncode == status, output
        assert self.token not in output
        return output

    def play(self, text: str, *arguments: str) -> dict[str, tuple[int, int]]:
        """Run a playbook with -vvvv, and return the tasks that changed and that failed, by host."""
        path = self.home / "playbook.yml"
        path.write_text(text, encoding="utf-8")
        return self.play_file(path, *arguments)

    def play_file(self, path: Path, *arguments: str) -> dict[str, tuple[int, int]]:
        """The same with a playbook that is a file."""
        recap = RECAP.findall(self.run("ansible-playbook", "-vvvv", *arguments, str(path)))
        return {host: (int(changed), int(failed)) for host, _ok, changed, _unreachable, failed in recap}

    def lock_away_the_token(self) -> None:
        """Have the token in the encrypted file vault.yml alone, and the password of that in the file password."""
        token = self.environment.pop("KATAPULT_API_TOKEN")
        vault, password = self.home / "vault.yml", self.home / "password"
        vault.write_text(f"vault_katapult_token: {token}\n", encoding="utf-8")
        password.write_text("secret\n", encoding="utf-8")
        self.run("ansible-vault", "encrypt", "--vault-password-file", str(password), str(vault))
        assert token not in vault.read_text(encoding="utf-8")
