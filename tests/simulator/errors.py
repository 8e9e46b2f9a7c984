# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors of the Katapult Core API: code, status, description, detail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NOT_FOUND = "No {0} was found matching any of the criteria provided in the arguments"

# code -> (status, description)
ERRORS: dict[str, tuple[int, str]] = {
    "invalid_argument": (400, "The argument provided was not valid"),
    "invalid_timestamp": (
        400,
        (
            "Timestamp must be at least 5 minutes in the future. If you want to delete something immediately, "
            "you use can use the delete endpoint."
        ),
    ),
    "invalid_json_body": (400, "The JSON body provided with this request is invalid"),
    "missing_api_token": (
        400,
        "No API token was provided in the Authorization header. Ensure a token is provided prefixed with Bearer",
    ),
    "missing_required_argument": (400, "An argument is required but has not been provided"),
    "policy_not_available_for_managed_organizations": (
        400,
        "Managed organizations do not have policies. Make this request on the parent organization instead.",
    ),
    "invalid_api_token": (403, "The API token provided was not valid (it may not exist or have expired)"),
    "invalid_capabilities_token": (
        403,
        "The capabilities token provided was not valid (either not valid, expired or not signed by the correct key)",
    ),
    "organization_not_activated": (
        403,
        "An organization was found from the arguments provided but it wasn't activated yet",
    ),
    "organization_suspended": (403, "An organization was found from the arguments provided but it was suspended"),
    "permission_denied": (403, "The authenticated identity is not permitted to perform this action"),
    "scope_not_granted": (
        403,
        "The scope required for this endpoint has not been granted to the authenticating identity",
    ),
    "unauthorized_network_for_api_token": (403, "Network is not allowed to access the API with this API token"),
    "data_center_not_found": (404, _NOT_FOUND.format("data center")),
    "disk_backup_policy_not_found": (404, _NOT_FOUND.format("disk backup policy")),
    "disk_io_profile_not_found": (404, _NOT_FOUND.format("disk IO profile")),
    "disk_not_found": (404, _NOT_FOUND.format("disk")),
    "no_user_associated_with_identity": (404, "There is no user associated with this API token"),
    "organization_not_found": (404, _NOT_FOUND.format("organization")),
    "route_not_found": (404, "No route matches the path and method of this request"),
    "task_not_found": (404, _NOT_FOUND.format("task")),
    "trash_object_not_found": (404, _NOT_FOUND.format("trash object")),
    "virtual_machine_not_found": (404, _NOT_FOUND.format("virtual machine")),
    "object_in_trash": (
        406,
        (
            "The object found is in the trash and therefore cannot be manipulated through the API. "
            "It should be restored in order to run this operation."
        ),
    ),
    "task_queueing_error": (
        406,
        "This error means that a background task that was needed to complete your request could not be queued",
    ),
    "unable_to_assign": (422, "The disk can not be assigned to the virtual machine."),
    "unable_to_unassign": (422, "The disk can not be unassigned from the virtual machine."),
    "unassigned_disk": (422, "Disk is not assigned to a virtual machine."),
    "validation_error": (
        422,
        "A validation error occurred with the object that was being created/updated/deleted",
    ),
    "rate_limit_reached": (429, "You have reached the rate limit for this type of request"),
    "unhandled_exception": (500, "An unhandled exception occurred while processing this request"),
    "service_unavailable": (503, "The service is currently unavailable, please try again later"),
}

# The body that a fault answers with when only its status was given; other statuses get a proxy's HTML page.
_BY_STATUS: dict[int, tuple[str, dict[str, Any]]] = {
    400: ("invalid_argument", {"path": ["properties"], "issue": "invalid_scalar", "errors": []}),
    403: ("permission_denied", {"details": "Refused by the simulator"}),
    404: ("route_not_found", {}),
    406: ("task_queueing_error", {"details": "The task queue is not available"}),
    422: ("validation_error", {"errors": ["Refused by the simulator"]}),
    429: ("rate_limit_reached", {"total_permitted": 1000}),
    500: ("unhandled_exception", {}),
    503: ("service_unavailable", {}),
}


class ApiError(Exception):
    """An answer of the API that is an error.

    ``code`` is one of ERRORS, which gives status and description; ``detail`` is what the answer says beside them.
    """

    def __init__(self, code: str, detail: Mapping[str, Any] | None = None, description: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.status, standard = ERRORS[code]
        self.description = description or standard
        self.detail = dict(detail or {})

    def body(self, wrapped: bool = True) -> dict[str, Any]:
        """Return the JSON body, under ``error`` as the live service sends it, or bare as its page shows it."""
        bare = {"code": self.code, "description": self.description, "detail": self.detail}
        return {"error": bare} if wrapped else bare


def validation_error(*sentences: str) -> ApiError:
    """Return the 422 that refuses an object with whole sentences."""
    return ApiError("validation_error", {"errors": list(sentences)})


def error_of_status(status: int) -> ApiError | None:
    """Return the usual error of a status, or None where a proxy rather than the API would send it."""
    if status not in _BY_STATUS:
        return None
    code, detail = _BY_STATUS[status]
    return ApiError(code, detail)
