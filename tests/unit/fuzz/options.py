# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options for every module, out of its argument specification: good ones, with odd ones in some places."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from ansible_collections.katapult.cloud.tests.unit.fuzz.environment import (
    ATTACHED,
    BOOT,
    DB,
    PLAIN,
    POLICY,
    TASK,
    TRASHED,
    WEB,
)
from ansible_collections.katapult.cloud.tests.unit.fuzz.values import ENDLESS, HUGE, odd_values
from hypothesis import strategies as st

PACKAGE = "ansible_collections.katapult.cloud.plugins.modules"
MODULES: dict[str, ModuleType] = {
    path.stem: importlib.import_module(f"{PACKAGE}.{path.stem}")
    for path in sorted((Path(__file__).parents[3] / "plugins" / "modules").glob("katapult_*.py"))
}
Spec = Mapping[str, Mapping[str, Any]]
LockDirectory = tuple[str, ...]
# What is good for an option that is text or a number, by the last words of its place.
GOOD: dict[LockDirectory, list[Any]] = {
    ("organization", "sub_domain"): ["acme"],
    ("virtual_machine", "id"): ["vm_Web", "vm_Db", "vm_None"],
    ("katapult_task_info", "id"): [TASK, "task_None"],
    ("katapult_disk_backup_policy", "id"): [POLICY, "dbp_None"],
    ("katapult_disk_backup_policy_info", "id"): [POLICY, "dbp_None"],
    ("id",): [PLAIN, ATTACHED, TRASHED, BOOT, "disk_None"],
    ("name",): ["data-01", "data-02", "data-09", "System Disk"],
    ("key",): ["env", "role"],
    ("value",): ["test", "", "production"],
    ("size_in_gb",): [10, 20, "40", 100],
    ("permalink",): ["uk-lon-01", "unrestricted", "100k", "nl-ams-01"],
    ("fqdn",): [WEB, DB, "none.acme.katapult.cloud"],
    ("wait_timeout",): [0, 30],
    ("concurrency",): [1, 8],
    ("api_retries",): [0, 2],
    ("api_timeout",): [5],
    ("ca_path",): ["/"],
    ("older_than",): ["0", "1d", "30d", "2w"],
    ("retention",): [1, 7, "14"],
    ("frequency",): [1, 2],
    ("minute",): [0, 30],
    ("time",): [0, 3],
    ("trash_at",): [4102444800],
    ("object_types",): ["Disk", "VirtualMachine", "all"],
}
# The connection is odd in tests of its own: without it nothing is reached.
CONNECTION = ("api_token", "api_url")


SPECS: dict[str, Spec] = {name: module.SPEC["argument_spec"] for name, module in MODULES.items()}


def places_of(spec: Spec, within: LockDirectory = ()) -> Iterator[LockDirectory]:
    """The places of all options, with those of the options within them."""
    for name, option in spec.items():
        yield (*within, name)
        yield from places_of(option.get("options", {}), (*within, name))


def option_at(spec: Spec, place: LockDirectory) -> Mapping[str, Any]:
    """The specification of the option in a place."""
    option = spec[place[0]]
    return option_at(option["options"], place[1:]) if place[1:] else option


