# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module that works on one disk runs with."""

from __future__ import annotations

from urllib.parse import urlsplit

from .._api.endpoints import KatapultApi
from .._core.file_lock import lock_directories
from .._reconcile.run import RunContext
from .run import ModuleRun


def build_context(run: ModuleRun, api: KatapultApi | None = None) -> RunContext:
    """The real surroundings, as the task's options describe them. Raises KatapultError."""
    return RunContext(
        api=api or KatapultApi(run.http()),
        clock=run.clock,
        deadline=run.deadline,
        warn=run.warn,
        lock_directories=lock_directories(run.environment),
        lock_keys=(normalize_url(run.params["api_url"]),),
        check_mode=run.check_mode,
        wait=run.params.get("wait", True),
        report_progress=run.report_progress,
        catch_unforeseen=run.catch_unforeseen,
    )


def normalize_url(url: str) -> str:
    """The URL of a service in one spelling for all that mean the same."""
    parts = urlsplit(url.strip().rstrip("/"))
    port = "" if parts.port in (None, {"http": 80, "https": 443}.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"
