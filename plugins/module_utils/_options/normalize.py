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
import re
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.validation import check_type_dict

from .._core.errors import OptionError
from .text import MAX_SHOWN, WHITESPACE, find_encoding_problem, find_name_problem, infer_key, printable, raise_if

NAME_KEYS = {
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
    "schedule": "schedule: {interval: daily, time: 3}",
    "annotations": "annotations: {env: production}, or annotations: [{key: env, value: production}]",
}

_RIGHT = {"list": "a list", "int": "a whole number", "str": "text", "path": "text", "bool": "true or false"}
_CONTAINERS = (list, tuple, Mapping)
_TEXTS = ("str", "path")
_WRONG: dict[str, tuple[type, ...]] = {
    "int": (bool, *_CONTAINERS),
    "str": _CONTAINERS,
    "path": _CONTAINERS,
    "list": (bool, int, float, Mapping),
}


def lookup_spec(*keys: str) -> dict[str, Any]:
    """An option that names one thing by one of `keys`."""
    return {
        "type": "dict",
        "options": {key: {"type": "str"} for key in keys},
        "mutually_exclusive": [list(keys)],
        "required_one_of": [list(keys)],
    }


def normalize(params: Mapping[str, Any], spec: Mapping[str, Any], within: str = "") -> dict[str, Any]:
    """`params` with every dictionary option as a dictionary, without what is None. Raises OptionError."""
    found = {}
    for name, value in params.items():
        # An option may be given by another name; one that there is not is left to Ansible.
        named = (option for key, option in spec.items() if name in (key, *option.get("aliases", ())))
        option: Mapping[str, Any] = next(named, {})
        suboptions = option.get("options")
        if value is None:
            continue
        if suboptions is None:
            _check_value(value, option, within + name)
            if "elements" in option and isinstance(value, (list, tuple)):
                for number, item in enumerate(value):
                    _check_item(item, option, f"{within}{name}[{number}]")
            found[name] = value
        elif option["type"] == "dict":
            found[name] = normalize(_parse_dict(name, value, within + name), suboptions, f"{within}{name}.")
        else:
            items = _items(name, value, within + name)
            found[name] = [_normalize_item(name, item, suboptions, where) for where, item in items]
    return found


