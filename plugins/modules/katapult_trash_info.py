#!/usr/bin/python
# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: katapult_trash_info
short_description: List the trash of an organization on the Katapult cloud
version_added: 1.0.0
description:
  - Lists what is in the trash of an organization, until when it can be restored, and by which ID. Nothing is changed.
  - The API shows no names here. The C(msg) and the diff of a deletion have the name and the ID of the disk.
  - The API token needs the scope C(trash_objects:read).
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
  object_types:
    description: Types of the objects to list, as in the API, compared without case. V(all) lists all.
    type: list
    elements: str
    default: [Disk]
seealso:
  - module: katapult.cloud.katapult_disk
    description: Restore a disk with O(katapult.cloud.katapult_disk#module:restore=true), or purge it.
  - module: katapult.cloud.katapult_disk_info
    description: List disks, or read one.
"""

EXAMPLES = r"""
- name: List the disks in the trash
  katapult.cloud.katapult_trash_info:
    organization: acme
  register: trash

- name: Show which can be restored, and until when
  ansible.builtin.debug:
    msg: "{{ item.object_id }} until {{ '%Y-%m-%d %H:%M' | strftime(item.keep_until) }}"
  loop: "{{ trash.trash_objects }}"

- name: List all that is in the trash
  katapult.cloud.katapult_trash_info:
    object_types: [all]
"""

RETURN = r"""
trash_objects:
  description: What is in the trash, in the order of the API.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the entry in the trash.
      type: str
      sample: trsh_9jXZ7Vb3kq2LmN5p
    object_type:
      description: Type of the object.
      type: str
      sample: Disk
    object_id:
      description: ID of the object, with which a disk is restored or purged.
      type: str
      sample: disk_5nGk37D3RLE7Kuza
    keep_until:
      description: When it will be purged, in seconds since 1970.
      type: int
      sample: 1793600000
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
from ..module_utils._module.base import KatapultModule
from ..module_utils._module.connection import connection_spec
from ..module_utils._module.run import ModuleRun
from ..module_utils._options.disk import parse_lookup, require_organization
from ..module_utils._options.info import InfoResult, filter_trash, parse_object_types

SPEC = {
    "argument_spec": {
        **connection_spec(),
        "object_types": {"type": "list", "elements": "str", "default": ["Disk"]},
    },
}


def trash_objects(run: ModuleRun) -> InfoResult:
    """What the options ask for of the trash. Raises KatapultError."""
    object_types = parse_object_types(run.params)
    organization = require_organization(parse_lookup(run.params, "organization"), "list its trash")
    rows = KatapultApi(run.http()).list_trash_objects(organization)
    return InfoResult({"trash_objects": filter_trash(rows, object_types)})


def main() -> None:
    """Run the module."""
    KatapultModule(SPEC).run(trash_objects)


if __name__ == "__main__":
    main()
