# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""State and faults out of JSON, as a seed file and the control calls give them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Callable

from .faults import Fault
from .state import State


def seed(state: State, document: Mapping[str, Any]) -> dict[str, list[str]]:
    """Add what a document describes, and return the new ids by kind.

    Its keys: ``settings`` and ``organization`` (mappings of what to set), and ``data_centers``, ``io_profiles``,
    ``virtual_machines``, ``disks``, ``tasks``, ``tokens`` (lists of what the ``add_...`` functions of State take; a
    token is {"token", "scopes", "refuse"}). Anything else raises ValueError.
    """
    kinds: dict[str, Callable[..., str]] = {
        "data_centers": state.add_data_center,
        "io_profiles": state.add_io_profile,
        "virtual_machines": state.add_vm,
        "disks": state.add_disk,
        "tasks": state.add_task,
    }
    unknown = set(document) - set(kinds) - {"settings", "organization", "tokens"}
    if unknown:
        raise ValueError(f"a seed has no {', '.join(sorted(unknown))}")
    with state.lock:
        state.advance()
        state.settings.update(document.get("settings", {}))
        for name, value in document.get("organization", {}).items():
            setattr(state.organization, name, value)
        for token in document.get("tokens", []):
            state.add_token(token["token"], token.get("scopes"), token.get("refuse"))
        return {kind: [add(**item) for item in document.get(kind, [])] for kind, add in kinds.items()}


def fault_from(document: Mapping[str, Any]) -> Fault:
    """Return a fault out of its fields as JSON; ``body_base64`` gives a body that is not text."""
    fields = dict(document)
    if "body_base64" in fields:
        fields["body"] = base64.b64decode(fields.pop("body_base64"))
    return Fault(**fields)
