# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: katapult
short_description: Katapult virtual machines as inventory
version_added: 1.0.0
author: Katapult Cloud collection contributors (@katapult-cloud)
description:
  - Reads the virtual machines of an organization, with their disks, as hosts.
  - The name of the inventory file ends in C(katapult.yml) or C(katapult.yaml). Its first line should be C(plugin).
  - >-
    Each host has the variables C(katapult_id), C(katapult_name), C(katapult_fqdn), C(katapult_public_addresses),
    C(katapult_data_center) and C(katapult_zone) (permalinks), C(katapult_package) (name), and C(katapult_created_at)
    (seconds since 1970). What the service does not tell is null.
  - >-
    The lists of virtual machines and disks are read in pages of 200, with one request for each page. The options
    O(details), O(private_addresses) and O(disk_details) need more requests, several of which are sent at a time. The
    service permits 1,000 requests a minute. After that, the plugin waits for the next minute.
extends_documentation_fragment:
  - katapult.cloud.connection.plugin
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
options:
  plugin:
    description: Name of the plugin.
    type: str
    required: true
    choices: [katapult.cloud.katapult]
  hostname:
    description: >-
      What names the hosts. If several virtual machines have the same name, or Ansible cannot use a name, these hosts
      are named by the IDs of their virtual machines, and a warning says so.
    type: str
    choices: [fqdn, name]
    default: fqdn
  connect_with:
    description: >-
      What C(ansible_host) is set to. It is not set if a virtual machine has no such address. With V(private_ipv4),
      O(private_addresses) is true. With V(none), it is never set.
    type: str
    choices: [public_ipv4, public_ipv6, private_ipv4, fqdn, none]
    default: public_ipv4
  details:
    description: >-
      Also set C(katapult_state), C(katapult_tags), C(katapult_group) (name) and C(katapult_annotations) (a mapping).
      This needs one more request for each virtual machine.
    type: bool
    default: false
  private_addresses:
    description: >-
      Also set C(katapult_private_addresses). This needs one more request for each virtual machine.
    type: bool
    default: false
  disks:
    description: >-
      Also set C(katapult_disks), a list with the keys C(id), C(name), C(size_in_gb), C(wwn), C(device), C(boot) and
      C(state) for each disk of the virtual machine. Without the scope C(disks:read), there is a warning, and the
      variable is not set.
    type: bool
    default: true
  disk_details:
    description: >-
      Also read each disk, with one more request for each. Without this, C(device) and C(boot) in C(katapult_disks) are
      null, because the list of disks does not show what they are read from.
    type: bool
    default: false
  data_centers:
    description: Only virtual machines in one of these data centers, given as permalinks or IDs.
    type: list
    elements: str
    default: []
  annotations:
    description: Only virtual machines with all these annotations, given as a mapping or as a list.
    type: list
    elements: dict
    suboptions:
      key:
        description: Key of the annotation.
        type: str
        required: true
      value:
        description: Value of the annotation.
        type: str
  tags:
    description: Only virtual machines with all these tags. Requires O(details).
    type: list
    elements: str
    default: []
  states:
    description: Only virtual machines in one of these states. Requires O(details).
    type: list
    elements: str
    default: []
    choices:
      - stopped
      - failed
      - started
      - starting
      - allocated
      - allocating
      - resetting
      - migrating
      - stopping
      - shutting_down
      - transferring
      - orphaned
"""

EXAMPLES = r"""
# All virtual machines of an organization. The token is in the variable KATAPULT_API_TOKEN.
plugin: katapult.cloud.katapult
organization: acme
---
# Groups by data center, such as katapult_uk_lon_01, and a variable for each host.
plugin: katapult.cloud.katapult
hostname: name
keyed_groups:
  - key: katapult_data_center
    prefix: katapult
groups:
  large: katapult_disks | map(attribute='size_in_gb') | sum >= 1000
compose:
  disk_names: katapult_disks | map(attribute='name') | list
---
# The running web servers of one data center, reached by their private addresses.
plugin: katapult.cloud.katapult
connect_with: private_ipv4
details: true
data_centers: [uk-lon-01]
annotations:
  env: production
tags: [web]
states: [started]
keyed_groups:
  - key: katapult_tags
    prefix: tag
  - key: katapult_group
    prefix: group
---
# The list is kept for ten minutes. ansible-playbook --flush-cache reads it again.
plugin: katapult.cloud.katapult
disks: false
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: .katapult_cache
cache_timeout: 600
---
# Another user name on the virtual machines of another data center, and disks with their device paths.
plugin: katapult.cloud.katapult
disk_details: true
strict: true
compose:
  ansible_user: "'root' if katapult_data_center == 'uk-lon-01' else 'ubuntu'"
  data_devices: katapult_disks | rejectattr('boot') | map(attribute='device') | list
