# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls of the Katapult API that disks need."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from .._core.clock import FRESH_FOR, Moment
from .._core.errors import DiskNotFoundError, InTrashError
from .messages import Call, Repeat, unexpected
from .models import (
    Disk,
    DiskCall,
    Lookup,
    Machine,
    MalformedObjectError,
    Task,
    TrashObject,
    disk_of,
    machine_of,
    task_of,
    trash_object_of,
)
from .pagination import Listing, Sender, every_row, search

T = TypeVar("T")

_TRASH = "/trash_objects/trash_object"


@dataclass(frozen=True)
class Created:
    """The answer to a create; without a task where the answer had none that can be read."""

    disk: Disk
    task: Task | None


class DiskApi:
    """Endpoints in, frozen values out. All raise ApiError.

    An answer counts only if it is about what was asked, or it is C(unexpected_answer): a cache that looks only at paths
    gives one disk for another.
    """

    def __init__(self, http: Sender) -> None:
        self._http = http

    def disks(
        self,
        organization: Lookup,
        annotations: Iterable[tuple[str, str]] = (),
        keep: Callable[[Mapping[str, Any]], bool] = lambda _row: True,
    ) -> list[Mapping[str, Any]]:
        """GET /organizations/organization/disks: the thin rows of disks with all C(annotations), over all pages.

        Only those that C(keep) lets pass, which is called by threads.
        """
        return every_row(self._http, _list_call(organization, annotations), "disk", keep)

    def disks_among(
        self,
        organization: Lookup,
        keep: Callable[[Mapping[str, Any]], bool],
        is_found: Callable[[Sequence[Mapping[str, Any]]], bool] = lambda _rows: True,
    ) -> Listing:
        """The thin rows that C(keep) lets pass, of all disks; no other row is held. C(keep) is called by threads.

        If C(is_found) says no to the rows of a list that is not sure, the list is read once more.
        """
        call = _list_call(organization)
        try:
            return search(self._http, call, "disk", keep, is_found)
        except MalformedObjectError as problem:
            raise unexpected(call, f"the answer is not as the API describes it: {problem}") from None

    def disks_named(self, organization: Lookup, name: str) -> Listing:
        """The thin rows with exactly this name. Raises ApiError if none is in a list that is known to be incomplete.

        Callers that find rows, but not the one that they look for, refuse an incomplete list themselves.
        """
        named = self.disks_among(organization, lambda row: name_in(row) == name, bool)
        if not named.rows:
            named.refuse_incomplete()
        return named

    def disk(self, disk_id: str) -> Disk:
        """GET /disks/disk. Raises DiskNotFoundError, and InTrashError for a disk in the trash."""
        call = Call("GET", "/disks/disk", f"read the disk {disk_id}", (("disk[id]", disk_id),))
        try:
            disk = self._read(call, lambda answer: _disk_asked_for(answer, disk_id))
        except InTrashError as error:
            detail = error.report.detail
            told = detail.get("trash_object") if isinstance(detail, Mapping) else None
            asked = Lookup("object_id", disk_id)
            if asked.is_told_by(told) and not asked.selects(told):
                raise unexpected(call, f"it is about another object in the trash than {disk_id}", status=406) from error
            raise
        return replace(disk, seen=self.moment())

    def moment(self) -> Moment:
        """Now, for is_fresh()."""
        return self._http.moment()

    def is_fresh(self, seen: Moment | None) -> bool:
        """Whether C(seen) is within the last FRESH_FOR seconds, and no request has had to wait since."""
        now = self.moment()
        return seen is not None and seen.waits == now.waits and now.at - seen.at <= FRESH_FOR

    def disk_if_there(self, disk_id: str) -> Disk | None:
        """The disk, or None where there is none with this id, or only in the trash."""
        try:
            return self.disk(disk_id)
        except (DiskNotFoundError, InTrashError):
            return None

    def create_disk(
        self, body: Mapping[str, Any], known: Collection[str], before_repeat: Callable[[bool], None]
    ) -> Created:
        """POST /organizations/organization/disks, sent again only when it was surely not carried out.

        C(before_repeat) is called before that, and may raise instead. C(known): IDs of disks that were there before, of
        which none can be the new one.
        """
        name = body["properties"]["name"]
        call = Call(
            "POST",
            "/organizations/organization/disks",
            f"create the disk '{name}'",
            body=body,
            repeat=Repeat.IF_NOT_EXECUTED,
            before_repeat=before_repeat,
        )
        return self._read(call, lambda answer: _created_of(answer, known))

    def carry_out(
        self, change: DiskCall, disk: Disk, before_repeat: Callable[[bool], None] = lambda _unclear: None
    ) -> Task | None:
        """Send C(change), with its task where it has one. C(before_repeat) may keep it from being sent again.

        The disk in the answer is not returned: where there is a task, it is the disk as it was before.
        """

        def task_in(answer: Mapping[str, Any]) -> Task | None:
            _raise_if_of_another(answer, disk.id)
            return task_of(answer.get("task")) if change.has_task else None

        call = Call(
            change.method,
            change.path,
            f"{change.doing} {disk.label}",
            body={"disk": {"id": disk.id}, **change.body},
            repeat=Repeat.IF_NOT_EXECUTED if change.has_task else Repeat.ALWAYS,
            before_repeat=before_repeat,
        )
        return self._read(call, task_in)

    def delete_disk(self, disk: Disk, before_repeat: Callable[[bool], None]) -> TrashObject | None:
        """DELETE /disks/disk, which moves it to the trash; None where the answer does not tell the trash object.

        C(before_repeat) may keep it from being sent again.
        """
        call = Call(
            "DELETE",
            "/disks/disk",
            f"delete the disk {disk.label}",
            body={"disk": {"id": disk.id}},
            before_repeat=before_repeat,
        )

        def trash_object_in(answer: Mapping[str, Any]) -> TrashObject | None:
            _raise_if_of_another(answer, disk.id)
            told = answer.get("trash_object")
            return trash_object_of(told) if Lookup("object_id", disk.id).is_told_by(told) else None

        return self._read(call, trash_object_in)

    def trash_object(self, lookup: Lookup, disk_id: str) -> TrashObject:
        """GET /trash_objects/trash_object, of that disk, by its id or its object_id.

        Raises NotFoundError, NotPermittedError.
        """
        call = Call("GET", _TRASH, f"look into the trash for {lookup}", lookup.as_query("trash_object"))

        def trash_object_asked_for(answer: Mapping[str, Any]) -> TrashObject:
            found = trash_object_of(answer.get("trash_object"))
            for asked in (lookup, Lookup("object_id", disk_id)):
                _raise_if_another(asked, found.payload, "trash_object")
            return found

        return self._read(call, trash_object_asked_for)

    def purge(self, lookup: Lookup, before_repeat: Callable[[bool], None]) -> Task:
        """DELETE /trash_objects/trash_object. Raises NotFoundError where it is not in the trash.

        C(before_repeat) may keep it from being sent again.
        """
        call = Call(
            "DELETE",
            _TRASH,
            f"purge {lookup} from the trash",
            body={"trash_object": lookup.as_body()},
            repeat=Repeat.IF_NOT_EXECUTED,
            before_repeat=before_repeat,
        )
        return self._read(call, lambda answer: task_of(answer.get("task")))

    def restore(self, disk_id: str, before_repeat: Callable[[bool], None]) -> None:
        """POST /trash_objects/trash_object/restore. Raises NotFoundError where it is not in the trash.

        C(before_repeat) may keep it from being sent again.
        """
        call = Call(
            "POST",
            f"{_TRASH}/restore",
            f"restore the disk {disk_id} from the trash",
            body={"trash_object": {"object_id": disk_id}},
            before_repeat=before_repeat,
        )
        self._read(call, lambda answer: _raise_if_of_another(answer, disk_id))

    def task(self, task_id: str) -> Task:
        """GET /tasks/task. Raises NotPermittedError where the token lacks tasks:read."""
        call = Call("GET", "/tasks/task", f"read the task {task_id}", (("task[id]", task_id),))

        def task_asked_for(answer: Mapping[str, Any]) -> Task:
            task = task_of(answer.get("task"))
            _raise_if_another(Lookup("id", task_id), task.payload, "task")
            return task

        return self._read(call, task_asked_for)

    def machine(self, virtual_machine: Lookup) -> Machine:
        """GET /virtual_machines/virtual_machine. Raises NotFoundError, InTrashError, NotPermittedError."""
        call = Call(
            "GET",
            "/virtual_machines/virtual_machine",
            f"read the virtual machine {virtual_machine}",
            virtual_machine.as_query("virtual_machine"),
        )

        def machine_asked_for(answer: Mapping[str, Any]) -> Machine:
            machine = machine_of(answer.get("virtual_machine"))
            _raise_if_another(virtual_machine, answer["virtual_machine"], "virtual_machine")
            return machine

        return self._read(call, machine_asked_for)

    def data_centers(self) -> list[Mapping[str, Any]]:
        """GET /data_centers, which has no pages."""
        call = Call("GET", "/data_centers", "list the data centers")
        return self._read(call, lambda answer: _list_of(answer, "data_centers"))

    def io_profiles(self, organization: Lookup) -> list[Mapping[str, Any]]:
        """GET /organizations/organization/disk_io_profiles, over all pages."""
        call = Call(
            "GET",
            "/organizations/organization/disk_io_profiles",
            f"list the disk I/O profiles of the organization '{organization}'",
            organization.as_query("organization"),
        )
        return every_row(self._http, call, "disk_io_profiles")

    def _read(self, call: Call, reading: Callable[[Mapping[str, Any]], T]) -> T:
        answer = self._http.send(call)
        try:
            return reading(answer)
        except MalformedObjectError as problem:
            raise unexpected(call, f"the answer is not as the API describes it: {problem}") from None


