# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs what Ansible made of a module, and tells what its parts took: python dev/startup_probe.py PROGRAM.

The seconds of each part are JSON in the last line on standard error. What is imported here is what Ansible's own part
of every module imports, so that nothing of the collection's comes cheaper than it would.
"""

from __future__ import annotations

import time

BEGUN = time.perf_counter()

import importlib
import json
import runpy
import sys
import zipimport
from typing import Any

FILES = zipimport.zipimporter


class Stopwatch:
    """Adds up what calls take, by parts; of calls within calls of a part only the outermost counts."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._depth: dict[str, int] = {}

    def watch(self, owner: Any, name: str, part: str) -> None:
        """Replace a method by one that is timed."""
        method = getattr(owner, name)
        self.seconds.setdefault(part, 0.0)
        self._depth.setdefault(part, 0)

        def watched(*arguments: Any, **named: Any) -> Any:
            begun = time.perf_counter()
            self._depth[part] += 1
            try:
                return method(*arguments, **named)
            finally:
                self._depth[part] -= 1
                if not self._depth[part]:
                    self.seconds[part] += time.perf_counter() - begun

        setattr(owner, name, watched)


def probe(program: str) -> dict[str, float]:
    """Run the program; the seconds of its parts, which add up to all of its run."""
    stopwatch = Stopwatch()
    moments = [BEGUN]
    run_module = runpy.run_module

    def run_watched(*arguments: Any, **named: Any) -> Any:
        """Ansible is there, and the module's own part begins: requests first, as Ansible needs some of it too."""
        moments.append(time.perf_counter())
        requests = importlib.import_module("requests")
        moments.append(time.perf_counter())
        basic = importlib.import_module("ansible.module_utils.basic")
        stopwatch.watch(basic.AnsibleModule, "__init__", "checked")
        stopwatch.watch(requests.Session, "request", "sent")
        # From the outside to the inside: a file is found and read for its code, which is then executed.
        for name in ("find_spec", "get_code"):
            stopwatch.watch(FILES, name, "compiled")
        for name in ("find_spec", "get_code", "exec_module"):
            stopwatch.watch(FILES, name, "imported")
        return run_module(*arguments, **named)

    runpy.run_module = run_watched
    sys.argv = [program]
    try:
        runpy.run_path(program, run_name="__main__")
    except SystemExit as end:
        if end.code not in (None, 0):
            raise
    begun, ansible, requests, ended = (*moments, time.perf_counter())
    seen = stopwatch.seconds
    return {
        "ansible": ansible - begun,
        "requests": requests - ansible,
        "compiled": seen["compiled"],
        "executed": seen["imported"] - seen["compiled"],
        "checked": seen["checked"],
        "sent": seen["sent"],
        "rest": ended - requests - seen["imported"] - seen["checked"] - seen["sent"],
    }


if __name__ == "__main__":
    parts = probe(sys.argv[1])
    print(json.dumps(parts), file=sys.stderr)
