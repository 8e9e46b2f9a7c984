#!/usr/bin/python
# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: katapult_disk
short_description: Create, change and delete block disks on the Katapult cloud
version_added: 1.0.0
description:
  - Ensures that a block disk exists as described, or that it does not exist. Options that are not set are left alone.
    Most are named as in the API.
  - Everything is validated first. If a setting cannot be changed, the task fails without changing anything.
  - The guides have the details, for example on R(changes, ansible_collections.katapult.cloud.docsite.guide_disk_life)
    and R(failures, ansible_collections.katapult.cloud.docsite.guide_failures).
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
  name:
    description: >-
      Exact name of the disk. With O(id), the disk is renamed to it, or must have it if O(state=absent). Required
      without O(id).
    type: str
  id:
    description: ID of the disk. With O(state=present), it must exist.
    type: str
notes:
  - The disk is created at most once, even if a response is lost. Concurrent tasks on one control node wait for each
    other. If another control node creates a disk with this name at the same time, the task fails.
  - If a step fails, RV(steps) shows how far the task got. Run the task again to continue.
  - With C(ansible -a), give O(annotations) as JSON, or as text such as V(env=production role=database).
seealso:
  - module: katapult.cloud.katapult_disks
    description: Create, change and delete many disks in one task.
  - module: katapult.cloud.katapult_disk_assignment
    description: Assign a disk to a virtual machine, or move it.
  - module: katapult.cloud.katapult_disk_backup_policy
    description: Back up a disk.
  - module: katapult.cloud.katapult_disk_info
    description: List disks, or read one.
  - module: katapult.cloud.katapult_data_center_info
    description: List data centers.
  - module: katapult.cloud.katapult_disk_io_profile_info
    description: List disk I/O profiles.
  - module: katapult.cloud.katapult_trash_info
    description: List the trash.
  - module: katapult.cloud.katapult_task_info
    description: Wait for a task, such as a build.
"""

EXAMPLES = r"""
- name: Create a disk
  katapult.cloud.katapult_disk:
    name: data-01
    size_in_gb: 20
    data_center: uk-lon-01

- name: Create a formatted disk and attach it to a virtual machine
  katapult.cloud.katapult_disk:
    name: data-02
    size_in_gb: 100
    storage_speed: nvme
    io_profile: unrestricted
    initial_file_system: ext4
    virtual_machine_disk:
      virtual_machine: web-01.acme.katapult.cloud
      attach: true
    annotations:
      - {key: env, value: production}

- name: Grow a disk and rename it
  katapult.cloud.katapult_disk:
    id: disk_I4Bu3elhTjuAg16W
    name: backup-large
    size_in_gb: 80

- name: Delete a disk permanently, even if it is assigned
  katapult.cloud.katapult_disk:
    name: retired-01
    state: absent
    force: true
    purge: true

- name: Restore a disk from the trash
  katapult.cloud.katapult_disk:
    id: disk_5nGk37D3RLE7Kuza
    restore: true
"""

RETURN = r"""
disk:
  description:
    - The disk with all keys of the API, or null if O(state=absent). In check mode the expected disk, with null for
      values that only the API can set.
  returned: success, and failure if a disk is known
  type: dict
  contains:
    id:
      description: ID of the disk.
      type: str
    name:
      description: Name of the disk.
      type: str
    size_in_gb:
      description: Size in GB.
      type: int
    wwn:
      description: World wide name, as the guest sees it.
      type: str
    state:
      description: State of the disk. It is usable if C(built).
      type: str
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
    virtual_machine_disk:
      description: Assignment, or null. Its C(state) is C(attached), for example.
      type: dict
    installation:
      description: Installed operating system, or null. Protected values are masked.
      type: dict
device:
  description: Path of the device in the guest, by its WWN. Null if it is not known or the bus does not show it.
  returned: success, and failure if a disk is known
  type: str
  sample: /dev/disk/by-id/wwn-0x0dd9827f9168f40d
task:
  description: >-
    Last API task of this run, with the keys of RV(katapult.cloud.katapult_task_info#module:tasks), or only its C(id)
    and C(name) if it was not followed to its end. Null in check mode, or if there was none or it is not known.
  returned: success, and failure if a task is known
  type: dict
annotations:
  description: Annotations of the disk.
  returned: success, and failure if a disk is known
  type: list
  elements: dict
trash_object:
  description: Entry in the trash, or null. Its C(keep_until) is in seconds since 1970.
  returned: with O(state=absent), and failure if it is known
  type: dict
msg:
  description: Result of the deletion, or the failure and what to do.
  returned: with O(state=absent), and failure
  type: str
steps:
  description: Steps of a change that failed.
  returned: failure, if there were several steps
  type: dict
  contains:
    done:
      description: Steps that were completed.
      type: list
      elements: str
    failed:
      description: Step that failed.
      type: list
      elements: str
    not_tried:
      description: Steps that were not started.
      type: list
      elements: str
diff:
  description: The options that were set, before and after the task.
  returned: success, with C(--diff)
  type: dict
ansible_facts:
  description: Disk and task, in a loop those of the last item.
  returned: success
  type: dict
  contains:
    katapult_disk:
      description: Same as RV(disk).
      type: dict
    katapult_task:
      description: Same as RV(task).
      type: dict
error:
  description: Details of the failure, for C(rescue) blocks.
  returned: failure
  type: dict
  contains:
    code:
      description: Error code of the API or collection, such as V(drift).
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
      description: Whether the request may have had an effect.
      type: bool
"""

from ..module_utils._core.python_version import check_python_version

check_python_version()


from ..module_utils._module.base import KatapultModule
from ..module_utils._module.connection import connection_spec, wait_spec
from ..module_utils._module.context import build_context
from ..module_utils._module.run import ModuleRun
from ..module_utils._options.disk import change_spec, disk_spec, parse_disk
from ..module_utils._reconcile.run import DiskResult

SPEC = {
    "argument_spec": {**connection_spec(), **wait_spec(), **disk_spec(), **change_spec()},
    "required_one_of": [["name", "id"]],
}


def ensure(run: ModuleRun) -> DiskResult:
    """Bring the disk to what the options describe. Raises KatapultError."""
    desired, context = parse_disk(run.params, run.environment), build_context(run)
    # Only what the state needs is imported, because Python compiles a module's files anew at every run.
    if run.params["state"] == "absent":
        from ..module_utils._reconcile.absent import AbsentReconciler

        return AbsentReconciler(desired, context, force=run.params["force"], purge=run.params["purge"]).ensure()
    from ..module_utils._reconcile.present import PresentReconciler

    return PresentReconciler(desired, context).ensure()


def main() -> None:
    """Run the module."""
    KatapultModule(SPEC).run(ensure)


if __name__ == "__main__":
    main()
