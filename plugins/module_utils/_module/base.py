# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module of the collection has: the connection options, and the one place where a run ends."""

from __future__ import annotations

import atexit
import gc
import os
import re
import shlex
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, partial
from typing import Any, NoReturn, Protocol
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.parameters import remove_values, sanitize_keys
from ansible.module_utils.errors import AnsibleFallbackNotFound

from .._api.transport import (
    DEFAULT_CONCURRENT_WRITES,
    REQUESTS_IMPORT_ERROR,
    VERSION,
    Connection,
    HttpClient,
    is_loopback,
    strip_url_credentials,
)
from .._core.clock import Clock, Deadline
from .._core.errors import InternalError, KatapultError, OptionError, error_for
from .._options.disk import parse_lookup, parse_range
from .._options.normalize import find_variables, is_whole_number, lookup_spec, normalize, strip_unusable
from .._options.text import WHITESPACE, infer_key, printable
from .masking import Secrets
from .progress_file import ALWAYS_SHOW, PROGRESS_FILE, append_line

# Those that requests asks, in its order.
CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
TOKEN_OPTIONS = ("api_token", "api_key")
TOKEN_VARIABLES = ("KATAPULT_API_TOKEN", "KATAPULT_API_KEY")
NO_TOKEN = (
    "is not set. Set it, or KATAPULT_API_TOKEN (or KATAPULT_API_KEY) where the module runs: a variable of your shell "
    "does not reach a module that runs on another host, or by sudo, become or cron."
)
OUR_FILES = "/katapult/cloud/plugins/"
# Of the text of an exception, which may quote anything: enough to tell what it is about.
MAX_QUOTE = 300

# Control characters could move the cursor, or begin a line that looks like one of Ansible's.
FOR_A_TERMINAL = {**dict.fromkeys((*range(32), *range(127, 160)), "?"), **dict.fromkeys(map(ord, "\t\n\r"), " ")}


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


class Result(Protocol):
    """What a successful run returns."""

    def as_result(self, *, with_diff: bool) -> dict[str, Any]:
        """The keys of the module's result."""


