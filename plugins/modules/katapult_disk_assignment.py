#!/usr/bin/python
# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: katapult_disk_assignment
short_description: Assign disks to virtual machines of the Katapult cloud
version_added: 1.0.0
description:
  - Makes sure that an existing disk is assigned to a virtual machine and attached to it, or that it is not.
  - A disk that is assigned is not yet attached. It is attached when the machine runs and the disk is asked to be, or
    when the machine starts and O(attach_on_boot) is set.
  - Disks that a virtual machine boots from are refused.
author:
  - Katapult Cloud collection contributors (@katapult-cloud)
extends_documentation_fragment:
  - katapult.cloud.connection
  - katapult.cloud.wait
  - katapult.cloud.attributes
attributes:
  facts:
    description: Returns RV(ansible_facts.katapult_disk) and RV(ansible_facts.katapult_task).
    support: full
  idempotent:
    description: A second run with the same options changes nothing, and sends GET requests only.
    support: full
options:
  disk:
    description:
      - The disk, by its ID or its name. Plain text is taken for the name, and for the ID if it has the form of one,
        C(disk_) and 16 letters and digits.
      - It must exist. This module never creates one.
    type: dict
    required: true
    suboptions:
      id:
        description: ID of the disk.
        type: str
      name:
        description: Name of the disk. Where several disks have it, the task fails and lists them.
        type: str
  virtual_machine:
    description:
      - The virtual machine, by its ID or its fully qualified name. Plain text is taken for the name, and for the ID if
        it has the form of one, C(vm_) and 16 letters and digits.
      - Upper and lower case of the name make no difference. It is sent as given.
      - Required with O(state=present).
      - With O(state=absent), a disk on another machine is left alone. Without it, the disk is taken from any machine.
    type: dict
    suboptions:
      id:
        description: ID of the virtual machine.
        type: str
      fqdn:
        description: Fully qualified name of the virtual machine.
        type: str
  state:
    description:
      - V(present) assigns the disk, sets O(attach_on_boot), and attaches or detaches the disk as O(attached) says.
      - V(absent) switches off that the disk is attached at the next start, detaches it, waits for that, and unassigns
        it.
    type: str
    choices: [present, absent]
    default: present
  attached:
    description:
      - Whether the disk shall be attached while the virtual machine runs.
      - On a machine that does not run, the disk is as wanted when it is attached at the next start. The task makes sure
        of that, unless O(attach_on_boot=false) forbids it.
    type: bool
    default: true
  attach_on_boot:
    description: Whether the disk is attached whenever the virtual machine starts. The service's default is V(true).
    type: bool
  force:
    description:
      - Whether a disk that is assigned to another virtual machine is moved. It is detached and unassigned there first.
      - With V(false) such a disk fails the task.
      - To move a disk, the API token must be allowed to see the machine that it is moved to.
    type: bool
    default: false
notes:
  - Where a later step fails, the task fails with RV(steps), and tells the disk as it is then. Running it again goes on
    from there.
  - Tasks on one control node that change the same disk wait for each other.
seealso:
  - module: katapult.cloud.katapult_disk
    description: Makes sure of one disk.
  - module: katapult.cloud.katapult_disk_info
    description: Reads disks.
"""

EXAMPLES = r"""
- name: Assign a disk to a virtual machine, and attach it
  katapult.cloud.katapult_disk_assignment:
    disk: data-01
    virtual_machine: web-01.acme.katapult.cloud

- name: Assign a disk that is attached only when somebody attaches it
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

- name: Take a disk from its virtual machine
  katapult.cloud.katapult_disk_assignment:
    disk: data-04
    state: absent
"""

RETURN = r"""
disk:
  description:
    - The disk, with all keys that the API gives. See RV(katapult.cloud.katapult_disk#module:disk).
    - Null where the disk does not exist, with O(state=absent).
    - In check mode the disk is predicted.
  returned: success, and on failure where a disk is known
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
steps:
  description: The steps of a change that failed.
  returned: failure, where there were several steps
  type: dict
  contains:
    done:
      description: The steps that were done.
      type: list
      elements: str
      sample: [detach, unassign]
    failed:
      description: The step that failed.
      type: list
      elements: str
      sample: [assign]
    not_tried:
      description: The steps that were not tried.
      type: list
      elements: str
      sample: [attach]
diff:
  description: The options that were set, as they were before and as they are after the task.
  returned: success, with C(--diff)
  type: dict
  sample:
    before: {disk: {name: data-01}, virtual_machine: null, attached: null}
    after: {disk: {name: data-01}, virtual_machine: {fqdn: web-01.acme.katapult.cloud}, attached: true}
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
from ..module_utils._options.disk import assignment_spec, parse_assignment
from ..module_utils._reconcile.assignment import AssignmentReconciler, ReleaseReconciler
from ..module_utils._reconcile.run import DiskResult


def ensure(module: KatapultModule) -> DiskResult:
    """Bring the disk to where the options want it. Raises KatapultError."""
    reconciler = ReleaseReconciler if module.params["state"] == "absent" else AssignmentReconciler
    return reconciler(parse_assignment(module.params), build_context(module)).ensure()


def main() -> None:
    """Run the module."""
    KatapultModule(
        argument_spec={**connection_spec(), **wait_spec(), **assignment_spec()},
        required_if=[["state", "present", ["virtual_machine"]]],
        supports_check_mode=True,
    ).run(ensure)


if __name__ == "__main__":
    main()
