#!/usr/bin/python
# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: katapult_disks
short_description: Create, change and delete many block disks on the Katapult cloud in one task
version_added: 1.0.0
description:
  - Ensures that many block disks exist as described, or that they do not exist. It does for each of O(disks) what
    M(katapult.cloud.katapult_disk) does for one, and waits for all of them together.
  - Everything is validated first. If entries cannot be carried out, the task names all of them and fails without
    changing anything. A disk that has failed to build, or that cannot be read at the moment, does not stop the others.
  - If a disk fails later, the others continue and the task fails at the end. Run the task again to continue.
  - See also the R(guide on fleets, ansible_collections.katapult.cloud.docsite.guide_fleets).
author:
  - Katapult Cloud collection contributors (@katapult-cloud)
extends_documentation_fragment:
  - katapult.cloud.disk
  - katapult.cloud.connection
  - katapult.cloud.wait
  - katapult.cloud.attributes
attributes:
  idempotent:
    description: A second run changes nothing and sends GET requests only.
    support: full
options:
  disks:
    description:
      - Disks, each as a dictionary or as text (name or ID). Options that an entry does not set are taken from those
        outside O(disks).
      - Text instead of a list is split at commas and line breaks, as in C(disks=data-01,data-02).
      - List each disk once. Disks with the same name must be in different data centers.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: >-
          Exact name of the disk. With O(disks[].id), the disk is renamed to it, or must have it if O(state=absent).
          Required without O(disks[].id).
        type: str
      id:
        description: ID of the disk. With O(state=present), it must exist.
        type: str
      size_in_gb:
        description: Overrides O(size_in_gb).
        type: int
      bus_type:
        description: Overrides O(bus_type).
        type: str
        choices: [scsi, virtio]
      data_center:
        description: Overrides O(data_center).
        type: dict
        suboptions:
          id:
            description: ID of the data center.
            type: str
          permalink:
            description: Permalink of the data center.
            type: str
      io_profile:
        description: Overrides O(io_profile).
        type: dict
        suboptions:
          id:
            description: ID of the profile.
            type: str
          permalink:
            description: Permalink of the profile.
            type: str
      initial_file_system:
        description: Overrides O(initial_file_system).
        type: str
        choices: [ext4, xfs]
      storage_speed:
        description: Overrides O(storage_speed).
        type: str
        choices: [nvme, ssd]
      virtual_machine_disk:
        description: Overrides the suboptions of O(virtual_machine_disk) that it sets.
        type: dict
        suboptions:
          virtual_machine:
            description: Overrides O(virtual_machine_disk.virtual_machine).
            type: dict
            suboptions:
              id:
                description: ID of the virtual machine.
                type: str
              fqdn:
                description: Fully qualified name of the virtual machine.
                type: str
          boot:
            description: Overrides O(virtual_machine_disk.boot).
            type: bool
          attach_on_boot:
            description: Overrides O(virtual_machine_disk.attach_on_boot).
            type: bool
          attach:
            description: Overrides O(virtual_machine_disk.attach).
            type: bool
      annotations:
        description: Overrides O(annotations).
        type: list
        elements: dict
        suboptions:
          key:
            description: Key of the annotation.
            type: str
            required: true
          value:
            description: Value of the annotation.
            type: str
      resize_method:
        description: Overrides O(resize_method).
        type: str
        choices: [auto, online, offline]
      allow_shrink:
        description: Overrides O(allow_shrink).
        type: bool
      force:
        description: Overrides O(force).
        type: bool
      purge:
        description: Overrides O(purge).
        type: bool
      restore:
        description: Overrides O(restore).
        type: bool
  concurrency:
    description: >-
      Number of concurrent writes, from 1 to 64. Up to 16 concurrent reads are sent as well. The rate limit of the API
      is respected.
    type: int
    default: 8
  fail_fast:
    description: >-
      Stop starting new disks after the first failure. At most O(concurrency) disks are then in progress at a time.
    type: bool
    default: false
notes:
  - Each disk is created at most once, even if a response is lost or if concurrent tasks on one control node create it.
  - O(wait_timeout) applies to all disks together.
seealso:
  - module: katapult.cloud.katapult_disk
    description: Create, change and delete one disk.
  - module: katapult.cloud.katapult_disk_info
    description: List disks, or read one.
  - module: katapult.cloud.katapult_organization_info
    description: Show the limits of the organization.
  - module: katapult.cloud.katapult_data_center_info
    description: List data centers.
  - module: katapult.cloud.katapult_disk_io_profile_info
    description: List disk I/O profiles.
