# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may import whom: the architecture as a table, held by a test."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
MODULE_UTILS = "ansible_collections.katapult.cloud.plugins.module_utils."

# Each file with what it may import of the collection; a file stands below all that import it.
LAYERS: dict[str, set[str]] = {
    "_errors": set(),
    "_python_floor": set(),
    "_ca_bundle": set(),
    "_clock": set(),
    "_disk": {"_clock", "_errors"},
    "_disk_wanted": {"_disk"},
    "_texts": set(),
    "_shapes": {"_texts"},
    "_parallel": set(),
    "_lock": {"_clock"},
    "_tasks": {"_clock", "_errors"},
    "_answers": {"_errors"},
    "_pages": {"_answers", "_clock", "_errors", "_parallel"},
    "_disk_progress": {"_disk", "_errors"},
    "_disk_spec": {"_disk", "_disk_wanted", "_errors", "_shapes", "_texts"},
    "_disk_steps": {"_disk", "_disk_wanted"},
    "_disk_api": {"_answers", "_clock", "_disk", "_disk_steps", "_errors", "_pages"},
    "_disk_lookup": {"_disk", "_disk_api", "_disk_spec", "_disk_wanted", "_errors", "_pages", "_tasks"},
    "_disk_references": {"_disk", "_disk_api", "_disk_steps", "_disk_wanted", "_errors"},
    "_disk_resize": {"_disk", "_disk_steps", "_disk_wanted"},
    "_disk_options": {"_disk", "_disk_resize", "_disk_steps", "_disk_wanted"},
    "_disk_differences": {"_disk", "_disk_options", "_disk_wanted"},
    "_disk_create": {
        "_disk",
        "_disk_api",
        "_disk_differences",
        "_disk_lookup",
        "_disk_wanted",
        "_errors",
        "_lock",
        "_tasks",
    },
    "_disk_prediction": {"_disk", "_disk_options", "_disk_steps", "_disk_wanted"},
    "_disk_plan": {
        "_disk",
        "_disk_differences",
        "_disk_options",
        "_disk_prediction",
        "_disk_steps",
        "_disk_wanted",
        "_errors",
    },
    "_disk_removal": {
        "_disk",
        "_disk_differences",
        "_disk_plan",
        "_disk_prediction",
        "_disk_steps",
        "_disk_wanted",
        "_errors",
    },
    "_disk_wait": {"_disk", "_disk_api", "_disk_plan", "_disk_progress", "_disk_wanted", "_errors", "_tasks"},
    "_disk_guard": {
        "_disk",
        "_disk_api",
        "_disk_progress",
        "_disk_steps",
        "_disk_wait",
        "_disk_wanted",
        "_errors",
    },
    "_disk_change": {"_disk", "_disk_api", "_disk_guard", "_disk_progress", "_disk_steps", "_disk_wait", "_errors"},
    "_disk_run": {
        "_clock",
        "_disk",
        "_disk_api",
        "_disk_change",
        "_disk_guard",
        "_disk_plan",
        "_disk_progress",
        "_disk_wait",
        "_disk_wanted",
        "_errors",
        "_lock",
        "_tasks",
    },
    "_disk_assignment": {
        "_disk",
        "_disk_lookup",
        "_disk_plan",
        "_disk_prediction",
        "_disk_removal",
        "_disk_run",
        "_disk_wanted",
        "_errors",
    },
    "_disk_trash": {"_clock", "_disk", "_disk_guard", "_disk_run", "_errors", "_tasks"},
    "_disk_absent": {
        "_disk",
        "_disk_guard",
        "_disk_lookup",
        "_disk_plan",
        "_pages",
        "_disk_removal",
        "_disk_run",
        "_disk_trash",
        "_disk_wanted",
        "_errors",
    },
    "_disk_present": {
        "_disk",
        "_disk_create",
        "_disk_differences",
        "_disk_lookup",
        "_disk_plan",
        "_pages",
        "_disk_progress",
        "_disk_references",
        "_disk_removal",
        "_disk_run",
        "_disk_trash",
        "_disk_wait",
        "_disk_wanted",
        "_errors",
        "_lock",
        "_tasks",
    },
    "_fleet_api": {"_disk", "_disk_api", "_disk_wanted", "_pages"},
    "_fleet_spec": {"_disk_spec", "_disk_wanted", "_errors"},
    "_fleet_entry": {"_disk_absent", "_disk_present", "_disk_run", "_errors", "_fleet_spec", "_lock"},
    "_fleet_result": {"_errors", "_fleet_entry"},
    "_fleet_wait": {
        "_clock",
        "_disk",
        "_disk_present",
        "_disk_wait",
        "_errors",
        "_fleet_api",
        "_fleet_entry",
        "_parallel",
        "_tasks",
    },
    "_fleet": {
        "_disk",
        "_disk_absent",
        "_disk_present",
        "_disk_references",
        "_disk_run",
        "_disk_spec",
        "_disk_wait",
        "_errors",
        "_fleet_api",
        "_fleet_entry",
        "_fleet_result",
        "_fleet_spec",
        "_fleet_wait",
        "_lock",
        "_parallel",
        "_tasks",
    },
    "_info": {"_disk_spec"},
    "_disk_query": {"_disk", "_disk_spec", "_errors", "_info", "_shapes"},
    "_disk_info": {"_disk", "_disk_api", "_disk_query", "_disk_spec", "_errors", "_info", "_parallel", "_tasks"},
    "_progress_file": set(),
    "_spellings": set(),
    "_rate": {"_clock"},
    "_metered": {"_clock"},
    "_http": {"_answers", "_ca_bundle", "_clock", "_errors", "_metered", "_rate"},
    "_module": {
        "_ca_bundle",
        "_clock",
        "_disk_spec",
        "_errors",
        "_http",
        "_progress_file",
        "_shapes",
        "_spellings",
        "_texts",
    },
    "_disk_module": {"_clock", "_disk_api", "_disk_run", "_lock", "_module"},
    "_fleet_module": {"_clock", "_disk_module", "_fleet", "_fleet_api", "_fleet_spec", "_module"},
    "_task_info": {"_disk", "_disk_api", "_errors", "_tasks"},
}
MODULES: dict[str, set[str]] = {
    "katapult_data_center_info": {"_clock", "_disk_api", "_info", "_module", "_python_floor"},
    "katapult_disk": {
        "_disk_absent",
        "_disk_module",
        "_disk_present",
        "_disk_run",
        "_disk_spec",
        "_module",
        "_python_floor",
    },
    "katapult_disk_assignment": {
        "_disk_assignment",
        "_disk_module",
        "_disk_run",
        "_disk_spec",
        "_module",
        "_python_floor",
    },
    "katapult_disk_info": {
        "_clock",
        "_disk_api",
        "_disk_info",
        "_disk_query",
        "_info",
        "_module",
        "_python_floor",
        "_tasks",
    },
    "katapult_disk_io_profile_info": {"_clock", "_disk_api", "_disk_spec", "_info", "_module", "_python_floor"},
    "katapult_disks": {"_fleet_module", "_fleet_result", "_fleet_spec", "_module", "_python_floor"},
    "katapult_task_info": {
        "_clock",
        "_disk_api",
        "_disk_spec",
        "_info",
        "_module",
        "_python_floor",
        "_task_info",
        "_tasks",
    },
}
PURE = {
    "_errors",
    "_disk",
    "_disk_wanted",
    "_disk_steps",
    "_disk_resize",
    "_disk_differences",
    "_disk_removal",
    "_answers",
    "_disk_options",
    "_disk_prediction",
    "_disk_plan",
    "_disk_query",
    "_disk_spec",
    "_info",
    "_spellings",
    "_texts",
}
# What does something or knows the computer; _errors needs time to write a date.
IMPURE_LIBRARIES = {"os", "random", "socket", "subprocess", "sys", "tempfile", "threading", "ssl", "fcntl", "logging"}