def _normalize_item(name: str, item: Any, spec: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The item; one without what it must have was most likely meant in another form, which is shown."""
    found = normalize(_parse_dict(name, item, where), spec, f"{where}.")
    missing = [key for key, option in spec.items() if option.get("required") and key not in found]
    if missing:
        raise OptionError(where, f"is a dictionary without {missing[0]}. Give {EXAMPLES[name]}")
    return found


def strip_unusable(params: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """`params` that can't be used, reduced to what Ansible's own checks and log can digest."""
    unsafe = {name for name, option in spec.items() if "options" in option or option.get("type") == "int"}
    return {
        name: printable(value) if isinstance(value, str) else value
        for name, value in params.items()
        if name not in unsafe and (isinstance(value, (str, int)) or (isinstance(value, float) and math.isfinite(value)))
    }


def find_variables(
    params: Mapping[str, Any], spec: Mapping[str, Any], environment: Mapping[str, str]
) -> dict[str, str]:
    """The options that are not given, but that a variable fills, each with the name of that variable.

    Raises OptionError for a variable whose value can't be used. Ansible would name the option, or end with a traceback
    if the value is no UTF-8 text.
    """
    found = {}
    for name, option in spec.items():
        _fallback, variables = option.get("fallback", (None, ()))
        variable = next((variable for variable in variables if environment.get(variable, "").strip()), None)
        if variable is None or {name, *option.get("aliases", ())} & params.keys():
            continue
        value, found[name] = environment[variable], variable
        raise_if(variable, find_encoding_problem(value))
        if name in NAME_KEYS:
            raise_if(variable, find_name_problem("id", value.strip(WHITESPACE)))
        if option["type"] == "int" and not is_whole_number(value):
            raise OptionError(variable, "is not a usable number. Give a whole number, without a unit.")
    return found


def _check_value(value: Any, option: Mapping[str, Any], where: str) -> None:
    """Raise OptionError for what Ansible would fail at, or make text of that nobody means."""
    if isinstance(value, str):
        # What wrongly encoded files give, no valid Unicode or a NUL, is a traceback inside Ansible.
        raise_if(where, find_encoding_problem(value))
    kind = option.get("type", "")
    right = _RIGHT.get(kind, "something else")
    if (kind == "int" or isinstance(value, float)) and is_not_finite(value):
        raise OptionError(where, f"is not a usable number. Give {right}.")
    if isinstance(value, _WRONG.get(kind, ())):
        raise OptionError(where, f"is {_describe_type(value)}. Give {right}.")
    if kind in _TEXTS and "choices" not in option and isinstance(value, (bool, float)):
        # YAML makes true of yes, and 1.1 of 1.10: Ansible's text of it is not what was written.
        raise OptionError(where, f"is {_describe_type(value)}. If you mean text, put it in quotes, or use '| string'.")


def _check_item(value: Any, option: Mapping[str, Any], where: str) -> None:
    """As _check_value(), for what is in a list of texts."""
    if value is None:
        raise OptionError(where, "is null. Give text.")
    _check_value(value, {"type": option["elements"]}, where)


def is_whole_number(text: str) -> bool:
    """Whether text is a whole number as every version of Ansible reads it, blanks around it aside."""
    return re.fullmatch("[+-]?[0-9]+", text.strip(WHITESPACE)) is not None and not is_not_finite(text)


def is_not_finite(value: Any) -> bool:
    """Infinity, also as text and as a number with hundreds of digits: a traceback inside Ansible or beyond it."""
    try:
        return not math.isfinite(float(value))
    except OverflowError:
        return True
    except (TypeError, ValueError):
        return False


def _items(name: str, value: Any, where: str) -> list[tuple[str, Any]]:
    if isinstance(value, str):
        value = _parse_list_text(name, value)
    if isinstance(value, str) and name == "annotations" and re.search("=|^[ \t\r\n]*{", value):
        value = _parse_dict(name, value, where)
    if isinstance(value, Mapping):
        # With `key` it is one annotation as the API has it, not one of that name.
        if name == "annotations" and "key" not in value:
            return [(f"{where}.{_shown(key)}", {"key": key, "value": item}) for key, item in value.items()]
        return [(where, value)]
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, (list, tuple)):
        raise _type_error(where, name, value, "a list of dictionaries")
    return [(f"{where}[{number}]", item) for number, item in enumerate(value)]


def _shown(key: Any) -> str:
    return printable(str(key))[:MAX_SHOWN]


def _parse_list_text(name: str, text: str) -> Any:
    """A list written as JSON, or as names, as it comes from `-a` and from surveys. A name may look like a number."""
    is_names = name in NAME_KEYS and "=" not in text
    try:
        parsed = json.loads(text)
        if not is_names or not isinstance(parsed, (int, float)):
            return parsed
    except (ValueError, RecursionError):
        if not is_names:
            return text
    # Names have commas or line breaks between; a line may also end with a comma, and an empty one is no name.
    lines = re.sub(r",[ \t]*(?=[\r\n])", "", text).strip(WHITESPACE)
    return [part.strip(WHITESPACE) for part in re.split(r"[\r\n][ \t\r\n]*|,", lines)]


def _parse_dict(name: str, value: Any, where: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return value
    readable = NAME_KEYS.get(name)
    if not isinstance(value, str):
        raise _type_error(where, name, value, "text or a dictionary" if readable else "a dictionary")
    raise_if(where, find_encoding_problem(value))
    text = value.strip(WHITESPACE)
    if not text:
        raise OptionError(where, f"is empty. Leave it out, or give a value: {EXAMPLES[name]}")
    if readable and "=" not in text and not text.startswith("{"):
        return {infer_key(readable, text): text}
    try:
        parsed = check_type_dict(text)
    except (TypeError, ValueError, SyntaxError, RecursionError, MemoryError):
        parsed = None
    if not isinstance(parsed, Mapping) or not all(isinstance(key, str) for key in parsed):
        raise OptionError(where, f"is text that is not a dictionary. Give one: {EXAMPLES[name]}")
    return parsed


def _type_error(where: str, name: str, value: Any, form: str) -> OptionError:
    """The error for a value of another type than `form`, as a name that YAML has made something else of."""
    quotes = ". If you mean a name, put it in quotes." if name in NAME_KEYS and isinstance(value, (int, float)) else ""
    return OptionError(where, f"is {_describe_type(value)}. Give {form}: {EXAMPLES[name]}{quotes}")


def _describe_type(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, Mapping):
        return "a dictionary"
    return "a list" if isinstance(value, (list, tuple)) else f"of type {type(value).__name__}"
