# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module that works on a fleet runs with."""

from __future__ import annotations

from collections.abc import Mapping

from .._api.disk_list import FleetApi
from .._core.clock import Clock
from .._options.fleet import concurrency_of, described
from .._reconcile.fleet import Conduct, Fleet
from .base import KatapultModule
from .context import surroundings_with


def fleet_of(module: KatapultModule, environment: Mapping[str, str]) -> Fleet:
    """The fleet that the module's options describe. Raises KatapultError for options that can't be meant."""
    descriptions = described(module.params, environment)
    absent = module.params["state"] == "absent"
    conduct = Conduct(absent, concurrency_of(module.params), module.params["fail_fast"])
    clock = Clock()
    deadline = module.deadline(clock)
    http = module.http(clock, deadline, conduct.concurrency)
    wanted = [description.wanted for description in descriptions]
    api = FleetApi(http, [one.name for one in wanted], [one.id for one in wanted])
    return Fleet(descriptions, api, surroundings_with(module, api, clock, deadline), conduct)
