# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls of the Katapult API that disks need, and those that show virtual machines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from .._core.clock import MAX_AGE, Moment
from .._core.errors import DiskNotFoundError, InTrashError
from .messages import Request, Retry, unexpected_response
from .models import (
    BackupPolicy,
    Disk,
    DiskCall,
    Lookup,
    Machine,
    MalformedPayloadError,
    PolicyTarget,
    Task,
    TrashObject,
    parse_backup_policy,
    parse_disk_payload,
    parse_machine,
    parse_task,
    parse_trash_object,
    require_object,
)
from .pagination import RowList, Sender, find_rows, list_all

T = TypeVar("T")

_DISKS = "/organizations/organization/disks"
_MACHINES = "/organizations/organization/virtual_machines"
_MACHINE = "/virtual_machines/virtual_machine"
_POLICY = "/disk_backup_policies/disk_backup_policy"
_TRASH = "/trash_objects/trash_object"


class Created(NamedTuple):
    """The answer to a create; without a task where the answer had none that can be read.

    `is_whole`: the answer has all that a read of the disk shows.
    """

    disk: Disk
    task: Task | None
    is_whole: bool = False


class KatapultApi:
    """Endpoints in, frozen values out. All raise ApiError.

    An answer counts only if it is about what was asked, or it is `unexpected_answer`: a cache that looks only at paths
    gives one disk for another.
    """

    def __init__(self, http: Sender) -> None:
        self._http = http

    def list_disks(
        self,
        organization: Lookup,
        annotations: Iterable[tuple[str, str]] = (),
        keep: Callable[[Mapping[str, Any]], bool] = lambda _row: True,
    ) -> list[Mapping[str, Any]]:
        """GET /organizations/organization/disks: the thin rows of disks with all `annotations`, over all pages.

        Only those that `keep` lets pass, which is called by threads.
        """
        return list_all(self._http, _list_call(_DISKS, "disks", organization, annotations), "disk", keep)

    def list_matching_disks(
        self,
        organization: Lookup,
        keep: Callable[[Mapping[str, Any]], bool],
        is_found: Callable[[Sequence[Mapping[str, Any]]], bool] = lambda _rows: True,
    ) -> RowList:
        """The thin rows that `keep` lets pass, of all disks; no other row is held. `keep` is called by threads.

        If `is_found` says no to the rows of a list that is not sure, the list is read once more.
        """
        request = _list_call(_DISKS, "disks", organization)
        with _reading_answer(request):
            return find_rows(self._http, request, "disk", keep, is_found)

    def list_disks_named(self, organization: Lookup, name: str) -> RowList:
        """The thin rows with exactly this name. Raises ApiError if none is in a list that is known to be incomplete.

        Callers that find rows, but not the one that they look for, refuse an incomplete list themselves.
        """
        named = self.list_matching_disks(organization, lambda row: parse_row_name(row) == name, bool)
        if not named.rows:
            named.raise_if_incomplete()
        return named

    def get_disk(self, disk_id: str) -> Disk:
        """GET /disks/disk. Raises DiskNotFoundError, and InTrashError for a disk in the trash."""
        request = Request("GET", "/disks/disk", f"read the disk {disk_id}", (("disk[id]", disk_id),))
        try:
            with _reading_answer(request):
                answer = self._http.send(request)
                disk = parse_disk_payload(answer.get("disk"), answer.get("annotations"))
                _raise_if_another(Lookup("id", disk_id), disk.payload, "disk")
                return replace(disk, seen=self.moment())
        except InTrashError as error:
            _raise_if_other_in_trash(request, error, disk_id)
            raise

    def moment(self) -> Moment:
        """Now, for is_fresh()."""
        return self._http.moment()

    def min_pause(self) -> float:
        """Seconds that a wait should let pass before its next request; 0 while enough are left in this minute."""
        return self._http.min_pause()

    def is_fresh(self, seen: Moment | None) -> bool:
        """Whether `seen` is within the last MAX_AGE seconds, and no request has had to wait since."""
        now = self.moment()
        return seen is not None and seen.waits == now.waits and now.at - seen.at <= MAX_AGE

    def find_disk(self, disk_id: str) -> Disk | None:
        """The disk, or None where there is none with this id, or only in the trash."""
        try:
            return self.get_disk(disk_id)
        except (DiskNotFoundError, InTrashError):
            return None

    def create_disk(
        self, body: Mapping[str, Any], known: Collection[str], before_retry: Callable[[bool], None]
    ) -> Created:
        """POST /organizations/organization/disks, sent again only when it was surely not carried out.

        `before_retry` is called before that, and may raise instead. `known`: IDs of disks that were there before, of
        which none can be the new one.
        """
        action, retry = f"create the disk '{body['properties']['name']}'", Retry.IF_NOT_EXECUTED
        request = Request("POST", _DISKS, action, body=body, retry=retry, before_retry=before_retry)
        with _reading_answer(request):
            answer = self._http.send(request)
            disk = parse_disk_payload(answer.get("disk"), answer.get("annotations"))
            if disk.id in known:
                raise MalformedPayloadError(f"'disk.id' is '{disk.id}', a disk that was there before")
            with suppress(MalformedPayloadError):
                is_whole = disk.is_whole and isinstance(answer.get("annotations"), list)
                return Created(disk, parse_task(answer.get("task")), is_whole)
            return Created(disk, None)

    def send_change(self, change: DiskCall, disk: Disk, before_retry: Callable[[bool], None]) -> Task | None:
        """Send `change`, with its task where it has one. `before_retry` may keep it from being sent again.

        The disk in the answer is not returned: where there is a task, it is the disk as it was before.
        """
        request = Request(
            change.method,
            change.path,
            f"{change.action} {disk.label}",
            body={"disk": {"id": disk.id}, **change.body},
            retry=Retry.IF_NOT_EXECUTED if change.has_task else Retry.ALWAYS,
            before_retry=before_retry,
        )
        with _reading_answer(request):
            answer = self._http.send(request)
            _raise_if_other_disk(answer, disk.id)
            return parse_task(answer.get("task")) if change.has_task else None

    def delete_disk(self, disk: Disk, before_retry: Callable[[bool], None]) -> TrashObject | None:
        """DELETE /disks/disk, which moves it to the trash; None where the answer does not tell the trash object.

        `before_retry` may keep it from being sent again.
        """
        action, body = f"delete the disk {disk.label}", {"disk": {"id": disk.id}}
        request = Request("DELETE", "/disks/disk", action, body=body, before_retry=before_retry)
        with _reading_answer(request):
            answer = self._http.send(request)
            _raise_if_other_disk(answer, disk.id)
            told = answer.get("trash_object")
            return parse_trash_object(told) if Lookup("object_id", disk.id).has_key(told) else None

    def get_trash_object(self, lookup: Lookup, disk_id: str) -> TrashObject:
        """GET /trash_objects/trash_object, of that disk or backup policy, by its id or its object_id.

        Raises NotFoundError, NotPermittedError.
        """
        request = Request("GET", _TRASH, f"look into the trash for {lookup}", lookup.as_query("trash_object"))
        return self._read(request, "trash_object", parse_trash_object, lookup, Lookup("object_id", disk_id))

    def purge_trash_object(self, lookup: Lookup, before_retry: Callable[[bool], None]) -> Task:
        """DELETE /trash_objects/trash_object. Raises NotFoundError where it is not in the trash.

        `before_retry` may keep it from being sent again.
        """
        action, body = f"purge {lookup} from the trash", {"trash_object": lookup.as_body()}
        retry = Retry.IF_NOT_EXECUTED
        request = Request("DELETE", _TRASH, action, body=body, retry=retry, before_retry=before_retry)
        return self._read(request, "task", parse_task)

    def restore_disk(self, disk_id: str, before_retry: Callable[[bool], None]) -> None:
        """POST /trash_objects/trash_object/restore. Raises NotFoundError where it is not in the trash.

        `before_retry` may keep it from being sent again.
        """
        action, body = f"restore the disk {disk_id} from the trash", {"trash_object": {"object_id": disk_id}}
        request = Request("POST", f"{_TRASH}/restore", action, body=body, before_retry=before_retry)
        with _reading_answer(request):
            _raise_if_other_disk(self._http.send(request), disk_id)

    def get_task(self, task_id: str) -> Task:
        """GET /tasks/task. Raises NotPermittedError where the token lacks tasks:read."""
        request = Request("GET", "/tasks/task", f"read the task {task_id}", (("task[id]", task_id),))
        return self._read(request, "task", parse_task, Lookup("id", task_id))

    def get_virtual_machine(self, virtual_machine: Lookup) -> Machine:
        """GET /virtual_machines/virtual_machine. Raises NotFoundError, InTrashError, NotPermittedError."""
        request = _machine_call(virtual_machine)
        return self._read(request, "virtual_machine", parse_machine, virtual_machine)

    def describe_virtual_machine(self, machine_id: str) -> Mapping[str, Any]:
        """The same call: all that it shows, with the annotations. It may show a root password.

        Raises NotFoundError, InTrashError, NotPermittedError.
        """
        lookup = Lookup("id", machine_id)
        request = _machine_call(lookup)
        with _reading_answer(request):
            answer = self._http.send(request)
            machine = require_object(answer.get("virtual_machine"), "virtual_machine", "id")
            _raise_if_another(lookup, machine, "virtual_machine")
            return {**machine, "annotations": answer.get("annotations")}

    def list_virtual_machines(
        self,
        organization: Lookup,
        annotations: Iterable[tuple[str, str]] = (),
        keep: Callable[[Mapping[str, Any]], bool] = lambda _row: True,
    ) -> list[Mapping[str, Any]]:
        """GET /organizations/organization/virtual_machines: as list_disks(). Raises NotPermittedError."""
        request = _list_call(_MACHINES, "virtual machines", organization, annotations)
        return list_all(self._http, request, "virtual_machines", keep)

    def list_network_interfaces(self, machine_id: str) -> list[Mapping[str, Any]]:
        """GET /virtual_machines/virtual_machine/network_interfaces, over all pages: with private addresses.

        Raises NotFoundError, InTrashError, NotPermittedError.
        """
        action = f"list the network interfaces of the virtual machine {machine_id}"
        query = Lookup("id", machine_id).as_query("virtual_machine")
        request = Request("GET", f"{_MACHINE}/network_interfaces", action, query)
        return list_all(self._http, request, "virtual_machine_network_interfaces")

    def list_data_centers(self) -> list[Mapping[str, Any]]:
        """GET /data_centers, which has no pages."""
        request = Request("GET", "/data_centers", "list the data centers")
        with _reading_answer(request):
            rows = self._http.send(request).get("data_centers")
            if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
                raise MalformedPayloadError("'data_centers' is no list of objects")
            return rows

    def list_io_profiles(self, organization: Lookup) -> list[Mapping[str, Any]]:
        """GET /organizations/organization/disk_io_profiles, over all pages."""
        action = f"list the disk I/O profiles of the organization '{organization}'"
        query = organization.as_query("organization")
        request = Request("GET", "/organizations/organization/disk_io_profiles", action, query)
        return list_all(self._http, request, "disk_io_profiles")

    def get_policy(self, organization: Lookup, retry: Retry = Retry.ALWAYS) -> Mapping[str, Any]:
        """GET /organizations/organization/policy: the limits and their use, the whole answer.

        Raises NotPermittedError where the token lacks organizations:read.
        """
        action = f"read the policy of the organization '{organization}'"
        query = organization.as_query("organization")
        request = Request("GET", "/organizations/organization/policy", action, query, retry=retry)
        with _reading_answer(request):
            answer = self._http.send(request)
            require_object(answer.get("limits"), "limits")
            return answer

    def get_policy_limits(self, organization: Lookup, retry: Retry = Retry.ALWAYS) -> Mapping[str, Any]:
        """GET /organizations/organization/policy_limits: what is permitted, of which no use is told.

        Raises NotPermittedError where the token lacks organizations:read.
        """
        action = f"read the limits of the organization '{organization}'"
        query = organization.as_query("organization")
        request = Request("GET", "/organizations/organization/policy_limits", action, query, retry=retry)
        return self._read(request, "policy_limits", lambda payload: require_object(payload, "policy_limits"))

    def list_trash_objects(self, organization: Lookup) -> list[Mapping[str, Any]]:
        """GET /organizations/organization/trash_objects, over all pages: disks and others, without their names.

        Raises NotPermittedError where the token lacks trash_objects:read.
        """
        action = f"list the trash of the organization '{organization}'"
        query = organization.as_query("organization")
        request = Request("GET", "/organizations/organization/trash_objects", action, query)
        return list_all(self._http, request, "trash_objects")

    def list_backup_policies(self, target: PolicyTarget, *, include_disks: bool = False) -> list[BackupPolicy]:
        """GET …/disk_backup_policies, over all pages: without most of their schedules.

        `include_disks`: with those of the disks of a virtual machine, which are left out otherwise, whatever the
        service does.
        """
        query = target.lookup.as_query(target.kind) + ((("include_disks", "true"),) if include_disks else ())
        request = Request("GET", target.path, f"list the backup policies of {target.label}", query)
        found = [BackupPolicy(row["id"], row) for row in list_all(self._http, request, "disk_backup_policies")]
        if include_disks or target.kind == "organization":
            return found
        own = [policy for policy in found if target.kind == "disk" or not policy.is_of_disk]
        with _reading_answer(request):
            for policy in own:
                _raise_if_other_target(target, policy)
            return own

    def get_backup_policy(self, policy_id: str) -> BackupPolicy:
        """GET /disk_backup_policies/disk_backup_policy. Raises BackupPolicyNotFoundError, InTrashError."""
        asked = Lookup("id", policy_id)
        request = Request("GET", _POLICY, f"read the backup policy {policy_id}", asked.as_query("disk_backup_policy"))
        try:
            return self._read(request, "disk_backup_policy", parse_backup_policy, asked)
        except InTrashError as error:
            _raise_if_other_in_trash(request, error, policy_id)
            raise

    def create_backup_policy(
        self,
        target: PolicyTarget,
        properties: Mapping[str, Any],
        known: Collection[str],
        before_retry: Callable[[bool], None],
    ) -> BackupPolicy:
        """POST …/disk_backup_policies, sent again only when it was surely not carried out.

        `before_retry` and `known` are as create_disk() has them.
        """
        body = {target.kind: target.lookup.as_body(), "properties": properties}
        action, retry = f"create a backup policy of {target.label}", Retry.IF_NOT_EXECUTED
        request = Request("POST", target.path, action, body=body, retry=retry, before_retry=before_retry)
        with _reading_answer(request):
            policy = parse_backup_policy(self._http.send(request).get("disk_backup_policy"))
            if policy.id in known:
                raise MalformedPayloadError(f"'disk_backup_policy.id' is '{policy.id}', a policy that was there before")
            _raise_if_other_target(target, policy)
            return policy

    def change_backup_policy(self, policy_id: str, properties: Mapping[str, Any]) -> None:
        """PATCH /disk_backup_policies/disk_backup_policy, which may be carried out twice."""
        action = f"change the backup policy {policy_id}"
        self._send_to_policy("PATCH", _POLICY, action, policy_id, properties=properties)

    def schedule_backup_policy_deletion(self, policy_id: str, timestamp: int) -> None:
        """DELETE /disk_backup_policies/disk_backup_policy/schedule: it goes to the trash at that time."""
        action = f"schedule the deletion of the backup policy {policy_id}"
        self._send_to_policy("DELETE", f"{_POLICY}/schedule", action, policy_id, timestamp=timestamp)

    def delete_backup_policy(self, policy_id: str) -> None:
        """DELETE /disk_backup_policies/disk_backup_policy: to the trash, whose object the answer does not tell."""
        self._send_to_policy("DELETE", _POLICY, f"delete the backup policy {policy_id}", policy_id)

    def _send_to_policy(self, method: str, path: str, action: str, policy_id: str, **more: Any) -> None:
        asked = Lookup("id", policy_id)
        request = Request(method, path, action, body={"disk_backup_policy": asked.as_body(), **more})
        with _reading_answer(request):
            told = self._http.send(request).get("disk_backup_policy")
            if asked.has_key(told):
                _raise_if_another(asked, told, "disk_backup_policy")

    def _read(self, request: Request, name: str, parse: Callable[[Any], T], *asked: Lookup) -> T:
        """The object `name` of the answer, which is the one that all of `asked` name."""
        with _reading_answer(request):
            payload = self._http.send(request).get(name)
            found = parse(payload)
            for lookup in asked:
                _raise_if_another(lookup, payload, name)
            return found


