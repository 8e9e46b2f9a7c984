# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options as a task gives them, made ready for Ansible's own checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .._core.errors import OptionError
from .._options.normalize import find_variables, normalize, strip_unusable
from .connection import TOKEN_OPTIONS, TOKEN_VARIABLES
from .masking import Secrets

NO_TOKEN = (
    "is not set. Set it, or KATAPULT_API_TOKEN (or KATAPULT_API_KEY) where the module runs: a variable of your shell "
    "does not reach a module that runs on another host, or by sudo, become or cron."
)


class Arguments(NamedTuple):
    """Options that Ansible can check. `spec`: what AnsibleModule is told of them, without `supports_check_mode`.

    `variables`: the options that an environment variable fills, with its name. With an `error` the run ends after
    Ansible's checks, which then find nothing missing.
    """

    params: dict[str, Any]
    spec: dict[str, Any]
    secrets: Secrets
    variables: Mapping[str, str]
    error: OptionError | None


def parse_arguments(given: Mapping[str, Any], spec: Mapping[str, Any], environment: Mapping[str, str]) -> Arguments:
    """The options in the shape that Ansible checks, and the token to hide."""
    # An unset survey field or variable comes as empty text: the environment is asked then.
    blank = [name for name in TOKEN_OPTIONS if not str(given.get(name)).strip()]
    filled = {name: value for name, value in given.items() if name not in blank}
    values = [*map(filled.get, TOKEN_OPTIONS), *map(environment.get, TOKEN_VARIABLES)]
    tokens = [str(value) for value in values if value is not None and str(value).strip()]
    options, secrets = spec["argument_spec"], Secrets(tokens)
    try:
        checkable = _by_first_names(normalize(filled, options), options)
        if not tokens:
            raise OptionError("api_token", NO_TOKEN)
        return Arguments(checkable, dict(spec), secrets, find_variables(checkable, options, environment), None)
    except OptionError as problem:
        # What is left out here must not be reported as missing.
        lenient = {name: {**option, "required": False} for name, option in options.items()}
        usable = _by_first_names(strip_unusable(filled, options), options)
        return Arguments(usable, {"argument_spec": lenient}, secrets, {}, problem)


def _by_first_names(params: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """`params` without aliases, but for one that is given beside the option itself.

    Ansible fills an option from the environment before it looks at aliases, and then warns that both are set.
    """
    names = {alias: name for name, option in options.items() for alias in option.get("aliases", ())}
    return {name if names.get(name, name) in params else names.get(name, name): value for name, value in params.items()}
