# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of a module, in whichever process: what it works with, and the result of what it returns or raises."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Protocol

from .._api.transport import DEFAULT_CONCURRENT_WRITES, HttpClient, SessionPool, strip_url_credentials
from .._core.clock import Clock, Deadline
from .._core.errors import InternalError, KatapultError, OptionError
from .._options.disk import parse_lookup, parse_range
from .connection import parse_connection
from .masking import Mask

OUR_FILES = "/katapult/cloud/plugins/"
# Of the text of an exception, which may quote anything: enough to tell what it is about.
MAX_QUOTE = 300


class Result(Protocol):
    """What a successful run returns."""

    def as_result(self, *, with_diff: bool) -> dict[str, Any]:
        """The keys of the module's result."""


class Host(Protocol):
    """Where a module runs: a process of its own, or Ansible's."""

    def warn(self, warning: str) -> None:
        """Show a warning, which is masked, with the result."""

    def show_progress(self, text: str, *, always: bool) -> None:
        """Show how far a wait has come, masked, where somebody looks. `always`: also if there is newer soon."""

    def finish(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """End with this result, masked. A module's own process ends here."""


@dataclass
class ModuleRun:
    """What the `ensure` of a module works with. `params` are checked; `environment`: the variables where it runs.

    `variables`: the options that an environment variable has filled, with its name.
    """

    host: Host
    name: str
    params: Mapping[str, Any]
    check_mode: bool
    with_diff: bool
    environment: Mapping[str, str]
    ansible_version: str
    mask: Mask
    variables: Mapping[str, str] = field(default_factory=dict)
    sessions: SessionPool = field(default_factory=SessionPool)
    clock: Clock = field(default_factory=Clock)

    def perform(self, act: Callable[[ModuleRun], Result]) -> dict[str, Any]:
        """Do `act`, and end with what it returns or raises."""
        done: dict[str, Any] = {}
        raised: list[KatapultError] = []
        try:
            with self.catch_unforeseen():
                done = act(self).as_result(with_diff=self.with_diff)
                return self.host.finish(done)
        except KatapultError as error:
            raised.append(error)
        # Out of the `except`, or Ansible shows a traceback. If it is the end that failed, what was done is told too.
        return self.fail(raised[0], done)

    def fail(self, error: KatapultError, done: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """End with `error`, and what was done."""
        if isinstance(error, OptionError):
            error = error.named(self.variables.get(error.option, error.option))
        known = {**error.as_result(), **(done or {})}
        return self.host.finish({**known, "failed": True, "msg": self.mask.printable(error.message)})

    @contextmanager
    def catch_unforeseen(self) -> Iterator[None]:
        """Within this context an exception that nothing foresaw becomes an InternalError. Nothing else catches all."""
        try:
            yield
        except KatapultError:
            raise
        except Exception as error:
            # Masked before it is cut, as no half of a secret could be found in it.
            said = self.mask.printable(strip_url_credentials(f"{type(error).__name__}: {error}"))
            raise InternalError(said[:MAX_QUOTE].rstrip(": "), _find_place(error)) from error

    def warn(self, warning: str) -> None:
        """Warn, masked: since 2.19 ansible-core leaves out warnings where it removes what must not be shown."""
        self.host.warn(self.mask.printable(warning))

    def report_progress(self, text: str, *, always: bool = False) -> None:
        """Tell how far a wait has come, to whoever watches, masked. `always`: also if there is newer soon."""
        self.host.show_progress(self.mask.printable(f"{self.name}: {text}"), always=always)

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
            self.sessions,
            concurrent_writes=concurrent_writes,
            # Each pause is news, also where there is newer before anybody looks.
            report_progress=partial(self.report_progress, always=True),
        )


def _find_place(error: Exception) -> str:
    """The innermost place of the collection that the exception went through."""
    places = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    ours = [f"plugins/{file.rpartition(OUR_FILES)[2]}:{line}" for file, line in places if OUR_FILES in file]
    return next(reversed(ours), "at an unknown place")
