# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts that ansible-test runs: the sanity tests and the integration tests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache

from dev import pip_bootstrap
from dev.interpreters import search_path
from dev.simulator import Service, simulator
from dev.workspace import COLLECTION, Failed, environment, program, run, say

#: pip warns about places to look in that are not there, ansible-test about a locale that nothing here depends on.
TROUBLE = r"WARNING: (?!Location |Using locale |Reviewing )|ERROR|FATAL"
WORTH_SHOWING = re.compile(TROUBLE)
STARTED = re.compile(r'Running sanity test "([^"]+)"')
PROGRESS = re.compile(rf"Running \S+ integration test|testhost .*ok=|{TROUBLE}")


def sanity() -> None:
    """All sanity tests, none of them ignored, on every Python that is found and supported."""
    ignores = sorted(path.name for path in (COLLECTION / "tests" / "sanity").glob("ignore*"))
    if ignores:
        raise Failed(f"this collection has no ignored sanity tests: remove {', '.join(ignores)}")
    pip_bootstrap.prepare()
    output = run(
        program("ansible-test"),
        "sanity",
        "--color",
        "no",
        log="sanity",
        cwd=COLLECTION,
        env=_environment(),
        show=_once(WORTH_SHOWING),
    )
    started = STARTED.findall(output)
    say(f"{len(set(started))} sanity tests in {len(started)} runs passed")


def integration() -> None:
    """The integration targets, against a simulator of their own."""
    with simulator() as service:
        _configure(service)
        run(
            program("ansible-test"),
            "integration",
            "--color",
            "no",
            log="integration",
            cwd=COLLECTION,
            env=_environment(),
            show=_once(PROGRESS),
        )


def _once(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    """Choose the lines that match, each once: ansible-test repeats its warnings at the end."""
    seen: set[str] = set()

    def chosen(line: str) -> bool:
        new = bool(pattern.match(line)) and line not in seen
        seen.add(line)
        return new

    return chosen


def _configure(service: Service) -> None:
    path = COLLECTION / "tests" / "integration" / "integration_config.yml"
    settings = {
        "katapult_api_url": service.url,
        "katapult_api_token": service.token,
        "katapult_organization": service.organization,
    }
    path.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


@cache
def _environment() -> dict[str, str]:
    env = environment()
    return {**env, "PATH": search_path(env["PATH"], env)}
