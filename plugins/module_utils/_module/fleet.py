# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module that works on a fleet runs with."""

from __future__ import annotations

from .._api.disk_list import DiskListSnapshot
from .._options.disk import parse_range
from .._options.fleet import MAX_CONCURRENCY, parse_fleet
from .._reconcile.fleet import Fleet, FleetSettings
from .context import build_context
from .run import ModuleRun


def build_fleet(run: ModuleRun) -> Fleet:
    """The fleet that the task's options describe. Raises KatapultError for options that can't be meant."""
    entries = parse_fleet(run.params, run.environment)
    concurrency = parse_range(run.params, "concurrency", 1, MAX_CONCURRENCY)
    settings = FleetSettings(run.params["state"] == "absent", concurrency, run.params["fail_fast"])
    desired = [entry.desired for entry in entries]
    names, ids = [one.name for one in desired], [one.id for one in desired]
    api = DiskListSnapshot(run.http(concurrency), names, ids)
    return Fleet(entries, api, build_context(run, api), settings)
