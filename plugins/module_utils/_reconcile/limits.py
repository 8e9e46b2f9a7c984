# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The limits of an organization, looked at before the first write: they warn, and never keep from trying."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .._api.endpoints import KatapultApi
from .._api.messages import Retry
from .._api.models import Lookup, parse_disk_limits
from .._core.errors import ApiError
from .._options.info import InfoResult
from .._plan.limits import find_limit_problems, find_refusals
from .._plan.plan import Growth
from .run import RunContext

MANAGED = "policy_not_available_for_managed_organizations"


def warn_about_limits(context: RunContext, organization: Lookup | None, growths: Sequence[Growth]) -> None:
    """Warn if what the task takes seems to exceed what the organization may have, as far as the token may look.

    This takes one request, and one more for the permitted sizes in check mode, which is there to foresee. Neither is
    repeated.
    """
    if not growths or organization is None:
        return
    policy, error = _ask(lambda: context.api.get_policy(organization, Retry.NEVER))
    sizes = None
    if context.check_mode and (error is None or error.details.code == MANAGED):
        sizes, _error = _ask(lambda: context.api.get_policy_limits(organization, Retry.NEVER))
    limits = parse_disk_limits(policy, sizes)
    problems = [*find_limit_problems(growths, limits), *find_refusals(growths, policy or {})]
    if problems:
        context.warn(
            f"This task may exceed the limits of the organization '{organization}'. {' '.join(problems)} "
            "The service decides."
        )


def read_limits(api: KatapultApi, organization: Lookup, warn: Callable[[str], None]) -> InfoResult:
    """The limits of the organization, as the service tells them and as figures of disks. Raises KatapultError.

    What an organization does not have because another one manages it is None, with a warning.
    """

    def ask(get: Callable[[Lookup], Mapping[str, Any]]) -> Mapping[str, Any] | None:
        try:
            return get(organization)
        except ApiError as error:
            if error.details.code != MANAGED:
                raise
            warn(error.message)
            return None

    policy, permitted = ask(api.get_policy), ask(api.get_policy_limits)
    limits = parse_disk_limits(policy, permitted)
    figures = {
        "space_in_gb": limits.space,
        "used_in_gb": limits.used,
        "left_in_gb": limits.left,
        "minimum_size_in_gb": limits.minimum_size,
        "maximum_size_in_gb": limits.maximum_size,
    }
    return InfoResult({"disk_limits": figures, "policy": policy, "policy_limits": permitted})


def _ask(get: Callable[[], Mapping[str, Any]]) -> tuple[Mapping[str, Any] | None, ApiError | None]:
    try:
        return get(), None
    except ApiError as error:
        return None, error
