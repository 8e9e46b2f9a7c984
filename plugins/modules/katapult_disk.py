#!/usr/bin/python
# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: katapult_disk
short_description: Create, change and delete block disks on the Katapult cloud
version_added: 1.0.0
description:
  - Makes sure that a block disk exists on the Katapult cloud as described. It is looked up by O(name), or by O(id).
  - A disk that does not exist is created. The options are the fields of Katapult's create-disk call, name for name,
    without its C(properties) envelope.
  - A disk that exists and is as described is left alone. Where an option that was set differs from the disk, the disk
    is changed in place, each option by its own API call. Options that are not set are never compared.
  - All is checked before the first write. What can't be changed fails the task before anything is changed. The message
    names the option, its current and its wanted value, and why. O(storage_speed),
    O(virtual_machine_disk.boot), another virtual machine and the data center of a disk found by O(id) can't be changed.
  - Disks are deleted to the trash, from which they can be restored for 48 hours.
author:
  - Katapult Cloud collection contributors (@katapult-cloud)
extends_documentation_fragment:
  - katapult.cloud.disk
  - katapult.cloud.connection
  - katapult.cloud.wait
  - katapult.cloud.attributes.progress
  - katapult.cloud.attributes
attributes:
  facts:
    description: Returns RV(ansible_facts.katapult_disk) and RV(ansible_facts.katapult_task).
    support: full
  idempotent:
    description: A second run with the same options changes nothing, and sends GET requests only.
    support: full
options:
  name:
    description:
      - Name of the disk. It is looked up by exactly this name among all disks of the organization.
      - Names are not unique on Katapult. Where several disks have the name, the task fails and lists them. Set
        O(data_center) or O(id) to tell which one is meant.
      - Where O(id) is set too, it is the name that the disk shall have. The disk is renamed, unless another disk of the
        organization has that name. With O(state=absent) the disk with that ID must have this name.
      - Text of the form of a disk's ID, C(disk_) and 16 letters and digits, is no name. Set O(id) to it.
      - One of O(name) and O(id) is required.
    type: str
  id:
    description:
      - ID of an existing disk, which is then read directly.
      - Where no disk has this ID, the task fails. It never creates one.
    type: str
notes:
  - The disk is created at most once. Where the answer to the create is lost, the disk that was made is found by name
    and becomes the result. Tasks that run at once on one control node and want the same name make one disk.
  - No lock reaches across control nodes and AWX jobs. After a create the name is looked up once more. Where another
    run made a disk of that name at the same moment, the task fails and names both.
  - Where a later step of a change fails, the task fails with RV(steps), and tells the disk as it is then. Running it
    again goes on from there.
  - Tasks on one control node that change the same disk wait for each other. If another client changes the disk after
    this task has planned what to do, and the plan no longer fits, the task fails with RV(error.code=changed_meanwhile)
    before it writes anything more.
  - In a loop, the facts hold the last disk. Use C(register) there.
  - With C(ansible -a), give O(annotations) as JSON, or the whole argument as JSON.
seealso:
  - module: katapult.cloud.katapult_disks
    description: Makes sure of many disks in one task.
  - module: katapult.cloud.katapult_disk_assignment
    description: Assigns an existing disk to a virtual machine, or moves it.
  - module: katapult.cloud.katapult_disk_info
    description: Reads disks.
  - module: katapult.cloud.katapult_data_center_info
    description: Reads the data centers that can be chosen.
  - module: katapult.cloud.katapult_disk_io_profile_info
    description: Reads the disk I/O profiles that can be chosen.
  - module: katapult.cloud.katapult_task_info
    description: Awaits a task of the service, such as a build.
"""

EXAMPLES = r"""
- name: Create a disk
  katapult.cloud.katapult_disk:
    name: data-01
    size_in_gb: 20
    data_center: uk-lon-01

- name: Create a formatted disk that is attached to a virtual machine
  katapult.cloud.katapult_disk:
    name: data-02
    size_in_gb: 100
    storage_speed: nvme
    io_profile: unrestricted
    bus_type: virtio
    initial_file_system: ext4
    virtual_machine_disk:
      virtual_machine: web-01.acme.katapult.cloud
      attach: true
      attach_on_boot: true
    annotations:
      - key: env
        value: production

- name: Create several disks, with options set once for all modules of the collection
  module_defaults:
    group/katapult.cloud.all:
      organization: acme
      api_timeout: 60
  block:
    - name: Create the disks
      katapult.cloud.katapult_disk:
        name: "{{ item }}"
        size_in_gb: 50
        data_center:
          permalink: nl-ams-01
      loop:
        - backup-01
        - backup-02
      register: backup_disks

- name: Start a create without waiting for it
  katapult.cloud.katapult_disk:
    name: archive-01
    size_in_gb: 500
    data_center: uk-lon-01
    wait: false

- name: Let a disk with a known ID grow, and rename it
  katapult.cloud.katapult_disk:
    id: disk_I4Bu3elhTjuAg16W
    name: backup-large
    size_in_gb: 80

- name: Detach a disk for good, and make it smaller (its file system was shrunk before)
  katapult.cloud.katapult_disk:
    name: scratch-01
    size_in_gb: 20
    allow_shrink: true
    virtual_machine_disk:
      attach: false
      attach_on_boot: false

- name: Delete a disk, which can be restored for 48 hours
  katapult.cloud.katapult_disk:
    name: retired-01
    state: absent
  register: retired

- name: Delete a disk for good, though it is assigned to a virtual machine
  katapult.cloud.katapult_disk:
    name: retired-02
    state: absent
    force: true
    purge: true

