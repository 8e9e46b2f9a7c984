# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong, in one table: each code with what it means, what to do, and the exception it becomes.

Codes of the Katapult API stand beside the collection's own. Nothing else in the collection words an advice.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from typing_extensions import Self

# Letters of the service's words that a message has: a screen full, far more than any of its sentences.
MAX_SENTENCE = 1000
ISSUES = "https://github.com/katapult-cloud/ansible-collection-katapult/issues"


@dataclass(frozen=True)
class ErrorDetails:
    """The structured `error` of a failed task. `ambiguous`: the request may have been carried out all the same."""

    code: str
    status: int | None = None
    description: str | None = None
    detail: Any = None
    method: str | None = None
    path: str | None = None
    request_id: str | None = None
    attempts: int | None = None
    ambiguous: bool = False


class KatapultError(Exception):
    """A failure that the user is told about: what failed, why, and what to do.

    `known` holds what is known of the disk, as the keys of a failed result. An error is not changed once it is made:
    `copy_with` gives another one.
    """

    def __init__(
        self, summary: str, details: ErrorDetails, *, hint: str | None = None, known: Mapping[str, Any] | None = None
    ) -> None:
        """`hint` is what the table says of the code, if it is not given."""
        super().__init__(summary)
        self.summary = summary
        self.details = details
        self.hint = find_error_code(details.code).hint if hint is None else hint
        self.known = known or {}

    def __copy__(self) -> Self:
        other = type(self).__new__(type(self), *self.args)
        other.__dict__.update(self.__dict__)
        return other

    def copy_with(self, **changes: Any) -> Self:
        """The same failure with other attributes."""
        other = copy(self)
        other.__dict__.update(changes)
        return other

    def as_ambiguous(self, ambiguous: bool = True) -> Self:
        """The same failure, after a request that may have been carried out all the same."""
        return self.copy_with(details=replace(self.details, ambiguous=ambiguous))

    @property
    def message(self) -> str:
        """The whole message: what happened, whether anything was changed, and what to do."""
        untouched = f"Nothing {'more ' if self.known.get('changed') else ''}was changed."
        if self.details.ambiguous:
            untouched = "Whether the request before it was carried out is not known."
        said = untouched if find_error_code(self.details.code).precedes_writes else ""
        return " ".join(part for part in (self.summary, said, self.hint) if part)

    def as_result(self) -> dict[str, Any]:
        """The result of the failed task."""
        return {"msg": self.message, "error": asdict(self.details), "changed": False, **self.known}


class OptionError(KatapultError):
    """An option that can't be used as it was given; raised before anything is changed."""

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(f"{option} {problem}", ErrorDetails("invalid_option", detail={"option": option}))
        self.option = option
        self._problem = problem

    def within(self, where: str) -> OptionError:
        """The same problem with an option that is one of several, as in `disks[3]`."""
        return self.named(f"{where}.{self.option}")

    def named(self, name: str) -> OptionError:
        """The same problem under another name, as that of the variable that the value comes from."""
        return OptionError(name, self._problem)


class InternalError(KatapultError):
    """An exception that nothing foresaw: `said` are its kind and text, `place` is the file and line of ours."""

    def __init__(self, said: str, place: str) -> None:
        summary = (
            f"This should not have happened: {said} ({place}). It is an error of the collection: please report it, "
            f"with this message, at {ISSUES}."
        )
        super().__init__(summary, ErrorDetails("internal_error", detail={"exception": said, "place": place}))


class ApiError(KatapultError):
    """The service refused a request, answered in a way that can't be understood, or did not answer."""

    def __init__(
        self, summary: str, details: ErrorDetails, *, transient: bool = False, retry_after: float | None = None
    ) -> None:
        """`transient`: the same request may succeed later; `retry_after`: seconds that the service asks to wait."""
        super().__init__(summary, details)
        self.transient = transient
        self.retry_after = retry_after

    @property
    def may_have_succeeded(self) -> bool:
        """Whether what was asked for may be done all the same: an answer was lost, this one or one before it."""
        return self.details.ambiguous or (self.details.attempts or 1) > 1

    def with_attempts(self, attempts: int, *, unclear: bool = False, within: str = "") -> ApiError:
        """The same error, raised after that many attempts, `within` a time in words.

        `unclear`: one of them may have been carried out.
        """
        details = replace(self.details, attempts=attempts, ambiguous=self.details.ambiguous or unclear)
        tried = f" It was tried {attempts} times within {within}." if attempts > 1 and within else ""
        return self.copy_with(summary=self.summary + tried, details=details)

    def after_lost_response(self, lost: ApiError) -> ApiError:
        """The same error, raised after `lost`, whose request may have been carried out."""
        return self.copy_with(summary=f"{lost.summary} {self.summary}").as_ambiguous()


