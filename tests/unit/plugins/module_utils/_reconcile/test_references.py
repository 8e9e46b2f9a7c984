# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What check mode tells before a create: whether what it refers to is there."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.katapult.cloud.plugins.module_utils._api.models import Lookup
from ansible_collections.katapult.cloud.plugins.module_utils._core.errors import KatapultError, OptionError
from ansible_collections.katapult.cloud.plugins.module_utils._options.disk import Assignment
from ansible_collections.katapult.cloud.plugins.module_utils._reconcile.references import ReferenceChecker
from ansible_collections.katapult.cloud.tests.unit.support.factories import (
    AMSTERDAM,
    LONDON,
    MACHINE,
    UNRESTRICTED,
    attachment,
    desired,
    machine_answer,
)
from ansible_collections.katapult.cloud.tests.unit.support.fakes import ScriptedService, error_answer, run_context

PROFILES = "/organizations/organization/disk_io_profiles"
NO_SCOPE = error_answer(403, "scope_not_granted", {"scopes": ["virtual_machines:read"]})
REFERENCES: dict[str, Any] = {
    "GET /data_centers": [{"data_centers": [LONDON, AMSTERDAM]}],
    f"GET {PROFILES}": [{"disk_io_profiles": [UNRESTRICTED], "pagination": {"total_pages": 1}}],
    f"GET {MACHINE}": [machine_answer("started")],
}
WEB = Assignment(Lookup("fqdn", attachment()["virtual_machine"]["fqdn"]))


@pytest.mark.parametrize(
    ("options", "script", "code"),
    [
        ({"io_profile": Lookup("permalink", "unrestricted"), "assignment": WEB}, {}, None),
        ({"data_center": Lookup("id", "loc_London")}, {}, None),
        ({"data_center": None, "default_data_center": Lookup("permalink", "mars-01")}, {}, "data_center_not_found"),
        ({"data_center": Lookup("id", "uk-lon-01")}, {}, "data_center_not_found"),
        ({"io_profile": Lookup("id", "unrestricted")}, {}, "disk_io_profile_not_found"),
        (
            {"assignment": WEB},
            {f"GET {MACHINE}": [error_answer(404, "virtual_machine_not_found")]},
            "virtual_machine_not_found",
        ),
        ({"assignment": WEB}, {f"GET {MACHINE}": [error_answer(406, "object_in_trash")]}, "object_in_trash"),
    ],
)
def test_check_mode_finds_references_that_are_not_there(
    options: dict[str, Any], script: dict[str, Any], code: str | None
) -> None:
    references = ReferenceChecker(run_context(ScriptedService({**REFERENCES, **script})))
    if code is None:
        references.check(desired(**options))
        return
    with pytest.raises(KatapultError) as raised:
        references.check(desired(**options))
    assert raised.value.details.code == code
    assert not isinstance(raised.value, OptionError)


def test_check_mode_skips_what_the_token_may_not_see() -> None:
    warnings: list[str] = []
    service = ScriptedService({**REFERENCES, f"GET {MACHINE}": [NO_SCOPE]})
    references = ReferenceChecker(run_context(service, warn=warnings.append))
    references.check(desired(assignment=WEB))

    assert len(warnings) == 1
    assert {call.method for call in service.calls} == {"GET"}
