# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what is and what is wanted to a plan. Pure: nothing is read or written here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.katapult.cloud.plugins.module_utils._disk import FAILED, Disk, Power, Wanted
from ansible_collections.katapult.cloud.plugins.module_utils._disk_options import OPTIONS, compared, differences
from ansible_collections.katapult.cloud.plugins.module_utils._disk_prediction import create_body, predicted_disk
from ansible_collections.katapult.cloud.plugins.module_utils._errors import OptionError, failure


@dataclass(frozen=True)
class CreateDisk:
    """A step: the disk does not exist; C(body) is what the create call is sent."""

    body: Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """What to do: C(before) and C(after) hold the options that were set, C(steps) lead from one to the other.

    C(predicted) is the disk after the steps, with None for what only the service can know.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    steps: tuple[CreateDisk, ...] = ()
    predicted: Mapping[str, Any] | None = None


def plan_disk(wanted: Wanted, disk: Disk | None, power: Power = Power.UNKNOWN) -> Plan:
    """The plan for one disk; C(disk) is None where it does not exist yet.

    Raises OptionError where it can't be created as described, and KatapultError where it exists and differs or failed.
    """
    if disk is None:
        return _plan_to_create(wanted)
    refuse_failed(wanted, disk)
    found = differences(wanted, disk, power)
    if found:
        raise failure(
            "drift",
            f"The disk '{disk.name}' ({disk.id}) exists and differs: {'; '.join(map(str, found))}.",
            detail={"differences": [dict(item.__dict__) for item in found]},
        )
    as_it_is = _nested({option.name: option.wanted(wanted) for option in compared(wanted, disk)})
    return Plan(before=as_it_is, after=as_it_is)


def refuse_failed(wanted: Wanted, disk: Disk) -> None:
    """Raise KatapultError where the disk, or its attachment where one is wanted, has failed for good."""
    if disk.state == FAILED:
        raise failure("disk_failed", f"The disk '{disk.name}' ({disk.id}) is in state failed.")
    if wanted.is_to_be_attached and disk.attachment is not None and disk.attachment.state == FAILED:
        raise failure(
            "attachment_failed",
            f"The disk '{disk.name}' ({disk.id}) could not be attached to "
            f"{disk.attachment.virtual_machine.get('fqdn') or disk.attachment.virtual_machine.get('id')}.",
        )


def _plan_to_create(given: Wanted) -> Plan:
    wanted = replace(given, data_center=given.place)
    if wanted.size_in_gb is None:
        raise OptionError("size_in_gb", f"is needed to create the disk '{wanted.name}', which does not exist yet.")
    if wanted.data_center is None and wanted.virtual_machine is None:
        raise OptionError(
            "data_center",
            f"is needed to create the disk '{wanted.name}', which does not exist yet: set it or KATAPULT_DATA_CENTER, "
            "or name a virtual machine in virtual_machine_disk.",
        )
    set_options = {option.name: option.wanted(wanted) for option in OPTIONS if option.wanted(wanted) is not None}
    if wanted.initial_file_system is not None:
        set_options["initial_file_system"] = wanted.initial_file_system
    step = CreateDisk(create_body(wanted))
    return Plan(before={}, after=_nested(set_options), steps=(step,), predicted=predicted_disk(wanted))


def _nested(options: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted names as the nested options that the user writes."""
    nested: dict[str, Any] = {}
    for name, value in options.items():
        outer, _dot, inner = name.partition(".")
        if inner:
            nested.setdefault(outer, {})[inner] = value
        else:
            nested[outer] = value
    return nested
