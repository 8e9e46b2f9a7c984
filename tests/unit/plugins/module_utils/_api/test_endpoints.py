# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lists of disks that KatapultApi gives, and which of its calls may be sent twice unseen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.disk_list import DiskListSnapshot
from ansible_collections.katapult.cloud.plugins.module_utils._api.endpoints import KatapultApi
from ansible_collections.katapult.cloud.plugins.module_utils._api.messages import Retry
from ansible_collections.katapult.cloud.plugins.module_utils._api.models import Lookup
from ansible_collections.katapult.cloud.plugins.module_utils._api.pagination import RowList
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import ApiError
from ansible_collections.katapult.cloud.plugins.module_utils._options.disk import ResizeMethod
from ansible_collections.katapult.cloud.plugins.module_utils._plan import steps
from ansible_collections.katapult.cloud.tests.unit.support.factories import ACME, LIST, disk, listing
from ansible_collections.katapult.cloud.tests.unit.support.fakes import ScriptedService
from ansible_collections.katapult.cloud.tests.unit.support.paged_list import MovingService, PagedService

PROFILES = "/organizations/organization/disk_io_profiles"
NAMES = ["data-01", "Data-01", "data-01 ", "data-011", "data-02", "", "data-01"]
THERE: list[dict[str, Any]] = [{"id": f"disk_{number}", "name": name} for number, name in enumerate(NAMES)]
ASKED = (("organization[sub_domain]", "acme"), ("page", "1"), ("per_page", "200"))


def test_disks_of_a_name_have_exactly_that_name() -> None:
    named = KatapultApi(PagedService(THERE)).list_disks_named(ACME, "data-01")

    assert [row["id"] for row in named.rows] == ["disk_0", "disk_6"]


@pytest.mark.parametrize("row", [{"id": "disk_A"}, {"id": "disk_A", "name": None}, {"id": "disk_A", "name": 5}])
def test_a_row_without_a_name_may_have_any(row: dict[str, Any]) -> None:
    """It was taken for another disk: each run created one more."""
    service = PagedService([*THERE, row])
    with pytest.raises(ApiError, match="a row of 'disk' has no name") as raised:
        KatapultApi(service).list_disks_named(ACME, "data-01")
    assert raised.value.details.code == "unexpected_answer"
    with pytest.raises(ApiError):
        DiskListSnapshot(service, ["data-01"], []).refresh(ACME)


def test_a_name_that_a_large_list_does_not_show_is_looked_for_once_more() -> None:
    """The disk moves up to a page that was read when a disk before it is deleted."""
    there = [{"id": f"disk_{number}", "name": f"data-{number:04d}"} for number in range(1200)]
    service = MovingService(lambda time, page: there if time == 1 and page < 3 else there[1:])
    api = KatapultApi(service)

    assert api.list_disks_named(ACME, "data-0400").rows == [there[400]]
    assert service.times_read() == 2
    assert api.list_disks_named(ACME, "data-0401").rows == [there[401]]
    assert service.times_read() == 3


def test_a_name_that_an_incomplete_list_does_not_show_is_no_answer() -> None:
    api = KatapultApi(MovingService(lambda _time, _page: THERE, told={"total": 8}))

    assert [row["id"] for row in api.list_disks_named(ACME, "data-02").rows] == ["disk_4"]
    with pytest.raises(ApiError, match=r"list the disks of the organization 'acme': .* has 8 rows, and shows 7"):
        api.list_disks_named(ACME, "data-03")


@pytest.mark.parametrize("ask", [KatapultApi.list_disks, KatapultApi.list_io_profiles], ids=["disks", "profiles"])
def test_an_incomplete_list_is_no_list_of_all(ask: Callable[[KatapultApi, Lookup], object]) -> None:
    pagination = {"total": 2, "total_pages": 1, "per_page": 200}
    answer = {"disk": [{"id": "one"}], "disk_io_profiles": [{"id": "one"}], "pagination": pagination}
    service = ScriptedService({f"GET {LIST}": [answer], f"GET {PROFILES}": [answer]})

    with pytest.raises(ApiError, match="has 2 rows, and shows 1") as raised:
        ask(KatapultApi(service), ACME)
    assert raised.value.details.code == "unexpected_answer"


@pytest.mark.parametrize(("most", "pages"), [(200, 1), (4, 2), (3, 3)])
def test_disks_of_many_names_come_from_one_listing_that_tells_its_pages(most: int, pages: int) -> None:
    service = PagedService(THERE, most)
    found = KatapultApi(service).list_matching_disks(ACME, lambda row: row["name"] in ("Data-01", "data-02"))

    assert found == RowList([THERE[1], THERE[4]], pages)
    assert len(service.asked) == pages


