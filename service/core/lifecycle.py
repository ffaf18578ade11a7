"""The one lifecycle of factories and foundation models. Source: PRODUCT.md section 3."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from service.core.errors import NotYetAdopted, TransitionNotAllowed
from service.core.fields import REMARK, Field, Fields, day, one_of


class Status(StrEnum):
    """Where a record stands. Only verified and retired ones count."""

    SUBMITTED = "submitted"
    VERIFIED = "verified"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    RETIRED = "retired"


COUNTING = frozenset({Status.VERIFIED, Status.RETIRED})
"""The statuses that count: it was built, whether or not it still runs."""


class Action(StrEnum):
    """The calls that move a record from one status to another."""

    VERIFY = "verify"
    REJECT = "reject"
    RESUBMIT = "resubmit"
    WITHDRAW = "withdraw"
    RETIRE = "retire"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Transition:
    """From where to where a call goes, who may make it, and what it takes."""

    sources: frozenset[Status]
    result: Status
    ministry_only: bool
    fields: Fields


REASON_CODES = ("not_an_ai_factory", "duplicate", "wrong_data", "no_evidence", "other")
_REASON = {"reason": Field(REMARK, required=True)}

TRANSITIONS: Mapping[Action, Transition] = {
    Action.VERIFY: Transition(frozenset({Status.SUBMITTED}), Status.VERIFIED, ministry_only=True, fields={}),
    Action.REJECT: Transition(
        frozenset({Status.SUBMITTED}),
        Status.REJECTED,
        ministry_only=True,
        fields={"reason_code": Field(one_of(REASON_CODES), required=True), **_REASON},
    ),
    Action.RESUBMIT: Transition(
        frozenset({Status.REJECTED}), Status.SUBMITTED, ministry_only=False, fields={"note": Field(REMARK)}
    ),
    Action.WITHDRAW: Transition(
        frozenset({Status.SUBMITTED, Status.VERIFIED}), Status.WITHDRAWN, ministry_only=False, fields=_REASON
    ),
    Action.RETIRE: Transition(
        frozenset({Status.VERIFIED}),
        Status.RETIRED,
        ministry_only=False,
        fields={"retired_on": Field(day, required=True)},
    ),
    Action.REOPEN: Transition(
        frozenset({Status.VERIFIED, Status.REJECTED, Status.WITHDRAWN, Status.RETIRED}),
        Status.SUBMITTED,
        ministry_only=True,
        fields=_REASON,
    ),
}


def next_status(status: Status, action: Action, *, counts_on: date, today: date) -> Status:
    """Return the status after `action` on a record whose own date is `counts_on`.

    Raises:
        TransitionNotAllowed: the record's status does not allow it.
        NotYetAdopted: a record whose date lies ahead can't be verified.
    """
    transition = TRANSITIONS[action]
    if status not in transition.sources:
        allowed = ", ".join(sorted(transition.sources))
        raise TransitionNotAllowed(status=status.value, action=action.value, allowed=allowed)
    if transition.result is Status.VERIFIED and counts_on > today:
        raise NotYetAdopted(day=counts_on, today=today)
    return transition.result


def status_after_edit(
    status: Status, *, counting_changed: bool, by_staff: bool, counts_on: date, today: date
) -> Status:
    """Return the status after a record's fields were edited.

    A verified or retired record whose owner edits a counting field goes back to review: neither may move a count
    without somebody looking. Staff edit in place.

    Raises:
        NotYetAdopted: staff would leave a verified or retired record with a date ahead.
    """
    if status not in COUNTING or not counting_changed:
        return status
    if not by_staff:
        return Status.SUBMITTED
    if counts_on > today:
        raise NotYetAdopted(day=counts_on, today=today)
    return status
