# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policy of the organization: how much it may have of everything, and what it may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

PolicyType = Literal["auto", "override", "none"]

# Each with its limit and unit: the documents name neither the units nor usual limits
_LIMITS: dict[str, tuple[int, str | None]] = {
    "uninvoiced_balance": (10_000, None),
    "virtual_machines": (500, None),
    "virtual_machine_memory": (4_000, "GB"),
    "managed_organizations": (10, None),
    "unallocated_ip_addresses": (50, None),
    "disk_space": (100_000, "GB"),
    "security_groups": (100, None),
    "virtual_networks": (50, None),
    "load_balancers": (50, None),
    "dns_zones": (500, None),
    "certificates": (100, None),
    "file_storage_volumes": (50, None),
    "isos": (20, None),
    "disk_iops": (100_000, "IOPS"),
    "network_speed": (10_000, "Mbps"),
}
_FEATURES = (
    "disk_bus_configuration",
    "zone_selection",
    "restricted_traffic_types",
    "suspension",
    "flexible_virtual_machine_resources",
)


@dataclass(frozen=True)
class Limit:
    """A limit; one of None is no limit. What is used of it is ``current``, or counted where that is None."""

    limit: int | None
    unit: str | None = None
    current: int | None = None


@dataclass(frozen=True)
class Policy:
    """The policy. A disk size of None is no limit."""

    policy_type: PolicyType = "auto"
    policy_name: str | None = None
    limits: dict[str, Limit] = field(
        default_factory=lambda: {name: Limit(limit, unit) for name, (limit, unit) in _LIMITS.items()}
    )
    features: dict[str, bool] = field(default_factory=lambda: dict.fromkeys(_FEATURES, True))
    reasons_for_disallowing_resource_creation: list[str] = field(default_factory=list)
    minimum_disk_size: int | None = 10
    maximum_disk_size: int | None = None

    def changed(
        self,
        limits: Mapping[str, Mapping[str, Any]] | None = None,
        features: Mapping[str, bool] | None = None,
        **fields: Any,
    ) -> Policy:
        """Return the policy with these limits, features and other fields; what is not given stays as it is."""
        new_limits = {name: replace(self.limits[name], **given) for name, given in (limits or {}).items()}
        new_features = {**self.features, **(features or {})}
        return replace(self, limits={**self.limits, **new_limits}, features=new_features, **fields)
