# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the documentation of a module, as ansible-doc gives it, sends its reader on to."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

COLLECTION = Path(__file__).resolve().parents[3]
NAMES = [f"katapult.cloud.{path.stem}" for path in sorted((COLLECTION / "plugins" / "modules").glob("*.py"))]


@pytest.fixture(name="links", scope="module")
def _links(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    """The links of every module by its name."""
    program = Path(sys.executable).with_name("ansible-doc")
    environment = {
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTION.parents[2]),
        "HOME": str(tmp_path_factory.mktemp("home")),
        "LC_ALL": "C.UTF-8",
        "PATH": "/usr/bin:/bin",
    }
    command = [str(program), "--type", "module", "--json", *NAMES]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    documented: dict[str, Any] = json.loads(done.stdout)
    return {name: documented[name]["doc"]["seealso"] for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_module_sends_on_to_its_siblings(links: dict[str, list[dict[str, str]]], name: str) -> None:
    siblings = [link["module"] for link in links[name] if "module" in link]

    assert len(siblings) == len(set(siblings)) >= 2
    assert set(siblings) <= set(NAMES) - {name}


@pytest.mark.parametrize("name", NAMES)
def test_a_module_sends_on_to_the_guide(links: dict[str, list[dict[str, str]]], name: str) -> None:
    guide = yaml.safe_load((COLLECTION / "galaxy.yml").read_text(encoding="utf-8"))["documentation"]

    assert guide in [link.get("link") for link in links[name]]


def test_every_module_is_sent_on_to(links: dict[str, list[dict[str, str]]]) -> None:
    assert {link["module"] for found in links.values() for link in found if "module" in link} == set(NAMES)
