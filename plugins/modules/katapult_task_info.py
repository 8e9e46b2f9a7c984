#!/usr/bin/python
# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: katapult_task_info
short_description: Read or await a task of the Katapult cloud
version_added: 1.0.0
description:
  - Reads a background task of the service, such as the one that builds a disk. Nothing is changed.
  - With O(wait=true) the module waits until the task is completed or failed.
  - That the task itself has failed is no failure of this module. C(failed_when) makes it one, as the examples show.
  - Where no task has the O(id), the module fails with the service's C(task_not_found).
author:
  - Katapult Cloud collection contributors (@katapult-cloud)
extends_documentation_fragment:
  - katapult.cloud.connection
  - katapult.cloud.wait
  - katapult.cloud.attributes.info_module
  - katapult.cloud.attributes
attributes:
  idempotent:
    description: Changes nothing, however often it runs.
    support: full
options:
  id:
    description: ID of the task, as RV(katapult.cloud.katapult_disk#module:task) has it.
    type: str
    required: true
  wait:
    description:
      - Whether to wait until the task is completed or failed.
      - With V(false) the task is returned as it is.
    type: bool
    default: false
seealso:
  - module: katapult.cloud.katapult_disk
    description: Makes sure of one disk.
  - module: katapult.cloud.katapult_disk_info
    description: Reads disks.
"""

EXAMPLES = r"""
- name: Look at the task of a create that was not waited for
  katapult.cloud.katapult_task_info:
    id: "{{ archive.task.id }}"

- name: Wait for its end, and fail where it has failed
  katapult.cloud.katapult_task_info:
    id: "{{ archive.task.id }}"
    wait: true
    wait_timeout: 300
  register: build
  failed_when: build is failed or build.tasks[0].status == 'failed'
"""

RETURN = r"""
tasks:
  description: The task, as a list of one.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the task.
      type: str
      returned: always
      sample: task_CkH4RRbnv0A8YE2u
    name:
      description: What the task does.
      type: str
      returned: always
      sample: Build disk
    status:
      description: One of C(pending), C(running), C(completed) and C(failed).
      type: str
      returned: always
      sample: completed
    created_at:
      description: When it was queued, in seconds since 1970.
      type: int
      returned: always
      sample: 1786810364
    started_at:
      description: When it began, in seconds since 1970, or null.
      type: int
      returned: always
      sample: 1786810364
    finished_at:
      description: When it ended, in seconds since 1970, or null.
      type: int
      returned: always
      sample: 1786810365
    progress:
      description: How far it is, in per cent. It moves in jumps.
      type: int
      returned: always
      sample: 100
task:
  description: The task as it was last seen. It has the keys of those in RV(tasks).
  returned: on failure, where it did not end within O(wait_timeout)
  type: dict
  sample:
    id: task_CkH4RRbnv0A8YE2u
    name: Build disk
    status: running
    created_at: 1786810364
    started_at: 1786810364
    finished_at: null
    progress: 37
error:
  description: What failed, in a form for rescue blocks.
  returned: failure
  type: dict
  contains:
    code:
      description: The service's code of the error, or one of the collection's own such as V(wait_timeout).
      type: str
      sample: task_not_found
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
      sample: /tasks/task
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
from ..module_utils._module.base import KatapultModule, connection_spec, wait_spec
from ..module_utils._options.disk import parse_text
from ..module_utils._options.info import InfoResult
from ..module_utils._reconcile.info import finished_task


def tasks(module: KatapultModule) -> InfoResult:
    """The task of the id, at its end where that is waited for. Raises KatapultError."""
    task_id = str(parse_text(module.params, "id"))
    api = KatapultApi(module.http())
    wait = module.params["wait"]
    task = finished_task(api, task_id, Poller(module.clock, module.deadline)) if wait else api.get_task(task_id)
    return InfoResult("tasks", [task.payload])


def main() -> None:
    """Run the module."""
    KatapultModule(
        argument_spec={
            **connection_spec(),
            **wait_spec(),
            "id": {"type": "str", "required": True},
            "wait": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    ).run(tasks)


if __name__ == "__main__":
    main()
