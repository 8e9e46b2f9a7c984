# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the collection can be released as it is: python -m dev.release_check."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from .galaxy_importer import import_problems
from .release import build, install
from .release_agreement import disagreements, unreleased
from .release_contents import sizes_of, table_of, wrong_contents
from .tool_output import warnings_of, warns
from .workspace import BUILD, COLLECTION, LOGS, ROOT, Failed, environment, main, nothing, program, run, say, timed

FOLDER = BUILD / "release-check"
HOME = FOLDER / "home"
INSTALLED = FOLDER / "collections"
IMPORTED = FOLDER / "imported"


def release_check() -> None:
    """Check all of it, and fail with a list of what is wrong."""
    tarball = _prepare()
    checks: dict[str, Callable[[], list[str]]] = {
        "its files": lambda: _contents_problems(tarball),
        "an installation without the network": lambda: _installation_problems(tarball),
        "galaxy-importer": lambda: import_problems(tarball, IMPORTED, HOME),
        "version, changelog and docs": lambda: [*disagreements(COLLECTION), *unreleased(COLLECTION), *uncommitted()],
    }
    problems: list[str] = []
    for title, check in checks.items():
        with timed(title):
            problems += _problems_of(check)
    if problems:
        raise Failed("\n        ".join(problems))
    say(f"--- {tarball.name} can be released")


def _prepare() -> Path:
    """Build the tarball, and make the folders anew that the checks take for the surroundings of a user."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    for folder in (HOME, INSTALLED, IMPORTED):
        folder.mkdir(parents=True)
    with timed("the tarball"):
        tarball = build(BUILD / "release")
        say(f"{tarball.relative_to(ROOT)}, {tarball.stat().st_size / 1000:.1f} kB")
    return tarball


def _problems_of(check: Callable[[], list[str]]) -> list[str]:
    try:
        return check()
    except Failed as failure:
        return [str(failure)]


def _contents_problems(tarball: Path) -> list[str]:
    sizes = sizes_of(tarball)
    listed = LOGS / "release-contents.log"
    listed.write_text("".join(f"{sizes[name]:8} {name}\n" for name in sorted(sizes)), encoding="utf-8")
    say("\n".join([*table_of(sizes), f"all of them: {listed.relative_to(ROOT)}"]))
    return wrong_contents(sizes, COLLECTION)


def _installation_problems(tarball: Path) -> list[str]:
    """Install it where nothing is, compare what is installed with its checksums, and read its documentation."""
    env = environment(HOME=str(HOME), ANSIBLE_COLLECTIONS_PATH=str(INSTALLED), ANSIBLE_NOCOLOR="1")
    install(tarball, INSTALLED, env)
    verify = ["collection", "verify", "--offline", "katapult.cloud"]
    run(program("ansible-galaxy"), *verify, log="galaxy-verify", cwd=HOME, env=env, show=nothing)
    modules = sorted(path.stem for path in INSTALLED.glob("ansible_collections/katapult/cloud/plugins/modules/*.py"))
    names = [f"katapult.cloud.{module}" for module in modules]
    output = run(program("ansible-doc"), *names, log="ansible-doc", cwd=HOME, env=env, show=warns)
    say(f"ansible-doc shows {len(names)} modules: {', '.join(modules)}")
    unshown = [f"ansible-doc does not show {name}" for name in names if f"> MODULE {name} (" not in output]
    return [*unshown, *warnings_of("ansible-doc", output)]


def uncommitted() -> list[str]:
    """Changes that are in no commit, which a tag would not have."""
    command = ["git", "status", "--porcelain"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [line[3:] for line in listed.splitlines()]
    return [f"not committed: {', '.join(names)}"] if names else []


if __name__ == "__main__":
    main(release_check)
