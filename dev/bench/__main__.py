# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measure what runs cost against the simulator that the environment names, and compare that with the targets.

Times depend on the machine; the ratios between them hardly do.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urljoin

import yaml

from .scenarios import DISK, LIMIT, MEMORY, PING, SCENARIOS, TARGETS, THERE, Measured, Scenario, Target, names

Run = tuple[float, Counter[str]]

#: Seconds after which nothing is measured once more.
LONG_ENOUGH = 480
RECAP = r"^localhost +: ok=1 +changed={} +unreachable=0 +failed=0 "
BIN = Path(sys.executable).parent
#: The two requests of an unchanged disk, by the standard library alone, and the seconds that they took.
EXCHANGE = """
import http.client, os, sys, time, urllib.parse
base = urllib.parse.urlsplit(os.environ["KATAPULT_API_URL"])
headers = {"Authorization": "Bearer " + os.environ["KATAPULT_API_TOKEN"], "Accept": "application/json"}
began = time.perf_counter()
connection = http.client.HTTPConnection(base.hostname, base.port)
for path in sys.argv[1:]:
    connection.request("GET", base.path + path, headers=headers)
    answer = connection.getresponse()
    assert (answer.read(), answer.status)[1] == 200, answer.status
print(time.perf_counter() - began)
"""
#: The peak that a process shows includes that of its parent when it started, so the parent is a small process.
PEAK = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True)
sys.stderr.buffer.write(done.stdout + done.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
MODULE = """
import runpy, sys
import ansible.module_utils.basic as basic
basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
basic._ANSIBLE_PROFILE = "legacy"
runpy.run_module(sys.argv[1], run_name="__main__")
"""


def control(call: str, body: Any = None) -> Any:
    """Tell or ask the simulator what no service is told or asked."""
    url = urljoin(os.environ["KATAPULT_API_URL"], f"/_simulator/{call}")
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        return json.load(answer)


def start_over(disks: list[str]) -> None:
    control("reset", {})
    control("seed", {"disks": [{"name": name} for name in disks]})


def output(*command: str, **options: Any) -> str:
    """Run a command that has to succeed; what it printed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=600, **options)
    if done.returncode:
        raise SystemExit(f"{command} failed: {done.stdout}")
    return str(done.stdout)


def seconds_of(*command: str) -> float:
    begun = time.perf_counter()
    output(*command)
    return time.perf_counter() - begun


def run(scenario: Scenario, folder: Path) -> Run:
    """Run the playbook once; its seconds, and its requests by method. What is not as it should be ends all."""
    python = {"ansible_python_interpreter": sys.executable}
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": python,
        "tasks": [scenario.task],
    }
    playbook = folder / f"{scenario.name}.yml"
    playbook.write_text(yaml.safe_dump([play], width=120), encoding="utf-8")
    before = names(scenario.disks)
    start_over(before)
    begun = time.monotonic()
    printed = output(str(BIN / "ansible-playbook"), str(playbook))
    seconds = time.monotonic() - begun
    log = control("requests")["requests"]
    sent = Counter(request["method"] for request in log if request["status"] != 429)
    disks = control("state")["disks"]
    found = {
        "the recap": bool(re.search(RECAP.format(min(scenario.creates, 1)), printed, re.MULTILINE)),
        "the requests": sent["POST"] == scenario.creates and sent.keys() <= {"GET", "POST"},
        "the disks": Counter(d["name"] for d in disks) == Counter([*before, *names(scenario.creates, "new")]),
        "their states": {disk["state"] for disk in disks} <= {"built"},
        "the contract": not control("violations")["violations"],
    }
    if not all(found.values()):
        raise SystemExit(f"{scenario.title}: not as expected: {[what for what in found if not found[what]]}\n{printed}")
    refused = len(log) - sum(sent.values())
    print(f"--- {scenario.name}: {seconds:.2f} s, {len(log)} requests, {refused} of them refused", flush=True)
    return seconds, Counter(request["method"] for request in log)


def startup(folder: Path) -> tuple[float, float]:
    """Seconds of the process of one unchanged katapult_disk without the network's own, and of that of ping."""
    start_over(THERE)
    disk_id = next(disk["id"] for disk in control("state")["disks"] if disk["name"] == THERE[0])
    organization = os.environ["KATAPULT_ORGANIZATION"]
    paths = [
        f"/organizations/organization/disks?organization[sub_domain]={organization}&page=1&per_page=200",
        f"/disks/disk?disk[id]={disk_id}",
    ]
    kept = {**os.environ, "ANSIBLE_KEEP_REMOTE_FILES": "1", "ANSIBLE_REMOTE_TEMP": str(folder)}
    local = (str(BIN / "ansible"), "localhost", "-e", f"ansible_python_interpreter={sys.executable}", "-m")
    packed = {}
    for module, arguments in {PING: "", DISK: f"name={THERE[0]}"}.items():
        output(*local, module, "-a", arguments, env=kept)
        packed[module] = str(next(folder.rglob(f"AnsiballZ_{module.rpartition('.')[2]}.py")))
    seen: dict[str, list[float]] = {PING: [], DISK: [], "network": []}
    for _number in range(21):
        for module, program in packed.items():
            seen[module].append(seconds_of(sys.executable, program))
        seen["network"].append(float(output(sys.executable, "-c", EXCHANGE, *paths)))
    return median(seen[DISK]) - median(seen["network"]), median(seen[PING])


def peak(module: str, options: dict[str, Any], disks: int) -> float:
    """Peak memory of a module that changes nothing, in MB."""
    start_over(names(disks))
    name = f"ansible_collections.katapult.cloud.plugins.modules.{module.rpartition('.')[2]}"
    command = [sys.executable, "-c", PEAK, sys.executable, "-c", MODULE, name]
    given = json.dumps({"ANSIBLE_MODULE_ARGS": {**options, "_ansible_version": "2.16.0"}})
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True, timeout=120)
    if '"changed": false' not in done.stderr or '"failed": true' in done.stderr:
        raise SystemExit(f"{module} did not find all unchanged: {done.stderr}")
    return int(done.stdout) / (1024**2 if sys.platform == "darwin" else 1024)


