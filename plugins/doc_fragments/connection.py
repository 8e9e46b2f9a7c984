# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options of the connection, which every module takes."""

    DOCUMENTATION = r"""
options:
  api_token:
    description:
      - API token. Spaces and line ends around it are removed.
      - If it is not set, the environment variable E(KATAPULT_API_TOKEN) is used, and then E(KATAPULT_API_KEY).
    type: str
    required: true
    aliases: [api_key]
  api_url:
    description:
      - URL of the API, with the version in its path. A slash at its end makes no difference.
      - If it is not set, the environment variable E(KATAPULT_API_URL) is used.
      - Plain C(http) is accepted only for a server on the same computer, and is never sent through a proxy.
    type: str
    default: https://api.katapult.io/core/v1
  api_timeout:
    description:
      - Longest time, in seconds, to wait for a connection, and between two bytes of an answer. A whole request may take
        four times as long.
      - If it is not set, the environment variable E(KATAPULT_API_TIMEOUT) is used.
    type: int
    default: 30
  api_retries:
    description:
      - How often a request is sent again after a failure that may pass.
      - A request that creates is sent again only where it was surely not carried out.
      - If it is not set, the environment variable E(KATAPULT_API_RETRIES) is used.
    type: int
    default: 5
  validate_certs:
    description: Whether the certificate of the service is verified. Turn it off for tests only.
    type: bool
    default: true
  ca_path:
    description: File or directory of the certificate authorities to trust, on the machine where the module runs.
    type: path
  organization:
    description:
      - The organization, by its ID or its sub-domain. Plain text is taken for the sub-domain.
      - If it is not set, the environment variable E(KATAPULT_ORGANIZATION) is used. It holds a sub-domain.
      - Required where a disk is looked up by name or created, and where disks or disk I/O profiles are listed.
    type: dict
    suboptions:
      id:
        description: ID of the organization.
        type: str
      sub_domain:
        description: Sub-domain of the organization.
        type: str
requirements:
  - python >= 3.9
  - requests >= 2.25.1
notes:
  - Environment variables are read on the machine where the module runs. An empty variable counts as unset.
  - Where an inventory lists C(localhost), set C(ansible_python_interpreter) to C({{ ansible_playbook_python }}) for it.
    The module then runs with the Python of Ansible, beside which C(requests) is installed.
seealso:
  - name: Guide to the collection
    description: How to install it, how to give it a token, what it promises, and playbooks to start from.
    link: https://github.com/katapult-cloud/ansible-collection-katapult/blob/main/README.md
  - name: Katapult API documentation
    description: Reference of the API that the modules use.
    link: https://developers.katapult.io/api/docs/latest/
"""
