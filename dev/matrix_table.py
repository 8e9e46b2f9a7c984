# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions of the matrix."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: The versions of Python on which modules are tested. Some releases of ansible-core support others besides.
PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13")
PARTS = ("unit", "sanity", "integration")
PIN = re.compile(r"^requests\s*[=>]=\s*([0-9.]+)", re.MULTILINE)


@dataclass(frozen=True)
class Core:
    """The newest release of a series of ansible-core, with those of PYTHONS that it supports on either side."""

    version: str
    controllers: tuple[str, ...]
    modules: tuple[str, ...]

    @property
    def series(self) -> str:
        """Its name without the last number."""
        return self.version.rpartition(".")[0]


#: Which Pythons a release supports is compared with what its ansible-test says, when its environment is made.
CORES = (
    Core("2.16.19", controllers=PYTHONS[1:4], modules=PYTHONS[:4]),
    Core("2.17.14", controllers=PYTHONS[1:4], modules=PYTHONS[:4]),
    Core("2.18.19", controllers=PYTHONS[2:], modules=PYTHONS),
    Core("2.19.14", controllers=PYTHONS[2:], modules=PYTHONS),
    Core("2.20.10", controllers=PYTHONS[3:], modules=PYTHONS),
    Core("2.21.5", controllers=PYTHONS[3:], modules=PYTHONS),
)


#: The last release of requests for a Python that the newest one no longer takes.
LAST_REQUESTS = {"3.9": "2.32.5"}


def requests_versions(python: str) -> tuple[str, str]:
    """The oldest release of requests that the modules take, and the newest one that the Python takes."""
    oldest, newest = (
        PIN.search((ROOT / name).read_text(encoding="utf-8")) for name in ("requirements.txt", "dev/requirements.txt")
    )
    assert oldest is not None
    assert newest is not None
    return oldest[1], LAST_REQUESTS.get(python, newest[1])
