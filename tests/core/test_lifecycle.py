"""One lifecycle for factories and models: every call in every state."""

from datetime import date, timedelta
from itertools import product

import pytest

from service.core.errors import NotYetAdopted, TransitionNotAllowed
from service.core.fields import check_body
from service.core.lifecycle import REASON_CODES, TRANSITIONS, Action, Status, next_status, status_after_edit

TODAY = date(2026, 11, 22)
TOMORROW = TODAY + timedelta(days=1)
ALLOWED = {
    (Status.SUBMITTED, Action.VERIFY): Status.VERIFIED,
    (Status.SUBMITTED, Action.REJECT): Status.REJECTED,
    (Status.REJECTED, Action.RESUBMIT): Status.SUBMITTED,
    (Status.SUBMITTED, Action.WITHDRAW): Status.WITHDRAWN,
    (Status.VERIFIED, Action.WITHDRAW): Status.WITHDRAWN,
    (Status.VERIFIED, Action.RETIRE): Status.RETIRED,
    (Status.VERIFIED, Action.REOPEN): Status.SUBMITTED,
    (Status.REJECTED, Action.REOPEN): Status.SUBMITTED,
    (Status.WITHDRAWN, Action.REOPEN): Status.SUBMITTED,
    (Status.RETIRED, Action.REOPEN): Status.SUBMITTED,
}
OTHERS = sorted(set(product(Status, Action)) - set(ALLOWED))


@pytest.mark.parametrize(("status", "action"), ALLOWED)
def test_what_the_state_allows_leads_on(status: Status, action: Action) -> None:
    assert next_status(status, action, counts_on=TODAY, today=TODAY) is ALLOWED[status, action]


@pytest.mark.parametrize(("status", "action"), OTHERS)
@pytest.mark.parametrize("counts_on", [TODAY, TOMORROW])
def test_what_the_state_does_not_allow_is_refused(status: Status, action: Action, counts_on: date) -> None:
    with pytest.raises(TransitionNotAllowed) as refused:
        next_status(status, action, counts_on=counts_on, today=TODAY)
    assert refused.value.facts["status"] == status


def test_a_refused_call_says_from_where_it_is_possible() -> None:
    with pytest.raises(TransitionNotAllowed) as refused:
        next_status(Status.REJECTED, Action.WITHDRAW, counts_on=TODAY, today=TODAY)
    assert (
        refused.value.detail.en
        == "A record that is 'rejected' can't 'withdraw'. It is possible from: submitted, verified."
    )


def test_a_plan_can_not_be_verified_before_its_day() -> None:
    with pytest.raises(NotYetAdopted) as refused:
        next_status(Status.SUBMITTED, Action.VERIFY, counts_on=TOMORROW, today=TODAY)
    assert refused.value.facts == {"day": TOMORROW, "today": TODAY}


@pytest.mark.parametrize("action", [Action.REJECT, Action.WITHDRAW])
def test_a_plan_can_be_turned_down_or_withdrawn(action: Action) -> None:
    assert next_status(Status.SUBMITTED, action, counts_on=TOMORROW, today=TODAY) is not Status.VERIFIED


def test_the_ministry_alone_verifies_rejects_and_reopens() -> None:
    ministry_only = {action for action, transition in TRANSITIONS.items() if transition.ministry_only}
    assert ministry_only == {Action.VERIFY, Action.REJECT, Action.REOPEN}


def test_every_call_has_its_row() -> None:
    assert set(TRANSITIONS) == set(Action)


@pytest.mark.parametrize(
    ("action", "required", "optional"),
    [
        (Action.VERIFY, set(), set()),
        (Action.REJECT, {"reason_code", "reason"}, set()),
        (Action.RESUBMIT, set(), {"note"}),
        (Action.WITHDRAW, {"reason"}, set()),
        (Action.RETIRE, {"retired_on"}, set()),
        (Action.REOPEN, {"reason"}, set()),
    ],
)
def test_what_a_call_takes(action: Action, required: set[str], optional: set[str]) -> None:
    fields = TRANSITIONS[action].fields
    assert {name for name, field in fields.items() if field.required} == required
    assert {name for name, field in fields.items() if not field.required} == optional


def test_a_rejection_has_one_of_five_reasons() -> None:
    assert REASON_CODES == ("not_an_ai_factory", "duplicate", "wrong_data", "no_evidence", "other")
    fields = TRANSITIONS[Action.REJECT].fields
    _, problems = check_body({"reason_code": "ugly", "reason": "r"}, fields)
    assert [(found.where, found.code) for found in problems] == [("#/reason_code", "not_one_of")]


@pytest.mark.parametrize(
    ("action", "field"), [(Action.REJECT, "reason"), (Action.RESUBMIT, "note"), (Action.WITHDRAW, "reason")]
)
def test_reasons_and_notes_are_one_line_of_up_to_4000_characters(action: Action, field: str) -> None:
    rule = TRANSITIONS[action].fields[field].rule
    assert rule("가\r\n나") == "가 나"
    assert len(rule("가" * 4000)) == 4000


# --- editing ---


COUNTING = [Status.VERIFIED, Status.RETIRED]


@pytest.mark.parametrize("status", COUNTING)
def test_a_record_that_counts_goes_back_to_review_when_its_owner_edits_what_counts(status: Status) -> None:
    after = status_after_edit(status, counting_changed=True, by_staff=False, counts_on=TODAY, today=TODAY)
    assert after is Status.SUBMITTED


def test_an_owner_can_turn_a_verified_record_into_a_plan_again() -> None:
    after = status_after_edit(Status.VERIFIED, counting_changed=True, by_staff=False, counts_on=TOMORROW, today=TODAY)
    assert after is Status.SUBMITTED


@pytest.mark.parametrize("status", COUNTING)
@pytest.mark.parametrize("by_staff", [True, False])
def test_a_record_that_counts_stays_when_nothing_that_counts_was_edited(status: Status, *, by_staff: bool) -> None:
    after = status_after_edit(status, counting_changed=False, by_staff=by_staff, counts_on=TODAY, today=TODAY)
    assert after is status


@pytest.mark.parametrize("status", COUNTING)
def test_the_ministry_edits_in_place(status: Status) -> None:
    after = status_after_edit(status, counting_changed=True, by_staff=True, counts_on=TODAY, today=TODAY)
    assert after is status


@pytest.mark.parametrize("status", COUNTING)
def test_the_ministry_never_dates_a_record_that_counts_ahead(status: Status) -> None:
    with pytest.raises(NotYetAdopted):
        status_after_edit(status, counting_changed=True, by_staff=True, counts_on=TOMORROW, today=TODAY)


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.REJECTED, Status.WITHDRAWN])
@pytest.mark.parametrize("by_staff", [True, False])
def test_other_records_keep_their_state_when_edited(status: Status, *, by_staff: bool) -> None:
    after = status_after_edit(status, counting_changed=True, by_staff=by_staff, counts_on=TOMORROW, today=TODAY)
    assert after is status
