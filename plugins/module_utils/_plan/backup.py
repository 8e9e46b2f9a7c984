# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the observed and the desired backup policy to a plan. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._api.models import BackupPolicy, PolicyTarget
from .._core.errors import BACKUP_HINTS, OptionError, error_for, format_keep_until
from .._options.backup import SCHEDULE_NUMBERS, DesiredPolicy
from .plan import ABSENT, PRESENT, nested

# Seconds that the service wants until a policy goes to the trash by itself.
MIN_NOTICE = 300
TRASH_AT = "auto_move_to_trash_at"


@dataclass(frozen=True)
class PolicyPlan:
    """What to do: `before` and `after` hold the options that were set.

    `properties` are those of a create, or of a change. Then the deletion is scheduled for `trash_at`, and the policies
    `removed` are deleted, the given one or all others. `predicted` is the policy after that, with None for what only
    the service can know.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    properties: Mapping[str, Any] | None = None
    trash_at: int | None = None
    removed: tuple[BackupPolicy, ...] = ()
    predicted: Mapping[str, Any] | None = None

    @property
    def changes(self) -> bool:
        """Whether anything is to be done."""
        return self.properties is not None or self.trash_at is not None or bool(self.removed)


def plan_backup_policy(
    desired: DesiredPolicy, policy: BackupPolicy | None, others: Sequence[BackupPolicy], target: Any, now: float
) -> PolicyPlan:
    """The plan for a policy, None where it does not exist yet; `others` are all others of its target.

    `target`: what a new policy shows of it. `now`: in seconds since 1970. Raises OptionError where the policy can't be
    as described, and KatapultError where an answer leaves open what has to be known.
    """
    removed = tuple(others) if desired.exclusive else ()
    _raise_if_untold(removed)
    current = {} if policy is None else {option: policy.get(option) for option in desired.settings}
    before, after = dict(current), dict(desired.settings)
    properties = _created(desired) if policy is None else _changed(desired, policy)
    trash_at = None
    if desired.trash_at is not None:
        ends = policy.get(TRASH_AT) if policy is not None else None
        before, after = {**before, "trash_at": ends}, {**after, "trash_at": desired.trash_at}
        if ends != desired.trash_at:
            trash_at = _checked_time(desired.trash_at, now)
    if desired.exclusive:
        before, after = {**before, "exclusive": not removed}, {**after, "exclusive": True}
    return PolicyPlan(
        before=ABSENT if policy is None else nested(before),
        after=nested({**(PRESENT if policy is None else {}), **after}),
        properties=properties,
        trash_at=trash_at,
        removed=removed,
        predicted=_predict(properties, trash_at, policy, target),
    )


def plan_policy_removal(desired: DesiredPolicy, policy: BackupPolicy | None) -> PolicyPlan:
    """To the trash. Raises KatapultError where the policy is not the one that is described."""
    if policy is None:
        return PolicyPlan(ABSENT, ABSENT)
    if desired.interval is not None and policy.get("schedule.interval") != desired.interval:
        summary = (
            f"The backup policy {policy.id} is not the one that is described: its schedule.interval is "
            f"{policy.get('schedule.interval')}, not {desired.interval}."
        )
        raise error_for("not_meant", summary, hint=BACKUP_HINTS["not_meant"])
    schedule = {name: policy.schedule[name] for name in ("interval", *SCHEDULE_NUMBERS) if name in policy.schedule}
    shown = {"retention": policy.payload.get("retention"), "schedule": schedule}
    return PolicyPlan({**PRESENT, **shown}, ABSENT, removed=(policy,))


def find_policy_differences(desired: DesiredPolicy, policy: BackupPolicy) -> list[str]:
    """What of retention and schedule is not as wanted, in words. Raises KatapultError if that is left open."""
    return [
        f"{option} is {policy.get(option)}, expected {value}"
        for option, value in desired.settings.items()
        if policy.get(option) != value
    ]


def describe_policies(policies: Sequence[BackupPolicy]) -> str:
    """Policies of one target as one sentence part each."""
    return "; ".join(
        f"{policy.id} ({policy.schedule.get('interval')}, retention {policy.payload.get('retention')})"
        for policy in policies
    )


def summarize_policy(policy: BackupPolicy) -> dict[str, Any]:
    """What tells a policy from others of its target."""
    return {"id": policy.id, "retention": policy.payload.get("retention"), "schedule": dict(policy.schedule)}


def policy_removal_message(desired: DesiredPolicy, plan: PolicyPlan, trash_object: Any, *, exists: bool) -> str:
    """What became, or will become in check mode, of a policy that was to be deleted. `exists`: it is in the trash."""
    if not plan.removed and not exists:
        what = f" {desired.id}" if desired.id else f" with the interval {desired.interval}" if desired.interval else ""
        return f"There is no backup policy{what}{f' of {_name(desired)}' if desired.has_target else ''}."
    policy_id = plan.removed[0].id if plan.removed else desired.id
    until = format_keep_until(trash_object)
    if plan.removed and trash_object is None:
        return f"The backup policy {policy_id} was deleted. Until when it is in the trash could not be seen."
    place = "goes to the trash" if plan.removed and trash_object["id"] is None else "is in the trash"
    return f"The backup policy {policy_id} {place}{f' until {until}' if until else ''}."


def _name(desired: DesiredPolicy) -> str:
    return desired.target.label if desired.target else f"the disk '{desired.disk_name}'"


def predict_target(target: PolicyTarget, desired: DesiredPolicy) -> dict[str, Any]:
    """What a new policy will show of its target."""
    if target.kind == "disk":
        return {"target": {"id": target.lookup.value, "name": desired.disk_name}}
    return {"target": target.lookup.as_payload("id", "fqdn")}


def _created(desired: DesiredPolicy) -> dict[str, Any]:
    needed = "is needed to create a backup policy, which does not exist yet."
    if desired.interval is None:
        # Both at once, as most who leave out one leave out the other.
        raise OptionError("schedule.interval", needed + (" So is retention." if desired.retention is None else ""))
    if desired.retention is None:
        raise OptionError("retention", needed)
    return {"retention": desired.retention, "schedule": dict(desired.schedule)}


def _changed(desired: DesiredPolicy, policy: BackupPolicy) -> dict[str, Any] | None:
    """The properties to change, None if none is. A schedule is sent whole: the API does not say if it is merged."""
    properties: dict[str, Any] = {}
    if desired.retention is not None and policy.get("retention") != desired.retention:
        properties["retention"] = desired.retention
    if any(policy.get(f"schedule.{name}") != value for name, value in desired.schedule.items()):
        there = {name: policy.schedule.get(name) for name in ("interval", *SCHEDULE_NUMBERS)}
        merged = {**there, **desired.schedule}
        properties["schedule"] = {name: value for name, value in merged.items() if value is not None}
    return properties or None


def _checked_time(trash_at: int, now: float) -> int:
    if trash_at < now + MIN_NOTICE:
        raise OptionError(
            "trash_at",
            f"is {trash_at}, which is not at least 5 minutes from now ({now:.0f}). Give a later time, in seconds since "
            "1970, or delete the policy now with state=absent.",
        )
    return trash_at


def _raise_if_untold(policies: Sequence[BackupPolicy]) -> None:
    """Raise KatapultError for what must not be deleted, as its answer does not say what it is for."""
    for policy in policies:
        if not isinstance(policy.target.get("id"), str):
            raise error_for(
                "unexpected_answer",
                f"The backup policy {policy.id} is not deleted, because the service's answer does not say what it is "
                "for: it has no usable target.",
            )


def _predict(
    properties: Mapping[str, Any] | None, trash_at: int | None, policy: BackupPolicy | None, target: Any
) -> Mapping[str, Any]:
    there = dict.fromkeys(("id", "retention", "total_size", "target", "schedule", TRASH_AT))
    schedule = dict.fromkeys(("interval", *SCHEDULE_NUMBERS, "next_invocation_at"))
    if policy is None:
        there["target"] = target
    else:
        there, schedule = dict(policy.payload), dict(policy.schedule)
    changed = {**(properties or {})}
    if "schedule" in changed:
        changed["schedule"] = {**schedule, **changed["schedule"], "next_invocation_at": None}
    return {**there, **changed, **({} if trash_at is None else {TRASH_AT: trash_at})}