"""

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from hashlib import sha256
from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.release import __version__ as ansible_version
from ansible.utils.display import Display

from ..module_utils._api.endpoints import KatapultApi
from ..module_utils._api.transport import VERSION, find_requests_problem
from ..module_utils._core.clock import Clock
from ..module_utils._module.connection import TOKEN_OPTIONS, connection_spec
from ..module_utils._module.masking import Mask, Secrets
from ..module_utils._module.run import ModuleRun
from ..module_utils._options.info import InfoResult
from ..plugin_utils._hosts import host_variables, name_hosts
from ..plugin_utils._machines import Machine, machine_query_spec, parse_machine_query, read_machines
from ..plugin_utils._options import check_options
from ..plugin_utils._placement import UnusableTaskError
from ..plugin_utils._progress import ProgressDisplay

SPEC: Mapping[str, Any] = {"argument_spec": {**connection_spec(), **machine_query_spec()}}

OWN_OPTIONS = {name for key, option in SPEC["argument_spec"].items() for name in (key, *option.get("aliases", ()))}

display = Display()


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Virtual machines as hosts."""

    NAME = "katapult.cloud.katapult"

    def verify_file(self, path: str) -> bool:
        """Whether a file is of this plugin, by its name."""
        return bool(BaseInventoryPlugin.verify_file(self, path)) and path.endswith(("katapult.yml", "katapult.yaml"))

    def set_options(self, task_keys: Any = None, var_options: Any = None, direct: Any = None) -> None:
        """Have Ansible take its own options alone: the others are taken from the file as a module takes them."""
        given: Mapping[str, Any] = direct or {}
        others = {name: value for name, value in given.items() if name not in OWN_OPTIONS}
        BaseInventoryPlugin.set_options(self, task_keys, var_options, others)
        self._given = {name: value for name, value in given.items() if name in OWN_OPTIONS or name not in self._options}

    def parse(self, inventory: InventoryData, loader: DataLoader, path: str, cache: bool = True) -> None:
        """Add the virtual machines to the inventory."""
        BaseInventoryPlugin.parse(self, inventory, loader, path, cache)
        BaseInventoryPlugin._read_config_data(self, path)
        if problem := find_requests_problem():
            raise AnsibleParserError(f"{problem}. To install it: {sys.executable} -m pip install requests")
        run = self._new_run()
        found = run.perform(partial(self._find_machines, use_cache=cache))
        if self._option("cache"):
            self._cache[found["cache_key"]] = found["machines"]
        self._add_hosts(inventory, run, found["machines"])

    def _new_run(self) -> ModuleRun:
        """A run with the options of the file, as a module would have them. Raises AnsibleParserError."""
        self.templar.available_variables = self._vars or {}
        given = {name: self._template(name, value) for name, value in self._given.items()}
        try:
            checked = check_options(given, SPEC, os.environ, f"({self.NAME}) inventory plugin")
        except UnusableTaskError as error:
            raise AnsibleParserError(str(error)) from None
        host = _Parser(checked.mask)
        run = ModuleRun(
            host,
            self.NAME.rpartition(".")[2],
            checked.params,
            check_mode=False,
            with_diff=False,
            environment=os.environ,
            ansible_version=ansible_version,
            mask=checked.mask,
            variables=checked.variables,
        )
        for warning in checked.warnings:
            run.warn(warning)
        if checked.problem is not None:
            host.finish({"failed": True, "msg": checked.problem})
        if checked.error is not None:
            run.fail(checked.error)
        return run

    def _template(self, name: str, value: Any) -> Any:
        """The value of an option, decrypted and without templates. Raises AnsibleParserError."""
        problems = []
        try:
            return self.templar.template(value)
        except AnsibleError as error:
            problems.append(str(error))
        # Out of the `except`: since 2.19 ansible-core fails at the end where the cause is a vault without a password.
        # A template may be quoted, and be a token that looks like one.
        secrets = Secrets([value] if name in TOKEN_OPTIONS and isinstance(value, str) else [])
        raise AnsibleParserError(f"{name} cannot be used: {Mask(secrets, set()).printable(problems[0])}")

    def _find_machines(self, run: ModuleRun, use_cache: bool) -> InfoResult:
        """The machines of the cache, or else of the service. Raises KatapultError."""
        query = parse_machine_query(run.params)
        # Another version may read something else.
        known = f"{VERSION} {run.params['api_url'].strip().rstrip('/')} {query}"
        key = f"{self.NAME}_{sha256(known.encode()).hexdigest()[:32]}"
        machines = None
        if use_cache and self._option("cache"):
            with suppress(KeyError):
                machines = self._cache[key]
        if machines is None:
            machines = read_machines(KatapultApi(run.http()), query, run.warn)
        return InfoResult({"cache_key": key, "machines": machines})

    def _add_hosts(self, inventory: InventoryData, run: ModuleRun, machines: Sequence[Machine]) -> None:
        hosts, warnings = name_hosts(machines, run.params["hostname"])
        for warning in warnings:
            run.warn(warning)
        compose, groups, keyed_groups = map(self._option, ("compose", "groups", "keyed_groups"))
        strict = self._option("strict")
        for name, machine in hosts.items():
            inventory.add_host(name)
            variables = host_variables(machine, run.params["connect_with"])
            for key, value in variables.items():
                inventory.set_variable(name, key, value)
            Constructable._set_composite_vars(self, compose, variables, name, strict)
            Constructable._add_host_to_composed_groups(self, groups, variables, name, strict)
            Constructable._add_host_to_keyed_groups(self, keyed_groups, variables, name, strict)

    def _option(self, name: str) -> Any:
        """One of Ansible's own options."""
        return BaseInventoryPlugin.get_option(self, name)


class _Parser:
    """Ansible's parser of inventories as the place where a run is."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._progress = ProgressDisplay(display.v, Clock())

    def warn(self, warning: str) -> None:
        """Show a warning."""
        display.warning(warning)

    def show_progress(self, text: str, *, always: bool) -> None:
        """Show why requests wait with -v."""
        self._progress.tell(text, always=always)

    def finish(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """The result, masked. Raises AnsibleParserError for a failure."""
        if result.get("failed"):
            raise AnsibleParserError(self._mask.printable(result["msg"]))
        # All keys are the plugin's own.
        masked: dict[str, Any] = self._mask.hide(result)
        return masked
