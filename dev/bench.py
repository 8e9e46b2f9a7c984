# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs cost, against the simulators that the environment names. Ratios hardly depend on the machine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urljoin

DISK = "katapult.cloud.katapult_disk"
FLEET = "katapult.cloud.katapult_disks"
PING = "ansible.builtin.ping"
ALIKE = {"size_in_gb": 20, "data_center": "uk-lon-01"}


Log = list[dict[str, Any]]


@dataclass(frozen=True)
class Service:
    """A simulator, whose URL is in a variable."""

    variable: str = "KATAPULT_API_URL"

    @property
    def url(self) -> str:
        return os.environ[self.variable]

    def fetch(self, path: str, data: bytes | None = None) -> Any:
        """What the simulator answers at a path, below the API's if it is relative, whatever proxy there is."""
        url = urljoin(f"{self.url}/", path)
        headers = {"Authorization": f"Bearer {os.environ['KATAPULT_API_TOKEN']}", "Content-Type": "application/json"}
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(urllib.request.Request(url, data, headers), timeout=30) as answer:
            return json.load(answer)

    def control(self, call: str, body: Any = None) -> Any:
        return self.fetch(f"/_simulator/{call}", None if body is None else json.dumps(body).encode())

    def start_over(self, disks: list[str]) -> None:
        self.control("reset", {})
        self.control("seed", {"disks": [{"name": name} for name in disks]})


USUAL = Service()
WITHOUT_LATENCY = Service("KATAPULT_API_URL_WITHOUT_LATENCY")
TLS = Service("KATAPULT_API_URL_TLS")


@dataclass(frozen=True, eq=False)
class Scenario:
    """Tasks, run in an organization with so many disks, and how many they create there."""

    name: str
    title: str
    tasks: Sequence[Mapping[str, Any]]
    disks: int = 0
    creates: int = 0
    times: int = 3
    service: Service = USUAL
    in_process: bool = True


def names(number: int, stem: str = "data") -> list[str]:
    return [f"{stem}-{index:04d}" for index in range(1, number + 1)]


def one(name: str) -> dict[str, Any]:
    return {DISK: {"name": name, **ALIKE}}


def fleet(disks: list[str]) -> dict[str, Any]:
    return {FLEET: {**ALIKE, "disks": [{"name": name} for name in disks]}}


THERE, NEW = names(50), names(50, "new")
LOOP = [one("{{ item }}") | {"loop": THERE}]
ONE, LOOPED = "One disk, unchanged", "50 disks, unchanged, a loop of katapult_disk"
SCENARIOS = (
    *(Scenario(f"one-unchanged-{disks}", ONE, [one(THERE[0])], disks) for disks in (10, 1_000, 10_000)),
    Scenario("one-unchanged-module", f"{ONE}, as a module", [one(THERE[0])], 10, in_process=False),
    Scenario("one-create", "One disk, created", [one(NEW[0])], 10, 1),
    Scenario("tasks-unchanged", "20 disks, unchanged, 20 tasks", [one(name) for name in THERE[:20]], 60),
    Scenario("fleet-unchanged", "50 disks, unchanged, one katapult_disks", [fleet(THERE)], 60),
    Scenario("fleet-create", "50 disks, created, one katapult_disks", [fleet(NEW)], 10, 50),
    Scenario("floor-once", PING, [{PING: {}}]),
    Scenario("floor-tasks", f"{PING}, 20 tasks", [{PING: {}}] * 20),
    Scenario("floor-loop", f"{PING}, a loop of 50", [{PING: {}, "loop": THERE}]),
    Scenario("loop-unchanged", LOOPED, LOOP, 60),
    Scenario("loop-unchanged-near", f"{LOOPED}, without latency", LOOP, 60, service=WITHOUT_LATENCY),
    Scenario("loop-unchanged-tls", f"{LOOPED}, with TLS", LOOP, 60, service=TLS),
    Scenario("loop-unchanged-module", f"{LOOPED}, as modules", LOOP, 60, in_process=False),
    Scenario(
        "loop-create", "50 disks, created, a loop of katapult_disk", [one("{{ item }}") | {"loop": NEW}], 10, 50, 1
    ),
)
#: Only if it is asked for, in a simulator that permits 100 requests a minute: it takes some minutes.
LIMIT = Scenario("limit", "200 disks, 100 requests a minute permitted", [fleet(names(200, "new"))], 10, 200, 1)
#: Modules that find all as it should be: with so few disks in the organization, against 10,000.
MEMORY = {"memory-disk": (DISK, one(THERE[0])[DISK], 10), "memory-fleet": (FLEET, fleet(THERE)[FLEET], 60)}