"""

EXAMPLES = r"""
- name: Create disks with common options
  katapult.cloud.katapult_disks:
    size_in_gb: 50
    data_center: uk-lon-01
    disks:
      - shard-01
      - shard-02
      - name: shard-03
        size_in_gb: 100
        annotations:
          - {key: role, value: primary}

- name: Create and attach a disk for each virtual machine
  katapult.cloud.katapult_disks:
    size_in_gb: 30
    virtual_machine_disk:
      attach: true
    disks:
      - name: web-01-data
        virtual_machine_disk:
          virtual_machine: web-01.acme.katapult.cloud
      - name: web-02-data
        virtual_machine_disk:
          virtual_machine: web-02.acme.katapult.cloud

- name: Grow disks and report failures
  block:
    - name: Grow the disks
      katapult.cloud.katapult_disks:
        size_in_gb: 80
        disks:
          - name: grow-01
          - id: disk_I4Bu3elhTjuAg16W
  rescue:
    - name: Report the disks that failed
      ansible.builtin.fail:
        msg: "{{ ansible_failed_result.disks | selectattr('error') | map(attribute='msg') | join(' ') }}"

- name: Delete disks
  katapult.cloud.katapult_disks:
    state: absent
    disks:
      - retired-01
      - retired-02
"""

RETURN = r"""
disks:
  description: Result of each disk, in the order of O(disks). If the task changed nothing, the disks as found.
  returned: success, and failure unless an option is invalid
  type: list
  elements: dict
  contains:
    name:
      description: Name of the disk, or null if it is not known.
      type: str
    changed:
      description: Whether the disk was changed.
      type: bool
    disk:
      description: The disk as in RV(katapult.cloud.katapult_disk#module:disk), or null.
      type: dict
    task:
      description: Last task of the disk as in RV(katapult.cloud.katapult_disk#module:task), or null.
      type: dict
    device:
      description: Path of the device in the guest as in RV(katapult.cloud.katapult_disk#module:device), or null.
      type: str
    annotations:
      description: Annotations of the disk.
      type: list
      elements: dict
    steps:
      description: Steps of the change.
      type: dict
      contains:
        done:
          description: Steps that were completed, or in check mode would be.
          type: list
          elements: str
          sample: [create]
        failed:
          description: Step that failed.
          type: list
          elements: str
        not_tried:
          description: Steps that were not started.
          type: list
          elements: str
    error:
      description: Details of the failure as in RV(error), or null.
      type: dict
    msg:
      description: The failure and what to do, or the result of a deletion. Otherwise null.
      type: str
    trash_object:
      description: Entry in the trash, or null.
      returned: with O(state=absent)
      type: dict
summary:
  description: Number of disks by result. Each disk is counted once.
  returned: success, and failure unless an option is invalid
  type: dict
  sample: {created: 2, updated: 1, deleted: 0, unchanged: 47, failed: 0, not_tried: 0}
  contains:
    created:
      description: Disks that were created.
      type: int
    updated:
      description: Disks that were changed or restored.
      type: int
    deleted:
      description: Disks that were deleted or purged.
      type: int
    unchanged:
      description: Disks that were left as they are.
      type: int
    failed:
      description: Disks that failed.
      type: int
    not_tried:
      description: Disks that were not started, after a failure.
      type: int
diff:
  description: The options of the changed disks by name, before and after the task.
  returned: success, with C(--diff)
  type: dict
msg:
  description: Causes of the failure, with the disks that they concern, and what to do.
  returned: failure
  type: str
error:
  description: Details of the failure, for C(rescue) blocks.
  returned: failure
  type: dict
  contains:
    code:
      description: Error code of the API or collection, such as V(fleet_failed).
      type: str
    status:
      description: HTTP status, or null without a response.
      type: int
    description:
      description: The API's description of the error.
      type: str
    detail:
      description: >-
        Details from the API or the collection. If disks failed, C(disks) with the C(option), C(name), C(code) and
        C(ambiguous) of each.
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
      description: Whether the request may have had an effect.
      type: bool
"""

from ..module_utils._core.python_version import check_python_version

check_python_version()


from ..module_utils._module.base import KatapultModule
from ..module_utils._module.connection import connection_spec, wait_spec
from ..module_utils._module.fleet import build_fleet
from ..module_utils._module.run import ModuleRun
from ..module_utils._options.fleet import fleet_spec
from ..module_utils._reconcile.fleet_item import FleetResult

SPEC = {
    "argument_spec": {**connection_spec(), **wait_spec(), **fleet_spec()},
}


def ensure(run: ModuleRun) -> FleetResult:
    """Bring all disks to what the options describe. Raises KatapultError."""
    return build_fleet(run).ensure()


def main() -> None:
    """Run the module."""
    KatapultModule(SPEC).run(ensure)


if __name__ == "__main__":
    main()