class NotFoundError(ApiError):
    """A thing that a lookup names does not exist."""


class DiskNotFoundError(NotFoundError):
    """The disk does not exist. No other 404 means that."""


class TrashObjectNotFoundError(NotFoundError):
    """The object is not in the trash. No other 404 means that."""


class BackupPolicyNotFoundError(NotFoundError):
    """The backup policy does not exist. No other 404 means that."""


class InTrashError(ApiError):
    """The object is in the trash."""


class NotPermittedError(ApiError):
    """The token is good, but does not reach this call."""


class RateLimitedError(ApiError):
    """The request was refused unseen: too many in this minute."""


@dataclass(frozen=True)
class ErrorCode:
    """A row of the table. `describe_detail` puts the detail of an answer into words.

    `precedes_writes`: found before anything is changed, unless the task had changed something else before.
    `status`: the HTTP status of the service's answer, None for a code of the collection's own.
    """

    meaning: str
    hint: str
    error: type[ApiError] = ApiError
    describe_detail: Callable[[Mapping[str, Any]], str] = field(default=lambda _detail: "")
    precedes_writes: bool = False
    status: int | None = None


def truncate(text: str, most: int) -> str:
    """The text, with an ellipsis if it is cut: between words, lest the half of a secret is left that masks are for."""
    if len(text) <= most:
        return text
    begun = text[: most - 1]
    return f"{begun.rpartition(' ')[0] or begun}\u2026"


def join_some(parts: Sequence[str], most: int, separator: str = ", ", conjunction: str = "and") -> str:
    """As in `a, b and 3 more`: of `parts` at most so many."""
    left = len(parts) - most
    return separator.join(parts[:most]) + (f" {conjunction} {left} more" if left > 0 else "")


def _joined(key: str, before: str = "") -> Callable[[Mapping[str, Any]], str]:
    def words(detail: Mapping[str, Any]) -> str:
        value = detail.get(key)
        parts = [str(part) for part in value] if isinstance(value, list) else [str(value)] if value else []
        return before + "; ".join(truncate(part, MAX_SENTENCE) for part in parts) if parts else ""

    return words


def _scopes(detail: Mapping[str, Any]) -> str:
    scopes = detail.get("scopes")
    one = isinstance(scopes, list) and len(scopes) == 1
    return _joined("scopes", "it needs the scope " if one else "it needs one of these scopes: ")(detail)


def _argument(detail: Mapping[str, Any]) -> str:
    path = detail.get("path")
    where = ".".join(str(part) for part in path) if isinstance(path, list) else path
    parts = (where, detail.get("argument"), detail.get("issue"), _joined("errors")(detail))
    return ", ".join(truncate(str(part), MAX_SENTENCE) for part in parts if part)


def format_keep_until(trash_object: Any) -> str:
    """Until when a trash object, as an answer gives it, can be restored; empty text where that can't be told."""
    until = trash_object.get("keep_until") if isinstance(trash_object, Mapping) else None
    try:
        return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(until)) if until else ""
    except (TypeError, ValueError, OverflowError, OSError):
        return ""


def _trashed(detail: Mapping[str, Any]) -> str:
    until = format_keep_until(detail.get("trash_object"))
    return f"it is kept until {until}" if until else ""


_TRY_AGAIN = "Run the task again later. If it still fails, send the request id to Katapult's support."
_CHECK_LOOKUP = "Check {0}, and that the token's organization may use it."