# What runs on the control node, where a module can't reach it, with what it imports of the collection.
ON_THE_CONTROL_NODE: dict[str, set[str]] = {
    "action/katapult_disk": {"plugin_utils._progress"},
    "action/katapult_disks": {"plugin_utils._progress"},
    "plugin_utils/_follow": {"module_utils._progress_file"},
    "plugin_utils/_progress": {"module_utils._progress_file", "plugin_utils._follow"},
}

UTILS = sorted((PLUGINS / "module_utils").glob("*.py"))
ALL = sorted([*UTILS, *(PLUGINS / "modules").glob("*.py")])


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            found.add(str(node.module))
    return found


def own_imports_of(path: Path) -> set[str]:
    return {name[len(MODULE_UTILS) :] for name in imports_of(path) if name.startswith(MODULE_UTILS)}


def outside_imports_of(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports_of(path) if not name.startswith(MODULE_UTILS)}


def names_in(path: Path) -> set[str]:
    """All names and attributes that a file uses."""
    nodes = list(ast.walk(tree_of(path)))
    return {node.id for node in nodes if isinstance(node, ast.Name)} | {
        node.attr for node in nodes if isinstance(node, ast.Attribute)
    }


def files_that_use(name: str) -> set[str]:
    return {path.stem for path in ALL if name in names_in(path)}


