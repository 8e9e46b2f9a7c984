#!/usr/bin/python
# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: katapult_disks
short_description: Create, change and delete many block disks on the Katapult cloud in one task
version_added: 1.0.0
description:
  - Makes sure that many block disks exist on the Katapult cloud as described, or that they are gone. It does for each
    of O(disks) what M(katapult.cloud.katapult_disk) does for one, with the same options and the same promises.
  - One task does it. The disks of the organization are listed once for all, and several disks are worked on at a time.
    All are waited for together, so that fifty disks take little longer than one.
  - All entries are checked before the first write. Where some can't be brought to what is described, the task fails
    with all of them named, and nothing is changed.
  - Where a disk fails after that, the others go on. The task fails at the end, and its result has what became of every
    disk. Running it again goes on from there.
author:
  - Katapult Cloud collection contributors (@katapult-cloud)
extends_documentation_fragment:
  - katapult.cloud.disk
  - katapult.cloud.connection
  - katapult.cloud.wait
  - katapult.cloud.attributes.progress
  - katapult.cloud.attributes
attributes:
  idempotent:
    description: A second run with the same options changes nothing, and sends GET requests only.
    support: full
options:
  disks:
    description:
      - The disks. Each has a name, or the ID of a disk that exists.
      - Its other options are those of M(katapult.cloud.katapult_disk). Where one is not set, the option of the same
        name outside O(disks) is used. Of O(virtual_machine_disk) each suboption is taken like that by itself.
      - Plain text for an entry is the name of the disk, or its ID if it has the form of one, C(disk_) and 16 letters
        and digits.
      - Text instead of a list is split at commas and line breaks, as C(disks=data-01,data-02) with C(ansible -a), or
        the lines of a survey. Blanks around the names and empty lines are dropped.
      - Every disk is described once. Disks of the same name must be in different data centers.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the disk. It is looked up by exactly this name among all disks of the organization.
          - Where O(disks[].id) is set too, it is the name that the disk shall have.
        type: str
      id:
        description: ID of an existing disk. Where no disk has this ID, the task fails before anything is changed.
        type: str
      size_in_gb:
        description: As O(size_in_gb), for this disk.
        type: int
      bus_type:
        description: As O(bus_type), for this disk.
        type: str
        choices: [scsi, virtio]
      data_center:
        description: As O(data_center), for this disk.
        type: dict
        suboptions:
          id:
            description: ID of the data center.
            type: str
          permalink:
            description: Permalink of the data center.
            type: str
      io_profile:
        description: As O(io_profile), for this disk.
        type: dict
        suboptions:
          id:
            description: ID of the profile.
            type: str
          permalink:
            description: Permalink of the profile.
            type: str
      initial_file_system:
        description: As O(initial_file_system), for this disk.
        type: str
        choices: [ext4, xfs]
      storage_speed:
        description: As O(storage_speed), for this disk.
        type: str
        choices: [nvme, ssd]
      virtual_machine_disk:
        description: As O(virtual_machine_disk), for this disk.
        type: dict
        suboptions:
          virtual_machine:
            description: As O(virtual_machine_disk.virtual_machine), for this disk.
            type: dict
            suboptions:
              id:
                description: ID of the virtual machine.
                type: str
              fqdn:
                description: Fully qualified name of the virtual machine.
                type: str
          boot:
            description: As O(virtual_machine_disk.boot), for this disk.
            type: bool
          attach_on_boot:
            description: As O(virtual_machine_disk.attach_on_boot), for this disk.
            type: bool
          attach:
            description: As O(virtual_machine_disk.attach), for this disk.
            type: bool
      annotations:
        description: As O(annotations), for this disk.
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
        description: As O(resize_method), for this disk.
        type: str
        choices: [auto, online, offline]
      allow_shrink:
        description: As O(allow_shrink), for this disk.
        type: bool
      force:
        description: As O(force), for this disk.
        type: bool
      purge:
        description: As O(purge), for this disk.
        type: bool
      restore:
        description: As O(restore), for this disk.
        type: bool
  concurrency:
    description:
      - How many writes may be on their way at a time, from 1 to 64. Up to 16 reads are sent at a time besides.
      - Whatever it is, no more requests are sent in a minute than the service permits.
    type: int
    default: 8
  fail_fast:
    description:
      - Whether no further disk is begun after one has failed. What was begun is finished.
      - At most O(concurrency) disks are worked on at a time then, so that few are begun before a failure shows.
    type: bool
    default: false
