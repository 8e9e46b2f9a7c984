#!/usr/bin/python
# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: katapult_disk_backup_policy_info
short_description: List backup policies of the Katapult cloud
version_added: 1.0.0
description:
  - Lists the backup policies of a disk, a virtual machine or an organization, or reads one. Nothing is changed.
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
    description: >-
      ID of a backup policy, which is read in full. If it does not exist or is in the trash, the list is empty.
    type: str
  disk:
    description: Disk, whose policies are listed. To find it by name, O(organization) is required.
    type: dict
    suboptions:
      id:
        description: ID of the disk.
        type: str
      name:
        description: Name of the disk. If several disks have it, the task fails.
        type: str
  virtual_machine:
    description: Virtual machine, whose policies are listed. If no target is set, those of O(organization) are.
    type: dict
    suboptions:
      id:
        description: ID of the virtual machine.
        type: str
      fqdn:
        description: Fully qualified name, compared without case.
        type: str
  include_disks:
    description: With O(virtual_machine), also list the policies of its disks.
    type: bool
    default: false
  details:
    description: >-
      Read each policy in full, which takes one request for each. Otherwise C(frequency), C(minute), C(time) and
      C(auto_move_to_trash_at) are not returned.
    type: bool
    default: false
seealso:
  - module: katapult.cloud.katapult_disk_backup_policy
    description: Create, change and delete backup policies.
  - module: katapult.cloud.katapult_disk_info
    description: List disks, or read one.
"""

EXAMPLES = r"""
- name: List the backup policies of an organization
  katapult.cloud.katapult_disk_backup_policy_info:
    organization: acme
  register: backups

- name: Show those that are daily
  ansible.builtin.debug:
    msg: "{{ item.id }} runs next at {{ '%Y-%m-%d %H:%M' | strftime(item.schedule.next_invocation_at) }}"
  loop: "{{ backups.disk_backup_policies | selectattr('schedule.interval', 'equalto', 'daily') }}"

- name: Read the policies of a virtual machine and of its disks in full
  katapult.cloud.katapult_disk_backup_policy_info:
    virtual_machine: web-01.acme.katapult.cloud
    include_disks: true
    details: true
"""

RETURN = r"""
disk_backup_policies:
  description: The backup policies, in the order of the API.
  returned: success
  type: list
  elements: dict
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
      description: >-
        C(interval) and C(next_invocation_at), with O(details=true) or O(id) also C(frequency), C(minute) and C(time),
        as the API has them.
      type: dict
    auto_move_to_trash_at:
      description: >-
        When it goes to the trash by itself, in seconds since 1970, or null. Only with O(details=true) or O(id).
      type: int
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
from ..module_utils._options.backup import backup_query_spec, parse_backup_query
from ..module_utils._options.info import InfoResult
from ..module_utils._reconcile.backup_lookup import find_backup_policies

SPEC = {
    "argument_spec": {**connection_spec(), **backup_query_spec()},
    "mutually_exclusive": [["id", "disk", "virtual_machine"]],
}


def backup_policies(run: ModuleRun) -> InfoResult:
    """The backup policies that the options ask for. Raises KatapultError."""
    query = parse_backup_query(run.params)
    return find_backup_policies(KatapultApi(run.http()), Poller(run.clock, run.deadline), query)


def main() -> None:
    """Run the module."""
    KatapultModule(SPEC).run(backup_policies)


if __name__ == "__main__":
    main()
