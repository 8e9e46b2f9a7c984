#!/usr/bin/python
# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: katapult_data_center_info
short_description: List data centers of the Katapult cloud
version_added: 1.0.0
description:
  - Lists the data centers of Katapult. Nothing is changed.
  - If no data center matches O(id) and O(permalink), RV(data_centers) is empty and the task does not fail.
  - O(organization) is accepted but not used.
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
    description: ID of the data center to return.
    type: str
  permalink:
    description: Permalink of the data center to return.
    type: str
seealso:
  - module: katapult.cloud.katapult_disk
    description: Create, change and delete one disk.
  - module: katapult.cloud.katapult_disks
    description: Create, change and delete many disks in one task.
  - module: katapult.cloud.katapult_disk_io_profile_info
    description: List disk I/O profiles.
"""

EXAMPLES = r"""
- name: List the data centers
  katapult.cloud.katapult_data_center_info:
  register: result

- name: Show the permalinks
  ansible.builtin.debug:
    msg: "{{ result.data_centers | map(attribute='permalink') }}"
"""

RETURN = r"""
data_centers:
  description: The data centers, in the order of the API.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the data center.
      type: str
      sample: loc_UUhPmoCbpic6UX0Y
    name:
      description: Name of the data center.
      type: str
      sample: London
    permalink:
      description: Permalink of the data center.
      type: str
      sample: uk-lon-01
    country:
      description: Country of the data center.
      type: dict
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
from ..module_utils._options.info import InfoResult, filter_rows, keys_spec, parse_keys

SPEC = {
    "argument_spec": {**connection_spec(), **keys_spec()},
}


def data_centers(run: ModuleRun) -> InfoResult:
    """The data centers that the options ask for. Raises KatapultError."""
    desired = parse_keys(run.params)
    api = KatapultApi(run.http())
    return InfoResult({"data_centers": filter_rows(api.list_data_centers(), desired)})


def main() -> None:
    """Run the module."""
    KatapultModule(SPEC).run(data_centers)


if __name__ == "__main__":
    main()
