# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulator of the Katapult Core API, as far as it concerns disks, for tests and demonstrations."""

from __future__ import annotations

from .faults import FOREVER, Fault
from .simulator import Simulator

__all__ = ["FOREVER", "Fault", "Simulator"]
