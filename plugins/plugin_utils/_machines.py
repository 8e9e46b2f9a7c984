# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual machines with their disks, as the inventory has them: read from the service, and put into plain values.

Only what is named here is taken of an answer, which may show a root password.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..module_utils._api.endpoints import KatapultApi
from ..module_utils._api.models import Disk, Lookup, annotation_pairs, find_device
from ..module_utils._core.errors import ApiError, InTrashError, NotFoundError, NotPermittedError, OptionError
from ..module_utils._core.parallel import map_concurrently
from ..module_utils._options.disk import ANNOTATIONS, parse_annotations, parse_lookup, require_organization
from ..module_utils._options.text import find_name_problem, infer_key, raise_if

STATES = [
    "stopped",
    "failed",
    "started",
    "starting",
    "allocated",
    "allocating",
    "resetting",
    "migrating",
    "stopping",
    "shutting_down",
    "transferring",
    "orphaned",
]
PRIVATE_IPV4 = "private_ipv4"

Row = Mapping[str, Any]
# Plain JSON values, so that a cache can hold it. Its keys are of this file, never of an answer.
Machine = dict[str, Any]


@dataclass(frozen=True)
class MachineQuery:
    """What is read, and of which virtual machines. An empty filter leaves out none.

    With `details` each machine is read, with `private_addresses` its network interfaces, and with `disk_details` each
    of its disks.
    """

    organization: Lookup
    annotations: tuple[tuple[str, str], ...] = ()
    data_centers: tuple[Lookup, ...] = ()
    tags: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    details: bool = False
    private_addresses: bool = False
    disks: bool = True
    disk_details: bool = False

    def matches(self, row: Row) -> bool:
        """Whether a row of the list is in one of the data centers."""
        data_center = _data_center(row)
        return not self.data_centers or any(wanted.matches(data_center) for wanted in self.data_centers)

    def matches_details(self, machine: Machine) -> bool:
        """Whether a machine that was read has all tags, and one of the states."""
        return set(self.tags) <= set(machine["tags"]) and (not self.states or machine["state"] in self.states)


def machine_query_spec() -> dict[str, Any]:
    """The argument specification of a query, and of how its machines become hosts."""
    choices = ["public_ipv4", "public_ipv6", PRIVATE_IPV4, "fqdn", "none"]
    return {
        "hostname": {"type": "str", "choices": ["fqdn", "name"], "default": "fqdn"},
        "connect_with": {"type": "str", "choices": choices, "default": "public_ipv4"},
        "details": {"type": "bool", "default": False},
        "private_addresses": {"type": "bool", "default": False},
        "disks": {"type": "bool", "default": True},
        "disk_details": {"type": "bool", "default": False},
        "annotations": ANNOTATIONS,
        "data_centers": {"type": "list", "elements": "str", "default": []},
        "tags": {"type": "list", "elements": "str", "default": []},
        "states": {"type": "list", "elements": "str", "choices": STATES, "default": []},
    }


def parse_machine_query(params: Mapping[str, Any]) -> MachineQuery:
    """What the options ask for. Raises OptionError for a value that can't be meant."""
    for option in ("tags", "states"):
        if params[option] and not params["details"]:
            raise OptionError(option, "needs details: true, because the list of virtual machines does not show it.")
    if params["disk_details"] and not params["disks"]:
        raise OptionError("disk_details", "is true, and disks is false. Remove one.")
    places = _names(params, "data_centers", "id")
    return MachineQuery(
        organization=require_organization(parse_lookup(params, "organization"), "list virtual machines"),
        annotations=annotation_pairs(parse_annotations(params) or ()),
        data_centers=tuple(Lookup(infer_key("permalink", place), place) for place in places),
        tags=_names(params, "tags", "name"),
        states=tuple(params["states"]),
        details=params["details"],
        private_addresses=params["private_addresses"] or params["connect_with"] == PRIVATE_IPV4,
        disks=params["disks"],
        disk_details=params["disk_details"],
    )


def _names(params: Mapping[str, Any], option: str, key: str) -> tuple[str, ...]:
    for number, value in enumerate(params[option]):
        raise_if(f"{option}[{number}]", find_name_problem(key, value))
    return tuple(params[option])


def read_machines(api: KatapultApi, query: MachineQuery, warn: Callable[[str], None]) -> list[Machine]:
    """The virtual machines that `query` asks for, in the order of the service. Raises KatapultError.

    Without the scope for disks there is a warning, and no machine has `disks`.
    """
    calls: list[Callable[[], Any]] = [partial(_list_machines, api, query)]
    if query.disks:
        calls.append(partial(_list_disks, api, query))
    rows, *listed = map_concurrently(lambda call: call(), calls)
    found = map_concurrently(partial(_read_machine, api, query), rows)
    machines = [machine for machine in found if machine is not None]
    for disks in listed:
        if isinstance(disks, NotPermittedError):
            warn(f"{disks.message} The inventory has no katapult_disks. If you need none, set disks: false.")
        elif isinstance(disks, ApiError):
            raise disks
        else:
            _add_disks(machines, disks)
    if query.disk_details:
        _read_disks(api, machines)
    return machines