def good_options(spec: Spec, within: LockDirectory = ()) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the options, with values that are good by themselves."""
    known = {name: _good(option, (*within, name)) for name, option in spec.items() if name not in CONNECTION}
    required = {name: value for name, value in known.items() if spec[name].get("required")}
    optional = {name: value for name, value in known.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


def _good(option: Mapping[str, Any], place: LockDirectory) -> st.SearchStrategy[Any]:
    if "options" in option:
        inner = _one_of(option, place) if "mutually_exclusive" in option else good_options(option["options"], place)
        return st.lists(inner, min_size=1, max_size=3) if option["type"] == "list" else inner
    if "choices" in option:
        return st.sampled_from(option["choices"])
    if option["type"] == "bool":
        return st.sampled_from([True, False, "yes", "no", 1, 0])
    values = st.sampled_from(next(GOOD[place[start:]] for start in range(len(place)) if place[start:] in GOOD))
    return st.lists(values, min_size=1, max_size=2) if option["type"] == "list" else values


def _one_of(option: Mapping[str, Any], place: LockDirectory) -> st.SearchStrategy[Any]:
    """A lookup, by one of its keys or as text."""
    keys = list(option["options"])
    by_key = [_good(option["options"][key], (*place, key)).map(partial(_under, key)) for key in keys]
    return st.one_of(*by_key, _good(option["options"][keys[-1]], (*place, keys[-1])))


def _under(key: str, value: Any) -> dict[str, Any]:
    return {key: value}


def put(options: Any, place: LockDirectory, value: Any) -> dict[str, Any]:
    """The options with another value in a place; in the first item of a list."""
    found = deepcopy(options) if isinstance(options, dict) else {}
    there = found.get(place[0])
    if not place[1:]:
        found[place[0]] = value
    elif isinstance(there, list) and there:
        found[place[0]] = [put(there[0], place[1:], value), *there[1:]]
    else:
        found[place[0]] = put(there, place[1:], value)
    return found


def _some_odd(name: str) -> st.SearchStrategy[dict[str, Any]]:
    places = [place for place in places_of(SPECS[name]) if place[0] not in CONNECTION]
    odd = st.lists(st.tuples(st.sampled_from(places), odd_values), max_size=2)
    return st.builds(_put_all, good_options(SPECS[name], (name,)), odd)


def _put_all(options: dict[str, Any], odd: Sequence[tuple[LockDirectory, Any]]) -> dict[str, Any]:
    for place, value in odd:
        options = put(options, place, value)
    return options


#: For every module, options with odd values in up to two places.
SOME_ODD = {name: _some_odd(name) for name in MODULES}

# For every module, options with which it runs.
ENOUGH: dict[str, dict[str, Any]] = {
    "katapult_data_center_info": {},
    "katapult_disk": {"name": "data-01"},
    "katapult_disk_assignment": {"disk": "data-01", "virtual_machine": WEB},
    "katapult_disk_backup_policy": {"id": POLICY, "retention": 7},
    "katapult_disk_backup_policy_info": {},
    "katapult_disk_info": {},
    "katapult_disk_io_profile_info": {},
    "katapult_disks": {"disks": [{"name": "data-01"}]},
    "katapult_organization_info": {},
    "katapult_task_info": {"id": TASK},
    "katapult_trash_info": {},
}
# What can't be meant where something of a type is wanted.
UNUSABLE: dict[str, list[Any]] = {
    "int": ["much", "", [], [20], {}, {"a": 1}, True, 20.5, "20.5", *ENDLESS, HUGE, str(HUGE)],
    "bool": ["maybe", "", 5, [], [True], {}, *ENDLESS],
    "str": ["\ud800", "\0", [], ["a"], {}, {"a": 1}, *ENDLESS],
    "dict": [5, True, 0.5, [], ["a"], "", " ", "a=b c", "{1: 2}", {"colour": "blue"}, {"": None, "b": 1}, *ENDLESS],
    "list": [5, True, 0.5, [5], [None], [[]], [""], "a=b c", "{1: 2}", [{"colour": "blue"}], *ENDLESS],
}
UNUSABLE["path"] = UNUSABLE["str"]


def unusable(option: Mapping[str, Any]) -> list[Any]:
    """Values that can't be meant for an option."""
    by_type = {"str": [True, False, 0.5, 20.0], "path": [True, 0.5]}.get(option["type"], [])
    more = ["none-such", 5, True] if "choices" in option else by_type
    if option.get("elements") == "str":
        return [5, True, 0.5, [True], [None], [[]], [""], [{"colour": "blue"}], *ENDLESS]
    return [*UNUSABLE[option["type"]], *more]


# Text that shows other than it is, or as nothing, and that a service may cut.
UNKNOWN_MACHINE = [
    "data\u200b01",
    "\ufeffdata",
    "data\xa0",
    "da\nta",
    "data\r\n",
    "\tdata",
    "data ",
    " data",
    "\u3164",
    "\u2028",
]
IDS = {"name": "disk_", "fqdn": "vm_", "permalink": "loc_", "sub_domain": "org_"}


def unfit_names(key: str) -> list[str]:
    """Texts that can't be what is named by `key`; none if it names nothing."""
    ids = [f"{IDS[key]}5nGk37D3RLE7Kuza"] if key in IDS else []
    return [*UNKNOWN_MACHINE, *ids] if key in {"id", "key", *IDS} else []