notes:
  - Each disk is created at most once, as M(katapult.cloud.katapult_disk) promises it, also where answers are lost and
    where several tasks of one control node want the same disks.
  - A disk that has failed to build, and one that can't be read at the moment, do not keep the others from going on.
  - O(wait_timeout) is for all disks together.
  - In check mode, RV(disks[].steps) tells the steps that would be taken as done.
  - RV(disks[].task) is the task as the service gave it last. The create of a disk is not asked for again where the list
    shows that the disk is there.
seealso:
  - module: katapult.cloud.katapult_disk
    description: Makes sure of one disk.
  - module: katapult.cloud.katapult_disk_info
    description: Reads disks.
  - module: katapult.cloud.katapult_data_center_info
    description: Reads the data centers that can be chosen.
  - module: katapult.cloud.katapult_disk_io_profile_info
    description: Reads the disk I/O profiles that can be chosen.
"""

EXAMPLES = r"""
- name: Create a fleet, with what the disks have in common said once
  katapult.cloud.katapult_disks:
    size_in_gb: 50
    data_center: uk-lon-01
    storage_speed: nvme
    disks:
      - name: shard-01
      - name: shard-02
      - name: shard-03
        size_in_gb: 100
        annotations:
          - key: role
            value: primary

- name: Create disks out of a list of names
  katapult.cloud.katapult_disks:
    size_in_gb: 20
    data_center: uk-lon-01
    disks: "{{ ['scratch-a', 'scratch-b', 'scratch-c'] }}"
  register: scratch

- name: Show where the guests find them
  ansible.builtin.debug:
    msg: "{{ item.name }} has wwn {{ item.disk.wwn }}"
  loop: "{{ scratch.disks }}"
  loop_control:
    label: "{{ item.name }}"

- name: Attach a disk to each of several virtual machines
  katapult.cloud.katapult_disks:
    size_in_gb: 30
    virtual_machine_disk:
      attach: true
      attach_on_boot: true
    disks:
      - name: web-01-data
        virtual_machine_disk:
          virtual_machine: web-01.acme.katapult.cloud
      - name: web-02-data
        virtual_machine_disk:
          virtual_machine: web-02.acme.katapult.cloud

- name: Go on with the other disks where some fail, and tell which
  block:
    - name: Let disks grow
      katapult.cloud.katapult_disks:
        size_in_gb: 80
        disks:
          - name: grow-01
          - id: disk_I4Bu3elhTjuAg16W
  rescue:
    - name: Tell what failed
      ansible.builtin.fail:
        msg: "{{ ansible_failed_result.disks | selectattr('error') | map(attribute='msg') | join(' ') }}"

- name: Delete disks, which can be restored for 48 hours
  katapult.cloud.katapult_disks:
    state: absent
    disks:
      - retired-01
      - retired-02