def name_in(row: Mapping[str, Any]) -> str:
    """The name in a row of the list of disks. Raises MalformedObjectError: a row without a name may have any."""
    name = row.get("name")
    if not isinstance(name, str):
        raise MalformedObjectError("a row of 'disk' has no name")
    return name


def _list_call(organization: Lookup, annotations: Iterable[tuple[str, str]] = ()) -> Call:
    pairs = [(("annotations[][key]", key), ("annotations[][value]", value)) for key, value in annotations]
    return Call(
        "GET",
        "/organizations/organization/disks",
        f"list the disks of the organization '{organization}'",
        organization.as_query("organization") + tuple(part for pair in pairs for part in pair),
    )


def _raise_if_another(asked: Lookup, thing: Any, name: str) -> None:
    """Raise MalformedObjectError if an object of an answer is not the one that was asked for."""
    if not asked.selects(thing):
        found = thing.get(asked.key) if isinstance(thing, Mapping) else thing
        raise MalformedObjectError(f"'{name}.{asked.key}' is {found!r}, asked for was '{asked}'")


def _raise_if_of_another(answer: Mapping[str, Any], disk_id: str) -> None:
    """Raise MalformedObjectError if the answer to a write tells another disk, or the trash object of another."""
    for name, key in (("disk", "id"), ("trash_object", "object_id")):
        asked, thing = Lookup(key, disk_id), answer.get(name)
        if asked.is_told_by(thing):
            _raise_if_another(asked, thing, name)


def _disk_asked_for(answer: Mapping[str, Any], disk_id: str) -> Disk:
    disk = disk_of(answer.get("disk"), answer.get("annotations"))
    _raise_if_another(Lookup("id", disk_id), disk.payload, "disk")
    return disk


def _created_of(answer: Mapping[str, Any], known: Collection[str]) -> Created:
    disk = disk_of(answer.get("disk"), answer.get("annotations"))
    if disk.id in known:
        raise MalformedObjectError(f"'disk.id' is '{disk.id}', a disk that was there before")
    try:
        return Created(disk, task_of(answer.get("task")))
    except MalformedObjectError:
        return Created(disk, None)


def _list_of(answer: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    rows = answer.get(key)
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise MalformedObjectError(f"'{key}' is no list of objects")
    return rows
