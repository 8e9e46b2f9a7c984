# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated service to try playbooks against, until it is interrupted."""

from __future__ import annotations

import argparse
import time
from contextlib import suppress
from pathlib import Path

from dev.simulator import simulator
from dev.workspace import Failed, main, refresh_copy, say

HOURS = 8


def serve() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=Path, help="JSON file with what is there from the beginning")
    seed = parser.parse_args().seed
    if seed is not None and not seed.is_file():
        raise Failed(f"{seed} is a folder" if seed.is_dir() else f"there is no file {seed}")
    refresh_copy()
    options = {"seed": seed.resolve()} if seed else {}
    with simulator(lifetime=HOURS * 3600, build_seconds=3, **options) as service:
        say("A simulated Katapult listens. In the shell where you run your playbooks:\n")
        for name, value in service.variables().items():
            say(f"export {name}={value}")
        say(f"\nCtrl-C ends it; otherwise it ends after {HOURS} hours.")
        with suppress(KeyboardInterrupt):
            time.sleep(HOURS * 3600)


if __name__ == "__main__":
    main(serve)