"""

RETURN = r"""
disks:
  description:
    - What became of every disk, in the order of O(disks).
    - Where the task was refused before the first write, what was seen of them.
  returned: success, and on failure unless an option could not be used
  type: list
  elements: dict
  contains:
    name:
      description: Name of the disk, or null where only its ID was given and it could not be read.
      type: str
      sample: shard-01
    changed:
      description: Whether the disk was changed.
      type: bool
      sample: true
    disk:
      description:
        - The disk as in RV(katapult.cloud.katapult_disk#module:disk). Null where there is none.
        - In check mode the disk is predicted, with null for what only the service can know.
      type: dict
      sample: {id: disk_5nGk37D3RLE7Kuza, name: shard-01, size_in_gb: 50, wwn: 0dd9827f9168f40d, state: built}
    task:
      description: The last task that was started for the disk, as it was seen last, or null.
      type: dict
      sample: {id: task_CkH4RRbnv0A8YE2u, name: Build disk, status: running, progress: 37}
    annotations:
      description: The annotations of the disk.
      type: list
      elements: dict
      sample: [{key: role, value: primary}]
    steps:
      description: The steps that were taken for the disk.
      type: dict
      contains:
        done:
          description: The steps that were done; in check mode those that would be.
          type: list
          elements: str
          sample: [create]
        failed:
          description: The step that failed.
          type: list
          elements: str
        not_tried:
          description: The steps that were not tried.
          type: list
          elements: str
    error:
      description: What failed, as in RV(error), or null.
      type: dict
    msg:
      description: Where the disk failed, why, and what to do. With O(state=absent), what became of the disk. Else null.
      type: str
    trash_object:
      description: Where the disk is in the trash, or null.
      returned: with O(state=absent)
      type: dict
      sample: {id: trsh_xa81uxUKltgrEmRE, keep_until: 1786983164, object_id: disk_5nGk37D3RLE7Kuza, object_type: Disk}
summary:
  description: How many of the disks were created, updated, and so on. Each is counted once.
  returned: success, and on failure unless an option could not be used
  type: dict
  contains:
    created:
      description: Disks that were created.
      type: int
      sample: 2
    updated:
      description: Disks that were changed or restored.
      type: int
      sample: 1
    deleted:
      description: Disks that were deleted or purged.
      type: int
      sample: 0
    unchanged:
      description: Disks that were as described.
      type: int
      sample: 47
    failed:
      description: Disks that failed.
      type: int
      sample: 0
    not_tried:
      description: Disks that were left alone, because the task was refused or because of O(fail_fast).
      type: int
      sample: 0
diff:
  description: The options of the disks that changed, each disk under its name, before and after the task.
  returned: success, with C(--diff)
  type: dict
  sample:
    before: {shard-03: {name: shard-03, size_in_gb: 50}}
    after: {shard-03: {name: shard-03, size_in_gb: 100}}
msg:
  description: What failed, for each disk that did (twenty at most), and what to do.
  returned: failure
  type: str
error:
  description: What failed, in a form for rescue blocks.
  returned: failure
  type: dict
  contains:
    code:
      description: The service's code of the error, or one of the collection's own such as V(fleet_failed).
      type: str
      sample: fleet_failed
    status:
      description: The HTTP status, or null where no answer came.
      type: int
      sample: 422
    description:
      description: The service's description of the error.
      type: str
    detail:
      description: >-
        The service's detail of the error, or the collection's own. For a fleet, C(disks) with the C(option), C(name)
        and C(code) of each that failed.
      type: raw
    method:
      description: The method of the request that failed.
      type: str
      sample: POST
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
      description: V(true) where the request may have been carried out all the same, so that a disk may still appear.
      type: bool
      sample: false
"""

from ..module_utils._core.python_version import check_python_version

check_python_version()


from ..module_utils._module.base import KatapultModule, connection_spec, wait_spec
from ..module_utils._module.fleet import build_fleet
from ..module_utils._options.fleet import fleet_spec
from ..module_utils._reconcile.fleet_item import FleetResult


def ensure(module: KatapultModule) -> FleetResult:
    """Bring all disks to what the options describe. Raises KatapultError."""
    return build_fleet(module).ensure()


def main() -> None:
    """Run the module."""
    KatapultModule(
        argument_spec={**connection_spec(), **wait_spec(), **fleet_spec()},
        supports_check_mode=True,
    ).run(ensure)


if __name__ == "__main__":
    main()
