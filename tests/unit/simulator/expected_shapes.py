# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documents of the API say of its answers: keys and types, as tables.

A table is an object of keys, a list with the table of its items, a type, or a tuple of what a value can be. None stands
for null.
"""

from __future__ import annotations

from typing import Any

PAGINATION = {
    "current_page": int,
    "total_pages": (int, None),
    "total": (int, None),
    "per_page": int,
    "large_set": bool,
}
COUNTRY = {"id": str, "name": str, "iso_code2": str, "iso_code3": str, "time_zone": str, "eu": bool}
CURRENCY = {"id": str, "name": str, "iso_code": str, "symbol": str}
DATA_CENTER = {"id": str, "name": str, "permalink": str}
WHOLE_DATA_CENTER = {**DATA_CENTER, "country": COUNTRY}
ANNOTATIONS = [{"key": str, "value": (str, None)}]
TRASH_OBJECT = {"id": str, "keep_until": int, "object_id": str, "object_type": str}

LIMIT = {"limit": (int, None), "current": int, "unit": (str, None)}
LIMIT_WITHOUT_CURRENT = {"limit": (int, None), "unit": (str, None)}
COUNTED = (
    "virtual_machines",
    "virtual_machine_memory",
    "managed_organizations",
    "unallocated_ip_addresses",
    "disk_space",
    "security_groups",
    "virtual_networks",
    "load_balancers",
    "dns_zones",
    "certificates",
    "file_storage_volumes",
    "isos",
)
FEATURES = (
    "disk_bus_configuration",
    "zone_selection",
    "restricted_traffic_types",
    "suspension",
    "flexible_virtual_machine_resources",
)
POLICY = {
    "policy_type": str,
    "policy_name": (str, None),
    "limits": {
        "uninvoiced_balance": {"limit": (float, None), "current": float, "currency": CURRENCY},
        **dict.fromkeys(COUNTED, LIMIT),
        "disk_iops": LIMIT_WITHOUT_CURRENT,
        "network_speed": LIMIT_WITHOUT_CURRENT,
    },
    "features": {name: {"permitted": bool} for name in FEATURES},
    "reasons_for_disallowing_resource_creation": [str],
}
POLICY_LIMITS = {
    "policy_limits": {
        "maximum_uninvoiced_balance": {"value": (float, None), "unlimited": bool},
        **{f"maximum_{name}": {"value": (int, None), "unlimited": bool} for name in (*COUNTED, "disk_size")},
        "minimum_disk_size": {"value": (int, None)},
        "flexible_virtual_machine_resources": bool,
        "allow_suspension": bool,
        "allow_restricted_traffic_types": bool,
    }
}
CURRENT_USER = {
    "user": {"id": str, "first_name": str, "last_name": str, "avatar_url": str},
    "organizations": [{"id": str, "name": str, "sub_domain": str}],
    "api_token_id": (str, None),
}
TRASH_OBJECTS = {"pagination": PAGINATION, "trash_objects": [TRASH_OBJECT]}

ZONE = {"id": str, "name": str, "permalink": (str, None)}
MACHINES = {
    "pagination": PAGINATION,
    "virtual_machines": [
        {
            "id": str,
            "name": str,
            "hostname": str,
            "fqdn": str,
            "created_at": int,
            "zone": {**ZONE, "data_center": DATA_CENTER},
            "package": ({"name": str}, None),
            "gpu_type": ({"id": str, "name": str}, None),
            "ip_addresses": [{"address": str}],
        }
    ],
}
ORGANIZATION = {
    **dict.fromkeys(("id", "name", "sub_domain", "infrastructure_domain", "uuid"), str),
    "created_at": int,
    "activated_at": (int, None),
    "suspended": bool,
    "managed": bool,
    **dict.fromkeys(("billing_name", "address1", "address2", "address3", "address4", "postcode"), (str, None)),
    **dict.fromkeys(("vat_number", "phone_number"), (str, None)),
    "country": (COUNTRY, None),
    "country_state": ({"id": str, "name": str}, None),
    "currency": CURRENCY,
}
PACKAGE = {
    **dict.fromkeys(("id", "name", "permalink", "privacy"), str),
    **dict.fromkeys(("cpu_cores", "ipv4_addresses", "memory_in_gb", "storage_in_gb"), int),
    "monthly_bandwidth_allowance_in_gb": (int, None),
    "icon": ({"url": str}, None),
    "use_dedicated_cpus": bool,
    "group": {"id": str, "name": str},
}
IP_ADDRESS = {
    **dict.fromkeys(("id", "address", "address_with_mask", "reverse_dns"), str),
    "vip": bool,
    **dict.fromkeys(("label", "allocation_id", "allocation_type"), (str, None)),
    "network": {"id": str, "name": str, "permalink": str, "default": bool, "data_center": WHOLE_DATA_CENTER},
    "subnet": {"id": str, "address": str, "mask": int, "gateway": str, "version": int, "billable": bool},
}
MACHINE = {
    **dict.fromkeys(("id", "name", "hostname", "fqdn", "state"), str),
    "description": (str, None),
    "created_at": int,
    "initial_root_password": (str, None),
    "suspended": bool,
    "suspended_at": (int, None),
    "zone": {**ZONE, "data_center": WHOLE_DATA_CENTER},
    "organization": ORGANIZATION,
    "group": (
        {"id": str, "name": str, "segregate": bool, "auto_segregate": bool, "created_at": int},
        None,
    ),
    "package": (PACKAGE, None),
    "attached_iso": ({"id": str, "name": str}, None),
    "memory_in_gb": (int, None),
    "cpu_cores": (int, None),
    "use_dedicated_cpus": (bool, None),
    "gpu_type": ({"id": str, "name": str}, None),
    "gpus": [{"id": (str, None)}],
    "tags": [{"id": str, "name": str, "color": str, "created_at": int}],
    "tag_names": [str],
    "ip_addresses": [IP_ADDRESS],
}
WHOLE_MACHINE = {"virtual_machine": MACHINE, "annotations": ANNOTATIONS}
INTERFACES = {
    "pagination": PAGINATION,
    "virtual_machine_network_interfaces": [
        {
            "id": str,
            "name": str,
            "network": ({"id": str, "name": str}, None),
            "virtual_network": ({"id": str, "name": str}, None),
            "ip_addresses": [{"id": str, "address": str, "reverse_dns": str, "address_with_mask": str}],
        }
    ],
}

DISK = {
    **dict.fromkeys(("id", "name", "wwn", "state", "storage_speed"), str),
    **dict.fromkeys(("size_in_gb", "created_at"), int),
    "io_profile": (
        {"id": str, "name": str, "permalink": str, "speed_in_mb": (int, None), "iops": (int, None)},
        None,
    ),
    "bus_type": (str, None),
    "data_center": DATA_CENTER,
    "virtual_machine_disk": (
        {"virtual_machine": {"id": str, "fqdn": str}, "attach_on_boot": bool, "boot": bool, "state": str},
        None,
    ),
    "installation": None,
}
TARGET = {"target": (DISK, MACHINE)}
SCHEDULE = {"interval": str, **dict.fromkeys(("frequency", "minute", "time", "next_invocation_at"), int)}
BACKUP_POLICY = {
    "disk_backup_policy": {
        "id": str,
        "retention": int,
        "total_size": float,
        "target": TARGET,
        "schedule": SCHEDULE,
        "auto_move_to_trash_at": (int, None),
    }
}
CHANGED_BACKUP_POLICY = {"disk_backup_policy": {"id": str, "retention": int, "target": TARGET, "schedule": SCHEDULE}}
DELETED_BACKUP_POLICY = {"disk_backup_policy": {"id": str}}
ENDING_BACKUP_POLICY = {"disk_backup_policy": {"id": str, "target": TARGET, "auto_move_to_trash_at": (int, None)}}
BACKUP_POLICIES = {
    "pagination": PAGINATION,
    "disk_backup_policies": [
        {
            "id": str,
            "retention": int,
            "total_size": float,
            "target": TARGET,
            "schedule": {"interval": str, "next_invocation_at": int},
        }
    ],
}


def misfits(value: object, table: Any, place: str = "answer") -> list[str]:
    """Return where a value is not as its table says."""
    if isinstance(table, tuple):
        found = [misfits(value, one, place) for one in table]
        return [] if [] in found else found[0]
    if isinstance(table, dict) and isinstance(value, dict):
        found = [[f"{place}.{key}"] for key in table.keys() ^ value.keys()]
        found += [misfits(value[key], table[key], f"{place}.{key}") for key in table.keys() & value.keys()]
        return [line for lines in found for line in lines]
    if isinstance(table, list) and isinstance(value, list):
        return [line for index, item in enumerate(value) for line in misfits(item, table[0], f"{place}[{index}]")]
    if not isinstance(table, type):
        return [] if value is table is None else [f"{place}: {value!r}"]
    # To Python, true is a number.
    fits = isinstance(value, table) and isinstance(value, bool) is (table is bool)
    return [] if fits else [f"{place}: {value!r}"]