ERROR_CODES: dict[str, ErrorCode] = {
    # The service's
    "missing_api_token": ErrorCode(
        "the request carried no API token",
        "Set api_token, or the variable KATAPULT_API_TOKEN where the module runs.",
        status=400,
    ),
    "invalid_argument": ErrorCode(
        "an argument has a wrong type or value",
        "Correct the option that the service names, then run the task again.",
        describe_detail=_argument,
        status=400,
    ),
    "missing_required_argument": ErrorCode(
        "an argument is missing",
        "Set the option that the service names, then run the task again.",
        describe_detail=_argument,
        status=400,
    ),
    "policy_not_available_for_managed_organizations": ErrorCode(
        "another organization manages this one, which has no limits of its own",
        "Set organization to the one that manages it.",
        status=400,
    ),
    "invalid_timestamp": ErrorCode(
        "the time is less than 5 minutes from now",
        "Set trash_at to a later time, or delete the backup policy now (state=absent).",
        status=400,
    ),
    "invalid_api_token": ErrorCode(
        "the API token does not exist or has expired",
        "Check api_token (or KATAPULT_API_TOKEN). If the token has expired, create a new one in the Katapult console.",
        status=403,
    ),
    "invalid_capabilities_token": ErrorCode(
        "the capabilities token is not valid, has expired, or was signed with another key",
        "Use an API token of the organization, or a new capabilities token.",
        status=403,
    ),
    "unauthorized_network_for_api_token": ErrorCode(
        "the API token may not be used from this network",
        "Add this address to the token's allowed networks, or run the task from an allowed network.",
        describe_detail=_joined("ip_address", "the request came from "),
        status=403,
    ),
    "scope_not_granted": ErrorCode(
        "the API token lacks the scope that this call needs",
        "Add the scope to the token in the Katapult console, or use another token.",
        NotPermittedError,
        _scopes,
        status=403,
    ),
    "permission_denied": ErrorCode(
        "the token's owner is not permitted to do this",
        "Ask an administrator of the organization for this permission.",
        NotPermittedError,
        _joined("details"),
        status=403,
    ),
    "organization_suspended": ErrorCode(
        "the organization is suspended",
        "Contact Katapult about the suspension (billing or support), then run the task again.",
        status=403,
    ),
    "organization_not_activated": ErrorCode(
        "the organization is not activated yet",
        "Activate it in the Katapult console, then run the task again.",
        status=403,
    ),
    "disk_not_found": ErrorCode(
        "no such disk",
        "Check the id or the name. katapult_disk creates a disk that is given by its name alone.",
        DiskNotFoundError,
        status=404,
    ),
    "organization_not_found": ErrorCode(
        "no such organization",
        "Set organization or KATAPULT_ORGANIZATION to its sub-domain, which is part of the names of its virtual "
        "machines: acme in web-01.acme.katapult.cloud. Check that the token may use that organization.",
        NotFoundError,
        status=404,
    ),
    "data_center_not_found": ErrorCode(
        "no such data center", _CHECK_LOOKUP.format("data_center"), NotFoundError, status=404
    ),
    "disk_io_profile_not_found": ErrorCode(
        "no such disk I/O profile", _CHECK_LOOKUP.format("io_profile"), NotFoundError, status=404
    ),
    "virtual_machine_not_found": ErrorCode(
        "no such virtual machine",
        "Use the full name, such as web-01.acme.katapult.cloud, or {id: vm_...}. Check that the token may use the "
        "machine's organization.",
        NotFoundError,
        status=404,
    ),
    "task_not_found": ErrorCode(
        "no such task", "Check the disk itself. The service may not keep tasks that old.", NotFoundError, status=404
    ),
    "trash_object_not_found": ErrorCode(
        "no such object in the trash",
        "It has been purged or restored.",
        TrashObjectNotFoundError,
        status=404,
    ),
    "disk_backup_policy_not_found": ErrorCode(
        "no such backup policy",
        "Check the id, or name the disk or the virtual machine instead: the policy is then found by its target and the "
        "interval of its schedule.",
        BackupPolicyNotFoundError,
        status=404,
    ),
    "route_not_found": ErrorCode(
        "the service does not know this address",
        "Check api_url. On the live service it ends with /core/v1.",
        status=404,
    ),
    "object_in_trash": ErrorCode(
        "the object is in the trash",
        "Restore it (a disk with its id and restore=true, a virtual machine in the Katapult console), or use another.",
        InTrashError,
        _trashed,
        status=406,
    ),
    "task_queueing_error": ErrorCode(
        "the service could not queue the background task",
        _TRY_AGAIN,
        describe_detail=_joined("details"),
        status=406,
    ),
    "validation_error": ErrorCode(
        "the service refuses these values",
        "Correct the options that the service complains about, then run the task again.",
        describe_detail=_joined("errors"),
        status=422,
    ),
    "unable_to_assign": ErrorCode(
        "the disk can't be assigned to the virtual machine",
        "Resolve what the service complains about, then run the task again.",
        describe_detail=_joined("errors"),
        status=422,
    ),
    "unable_to_unassign": ErrorCode(
        "the disk can't be unassigned from the virtual machine",
        "Detach the disk first, then run the task again.",
        describe_detail=_joined("errors"),
        status=422,
    ),
    "unassigned_disk": ErrorCode("the disk is not assigned to a virtual machine", "Assign the disk first.", status=422),
    "rate_limit_reached": ErrorCode(
        "too many requests in this minute",
        "Run the task again in a minute, raise api_retries, or run fewer tasks in parallel.",
        describe_detail=_joined("total_permitted", "requests permitted a minute: "),
        status=429,
    ),
    "unhandled_exception": ErrorCode("the service had an internal error", _TRY_AGAIN, status=500),
    "service_unavailable": ErrorCode("the service is unavailable", _TRY_AGAIN, status=503),
    # The collection's own
    "http_error": ErrorCode(
        "the response did not come from the Katapult API",
        "A proxy may have answered, or there is an outage. Check api_url and the proxy, then run the task again.",
    ),
    "redirected": ErrorCode(
        "the response is a redirect, which is not followed", "Set api_url to the address that serves the API."
    ),
    "unexpected_answer": ErrorCode(
        "the response does not match the Katapult API",
        "Check that api_url is the address of the Katapult API. If it is, contact Katapult's support.",
    ),
    "no_answer": ErrorCode("no response arrived", "Check the network, then run the task again."),
    "unreachable": ErrorCode("the service can't be reached", "Check api_url, the network and the proxy."),
    "untrusted_certificate": ErrorCode(
        "the service's TLS certificate is not trusted",
        "Set ca_path to the certificate of the authority that signed it. Do not use validate_certs=false with a "
        "production token.",
    ),
    "ca_bundle_unusable": ErrorCode(
        "the certificate authorities to trust can't be read",
        "Set ca_path or the variable to a file of certificates in PEM format, or unset the variable.",
    ),
    "invalid_option": ErrorCode("an option has a value that cannot be used", ""),
    "python_too_old": ErrorCode(
        "the Python where the module runs is too old",
        "Set ansible_python_interpreter to a newer Python of that host, one that has requests too.",
    ),
    "drift": ErrorCode(
        "the disk exists and differs in a setting that cannot be changed this way",
        "Follow the advice for each difference, or describe the disk as it is.",
        precedes_writes=True,
    ),
    "several_disks_found": ErrorCode(
        "several disks have this name",
        "Use the id of the one you mean. In katapult_disk, data_center narrows the search.",
    ),
    "several_backup_policies_found": ErrorCode(
        "several backup policies of the target fit",
        "Use the id of the one you mean, or the interval of its schedule if that differs.",
    ),
    "disk_failed": ErrorCode(
        "the disk's build has failed",
        "The disk will not recover. Delete it (katapult_disk with state=absent and its id), then run the task again.",
    ),
    "attachment_failed": ErrorCode(
        "the disk could not be attached",
        "Check the virtual machine in the Katapult console, detach the disk (attach=false, or attached=false in "
        "katapult_disk_assignment), then attach it again.",
    ),
    "task_failed": ErrorCode(
        "the task failed",
        "The service gives no reason. Check the disk in the Katapult console, or send the task's id to Katapult's "
        "support.",
    ),
    "wait_timeout": ErrorCode(
        "the operation took longer than wait_timeout",
        "A timeout does not cancel the operation. Run the task again to keep waiting, or raise wait_timeout.",
    ),
    "not_applied": ErrorCode(
        "the service accepted a change, and the disk does not show it",
        "Check the disk in the Katapult console, then run the task again.",
    ),
    "changed_meanwhile": ErrorCode(
        "another client changed the disk after the task had planned its changes",
        "Check the disk, then run the task again.",
        precedes_writes=True,
    ),
    "name_taken": ErrorCode(
        "another disk already has the new name",
        "Use another name, or rename or delete the other disk first.",
        precedes_writes=True,
    ),
    "not_meant": ErrorCode(
        "the disk has another name, data center or virtual machine than the task says",
        "Correct the option that differs, or remove it.",
        precedes_writes=True,
    ),
    "machine_unseen": ErrorCode(
        "the virtual machine that the disk is to be moved to cannot be read",
        "Add the scope virtual_machines:read to the token: a disk is moved only if its new machine is known to exist.",
        precedes_writes=True,
    ),
    "disk_assigned": ErrorCode(
        "the disk is assigned to a virtual machine",
        "Set force=true to detach and unassign it first.",
        precedes_writes=True,
    ),
    "boot_disk": ErrorCode(
        "a virtual machine boots from the disk",
        "A boot disk is never detached, unassigned or deleted. Delete its virtual machine instead.",
        precedes_writes=True,
    ),
    "described_twice": ErrorCode(
        "two entries of a fleet describe the same disk",
        "Describe each disk once.",
        precedes_writes=True,
    ),
    "fleet_refused": ErrorCode(
        "some disks of a fleet cannot be changed as described",
        "Correct or remove their entries, then run the task again.",
        precedes_writes=True,
    ),
    "fleet_failed": ErrorCode(
        "some disks of a fleet failed",
        "Resolve what is reported for each failed disk, then run the task again: it continues where this run stopped.",
    ),
    "lock_timeout": ErrorCode(
        "another task on this control node is working on the disk",
        "Run the task again later, or raise wait_timeout.",
        precedes_writes=True,
    ),
    "create_unclear": ErrorCode(
        "the response to the create was lost, and it is not clear whether the disk exists",
        "Check the disks that are listed, delete those that should not exist, and run the task again with id.",
    ),
    "not_as_asked": ErrorCode(
        "the service created the disk under another name or in another data center than requested",
        "Check that disk. The next run would not find it, and would create another: correct the task, or delete the "
        "disk.",
    ),
    "duplicate_created": ErrorCode(
        "another run created a disk of the same name at the same moment",
        "Keep one and delete the other, then run the task again.",
    ),
    "internal_error": ErrorCode(
        "the collection has a bug; the message says where, and how to report it",
        "If the task changes disks, check them before you run it again: an operation may have been carried out.",
    ),
}

