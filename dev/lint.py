# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The linters and the type checker."""

from __future__ import annotations

from pathlib import Path

from dev.workspace import BUILD, CACHE, COLLECTION, Failed, environment, nothing, program, run, timed

#: The oldest Python on which a module runs; tests and tools run on newer ones.
MODULE_PYTHON = "3.9"

#: What runs on the control node, with ansible-core itself, whose source that Python can't read.
ON_THE_CONTROL_NODE = "plugins/(action|plugin_utils)/"


def lint() -> None:
    """Run all of them, then fail with the list of those that found something."""
    checks = {
        "ansible-lint": ansible_lint,
        "ruff": ruff,
        "mypy": mypy,
        "antsibull-docs": antsibull_docs,
        "antsibull-changelog": antsibull_changelog,
        "GitHub's files": github_files,
    }
    failures = []
    for name, check in checks.items():
        try:
            with timed(name):
                check()
        except Failed as failure:
            failures.append(str(failure))
    if failures:
        raise Failed("\n        ".join(failures))


def ansible_lint() -> None:
    env = environment(ANSIBLE_COLLECTIONS_PATH=str(BUILD))
    options = ["--offline", "--profile", "production", "--nocolor"]
    run(program("ansible-lint"), *options, log="ansible-lint", cwd=COLLECTION, env=env)


def ruff() -> None:
    env = environment(RUFF_CACHE_DIR=str(CACHE / "ruff"))
    run(program("ruff"), "check", ".", log="ruff-check", cwd=COLLECTION, env=env)
    run(program("ruff"), "format", "--check", "--diff", ".", log="ruff-format", cwd=COLLECTION, env=env)


def mypy() -> None:
    """Strictly: the modules as the oldest Python reads them, all else as this one does."""
    _mypy(BUILD, "plugins", "--python-version", MODULE_PYTHON, "--exclude", ON_THE_CONTROL_NODE)
    _mypy(BUILD, "plugins/action")
    _mypy(BUILD, "tests")
    _mypy(COLLECTION, "dev")


def _mypy(base: Path, folder: str, *options: str) -> None:
    """Check a folder whose modules are imported by their path below a base."""
    env = environment(MYPYPATH=str(base), MYPY_CACHE_DIR=str(CACHE / "mypy" / folder))
    config = COLLECTION / "pyproject.toml"
    path, log = (COLLECTION / folder).relative_to(BUILD), f"mypy-{folder.replace('/', '-')}"
    run(program("mypy"), "--config-file", config, *options, path, log=log, cwd=BUILD, env=env)


def antsibull_docs() -> None:
    env = environment(ANSIBLE_COLLECTIONS_PATH=str(BUILD))
    options = ["--plugin-docs", "."]
    run(program("antsibull-docs"), "lint-collection-docs", *options, log="antsibull-docs", cwd=COLLECTION, env=env)


def antsibull_changelog() -> None:
    run(program("antsibull-changelog"), "lint", log="antsibull-changelog", cwd=COLLECTION, env=environment())
    released = ["lint-changelog-yaml", "--strict", "changelogs/changelog.yaml"]
    run(program("antsibull-changelog"), *released, log="antsibull-changelog-yaml", cwd=COLLECTION, env=environment())


def github_files() -> None:
    """Compare what GitHub reads with its schemas, which the tool carries."""
    folder = COLLECTION / ".github"
    forms = folder / "ISSUE_TEMPLATE"
    by_schema = {
        "vendor.github-issue-config": [forms / "config.yml"],
        "vendor.github-issue-forms": [path for path in sorted(forms.glob("*.yml")) if path.name != "config.yml"],
        "vendor.github-workflows": sorted((folder / "workflows").glob("*.yml")),
    }
    for schema, paths in by_schema.items():
        run(program("check-jsonschema"), "--builtin-schema", schema, *paths, log=schema, cwd=COLLECTION, show=nothing)
