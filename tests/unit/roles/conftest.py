# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulator with a running virtual machine, and Ansible's commands against it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.unit.roles.machines import Machines
from ansible_collections.katapult.cloud.tests.unit.support.commands import Ansible
from ansible_collections.katapult.cloud.tests.unit.support.guest import Guest, find_obstacle
from ansible_collections.katapult.cloud.tests.unit.support.in_process import Way


@pytest.fixture(name="simulator")
def _simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator
        assert simulator.violations == []


@pytest.fixture(name="ansible")
def _ansible(simulator: Simulator, short_path: Path, way: Way) -> Ansible:
    """Without facts as variables of their own."""
    ansible = Ansible(simulator, short_path, way)
    ansible.environment["ANSIBLE_INJECT_FACT_VARS"] = "false"
    return ansible


@pytest.fixture(name="obstacle", scope="session")
def _obstacle() -> str | None:
    """Why there can be no guest with real block devices."""
    return find_obstacle()


@pytest.fixture(name="guest")
def _guest(obstacle: str | None, simulator: Simulator, ansible: Ansible) -> Iterator[Guest]:
    if obstacle is not None:
        pytest.skip(f"NO REAL DISKS: {obstacle}")
    # Whoever runs the tests, the commands of the guest are those of root.
    ansible.environment["PATH"] += ":/usr/sbin:/sbin"
    # Several machines have one file system table, which only one task may write.
    ansible.environment["ANSIBLE_FORKS"] = "1"
    with Guest(simulator, ansible.home) as guest:
        yield guest


@pytest.fixture(name="machines")
def _machines(simulator: Simulator, ansible: Ansible, guest: Guest) -> Machines:
    return Machines(simulator, ansible, guest)