@contextmanager
def _reading_answer(request: Request) -> Iterator[None]:
    """An answer that is found to be malformed within this context is an ApiError."""
    try:
        yield
    except MalformedPayloadError as problem:
        raise unexpected_response(request, f"the answer is not as the API describes it: {problem}") from None


def parse_row_name(row: Mapping[str, Any]) -> str:
    """The name in a row of the list of disks. Raises MalformedPayloadError: a row without a name may have any."""
    name = row.get("name")
    if not isinstance(name, str):
        raise MalformedPayloadError("a row of 'disk' has no name")
    return name


def _list_call(path: str, what: str, organization: Lookup, annotations: Iterable[tuple[str, str]] = ()) -> Request:
    query = organization.as_query("organization")
    for key, value in annotations:
        query += (("annotations[][key]", key), ("annotations[][value]", value))
    return Request("GET", path, f"list the {what} of the organization '{organization}'", query)


def _machine_call(virtual_machine: Lookup) -> Request:
    query = virtual_machine.as_query("virtual_machine")
    return Request("GET", _MACHINE, f"read the virtual machine {virtual_machine}", query)


def _raise_if_another(asked: Lookup, thing: Any, name: str) -> None:
    """Raise MalformedPayloadError if an object of an answer is not the one that was asked for."""
    if not asked.matches(thing):
        found = thing.get(asked.key) if isinstance(thing, Mapping) else thing
        raise MalformedPayloadError(f"'{name}.{asked.key}' is {found!r}, asked for was '{asked}'")


def _raise_if_other_in_trash(request: Request, error: InTrashError, object_id: str) -> None:
    """Raise ApiError if a refusal tells another object in the trash than the one that was asked for."""
    detail = error.details.detail
    told = detail.get("trash_object") if isinstance(detail, Mapping) else None
    asked = Lookup("object_id", object_id)
    if asked.has_key(told) and not asked.matches(told):
        raise unexpected_response(
            request, f"it is about another object in the trash than {object_id}", status=406
        ) from error


def _raise_if_other_disk(answer: Mapping[str, Any], disk_id: str) -> None:
    """Raise MalformedPayloadError if the answer to a write tells another disk, or the trash object of another."""
    for name, key in (("disk", "id"), ("trash_object", "object_id")):
        asked, thing = Lookup(key, disk_id), answer.get(name)
        if asked.has_key(thing):
            _raise_if_another(asked, thing, name)


def _raise_if_other_target(target: PolicyTarget, policy: BackupPolicy) -> None:
    """Raise MalformedPayloadError if a backup policy of an answer is for something else than was asked for."""
    if target.is_other(policy.target):
        found = policy.target[target.lookup.key]
        raise MalformedPayloadError(f"the policy '{policy.id}' is for {found!r}, asked for was '{target.lookup}'")
