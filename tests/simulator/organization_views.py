# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON for the organization, its policy, and the user whose token it is."""

from __future__ import annotations

from typing import Any

from . import usage
from .models import Organization, Token
from .policy import Limit, Policy
from .state import State
from .views import COUNTRY, Json

_CURRENCY = {"id": "cur_SimulatedPound", "name": "British Pound", "iso_code": "GBP", "symbol": "\u00a3"}
_WITHOUT_CURRENT = ("disk_iops", "network_speed")


def organization(item: Organization, created_at: int) -> Json:
    """Return the organization as a virtual machine shows it."""
    return {
        "id": item.id,
        "name": item.name,
        "sub_domain": item.sub_domain,
        "infrastructure_domain": item.sub_domain + ".example",
        "created_at": created_at,
        "activated_at": created_at,
        "suspended": False,
        "managed": item.managed,
        "uuid": "00000000-0000-4000-8000-000000000000",
        "billing_name": item.name,
        **{f"address{line}": f"Line {line}" for line in range(1, 5)},
        "postcode": "AB1 2CD",
        "country": dict(COUNTRY),
        "country_state": None,
        "currency": dict(_CURRENCY),
        "phone_number": None,
        "vat_number": None,
    }


def policy(state: State) -> Json:
    """Return the policy with what is used of it."""
    item = state.policy
    return {
        "policy_type": item.policy_type,
        "policy_name": item.policy_name,
        "limits": {name: _limit(state, name, limit) for name, limit in item.limits.items()},
        "features": {name: {"permitted": permitted} for name, permitted in item.features.items()},
        "reasons_for_disallowing_resource_creation": item.reasons_for_disallowing_resource_creation,
    }


def _limit(state: State, name: str, limit: Limit) -> Json:
    most = state.settings.no_limit if limit.limit is None else limit.limit
    if name in _WITHOUT_CURRENT:
        return {"limit": most, "unit": limit.unit}
    current = usage.used(state, name)
    if name == "uninvoiced_balance":
        return {
            "limit": None if most is None else float(most),
            "current": float(current),
            "currency": dict(_CURRENCY),
        }
    return {"limit": most, "current": current, "unit": limit.unit}


def policy_limits(item: Policy) -> Json:
    """Return the limits alone, each as a value or as unlimited."""
    shown: Json = {
        f"maximum_{name}": _value(limit.limit)
        for name, limit in item.limits.items()
        if name not in (*_WITHOUT_CURRENT, "uninvoiced_balance")
    }
    balance = item.limits["uninvoiced_balance"].limit
    return {
        "maximum_uninvoiced_balance": _value(None if balance is None else float(balance)),
        **shown,
        "maximum_disk_size": _value(item.maximum_disk_size),
        "minimum_disk_size": {"value": item.minimum_disk_size},
        "flexible_virtual_machine_resources": item.features["flexible_virtual_machine_resources"],
        "allow_suspension": item.features["suspension"],
        "allow_restricted_traffic_types": item.features["restricted_traffic_types"],
    }


def _value(value: float | None) -> Json:
    return {"value": value, "unlimited": value is None}


def current_user(state: State, token: Token) -> dict[str, Any]:
    """Return the user whose token it is, with all organizations that the user has."""
    return {
        "user": {
            "id": "user_SimulatedUser",
            "first_name": "Ada",
            "last_name": "Example",
            "avatar_url": "https://avatars.example/ada.png",
        },
        "organizations": [
            {"id": item.id, "name": item.name, "sub_domain": item.sub_domain}
            for item in (state.organization, *state.other_organizations)
        ],
        "api_token_id": token.id,
    }
