# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong, in one table: each code with what it means, what to do, and the exception it becomes.

Codes of the Katapult API stand beside the collection's own. Nothing else in the collection words an advice.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Callable

# Letters of the service's words that a message has: a screen full, far more than any of its sentences.
MOST_IN_WORDS = 1000
ISSUES = "https://github.com/katapult-cloud/ansible-collection-katapult/issues"


@dataclass(frozen=True)
class Report:
    """The structured C(error) of a failed task. C(ambiguous): the request may have been carried out all the same."""

    code: str
    status: int | None = None
    description: str | None = None
    detail: Any = None
    method: str | None = None
    path: str | None = None
    request_id: str | None = None
    attempts: int | None = None
    ambiguous: bool = False


@dataclass(frozen=True)
class Known:
    """What is known of the disk when a task fails; None where it is not."""

    disk: Mapping[str, Any] | None = None
    task: Mapping[str, Any] | None = None
    annotations: list[Mapping[str, Any]] | None = None
    trash_object: Mapping[str, Any] | None = None
    steps: Mapping[str, list[str]] | None = None
    changed: bool = False

    def as_result(self) -> dict[str, Any]:
        """The keys that a failed result carries."""
        return {key: value for key, value in self.__dict__.items() if value is not None}


class KatapultError(Exception):
    """A failure that the user is told about: what failed, why, and what to do."""

    def __init__(self, what: str, report: Report) -> None:
        super().__init__(what)
        self.what = what
        self.report = report
        self.known = Known()
        self.advice = cause_of(report.code).advice

    def __copy__(self) -> KatapultError:
        """The same failure once more, for another disk that it concerns."""
        twin = type(self).__new__(type(self), *self.args)
        twin.__dict__.update(self.__dict__)
        return twin

    def as_unclear(self) -> KatapultError:
        """The same failure, after a request that may have been carried out all the same."""
        self.report = replace(self.report, ambiguous=True)
        return self

    @property
    def message(self) -> str:
        """The whole message: what happened, whether anything was changed, and what to do."""
        untouched = f"Nothing {'more ' if self.known.changed else ''}was changed."
        if self.report.ambiguous:
            untouched = "Whether the request before it was carried out is not known."
        said = untouched if cause_of(self.report.code).precedes_writes else ""
        return " ".join(part for part in (self.what, said, self.advice) if part)

    def as_result(self) -> dict[str, Any]:
        """The result of the failed task."""
        return {"msg": self.message, "error": asdict(self.report), **self.known.as_result()}


class OptionError(KatapultError):
    """An option that can't be used as it was given; raised before anything is changed."""

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(f"{option}: {problem}", Report("invalid_option", detail={"option": option}))
        self.option = option
        self._problem = problem

    def within(self, where: str) -> OptionError:
        """The same problem with an option that is one of several, as in C(disks[3])."""
        return self.named(f"{where}.{self.option}")

    def named(self, name: str) -> OptionError:
        """The same problem under another name, as that of the variable that the value comes from."""
        return OptionError(name, self._problem)


class InternalError(KatapultError):
    """An exception that nothing foresaw: C(said) are its kind and text, C(place) is the file and line of ours."""

    def __init__(self, said: str, place: str) -> None:
        what = (
            f"This should not have happened: {said} ({place}). It is an error of the collection: please report it, "
            f"with this message, at {ISSUES}."
        )
        super().__init__(what, Report("internal_error", detail={"exception": said, "place": place}))

    def note(self, *, under_way: bool) -> None:
        """C(under_way): what was asked for may be done all the same."""
        self.report = replace(self.report, ambiguous=under_way)


class ApiError(KatapultError):
    """The service refused a request, answered in a way that can't be understood, or did not answer."""

    def __init__(self, what: str, report: Report, *, transient: bool = False, retry_after: float | None = None) -> None:
        """C(transient): the same request may succeed later; C(retry_after): seconds that the service asks to wait."""
        super().__init__(what, report)
        self.transient = transient
        self.retry_after = retry_after

    @property
    def may_have_worked(self) -> bool:
        """Whether what was asked for may be done all the same: an answer was lost, this one or one before it."""
        return self.report.ambiguous or (self.report.attempts or 1) > 1

    def after(self, attempts: int, *, unclear: bool = False, within: str = "") -> ApiError:
        """The same error, raised after that many attempts, C(within) a time in words.

        C(unclear): one of them may have been carried out.
        """
        if attempts > 1 and within:
            self.what += f" It was tried {attempts} times within {within}."
        self.report = replace(self.report, attempts=attempts, ambiguous=self.report.ambiguous or unclear)
        return self

    def after_lost(self, lost: ApiError) -> ApiError:
        """The same error, raised after C(lost), whose request may have been carried out."""
        self.what = f"{lost.what} {self.what}"
        self.as_unclear()
        return self


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
class Cause:
    """A row of the table. C(specifics) puts the detail of an answer into words.

    C(precedes_writes): found before anything is changed, unless the task had changed something else before.
    C(status): the HTTP status of the service's answer, None for a code of the collection's own.
    """

    meaning: str
    advice: str
    error: type[ApiError] = ApiError
    specifics: Callable[[Mapping[str, Any]], str] = field(default=lambda _detail: "")
    precedes_writes: bool = False
    status: int | None = None


