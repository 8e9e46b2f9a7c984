# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module that works on a fleet runs with."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.katapult.cloud.plugins.module_utils._clock import Clock
from ansible_collections.katapult.cloud.plugins.module_utils._disk_module import surroundings_with
from ansible_collections.katapult.cloud.plugins.module_utils._fleet import Conduct, Fleet
from ansible_collections.katapult.cloud.plugins.module_utils._fleet_api import FleetApi
from ansible_collections.katapult.cloud.plugins.module_utils._fleet_spec import concurrency_of, described
from ansible_collections.katapult.cloud.plugins.module_utils._module import KatapultModule


def fleet_of(module: KatapultModule, environment: Mapping[str, str]) -> Fleet:
    """The fleet that the module's options describe. Raises KatapultError for options that can't be meant."""
    descriptions = described(module.params, environment)
    absent = module.params["state"] == "absent"
    conduct = Conduct(absent, concurrency_of(module.params), module.params["fail_fast"])
    clock = Clock()
    deadline = module.deadline(clock)
    http = module.http(clock, deadline, conduct.concurrency)
    api = FleetApi(http, [description.wanted for description in descriptions])
    return Fleet(descriptions, api, surroundings_with(module, api, clock, deadline), conduct)
