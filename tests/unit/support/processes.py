# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a module in a process, on either way that Ansible runs it: arguments in as JSON, the result out as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from ansible.module_utils.common.parameters import PASS_VARS
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Clock, Deadline
from ansible_collections.katapult.cloud.plugins.module_utils._core.file_lock import hold_locks, lock_directories
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.unit.support.in_process import Way, new_connections

MODULES = "ansible_collections.katapult.cloud.plugins.modules"
PROGRAM = """
import json, runpy, sys
import ansible.module_utils.basic as basic
basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
basic._ANSIBLE_PROFILE = "legacy"
runpy.run_module(sys.argv[1], run_name="__main__")
"""
IN_ANSIBLE = """
import importlib, json, sys
from ansible_collections.katapult.cloud.tests.unit.support.worker import find_action, run_action
arguments = json.load(sys.stdin.buffer)["ANSIBLE_MODULE_ARGS"]
result = run_action(find_action(importlib.import_module(sys.argv[1])), arguments)
print(json.dumps(result))
sys.exit(bool(result.get("failed")))
"""
PROGRAMS: dict[Way, str] = {"module": PROGRAM, "action": IN_ANSIBLE}
DISK = {"name": "data-01", "size_in_gb": 20, "data_center": "uk-lon-01"}


class _Chosen:
    """The way on which all processes run that are started from now on."""

    way: Way = "module"


@contextmanager
def all_on(way: Way) -> Iterator[None]:
    """Within this context every module runs on this way."""
    with ExitStack() as held:
        if way == "action":
            held.enter_context(new_connections())
        held.callback(setattr, _Chosen, "way", _Chosen.way)
        _Chosen.way = way
        yield


def internal_arguments(check: bool) -> dict[str, Any]:
    """What Ansible hands over beside the options. Since 2.21 the invocation is in a result only when asked for."""
    asked = {"_ansible_inject_invocation": True} if "inject_invocation" in PASS_VARS else {}
    return {"_ansible_check_mode": check, "_ansible_diff": True, "_ansible_version": "2.16.0", **asked}


def started(
    options: Mapping[str, Any],
    *,
    module: str = "katapult_disk",
    check: bool = False,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    before: str = "",
) -> subprocess.Popen[bytes]:
    """A module that runs with these options, after the statements `before`."""
    process = subprocess.Popen(
        [sys.executable, "-c", before + PROGRAMS[_Chosen.way], f"{MODULES}.{module}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={"ANSIBLE_LOCAL_TEMP": gettempdir(), **(environment or {}), "PYTHONPATH": ":".join(sys.path)},
        cwd=cwd,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": {**options, **internal_arguments(check)}}).encode())
    process.stdin.close()
    process.stdin = None
    return process


def ended(process: subprocess.Popen[bytes]) -> str:
    """Everything that a module prints until its end."""
    with process:
        try:
            return process.communicate(timeout=60)[0].decode()
        finally:
            process.kill()


def output_of(
    options: Mapping[str, Any], *, module: str = "katapult_disk", check: bool = False, **surroundings: Any
) -> str:
    """Everything that a module prints when it is run with these options, or its result where it runs in Ansible.

    Where it needs no `surroundings` of its own, this process is taken for Ansible's: to start it takes seconds.
    """
    if _Chosen.way == "module" or surroundings:
        return ended(started(options, module=module, check=check, **surroundings))
    worker = import_module("ansible_collections.katapult.cloud.tests.unit.support.worker")
    action = worker.find_action(import_module(f"{MODULES}.{module}"))
    return json.dumps(worker.run_action(action, {**options, **internal_arguments(check)}))


def result_of(options: Mapping[str, Any], *, check: bool = False) -> dict[str, Any]:
    """The result of katapult_disk run with these options. A traceback makes it no JSON, and the test fail."""
    result: dict[str, Any] = json.loads(output_of(options, check=check))
    return result


def results_of(options: Mapping[str, Any], times: int) -> list[dict[str, Any]]:
    """The results of as many runs at once."""
    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(lambda _number: result_of(options), range(times)))


def forget_creates(simulator: Simulator, *names: str) -> None:
    """Drop the notes of creates whose end is not known: the next simulator may get the same port."""
    keys = [(simulator.url, name) for name in names or (str(DISK["name"]),)]
    with hold_locks(keys, Clock(), Deadline(Clock(), 60), lock_directories({})) as held:
        for key in keys:
            held.clear_create(key)
