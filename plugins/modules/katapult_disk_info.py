#!/usr/bin/python
# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: katapult_disk_info
short_description: List block disks of the Katapult cloud
version_added: 1.0.0
description:
  - Reads the disks of an organization, or one disk by its O(id). Nothing is changed.
  - All options that select are combined. A disk is returned where all of them fit it.
  - That no disk fits is no failure. RV(disks) is empty then.
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
    description:
      - ID of a disk, which is then read directly and in full. O(organization) is not needed for that.
      - Where no disk has this ID, or where it is in the trash, RV(disks) is empty.
    type: str
  name:
    description:
      - Exact name of the disks. Names are not unique on Katapult.
      - Text of the form of a disk's ID, C(disk_) and 16 letters and digits, is no name. Set O(id) to it.
    type: str
  annotations:
    description:
      - Annotations that the disks have, and maybe others beside them.
      - Lists are narrowed by the service itself.
    type: list
    elements: dict
    suboptions:
      key:
        description: Key of the annotation.
        type: str
        required: true
      value:
        description:
          - Value of the annotation. A value that is left out, null and empty text mean the same.
          - It may have line breaks and tabs, but no other control characters.
        type: str
  state:
    description: State of the disks.
    type: str
    choices:
      - not_built
      - building
      - installing
      - formatting
      - restoring
      - resizing
      - configuring
      - importing
      - built
      - failed
  virtual_machine:
    description:
      - The virtual machine that the disks are assigned to, by its ID or its fully qualified name. Plain text is taken
        for the name, and for the ID if it has the form of one, C(vm_) and 16 letters and digits.
      - Upper and lower case of the name make no difference.
    type: dict
    suboptions:
      id:
        description: ID of the virtual machine.
        type: str
      fqdn:
        description: Fully qualified name of the virtual machine.
        type: str
  details:
    description:
      - Whether listed disks are read in full. The list of the service has only some of their keys.
      - This takes one request for each disk that is returned, eight of them at a time. The service grants a limited
        number of requests in a minute, by default 1000. Beyond that the module waits.
      - Disks that went away or to the trash since they were listed are left out.
    type: bool
    default: false
seealso:
  - module: katapult.cloud.katapult_disk
    description: Makes sure of one disk.
  - module: katapult.cloud.katapult_disks
    description: Makes sure of many disks in one task.
  - module: katapult.cloud.katapult_disk_assignment
    description: Assigns an existing disk to a virtual machine, or moves it.
"""

EXAMPLES = r"""
- name: List the disks of the organization
  katapult.cloud.katapult_disk_info:
    organization: acme
  register: all_disks

- name: Show their names
  ansible.builtin.debug:
    msg: "{{ all_disks.disks | map(attribute='name') }}"

- name: List the disks that failed to build
  katapult.cloud.katapult_disk_info:
    state: failed

- name: Find the disks of the production database by their annotations
  katapult.cloud.katapult_disk_info:
    annotations:
      - key: env
        value: production
      - key: role
        value: database

- name: Read the disks of a virtual machine in full
  katapult.cloud.katapult_disk_info:
    virtual_machine: web-01.acme.katapult.cloud
    details: true
  register: web_disks

- name: Show those that the machine does not boot from
  ansible.builtin.debug:
    msg: "{{ web_disks.disks | rejectattr('virtual_machine_disk.boot') | map(attribute='name') }}"

- name: Look for a disk by its ID
  katapult.cloud.katapult_disk_info:
    id: disk_5nGk37D3RLE7Kuza
  register: found

- name: Tell whether it is there
  ansible.builtin.debug:
    msg: "{{ 'It is there' if found.disks else 'It is gone' }}"
"""

RETURN = r"""
disks:
  description:
    - The disks, in the order of the service.
    - Values of installation attributes that the service protects, such as a root password, are masked.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the disk.
      type: str
      returned: always
      sample: disk_5nGk37D3RLE7Kuza
    name:
      description: Name of the disk.
      type: str
      returned: always
      sample: data-01
    size_in_gb:
      description: Size in GB.
      type: int
      returned: always
      sample: 20
    wwn:
      description: World wide name of the device, as the virtual machine sees it.
      type: str
      returned: always
      sample: 0dd9827f9168f40d
    state:
      description: State of the disk. A disk that can be used is C(built).
      type: str
      returned: always
      sample: built
    virtual_machine_disk:
      description:
        - The assignment to a virtual machine, or null.
        - C(attach_on_boot), C(boot) and C(state) are there only with O(id) and with O(details=true).
      type: dict
      returned: always
      sample:
        virtual_machine: {id: vm_B5wa8C29M444JwwA, fqdn: web-01.acme.katapult.cloud}
        attach_on_boot: true
        boot: false
        state: attached
    created_at:
      description: Time of creation, in seconds since 1970.
      type: int
      returned: with O(id) and with O(details=true)
      sample: 1786735919
    storage_speed:
      description: Kind of storage.
      type: str
      returned: with O(id) and with O(details=true)
      sample: nvme
    io_profile:
      description: The disk I/O profile, or null.
      type: dict
      returned: with O(id) and with O(details=true)
      sample: {id: diop_i39iT7k0RYAdQP48, name: Unrestricted, permalink: unrestricted, speed_in_mb: null, iops: null}
    bus_type:
      description: Bus of the disk, or null.
      type: str
      returned: with O(id) and with O(details=true)
      sample: scsi
    data_center:
      description: The data center.
      type: dict
      returned: with O(id) and with O(details=true)
      sample: {id: loc_UUhPmoCbpic6UX0Y, name: London, permalink: uk-lon-01}
    installation:
      description: The operating system installation of a boot disk, or null.
      type: dict
      returned: with O(id) and with O(details=true)
    annotations:
      description: The annotations of the disk.
      type: list
      elements: dict
      returned: with O(id) and with O(details=true)
      sample: [{key: env, value: production}]
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
      sample: /organizations/organization/disks
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
from ..module_utils._core.polling import Poller
from ..module_utils._module.base import KatapultModule, connection_spec
from ..module_utils._options.info import InfoResult, disk_query, disk_query_spec
from ..module_utils._reconcile.info import find_disks


def disks(module: KatapultModule) -> InfoResult:
    """The disks that the options ask for. Raises KatapultError."""
    query = disk_query(module.params)
    return find_disks(KatapultApi(module.http()), query, Poller(module.clock, module.deadline))


def main() -> None:
    """Run the module."""
    KatapultModule(
        argument_spec={**connection_spec(), **disk_query_spec()},
        supports_check_mode=True,
    ).run(disks)


if __name__ == "__main__":
    main()
