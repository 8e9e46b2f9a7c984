# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as a user meets it: built, installed, and run against a simulated service."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from dev.release import build, install
from dev.simulator import Service, simulator
from dev.workspace import BUILD, ROOT, Failed, environment, main, program, run, say

DEMO = BUILD / "demo"
COLLECTIONS = DEMO / "collections"
PLAYBOOK = Path("examples") / "create_disk.yml"
MODULE = "katapult.cloud.katapult_disk"
AD_HOC = "name=data-02 size_in_gb=20 data_center=uk-lon-01"


def demo() -> None:
    say("--- building the collection and installing it from the tarball")
    tarball = build(DEMO)
    say(f"$ ansible-galaxy collection install {tarball.name}")
    install(tarball, COLLECTIONS, environment())
    with simulator() as service:
        say(f"--- the simulated service listens at {service.url}")
        env = _environment(service)
        _expect_changed(1, _user_runs(env, "ansible-playbook", str(PLAYBOOK)))
        say("--- once more: the disk is there, nothing changes")
        _expect_changed(0, _user_runs(env, "ansible-playbook", str(PLAYBOOK)))
        say("--- the same module, ad hoc")
        _expect(r"^localhost \| CHANGED", _user_runs(env, "ansible", "localhost", "-m", MODULE, "-a", AD_HOC))
    say("--- done: changed=1, then changed=0, then a second disk; the simulated service is stopped")


def _environment(service: Service) -> dict[str, str]:
    settings = service.variables()
    for name, value in settings.items():
        say(f"$ export {name}={value}")
    return environment(
        ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS),
        ANSIBLE_LOCALHOST_WARNING="false",
        ANSIBLE_INVENTORY_UNPARSED_WARNING="false",
        **settings,
    )


def _user_runs(env: dict[str, str], name: str, *words: str) -> str:
    say(f"$ {shlex.join([name, *words])}")
    return run(program(name), *words, log=f"demo-{name}", cwd=ROOT, env=env)


def _expect_changed(count: int, output: str) -> None:
    _expect(rf"^localhost +: .*\bchanged={count} .*\bfailed=0 ", output)


def _expect(pattern: str, output: str) -> None:
    if not re.search(pattern, output, re.MULTILINE):
        raise Failed(f"the output has no line like {pattern}")


if __name__ == "__main__":
    main(demo)
