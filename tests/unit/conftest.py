# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests in several folders use."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.katapult.cloud.tests.unit.support.in_process import Way


@pytest.fixture(name="short_path")
def _short_path() -> Iterator[Path]:
    """A temporary folder for Ansible: it makes a socket there, and a socket's path is at most some 100 bytes long."""
    with tempfile.TemporaryDirectory(prefix="k-") as folder:
        yield Path(folder)


@pytest.fixture(name="way")
def _way() -> Way:
    """How the collection's tasks run in playbooks. Tests that are parametrized by `way` try both."""
    return "action"
