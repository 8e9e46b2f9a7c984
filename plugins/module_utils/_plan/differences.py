# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an existing disk has otherwise than it is wanted. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .._api.models import UNKNOWN_MACHINE, Disk, Machine
from .._options.desired import DesiredDisk
from .comparison import OPTIONS, DiskOption, View


@dataclass(frozen=True)
class Difference:
    """An option that was set, and that an existing disk has otherwise."""

    option: str
    current: Any
    desired: Any

    def __str__(self) -> str:
        return f"{self.option} is {_in_words(self.current)}, wanted {_in_words(self.desired)}"


def _in_words(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ", ".join(_in_words(item) for item in value.values())
    if isinstance(value, list):
        return "[" + ", ".join(_item_in_words(item) for item in value) + "]"
    return str(value)


def _item_in_words(item: object) -> str:
    is_annotation = isinstance(item, Mapping) and set(item) == {"key", "value"}
    return f"{item['key']}={item['value']}" if isinstance(item, Mapping) and is_annotation else _in_words(item)


def compare(view: View) -> list[tuple[DiskOption, Difference]]:
    """Every row whose option was set and that the disk has otherwise."""
    found = []
    for option in comparable_options(view.desired, view.disk):
        current, target = option.current(view), option.desired(view.desired)
        if current != target:
            name = view.desired.option_names.get(option.name, option.name)
            found.append((option, Difference(name, current, target)))
    return found


def find_differences(desired: DesiredDisk, disk: Disk, machine: Machine = UNKNOWN_MACHINE) -> tuple[Difference, ...]:
    """Every option that was set and that the disk has otherwise; `machine` is the one that it is on."""
    return tuple(difference for _option, difference in compare(View(disk, desired, machine)))


def comparable_options(desired: DesiredDisk, disk: Disk) -> list[DiskOption]:
    """The options that were set and that can be compared with the disk."""
    elsewhere = disk.attachment is not None and desired.needs_assignment(disk) and not desired.allow_move
    nowhere = desired.virtual_machine is None and disk.attachment is None
    left_out = {f"virtual_machine_disk.{key}" for key in ("boot", "attach_on_boot", "attach")}
    hidden = left_out if elsewhere or nowhere else set()
    return [option for option in OPTIONS if option.desired(desired) is not None and option.name not in hidden]
