# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One backup policy: found by its target and interval or by its id, created once, changed, or moved to the trash."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .._api.models import BackupPolicy, Lookup, MalformedPayloadError, PolicyTarget, parse_trash_object
from .._core.clock import Deadline
from .._core.errors import (
    BACKUP_HINTS,
    POLICY_MAY_APPEAR,
    ApiError,
    BackupPolicyNotFoundError,
    InternalError,
    InTrashError,
    KatapultError,
    NotFoundError,
    NotPermittedError,
    error_for,
)
from .._core.file_lock import CreateNotes
from .._options.backup import DesiredPolicy
from .._plan.backup import (
    TRASH_AT,
    PolicyPlan,
    describe_policies,
    find_policy_differences,
    plan_backup_policy,
    plan_policy_removal,
    policy_removal_message,
    predict_target,
    summarize_policy,
)
from .backup_lookup import choose_policy, find_target, read_policies
from .run import RunContext

# Seconds to wait for another task on this control node, which sends a few requests.
LOCK_TIMEOUT = 600.0
TARGET_MISSING = frozenset({"disk_not_found", "virtual_machine_not_found"})


@dataclass(frozen=True)
class PolicyResult:
    """What a successful task returns; `extra` holds the keys that only some have."""

    changed: bool
    plan: PolicyPlan
    policy: Mapping[str, Any] | None
    extra: Mapping[str, Any]

    def as_result(self, *, with_diff: bool) -> dict[str, Any]:
        """The keys of the module's result."""
        result = {"changed": self.changed, "disk_backup_policy": self.policy, **self.extra}
        return {**result, "diff": {"before": self.plan.before, "after": self.plan.after}} if with_diff else result


class _AppearedError(Exception):
    """A policy that fits is there before the create was sent (again); `unclear`: it may be this run's own."""

    def __init__(self, policies: list[BackupPolicy], unclear: bool) -> None:
        super().__init__("appeared")
        self.policies = policies
        self.unclear = unclear


