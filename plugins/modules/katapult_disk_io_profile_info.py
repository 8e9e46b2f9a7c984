#!/usr/bin/python
# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: katapult_disk_io_profile_info
short_description: List disk I/O profiles of the Katapult cloud
version_added: 1.0.0
description:
  - Reads the disk I/O profiles that an organization may use. Nothing is changed.
  - O(organization) is required, or the environment variable E(KATAPULT_ORGANIZATION).
  - That no profile fits O(id) and O(permalink) is no failure. RV(disk_io_profiles) is empty then.
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
    description: Makes sure of one disk.
  - module: katapult.cloud.katapult_disks
    description: Makes sure of many disks in one task.
  - module: katapult.cloud.katapult_data_center_info
    description: Reads the data centers that can be chosen.
"""

EXAMPLES = r"""
- name: List the disk I/O profiles of the organization
  katapult.cloud.katapult_disk_io_profile_info:
    organization: acme
  register: profiles

- name: Show what can be given as io_profile of a disk
  ansible.builtin.debug:
    msg: "{{ profiles.disk_io_profiles | map(attribute='permalink') }}"

- name: Make sure that a profile is there
  katapult.cloud.katapult_disk_io_profile_info:
    permalink: unrestricted
  register: wanted
  failed_when: wanted is failed or not wanted.disk_io_profiles
"""

RETURN = r"""
disk_io_profiles:
  description: The disk I/O profiles, in the order of the service.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the profile.
      type: str
      returned: always
      sample: diop_i39iT7k0RYAdQP48
    name:
      description: Name of the profile.
      type: str
      returned: always
      sample: 100k
    permalink:
      description: Permalink of the profile.
      type: str
      returned: always
      sample: 100k
    speed_in_mb:
      description: Limit of throughput in MB a second, or null where there is none.
      type: int
      returned: always
      sample: 2000
    iops:
      description: Limit of operations a second, or null where there is none.
      type: int
      returned: always
      sample: 100000
error:
  description: What failed, in a form for rescue blocks.
  returned: failure
  type: dict
  contains:
    code:
      description: The service's code of the error, or one of the collection's own such as V(invalid_option).
      type: str
      sample: organization_not_found
    status:
      description: The HTTP status, or null where no answer came.
      type: int
      sample: 404
    description:
      description: The service's description of the error.
      type: str
    detail:
      description: The service's detail of the error, or the collection's own.
      type: raw
    method:
      description: The method of the request that failed.
      type: str
      sample: GET
    path:
      description: The path of the request that failed, below O(api_url).
      type: str
      sample: /organizations/organization/disk_io_profiles
    request_id:
      description: The ID that Katapult's support asks for.
      type: str
    attempts:
      description: How often the request was sent.
      type: int
      sample: 1
    ambiguous:
      description: Always V(false), because the module only reads.
      type: bool
      sample: false
"""

from ..module_utils._core.python_version import check_python_version

check_python_version()

from ..module_utils._api.endpoints import KatapultApi
from ..module_utils._module.base import KatapultModule, connection_spec
from ..module_utils._options.disk import parse_lookup, require_organization
from ..module_utils._options.info import InfoResult, filter_rows, keys_spec, parse_keys


def io_profiles(module: KatapultModule) -> InfoResult:
    """The profiles that the options ask for. Raises KatapultError."""
    desired = parse_keys(module.params)
    organization = require_organization(parse_lookup(module.params, "organization"), "list disk I/O profiles")
    api = KatapultApi(module.http())
    return InfoResult("disk_io_profiles", filter_rows(api.list_io_profiles(organization), desired))


def main() -> None:
    """Run the module."""
    KatapultModule(
        argument_spec={**connection_spec(), **keys_spec()},
        supports_check_mode=True,
    ).run(io_profiles)


if __name__ == "__main__":
    main()