def test_annotations_are_asked_for_in_pairs() -> None:
    service = ScriptedService({f"GET {LIST}": [listing(*THERE)]})
    api = KatapultApi(service)

    assert api.list_disks(ACME) == THERE
    assert api.list_disks(ACME, [("env", "test"), ("backup", "")]) == THERE
    pairs = [("key", "env"), ("value", "test"), ("key", "backup"), ("value", "")]
    annotations = tuple((f"annotations[][{part}]", text) for part, text in pairs)
    assert [call.query for call in service.calls] == [ASKED, (ASKED[0], *annotations, *ASKED[1:])]


def unchecked(_unclear: bool) -> None:
    """Nothing keeps a call from being sent again."""


def sends(step: steps.Step) -> Callable[[KatapultApi], object]:
    return lambda api: api.send_change(step.call, disk(), unchecked)


TRASH = "/trash_objects/trash_object"
OTHERS: dict[str, tuple[Callable[[KatapultApi], object], str, dict[str, Any]]] = {
    "task": (
        lambda api: api.get_task("task_One"),
        "GET /tasks/task",
        {"task": {"id": "task_Two", "status": "completed"}},
    ),
    "machine": (
        lambda api: api.get_virtual_machine(Lookup("id", "vm_Web")),
        "GET /virtual_machines/virtual_machine",
        {"virtual_machine": {"id": "vm_Other", "state": "started"}},
    ),
    "trash object": (
        lambda api: api.get_trash_object(Lookup("id", "trsh_One"), "disk_One"),
        f"GET {TRASH}",
        {"trash_object": {"id": "trsh_Two", "object_id": "disk_One"}},
    ),
    "trash object of another disk": (
        lambda api: api.get_trash_object(Lookup("id", "trsh_One"), "disk_One"),
        f"GET {TRASH}",
        {"trash_object": {"id": "trsh_One", "object_id": "disk_Two"}},
    ),
    "restored": (
        lambda api: api.restore_disk("disk_One", unchecked),
        f"POST {TRASH}/restore",
        {"disk": {"id": "disk_Two"}},
    ),
}


@pytest.mark.parametrize(("ask", "request_line", "answer"), OTHERS.values(), ids=OTHERS)
def test_an_answer_about_another_thing_than_was_asked_for_is_not_believed(
    ask: Callable[[KatapultApi], object], request_line: str, answer: dict[str, Any]
) -> None:
    with pytest.raises(ApiError, match=r"the answer is not as the API describes it: .* asked for was '") as raised:
        ask(KatapultApi(ScriptedService({request_line: [answer]})))
    assert raised.value.details.code == "unexpected_answer"


WEB = Lookup("id", "vm_Web")
WRITES: dict[str, tuple[Callable[[KatapultApi], object], Retry]] = {
    "create": (
        lambda api: api.create_disk({"properties": {"name": "data-01"}}, (), unchecked),
        Retry.IF_NOT_EXECUTED,
    ),
    "attach": (sends(steps.attach()), Retry.IF_NOT_EXECUTED),
    "detach": (sends(steps.detach()), Retry.IF_NOT_EXECUTED),
    "resize": (sends(steps.resize(30, ResizeMethod.OFFLINE)), Retry.IF_NOT_EXECUTED),
    "io profile": (sends(steps.set_io_profile(Lookup("permalink", "100k"))), Retry.IF_NOT_EXECUTED),
    "purge": (lambda api: api.purge_trash_object(Lookup("id", "trsh_One"), unchecked), Retry.IF_NOT_EXECUTED),
    "rename": (sends(steps.rename("data-02")), Retry.ALWAYS),
    "bus type": (sends(steps.set_bus_type("virtio")), Retry.ALWAYS),
    "annotate": (sends(steps.annotate([])), Retry.ALWAYS),
    "attach on boot": (sends(steps.set_attach_on_boot(True)), Retry.ALWAYS),
    "assign": (sends(steps.assign(WEB)), Retry.ALWAYS),
    "unassign": (sends(steps.unassign()), Retry.ALWAYS),
    "delete": (lambda api: api.delete_disk(disk(), unchecked), Retry.ALWAYS),
    "restore": (lambda api: api.restore_disk("disk_One", unchecked), Retry.ALWAYS),
}


@pytest.mark.parametrize(("write", "retry"), WRITES.values(), ids=WRITES)
def test_what_starts_something_is_never_sent_twice_unseen(write: Callable[[KatapultApi], object], retry: Retry) -> None:
    """A second create is a second disk, and a task that is begun twice is one too many."""
    sent = []

    class Recorder(ScriptedService):
        def send(self, call: Any) -> dict[str, Any]:
            sent.append(call.retry)
            return {}

    with suppress(ApiError):
        write(KatapultApi(Recorder({})))

    assert sent == [retry]