def cut(text: str, most: int) -> str:
    """The text, with an ellipsis if it is cut: between words, lest the half of a secret is left that masks are for."""
    if len(text) <= most:
        return text
    begun = text[: most - 1]
    return f"{begun.rpartition(' ')[0] or begun}\u2026"


def _joined(key: str, before: str = "") -> Callable[[Mapping[str, Any]], str]:
    def words(detail: Mapping[str, Any]) -> str:
        value = detail.get(key)
        parts = [str(part) for part in value] if isinstance(value, list) else [str(value)] if value else []
        return before + "; ".join(cut(part, MOST_IN_WORDS) for part in parts) if parts else ""

    return words


def _argument(detail: Mapping[str, Any]) -> str:
    path = detail.get("path")
    where = ".".join(str(part) for part in path) if isinstance(path, list) else path
    parts = (where, detail.get("argument"), detail.get("issue"), _joined("errors")(detail))
    return ", ".join(cut(str(part), MOST_IN_WORDS) for part in parts if part)


def kept_until(trash_object: Any) -> str:
    """Until when a trash object, as an answer gives it, can be restored; empty text where that can't be told."""
    until = trash_object.get("keep_until") if isinstance(trash_object, Mapping) else None
    try:
        return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(until)) if until else ""
    except (TypeError, ValueError, OverflowError, OSError):
        return ""


def _trashed(detail: Mapping[str, Any]) -> str:
    until = kept_until(detail.get("trash_object"))
    return f"it is kept until {until}" if until else ""


_TRY_AGAIN = "Run the task again later; if it goes on, give Katapult's support the request id."
_CHECK_LOOKUP = "Correct {0}, or check that the token's organization may use it."

