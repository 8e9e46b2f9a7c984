#!/usr/bin/python
# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: katapult_disk_io_profile_info
short_description: List disk I/O profiles of the Katapult cloud
version_added: 1.0.0
description:
  - Lists the disk I/O profiles that an organization may use. Nothing is changed.
  - If no profile matches O(id) and O(permalink), RV(disk_io_profiles) is empty and the task does not fail.
  - O(organization) is required, or the environment variable E(KATAPULT_ORGANIZATION).
author:
  - Katapult Cloud collection contributors (@katapult-cloud)
extends_documentation_fragment:
  - katapult.cloud.connection
  - katapult.cloud.attributes.info_module
  - katapult.cloud.attributes
attributes:
  idempotent:
    description: Changes nothing, however often it runs.
    support: full
options:
  id:
    description: ID of the profile to return.
    type: str
  permalink:
    description: Permalink of the profile to return.
    type: str
seealso:
  - module: katapult.cloud.katapult_disk
    description: Create, change and delete one disk.
  - module: katapult.cloud.katapult_disks
    description: Create, change and delete many disks in one task.
  - module: katapult.cloud.katapult_data_center_info
    description: List data centers.
"""

EXAMPLES = r"""
- name: List the disk I/O profiles
  katapult.cloud.katapult_disk_io_profile_info:
  register: result

- name: Show the permalinks
  ansible.builtin.debug:
    msg: "{{ result.disk_io_profiles | map(attribute='permalink') }}"

- name: Fail if a profile does not exist
  katapult.cloud.katapult_disk_io_profile_info:
    permalink: unrestricted
  register: profile
  failed_when: profile is failed or not profile.disk_io_profiles
"""

RETURN = r"""
disk_io_profiles:
  description: The disk I/O profiles, in the order of the API.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the profile.
      type: str
      sample: diop_i39iT7k0RYAdQP48
    name:
      description: Name of the profile.
      type: str
      sample: 100k
    permalink:
      description: Permalink of the profile.
      type: str
      sample: 100k
    speed_in_mb:
      description: Throughput limit in MB per second, or null.
      type: int
      sample: 2000
    iops:
      description: Limit of operations per second, or null.
      type: int
      sample: 100000
error:
  description: Details of the failure, for C(rescue) blocks.
  returned: failure
  type: dict
  contains:
    code:
      description: Error code of the API or collection, such as V(invalid_option).
      type: str
    status:
      description: HTTP status, or null without a response.
      type: int
    description:
      description: The API's description of the error.
      type: str
    detail:
      description: Details from the API or the collection.
      type: raw
    method:
      description: HTTP method of the failed request.
      type: str
    path:
      description: Path of the failed request, below O(api_url).
      type: str
    request_id:
      description: ID that Katapult's support asks for.
      type: str
    attempts:
      description: How often the request was sent.
      type: int
    ambiguous:
      description: Always V(false), because the module only reads.
      type: bool
"""

from ..module_utils._core.python_version import check_python_version

check_python_version()

from ..module_utils._api.endpoints import KatapultApi
from ..module_utils._module.base import KatapultModule
from ..module_utils._module.connection import connection_spec
from ..module_utils._module.run import ModuleRun
from ..module_utils._options.disk import parse_lookup, require_organization
from ..module_utils._options.info import InfoResult, filter_rows, keys_spec, parse_keys

SPEC = {
    "argument_spec": {**connection_spec(), **keys_spec()},
}


def io_profiles(run: ModuleRun) -> InfoResult:
    """The profiles that the options ask for. Raises KatapultError."""
    desired = parse_keys(run.params)
    organization = require_organization(parse_lookup(run.params, "organization"), "list disk I/O profiles")
    api = KatapultApi(run.http())
    return InfoResult({"disk_io_profiles": filter_rows(api.list_io_profiles(organization), desired)})


def main() -> None:
    """Run the module."""
    KatapultModule(SPEC).run(io_profiles)


if __name__ == "__main__":
    main()
