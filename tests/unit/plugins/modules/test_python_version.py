# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Python that is too old where a module runs is named, instead of failing at what it can't read."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import error_for
from ansible_collections.katapult.cloud.plugins.module_utils._core.python_version import check_python_version
from ansible_collections.katapult.cloud.tests.unit.support.commands import COLLECTION

# Those that the supported releases of ansible-core send modules to, and that the modules do not run with.
TOO_OLD = ("3.6", "3.7", "3.8")
FLOOR_FILE = COLLECTION / "plugins" / "module_utils" / "_core" / "python_version.py"
MODULES = sorted((COLLECTION / "plugins" / "modules").glob("katapult_*.py"))


def told(version: str, executable: str) -> dict[str, object]:
    summary = f"katapult.cloud needs Python 3.9 or newer where the module runs; this is {version} at {executable}."
    return {"failed": True, **error_for("python_too_old", summary).as_result()}


@pytest.mark.parametrize("path", [FLOOR_FILE, *MODULES], ids=lambda path: path.stem)
def test_old_python_can_read_what_comes_before_the_check(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 6))

    # Which features __future__ has is not asked before a file is compiled.
    assert [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "__future__"] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_checks_before_it_imports_anything_else(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    first = [ast.unparse(node) for node in tree.body if not isinstance(node, ast.Assign)][:2]

    assert first == ["from ..module_utils._core.python_version import check_python_version", "check_python_version()"]


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 15), (3, 8, 18), (3, 8, 18, "final", 0)])
def test_the_check_says_which_python_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], version: tuple[int | str, ...]
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3.8")
    with pytest.raises(SystemExit) as ended:
        check_python_version()

    assert ended.value.code == 1
    found = ".".join(str(part) for part in version[:3])
    assert json.loads(capsys.readouterr().out) == told(found, "/usr/bin/python3.8")


@pytest.mark.parametrize("version", [(3, 9, 0), (3, 14, 0, "final", 0)])
def test_the_check_lets_newer_ones_pass(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], version: tuple[int | str, ...]
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    check_python_version()

    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("version", TOO_OLD)
def test_a_module_run_by_an_old_python(version: str) -> None:
    """As Ansible runs it, with nothing of Ansible's: the check comes before that is needed."""
    python = shutil.which(f"python{version}")
    if not python or subprocess.run([python, "--version"], capture_output=True, check=False).returncode:
        pytest.skip(f"no Python {version} is found")
    asked = "import sys; print('{}.{}.{}'.format(*sys.version_info), sys.executable)"
    found, executable = _output(python, "-c", asked).split()
    for path in MODULES:
        result = json.loads(
            _output(python, "-B", "-m", f"ansible_collections.katapult.cloud.plugins.modules.{path.stem}")
        )

        assert result == told(found, executable)


def _output(python: str, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(COLLECTION.parents[2])}
    done = subprocess.run([python, *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout
