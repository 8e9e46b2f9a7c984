# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module that works on one disk runs with."""

from __future__ import annotations

from urllib.parse import urlsplit

from .._api.endpoints import DiskApi
from .._core.clock import Clock, Deadline
from .._core.file_lock import lock_places
from .._reconcile.run import Surroundings
from .base import KatapultModule


def surroundings_of(module: KatapultModule) -> Surroundings:
    """The real surroundings, as the module's options describe them. Raises OptionError."""
    clock = Clock()
    deadline = module.deadline(clock)
    return surroundings_with(module, DiskApi(module.http(clock, deadline)), clock, deadline)


def surroundings_with(module: KatapultModule, api: DiskApi, clock: Clock, deadline: Deadline) -> Surroundings:
    """The real surroundings with C(api), as the module's options describe the rest."""
    return Surroundings(
        api=api,
        clock=clock,
        deadline=deadline,
        warn=module.warn,
        lock_places=lock_places(module.environment),
        lock_keys=(one_spelling(module.params["api_url"]),),
        check_mode=module.check_mode,
        wait=module.params["wait"],
        tell=module.tell,
        catching_the_unforeseen=module.catching_the_unforeseen,
    )


def one_spelling(url: str) -> str:
    """The URL of a service in one spelling for all that mean the same."""
    parts = urlsplit(url.strip().rstrip("/"))
    port = "" if parts.port in (None, {"http": 80, "https": 443}.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"
