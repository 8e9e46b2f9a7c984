# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""State and faults out of JSON, as a seed file and the control calls give them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Callable

from .checks import check_fields, check_list, check_object
from .faults import Fault
from .models import DataCenter, IoProfile, Organization
from .policy import Limit, Policy
from .seed_schema import BackupPolicyDescription, DiskDescription, MachineDescription, TaskDescription, TokenDescription
from .settings import Settings
from .state import State

# Kind -> what describes one of it, and the field that must be there
_KINDS: dict[str, tuple[Any, str]] = {
    "other_organizations": (Organization, "sub_domain"),
    "data_centers": (DataCenter, "permalink"),
    "io_profiles": (IoProfile, "permalink"),
    "virtual_machines": (MachineDescription, "fqdn"),
    "disks": (DiskDescription, "name"),
    "disk_backup_policies": (BackupPolicyDescription, "retention"),
    "tasks": (TaskDescription, "name"),
    "tokens": (TokenDescription, "token"),
}


def seed(state: State, document: Mapping[str, Any]) -> dict[str, list[str]]:
    """Add what a document describes, and return the new ids by kind.

    Its keys: ``settings``, ``organization`` and ``policy`` (mappings of what to set), and ``other_organizations``,
    ``data_centers``, ``io_profiles``, ``virtual_machines``, ``disks``, ``disk_backup_policies``, ``tasks``, ``tokens``
    (lists of what the ``add_...`` functions of State take; a token is a TokenDescription). Anything else raises
    ValueError, with a sentence that says where.
    """
    kinds: dict[str, Callable[..., str]] = {
        "other_organizations": state.add_organization,
        "data_centers": state.add_data_center,
        "io_profiles": state.add_io_profile,
        "virtual_machines": state.add_vm,
        "disks": state.add_disk,
        "disk_backup_policies": state.add_backup_policy,
        "tasks": state.add_task,
    }
    _check(document)
    with state.lock:
        state.advance()
        state.settings.update(document.get("settings", {}))
        for name, value in document.get("organization", {}).items():
            setattr(state.organization, name, value)
        for token in document.get("tokens", []):
            state.add_token(token["token"], token.get("scopes"), token.get("refuse"), token.get("user", True))
        state.set_policy(**document.get("policy", {}))
        return {kind: _add_all(kind, add, document.get(kind, [])) for kind, add in kinds.items()}


def _check(document: Mapping[str, Any]) -> None:
    check_object("a seed", document, ["settings", "organization", "policy", *_KINDS])
    check_fields("settings", document.get("settings", {}), Settings)
    check_fields("organization", document.get("organization", {}), Organization)
    _check_policy(document.get("policy", {}))
    for kind, (description, required) in _KINDS.items():
        check_list(kind, document.get(kind, []))
        for index, item in enumerate(document.get(kind, [])):
            check_fields(f"{kind}[{index}]", item, description, [required])


def _check_policy(policy: Mapping[str, Any]) -> None:
    known = Policy()
    check_fields("policy", policy, Policy)
    check_object("policy: limits", policy.get("limits", {}), known.limits)
    check_object("policy: features", policy.get("features", {}), known.features)
    for name, limit in policy.get("limits", {}).items():
        check_fields(f"policy: limits: {name}", limit, Limit)


def _add_all(kind: str, add: Callable[..., str], items: Sequence[Mapping[str, Any]]) -> list[str]:
    added = []
    for index, item in enumerate(items):
        try:
            added.append(add(**item))
        except KeyError as problem:
            raise ValueError(f"{kind}[{index}]: {problem.args[0]}") from problem
    return added


def fault_from(document: Any) -> Fault:
    """Return a fault out of its fields as JSON; ``body_base64`` gives a body that is not text."""
    fields = document
    if isinstance(document, Mapping) and "body_base64" in document:
        fields = {name: value for name, value in document.items() if name != "body_base64"}
        fields["body"] = _decoded(document["body_base64"])
    check_fields("a fault", fields, Fault)
    return Fault(**fields)


def _decoded(text: Any) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, binascii.Error) as problem:
        raise ValueError(f"a fault: body_base64 is no base64: {problem}") from problem
