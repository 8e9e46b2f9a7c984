# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON for virtual machines."""

from __future__ import annotations

from ipaddress import ip_interface

from .models import MEMORY_IN_GB, Address, DataCenter, MachineGroup, Organization, Tag, VirtualMachine
from .organization_views import organization
from .views import COUNTRY, Json, data_center, default_network

_MASKS = {4: 24, 6: 64}


def _zone(place: DataCenter, shown_place: Json) -> Json:
    """Return the one zone of a data center: LON-1 is that of uk-lon-01."""
    city = place.permalink.split("-")[1] if "-" in place.permalink else place.permalink
    return {
        "id": "zone_" + place.id.partition("_")[2],
        "name": f"{city.upper()}-1",
        "permalink": f"{city}-zone-1",
        "data_center": shown_place,
    }


def _package(name: str) -> Json:
    return {
        "id": "vmpkg_SimulatedRock",
        "name": name,
        "permalink": name.lower(),
        "cpu_cores": 2,
        "memory_in_gb": MEMORY_IN_GB,
        "storage_in_gb": 40,
        "ipv4_addresses": 1,
        "monthly_bandwidth_allowance_in_gb": 1024,
        "use_dedicated_cpus": False,
        "privacy": "public",
        "icon": None,
        "group": {"id": "vmpkgrp_SimulatedGroup", "name": "Standard vCPU"},
    }


def _with_mask(address: Address) -> str:
    version = ip_interface(address.address).version
    return f"{address.address}/{_MASKS[version]}"


def _ip_address(item: VirtualMachine, address: Address, network: Json) -> Json:
    subnet = ip_interface(_with_mask(address)).network
    return {
        "id": address.id,
        "address": address.address,
        "address_with_mask": _with_mask(address),
        "reverse_dns": item.fqdn,
        "vip": False,
        "label": None,
        "allocation_id": item.id,
        "allocation_type": "VirtualMachine",
        "network": network,
        "subnet": {
            "id": "sbnt_SimulatedSubnet",
            "address": str(subnet.network_address),
            "mask": subnet.prefixlen,
            "gateway": str(subnet.network_address + 1),
            "version": subnet.version,
            "billable": True,
        },
    }


def _tag(item: Tag) -> Json:
    return {"id": item.id, "name": item.name, "color": item.color, "created_at": item.created_at}


def _group(item: MachineGroup) -> Json:
    return {
        "id": item.id,
        "name": item.name,
        "segregate": item.segregate,
        "auto_segregate": item.auto_segregate,
        "created_at": item.created_at,
    }


def virtual_machine(item: VirtualMachine, owner: Organization) -> Json:
    """Return a virtual machine with the root password that it was made with, as the service does."""
    zone_place = {**data_center(item.data_center), "country": dict(COUNTRY)}
    network = {**default_network(item.data_center), "data_center": zone_place}
    return {
        "id": item.id,
        "name": item.name,
        "hostname": item.hostname,
        "fqdn": item.fqdn,
        "description": None,
        "created_at": item.created_at,
        "initial_root_password": item.root_password,
        "state": item.state,
        "suspended": False,
        "suspended_at": None,
        "zone": _zone(item.data_center, zone_place),
        "organization": organization(owner, item.created_at),
        "group": _group(item.group) if item.group else None,
        "package": _package(item.package) if item.package else None,
        "attached_iso": None,
        "memory_in_gb": MEMORY_IN_GB,
        "cpu_cores": 2,
        "use_dedicated_cpus": False,
        "gpu_type": None,
        "gpus": [],
        "tags": [_tag(tag) for tag in item.tags],
        "tag_names": [tag.name for tag in item.tags],
        "ip_addresses": [_ip_address(item, address, network) for address in item.addresses],
    }


def _interface(item: VirtualMachine, number: int, network: Json, virtual: bool, addresses: list[Address]) -> Json:
    return {
        "id": f"vmnet_{number}" + item.id.partition("_")[2][1:],
        "name": f"{network['name']} on {item.name}",
        "network": None if virtual else network,
        "virtual_network": network if virtual else None,
        "ip_addresses": [
            {
                "id": address.id,
                "address": address.address,
                "reverse_dns": item.fqdn,
                "address_with_mask": _with_mask(address),
            }
            for address in addresses
        ],
    }


def interfaces(item: VirtualMachine) -> list[Json]:
    """Return the network interfaces of a virtual machine, the only place that shows private addresses."""
    public = default_network(item.data_center)
    found = []
    if item.addresses:
        network = {"id": public["id"], "name": public["name"]}
        found.append(_interface(item, 1, network, virtual=False, addresses=item.addresses))
    if item.private_addresses:
        network = {"id": "vnet_SimulatedNetwork", "name": "Private Network"}
        found.append(_interface(item, 2, network, virtual=True, addresses=item.private_addresses))
    return found


def thin_machine(item: VirtualMachine) -> Json:
    """Return a row of the organization's list of virtual machines."""
    return {
        "id": item.id,
        "name": item.name,
        "hostname": item.hostname,
        "fqdn": item.fqdn,
        "created_at": item.created_at,
        "zone": _zone(item.data_center, data_center(item.data_center)),
        "package": {"name": item.package} if item.package else None,
        "gpu_type": None,
        "ip_addresses": [{"address": address.address} for address in item.addresses],
    }
