# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module that works on a fleet runs with."""

from __future__ import annotations

from collections.abc import Mapping

from .._api.disk_list import DiskListSnapshot
from .._core.clock import Clock
from .._options.disk import parse_range
from .._options.fleet import MAX_CONCURRENCY, parse_fleet
from .._reconcile.fleet import Fleet, FleetSettings
from .base import KatapultModule
from .context import build_context_with


def build_fleet(module: KatapultModule, environment: Mapping[str, str]) -> Fleet:
    """The fleet that the module's options describe. Raises KatapultError for options that can't be meant."""
    entries = parse_fleet(module.params, environment)
    concurrency = parse_range(module.params, "concurrency", 1, MAX_CONCURRENCY)
    settings = FleetSettings(module.params["state"] == "absent", concurrency, module.params["fail_fast"])
    clock = Clock()
    deadline = module.deadline(clock)
    http = module.http(clock, deadline, settings.concurrency)
    desired = [entry.desired for entry in entries]
    api = DiskListSnapshot(http, [one.name for one in desired], [one.id for one in desired])
    return Fleet(entries, api, build_context_with(module, api, clock, deadline), settings)
