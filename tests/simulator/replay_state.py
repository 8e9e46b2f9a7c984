# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state that a recording implies, for reads that it lacks: lists above all."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .errors import ApiError
from .recordings import Json, RecordedCall, is_whole_disk, objects_in

_CREATE = ("POST", "/organizations/organization/disks")
_PAGE_SIZE = 30


def _thin(disk: Json) -> Json:
    tie = disk["virtual_machine_disk"]
    row = {key: disk[key] for key in ("id", "name", "size_in_gb", "wwn", "state")}
    return {**row, "virtual_machine_disk": {"virtual_machine": tie["virtual_machine"]} if tie else None}


class ReplayState:
    """Disks, trash and tasks as the recording shows them, moved on by the writes that are replayed."""

    def __init__(self, calls: Sequence[RecordedCall]) -> None:
        self._references = [item for call in calls for item in objects_in(call.response)]
        created = {call.answer["disk"]["id"] for call in calls if call.route == _CREATE and call.answer}
        whole = [item for item in self._references if is_whole_disk(item) and item["id"] not in created]
        self._disks: dict[str, Json] = {item["id"]: dict(item) for item in reversed(whole)}
        self._annotations: dict[str, Any] = {}
        self._trash: dict[str, Json] = {}
        self._tasks: dict[str, Json] = {}
        self._makers: dict[str, Callable[[RecordedCall], Json]] = {
            "/organizations/organization/disks": lambda call: _paged(call, "disk", map(_thin, self._present())),
            "/organizations/organization/disk_io_profiles": self._io_profiles,
            "/organizations/organization/trash_objects": lambda call: _paged(
                call, "trash_objects", self._trash.values()
            ),
            "/data_centers": lambda _call: {"data_centers": self._known("data_center")},
            "/data_centers/data_center": lambda call: {"data_center": self._one("data_center", call)},
            "/disks/disk": self._disk,
            "/tasks/task": self._task,
            "/trash_objects/trash_object": self._trash_object,
            "/virtual_machines/virtual_machine": self._machine,
            "/virtual_machines/virtual_machine/disks": self._machine_disks,
        }

    def learn(self, call: RecordedCall) -> None:
        """Take over what a recorded answer shows, and what the call leads to once its task is done."""
        answer = call.answer
        for item in objects_in(answer):
            if is_whole_disk(item):
                self._disks[item["id"]] = dict(item)
        if "annotations" in answer and "disk" in answer:
            self._annotations[answer["disk"]["id"]] = answer["annotations"]
        if "trash_object" in answer and call.method == "DELETE":
            self._trash[answer["trash_object"]["object_id"]] = answer["trash_object"]
        if "task" in answer:
            self._tasks[answer["task"]["id"]] = answer["task"]
        if call.method != "GET" and answer:
            self._apply(call)

    def make_up(self, call: RecordedCall) -> Json | None:
        """Return an answer to a read that was not recorded, or None for a path of which nothing is known.

        Raises ApiError where the answer is an error.
        """
        maker = self._makers.get(call.path)
        return maker(call) if maker else None

    def _apply(self, call: RecordedCall) -> None:
        disk = self._disks.get(str(call.lookup("disk").get("id")))
        tie = disk and disk["virtual_machine_disk"]
        step = call.path.rpartition("/")[2]
        if call.route == _CREATE:
            self._disks[call.answer["disk"]["id"]]["state"] = "built"
        elif step in ("trash_object", "restore"):
            self._leave_trash(call.lookup("trash_object"), gone=step == "trash_object")
        elif disk and step == "resize":
            disk["size_in_gb"] = call.body["size_in_gb"]
        elif disk and step == "io_profile":
            disk["io_profile"] = self._one("io_profile", call)
        elif disk and tie and step in ("attach", "detach"):
            disk["virtual_machine_disk"] = {**tie, "state": step + "ed"}

    def _leave_trash(self, lookup: Json, gone: bool) -> None:
        for object_id, item in list(self._trash.items()):
            if lookup in ({"id": item["id"]}, {"object_id": object_id}):
                del self._trash[object_id]
                if gone:
                    self._disks.pop(object_id, None)

    def _present(self) -> list[Json]:
        return [disk for disk in self._disks.values() if disk["id"] not in self._trash]

    def _known(self, kind: str) -> list[Json]:
        found = [item[kind] for item in self._references if isinstance(item.get(kind), dict)]
        found += [row for item in self._references for row in item.get(kind + "s", [])]
        if kind == "io_profile":
            found += [row for item in self._references for row in item.get("disk_io_profiles", [])]
        return list({item["id"]: item for item in found if "permalink" in item}.values())

    def _one(self, kind: str, call: RecordedCall) -> Json:
        code = "disk_io_profile_not_found" if kind == "io_profile" else f"{kind}_not_found"
        return _find(self._known(kind), call.lookup(kind), code)

    def _io_profiles(self, call: RecordedCall) -> Json:
        return _paged(call, "disk_io_profiles", self._known("io_profile"))

    def _disk(self, call: RecordedCall) -> Json:
        found = _find(self._disks.values(), call.lookup("disk"), "disk_not_found")
        if found["id"] in self._trash:
            raise ApiError("object_in_trash", {"trash_object": self._trash[found["id"]]})
        return {"disk": found, "annotations": self._annotations.get(found["id"], [])}

    def _task(self, call: RecordedCall) -> Json:
        task = _find(self._tasks.values(), call.lookup("task"), "task_not_found")
        if task["status"] in ("completed", "failed"):
            return {"task": task}
        at = task["created_at"]
        return {"task": {**task, "status": "completed", "started_at": at, "finished_at": at, "progress": 100}}

    def _trash_object(self, call: RecordedCall) -> Json:
        return {"trash_object": _find(self._trash.values(), call.lookup("trash_object"), "trash_object_not_found")}

    def _machine(self, call: RecordedCall) -> Json:
        machines = [item for item in self._references if "fqdn" in item]
        found = _find(machines, call.lookup("virtual_machine"), "virtual_machine_not_found")
        ties = [disk["virtual_machine_disk"] or {} for disk in self._disks.values()]
        boots = [tie for tie in ties if tie.get("boot") and tie["virtual_machine"]["id"] == found["id"]]
        stopped = any(tie["state"] == "detached" for tie in boots)
        machine = {
            "state": "stopped" if stopped else "started",
            "zone": {"data_center": self._place_of(found)},
            **found,
        }
        return {"virtual_machine": machine, "annotations": []}

    def _place_of(self, machine: Json) -> Json | None:
        for disk in self._disks.values():
            tie = disk["virtual_machine_disk"]
            if tie and tie["virtual_machine"]["id"] == machine["id"]:
                return dict(disk["data_center"])
        return next(iter(self._known("data_center")), None)

    def _machine_disks(self, call: RecordedCall) -> Json:
        machine = self._machine(call)["virtual_machine"]
        rows = []
        for disk in self._present():
            tie = disk["virtual_machine_disk"]
            if tie and tie["virtual_machine"]["id"] == machine["id"]:
                shown = {key: disk[key] for key in ("id", "name", "size_in_gb", "wwn", "state", "created_at")}
                rows.append({"disk": shown, **{key: tie[key] for key in ("attach_on_boot", "boot", "state")}})
        return _paged(call, "disks", rows)


def _find(items: Any, lookup: Mapping[str, str], code: str) -> Json:
    for item in items:
        if lookup and all(item.get(key) == value for key, value in lookup.items()):
            return dict(item)
    raise ApiError(code)


def _paged(call: RecordedCall, key: str, items: Any) -> Json:
    rows, query = list(items), dict(call.query)
    page, per_page = int(query.get("page", 1)), int(query.get("per_page", _PAGE_SIZE))
    pagination = {
        "current_page": page,
        "total_pages": math.ceil(len(rows) / per_page),
        "total": len(rows),
        "per_page": per_page,
        "large_set": False,
    }
    return {"pagination": pagination, key: rows[(page - 1) * per_page : page * per_page]}