- name: Bring a disk back from the trash
  katapult.cloud.katapult_disk:
    id: disk_5nGk37D3RLE7Kuza
    restore: true
"""

RETURN = r"""
disk:
  description:
    - The disk, with all keys that the API gives. Null with O(state=absent).
    - In check mode the disk is predicted, with null for what only the service can know.
    - Values of installation attributes that the service protects, such as a root password, are masked.
  returned: success, and on failure where a disk is known
  type: dict
  contains:
    id:
      description: ID of the disk.
      type: str
      sample: disk_5nGk37D3RLE7Kuza
    name:
      description: Name of the disk.
      type: str
      sample: data-01
    size_in_gb:
      description: Size in GB.
      type: int
      sample: 20
    wwn:
      description: World wide name of the device, as the virtual machine sees it.
      type: str
      sample: 0dd9827f9168f40d
    state:
      description: State of the disk. A disk that can be used is C(built).
      type: str
      sample: built
    created_at:
      description: Time of creation, in seconds since 1970.
      type: int
      sample: 1786735919
    storage_speed:
      description: Kind of storage.
      type: str
      sample: nvme
    io_profile:
      description: The disk I/O profile, or null.
      type: dict
      sample: {id: diop_i39iT7k0RYAdQP48, name: Unrestricted, permalink: unrestricted, speed_in_mb: null, iops: null}
    bus_type:
      description: Bus of the disk, or null.
      type: str
      sample: scsi
    data_center:
      description: The data center.
      type: dict
      sample: {id: loc_UUhPmoCbpic6UX0Y, name: London, permalink: uk-lon-01}
    virtual_machine_disk:
      description: The assignment to a virtual machine, or null.
      type: dict
      sample:
        virtual_machine: {id: vm_B5wa8C29M444JwwA, fqdn: web-01.acme.katapult.cloud}
        attach_on_boot: true
        boot: false
        state: attached
    installation:
      description: The operating system installation of a boot disk, or null.
      type: dict
task:
  description:
    - The last task of the service that this run started, as last seen.
    - Null where none was started, in check mode, and where the answer that tells it was lost.
  returned: success, and on failure where a task is known
  type: dict
  sample:
    id: task_CkH4RRbnv0A8YE2u
    name: Build disk
    status: completed
    created_at: 1786810364
    started_at: 1786810364
    finished_at: 1786810365
    progress: 100
annotations:
  description: The annotations of the disk.
  returned: success, and on failure where a disk is known
  type: list
  elements: dict
  sample: [{key: env, value: production}]
trash_object:
  description:
    - Where the disk is in the trash, or null where it is not.
    - In check mode, null for what only the service can know.
  returned: with O(state=absent), and on failure where it is known
  type: dict
  sample: {id: trsh_xa81uxUKltgrEmRE, keep_until: 1786983164, object_id: disk_5nGk37D3RLE7Kuza, object_type: Disk}
msg:
  description: What became of the disk, and until when it can be restored. On failure, what failed and what to do.
  returned: with O(state=absent), and on failure
  type: str
  sample: The disk 'data-01' (disk_5nGk37D3RLE7Kuza, 20 GB) is in the trash until 2026-08-17 17:32 UTC.
steps:
  description: The steps of a change that failed.
  returned: failure, where there were several steps
  type: dict
  contains:
    done:
      description: The steps that were done.
      type: list
      elements: str
      sample: [rename]
    failed:
      description: The step that failed.
      type: list
      elements: str
      sample: [resize]
    not_tried:
      description: The steps that were not tried.
      type: list
      elements: str
      sample: [io_profile]
diff:
  description: The options that were set, as they were before and as they are after the task.
  returned: success, with C(--diff)
  type: dict
  sample: {before: {}, after: {name: data-01, size_in_gb: 20, data_center: {permalink: uk-lon-01}}}
ansible_facts:
  description: The disk and the task as facts.
  returned: success
  type: dict
  contains:
    katapult_disk:
      description: The same as RV(disk).
      type: dict
      returned: success
    katapult_task:
      description: The same as RV(task).
      type: dict
      returned: success
error:
  description: What failed, in a form for rescue blocks.
  returned: failure
  type: dict
  contains:
    code:
      description: The service's code of the error, or one of the collection's own such as V(drift) or V(wait_timeout).
      type: str
      sample: validation_error
    status:
      description: The HTTP status, or null where no answer came.
      type: int
      sample: 422
    description:
      description: The service's description of the error.
      type: str
    detail:
      description: The service's detail of the error, or the collection's own.
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
from ..module_utils._module.context import build_context
from ..module_utils._options.disk import change_spec, disk_spec, parse_disk
from ..module_utils._reconcile.run import DiskResult


def ensure(module: KatapultModule) -> DiskResult:
    """Bring the disk to what the options describe. Raises KatapultError."""
    desired, context = parse_disk(module.params, module.environment), build_context(module)
    # Only what the state needs is imported, because Python compiles a module's files anew at every run.
    if module.params["state"] == "absent":
        from ..module_utils._reconcile.absent import AbsentReconciler

        return AbsentReconciler(desired, context, force=module.params["force"], purge=module.params["purge"]).ensure()
    from ..module_utils._reconcile.present import PresentReconciler

    return PresentReconciler(desired, context).ensure()


def main() -> None:
    """Run the module."""
    KatapultModule(
        argument_spec={**connection_spec(), **wait_spec(), **disk_spec(), **change_spec()},
        required_one_of=[["name", "id"]],
        supports_check_mode=True,
    ).run(ensure)


if __name__ == "__main__":
    main()
