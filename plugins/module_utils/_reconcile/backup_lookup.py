# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding backup policies: those of a target, which have no names, and those that were asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .._api.endpoints import KatapultApi
from .._api.models import BackupPolicy, Lookup, PolicyTarget
from .._core.errors import BackupPolicyNotFoundError, InTrashError, error_for, join_some
from .._core.parallel import map_concurrently
from .._core.polling import Poller
from .._options.backup import DesiredPolicy, PolicyQuery
from .._options.disk import DesiredDisk, require_organization
from .._options.info import InfoResult
from .._plan.backup import describe_policies, summarize_policy
from .lookup import MAX_LISTED, find_by_name


def find_target(api: KatapultApi, poller: Poller, desired: DesiredPolicy) -> PolicyTarget | None:
    """What the options name, a disk by its ID; None if they name nothing. Raises KatapultError."""
    if desired.disk_name is None:
        return desired.target
    disk = find_by_name(api, poller, DesiredDisk(desired.organization, name=desired.disk_name)).disk
    if disk is None:
        raise error_for("disk_not_found", f"No disk of the organization is named '{desired.disk_name}'.")
    return PolicyTarget("disk", Lookup("id", disk.id))


def read_policies(
    poller: Poller,
    api: KatapultApi,
    list_them: Callable[[], Sequence[BackupPolicy]],
    accept: Callable[[BackupPolicy], bool],
) -> tuple[Sequence[BackupPolicy], list[BackupPolicy]]:
    """The rows of a list, and those of them that `accept` lets pass as they are read in full, but those in the trash.

    A listed policy that is not found proves nothing: list and policy are looked at again for some seconds.
    """

    def look() -> tuple[Sequence[BackupPolicy], list[BackupPolicy], list[str]]:
        rows, lost = list_them(), []

        def read(row: BackupPolicy) -> BackupPolicy | None:
            try:
                return api.get_backup_policy(row.id)
            except InTrashError:
                return None
            except BackupPolicyNotFoundError:
                lost.append(row.id)
                return None

        found = map_concurrently(read, (row for row in rows if accept(row)))
        return rows, [policy for policy in found if policy is not None], lost

    rows, found, lost = poller.check_then_poll(look, lambda seen: not seen[2])
    if lost:
        raise error_for(
            "unexpected_answer",
            f"The list has the backup policy {lost[0]}, but the service does not find that policy.",
            detail={"listed": lost},
        )
    return rows, found


def choose_policy(fits: Sequence[BackupPolicy], target: PolicyTarget, interval: str | None) -> BackupPolicy | None:
    """The one policy that fits. Raises KatapultError that lists them if there are several."""
    if len(fits) > 1:
        listed = join_some([describe_policies([policy]) for policy in fits], MAX_LISTED, "; ")
        having = f"with the interval {interval}" if interval else "and no interval is given"
        raise error_for(
            "several_backup_policies_found",
            f"T{target.label[1:]} has {len(fits)} backup policies {having}: {listed}.",
            detail={"total": len(fits), "policies": [summarize_policy(policy) for policy in fits[:MAX_LISTED]]},
        )
    return fits[0] if fits else None


def find_backup_policies(api: KatapultApi, poller: Poller, query: PolicyQuery) -> InfoResult:
    """The policies that `query` asks for, in the order of the service. Raises KatapultError."""
    desired = query.desired
    if desired.id is not None:
        try:
            return _result([api.get_backup_policy(desired.id)])
        except (BackupPolicyNotFoundError, InTrashError):
            return _result([])
    target = find_target(api, poller, desired)
    if target is None:
        organization = require_organization(desired.organization, "list its backup policies")
        target = PolicyTarget("organization", organization)
    asked = target

    def list_them() -> list[BackupPolicy]:
        return api.list_backup_policies(asked, include_disks=query.include_disks)

    return _result(read_policies(poller, api, list_them, lambda _row: True)[1] if query.details else list_them())


def _result(policies: Iterable[BackupPolicy]) -> InfoResult:
    found: list[Any] = [policy.payload for policy in policies]
    return InfoResult({"disk_backup_policies": found})
