# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every guide is a story that happens as it is told: its files are saved, its commands run, its outputs compared."""

from __future__ import annotations

import json
import re
import shlex
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.katapult.cloud.dev import error_codes
from ansible_collections.katapult.cloud.plugins.module_utils._core import errors
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import ERROR_CODES
from ansible_collections.katapult.cloud.tests.simulator import FOREVER, Fault, Simulator
from ansible_collections.katapult.cloud.tests.unit.docs.guides import Command, commands_of, missing_from
from ansible_collections.katapult.cloud.tests.unit.support.commands import COLLECTION, Ansible
from ansible_collections.katapult.cloud.tests.unit.support.in_process import WAYS
from antsibull_docutils.rst_code_finder import find_code_blocks

DOCSITE = COLLECTION / "docs" / "docsite"
GUIDES = sorted((DOCSITE / "rst").glob("guide_*.rst"))
# Those with commands, on both ways but for the one that shows both.
STORIES = [
    pytest.param(guide, way, id=f"{guide.stem}-{way}")
    for guide in GUIDES
    for way in (WAYS if guide.stem != "guide_where_tasks_run" else ("action",))
    if commands_of(guide)
]
CREATE = "/organizations/organization/disks"


def seeds_of_the_guides() -> list[dict[str, Any]]:
    guide = DOCSITE / "rst" / "guide_simulator.rst"
    blocks = find_code_blocks(guide.read_text(encoding="utf-8"))
    return [json.loads(block.content) for block in blocks if block.language == "json"]


def seed_of_the_guides() -> dict[str, Any]:
    """What the guides say shall be there when they begin, but for the time that a build takes."""
    return {**seeds_of_the_guides()[0], "settings": {}}


def run_command(ansible: Ansible, command: Command) -> str:
    for name, content in command.files.items():
        (ansible.home / name).write_text(content, encoding="utf-8")
    line = command.line.replace("--ask-vault-pass", "--vault-password-file password")
    return ansible.run(*shlex.split(line), status=2 if command.fails else 0)


@pytest.mark.parametrize(("guide", "way"), STORIES)
def test_a_guide_happens_as_it_is_told(ansible: Ansible, simulator: Simulator, guide: Path) -> None:
    simulator.reset()
    simulator.seed(seed_of_the_guides())
    if guide.stem == "guide_authentication":
        ansible.lock_away_the_token()

    for command in commands_of(guide):
        assert missing_from(run_command(ansible, command), command.printed) == [], command.line


@pytest.mark.parametrize("seed", seeds_of_the_guides(), ids="-".join)
def test_every_seed_of_the_guide_can_be_added(seed: dict[str, Any]) -> None:
    assert set(Simulator().seed(seed)) >= {"virtual_machines", "disks"}


def test_the_guides_show_commands_and_what_they_print() -> None:
    commands = [command for guide in GUIDES for command in commands_of(guide)]

    assert len(commands) >= 15
    assert sum(bool(command.printed) for command in commands) >= 12
    assert any(command.fails for command in commands)


def test_the_guide_to_lost_answers_finds_the_disk_that_appears_late(ansible: Ansible, simulator: Simulator) -> None:
    found = [command for guide in GUIDES for command in commands_of(guide) if "look_again.yml" in command.files]
    found[0].files["look_again.yml"] = found[0].files["look_again.yml"].replace("delay: 10", "delay: 2")
    nothing_listed = {"pagination": {"total": 0, "total_pages": 0, "per_page": 200}, "disk": []}
    simulator.faults.add(Fault(CREATE, "POST", when="after", action="drop"))
    simulator.faults.add(Fault(CREATE, "GET", action="answer", status=200, body=nothing_listed, times=FOREVER))
    shown_late = threading.Thread(target=show_what_was_created, args=(simulator, 12))
    shown_late.start()

    output = run_command(ansible, found[0])

    shown_late.join()
    assert "rescued=1" in output
    assert [disk.name for disk in simulator.state.disks_in_use()] == ["data-09"]


def show_what_was_created(simulator: Simulator, seconds: float) -> None:
    """Let lists be as they are again, that long after a create; wait for one a minute at most."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not any(request.method == "POST" for request in simulator.requests):
        time.sleep(0.1)
    time.sleep(seconds)
    simulator.faults.clear()


def test_every_page_is_in_the_table_of_contents() -> None:
    sections = yaml.safe_load((DOCSITE / "extra-docs.yml").read_text(encoding="utf-8"))["sections"]
    listed = [page for section in sections for page in section["toctree"]]

    assert sorted(listed) == sorted(path.stem for path in (DOCSITE / "rst").glob("*.rst"))


def test_the_page_of_error_codes_is_that_of_the_table() -> None:
    """Where this fails, nox -s error-codes writes the page anew."""
    written = (DOCSITE / "rst" / "error_codes.rst").read_text(encoding="utf-8")

    assert written == error_codes.page(errors)
    assert errors.MAY_APPEAR in written
    assert sorted(re.findall(r"^       ``(\w+)``$", written, re.MULTILINE)) == sorted(ERROR_CODES)
