#!/usr/bin/python
# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: katapult_disk_assignment
short_description: Assign disks to virtual machines of the Katapult cloud
version_added: 1.0.0
description:
  - Ensures that an existing disk is assigned to a virtual machine and attached to it, or that it is not.
  - An assigned disk is attached if the virtual machine runs and O(attached=true), or when the machine starts and
    O(attach_on_boot=true).
  - The task fails if it would have to change a boot disk.
author:
  - Katapult Cloud collection contributors (@katapult-cloud)
extends_documentation_fragment:
  - katapult.cloud.connection
  - katapult.cloud.wait
  - katapult.cloud.attributes
attributes:
  idempotent:
    description: A second run changes nothing and sends GET requests only.
    support: full
options:
  disk:
    description: Existing disk. This module never creates one.
    type: dict
    required: true
    suboptions:
      id:
        description: ID of the disk.
        type: str
      name:
        description: Name of the disk. If several disks have it, the task fails.
        type: str
  virtual_machine:
    description: >-
      Virtual machine. Required with O(state=present). With O(state=absent), a disk on another machine is left alone. If
      not set, the disk is unassigned from any machine.
    type: dict
    suboptions:
      id:
        description: ID of the virtual machine.
        type: str
      fqdn:
        description: Fully qualified name, compared without case.
        type: str
  state:
    description:
      - V(present) assigns the disk and applies O(attached) and O(attach_on_boot).
      - V(absent) disables O(attach_on_boot), detaches the disk, waits for that, and unassigns it.
    type: str
    choices: [present, absent]
    default: present
  attached:
    description: >-
      Attach or detach the disk. If the virtual machine is stopped, V(true) enables O(attach_on_boot) unless it is set,
      and does not wait.
    type: bool
    default: true
  attach_on_boot:
    description: Attach the disk at each start. The API's default is V(true).
    type: bool
  force:
    description: >-
      Move a disk that is assigned to another virtual machine. It is detached and unassigned there first. The API token
      must be allowed to read the new virtual machine.
    type: bool
    default: false
notes:
  - If a step fails, RV(steps) shows how far the task got. Run the task again to continue.
  - Concurrent tasks on one control node wait for each other before they change the same disk.
seealso:
  - module: katapult.cloud.katapult_disk
    description: Create, change and delete one disk.
  - module: katapult.cloud.katapult_disk_info
    description: List disks, or read one.
"""

EXAMPLES = r"""
- name: Assign a disk to a virtual machine and attach it
  katapult.cloud.katapult_disk_assignment:
    disk: data-01
    virtual_machine: web-01.acme.katapult.cloud

- name: Assign a disk without attaching it
  katapult.cloud.katapult_disk_assignment:
    disk:
      id: disk_5nGk37D3RLE7Kuza
    virtual_machine: web-01.acme.katapult.cloud
    attached: false
    attach_on_boot: false

- name: Move a disk to another virtual machine
  katapult.cloud.katapult_disk_assignment:
    disk: data-03
    virtual_machine: db-01.acme.katapult.cloud
    force: true

- name: Unassign a disk
  katapult.cloud.katapult_disk_assignment:
    disk: data-04
    state: absent
"""

RETURN = r"""
disk:
  description: >-
    The disk as in RV(katapult.cloud.katapult_disk#module:disk), or null if it does not exist. In check mode the
    expected disk.
  returned: success, and failure if a disk is known
  type: dict
device:
  description: Path of the device in the guest, by its WWN. Null if it is not known or the bus does not show it.
  returned: success, and failure if a disk is known
  type: str
  sample: /dev/disk/by-id/wwn-0x0dd9827f9168f40d
task:
  description: >-
    Last API task of this run, with the keys of RV(katapult.cloud.katapult_task_info#module:tasks). Null in check mode,
    or if there was none or it is not known.
  returned: success, and failure if a task is known
  type: dict
annotations:
  description: Annotations of the disk.
  returned: success, and failure if a disk is known
  type: list
  elements: dict
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
from ..module_utils._options.disk import assignment_spec, parse_assignment
from ..module_utils._reconcile.assignment import AssignmentReconciler, ReleaseReconciler
from ..module_utils._reconcile.run import DiskResult

SPEC = {
    "argument_spec": {**connection_spec(), **wait_spec(), **assignment_spec()},
    "required_if": [["state", "present", ["virtual_machine"]]],
}


def ensure(run: ModuleRun) -> DiskResult:
    """Bring the disk to where the options want it. Raises KatapultError."""
    reconciler = ReleaseReconciler if run.params["state"] == "absent" else AssignmentReconciler
    return reconciler(parse_assignment(run.params), build_context(run)).ensure()


def main() -> None:
    """Run the module."""
    KatapultModule(SPEC).run(ensure)


if __name__ == "__main__":
    main()
