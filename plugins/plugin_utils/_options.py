# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options as plugins of the control node have them, checked as those of a module are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import date
from typing import Any, NamedTuple

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.collections import is_sequence
from ansible.module_utils.common.text.converters import to_text
from ansible.module_utils.errors import UnsupportedError

from ..module_utils._core.errors import OptionError
from ..module_utils._module.arguments import parse_arguments
from ..module_utils._module.masking import Mask
from ._placement import UnusableTaskError


class CheckedOptions(NamedTuple):
    """What Ansible's checks made of options: `problem` is what they found, `error` what was found before them.

    `variables`: the options that an environment variable fills, with its name.
    """

    params: dict[str, Any]
    mask: Mask
    variables: Mapping[str, str]
    warnings: list[str]
    problem: str | None
    error: OptionError | None


def check_options(
    given: Mapping[str, Any], spec: Mapping[str, Any], environment: Mapping[str, str], owner: str
) -> CheckedOptions:
    """The options of `owner`, which may have tags and vaults, as a module would have them.

    Raises UnusableTaskError for one that no module could be given.
    """
    arguments = parse_arguments(_as_module_gets(given), spec, environment)
    checked = ArgumentSpecValidator(**arguments.spec).validate(arguments.params)
    params: dict[str, Any] = checked.validated_parameters
    problem = None
    if checked.error_messages:
        problem = str(checked.errors.msg)
        if isinstance(checked.errors[0], UnsupportedError):
            problem = f"Unsupported parameters for {owner}: {problem}"
    return CheckedOptions(
        params,
        Mask(arguments.secrets, _values_to_hide(params, spec["argument_spec"])),
        arguments.variables,
        list(_given_twice(arguments.params, arguments.spec["argument_spec"])),
        problem,
        arguments.error,
    )


def _as_module_gets(args: Mapping[str, Any]) -> dict[str, Any]:
    """The options without tags and vaults, as plain JSON values."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(args), default=_to_json))
    return plain


def _to_json(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray)):
        raise UnusableTaskError("An option is binary data, as with !!binary. Give text.")
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, AbstractSet) or is_sequence(value):
        return list(value)
    return value.isoformat() if isinstance(value, date) else to_text(value, nonstring="simplerepr")


def _values_to_hide(params: Mapping[str, Any], options: Mapping[str, Any]) -> set[str]:
    """What AnsibleModule masks of the options: a token that is no usable text is another one where it is shown."""
    return {str(params[name]) for name, option in options.items() if option.get("no_log") and params.get(name)}


def _given_twice(params: Mapping[str, Any], options: Mapping[str, Any]) -> Iterator[str]:
    for name, option in options.items():
        for alias in option.get("aliases", ()):
            if name in params and alias in params:
                yield f"Both option {name} and its alias {alias} are set."
