# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens in one place only: the end of a run, catching what nothing foresaw, shaping the options."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
FILES = {
    path.relative_to(PLUGINS).with_suffix("").as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for folder in ("modules", "module_utils")
    for path in (PLUGINS / folder).rglob("*.py")
}
EDGE = "module_utils/_module/base"
RUN = "module_utils/_module/run"
PACKAGE = "ansible_collections.katapult.cloud.plugins"
LOADED = f"""
import json, sys
import {PACKAGE}.modules.katapult_disk
import {PACKAGE}.module_utils._reconcile.present
print(json.dumps([name.rpartition(".")[2] for name in sys.modules if name.startswith("{PACKAGE}")]))
"""


@pytest.mark.parametrize("name", ["exit_json", "fail_json"])
def test_a_run_ends_in_one_file(name: str) -> None:
    users = [
        file
        for file, tree in FILES.items()
        if any(isinstance(node, ast.Attribute) and node.attr == name for node in ast.walk(tree))
    ]
    assert users == [EDGE]


def test_errors_are_caught_by_name_but_in_one_file() -> None:
    caught = [
        (file, ast.unparse(node.type) if node.type else "everything")
        for file, tree in FILES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
    ]
    broad = ("everything", "Exception", "BaseException")
    assert [place for place in caught if place[1] in broad] == [(RUN, "Exception")]


@pytest.mark.parametrize("file", FILES)
def test_a_module_imports_no_package_but_requests(file: str) -> None:
    """A package that only the tests' environment has would fail every task elsewhere."""
    imported: set[str] = set()
    left: list[ast.AST] = [FILES[file]]
    while left:
        node = left.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            imported.update(alias.name.partition(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            imported.add(str(node.module).partition(".")[0])
        left += ast.iter_child_nodes(node)

    packages = {name for name in imported if "site-packages" in str(getattr(find_spec(name), "origin", ""))}
    assert packages <= {"ansible", "requests", "urllib3"}


@pytest.mark.parametrize("file", FILES)
def test_nothing_is_written_to_the_options(file: str) -> None:
    """Only the class that normalizes them sets params, and nothing sets an item of them."""
    written = {
        ast.unparse(target)
        for node in ast.walk(FILES[file])
        if isinstance(node, ast.Assign)
        for target in node.targets
        if ast.unparse(target).endswith("params") or ".params[" in ast.unparse(target)
    }
    assert written <= ({"self.params"} if file == EDGE else set())


def test_requests_is_not_used_while_importing() -> None:
    """If requests is missing, the module must get as far as saying so."""
    used = [
        ast.unparse(part)
        for statement in FILES["module_utils/_api/transport"].body
        if isinstance(statement, (ast.ClassDef, ast.Assign, ast.AnnAssign))
        for part in (
            [*statement.bases, *statement.decorator_list] if isinstance(statement, ast.ClassDef) else [statement]
        )
        if any(isinstance(node, ast.Name) and node.id == "requests" for node in ast.walk(part))
    ]
    assert used == []


def test_an_unchanged_disk_needs_no_code_of_changes() -> None:
    """Python compiles what a module imports at every run, so that what only changes need is imported by them."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, env=environment)

    loaded = set(json.loads(done.stdout))
    assert "present" in loaded
    assert loaded & {"absent", "change", "create", "fleet", "guard", "references", "removal", "trash"} == set()
