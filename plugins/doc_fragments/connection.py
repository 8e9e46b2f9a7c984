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
      - If it is not set, the environment variable E(KATAPULT_API_TIMEOUT) is used. It holds a whole number without a
        unit.
    type: int
    default: 30
  api_retries:
    description:
      - How often a request is sent again after a failure that may pass.
      - A request that creates is sent again only where it was surely not carried out.
      - If it is not set, the environment variable E(KATAPULT_API_RETRIES) is used. It holds a whole number.
    type: int
    default: 5
  validate_certs:
    description: Whether the certificate of the service is verified. Turn it off for tests only.
    type: bool
    default: true
  ca_path:
    description:
      - File or directory of the certificate authorities to trust, on the machine where the module runs.
      - If it is not set, E(REQUESTS_CA_BUNDLE) is used, then E(CURL_CA_BUNDLE), then what C(requests) comes with.
    type: path
  organization:
    description:
      - The organization, by its ID or its sub-domain. Plain text is taken for the sub-domain,
        and for the ID if it has the form of one, as C(org_) and 16 letters and digits.
      - If it is not set, the environment variable E(KATAPULT_ORGANIZATION) is used. It holds a sub-domain or
        an ID.
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
  - Environment variables are read on the machine where the module runs. An empty variable counts as unset. Blanks
    around its value are dropped. It is looked at only if its option is not set.
  - Names, IDs and keys are text that can be seen. If one has a line break, another control character, a zero-width or
    otherwise invisible character, or a blank at an end, the task fails before it sends anything, and shows the
    character. An ID that is given as a name is refused as well.
  - Put a name in quotes if YAML makes something else of it, as of C(yes) or C(1.10). The task fails if it gets V(true),
    V(false) or a number with a fraction instead of text.
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