def by_name(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", ALL, ids=by_name)
def test_a_file_imports_what_the_table_allows(path: Path) -> None:
    assert own_imports_of(path) == {**LAYERS, **MODULES}[path.stem]


def test_the_table_names_every_file() -> None:
    assert {path.stem for path in ALL} - {"__init__"} == {*LAYERS, *MODULES}


def test_what_runs_on_the_control_node_imports_little_of_the_collection() -> None:
    package = "ansible_collections.katapult.cloud.plugins."
    paths = [path for folder in ("action", "plugin_utils") for path in (PLUGINS / folder).glob("*.py")]
    own = {
        path.relative_to(PLUGINS).with_suffix("").as_posix(): {
            name[len(package) :] for name in imports_of(path) if name.startswith(package)
        }
        for path in paths
    }

    assert own == ON_THE_CONTROL_NODE


@pytest.mark.parametrize("path", ALL, ids=by_name)
def test_a_module_imports_nothing_of_the_control_node(path: Path) -> None:
    assert [name for name in imports_of(path) if ".plugin_utils" in name or name.startswith("ansible.plugins")] == []


def test_imports_go_downward_only() -> None:
    below: set[str] = set()
    for name, allowed in LAYERS.items():
        assert allowed <= below, f"{name} imports what stands above it"
        below.add(name)


@cache
def loaded_with(name: str) -> set[str]:
    """The files that are imported as soon as this one is: its imports at the top, and theirs."""
    path = next(path for path in ALL if path.stem == name)
    top = [node.module for node in tree_of(path).body if isinstance(node, ast.ImportFrom) and node.module]
    below = {module[len(MODULE_UTILS) :] for module in top if module.startswith(MODULE_UTILS)}
    return below.union(*(loaded_with(lower) for lower in below))


def test_a_disk_that_is_as_it_should_be_needs_no_code_of_changes() -> None:
    """Python compiles what a module imports at every run, so that what only changes need is imported by them."""
    of_changes = {"absent", "change", "create", "guard", "references", "removal", "trash"}
    loaded = loaded_with("katapult_disk") | loaded_with("_disk_present")
    assert loaded & {f"_disk_{name}" for name in of_changes} == set()


def test_only_one_file_names_requests() -> None:
    assert [path.stem for path in ALL if "requests" in outside_imports_of(path) | names_in(path)] == ["_http"]


def test_requests_is_guarded_and_not_used_while_importing() -> None:
    """Where requests is missing the module must get as far as saying so."""
    tree = tree_of(PLUGINS / "module_utils" / "_http.py")
    loose = [
        node.lineno
        for statement in tree.body
        if not isinstance(statement, (ast.FunctionDef, ast.ClassDef, ast.Try))
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and node.id == "requests"
    ]
    bases = [
        base
        for statement in tree.body
        if isinstance(statement, ast.ClassDef)
        for base in [*statement.bases, *statement.decorator_list]
        if "requests" in ast.unparse(base)
    ]
    assert (loose, bases) == ([], [])


def test_only_two_files_import_ansible() -> None:
    assert {path.stem for path in UTILS if "ansible" in outside_imports_of(path)} == {"_module", "_shapes"}


@pytest.mark.parametrize("name", ["exit_json", "fail_json"])
def test_a_run_ends_in_one_file(name: str) -> None:
    assert files_that_use(name) == {"_module"}


def test_check_mode_is_decided_in_one_file() -> None:
    assert files_that_use("check_mode") == {"_disk_run", "_disk_module"}


def test_the_environment_is_read_at_the_edges() -> None:
    assert files_that_use("environ") == {"_module", "katapult_disk", "katapult_disks"}


def test_only_the_clock_tells_the_time() -> None:
    clocks = {"sleep", "monotonic", "perf_counter"}
    users = {path.stem for path in ALL for node in ast.walk(tree_of(path)) if _calls_time(node, clocks | {"time"})}
    assert users == {"_clock"}


def _calls_time(node: ast.AST, names: set[str]) -> bool:
    if not isinstance(node, ast.Attribute) or node.attr not in names:
        return False
    return isinstance(node.value, ast.Name) and node.value.id == "time"


@pytest.mark.parametrize("name", sorted(PURE))
def test_what_decides_does_nothing(name: str) -> None:
    assert outside_imports_of(PLUGINS / "module_utils" / f"{name}.py") & IMPURE_LIBRARIES == set()


def test_errors_are_caught_by_name_but_for_one_place_that_catches_what_nothing_foresaw() -> None:
    caught = [
        (path.stem, ast.unparse(node.type) if node.type else "everything")
        for path in ALL
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ExceptHandler)
    ]
    assert [place for place in caught if place[1] in ("everything", "Exception", "BaseException")] == [
        ("_module", "Exception")
    ]


@pytest.mark.parametrize("path", ALL, ids=by_name)
def test_nothing_is_written_to_the_options(path: Path) -> None:
    """Only the class that brings them into shape sets params, and nothing sets an item of them."""
    written = [
        ast.unparse(target)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Assign)
        for target in node.targets
        if ast.unparse(target).endswith(("params", "payload")) or ".params[" in ast.unparse(target)
    ]
    assert set(written) <= ({"self.params"} if path.stem == "_module" else {"payload"})