#: By part and what was measured: "s" is the median of seconds, "POST" the most that a run sent.
Measured = Mapping[tuple[str, str], float]


@dataclass(frozen=True)
class Target:
    """A value to be worked out of what was measured, and the most that it may be, or the least."""

    title: str
    limit: float
    value: Callable[[Measured], float]
    unit: str = "x"
    at_least: bool = False


def of(part: str, what: str) -> Callable[[Measured], float]:
    return lambda seen: seen[part, what]


def against(part: str, other: str) -> Callable[[Measured], float]:
    return lambda seen: seen[part, "s"] / seen[other, "s"]


TARGETS = (
    Target("one disk unchanged, against ping", 1.15, against("one-unchanged-10", "floor-once")),
    Target("20 disks unchanged in 20 tasks, against 20 of ping", 0.8, against("tasks-unchanged", "floor-tasks")),
    Target("50 disks unchanged in a loop, against that of ping", 0.75, against("loop-unchanged", "floor-loop")),
    Target("the same without latency", 0.2, against("loop-unchanged-near", "floor-loop")),
    Target("connections, 50 disks unchanged in a loop with TLS", 2, of("loop-unchanged-tls", "connections"), ""),
    Target(
        "50 disks unchanged in one task, against one unchanged katapult_disk",
        1.35,
        against("fleet-unchanged", "one-unchanged-10"),
    ),
    Target(
        "one disk created, more than ping, 3 s and four round trips",
        0.9,
        lambda seen: seen["one-create", "s"] - seen["floor-once", "s"] - 3 - 4 * 0.05,
        "s",
    ),
    Target("50 disks created in one task, against one disk created", 1.15, against("fleet-create", "one-create")),
    Target("50 disks created in a loop, against one task", 25, against("loop-create", "fleet-create"), "x", True),
    Target("POST, 50 disks created in one task", 50, of("fleet-create", "POST"), ""),
    Target("requests, 50 disks created in one task", 72, of("fleet-create", "requests"), ""),
    Target("requests, 200 disks created with 100 requests a minute", 240, of("limit", "requests"), ""),
    Target("requests, 50 disks unchanged in one task", 51, of("fleet-unchanged", "requests"), ""),
    Target("process of an unchanged katapult_disk, against that of ping", 1.9, of("startup", "ratio")),
    Target("process of an unchanged katapult_disk, more than that of ping", 0.2, of("startup", "+"), "s"),
    Target("peak memory of katapult_disk, 10,000 disks against 10", 1.1, of("memory-disk", "ratio")),
    Target("peak memory of katapult_disks, 10,000 disks against 60", 1.1, of("memory-fleet", "ratio")),
)

Run = tuple[float, Log]
LONG_ENOUGH = 480  # seconds after which nothing is measured once more
RECAP = r"^localhost +: ok={} +changed={} +unreachable=0 +failed=0 "
BIN = Path(sys.executable).parent
#: The peak that a process shows includes that of its parent when it started, so the parent is a small process.
PEAK = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True)
sys.stderr.buffer.write(done.stdout + done.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
MODULE = """
import runpy, sys, ansible.module_utils.basic as basic
basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
basic._ANSIBLE_PROFILE = "legacy"
runpy.run_module(sys.argv[1], run_name="__main__")
"""


def seconds_of(work: Callable[..., object], *arguments: str) -> float:
    begun = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - begun


def output(*command: str, **options: Any) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, timeout=600, **options)
    if done.returncode:
        raise SystemExit(f"{command} failed: {done.stdout}")
    return str(done.stdout)


def run(scenario: Scenario, folder: Path) -> Run:
    """Run the playbook once; its seconds, and its requests. What is not as it should be ends all."""
    variables = {} if scenario.in_process else {"katapult_in_process": False}
    play = {"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": scenario.tasks}
    playbook = folder / f"{scenario.name}.yml"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    service, before = scenario.service, names(scenario.disks)
    service.start_over(before)
    env = {**os.environ, "KATAPULT_API_URL": service.url}
    printed: list[str] = []
    seconds = seconds_of(lambda: printed.append(output(str(BIN / "ansible-playbook"), str(playbook), env=env)))
    log: Log = service.control("requests")["requests"]
    sent = Counter(request["method"] for request in log if request["status"] != 429)
    disks = service.control("state")["disks"]
    recap = RECAP.format(len(scenario.tasks), min(scenario.creates, 1))
    checks = {
        "the recap": bool(re.search(recap, printed[0], re.MULTILINE)),
        "the requests": sent["POST"] == scenario.creates and sent.keys() <= {"GET", "POST"},
        "the disks": Counter(d["name"] for d in disks) == Counter([*before, *names(scenario.creates, "new")]),
        "their states": {disk["state"] for disk in disks} <= {"built"},
        "the contract": not service.control("violations")["violations"],
    }
    if wrong := [what for what, is_right in checks.items() if not is_right]:
        raise SystemExit(f"{scenario.title}: {', '.join(wrong)} not as expected\n{printed[0]}")
    print(f"{scenario.name}: {seconds:.2f} s, {len(log)} requests, {len(log) - sum(sent.values())} refused", flush=True)
    return seconds, log


