# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options in the shape that Ansible checks: plain text for a lookup, JSON and key=value text for dictionaries.

AnsibleModule loses its no_log values when it meets text or a number where it wants a dictionary with suboptions, and
then prints the token. So shapes are looked at before it does.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from ansible.module_utils.common.validation import check_type_dict

NUMBER_VARIABLES = ("KATAPULT_API_TIMEOUT", "KATAPULT_API_RETRIES")
READABLE_KEYS = {
    "organization": "sub_domain",
    "data_center": "permalink",
    "io_profile": "permalink",
    "virtual_machine": "fqdn",
    "disk": "name",
    "disks": "name",
}
EXAMPLES = {
    "organization": "organization: acme, or organization: {id: org_...}",
    "data_center": "data_center: uk-lon-01, or data_center: {id: dc_...}",
    "io_profile": "io_profile: unrestricted, or io_profile: {id: diop_...}",
    "virtual_machine": "virtual_machine: web-01.acme.katapult.cloud, or virtual_machine: {id: vm_...}",
    "disk": "disk: data-01, or disk: {id: disk_...}",
    "virtual_machine_disk": "virtual_machine_disk: {virtual_machine: web-01.acme.katapult.cloud, attach: true}",
    "disks": "disks: [{name: data-01, size_in_gb: 20}, {name: data-02, size_in_gb: 50}], or disks: [data-01, data-02]",
    "annotations": "annotations: [{key: env, value: production}]",
}

_RIGHT = {"int": "a whole number", "str": "text", "path": "text", "bool": "true or false"}
_CONTAINERS = (list, tuple, Mapping)
_WRONG: dict[str, tuple[type, ...]] = {"int": (bool, *_CONTAINERS), "str": _CONTAINERS, "path": _CONTAINERS}


class MisshapenError(Exception):
    """An option has a shape that nothing can be made of; C(option) names it."""

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(problem)
        self.option = option


def lookup_spec(*keys: str) -> dict[str, Any]:
    """An option that names one thing by one of C(keys)."""
    return {
        "type": "dict",
        "options": {key: {"type": "str"} for key in keys},
        "mutually_exclusive": [list(keys)],
        "required_one_of": [list(keys)],
    }


def shaped(params: Mapping[str, Any], spec: Mapping[str, Any], within: str = "") -> dict[str, Any]:
    """C(params) with every dictionary option as a dictionary, without what is None. Raises MisshapenError."""
    found = {}
    for name, value in params.items():
        option = _option(spec, name)
        suboptions = option.get("options")
        if value is None:
            continue
        if suboptions is None:
            _refuse_unfit(value, option.get("type"), within + name)
            found[name] = value
        elif option["type"] == "dict":
            found[name] = shaped(_dictionary(name, value, within + name), suboptions, f"{within}{name}.")
        else:
            found[name] = [
                _complete(name, shaped(_dictionary(name, item, where), suboptions, f"{where}."), suboptions, where)
                for where, item in _items(name, value, within + name)
            ]
    return found


def _complete(name: str, item: dict[str, Any], spec: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The item; one without what it must have was most likely meant in another form, which is shown."""
    missing = [key for key, option in spec.items() if option.get("required") and key not in item]
    if missing:
        raise MisshapenError(where, f"is a dictionary without {missing[0]}. Give a list: {EXAMPLES[name]}")
    return item


def _option(spec: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The specification of an option by its name or another name of it; empty for an option that there is not."""
    named = (option for key, option in spec.items() if name == key or name in option.get("aliases", ()))
    return next(named, {})


def harmless(params: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """C(params) that can't be used, reduced to what Ansible's own checks and log can digest."""
    unsafe = {name for name, option in spec.items() if "options" in option or option.get("type") == "int"}
    flat = {name: value for name, value in params.items() if name not in unsafe and _is_flat(value)}
    return {name: digestible(value) if isinstance(value, str) else value for name, value in flat.items()}


def _is_flat(value: Any) -> bool:
    return isinstance(value, (str, int)) or (isinstance(value, float) and math.isfinite(value))


def digestible(text: str) -> str:
    """C(text) with a question mark for all that is no valid Unicode, or that no log takes."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")


def refuse_broken_variables(environment: Mapping[str, str]) -> None:
    """Raise MisshapenError for a variable of the collection that is no UTF-8 text, or no number where one is wanted."""
    for name in sorted(environment):
        if name.startswith("KATAPULT_"):
            _refuse_broken_text(environment[name], name)
        if name in NUMBER_VARIABLES:
            _refuse_unfit(environment[name], "int", name)


def _refuse_unfit(value: Any, kind: str | None, where: str) -> None:
    """Raise MisshapenError for what Ansible would fail at, or make text of that nobody means."""
    _refuse_broken_text(value, where)
    right = _RIGHT.get(kind or "", "something else")
    if (kind == "int" or isinstance(value, float)) and is_endless(value):
        raise MisshapenError(where, f"is no number that can be meant. Give {right}.")
    if isinstance(value, _WRONG.get(kind or "", ())):
        raise MisshapenError(where, f"is {_kind(value)}. Give {right}.")


def _refuse_broken_text(value: Any, where: str) -> Any:
    """The value; what wrongly encoded files give, no valid Unicode or a NUL, is a traceback inside Ansible."""
    if isinstance(value, str) and digestible(value) != value:
        raise MisshapenError(where, "holds bytes that are no UTF-8 text, or a NUL. Check the encoding of its source.")
    return value


def is_endless(value: Any) -> bool:
    """Infinity, also as text and as a number with hundreds of digits: a traceback inside Ansible or beyond it."""
    try:
        return not math.isfinite(float(value))
    except OverflowError:
        return True
    except (TypeError, ValueError):
        return False


def _items(name: str, value: Any, where: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, str):
        value = _from_text(name, value)
    if isinstance(value, Mapping):
        yield where, value
        return
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, (list, tuple)):
        raise MisshapenError(where, f"is {_kind(value)}. Give a list of dictionaries: {EXAMPLES[name]}")
    for number, item in enumerate(value):
        yield f"{where}[{number}]", item


def _from_text(name: str, text: str) -> Any:
    """A list written as JSON, or as names with commas between, as it comes from C(-a) and from surveys."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        is_names = name in READABLE_KEYS and "=" not in text
        return [part.strip() for part in text.split(",")] if is_names else text


def _dictionary(name: str, value: Any, where: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return value
    readable = READABLE_KEYS.get(name)
    if not isinstance(value, str):
        raise MisshapenError(
            where, f"is {_kind(value)}. Give {'text or ' if readable else ''}a dictionary: {EXAMPLES[name]}"
        )
    text = _refuse_broken_text(value, where).strip()
    if not text:
        raise MisshapenError(where, f"is empty. Leave it out, or give a value: {EXAMPLES[name]}")
    if readable and "=" not in text and not text.startswith("{"):
        return {readable: text}
    try:
        parsed = check_type_dict(text)
    except (TypeError, ValueError, SyntaxError, RecursionError, MemoryError):
        parsed = None
    if not isinstance(parsed, Mapping) or not all(isinstance(key, str) for key in parsed):
        raise MisshapenError(where, f"is text that is no dictionary. Give one: {EXAMPLES[name]}")
    return parsed


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, Mapping):
        return "a dictionary"
    return "a list" if isinstance(value, (list, tuple)) else f"of type {type(value).__name__}"
