#!/usr/bin/python
# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: katapult_data_center_info
short_description: List data centers of the Katapult cloud
version_added: 1.0.0
description:
  - Reads the data centers of Katapult. Nothing is changed.
  - O(organization) is accepted as by every module of the collection. It is not used.
  - That no data center fits O(id) and O(permalink) is no failure. RV(data_centers) is empty then.
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
    description: Makes sure of one disk.
  - module: katapult.cloud.katapult_disks
    description: Makes sure of many disks in one task.
  - module: katapult.cloud.katapult_disk_io_profile_info
    description: Reads the disk I/O profiles that can be chosen.
"""

EXAMPLES = r"""
- name: List the data centers
  katapult.cloud.katapult_data_center_info:
  register: places

- name: Show what can be given as data_center of a disk
  ansible.builtin.debug:
    msg: "{{ places.data_centers | map(attribute='permalink') }}"

- name: Read the ID of a data center
  katapult.cloud.katapult_data_center_info:
    permalink: uk-lon-01
  register: london

- name: Show it
  ansible.builtin.debug:
    msg: "{{ london.data_centers[0].id }}"
"""

RETURN = r"""
data_centers:
  description: The data centers, in the order of the service.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the data center.
      type: str
      returned: always
      sample: loc_UUhPmoCbpic6UX0Y
    name:
      description: Name of the data center.
      type: str
      returned: always
      sample: London
    permalink:
      description: Permalink of the data center.
      type: str
      returned: always
      sample: uk-lon-01
    country:
      description: The country that it is in.
      type: dict
      returned: always
      sample: {id: ctry_kY2sPRG24sJVRM2U, name: United Kingdom}
error:
  description: What failed, in a form for rescue blocks.
  returned: failure
  type: dict
  contains:
    code:
      description: The service's code of the error, or one of the collection's own such as V(invalid_option).
      type: str
      sample: invalid_api_token
    status:
      description: The HTTP status, or null where no answer came.
      type: int
      sample: 403
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
      sample: /data_centers
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
from ..module_utils._options.info import InfoResult, filter_rows, keys_spec, parse_keys


def data_centers(module: KatapultModule) -> InfoResult:
    """The data centers that the options ask for. Raises KatapultError."""
    desired = parse_keys(module.params)
    api = KatapultApi(module.http())
    return InfoResult("data_centers", filter_rows(api.list_data_centers(), desired))


def main() -> None:
    """Run the module."""
    KatapultModule(
        argument_spec={**connection_spec(), **keys_spec()},
        supports_check_mode=True,
    ).run(data_centers)


if __name__ == "__main__":
    main()