CAUSES: dict[str, Cause] = {
    # The service's
    "missing_api_token": Cause(
        "the request carried no API token",
        "Set api_token, or KATAPULT_API_TOKEN where the module runs.",
        status=400,
    ),
    "invalid_argument": Cause(
        "an argument has a wrong type or value",
        "Correct the option that the service names.",
        specifics=_argument,
        status=400,
    ),
    "missing_required_argument": Cause(
        "an argument is missing",
        "Set the option that the service names.",
        specifics=_argument,
        status=400,
    ),
    "invalid_api_token": Cause(
        "the API token does not exist or has expired",
        "Check api_token (or KATAPULT_API_TOKEN): make a new token in the Katapult console if it has expired.",
        status=403,
    ),
    "invalid_capabilities_token": Cause(
        "the capabilities token is not valid, has expired or was signed with another key",
        "Use an API token of the organization, or a new capabilities token.",
        status=403,
    ),
    "unauthorized_network_for_api_token": Cause(
        "the API token may not be used from this network",
        "Add the address to the token's allowed networks, or run the task from an allowed one.",
        specifics=_joined("ip_address", "the request came from "),
        status=403,
    ),
    "scope_not_granted": Cause(
        "the API token lacks the scope that this call needs",
        "Give the token that scope in the Katapult console, or use another token.",
        NotPermittedError,
        _joined("scopes", "one of these scopes would do: "),
        status=403,
    ),
    "permission_denied": Cause(
        "the token's owner is not permitted to do this",
        "Ask an administrator of the organization for the permission.",
        NotPermittedError,
        _joined("details"),
        status=403,
    ),
    "organization_suspended": Cause(
        "the organization is suspended",
        "Have the suspension lifted (billing or support), then run the task again.",
        status=403,
    ),
    "organization_not_activated": Cause(
        "the organization is not activated yet",
        "Activate it in the Katapult console, then run the task again.",
        status=403,
    ),
    "disk_not_found": Cause(
        "no such disk",
        "Correct the id or the name. Given a name without an id, katapult_disk creates the disk.",
        DiskNotFoundError,
        status=404,
    ),
    "organization_not_found": Cause(
        "no such organization", _CHECK_LOOKUP.format("organization"), NotFoundError, status=404
    ),
    "data_center_not_found": Cause(
        "no such data center", _CHECK_LOOKUP.format("data_center"), NotFoundError, status=404
    ),
    "disk_io_profile_not_found": Cause(
        "no such disk I/O profile", _CHECK_LOOKUP.format("io_profile"), NotFoundError, status=404
    ),
    "virtual_machine_not_found": Cause(
        "no such virtual machine",
        _CHECK_LOOKUP.format("virtual_machine"),
        NotFoundError,
        status=404,
    ),
    "task_not_found": Cause(
        "no such task", "Look at the disk itself: the task may be too old.", NotFoundError, status=404
    ),
    "trash_object_not_found": Cause(
        "no such object in the trash",
        "It has been purged or restored.",
        TrashObjectNotFoundError,
        status=404,
    ),
    "route_not_found": Cause(
        "the service does not know this address",
        "Check api_url: it ends with /core/v1 on the live service.",
        status=404,
    ),
    "object_in_trash": Cause(
        "the object is in the trash",
        "Restore it (a disk with id and restore=true, a virtual machine in the Katapult console), or use another.",
        InTrashError,
        _trashed,
        status=406,
    ),
    "task_queueing_error": Cause(
        "the service could not queue the background task",
        _TRY_AGAIN,
        specifics=_joined("details"),
        status=406,
    ),
    "validation_error": Cause(
        "the service refuses these values",
        "Correct the options that these sentences are about.",
        specifics=_joined("errors"),
        status=422,
    ),
    "unable_to_assign": Cause(
        "the disk can't be assigned to the virtual machine",
        "Do what the service says, then run the task again.",
        specifics=_joined("errors"),
        status=422,
    ),
    "unable_to_unassign": Cause(
        "the disk can't be unassigned from the virtual machine",
        "Detach it first, then run the task again.",
        specifics=_joined("errors"),
        status=422,
    ),
    "unassigned_disk": Cause("the disk is not assigned to a virtual machine", "Assign it first.", status=422),
    "rate_limit_reached": Cause(
        "too many requests in this minute",
        "Run the task again in a minute, raise api_retries, or run fewer tasks at once.",
        specifics=_joined("total_permitted", "requests permitted a minute: "),
        status=429,
    ),
    "unhandled_exception": Cause("the service failed inside", _TRY_AGAIN, status=500),
    "service_unavailable": Cause("the service is unavailable", _TRY_AGAIN, status=503),
    # The collection's own
    "http_error": Cause(
        "the answer is not one of the Katapult API",
        "Something between here and the service answered, or the service is ill: check api_url and the proxy, "
        "then run the task again.",
    ),
    "redirected": Cause(
        "the answer is a redirect, which is not followed", "Set api_url to the address that serves the API."
    ),
    "unexpected_answer": Cause(
        "the answer can't be understood", "Check that api_url is the Katapult API; if it is, tell Katapult's support."
    ),
    "no_answer": Cause("no answer came", "Check the network, then run the task again."),
    "unreachable": Cause("the service can't be reached", "Check api_url, the network and the proxy."),
    "untrusted_certificate": Cause(
        "the service's TLS certificate is not trusted",
        "Set ca_path to the authority that signed it; do not turn validate_certs off for a production token.",
    ),
    "ca_bundle_unusable": Cause(
        "the certificate authorities to trust can't be read",
        "Set ca_path (or the variable, which may also be unset) to a file of certificates in PEM form.",
    ),
    "invalid_option": Cause("an option can't be used as given", ""),
    "python_too_old": Cause(
        "the Python where the module runs is too old",
        "Set ansible_python_interpreter to a newer Python of that host, one that has requests too.",
    ),
    "drift": Cause(
        "the disk exists and differs in what can't be changed as the task describes it",
        "Describe the disk as it is, do what is said above, or use another name.",
        precedes_writes=True,
    ),
    "several_disks_found": Cause(
        "the name does not tell one disk",
        "Name the one you mean with its id, or narrow the look-up of katapult_disk with data_center.",
    ),
    "disk_failed": Cause(
        "the disk's build has failed",
        "The disk will not recover: delete it (katapult_disk with state=absent and its id), then run the task again.",
    ),
    "attachment_failed": Cause(
        "the disk could not be attached",
        "Look at the virtual machine in the Katapult console, detach the disk (attach=false, or attached=false in an "
        "assignment), then attach it again.",
    ),
    "task_failed": Cause(
        "the task failed",
        "The service gives no reason. Look at the disk in the Katapult console, or give support the task's id.",
    ),
    "wait_timeout": Cause(
        "the wait took longer than wait_timeout",
        "It goes on in the service: run this again, which waits on, or raise wait_timeout.",
    ),
    "not_applied": Cause(
        "the service took a change, and the disk does not show it",
        "Look at the disk in the Katapult console, then run the task again.",
    ),
    "changed_meanwhile": Cause(
        "another client has changed the disk since the task planned what to do",
        "Look at the disk, then run the task again, which plans anew.",
        precedes_writes=True,
    ),
    "name_taken": Cause(
        "another disk has the name that the disk shall get",
        "Use another name, or rename or delete the other disk first.",
        precedes_writes=True,
    ),
    "not_meant": Cause(
        "the disk has another name or place than the task says",
        "Correct the option that differs, or leave it out.",
        precedes_writes=True,
    ),
    "machine_unseen": Cause(
        "the virtual machine that a disk shall be moved to can't be seen",
        "Give the token the scope virtual_machines:read, so that the disk is not taken from where it is in vain.",
        precedes_writes=True,
    ),
    "disk_assigned": Cause(
        "the disk is assigned to a virtual machine",
        "Set force=true to have it detached and unassigned first.",
        precedes_writes=True,
    ),
    "boot_disk": Cause(
        "a virtual machine boots from the disk",
        "A boot disk is never detached, unassigned or deleted: delete its virtual machine instead.",
        precedes_writes=True,
    ),
    "described_twice": Cause(
        "two entries of a fleet mean the same disk",
        "Describe every disk once.",
        precedes_writes=True,
    ),
    "fleet_refused": Cause(
        "disks of a fleet can't be brought to what is described",
        "Correct the entries, or take them out, then run the task again.",
        precedes_writes=True,
    ),
    "fleet_failed": Cause(
        "disks of a fleet have failed",
        "The others are as described, but for those in summary.not_tried. Do what is said of each, then run the task "
        "again, which goes on.",
    ),
    "lock_timeout": Cause(
        "another task on this control node has been busy with the disk",
        "Run the task again, or raise wait_timeout.",
        precedes_writes=True,
    ),
    "create_unclear": Cause(
        "the answer to the create was lost, and what is there is not clearly the disk that was asked for",
        "Look at the disks named above, delete what should not be there, and run the task again with id.",
    ),
    "not_as_asked": Cause(
        "the service made the disk under another name or in another data center than was asked for",
        "Look at that disk. If this task has made it, the next run would not find it and would create another: correct "
        "the task, or delete the disk.",
    ),
    "twin_found": Cause(
        "another run made a disk of the same name at the same moment",
        "Keep one and delete the other, then run the task again.",
    ),
    "internal_error": Cause(
        "something happened that the collection did not foresee; the message tells where, and how to report it",
        "If the task changes disks, look at them before it is run again: what was under way may be done all the same.",
    ),
}

