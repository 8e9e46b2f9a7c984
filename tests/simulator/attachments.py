# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Assigning, attaching and detaching of disks, and what a machine's power does to them."""

from __future__ import annotations

from .errors import ApiError, validation_error
from .models import Attachment, Disk, Task, VirtualMachine
from .state import State


def assign(state: State, disk: Disk, machine: VirtualMachine) -> None:
    """Give a disk to a machine, detached."""
    tie = disk.attachment
    if tie is not None:
        if tie.machine is machine and state.settings.assign_again_allowed:
            return
        raise ApiError("unable_to_assign", {"errors": ["Disk is already assigned to a virtual machine"]})
    problems = []
    if disk.state != "built":
        problems.append("Disk must be built before it is assigned")
    if disk.data_center is not machine.data_center:
        problems.append("Virtual machine must be in the same data center as the disk")
    if problems:
        raise ApiError("unable_to_assign", {"errors": problems})
    disk.attachment = Attachment(machine)


def unassign(disk: Disk) -> None:
    """Take a disk from its machine; one that has none is left as it is."""
    tie = disk.attachment
    if tie is None:
        return
    if tie.boot:
        raise ApiError("unable_to_unassign", {"errors": ["Boot disks cannot be unassigned"]})
    if tie.state != "detached":
        raise ApiError("unable_to_unassign", {"errors": ["Disk must be detached before it is unassigned"]})
    disk.attachment = None


def _tie(disk: Disk) -> Attachment:
    if disk.attachment is None:
        raise ApiError("unassigned_disk")
    return disk.attachment


def attach(state: State, disk: Disk) -> Task:
    """Queue the attaching of an assigned disk. On a stopped machine it stays detached until the machine starts."""
    tie = _tie(disk)
    running = tie.machine.state == "started"

    def start() -> None:
        if running and tie.state != "attached":
            tie.state = "attaching"

    def fail() -> None:
        if running and tie.state != "attached":
            tie.state = "failed"

    refused = not running and state.settings.attach_to_stopped_fails
    fails = refused or "attach" in state.settings.fail_tasks
    return state.task_queue.queue("attach", tie.settle, start, fail, fails=fails)


def detach(state: State, disk: Disk) -> Task:
    """Queue the detaching of an assigned disk."""
    tie = _tie(disk)
    if tie.boot and tie.machine.state == "started":
        raise validation_error("Boot disks cannot be detached while the virtual machine is running")

    def start() -> None:
        if tie.state != "detached":
            tie.state = "detaching"

    def fail() -> None:
        if tie.state == "detaching":
            tie.state = "attached"

    return state.task_queue.queue("detach", tie.settle, start, fail)


def power(state: State, machine: VirtualMachine, on: bool) -> Task:
    """Queue the start or stop of a machine: stopping detaches all its disks, starting attaches those set to.

    Where it fails, the machine is as before.
    """
    before = machine.state

    def start() -> None:
        machine.state = "starting" if on else "stopping"

    def finish() -> None:
        machine.state = "started" if on else "stopped"
        for _disk, tie in state.disks_of(machine):
            if not on:
                tie.state = "detached"
            elif tie.attach_on_boot:
                tie.state = "attached"

    def fail() -> None:
        machine.state = before

    return state.task_queue.queue("start" if on else "stop", finish, start, fail)