class KatapultModule(AnsibleModule):
    """An AnsibleModule that keeps the token out of every output, and that ends in one place."""

    ansible_version: str
    # The variables of where the module runs.
    environment: Mapping[str, str] = os.environ
    _name: str

    def __init__(self, **arguments: Any) -> None:
        self.clock = Clock()
        self._format_error: OptionError | None = None
        self._variables: Mapping[str, str] = {}
        self._secrets = Secrets()
        AnsibleModule.__init__(self, **arguments)
        if self._format_error is not None:
            self._fail(self._format_error)

    def _load_params(self) -> None:
        """Before Ansible checks the options: hide the token for good, and bring the options into shape."""
        AnsibleModule._load_params(self)
        # An unset survey field or variable comes as empty text: the environment is asked then.
        blank = [name for name in TOKEN_OPTIONS if not str(self.params.get(name)).strip()]
        self.params = {name: value for name, value in self.params.items() if name not in blank}
        given = [*map(self.params.get, TOKEN_OPTIONS), *map(self.environment.get, TOKEN_VARIABLES)]
        tokens = [str(value) for value in given if value is not None and str(value).strip()]
        self._secrets = Secrets(tokens)
        self.no_log_values.update(self._secrets.plain)
        try:
            self.params = normalize(self.params, self.argument_spec)
            if not tokens:
                raise OptionError("api_token", NO_TOKEN)
            self._variables = find_variables(self.params, self.argument_spec, self.environment)
        except OptionError as problem:
            self._format_error = problem
            self.params = strip_unusable(self.params, self.argument_spec)
            # What is left out here must not be reported as missing.
            self.argument_spec = {name: {**option, "required": False} for name, option in self.argument_spec.items()}
            self.required_one_of = self.required_if = None

    def run(self, act: Callable[[KatapultModule], Result]) -> NoReturn:
        """Do `act`, and end with what it returns or raises."""
        if REQUESTS_IMPORT_ERROR is not None:
            how = f"To install it there: {shlex.quote(sys.executable)} -m pip install requests"
            self.fail_json(msg=f"{missing_required_lib('requests')} {how}", exception=REQUESTS_IMPORT_ERROR)
        # The end of the process frees everything; the search for cycles before it would take longer than the requests.
        atexit.register(gc.freeze)
        done: dict[str, Any] = {}
        try:
            with self.catch_unforeseen():
                done = act(self).as_result(with_diff=self._diff)
                self.exit_json(**done)
        except KatapultError as error:
            self._fail(error, done)

    @contextmanager
    def catch_unforeseen(self) -> Iterator[None]:
        """Within this context an exception that nothing foresaw becomes an InternalError. Nothing else catches all."""
        try:
            yield
        except KatapultError:
            raise
        except Exception as error:
            # Masked before it is cut, as no half of a secret could be found in it.
            said = self._printable(strip_url_credentials(f"{type(error).__name__}: {error}"))
            raise InternalError(said[:MAX_QUOTE].rstrip(": "), _find_place(error)) from error

    def _fail(self, error: KatapultError, done: Mapping[str, Any] | None = None) -> NoReturn:
        """End with `error`. `done` is what was going to be told, where it was that which failed."""
        if isinstance(error, OptionError):
            error = error.named(self._variables.get(error.option, error.option))
        self.fail_json(**{**error.as_result(), **(done or {}), "msg": self._printable(error.message)})

    def _printable(self, text: str) -> str:
        """The text masked, and fit for a terminal, to which Ansible prints messages as they are."""
        return str(self._masked(text)).translate(FOR_A_TERMINAL)

    def _masked(self, shown: Any) -> Any:
        """The value without what must not be shown; Ansible then masks the spellings of the token in it as well."""
        self.no_log_values.update(self._secrets.find_in(shown))
        return remove_values(shown, self.no_log_values)

    def exit_json(self, **result: Any) -> NoReturn:
        """End with a success, masked."""
        AnsibleModule.exit_json(self, **self._with_masked_keys(result))

    def fail_json(self, msg: str, **result: Any) -> NoReturn:
        """End with a failure, masked; Ansible's own checks of the options end here too."""
        AnsibleModule.fail_json(self, msg, **self._with_masked_keys(result))

    def _with_masked_keys(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """The result with what Ansible adds of the options: it masks values, but not the keys of dictionaries."""
        whole = {"invocation": {"module_args": self.params}, **result}
        self.no_log_values.update(self._secrets.find_in(whole))
        return {key: sanitize_keys(value, self.no_log_values) for key, value in whole.items()}

    def warn(self, warning: str, **more: Any) -> None:
        """Warn, masked: since 2.19 ansible-core leaves out warnings where it removes what must not be shown."""
        AnsibleModule.warn(self, self._printable(warning), **self._masked(more))

    def report_progress(self, text: str, mark: str = "") -> None:
        """Tell how far a wait has come, to whoever watches: that is shown after the name of the module, masked."""
        line = f"{mark}{self._name.rpartition('.')[2]}: {text}"
        append_line(self.environment.get(PROGRESS_FILE, ""), self._masked(line))

    @cached_property
    def deadline(self) -> Deadline:
        """The end of this task's waits, which never comes for a module that has none. Raises OptionError."""
        has_end = "wait_timeout" in self.params
        return Deadline(self.clock, parse_range(self.params, "wait_timeout", 0, 604800) if has_end else float("inf"))

    def http(self, concurrent_writes: int = DEFAULT_CONCURRENT_WRITES) -> HttpClient:
        """The way to the service that the options describe. Raises KatapultError, for an unused organization too."""
        deadline = self.deadline
        parse_lookup(self.params, "organization")
        return HttpClient(
            parse_connection(self.params, self.ansible_version, self.environment),
            self.clock,
            deadline,
            concurrent_writes=concurrent_writes,
            # Each pause is news, also where there is newer before anybody looks.
            report_progress=partial(self.report_progress, mark=ALWAYS_SHOW),
        )


def _find_place(error: Exception) -> str:
    """The innermost place of the collection that the exception went through."""
    places = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    ours = [f"plugins/{file.rpartition(OUR_FILES)[2]}:{line}" for file, line in places if OUR_FILES in file]
    return next(reversed(ours), "at an unknown place")


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
