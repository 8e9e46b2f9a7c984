# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the simulator by itself: it prints its URL and serves until it is told to stop, or its time is over."""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

from .certificate import write_certificate
from .checks import parsed
from .simulator import Simulator, disks_seed

WEB_01 = "web-01.acme.katapult.cloud"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--lifetime", type=float, default=3600.0, help="seconds after which it ends by itself")
    parser.add_argument("--build-seconds", type=float, default=0.2, help="time that it takes to build a disk")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds added to every answer")
    parser.add_argument("--rate-limit", type=int, help="requests that are permitted in a clock minute (default: any)")
    parser.add_argument("--disks", type=int, default=0, help="number of disks that are there from the beginning")
    parser.add_argument(
        "--small-world", action="store_true", help=f"start with the virtual machine {WEB_01}, unless a seed is given"
    )
    parser.add_argument("--seed", type=Path, help="JSON file with what is there from the beginning")
    parser.add_argument(
        "--tls", type=Path, metavar="FILE", help="serve https, with a key and certificate that are written to this file"
    )
    parser.add_argument("--url-file", type=Path, help="file to write the URL to")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve as the command line tells."""
    options = _options(arguments)
    settings = {name: getattr(options, name) for name in ("build_seconds", "latency", "rate_limit")}
    if options.tls:
        write_certificate(options.tls)
    simulator = Simulator(options.port, certificate=options.tls, **settings)
    if options.seed:
        _seed(simulator, options.seed)
    elif options.small_world:
        simulator.seed({"virtual_machines": [{"fqdn": WEB_01}]})
    simulator.seed(disks_seed(options.disks))
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: ended.set())
    with simulator:
        if options.url_file:
            options.url_file.write_text(simulator.url + "\n", encoding="utf-8")
        print(simulator.url, flush=True)
        ended.wait(options.lifetime)


def _seed(simulator: Simulator, path: Path) -> None:
    try:
        document = parsed(path.read_bytes(), path.name)
    except OSError as problem:
        raise SystemExit(f"{path.name} can't be read: {problem.strerror}") from problem
    except ValueError as problem:
        raise SystemExit(str(problem)) from problem
    try:
        simulator.seed(document)
    except ValueError as problem:
        raise SystemExit(f"{path.name}: {problem}") from problem


if __name__ == "__main__":
    main()
