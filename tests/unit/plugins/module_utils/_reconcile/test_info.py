# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disks that are asked for: which requests they take, and which of them come back."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.endpoints import KatapultApi
from ansible_collections.katapult.cloud.plugins.module_utils._api.messages import Request, Response
from ansible_collections.katapult.cloud.plugins.module_utils._api.models import Lookup
from ansible_collections.katapult.cloud.plugins.module_utils._core.clock import Deadline
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import ApiError, KatapultError, OptionError
from ansible_collections.katapult.cloud.plugins.module_utils._core.polling import Poller
from ansible_collections.katapult.cloud.plugins.module_utils._options.info import DiskQuery
from ansible_collections.katapult.cloud.plugins.module_utils._reconcile.info import find_disks
from ansible_collections.katapult.cloud.tests.unit.support.factories import (
    ACME,
    DISK,
    LIST,
    MACHINE,
    disk_answer,
    disk_payload,
    listing,
    machine_answer,
    thin,
)
from ansible_collections.katapult.cloud.tests.unit.support.fakes import FakeClock, ScriptedService, error_answer

DEVICE = "/dev/disk/by-id/wwn-0x0123456789abcdef"
NOW = 1_800_000_000.0
ENV = [{"key": "env", "value": "test"}]
GONE = error_answer(404, "disk_not_found")
TRASHED = error_answer(406, "object_in_trash")
WRONG_URL = error_answer(404, "route_not_found")
PROXY = Response(404, {"Content-Type": "text/html"}, b"<title>Not here</title>")


def found(service: ScriptedService, **query: Any) -> list[Any]:
    clock = FakeClock()
    poller = Poller(clock, Deadline(clock, float("inf")))
    result = find_disks(KatapultApi(service), DiskQuery(**{"organization": ACME, **query}), poller, NOW)
    disks: list[Any] = result.found["disks"]
    return disks


@pytest.mark.parametrize(
    ("answer", "query", "ids"),
    [
        (disk_answer(), {}, ["disk_One"]),
        (disk_answer(), {"organization": None}, ["disk_One"]),
        (disk_answer(), {"name": "data-01", "state": "built"}, ["disk_One"]),
        (disk_answer(), {"name": "data-02"}, []),
        (disk_answer(), {"state": "failed"}, []),
        (disk_answer(ENV), {"annotations": (("env", "test"),)}, ["disk_One"]),
        (disk_answer(), {"annotations": (("env", "test"),)}, []),
        (GONE, {}, []),
        (TRASHED, {}, []),
    ],
)
def test_by_its_id(answer: Any, query: dict[str, Any], ids: list[str]) -> None:
    service = ScriptedService({f"GET {DISK}": [answer]})

    assert [row["id"] for row in found(service, id="disk_One", **query)] == ids
    assert [call.query for call in service.calls] == [(("disk[id]", "disk_One"),)]


def test_by_its_id_a_disk_has_all_keys_and_its_annotations() -> None:
    service = ScriptedService({f"GET {DISK}": [disk_answer(ENV)]})

    assert found(service, id="disk_One") == [{**disk_payload(), "device": DEVICE, "annotations": ENV}]


@pytest.mark.parametrize("answer", [WRONG_URL, PROXY, error_answer(403, "scope_not_granted")])
def test_another_refusal_is_an_error(answer: Response) -> None:
    with pytest.raises(ApiError):
        found(ScriptedService({f"GET {DISK}": [answer]}), id="disk_One")
    with pytest.raises(ApiError):
        found(ScriptedService({f"GET {LIST}": [thin("disk_One")], f"GET {DISK}": [answer]}), details=True)


def test_a_list_needs_the_organization() -> None:
    service = ScriptedService({})
    with pytest.raises(OptionError, match="organization is needed to list disks") as raised:
        found(service, organization=None)

    assert raised.value.details.detail == {"option": "organization"}
    assert service.calls == []


def test_a_list_is_thin_and_is_filtered_here() -> None:
    rows = [{"id": f"disk_{state}", "name": "data-01", "state": state} for state in ("built", "failed", "building")]
    service = ScriptedService({f"GET {LIST}": [listing(*rows)]})

    assert found(service, state="failed") == [{**rows[1], "device": None}]
    assert service.count("GET", DISK) == 0


