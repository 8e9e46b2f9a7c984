# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An execution environment that has the collection gets what its modules need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

COLLECTION = Path(__file__).resolve().parents[3]
NEEDED = "requests>=2.25.1"
DEFINITION = {
    "version": 3,
    "images": {"base_image": {"name": "registry.example/base:1"}},
    "dependencies": {
        "ansible_core": {"package_pip": "ansible-core"},
        "ansible_runner": {"package_pip": "ansible-runner"},
        "galaxy": {"collections": [{"name": "katapult.cloud"}]},
    },
}


def builder(*words: str, cwd: Path) -> str:
    """What ansible-builder prints."""
    command = [str(Path(sys.executable).with_name("ansible-builder")), *words]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_builder_finds_what_the_modules_need(tmp_path: Path) -> None:
    if COLLECTION.parents[1].name != "ansible_collections":
        pytest.fail("the tests run in a copy below ansible_collections/katapult/cloud")
    written = tmp_path / "requirements.txt"

    builder("introspect", "--write-pip", str(written), str(COLLECTION.parents[2]), cwd=tmp_path)

    lines = written.read_text(encoding="utf-8").splitlines()
    assert [line.split("#")[0].strip() for line in lines if "katapult.cloud" in line] == [NEEDED]


def test_a_build_context_can_be_made(tmp_path: Path) -> None:
    definition = tmp_path / "execution-environment.yml"
    definition.write_text(yaml.safe_dump(DEFINITION), encoding="utf-8")

    builder("create", "-f", str(definition), "-c", "context", "--output-filename", "Containerfile", cwd=tmp_path)

    context = tmp_path / "context"
    assert "katapult.cloud" in (context / "_build" / "requirements.yml").read_text(encoding="utf-8")
    assert "registry.example/base:1" in (context / "Containerfile").read_text(encoding="utf-8")
