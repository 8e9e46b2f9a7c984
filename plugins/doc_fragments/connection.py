# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options of the connection, which every module takes."""

    DOCUMENTATION = r"""
options:
  api_token:
    description: API token. If not set, E(KATAPULT_API_TOKEN) is used, then E(KATAPULT_API_KEY).
    type: str
    required: true
    aliases: [api_key]
  api_url:
    description: >-
      URL of the API. If not set, E(KATAPULT_API_URL) is used. C(http) works only on the same computer, without a proxy.
    type: str
    default: https://api.katapult.io/core/v1
  api_timeout:
    description: >-
      Seconds to wait for a connection, or for more of a response. If not set, E(KATAPULT_API_TIMEOUT) is used.
    type: int
    default: 30
  api_retries:
    description: How often to retry after a temporary failure. If not set, E(KATAPULT_API_RETRIES) is used.
    type: int
    default: 5
  validate_certs:
    description: Verify the TLS certificate. V(false) is for tests.
    type: bool
    default: true
  ca_path:
    description: >-
      File or directory of certificate authorities. If not set, E(REQUESTS_CA_BUNDLE) or E(CURL_CA_BUNDLE) is used.
    type: path
  organization:
    description: >-
      Organization. If not set, E(KATAPULT_ORGANIZATION) is used. Required to list disks or I/O profiles, and to find,
      create or rename a disk by name.
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
  - Environment variables are read where the task runs.
  - Instead of a dictionary with an ID or a name, give either as text. IDs are C(org_), C(loc_), C(dc_), C(diop_),
    C(vm_) or C(disk_) and 16 letters and digits. They are not accepted as names.
  - Names, IDs and keys must not have invisible characters, or blanks at either end.
  - Quote names that YAML reads as something else, such as C(yes) or C(1.10).
seealso:
  - name: Guides of the collection
    description: Credentials, changes, failures and playbooks.
    link: https://github.com/katapult-cloud/ansible-collection-katapult/blob/main/README.md
  - name: Katapult API documentation
    description: Reference of the API that the modules use.
    link: https://developers.katapult.io/api/docs/latest/
"""

    # Of a plugin, Ansible misses what is required before the plugin could look at the environment.
    PLUGIN = r"""
options:
  api_token:
    description: API token. If not set, E(KATAPULT_API_TOKEN) is used, then E(KATAPULT_API_KEY).
    type: str
    aliases: [api_key]
  api_url:
    description: >-
      URL of the API. If not set, E(KATAPULT_API_URL) is used. C(http) works only on the same computer, without a proxy.
    type: str
    default: https://api.katapult.io/core/v1
  api_timeout:
    description: >-
      Seconds to wait for a connection, or for more of a response. If not set, E(KATAPULT_API_TIMEOUT) is used.
    type: int
    default: 30
  api_retries:
    description: How often to retry after a temporary failure. If not set, E(KATAPULT_API_RETRIES) is used.
    type: int
    default: 5
  validate_certs:
    description: Verify the TLS certificate. V(false) is for tests.
    type: bool
    default: true
  ca_path:
    description: >-
      File or directory of certificate authorities. If not set, E(REQUESTS_CA_BUNDLE) or E(CURL_CA_BUNDLE) is used.
    type: path
  organization:
    description: >-
      Organization. If not set, E(KATAPULT_ORGANIZATION) is used. Required.
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
  - Environment variables that are empty count as unset.
  - Instead of a dictionary with an ID or a name, give either as text. IDs are C(org_), C(loc_), C(dc_), C(diop_),
    C(vm_) or C(disk_) and 16 letters and digits. They are not accepted as names.
  - Names, IDs and keys must not have invisible characters, or blanks at either end.
  - Quote names that YAML reads as something else, such as C(yes) or C(1.10).
seealso:
  - name: Guides of the collection
    description: Credentials, changes, failures and playbooks.
    link: https://github.com/katapult-cloud/ansible-collection-katapult/blob/main/README.md
  - name: Katapult API documentation
    description: Reference of the API that the collection uses.
    link: https://developers.katapult.io/api/docs/latest/
"""
