#!/usr/bin/python
# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: katapult_disk_backup_policy
short_description: Manage backup policies of the Katapult cloud
version_added: 1.0.0
description:
  - Ensures that a disk or a virtual machine has a backup policy, or that it does not.
  - A backup policy has no name. It is found by its target and the interval of its schedule. If several fit, the task
    fails and lists them, and O(id) tells which one is meant.
  - The API does not document the units of O(retention), O(schedule.frequency), O(schedule.minute) and O(schedule.time).
    Their values are passed as given.
author:
  - Katapult Cloud collection contributors (@katapult-cloud)
extends_documentation_fragment:
  - katapult.cloud.connection
  - katapult.cloud.attributes
attributes:
  idempotent:
    description: A second run changes nothing and sends GET requests only.
    support: full
options:
  id:
    description: ID of an existing backup policy. Its interval can be changed only with this.
    type: str
  disk:
    description: Disk, whose policy it is. To find it by name, O(organization) is required.
    type: dict
    suboptions:
      id:
        description: ID of the disk.
        type: str
      name:
        description: Name of the disk. If several disks have it, the task fails.
        type: str
  virtual_machine:
    description: Virtual machine, whose policy it is. The policies of its disks are others.
    type: dict
    suboptions:
      id:
        description: ID of the virtual machine.
        type: str
      fqdn:
        description: Fully qualified name, compared without case.
        type: str
  retention:
    description: Retention of the backups. Required to create a policy.
    type: int
  schedule:
    description: When backups are made. What is not set is left as it is.
    type: dict
    suboptions:
      interval:
        description: Interval. Required to create a policy.
        type: str
        choices: [hourly, daily, weekly, monthly]
      frequency:
        description: Frequency, as the API has it.
        type: int
      minute:
        description: Minute, as the API has it.
        type: int
      time:
        description: Time, as the API has it.
        type: int
  trash_at:
    description:
      - When the policy goes to the trash by itself, in seconds since 1970, at least 5 minutes from now. Until then it
        continues.
      - A time that is set can be changed, but the API has no call to remove it.
    type: int
  exclusive:
    description: >-
      Delete all other backup policies of O(disk) or O(virtual_machine), once the given one is as described.
    type: bool
    default: false
  state:
    description:
      - V(present) creates or changes the policy.
      - V(absent) moves it to the trash. Only O(id), the target and O(schedule.interval) are considered.
    type: str
    choices: [present, absent]
    default: present
notes:
  - A schedule is sent as a whole when it is changed, with what the policy has of the rest.
  - Concurrent tasks on one control node wait for each other before they change policies of the same target.
seealso:
  - module: katapult.cloud.katapult_disk_backup_policy_info
    description: List backup policies, or read one.
  - module: katapult.cloud.katapult_disk
    description: Create, change and delete one disk.
  - module: katapult.cloud.katapult_trash_info
    description: List what is in the trash.
"""

EXAMPLES = r"""
- name: Back up a disk every day
  katapult.cloud.katapult_disk_backup_policy:
    disk: data-01
    retention: 7
    schedule:
      interval: daily
      time: 3

- name: Back up all disks of a virtual machine every week, and in no other way
  katapult.cloud.katapult_disk_backup_policy:
    virtual_machine: web-01.acme.katapult.cloud
    retention: 4
    schedule:
      interval: weekly
    exclusive: true

- name: Change the interval of a policy
  katapult.cloud.katapult_disk_backup_policy:
    id: dbp_8tWk2Lr5Qx9ZbN3v
    schedule:
      interval: hourly

- name: Let a policy end at a given time
  katapult.cloud.katapult_disk_backup_policy:
    disk: data-01
    schedule:
      interval: daily
    trash_at: "{{ ('2099-12-31' | to_datetime('%Y-%m-%d')).timestamp() | int }}"

- name: Delete a policy
  katapult.cloud.katapult_disk_backup_policy:
    disk: data-02
    schedule:
      interval: daily
    state: absent
"""

RETURN = r"""
disk_backup_policy:
  description: >-
    The backup policy, or null if it does not exist. In check mode the expected policy, with null for what only the
    service can know.
  returned: success, and failure if a policy is known
  type: dict
  contains:
    id:
      description: ID of the policy.
      type: str
      sample: dbp_8tWk2Lr5Qx9ZbN3v
    retention:
      description: Retention, as the API has it.
      type: int
      sample: 7
    total_size:
      description: Size of its backups, as the API has it.
      type: float
      sample: 0.0
    target:
      description: Disk or virtual machine, in the key C(target).
      type: dict
    schedule:
      description: C(interval) and C(next_invocation_at), C(frequency), C(minute) and C(time), as the API has them.
      type: dict
    auto_move_to_trash_at:
      description: When it goes to the trash by itself, in seconds since 1970, or null.
      type: int
removed:
  description: Other policies of the target that were deleted, as a list of the API shows them.
  returned: success with O(exclusive=true), and failure if there are any
  type: list
  elements: dict
trash_object:
  description: Entry in the trash, or null if it is not known. In check mode without ID and time.
  returned: success with O(state=absent)
  type: dict
msg:
  description: What became of the policy, or what failed.
  returned: success with O(state=absent), and failure
  type: str
diff:
  description: The options that were set, before and after the task.
  returned: success, with C(--diff)
  type: dict
error:
  description: Details of the failure, for C(rescue) blocks.
  returned: failure
  type: dict
  contains:
    code:
      description: Error code of the API or collection, such as V(several_backup_policies_found).
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
from ..module_utils._module.connection import connection_spec
from ..module_utils._module.context import build_context
from ..module_utils._module.run import ModuleRun
from ..module_utils._options.backup import backup_policy_spec, parse_backup_policy_options
from ..module_utils._reconcile.backup import PolicyReconciler, PolicyResult

SPEC = {
    "argument_spec": {**connection_spec(), **backup_policy_spec()},
    "mutually_exclusive": [["disk", "virtual_machine"]],
    "required_one_of": [["id", "disk", "virtual_machine"]],
}


def ensure(run: ModuleRun) -> PolicyResult:
    """Bring the backup policy to where the options want it. Raises KatapultError."""
    return PolicyReconciler(parse_backup_policy_options(run.params), build_context(run)).ensure()


def main() -> None:
    """Run the module."""
    KatapultModule(SPEC).run(ensure)


if __name__ == "__main__":
    main()
