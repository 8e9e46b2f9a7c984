#!/usr/bin/python
# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: katapult_organization_info
short_description: Show the limits of an organization on the Katapult cloud
version_added: 1.0.0
description:
  - Shows what an organization may have, and how much of it is used, such as disk space. Nothing is changed.
  - The API token needs the scope C(organizations:read).
  - An organization that another one manages has no policy of its own. Then RV(policy) is null, and a warning says so.
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
seealso:
  - module: katapult.cloud.katapult_disks
    description: Create, change and delete many disks in one task.
  - module: katapult.cloud.katapult_disk_info
    description: List disks, or read one.
"""

EXAMPLES = r"""
- name: Read the limits of an organization
  katapult.cloud.katapult_organization_info:
    organization: acme
  register: organization

- name: Show how much disk space is left
  ansible.builtin.debug:
    msg: "{{ organization.disk_limits.left_in_gb | default('No limit is known.', true) }}"

- name: Ensure there is space for ten disks of 20 GB
  ansible.builtin.assert:
    that: left is none or left >= 200
    fail_msg: "Only {{ left }} GB are left."
  vars:
    left: "{{ organization.disk_limits.left_in_gb }}"
"""

RETURN = r"""
disk_limits:
  description:
    - The limits of disks in GB, taken from RV(policy) and RV(policy_limits).
    - A value is null if there is no limit, or if the API's answer cannot be understood, such as one in another unit.
  returned: success
  type: dict
  contains:
    space_in_gb:
      description: Disk space that the organization may have.
      type: float
      sample: 10000
    used_in_gb:
      description: Disk space that is used.
      type: float
      sample: 8800
    left_in_gb:
      description: Disk space that is left.
      type: float
      sample: 1200
    minimum_size_in_gb:
      description: Smallest permitted size of a disk.
      type: float
      sample: 10
    maximum_size_in_gb:
      description: Largest permitted size of a disk.
      type: float
      sample: 2000
policy:
  description: The organization's policy with all keys of the API, or null if another organization manages it.
  returned: success
  type: dict
  contains:
    policy_type:
      description: Type of the policy, such as V(auto).
      type: str
    policy_name:
      description: Name of the policy, or null.
      type: str
    limits:
      description: Limits with their use, by name. Units are those of the API.
      type: dict
      sample:
        disk_space: {limit: 10000, current: 8800, unit: GB}
        disk_iops: {limit: 50000, unit: null}
    features:
      description: Features, each with C(permitted).
      type: dict
      sample:
        disk_bus_configuration: {permitted: true}
    reasons_for_disallowing_resource_creation:
      description: Why the organization may not create resources. Empty if it may.
      type: list
      elements: str
policy_limits:
  description: Permitted values with all keys of the API, or null if the API has none for this organization.
  returned: success
  type: dict
  sample:
    minimum_disk_size: {value: 10}
    maximum_disk_size: {value: 2000, unlimited: false}
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
from ..module_utils._options.info import InfoResult
from ..module_utils._reconcile.limits import read_limits

SPEC = {
    "argument_spec": {**connection_spec()},
}


def limits(run: ModuleRun) -> InfoResult:
    """The limits of the organization. Raises KatapultError."""
    organization = require_organization(parse_lookup(run.params, "organization"), "read its limits")
    return read_limits(KatapultApi(run.http()), organization, run.warn)


def main() -> None:
    """Run the module."""
    KatapultModule(SPEC).run(limits)


if __name__ == "__main__":
    main()