FAILED_BUILD = f"The service gives no reason. {CAUSES['disk_failed'].advice}"
MAY_APPEAR = (
    "The disk may still appear: look for it in the Katapult console, or with a run in check mode, before this is run "
    "again."
)
UNCLEAR_IN_FLEET = (
    "Look first at the disks whose failure is unclear (error.ambiguous in disks): what was asked for may be done all "
    "the same. Then run the task again, which goes on."
)

_UNLISTED = Cause("the service refused the request", "Do what the service says, or ask Katapult's support.")


def cause_of(code: str) -> Cause:
    """The row of a code, or a general one for a code that the service has added since."""
    return CAUSES.get(code, _UNLISTED)


def in_words(report: Report) -> str:
    """Why the service refused: its own words first, then the specifics of its detail, then code and status."""
    cause = cause_of(report.code)
    why = cut((report.description or cause.meaning).strip(), MOST_IN_WORDS).rstrip(".")
    specifics = cause.specifics(report.detail) if isinstance(report.detail, Mapping) else ""
    where = f"{report.code}, HTTP {report.status}" if report.status else report.code
    sentence = f"{why}: {cut(specifics, 10 * MOST_IN_WORDS)}" if specifics else why
    if report.request_id and (report.status or 0) >= 500:
        where += f", request id {report.request_id}"
    return f"{sentence.rstrip('.')} ({where})."


def api_error(doing: str, report: Report, *, transient: bool = False, retry_after: float | None = None) -> ApiError:
    """The exception for a request that failed. C(doing) is what was tried, as in C(create the disk 'data-01')."""
    kind = RateLimitedError if report.status == 429 else cause_of(report.code).error
    return kind(f"Could not {doing}: {in_words(report)}", report, transient=transient, retry_after=retry_after)


def failure(code: str, what: str, *, detail: Any = None) -> KatapultError:
    """A failure that the collection itself finds, with C(code) from the table."""
    return KatapultError(what, Report(code, detail=detail))
