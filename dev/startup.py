# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the process of one unchanged katapult_disk spends its time on, against that of ping: python -m dev.startup."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median

from dev.bench_figures import Comparison
from dev.bench_scenarios import DISK, PING, THERE
from dev.control import Control
from dev.simulator import Service, simulator
from dev.workspace import BUILD, ROOT, Failed, environment, main, nothing, program, refresh_copy, run, say

FOLDER = BUILD / "startup"
TIMES = 21
PROBE = ROOT / "dev" / "startup_probe.py"
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


@dataclass(frozen=True)
class Parts:
    """Seconds of the process of katapult_disk, as the probe in it sees them.

    C(requests) is what Ansible had not imported before. The collection's code is C(compiled), which is also that its
    files are found and unpacked, and C(executed), which makes its classes and tables. C(sent) is all that is spent in
    requests, the network's own time included.
    """

    ansible: float
    requests: float
    compiled: float
    executed: float
    checked: float
    sent: float
    rest: float

    @property
    def total(self) -> float:
        """All that the probe sees: not that Python starts and ends."""
        return float(sum(vars(self).values()))


@dataclass(frozen=True)
class Startup:
    """Seconds, each the median of some runs: whole processes, and what the network took of that of katapult_disk."""

    python: float
    requests: float
    ping: float
    disk: float
    network: float
    parts: Parts

    @property
    def comparison(self) -> Comparison:
        """The process of katapult_disk without the network's own time, against that of ping."""
        return Comparison(
            "Process of one unchanged katapult_disk, against ping", "s", self.disk - self.network, self.ping
        )

    @property
    def rows(self) -> Mapping[str, float]:
        """Where the time goes, one upon the other."""
        parts = self.parts
        return {
            "Python starts and ends": self.disk - parts.total,
            "Ansible's own code, as in ping": parts.ansible,
            "requests is imported, as far as Ansible has not": parts.requests,
            "the collection's code is found, unpacked and compiled": parts.compiled,
            "the collection's code is executed: classes, tables": parts.executed,
            "Ansible checks the options": parts.checked,
            "the network's own time": self.network,
            "requests, beside the network": parts.sent - self.network,
            "the rest: what the module does, and its result": parts.rest,
        }


def measure_startup() -> Startup:
    """Run all of it in turn, so that what else the machine does meanwhile touches all alike."""
    refresh_copy()
    with simulator() as service:
        control, env = Control(service), _environment(service)
        control.start_over(THERE)
        disk_id = next(disk["id"] for disk in control.disks() if disk["name"] == THERE[0])
        paths = [
            f"/organizations/organization/disks?organization[sub_domain]={service.organization}&page=1&per_page=200",
            f"/disks/disk?disk[id]={disk_id}",
        ]
        python, disk = program("python"), _packed(DISK, f"name={THERE[0]}", env)
        commands: dict[str, Sequence[str | Path]] = {
            "python": [python, "-c", "pass"],
            "requests": [python, "-c", "import requests"],
            "ping": [python, _packed(PING, "", env)],
            "disk": [python, disk],
        }
        seconds: dict[str, list[float]] = {name: [] for name in (*commands, "network")}
        parts: list[Parts] = []
        for _number in range(TIMES):
            for name, command in commands.items():
                seconds[name].append(_seconds_of(command, env))
            seconds["network"].append(float(_output([python, "-c", EXCHANGE, *paths], env)))
            parts.append(Parts(**json.loads(_done([python, PROBE, disk], env).stderr.splitlines()[-1])))
    return Startup(
        **{name: median(values) for name, values in seconds.items()},
        parts=Parts(**{field.name: median(getattr(seen, field.name) for seen in parts) for field in fields(Parts)}),
    )


def startup() -> None:
    """Measure, and print where the time goes."""
    measured = measure_startup()
    comparison = measured.comparison
    say("| Of the process of one unchanged katapult_disk | ms |\n| --- | ---: |")
    for title, value in measured.rows.items():
        say(f"| {title} | {1000 * value:.0f} |")
    say(f"| all of it | {1000 * measured.disk:.0f} |\n")
    others = {"ping": measured.ping, "import requests": measured.requests, "Python alone": measured.python}
    say("other processes: " + ", ".join(f"{title} {1000 * value:.0f} ms" for title, value in others.items()))
    say(
        f"{comparison.ratio:.2f} x the process of ping, {1000 * comparison.difference:.0f} ms more, without the network"
    )


def _environment(service: Service) -> dict[str, str]:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    return environment(
        ANSIBLE_COLLECTIONS_PATH=str(BUILD),
        ANSIBLE_KEEP_REMOTE_FILES="1",
        ANSIBLE_LOCALHOST_WARNING="false",
        ANSIBLE_INVENTORY_UNPARSED_WARNING="false",
        ANSIBLE_REMOTE_TEMP=str(FOLDER),
        **service.variables(),
    )


def _packed(module: str, arguments: str, env: Mapping[str, str]) -> Path:
    """The program that Ansible makes of a module and its arguments, and runs."""
    interpreter = f"ansible_python_interpreter={program('python')}"
    words = ["localhost", "-e", interpreter, "-m", module, "-a", arguments]
    output = run(program("ansible"), *words, log=f"startup-{module}", env=dict(env), show=nothing)
    if not re.search(r"^localhost \| SUCCESS", output, re.MULTILINE):
        raise Failed(f"{module} was not unchanged: {output}")
    return next(FOLDER.rglob(f"AnsiballZ_{module.rpartition('.')[2]}.py"))


def _seconds_of(command: Sequence[str | Path], env: Mapping[str, str]) -> float:
    start = time.perf_counter()
    _output(command, env)
    return time.perf_counter() - start


def _output(command: Sequence[str | Path], env: Mapping[str, str]) -> str:
    return _done(command, env).stdout


def _done(command: Sequence[str | Path], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise Failed(f"{command} failed: {done.stdout}{done.stderr}")
    return done


if __name__ == "__main__":
    main(startup)
