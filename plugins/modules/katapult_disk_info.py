#!/usr/bin/python
# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: katapult_disk_info
short_description: List block disks of the Katapult cloud
version_added: 1.0.0
description:
  - Lists the disks of an organization that match all options, or reads one disk by its O(id). Nothing is changed.
  - If no disk matches, RV(disks) is empty and the task does not fail.
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
    description: ID of a disk that is not in the trash. It does not need O(organization).
    type: str
  name:
    description: Exact name of the disks. Several disks can have the same name.
    type: str
  annotations:
    description: Annotations that the disks must have. They may have others. The API filters lists by annotations.
    type: list
    elements: dict
    suboptions:
      key:
        description: Key of the annotation.
        type: str
        required: true
      value:
        description: Value, or empty. Line breaks and tabs are allowed.
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
  assigned:
    description: Whether the disks are assigned to a virtual machine.
    type: bool
  older_than:
    description:
      - Least age of the disks, such as V(30d). Units are C(s), C(m), C(h), C(d) and C(w); without one, it is seconds.
      - Each disk that the other options leave is read in full, as with O(details=true).
    type: str
  virtual_machine:
    description: Virtual machine that the disks are assigned to.
    type: dict
    suboptions:
      id:
        description: ID of the virtual machine.
        type: str
      fqdn:
        description: Fully qualified name, compared without case.
        type: str
  details:
    description:
      - Read each listed disk in full, with one request per disk and up to eight concurrent requests. If the rate limit
        of the API is reached (by default 1000 requests per minute), the module waits.
      - Disks that have been deleted since they were listed are left out.
    type: bool
    default: false
seealso:
  - module: katapult.cloud.katapult_disk
    description: Create, change and delete one disk.
  - module: katapult.cloud.katapult_disks
    description: Create, change and delete many disks in one task.
  - module: katapult.cloud.katapult_disk_assignment
    description: Assign a disk to a virtual machine, or move it.
  - module: katapult.cloud.katapult_trash_info
    description: List the trash.
"""

EXAMPLES = r"""
- name: List the disks of an organization
  katapult.cloud.katapult_disk_info:
    organization: acme
  register: result

- name: Show their names
  ansible.builtin.debug:
    msg: "{{ result.disks | map(attribute='name') }}"

- name: List the disks that failed to build
  katapult.cloud.katapult_disk_info:
    state: failed

- name: Find disks by their annotations
  katapult.cloud.katapult_disk_info:
    annotations:
      - {key: env, value: production}
      - {key: role, value: database}

- name: Read the disks of a virtual machine in full
  katapult.cloud.katapult_disk_info:
    virtual_machine: web-01.acme.katapult.cloud
    details: true
  register: web_disks

- name: Show the disks that it does not boot from
  ansible.builtin.debug:
    msg: "{{ web_disks.disks | rejectattr('virtual_machine_disk.boot') | map(attribute='name') }}"

- name: Find unassigned test disks older than a month
  katapult.cloud.katapult_disk_info:
    assigned: false
    older_than: 30d
    annotations: {env: test}

- name: Fail if a disk does not exist
  katapult.cloud.katapult_disk_info:
    id: disk_5nGk37D3RLE7Kuza
  register: found
  failed_when: found is failed or not found.disks
"""

RETURN = r"""
disks:
  description:
    - The disks, in the order of the API.
    - Without O(id), O(details=true) or O(older_than), they have only C(id), C(name), C(size_in_gb), C(wwn), C(state)
      and the C(virtual_machine) of C(virtual_machine_disk), and C(device) is null. So C(created_at),
      C(storage_speed), C(io_profile), C(bus_type), C(data_center), C(installation) and C(annotations) are missing.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the disk.
      type: str
      sample: disk_5nGk37D3RLE7Kuza
    name:
      description: Name of the disk.
      type: str
    size_in_gb:
      description: Size in GB.
      type: int
    wwn:
      description: World wide name, as the guest sees it.
      type: str
      sample: 0dd9827f9168f40d
    device:
      description: Path of the device in the guest, by its WWN. Null if the disk's bus does not show it.
      type: str
      sample: /dev/disk/by-id/wwn-0x0dd9827f9168f40d
    state:
      description: State of the disk. It is usable if C(built).
      type: str
    virtual_machine_disk:
      description: Assignment to a virtual machine, or null.
      type: dict
      sample:
        virtual_machine: {id: vm_B5wa8C29M444JwwA, fqdn: web-01.acme.katapult.cloud}
        attach_on_boot: true
        boot: false
        state: attached
    created_at:
      description: Creation time in seconds since 1970.
      type: int
    storage_speed:
      description: Type of storage.
      type: str
    io_profile:
      description: Disk I/O profile, or null.
      type: dict
    bus_type:
      description: Bus of the disk, or null.
      type: str
    data_center:
      description: Data center.
      type: dict
    installation:
      description: Installed operating system, or null. Protected values are masked.
      type: dict
    annotations:
      description: Annotations of the disk.
      type: list
      elements: dict
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
from ..module_utils._core.polling import Poller
from ..module_utils._module.base import KatapultModule
from ..module_utils._module.connection import connection_spec
from ..module_utils._module.run import ModuleRun
from ..module_utils._options.info import InfoResult, disk_query, disk_query_spec
from ..module_utils._reconcile.info import find_disks

SPEC = {
    "argument_spec": {**connection_spec(), **disk_query_spec()},
}


def disks(run: ModuleRun) -> InfoResult:
    """The disks that the options ask for. Raises KatapultError."""
    query = disk_query(run.params)
    return find_disks(KatapultApi(run.http()), query, Poller(run.clock, run.deadline), run.clock.wall())


def main() -> None:
    """Run the module."""
    KatapultModule(SPEC).run(disks)


if __name__ == "__main__":
    main()
