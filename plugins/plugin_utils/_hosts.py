# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts that virtual machines become: their names, and their variables. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from ansible.utils.unsafe_proxy import wrap_var

from ..module_utils._core.errors import join_some
from ..module_utils._options.text import find_name_problem
from ._machines import PRIVATE_IPV4, Machine

# Ansible has a meaning of its own for them.
RESERVED = ("all", "ungrouped", "localhost", "127.0.0.1")
MAX_NAMED = 10


def name_hosts(machines: Sequence[Machine], option: str) -> tuple[dict[str, Machine], list[str]]:
    """The machines by the names of their hosts, and warnings. `option` is the key that names them.

    No two become one host: if several have a name, or Ansible can't use it, the ID names the host.
    """
    counts = Counter(machine[option] for machine in machines)
    ids = {machine["id"] for machine in machines}
    hosts, unfit = {}, []
    for machine in machines:
        name, own_id = machine[option], machine["id"]
        if counts[name] == 1 and (name not in ids or name == own_id) and is_host_name(name):
            hosts[name] = machine
        else:
            unfit.append(machine)
            hosts[own_id] = machine
    return hosts, list(_warnings(unfit, option, counts))


def _warnings(unfit: Sequence[Machine], option: str, counts: Mapping[str | None, int]) -> Iterator[str]:
    same: dict[str, list[str]] = {}
    alone = []
    for machine in unfit:
        name = machine[option]
        if name is not None and counts[name] > 1:
            same.setdefault(name, []).append(machine["id"])
        else:
            alone.append(f"{machine['id']} ({'none' if name is None else repr(name)})")
    for name, ids in same.items():
        yield (
            f"{len(ids)} virtual machines have the {option} {name!r}, so that their hosts are named by their IDs: "
            f"{join_some(ids, MAX_NAMED)}."
        )
    if alone:
        yield (
            f"These virtual machines have no {option} that can name a host, so that their hosts are named by their "
            f"IDs: {join_some(alone, MAX_NAMED)}."
        )


def is_host_name(name: Any) -> bool:
    """Whether a value of an answer can name a host: no pattern, path, option of ssh or template, and seen as it is."""
    return (
        isinstance(name, str)
        and re.fullmatch(r"\w(?:[\w .@+-]*\w)?", name) is not None
        and name.lower() not in RESERVED
        and find_name_problem("host", name) is None
    )


def host_variables(machine: Machine, connect_with: str) -> dict[str, Any]:
    """The variables of a host. None of them is a template, whatever the service says."""
    variables = {f"katapult_{key}": value for key, value in machine.items()}
    if "annotations" in machine:
        variables["katapult_annotations"] = dict(machine["annotations"])
    address = _connection_address(machine, connect_with)
    if address is not None:
        variables["ansible_host"] = address
    return {name: _untemplated(value) for name, value in variables.items()}


def _connection_address(machine: Machine, connect_with: str) -> str | None:
    if connect_with == "fqdn":
        return machine["fqdn"] if is_host_name(machine["fqdn"]) else None
    kind = "private_addresses" if connect_with == PRIVATE_IPV4 else "public_addresses"
    version = {"public_ipv4": 4, "public_ipv6": 6, PRIVATE_IPV4: 4}.get(connect_with)
    return next((address for address in machine.get(kind, ()) if _ip_version(address) == version), None)


def _ip_version(address: str) -> int | None:
    """4 or 6; 0 for text that is no address."""
    try:
        return ip_address(address).version
    except ValueError:
        return 0


def _untemplated(value: Any) -> Any:
    """The value with every text marked as unsafe that could be a template or, in a condition, an expression.

    Only these: up to ansible-core 2.18, ansible-inventory shows what is marked in another form.
    """
    if isinstance(value, Mapping):
        return {_untemplated(key): _untemplated(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_untemplated(item) for item in value]
    is_plain = not isinstance(value, str) or re.fullmatch(r"[\w .:/@+-]*", value)
    return value if is_plain else wrap_var(value)
