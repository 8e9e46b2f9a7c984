# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Imports point one way, from _module down to _core. What else one file alone may name, ruff holds by banned-api."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
UTILS = PLUGINS / "module_utils"
LAYERS = ["_core", "_api", "_options", "_plan", "_reconcile", "_module"]
SIDE_EFFECTS = {"fcntl", "os", "random", "requests", "socket", "ssl", "subprocess", "sys", "tempfile", "threading"}
FILES = sorted(UTILS.rglob("*.py"))


def imports_of(path: Path) -> Iterator[str]:
    """What a file imports, wherever in it: relative to plugins/ with a leading dot, or the name of another package."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = path.relative_to(PLUGINS).parts[: -node.level] if node.level else ()
            yield ("." if node.level else "") + ".".join([*package, node.module or ""])


def layers_of(path: Path) -> set[str]:
    return {name.split(".")[2] for name in imports_of(path) if name.startswith(".module_utils")}


def by_place(path: Path) -> str:
    return path.relative_to(PLUGINS).as_posix()


@pytest.mark.parametrize("path", FILES, ids=by_place)
def test_imports_point_one_way(path: Path) -> None:
    assert layers_of(path) <= set(LAYERS[: LAYERS.index(path.parent.name) + 1])


@pytest.mark.parametrize("path", sorted(PLUGINS.rglob("*.py")), ids=by_place)
def test_a_module_imports_nothing_of_the_control_node_and_imports_its_own_relatively(path: Path) -> None:
    above = ("ansible_collections", *((".plugin_utils", "ansible.plugins") if "module" in by_place(path) else ()))
    assert [name for name in imports_of(path) if name.startswith(above)] == []


@pytest.mark.parametrize("path", [path for path in FILES if path.parent.name in ("_options", "_plan")], ids=by_place)
def test_what_decides_does_nothing(path: Path) -> None:
    assert {name.split(".")[0] for name in imports_of(path)} & SIDE_EFFECTS == set()
