# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that every module has: how to reach the service, and how long to wait."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible.module_utils.errors import AnsibleFallbackNotFound

from .._api.transport import VERSION, Connection, is_loopback
from .._core.errors import OptionError, error_for
from .._options.disk import parse_range
from .._options.normalize import is_whole_number, lookup_spec
from .._options.text import WHITESPACE, infer_key, printable

# Those that requests asks, in its order.
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
TOKEN_OPTIONS = ("api_token", "api_key")
TOKEN_VARIABLES = ("KATAPULT_API_TOKEN", "KATAPULT_API_KEY")


def _from_environment(*names: str) -> str:
    """The first of these variables that is set; an empty one counts as unset, unlike with Ansible's env_fallback."""
    value = next((os.environ[name] for name in names if os.environ.get(name, "").strip()), None)
    if value is None:
        raise AnsibleFallbackNotFound
    return printable(value)


def _number_from_environment(name: str) -> str:
    value = _from_environment(name)
    if not is_whole_number(value):
        raise AnsibleFallbackNotFound
    return value.strip(WHITESPACE)


def _organization_from_environment(name: str) -> dict[str, str]:
    value = _from_environment(name).strip(WHITESPACE)
    return {infer_key("sub_domain", value): value}


def connection_spec() -> dict[str, Any]:
    """The options that every module takes."""
    return {
        "api_token": {
            "type": "str",
            "required": True,
            "no_log": True,
            "aliases": ["api_key"],
            "fallback": (_from_environment, list(TOKEN_VARIABLES)),
        },
        "api_url": {
            "type": "str",
            "default": "https://api.katapult.io/core/v1",
            "fallback": (_from_environment, ["KATAPULT_API_URL"]),
        },
        "api_timeout": {"type": "int", "default": 30, "fallback": (_number_from_environment, ["KATAPULT_API_TIMEOUT"])},
        "api_retries": {"type": "int", "default": 5, "fallback": (_number_from_environment, ["KATAPULT_API_RETRIES"])},
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
        "organization": {
            **lookup_spec("id", "sub_domain"),
            "fallback": (_organization_from_environment, ["KATAPULT_ORGANIZATION"]),
        },
    }


def wait_spec() -> dict[str, Any]:
    """The options of modules that wait."""
    return {"wait": {"type": "bool", "default": True}, "wait_timeout": {"type": "int", "default": 600}}


def parse_connection(params: Mapping[str, Any], ansible_version: str, environment: Mapping[str, str]) -> Connection:
    """The connection that the options describe. Raises KatapultError, without the token in it."""
    url, token = _parse_url(params), str(params["api_token"]).strip()
    if not re.fullmatch(r"[\x20-\x7e]+", token):
        raise OptionError(
            "api_token", "has characters that no HTTP header can carry. Copy the token again; it is plain ASCII text."
        )
    return Connection(
        url=url,
        token=token,
        timeout=float(parse_range(params, "api_timeout", 1, 3600)),
        retries=parse_range(params, "api_retries", 0, 100),
        user_agent=f"katapult.cloud/{VERSION} ansible-core/{ansible_version}",
        **_parse_verify(params, {} if urlsplit(url).scheme == "http" else environment),
    )


def _parse_url(params: Mapping[str, Any]) -> str:
    url = str(params["api_url"]).strip().rstrip("/")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise OptionError(
            "api_url", "is not a valid URL. The live service is https://api.katapult.io/core/v1."
        ) from None
    if parts.scheme not in ("http", "https") or not host or port == 0 or re.search(r"\s", url):
        raise OptionError(
            "api_url", "is not an http or https URL. The live service is https://api.katapult.io/core/v1."
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise OptionError("api_url", "has a user name, a query or a fragment. Give only scheme, host and path.")
    if parts.scheme == "http" and not is_loopback(host):
        raise OptionError(
            "api_url", "would send the token unencrypted. Use https; http is only for a server on this computer."
        )
    return url


def _parse_verify(params: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """What certificates are held against, as requests would take it from the environment, and what names it."""
    paths = {"ca_path": params.get("ca_path"), **{name: environment.get(name) for name in CA_VARIABLES}}
    if paths["ca_path"] is not None and not os.path.exists(paths["ca_path"]):
        raise OptionError(
            "ca_path", f"is not usable: there is no file or directory {paths['ca_path']} where the module runs."
        )
    source = next((name for name, path in paths.items() if path), None)
    if not params["validate_certs"] or source is None:
        return {"verify": params["validate_certs"]}
    path = str(paths[source])
    if source != "ca_path" or os.path.isfile(path):
        from .._api.ca_bundle import bundle_problem

        problem = bundle_problem(path)
        if problem and source == "ca_path":
            raise OptionError(source, f"is not usable: {problem}.")
        if problem:
            raise error_for("ca_bundle_unusable", f"{source}: {problem}.", detail={"source": source})
    return {"verify": path, "verify_source": source}
