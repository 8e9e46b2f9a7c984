# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An organization of thousands of disks, whose list tells neither its length nor its pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.endpoints import KatapultApi
from ansible_collections.katapult.cloud.plugins.module_utils._api.models import Lookup
from ansible_collections.katapult.cloud.plugins.module_utils._api.transport import Connection, HttpClient
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Clock, Deadline
from ansible_collections.katapult.cloud.tests.simulator import Simulator
from ansible_collections.katapult.cloud.tests.simulator.simulator import disks_seed
from ansible_collections.katapult.cloud.tests.unit.support.processes import DISK, result_of

pytestmark = pytest.mark.usefixtures("both_ways")

LIST = "GET /organizations/organization/disks"
READ = "GET /disks/disk"
NAMES = ("seeded-0001", "seeded-4711", "seeded-10000")


@pytest.fixture(name="simulator", scope="module")
def _simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        simulator.seed(disks_seed(10_000))
        yield simulator
        assert simulator.violations == []


def test_one_of_10000_disks_is_found_by_its_name_in_55_requests(simulator: Simulator) -> None:
    seen = len(simulator.requests)
    options = {"api_url": simulator.url, "api_token": simulator.token, "organization": "acme"}

    result = result_of({**options, **DISK, "name": "seeded-10000"})

    requests = [f"{request.method} {request.path}" for request in simulator.requests[seen:]]
    assert (result["changed"], result["disk"]["name"]) == (False, "seeded-10000")
    assert requests[-1] == READ
    assert requests[:-1] == [LIST] * len(requests[:-1])
    assert 51 <= len(requests[:-1]) <= 53


def test_a_name_that_is_not_among_10000_disks_is_looked_for_twice(simulator: Simulator) -> None:
    seen = len(simulator.requests)
    options = {"api_url": simulator.url, "api_token": simulator.token, "organization": "acme"}

    result = result_of({**options, "name": "data-01", "state": "absent"})

    requests = [f"{request.method} {request.path}" for request in simulator.requests[seen:]]
    assert result["changed"] is False
    assert set(requests) == {LIST}
    assert 2 * 51 <= len(requests) <= 2 * 53


def test_many_of_10000_disks_are_found_in_one_listing(simulator: Simulator) -> None:
    seen, clock = len(simulator.requests), Clock()
    api = KatapultApi(HttpClient(Connection(simulator.url, simulator.token), clock, Deadline(clock, 60.0)))

    found = api.list_matching_disks(Lookup("sub_domain", "acme"), lambda row: row["name"] in NAMES)

    assert sorted(row["name"] for row in found.rows) == sorted(NAMES)
    assert found.pages == len(simulator.requests) - seen <= 53
