# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing a disk to what is wanted: look, plan, carry out, wait, and report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.katapult.cloud.plugins.module_utils._clock import Clock, Deadline
from ansible_collections.katapult.cloud.plugins.module_utils._disk import Disk, Power, Wanted
from ansible_collections.katapult.cloud.plugins.module_utils._disk_api import DiskApi
from ansible_collections.katapult.cloud.plugins.module_utils._disk_create import Creator
from ansible_collections.katapult.cloud.plugins.module_utils._disk_lookup import Found, find_by_name, in_words
from ansible_collections.katapult.cloud.plugins.module_utils._disk_options import differences
from ansible_collections.katapult.cloud.plugins.module_utils._disk_plan import Plan, plan_disk
from ansible_collections.katapult.cloud.plugins.module_utils._disk_wait import DiskWaiter, Progress
from ansible_collections.katapult.cloud.plugins.module_utils._errors import KatapultError, Known, failure
from ansible_collections.katapult.cloud.plugins.module_utils._lock import (
    LockTimeoutError,
    LockUnavailableError,
    locked,
)
from ansible_collections.katapult.cloud.plugins.module_utils._tasks import Waiter


@dataclass(frozen=True)
class DiskResult:
    """What a successful task returns."""

    changed: bool
    plan: Plan
    disk: Mapping[str, Any] | None
    task: Mapping[str, Any] | None
    annotations: list[Mapping[str, Any]]

    def as_result(self, *, with_diff: bool) -> dict[str, Any]:
        """The keys of the module's result."""
        facts = {"katapult_disk": self.disk, "katapult_task": self.task}
        result = {
            "changed": self.changed,
            "disk": self.disk,
            "task": self.task,
            "annotations": self.annotations,
            "ansible_facts": facts,
        }
        return {**result, "diff": {"before": self.plan.before, "after": self.plan.after}} if with_diff else result


@dataclass(frozen=True)
class Surroundings:
    """What a task runs with. C(lock_keys) tell the names of one API from those of another."""

    api: DiskApi
    clock: Clock
    deadline: Deadline
    warn: Callable[[str], None]
    lock_directory: Callable[[], str]
    lock_keys: tuple[str, ...]
    check_mode: bool = False
    wait: bool = True


class DiskRun:
    """One run for one disk."""

    def __init__(self, wanted: Wanted, around: Surroundings) -> None:
        self._wanted = wanted
        self._around = around
        self._creator = Creator(around.api, around.clock, around.deadline, around.warn)
        self._waiter = DiskWaiter(around.api, Waiter(around.clock, around.deadline), around.warn)
        self._progress = Progress()

    def ensure_present(self) -> DiskResult:
        """The disk, created where it was not there. Raises KatapultError with all that is known by then."""
        try:
            return self._ensure_present()
        except KatapultError as error:
            if error.known == Known():
                error.known = self._progress.known()
            raise

    def _ensure_present(self) -> DiskResult:
        with self._name_lock():
            found = self._find()
            self._progress.disk = found.disk
            plan = self._plan_to_create(found) if found.disk is None else None
            if plan is not None and not self._around.check_mode:
                self._create(plan, found)
        if plan is None:
            return self._existing()
        if self._around.check_mode:
            self._creator.refuse_unknown_references(self._wanted)
            return self._predicted(plan)
        return self._created(plan, found)

    def _find(self) -> Found:
        if self._wanted.id is not None:
            return Found(self._around.api.disk(self._wanted.id))
        return find_by_name(self._around.api, self._wanted)

    def _plan_to_create(self, found: Found) -> Plan:
        if found.elsewhere:
            self._around.warn(
                f"A disk '{self._wanted.name}' exists in another data center than {self._wanted.place}: "
                f"{in_words(found.elsewhere)}. It is another disk."
            )
        return plan_disk(self._wanted, None)

    def _existing(self) -> DiskResult:
        if self._around.wait and not self._around.check_mode:
            power = self._waiter.until_at_rest(self._wanted, self._progress)
        else:
            power = self._waiter.power_for(self._wanted, self._progress.disk)
        disk = self._progress.known_disk
        plan = plan_disk(self._wanted, disk, power)
        if self._wanted.assignment and disk.attachment is None and not self._wanted.virtual_machine:
            self._around.warn(
                f"virtual_machine_disk says nothing of the disk '{disk.name}' ({disk.id}), which is not assigned: "
                "name a virtual_machine in it."
            )
        return self._result(changed=False, plan=plan)

    def _predicted(self, plan: Plan) -> DiskResult:
        given = self._wanted.annotations or ()
        annotations: list[Mapping[str, Any]] = [{"key": item["key"], "value": item.get("value")} for item in given]
        return DiskResult(True, plan, plan.predicted, None, annotations)

    def _create(self, plan: Plan, found: Found) -> None:
        made = self._creator.create(plan.steps[0], self._wanted, found.ids)
        self._progress.changed, self._progress.disk, self._progress.task = True, made.disk, made.task

    def _created(self, plan: Plan, found: Found) -> DiskResult:
        self._refuse_what_is_not_found_again(self._progress.known_disk)
        if self._around.wait:
            power = self._waiter.until_made(self._wanted, self._progress)
            self._warn_of_differences(self._progress.known_disk, power)
        self._creator.refuse_twin(self._progress.known_disk, self._wanted, found.ids)
        return self._result(changed=True, plan=plan)

    def _refuse_what_is_not_found_again(self, disk: Disk) -> None:
        """Another name or data center than was asked for would make every run create one more disk."""
        wanted = Wanted(name=self._wanted.name, data_center=self._wanted.place)
        told = disk.payload.get("data_center") or None
        wrong = differences(wanted if told else replace(wanted, data_center=None), disk)
        if wrong:
            raise failure("not_as_asked", f"The disk {disk.id} was created, but its {'; its '.join(map(str, wrong))}.")

    def _warn_of_differences(self, disk: Disk, power: Power) -> None:
        for difference in differences(self._wanted, disk, power):
            self._around.warn(f"The disk '{disk.name}' ({disk.id}) was created, but its {difference}.")

    def _result(self, *, changed: bool, plan: Plan) -> DiskResult:
        disk, task = self._progress.known_disk, self._progress.task
        return DiskResult(changed, plan, disk.payload, task.payload if task else None, disk.annotation_list)

    @contextmanager
    def _name_lock(self) -> Iterator[None]:
        """Only one task of this control node at a time looks for a name and creates it."""
        around = self._around
        if around.check_mode or self._wanted.id is not None:
            yield
            return
        with ExitStack() as held:
            keys = [(*around.lock_keys, str(self._wanted.name))]
            try:
                held.enter_context(locked(keys, around.clock, around.deadline, around.lock_directory()))
            except LockUnavailableError as reason:
                around.warn(
                    f"No lock can be had ({reason}): tasks that run at once on this control node may create the disk "
                    f"'{self._wanted.name}' twice. A twin is looked for after a create."
                )
            except LockTimeoutError:
                raise failure(
                    "lock_timeout",
                    f"Another task held the lock of the name '{self._wanted.name}' for {around.deadline.seconds:g} s.",
                ) from None
            yield
