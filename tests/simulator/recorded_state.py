# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a recording takes for granted: disks, machines, tasks and trash that no recorded call made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import views
from .attachments import power
from .models import Attachment
from .recordings import Json, RecordedCall, is_disk, is_whole_disk, objects_in
from .simulator import Simulator
from .trash import throw_away

_POWER_TASKS = {"Start virtual machine": True, "Stop virtual machine": False}


class RecordedState:
    """Puts what is missing into a simulator, just before the call that shows it. ``ids``: recorded to simulated."""

    def __init__(self, simulator: Simulator, calls: Sequence[RecordedCall], ids: dict[str, str]) -> None:
        self._simulator = simulator
        self._state = simulator.state
        self._calls = calls
        self._ids = ids
        self.notes: list[str] = []
        self._add_reference_data()

    def prepare(self, index: int) -> None:
        """Add what the call at this index needs and no call before it made."""
        call = self._calls[index]
        for item in objects_in(call.answer):
            if is_disk(item) and (call.status != 201 or call.method != "POST"):
                self._need_disk(item["id"], index)
        wanted_disk = call.lookup("disk").get("id")
        if wanted_disk and call.error_code != "disk_not_found":
            self._need_disk(wanted_disk, index)
        machine = call.lookup("virtual_machine")
        if machine and call.error_code != "virtual_machine_not_found":
            self._need_machine(machine, index)
        for row in call.answer.get("virtual_machines", []):
            self._need_machine({"id": row["id"]}, index)
        wanted_trash = call.lookup("trash_object")
        if wanted_trash and call.status == 200:
            self._need_trash(wanted_trash)
        if call.route == ("GET", "/tasks/task") and call.answer:
            self._need_task(call.answer["task"])

    def _add_reference_data(self) -> None:
        organization = self._state.organization
        for call in self._calls:
            for key, value in call.lookup("organization").items():
                setattr(organization, key, value)
            for item in objects_in(call.response):
                if "permalink" in item and "iops" in item:
                    self._reference("io_profile", item, {key: item[key] for key in ("speed_in_mb", "iops")})
            places = [item["data_center"] for item in objects_in(call.response) if "data_center" in item]
            for item in (*places, *call.answer.get("data_centers", [])):
                self._reference("data_center", item, {})

    def _reference(self, kind: str, item: Mapping[str, Any], more: Mapping[str, Any]) -> None:
        find, add = getattr(self._state, kind), getattr(self._state, f"add_{kind}")
        try:
            self._ids[item["id"]] = find(item["permalink"]).id
        except KeyError:
            self._ids[item["id"]] = add(item["permalink"], name=item["name"], **more)

    def _shown(self, disk_id: str, index: int) -> Json:
        """Return what the recording shows of a disk from this call on; the first sight of each key counts."""
        shown: Json = {}
        for call in self._calls[index:]:
            for item in objects_in(call.answer):
                if is_disk(item) and item["id"] == disk_id:
                    beside = {key: call.answer[key] for key in ("annotations",) if key in call.answer}
                    shown = {**item, **beside, **shown}
                elif "attach_on_boot" in item and item.get("disk", {}).get("id") == disk_id:
                    tie = {**item, "virtual_machine": call.lookup("virtual_machine")}
                    shown = {"virtual_machine_disk": tie, **shown}
            if is_whole_disk(shown):
                break
        return shown

    def _need_disk(self, disk_id: str, index: int) -> None:
        if disk_id in self._ids:
            return
        shown = self._shown(disk_id, index)
        known = ("size_in_gb", "state", "bus_type", "storage_speed", "annotations")
        fields: Json = {key: value for key, value in shown.items() if key in known}
        if "data_center" in shown:
            fields["data_center"] = shown["data_center"]["permalink"]
        if "io_profile" in shown:
            fields["io_profile"] = shown["io_profile"] and shown["io_profile"]["permalink"]
        if shown.get("installation"):
            fields["root_password"] = "a-password"
        tie = shown.get("virtual_machine_disk")
        if tie and self._calls[index].path != "/disks/disk/assign":
            fields["virtual_machine"] = self._need_machine(tie["virtual_machine"], index, tie)
            fields["attachment"] = tie.get("state", "attached")
            fields.update({key: tie[key] for key in ("attach_on_boot", "boot") if key in tie})
        self._ids[disk_id] = self._state.add_disk(shown.get("name", "not shown"), **fields)
        self.notes.append(f"disk {disk_id} was there before")
        if self._calls[index].error_code == "object_in_trash":
            throw_away(self._state, self._ids[disk_id], "Disk")

    def _need_machine(self, lookup: Json, index: int, tie: Mapping[str, Any] | None = None) -> str:
        known = [self._ids.get(str(value), str(value)) for value in lookup.values()]
        for machine in self._state.machines.values():
            if machine.id in known or machine.fqdn in known:
                return machine.id
        references = [item for call in self._calls for item in objects_in(call.response) if "fqdn" in item]
        mine = [item for item in references if any(item.get(key) == value for key, value in lookup.items())]
        fields = dict(mine[0]) if mine else dict(lookup)
        stopped = bool(tie and tie.get("boot") and tie.get("state") == "detached")
        new_id = self._state.add_vm(
            fields.get("fqdn", "machine.example"),
            state=next((item["state"] for item in mine if "state" in item), "stopped" if stopped else "started"),
            root_password="a-password" if any(item.get("initial_root_password") for item in mine) else None,
            **{"data_center": self._place_of(fields.get("id"), index), **_shown_machine(mine)},
        )
        if "id" in fields:
            self._ids[fields["id"]] = new_id
        self.notes.append(f"virtual machine {fields.get('id', fields.get('fqdn'))} was there before")
        return new_id

    def _place_of(self, machine_id: str | None, index: int) -> str | None:
        call = self._calls[index]
        for item in (item for other in self._calls for item in objects_in(other.response) if is_whole_disk(item)):
            tie = item["virtual_machine_disk"] or {}
            if tie.get("virtual_machine", {}).get("id") == machine_id or item["id"] == call.lookup("disk").get("id"):
                return str(item["data_center"]["permalink"])
        return None

    def _need_trash(self, lookup: Json) -> None:
        if any(value in self._ids and self._state.trash.get(self._ids[value]) for value in lookup.values()):
            return
        if any(self._state.trashed(self._ids.get(value, "")) for value in lookup.values()):
            return
        shown = [item for call in self._calls for item in objects_in(call.answer) if "object_type" in item]
        mine = [item for item in shown if any(item.get(key) == value for key, value in lookup.items())]
        item = mine[0] if mine else {"object_id": "vm_not_shown", "object_type": "VirtualMachine", **lookup}
        if item["object_type"] == "Disk":
            self._need_disk(item["object_id"], 0)
            trash_id = throw_away(self._state, self._ids[item["object_id"]], "Disk").id
        else:
            trash_id = self._simulator.trash_vm(self._need_machine({"id": item["object_id"]}, 0))
        if "id" in item:
            self._ids[item["id"]] = trash_id
        self.notes.append(f"{item['object_type']} {item['object_id']} went to the trash outside of the recorded calls")

    def _need_task(self, task: Json) -> None:
        machines = list(self._state.machines.values())
        if task["id"] in self._ids:
            self._follow(task)
        elif task["name"] in _POWER_TASKS and len(machines) == 1:
            self._ids[task["id"]] = power(self._state, machines[0], _POWER_TASKS[task["name"]]).id
            self.notes.append(f"task {task['id']}, {task['name']}: done to the machine outside of the recorded calls")
        else:
            fields = {key: value for key, value in task.items() if key not in ("id", "name")}
            self._ids[task["id"]] = self._state.add_task(task["name"], **fields)
            self.notes.append(f"task {task['id']}, {task['name']}: from a call that was not recorded, shown as it was")

    def _follow(self, task: Json) -> None:
        """Let a task that the simulator does not run go on as recorded."""
        mine = self._state.task_queue.tasks[self._ids[task["id"]]]
        if mine.ends == 0.0:
            for key in ("status", "started_at", "finished_at", "progress"):
                setattr(mine, key, task[key])

    def change_outside(self, now: Json, before: Json | None) -> None:
        """Make a change of a disk's assignment that no recorded call made, if the simulated disk has not got it.

        It is one if the disk was read before, with nothing written since, or its machine was deleted meanwhile.
        """
        disk = self._state.disks.get(self._ids.get(now["id"], ""))
        if disk is None or _tie_of(views.disk(disk)) == _tie_of(now):
            return
        orphaned = disk.attachment is not None and self._state.trashed(disk.attachment.machine.id) is not None
        if not orphaned and (before is None or _tie_of(before) == _tie_of(now)):
            return
        self.notes.append(f"disk {now['id']}: assignment changed outside of the recorded calls")
        tie = now["virtual_machine_disk"]
        if tie is None:
            disk.attachment = None
        else:
            machine = self._state.machine(self._need_machine(tie["virtual_machine"], 0))
            disk.attachment = Attachment(machine, tie["attach_on_boot"], tie["boot"], tie["state"])


def _shown_machine(seen: Sequence[Json]) -> Json:
    """Return what the first sight of a machine that is more than a reference tells of it."""
    for item in seen:
        if "ip_addresses" in item:
            return {
                "name": item["name"],
                "package": (item["package"] or {}).get("name"),
                "addresses": [address["address"] for address in item["ip_addresses"]],
                "data_center": item["zone"]["data_center"]["permalink"],
            }
    return {}


def _tie_of(disk: Json) -> tuple[Any, ...]:
    """Return what can be compared of a disk's assignment, recorded or simulated."""
    tie = disk["virtual_machine_disk"] or {}
    return (tie.get("virtual_machine", {}).get("fqdn"), *(tie.get(key) for key in ("attach_on_boot", "boot", "state")))