def test_annotations_are_filtered_by_the_service_key_and_value_in_turn() -> None:
    service = ScriptedService({f"GET {LIST}": [thin()]})
    found(service, annotations=(("bare", ""), ("env", "test")))

    assert service.calls[0].query == (
        ("organization[sub_domain]", "acme"),
        ("annotations[][key]", "bare"),
        ("annotations[][value]", ""),
        ("annotations[][key]", "env"),
        ("annotations[][value]", "test"),
        ("page", "1"),
        ("per_page", "200"),
    )


def test_details_come_in_the_order_of_the_list_without_what_went_away() -> None:
    ids = [f"disk_{number}" for number in range(30)]

    def read(call: Request) -> Any:
        disk_id = dict(call.query)["disk[id]"]
        if disk_id in ("disk_3", "disk_17"):
            return GONE if disk_id == "disk_3" else TRASHED
        return disk_answer(ENV, id=disk_id, name="renamed" if disk_id == "disk_5" else "data-01")

    later = [disk_id for disk_id in ids if disk_id != "disk_3"]
    service = ScriptedService({f"GET {LIST}": [thin(*ids), thin(*later)], f"GET {DISK}": [read]})
    disks = found(service, details=True, name="data-01")

    assert [disk["id"] for disk in disks] == [
        disk_id for disk_id in ids if disk_id not in ("disk_3", "disk_5", "disk_17")
    ]
    assert {str(disk["annotations"]) for disk in disks} == {str(ENV)}
    assert service.count("GET", DISK) == 30 + 29


def test_a_listed_disk_that_is_not_found_is_looked_for_again_and_never_left_out() -> None:
    """One 404 made it vanish from the result."""
    script: dict[str, Any] = {f"GET {LIST}": [thin("disk_One")], f"GET {DISK}": [GONE, disk_answer(ENV)]}
    assert [disk["id"] for disk in found(ScriptedService(script), details=True)] == ["disk_One"]

    with pytest.raises(KatapultError, match="disk_One") as raised:
        found(ScriptedService({**script, f"GET {DISK}": [GONE]}), details=True)
    assert raised.value.details.code == "unexpected_answer"


@pytest.mark.parametrize(
    "row", [{}, {"virtual_machine_disk": {}}, {"virtual_machine_disk": {"virtual_machine": {"id": "vm_Web"}}}]
)
def test_a_row_that_does_not_tell_its_machine_may_be_on_the_one_that_is_asked_for(row: dict[str, Any]) -> None:
    service = ScriptedService({f"GET {LIST}": [listing({"id": "disk_One", "name": "data-01", **row})]})
    with pytest.raises(KatapultError) as raised:
        found(service, virtual_machine=Lookup("fqdn", "web-01.acme.katapult.cloud"))
    assert raised.value.details.code == "unexpected_answer"


def test_only_what_passes_is_read_in_full() -> None:
    rows = [{"id": f"disk_{name}", "name": name} for name in ("a", "b", "c")]
    service = ScriptedService({f"GET {LIST}": [listing(*rows)], f"GET {DISK}": [disk_answer(id="disk_b", name="b")]})

    assert [disk["id"] for disk in found(service, details=True, name="b")] == ["disk_b"]
    assert service.count("GET", DISK) == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (error_answer(404, "virtual_machine_not_found"), "virtual_machine_not_found"),
        (machine_answer("started"), None),
        (error_answer(403, "scope_not_granted"), None),
    ],
    ids=["not there", "without disks", "not to be seen"],
)
def test_a_machine_that_is_not_there_is_no_machine_without_disks(answer: Any, code: str | None) -> None:
    service = ScriptedService({f"GET {LIST}": [thin()], f"GET {MACHINE}": [answer]})
    web = Lookup("fqdn", "web-01.acme.katapult.cloud")

    if code is None:
        assert found(service, virtual_machine=web) == []
        return
    with pytest.raises(ApiError) as raised:
        found(service, virtual_machine=web)
    assert raised.value.details.code == code
