#!/usr/bin/python
# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: katapult_task_info
short_description: Read a task of the Katapult cloud, or wait for it
version_added: 1.0.0
description:
  - Reads a background task of the API, such as the build of a disk. Nothing is changed.
  - A task that has failed does not fail this module. Use C(failed_when) for that, as in the example.
  - If no task has the O(id), the module fails with C(task_not_found).
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
    description: ID of the task, for example from RV(katapult.cloud.katapult_disk#module:task).
    type: str
    required: true
  wait:
    description: Wait until the task has completed or failed.
    type: bool
    default: false
seealso:
  - module: katapult.cloud.katapult_disk
    description: Create, change and delete one disk.
  - module: katapult.cloud.katapult_disk_info
    description: List disks, or read one.
"""

EXAMPLES = r"""
- name: Read the task that katapult_disk started with wait=false
  katapult.cloud.katapult_task_info:
    id: "{{ archive.task.id }}"

- name: Wait for the task, and fail if it has failed
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
      sample: task_CkH4RRbnv0A8YE2u
    name:
      description: What the task does.
      type: str
      sample: Build disk
    status:
      description: C(pending), C(running), C(completed) or C(failed).
      type: str
      sample: completed
    created_at:
      description: Time when the task was queued, in seconds since 1970.
      type: int
    started_at:
      description: Time when the task started, or null.
      type: int
    finished_at:
      description: Time when the task ended, or null.
      type: int
    progress:
      description: Progress in percent. It moves in jumps.
      type: int
task:
  description: The task as last seen, with the keys of RV(tasks).
  returned: failure, if the task did not end within O(wait_timeout)
  type: dict
error:
  description: Details of the failure, for C(rescue) blocks.
  returned: failure
  type: dict
  contains:
    code:
      description: Error code of the API or collection, such as V(wait_timeout).
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
from ..module_utils._module.connection import connection_spec, wait_spec
from ..module_utils._module.run import ModuleRun
from ..module_utils._options.disk import parse_text
from ..module_utils._options.info import InfoResult
from ..module_utils._reconcile.info import finished_task

SPEC = {
    "argument_spec": {
        **connection_spec(),
        **wait_spec(),
        "id": {"type": "str", "required": True},
        "wait": {"type": "bool", "default": False},
    },
}


def tasks(run: ModuleRun) -> InfoResult:
    """The task of the id, at its end where that is waited for. Raises KatapultError."""
    task_id = str(parse_text(run.params, "id"))
    api = KatapultApi(run.http())
    wait = run.params["wait"]
    task = finished_task(api, task_id, Poller(run.clock, run.deadline)) if wait else api.get_task(task_id)
    return InfoResult({"tasks": [task.payload]})


def main() -> None:
    """Run the module."""
    KatapultModule(SPEC).run(tasks)


if __name__ == "__main__":
    main()