FAILED_BUILD = f"The service gives no reason. {ERROR_CODES['disk_failed'].hint}"
MAY_APPEAR = (
    "The disk may still appear. Before you run the task again, look for it in the Katapult console, or with a run in "
    "check mode."
)
# What the codes that backup policies share with disks advise there.
BACKUP_HINTS = {
    "create_unclear": "Check the policies that are listed, delete those that should not exist, and run the task again.",
    "duplicate_created": "Keep one and delete the other, then run the task again.",
    "lock_timeout": "Run the task again later.",
    "not_applied": "Check the policy in the Katapult console, then run the task again.",
    "not_as_asked": "Check that policy. The next run would not find it, and would create another.",
    "not_meant": "Correct the option that differs, or remove it.",
    "object_in_trash": "Restore it in the Katapult console, or use another. A policy is created anew without id.",
}
POLICY_MAY_APPEAR = "The policy may still appear. Before you run the task again, list the policies of its target."
UNCLEAR_IN_FLEET = (
    "First check the disks with error.ambiguous in disks: their requests may have been carried out. Then run the task "
    "again: it continues where this run stopped."
)

_UNLISTED = ErrorCode(
    "the service refused the request", "Resolve what the service complains about, or contact Katapult's support."
)


def find_error_code(code: str) -> ErrorCode:
    """The row of a code, or a general one for a code that the service has added since."""
    return ERROR_CODES.get(code, _UNLISTED)


