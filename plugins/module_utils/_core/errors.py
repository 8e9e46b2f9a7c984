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
from typing import Any, Callable, TypeVar

from typing_extensions import Self

E = TypeVar("E", bound="KatapultError")

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
        super().__init__(f"{option}: {problem}", ErrorDetails("invalid_option", detail={"option": option}))
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


_TRY_AGAIN = "Run the task again later; if it goes on, give Katapult's support the request id."
_CHECK_LOOKUP = "Correct {0}, or check that the token's organization may use it."

ERROR_CODES: dict[str, ErrorCode] = {
    # The service's
    "missing_api_token": ErrorCode(
        "the request carried no API token",
        "Set api_token, or KATAPULT_API_TOKEN where the module runs.",
        status=400,
    ),
    "invalid_argument": ErrorCode(
        "an argument has a wrong type or value",
        "Correct the option that the service names.",
        describe_detail=_argument,
        status=400,
    ),
    "missing_required_argument": ErrorCode(
        "an argument is missing",
        "Set the option that the service names.",
        describe_detail=_argument,
        status=400,
    ),
    "invalid_api_token": ErrorCode(
        "the API token does not exist or has expired",
        "Check api_token (or KATAPULT_API_TOKEN): make a new token in the Katapult console if it has expired.",
        status=403,
    ),
    "invalid_capabilities_token": ErrorCode(
        "the capabilities token is not valid, has expired or was signed with another key",
        "Use an API token of the organization, or a new capabilities token.",
        status=403,
    ),
    "unauthorized_network_for_api_token": ErrorCode(
        "the API token may not be used from this network",
        "Add the address to the token's allowed networks, or run the task from an allowed one.",
        describe_detail=_joined("ip_address", "the request came from "),
        status=403,
    ),
    "scope_not_granted": ErrorCode(
        "the API token lacks the scope that this call needs",
        "Give the token that scope in the Katapult console, or use another token.",
        NotPermittedError,
        _joined("scopes", "one of these scopes would do: "),
        status=403,
    ),
    "permission_denied": ErrorCode(
        "the token's owner is not permitted to do this",
        "Ask an administrator of the organization for the permission.",
        NotPermittedError,
        _joined("details"),
        status=403,
    ),
    "organization_suspended": ErrorCode(
        "the organization is suspended",
        "Have the suspension lifted (billing or support), then run the task again.",
        status=403,
    ),
    "organization_not_activated": ErrorCode(
        "the organization is not activated yet",
        "Activate it in the Katapult console, then run the task again.",
        status=403,
    ),
    "disk_not_found": ErrorCode(
        "no such disk",
        "Correct the id or the name. Given a name without an id, katapult_disk creates the disk.",
        DiskNotFoundError,
        status=404,
    ),
    "organization_not_found": ErrorCode(
        "no such organization", _CHECK_LOOKUP.format("organization"), NotFoundError, status=404
    ),
    "data_center_not_found": ErrorCode(
        "no such data center", _CHECK_LOOKUP.format("data_center"), NotFoundError, status=404
    ),
    "disk_io_profile_not_found": ErrorCode(
        "no such disk I/O profile", _CHECK_LOOKUP.format("io_profile"), NotFoundError, status=404
    ),
    "virtual_machine_not_found": ErrorCode(
        "no such virtual machine",
        _CHECK_LOOKUP.format("virtual_machine"),
        NotFoundError,
        status=404,
    ),
    "task_not_found": ErrorCode(
        "no such task", "Look at the disk itself: the task may be too old.", NotFoundError, status=404
    ),
    "trash_object_not_found": ErrorCode(
        "no such object in the trash",
        "It has been purged or restored.",
        TrashObjectNotFoundError,
        status=404,
    ),
    "route_not_found": ErrorCode(
        "the service does not know this address",
        "Check api_url: it ends with /core/v1 on the live service.",
        status=404,
    ),
    "object_in_trash": ErrorCode(
        "the object is in the trash",
        "Restore it (a disk with id and restore=true, a virtual machine in the Katapult console), or use another.",
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
        "Correct the options that these sentences are about.",
        describe_detail=_joined("errors"),
        status=422,
    ),
    "unable_to_assign": ErrorCode(
        "the disk can't be assigned to the virtual machine",
        "Do what the service says, then run the task again.",
        describe_detail=_joined("errors"),
        status=422,
    ),
    "unable_to_unassign": ErrorCode(
        "the disk can't be unassigned from the virtual machine",
        "Detach it first, then run the task again.",
        describe_detail=_joined("errors"),
        status=422,
    ),
    "unassigned_disk": ErrorCode("the disk is not assigned to a virtual machine", "Assign it first.", status=422),
    "rate_limit_reached": ErrorCode(
        "too many requests in this minute",
        "Run the task again in a minute, raise api_retries, or run fewer tasks at once.",
        describe_detail=_joined("total_permitted", "requests permitted a minute: "),
        status=429,
    ),
    "unhandled_exception": ErrorCode("the service failed inside", _TRY_AGAIN, status=500),
    "service_unavailable": ErrorCode("the service is unavailable", _TRY_AGAIN, status=503),
    # The collection's own
    "http_error": ErrorCode(
        "the answer is not one of the Katapult API",
        "Something between here and the service answered, or the service is ill: check api_url and the proxy, "
        "then run the task again.",
    ),
    "redirected": ErrorCode(
        "the answer is a redirect, which is not followed", "Set api_url to the address that serves the API."
    ),
    "unexpected_answer": ErrorCode(
        "the answer can't be understood", "Check that api_url is the Katapult API; if it is, tell Katapult's support."
    ),
    "no_answer": ErrorCode("no answer came", "Check the network, then run the task again."),
    "unreachable": ErrorCode("the service can't be reached", "Check api_url, the network and the proxy."),
    "untrusted_certificate": ErrorCode(
        "the service's TLS certificate is not trusted",
        "Set ca_path to the authority that signed it; do not turn validate_certs off for a production token.",
    ),
    "ca_bundle_unusable": ErrorCode(
        "the certificate authorities to trust can't be read",
        "Set ca_path (or the variable, which may also be unset) to a file of certificates in PEM form.",
    ),
    "invalid_option": ErrorCode("an option can't be used as given", ""),
    "python_too_old": ErrorCode(
        "the Python where the module runs is too old",
        "Set ansible_python_interpreter to a newer Python of that host, one that has requests too.",
    ),
    "drift": ErrorCode(
        "the disk exists and differs in what can't be changed as the task describes it",
        "Describe the disk as it is, do what is said above, or use another name.",
        precedes_writes=True,
    ),
    "several_disks_found": ErrorCode(
        "the name does not tell one disk",
        "Name the one you mean with its id, or narrow the look-up of katapult_disk with data_center.",
    ),
    "disk_failed": ErrorCode(
        "the disk's build has failed",
        "The disk will not recover: delete it (katapult_disk with state=absent and its id), then run the task again.",
    ),
    "attachment_failed": ErrorCode(
        "the disk could not be attached",
        "Look at the virtual machine in the Katapult console, detach the disk (attach=false, or attached=false in an "
        "assignment), then attach it again.",
    ),
    "task_failed": ErrorCode(
        "the task failed",
        "The service gives no reason. Look at the disk in the Katapult console, or give support the task's id.",
    ),
    "wait_timeout": ErrorCode(
        "the wait took longer than wait_timeout",
        "It goes on in the service: run this again, which waits on, or raise wait_timeout.",
    ),
    "not_applied": ErrorCode(
        "the service took a change, and the disk does not show it",
        "Look at the disk in the Katapult console, then run the task again.",
    ),
    "changed_meanwhile": ErrorCode(
        "another client has changed the disk since the task planned what to do",
        "Look at the disk, then run the task again, which plans anew.",
        precedes_writes=True,
    ),
    "name_taken": ErrorCode(
        "another disk has the name that the disk shall get",
        "Use another name, or rename or delete the other disk first.",
        precedes_writes=True,
    ),
    "not_meant": ErrorCode(
        "the disk has another name or place than the task says",
        "Correct the option that differs, or leave it out.",
        precedes_writes=True,
    ),
    "machine_unseen": ErrorCode(
        "the virtual machine that a disk shall be moved to can't be seen",
        "Give the token the scope virtual_machines:read, so that the disk is not taken from where it is in vain.",
        precedes_writes=True,
    ),
    "disk_assigned": ErrorCode(
        "the disk is assigned to a virtual machine",
        "Set force=true to have it detached and unassigned first.",
        precedes_writes=True,
    ),
    "boot_disk": ErrorCode(
        "a virtual machine boots from the disk",
        "A boot disk is never detached, unassigned or deleted: delete its virtual machine instead.",
        precedes_writes=True,
    ),
    "described_twice": ErrorCode(
        "two entries of a fleet mean the same disk",
        "Describe every disk once.",
        precedes_writes=True,
    ),
    "fleet_refused": ErrorCode(
        "disks of a fleet can't be brought to what is described",
        "Correct the entries, or take them out, then run the task again.",
        precedes_writes=True,
    ),
    "fleet_failed": ErrorCode(
        "disks of a fleet have failed",
        "The others are as described, but for those in summary.not_tried. Do what is said of each, then run the task "
        "again, which goes on.",
    ),
    "lock_timeout": ErrorCode(
        "another task on this control node has been busy with the disk",
        "Run the task again, or raise wait_timeout.",
        precedes_writes=True,
    ),
    "create_unclear": ErrorCode(
        "the answer to the create was lost, and what is there is not clearly the disk that was asked for",
        "Look at the disks named above, delete what should not be there, and run the task again with id.",
    ),
    "not_as_asked": ErrorCode(
        "the service made the disk under another name or in another data center than was asked for",
        "Look at that disk. If this task has made it, the next run would not find it and would create another: correct "
        "the task, or delete the disk.",
    ),
    "duplicate_created": ErrorCode(
        "another run made a disk of the same name at the same moment",
        "Keep one and delete the other, then run the task again.",
    ),
    "internal_error": ErrorCode(
        "something happened that the collection did not foresee; the message tells where, and how to report it",
        "If the task changes disks, look at them before it is run again: what was under way may be done all the same.",
    ),
}

FAILED_BUILD = f"The service gives no reason. {ERROR_CODES['disk_failed'].hint}"
MAY_APPEAR = (
    "The disk may still appear: look for it in the Katapult console, or with a run in check mode, before this is run "
    "again."
)
UNCLEAR_IN_FLEET = (
    "Look first at the disks whose failure is unclear (error.ambiguous in disks): what was asked for may be done all "
    "the same. Then run the task again, which goes on."
)

_UNLISTED = ErrorCode("the service refused the request", "Do what the service says, or ask Katapult's support.")


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