def print_table(*rows: tuple[str, ...]) -> None:
    for row in (rows[0], ("---", *["---:"] * (len(rows[0]) - 1)), *rows[1:]):
        print(f"| {' | '.join(row)} |")
    print()


def bench(chosen: set[str], folder: Path) -> None:
    """Measure the chosen parts, and fail if a target is missed."""
    begun = time.monotonic()
    seen: dict[tuple[str, str], float] = {}
    compared = [("Process of the module", "Value", "Compared with", "Ratio")]

    def compare(part: str, title: str, unit: str, value: float, base: float) -> None:
        seen.update({(part, "value"): value, (part, "base"): base})
        compared.append((title, f"{value:.2f} {unit}", f"{base:.2f} {unit}", f"{value / base:.2f}"))

    if "startup" in chosen:
        compare("startup", "Process of one unchanged katapult_disk, against ping", "s", *startup(folder))
    for part in sorted(chosen & MEMORY.keys()):
        module, options, few = MEMORY[part]
        value, base = (median(peak(module, options, disks) for _number in range(3)) for disks in (10_000, few))
        compare(part, f"Peak memory of {module}, 10,000 disks against {few}", "MB", value, base)
    scenarios = [scenario for scenario in (*SCENARIOS, LIMIT) if scenario.name in chosen]
    runs: dict[Scenario, list[Run]] = {scenario: [] for scenario in scenarios}
    # In rounds, so that what else the machine does meanwhile touches all of them alike.
    for number in range(3):
        for scenario, before in runs.items():
            is_short = not before or time.monotonic() - begun + before[-1][0] < LONG_ENOUGH
            if number < scenario.times and is_short:
                before.append(run(scenario, folder))
    for scenario, found in runs.items():
        seen[scenario.name, "s"] = median(seconds for seconds, _sent in found)
        seen[scenario.name, "requests"] = max(sum(sent.values()) for _seconds, sent in found)
        seen.update({(scenario.name, verb): max(sent[verb] for _seconds, sent in found) for verb in ("GET", "POST")})
    print(f"\nPython {platform.python_version()}, ansible-core {version('ansible-core')}, {os.cpu_count()} cores\n")
    heads = ("Playbook", "Disks before", "Runs", "Seconds", "x ping", "GET", "POST")
    print_table(heads, *(row(scenario, len(found), seen) for scenario, found in runs.items()))
    print_table(*compared)
    outcomes = [outcome(target, seen) for target in TARGETS]
    print_table(("Target", "Wanted", "Measured", "Outcome"), *outcomes)
    sys.exit("targets not reached" if any(cells[-1] == "NOT reached" for cells in outcomes) else 0)


def row(scenario: Scenario, times: int, seen: Measured) -> tuple[str, ...]:
    name, floor = scenario.name, seen.get(("floor-once", "s"))
    return (
        scenario.title,
        f"{scenario.disks:,}" if scenario.disks else "-",
        "1 run" if times == 1 else f"median of {times}",
        f"{seen[name, 's']:.2f}",
        f"{seen[name, 's'] / floor:.1f}" if floor else "-",
        *(f"{seen[name, verb]:g}" for verb in ("GET", "POST")),
    )


def outcome(target: Target, seen: Measured) -> tuple[str, ...]:
    wanted = f"at {'least' if target.at_least else 'most'} {target.limit:g} {target.unit}".rstrip()
    try:
        value = target.value(seen)
    except KeyError:
        return target.title, wanted, "-", "not measured"
    missed = value < target.limit if target.at_least else value > target.limit
    shown = f"{value:.2f} {target.unit}" if target.unit else f"{value:g}"
    return target.title, wanted, shown, "NOT reached" if missed else "reached"


if __name__ == "__main__":
    parts = {name: {name, *name.split("-")} for name in (*(part.name for part in SCENARIOS), *MEMORY, "startup")}
    parser = argparse.ArgumentParser(prog="bench", description=__doc__, epilog=f"parts: {', '.join(parts)}, limit")
    parser.add_argument("parts", nargs="*", help="parts, or words in their names (default: all but limit)")
    words = set(parser.parse_args().parts)
    if unknown := words.difference(*parts.values(), {"limit"}):
        parser.error(f"no part is called {', '.join(sorted(unknown))}; the parts are {', '.join(parts)}, limit")
    with tempfile.TemporaryDirectory(prefix="katapult-") as temporary:
        bench({name for name in parts if not words or words & parts[name]} | words & {"limit"}, Path(temporary))