def describe_error(details: ErrorDetails) -> str:
    """Why the service refused: its own words first, then the specifics of its detail, then code and status."""
    cause = find_error_code(details.code)
    why = truncate((details.description or cause.meaning).strip(), MAX_SENTENCE).rstrip(".")
    describe_detail = cause.describe_detail(details.detail) if isinstance(details.detail, Mapping) else ""
    where = f"{details.code}, HTTP {details.status}" if details.status else details.code
    sentence = f"{why}: {truncate(describe_detail, 10 * MAX_SENTENCE)}" if describe_detail else why
    if details.request_id and (details.status or 0) >= 500:
        where += f", request id {details.request_id}"
    return f"{sentence.rstrip('.')} ({where})."


def build_api_error(
    action: str, details: ErrorDetails, *, transient: bool = False, retry_after: float | None = None
) -> ApiError:
    """The exception for a request that failed. `action` is what was tried, as in `create the disk 'data-01'`."""
    kind = RateLimitedError if details.status == 429 else find_error_code(details.code).error
    return kind(f"Could not {action}: {describe_error(details)}", details, transient=transient, retry_after=retry_after)


def error_for(
    code: str,
    summary: str,
    *,
    detail: Any = None,
    hint: str | None = None,
    known: Mapping[str, Any] | None = None,
    ambiguous: bool = False,
) -> KatapultError:
    """A failure that the collection itself finds, with `code` from the table."""
    return KatapultError(summary, ErrorDetails(code, detail=detail, ambiguous=ambiguous), hint=hint, known=known)
