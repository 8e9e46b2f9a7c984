# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulator with a running virtual machine, and Ansible's commands against it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.unit.support.commands import Ansible
from ansible_collections.katapult.cloud.tests.unit.support.in_process import Way


@pytest.fixture(name="simulator")
def _simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        simulator.state.add_vm(fqdn="web-01.acme.katapult.cloud", state="started")
        yield simulator
        assert simulator.violations == []


@pytest.fixture(name="ansible")
def _ansible(simulator: Simulator, short_path: Path, way: Way) -> Ansible:
    """Without facts as variables of their own: what the documentation shows must not need them (deprecated in 2.21)."""
    ansible = Ansible(simulator, short_path, way)
    ansible.environment["ANSIBLE_INJECT_FACT_VARS"] = "false"
    return ansible