def _list_machines(api: KatapultApi, query: MachineQuery) -> list[Row]:
    return api.list_virtual_machines(query.organization, query.annotations, query.matches)


def _list_disks(api: KatapultApi, query: MachineQuery) -> dict[str, list[dict[str, Any]]] | ApiError:
    """The disks by the ID of their machine, or by its name where the row does not tell the ID.

    An error is returned: if both lists fail, that of the machines is told.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    try:
        rows = api.list_disks(query.organization, keep=_is_assigned)
    except ApiError as error:
        return error
    for row in rows:
        machine = row["virtual_machine_disk"]["virtual_machine"]
        owner = _text(machine, "id") or str(_text(machine, "fqdn")).lower()
        found.setdefault(owner, []).append(_disk(row, row["virtual_machine_disk"]))
    return found


def _add_disks(machines: Sequence[Machine], disks: Mapping[str, list[dict[str, Any]]]) -> None:
    for machine in machines:
        machine["disks"] = disks.get(machine["id"], []) + disks.get(str(machine["fqdn"]).lower(), [])


def _is_assigned(row: Row) -> bool:
    attachment = row.get("virtual_machine_disk")
    return isinstance(attachment, Mapping) and isinstance(attachment.get("virtual_machine"), Mapping)


def _read_machine(api: KatapultApi, query: MachineQuery, row: Row) -> Machine | None:
    """The machine of a row, read as far as it is asked for; None if it is gone by now, or does not match."""
    try:
        machine = _machine(row)
        if query.details:
            machine.update(_details(api.describe_virtual_machine(row["id"])))
            if not query.matches_details(machine):
                return None
        if query.private_addresses:
            shown = [address for nic in api.list_network_interfaces(row["id"]) for address in _addresses(nic)]
            machine["private_addresses"] = [one for one in shown if one not in machine["public_addresses"]]
    except (NotFoundError, InTrashError):
        return None
    return machine


def _machine(row: Row) -> Machine:
    """What a row of the list shows. None stands for what is missing in it."""
    zone, created_at = row.get("zone"), row.get("created_at")
    data_center = _data_center(row)
    return {
        "id": row["id"],
        "name": _text(row, "name"),
        "fqdn": _text(row, "fqdn"),
        "public_addresses": _addresses(row),
        "data_center": _text(data_center, "permalink") or _text(data_center, "id"),
        "zone": _text(zone, "permalink") or _text(zone, "id"),
        "package": _text(row.get("package"), "name"),
        "created_at": created_at if _is_number(created_at) else None,
    }


def _details(payload: Row) -> Machine:
    """What only the read of a machine shows. The annotations are pairs, whose keys are the user's."""
    tags, annotations = payload.get("tags"), payload.get("annotations")
    names = [_text(tag, "name") for tag in tags] if isinstance(tags, list) else []
    listed = annotations if isinstance(annotations, list) else []
    return {
        "state": _text(payload, "state"),
        "tags": [name for name in names if name is not None],
        "group": _text(payload.get("group"), "name"),
        "annotations": [[key, _text(item, "value")] for item in listed if (key := _text(item, "key")) is not None],
    }


def _read_disks(api: KatapultApi, machines: Sequence[Machine]) -> None:
    """Read every disk of the machines; one that is gone by now is left out."""
    ids = [disk["id"] for machine in machines for disk in machine.get("disks", [])]
    read = dict(zip(ids, map_concurrently(api.find_disk, ids)))
    for machine in machines:
        if "disks" in machine:
            found = [read[disk["id"]] for disk in machine["disks"]]
            machine["disks"] = [_whole_disk(disk) for disk in found if disk is not None]


def _whole_disk(disk: Disk) -> dict[str, Any]:
    return _disk(disk.payload, disk.payload.get("virtual_machine_disk"))


def _disk(payload: Row, attachment: Any) -> dict[str, Any]:
    """A disk; a row of the list shows neither `device` nor `boot`, which are None then."""
    size, boot = payload.get("size_in_gb"), attachment.get("boot") if isinstance(attachment, Mapping) else None
    return {
        "id": payload["id"],
        "name": _text(payload, "name"),
        "size_in_gb": size if _is_number(size) else None,
        "wwn": _text(payload, "wwn"),
        "device": find_device(payload),
        "boot": boot if isinstance(boot, bool) else None,
        "state": _text(payload, "state"),
    }


def _data_center(row: Row) -> Any:
    zone = row.get("zone")
    return zone.get("data_center") if isinstance(zone, Mapping) else None


def _addresses(thing: Row) -> list[str]:
    listed = thing.get("ip_addresses")
    found = [_text(item, "address") for item in listed] if isinstance(listed, list) else []
    return [address for address in found if address is not None]


def _text(thing: Any, key: str) -> str | None:
    value = thing.get(key) if isinstance(thing, Mapping) else None
    return value if isinstance(value, str) and value else None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