class PolicyReconciler:
    """Brings one backup policy to what is desired. In check mode it reads, plans and predicts, and never writes."""

    def __init__(self, desired: DesiredPolicy, context: RunContext) -> None:
        self._desired = desired
        self._context = replace(context, deadline=Deadline(context.clock, LOCK_TIMEOUT))
        self._api = context.api
        self._poller = self._context.poller
        self._target: PolicyTarget | None = None
        self._policy: BackupPolicy | None = None
        self._in_trash: InTrashError | None = None
        self._rows: Sequence[BackupPolicy] = ()
        self._changed = False
        self._is_writing = False
        self._removed: list[Mapping[str, Any]] = []

    def ensure(self) -> PolicyResult:
        """The policy as it is desired. Raises KatapultError with all that is known by then."""
        try:
            with self._context.catch_unforeseen():
                return self._ensure()
        except KatapultError as error:
            told = error.as_ambiguous(self._is_writing) if isinstance(error, InternalError) else error
            hint = told.hint
            if told.details.code == "lock_timeout" or str(told.details.path).startswith("/disk_backup_policies"):
                hint = BACKUP_HINTS.get(told.details.code, hint)
            raise told.copy_with(known=self._known(), hint=hint) from error

    def _known(self) -> dict[str, Any]:
        known: dict[str, Any] = {"changed": self._changed}
        if self._policy is not None:
            known["disk_backup_policy"] = self._policy.payload
        return {**known, "removed": self._removed} if self._removed else known

    def _ensure(self) -> PolicyResult:
        try:
            self._observe()
        except KatapultError as error:
            if self._desired.absent and _is_target_gone(error):
                return self._without_target(error)
            if not self._may_be_predicted(error):
                raise
            self._context.warn(
                f"{error.summary} Check mode takes it for one that an earlier task creates. Without such a task the "
                "real run fails here."
            )
        plan = self._plan()
        is_missing = self._policy is None and self._target is not None
        if self._context.check_mode or not (plan.changes or is_missing):
            return self._result(plan)
        with self._context.locked(self._lock_name, kind="") as notes:
            if self._policy is None and notes.has_leftover(self._lock_name):
                # The policy of a run that died while its create was on the way may appear only now.
                poller = self._poller.with_own_deadline()
                poller.poll_briefly(self._observe, lambda _seen: self._policy is not None)
            elif plan.changes:
                self._observe()
            return self._result(self._carry_out(self._plan(), notes))

    def _may_be_predicted(self, error: KatapultError) -> bool:
        """Whether only a disk is missing that an earlier task may have predicted in check mode."""
        is_missing = error.details.code == "disk_not_found" and self._desired.disk_name is not None
        return self._context.check_mode and is_missing and self._desired.id is None

    @property
    def _lock_name(self) -> str:
        told = self._policy.target.get("id") if self._policy else None
        lookup = self._target.lookup if self._target else Lookup("id", str(told or self._desired.id))
        return f"backup policies of {lookup.value.lower() if lookup.key == 'fqdn' else lookup.value}"

    def _observe(self) -> None:
        """See the policy that is meant, and all others of its target if the options name that."""
        self._policy, self._in_trash, policy_id = None, None, self._desired.id
        self._target = self._target or find_target(self._api, self._poller, self._desired)
        if self._target is not None:
            fits = self._find_fitting(())
            self._policy = choose_policy(fits, self._target, self._desired.interval)
        if policy_id is not None and self._policy is None:
            self._observe_by_id(policy_id)

    def _find_fitting(self, known: Sequence[str]) -> list[BackupPolicy]:
        """The policies of the target that fit and are not `known`, read in full."""
        target = self._target
        if target is None:
            return []
        self._rows, read = read_policies(
            self._poller,
            self._api,
            lambda: self._api.list_backup_policies(target),
            lambda row: row.id not in known and self._fits(row),
        )
        return [policy for policy in read if self._fits(policy, is_whole=True)]

    def _fits(self, policy: BackupPolicy, *, is_whole: bool = False) -> bool:
        """A row that leaves its interval open may fit."""
        if self._desired.id is not None:
            return policy.id == self._desired.id
        wanted = self._desired.interval
        if wanted is None:
            return True
        return (policy.get("schedule.interval") if is_whole else policy.schedule.get("interval") or wanted) == wanted

    def _observe_by_id(self, policy_id: str) -> None:
        try:
            policy = self._api.get_backup_policy(policy_id)
        except (BackupPolicyNotFoundError, InTrashError) as error:
            if not self._desired.absent:
                raise
            self._in_trash = error if isinstance(error, InTrashError) else None
            return
        if self._target is not None and not self._target.lookup.matches(policy.target):
            told = policy.target.get(self._target.lookup.key) or policy.target.get("id")
            what = f"it is for {told}" if told else "the service does not say what it is for"
            summary = f"The backup policy {policy_id} is not one of {self._target.label}: {what}."
            raise error_for("not_meant", summary, hint=BACKUP_HINTS["not_meant"])
        self._policy = policy

    def _plan(self) -> PolicyPlan:
        if self._desired.absent:
            return plan_policy_removal(self._desired, self._policy)
        others = [row for row in self._rows if self._policy is None or row.id != self._policy.id]
        target = predict_target(self._target, self._desired) if self._target else None
        return plan_backup_policy(self._desired, self._policy, others, target, self._context.clock.wall())

    def _carry_out(self, plan: PolicyPlan, notes: CreateNotes) -> PolicyPlan:
        """Do what the plan says, and return it, or the one that came instead because another run was quicker."""
        self._is_writing = True
        if plan.properties is not None and self._policy is None:
            if not self._create(plan.properties, notes):
                self._observe()
                return self._carry_out(self._plan(), notes)
        elif plan.properties is not None:
            self._change(plan.properties)
        if plan.trash_at is not None:
            self._schedule_deletion(plan.trash_at)
        for policy in plan.removed:
            self._delete(policy)
        self._is_writing = False
        return plan

    # Creating it once.

    def _create(self, properties: Mapping[str, Any], notes: CreateNotes) -> bool:
        """Create the policy, and see that it is there; False if another run made it before the create was sent."""
        known, name, target = [row.id for row in self._rows], self._lock_name, self._known_target

        def recheck(unclear: bool) -> None:
            """Minutes can pass before a create that has to wait is sent; another run may have made the policy."""
            new = self._find_fitting(known)
            if new:
                raise _AppearedError(new, unclear)
            notes.clear_create(name)
            notes.note_create(name)

        notes.note_create(name)
        try:
            self._policy = self._api.create_backup_policy(target, properties, known, recheck)
        except _AppearedError as appeared:
            notes.clear_create(name)
            summary = f"The create of a backup policy of {target.label} was refused for the moment."
            if not appeared.unclear:
                self._context.warn(f"{summary} Another run has made {describe_policies(appeared.policies)} since.")
                return False
            self._policy = self._adopt(error_for("create_unclear", summary, ambiguous=True), appeared.policies)
        except ApiError as error:
            if not error.details.ambiguous:
                notes.clear_create(name)
                raise
            new = self._look_for_new(error, known)
            if new:
                notes.clear_create(name)
            self._policy = self._adopt(error, new)
        notes.clear_create(name)
        self._changed = True
        self._check_created(self._policy, known)
        return True

    @property
    def _known_target(self) -> PolicyTarget:
        if self._target is None:
            raise LookupError("a policy is created of a target only")
        return self._target

    def _look_for_new(self, lost: ApiError, known: Sequence[str]) -> list[BackupPolicy]:
        def look() -> list[BackupPolicy]:
            try:
                return self._find_fitting(known)
            except KatapultError as error:
                if isinstance(error, ApiError) and error.transient:
                    return []
                summary = f"{lost.summary} Looking for the policy failed too: {error.summary}"
                raise lost.copy_with(summary=summary, hint=POLICY_MAY_APPEAR).as_ambiguous() from error

        return self._poller.poll_briefly(look, bool)

    def _adopt(self, lost: KatapultError, new: list[BackupPolicy]) -> BackupPolicy:
        """The one policy of `new` that is as asked for; anything else is a failure."""
        if not new:
            summary = f"{lost.summary} No such policy is there yet."
            raise lost.copy_with(summary=summary, hint=POLICY_MAY_APPEAR).as_ambiguous()
        unlike = find_policy_differences(self._desired, new[0])
        if len(new) > 1 or unlike:
            seen = f"There is now {describe_policies(new)}{', which differs: ' if unlike else ''}{'; '.join(unlike)}."
            details = replace(
                lost.details, code="create_unclear", detail=[summarize_policy(policy) for policy in new], ambiguous=True
            )
            raise KatapultError(f"{lost.summary} {seen}", details, hint=BACKUP_HINTS["create_unclear"])
        self._context.warn(
            f"{lost.summary} The backup policy {new[0].id} has appeared since, is as asked for, and is taken for the "
            "result."
        )
        return new[0]

    def _check_created(self, policy: BackupPolicy, known: Sequence[str]) -> None:
        """Read the new policy, which readers may not see for some seconds, and look for one that another run made."""

        def read() -> BackupPolicy | None:
            try:
                return self._api.get_backup_policy(policy.id)
            except BackupPolicyNotFoundError:
                return None

        seen = self._poller.poll_briefly(read, lambda found: found is not None)
        if seen is None:
            raise self._not_applied(f"The backup policy {policy.id} was created, but the service does not find it.")
        self._policy = seen
        if self._desired.interval not in (None, seen.get("schedule.interval")):
            unlike = "; its ".join(find_policy_differences(self._desired, seen))
            summary = f"The create was answered with the backup policy {seen.id}, but its {unlike}."
            raise error_for("not_as_asked", summary, hint=BACKUP_HINTS["not_as_asked"])
        for difference in find_policy_differences(self._desired, seen):
            self._context.warn(f"The backup policy {seen.id} was created, but its {difference}.")
        try:
            duplicates = self._find_fitting([*known, seen.id])
        except KatapultError as error:
            self._context.warn_unseen("Whether another run created such a backup policy too", error)
            return
        if duplicates:
            raise error_for(
                "duplicate_created",
                f"The backup policy {seen.id} was created, and there is now also {describe_policies(duplicates)}.",
                detail={"policies": [summarize_policy(found) for found in (seen, *duplicates)]},
                hint=BACKUP_HINTS["duplicate_created"],
            )

    # Changing it, and moving it to the trash.

    def _change(self, properties: Mapping[str, Any]) -> None:
        self._write(
            lambda policy_id: self._api.change_backup_policy(policy_id, properties),
            lambda seen: find_policy_differences(self._desired, seen),
        )

    def _schedule_deletion(self, trash_at: int) -> None:
        def find_differences(seen: BackupPolicy) -> list[str]:
            ends = seen.get(TRASH_AT)
            return [] if ends == trash_at else [f"{TRASH_AT} is {ends}, expected {trash_at}"]

        self._write(lambda policy_id: self._api.schedule_backup_policy_deletion(policy_id, trash_at), find_differences)

    def _write(self, send: Callable[[str], None], find_differences: Callable[[BackupPolicy], list[str]]) -> None:
        """Send a write that may be carried out twice, and see that the policy shows it, also if the answer was lost."""
        policy, lost = self._policy, None
        if policy is None:
            raise LookupError("no policy was found or made yet")
        policy_id = policy.id
        try:
            send(policy_id)
            self._changed = True
        except ApiError as error:
            if not error.may_have_succeeded:
                raise
            lost = error
        try:
            seen = self._poller.poll_briefly(
                lambda: self._api.get_backup_policy(policy_id), lambda found: not find_differences(found)
            )
        except ApiError as error:
            raise error.after_lost_response(lost) if lost is not None else error from lost
        self._policy, unlike = seen, find_differences(seen)
        if unlike:
            words = f"The service took the change of the backup policy {policy_id}, but its {'; its '.join(unlike)}."
            raise lost or self._not_applied(words)
        if lost is not None:
            self._changed = True
            self._context.warn(f"{lost.summary} The backup policy shows that it was carried out.")

    def _not_applied(self, summary: str) -> KatapultError:
        return error_for("not_applied", summary, hint=BACKUP_HINTS["not_applied"])

    def _delete(self, policy: BackupPolicy) -> None:
        """Move the policy to the trash. Success too where an answer was lost, or another was quicker."""
        try:
            self._api.delete_backup_policy(policy.id)
            is_ours = True
        except ApiError as error:
            is_gone = isinstance(error, (BackupPolicyNotFoundError, InTrashError))
            if not (is_gone or error.may_have_succeeded) or not self._is_gone(policy.id):
                raise
            is_ours = error.may_have_succeeded
        self._changed = self._changed or is_ours
        if not self._desired.absent:
            self._removed.append(policy.payload)

    def _is_gone(self, policy_id: str) -> bool:
        """Whether the policy is in the trash, or not found for some seconds: one 404 proves nothing."""

        def look() -> str:
            try:
                self._api.get_backup_policy(policy_id)
            except InTrashError:
                return "trashed"
            except BackupPolicyNotFoundError:
                return "gone"
            except ApiError:
                return ""
            return ""

        return bool(self._poller.poll_briefly(look, lambda fate: fate == "trashed"))

    # The result.

    def _result(self, plan: PolicyPlan) -> PolicyResult:
        check_mode = self._context.check_mode
        changed = plan.changes if check_mode else self._changed
        if self._desired.absent:
            trash_object = self._find_trash_object(plan)
            exists = self._in_trash is not None
            words = policy_removal_message(self._desired, plan, trash_object, exists=exists)
            return PolicyResult(changed, plan, None, {"trash_object": trash_object, "msg": words})
        removed = [policy.payload for policy in plan.removed] if check_mode else self._removed
        shown = plan.predicted if check_mode else self._policy.payload if self._policy else None
        return PolicyResult(changed, plan, shown, {"removed": removed} if self._desired.exclusive else {})

    def _find_trash_object(self, plan: PolicyPlan) -> Mapping[str, Any] | None:
        policy_id = plan.removed[0].id if plan.removed else self._desired.id
        if policy_id is None or not (plan.removed or self._in_trash):
            return None
        if plan.removed and self._context.check_mode:
            return {"id": None, "keep_until": None, "object_id": policy_id, "object_type": "DiskBackupPolicy"}
        lookup = Lookup("object_id", policy_id)
        detail = self._in_trash.details.detail if self._in_trash else None
        told = detail.get("trash_object") if isinstance(detail, Mapping) else None
        try:
            if lookup.matches(told):
                return parse_trash_object(told).payload
            return self._api.get_trash_object(lookup, policy_id).payload
        except (NotFoundError, NotPermittedError, MalformedPayloadError):
            return None
        except ApiError as error:
            self._context.warn_unseen("Until when the backup policy is in the trash", error)
            return None

    def _without_target(self, error: KatapultError) -> PolicyResult:
        """A policy of what is not there is not there either; one of what is in the trash can't be seen."""
        if self._desired.id is not None:
            try:
                self._api.get_backup_policy(self._desired.id)
            except BackupPolicyNotFoundError:
                return self._result(plan_policy_removal(self._desired, None))
            except InTrashError as in_trash:
                self._in_trash = in_trash
                return self._result(plan_policy_removal(self._desired, None))
            raise error
        if isinstance(error, InTrashError):
            self._context.warn(
                f"{error.summary} Backup policies of what is in the trash are found by their id alone, and were not "
                "looked for."
            )
        return self._result(plan_policy_removal(self._desired, None))


def _is_target_gone(error: KatapultError) -> bool:
    return error.details.code in TARGET_MISSING or isinstance(error, InTrashError)