def startup(folder: Path) -> tuple[float, float]:
    """Seconds of the process of one unchanged katapult_disk without the network's own, and of that of ping."""
    USUAL.start_over(THERE)
    disk_id = next(disk["id"] for disk in USUAL.control("state")["disks"] if disk["name"] == THERE[0])
    organization = os.environ["KATAPULT_ORGANIZATION"]

    def exchange() -> None:
        USUAL.fetch(f"organizations/organization/disks?organization[sub_domain]={organization}&page=1&per_page=200")
        USUAL.fetch(f"disks/disk?disk[id]={disk_id}")

    kept = {**os.environ, "ANSIBLE_KEEP_REMOTE_FILES": "1", "ANSIBLE_REMOTE_TEMP": str(folder)}
    local = (str(BIN / "ansible"), "localhost", "-e", json.dumps({"katapult_in_process": False}), "-m")
    packed = []
    for module, arguments in {PING: "", DISK: f"name={THERE[0]}"}.items():
        output(*local, module, "-a", arguments, env=kept)
        packed.append(str(next(folder.rglob(f"AnsiballZ_{module.rpartition('.')[2]}.py"))))
    rounds = [
        (*(seconds_of(output, sys.executable, program) for program in packed), seconds_of(exchange))
        for _number in range(21)
    ]
    ping, disk, network = map(median, zip(*rounds, strict=True))
    return disk - network, ping


def peak(module: str, options: dict[str, Any], disks: int) -> float:
    """Peak memory of a module that changes nothing, in MB."""
    USUAL.start_over(names(disks))
    name = f"ansible_collections.katapult.cloud.plugins.modules.{module.rpartition('.')[2]}"
    command = [sys.executable, "-c", PEAK, sys.executable, "-c", MODULE, name]
    given = json.dumps({"ANSIBLE_MODULE_ARGS": {**options, "_ansible_version": "2.16.0"}})
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True, timeout=120)
    if '"changed": false' not in done.stderr or '"failed": true' in done.stderr:
        raise SystemExit(f"{module} did not find all unchanged: {done.stderr}")
    return int(done.stdout) / (1024**2 if sys.platform == "darwin" else 1024)


def measured(runs: list[Run]) -> dict[str, float]:
    """The median of the seconds, and the most that a run needed of all else."""
    most: Counter[str] = Counter()
    for _seconds, log in runs:
        sent = Counter(request["method"] for request in log)
        sent.update(requests=len(log), connections=len({request["connection"] for request in log}))
        most |= sent
    return {"s": median(seconds for seconds, _log in runs), "GET": most["GET"], "POST": most["POST"], **most}


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
        seen[part, "ratio"], seen[part, "+"] = value / base, value - base
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
            if number < scenario.times and (not before or time.monotonic() - begun + before[-1][0] < LONG_ENOUGH):
                before.append(run(scenario, folder))
    for scenario, found in runs.items():
        seen.update({(scenario.name, what): value for what, value in measured(found).items()})
    print(f"\nPython {sys.version.split()[0]}, ansible-core {version('ansible-core')}, {os.cpu_count()} cores\n")
    rows = [row(scenario, len(found), seen) for scenario, found in runs.items()]
    outcomes = [outcome(target, seen) for target in TARGETS]
    print_table(("Playbook", "Disks before", "Runs", "Seconds", "x ping", "GET", "POST"), *rows)
    print_table(*compared)
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
    words = set(sys.argv[1:])
    if unknown := words.difference(*parts.values(), {"limit"}):
        sys.exit(f"no part is called {', '.join(sorted(unknown))}; the parts are {', '.join(parts)}, limit")
    with tempfile.TemporaryDirectory(prefix="katapult-") as temporary:
        bench({name for name in parts if not words or words & parts[name]} | words & {"limit"}, Path(temporary))
