# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Control of the simulator over HTTP, for tests that run in another process: everything below /_simulator."""

from __future__ import annotations

from typing import Any, Callable

from flask import Flask, Response, jsonify, request

from . import backup_views, machine_views, views
from .checks import check_fields, parsed
from .faults import Faults
from .requestlog import RequestLog
from .seed_schema import PowerDescription
from .seeds import fault_from, seed
from .state import State

CONTROL_PATH = "/_simulator"


class Control:
    """The control calls. ``reset`` and ``power`` are what the simulator does at such a call."""

    def __init__(
        self,
        state: State,
        log: RequestLog,
        faults: Faults,
        reset: Callable[[], None],
        power: Callable[[str, bool], None],
    ) -> None:
        self._state = state
        self._log = log
        self._faults = faults
        self._reset = reset
        self._power = power

    def register(self, app: Flask) -> None:
        """Add the control calls to an application."""
        calls: tuple[tuple[str, str, Callable[[], Any]], ...] = (
            ("POST", "reset", self.reset),
            ("POST", "seed", self.seed),
            ("POST", "faults", self.add_faults),
            ("POST", "power", self.set_power),
            ("GET", "faults", self.show_faults),
            ("GET", "requests", self.show_requests),
            ("GET", "violations", self.show_violations),
            ("GET", "state", self.show_state),
        )
        for method, name, function in calls:
            app.add_url_rule(f"{CONTROL_PATH}/{name}", f"{method} {name}", _answer(function), methods=[method])

    def reset(self) -> dict[str, bool]:
        """Go back to the beginning."""
        self._reset()
        return {"reset": True}

    def seed(self) -> dict[str, list[str]]:
        """Add what the body describes."""
        return seed(self._state, _body())

    def add_faults(self) -> dict[str, int]:
        """Add the fault, or the list of them, in the body."""
        given = _body()
        faults = [fault_from(item) for item in (given if isinstance(given, list) else [given])]
        return {"added": len([self._faults.add(fault) for fault in faults])}

    def show_faults(self) -> dict[str, int]:
        """Return how many faults have still to happen."""
        return {"pending": len(self._faults.pending)}

    def set_power(self) -> dict[str, bool]:
        """Start or stop a virtual machine: {"virtual_machine": id or fqdn, "on": true or false}."""
        given = _body()
        check_fields("the body", given, PowerDescription, ("virtual_machine", "on"))
        self._power(given["virtual_machine"], given["on"])
        return {"queued": True}

    def show_requests(self) -> dict[str, Any]:
        """Return the log."""
        return {"requests": [entry.as_json() for entry in self._log.requests]}

    def show_violations(self) -> dict[str, list[str]]:
        """Return what was against the contract."""
        return {"violations": self._log.violations}

    def show_state(self) -> dict[str, Any]:
        """Return disks, machines and backup policies (with those in the trash), tasks and trash."""
        state = self._state
        with state.lock:
            state.advance()
            return {
                "organization": {"id": state.organization.id, "sub_domain": state.organization.sub_domain},
                "disks": [
                    {**views.disk(disk), "annotations": views.annotation_list(disk.annotations)}
                    for disk in state.disks.values()
                ],
                "virtual_machines": [
                    machine_views.virtual_machine(item, state.organization) for item in state.machines.values()
                ],
                "tasks": [
                    views.task(item, state.task_queue.progress(item)) for item in state.task_queue.tasks.values()
                ],
                "disk_backup_policies": [
                    backup_views.backup_policy(state, item) for item in state.backup_policies.values()
                ],
                "trash_objects": [views.trash_object(item) for item in state.trash.values()],
            }


def _body() -> Any:
    return parsed(request.get_data(), "the body")


def _answer(function: Callable[[], Any]) -> Callable[[], Response]:
    def view() -> Response:
        try:
            return jsonify(function())
        except (ValueError, KeyError) as problem:
            response = jsonify({"error": problem.args[0]})
            response.status_code = 400
            return response

    return view
