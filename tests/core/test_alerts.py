"""What is told when a pace changes, from every pace into every other, and what becomes of the alert."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.alert_messages import message, pause_after
from service.core.alerts import (
    REMIND_EVERY,
    SNOOZE_AT_MOST,
    Alert,
    AlertState,
    Level,
    Told,
    acknowledge,
    alert_fields,
    change_level,
    end_of_snooze,
    event_data,
    is_reminder_due,
    open_alert,
    remind,
    resolve,
    snooze,
    snooze_problems,
    turn,
    turns,
)
from service.core.errors import TransitionNotAllowed
from service.core.fields import Bad
from service.core.pace import Pace
from tests.core.builders import NOON, OURS

DAY = date(2026, 11, 22)

# What is told from each pace (rows) into each other (columns): the event, `*` for a correction, then the level of the
# alert from then on, then what people are told. `-` is nothing.
TABLE = """
from         not_started    ahead                        on_track                     at_risk                   behind                      met                     missed
not_started  .              -/-/-                        -/-/-                        pace.at_risk/-/-          pace.behind/behind/behind   target.met/-/met        target.missed/missed/missed
ahead        -/-/-          .                            -/-/-                        pace.at_risk/-/-          pace.behind/behind/behind   target.met/-/met        target.missed/missed/missed
on_track     -/-/-          -/-/-                        .                            pace.at_risk/-/-          pace.behind/behind/behind   target.met/-/met        target.missed/missed/missed
at_risk      -/-/-          pace.recovered/-/recovered   pace.recovered/-/recovered   .                         pace.behind/behind/behind   target.met/-/met        target.missed/missed/missed
behind       -/-/-          pace.recovered/-/recovered   pace.recovered/-/recovered   pace.at_risk/-/-          .                           target.met/-/met        target.missed/missed/missed
met          -/-/met        pace.recovered*/-/recovered  pace.recovered*/-/recovered  pace.at_risk*/-/met       pace.behind*/behind/behind  .                       target.missed*/missed/missed
missed       -/-/missed     pace.recovered*/-/recovered  pace.recovered*/-/recovered  pace.at_risk*/-/missed    pace.behind*/behind/behind  target.met*/-/met       .
"""  # noqa: E501 - a table is read across
_HEAD, *_ROWS = (line.split() for line in TABLE.strip().splitlines())
CELLS = [(row[0], after, cell) for row in _ROWS for after, cell in zip(_HEAD[1:], row[1:], strict=True)]


@pytest.mark.parametrize(("before", "after", "cell"), CELLS)
def test_change_of_pace_is_told_as_the_table_says(before: str, after: str, cell: str) -> None:
    change = turn(Pace(before), Pace(after))
    told = "." if change is None else _cell(change)
    assert told == cell


def _cell(change: Any) -> str:
    event = f"{change.event}{'*' if change.corrected else ''}" if change.event else "-"
    return "/".join((event, change.level or "-", change.notice or "-"))


def told(pace: Pace, day: date = DAY) -> Told:
    return Told(day, pace, NOON)


def in_a_row(*paces: Pace, first: date = DAY) -> dict[date, Pace]:
    return {first + timedelta(days=number): pace for number, pace in enumerate(paces)}


def test_every_day_since_the_last_told_one_is_told_in_order() -> None:
    days = in_a_row(Pace.BEHIND, Pace.BEHIND, Pace.ON_TRACK, Pace.MET)
    found = [(day.day, change.event) for day, change in turns(told(Pace.ON_TRACK), days)]
    assert found == [(22, "pace.behind"), (24, "pace.recovered"), (25, "target.met")]


def test_of_a_target_of_which_nothing_was_told_today_alone_is_told() -> None:
    days = in_a_row(Pace.BEHIND, Pace.ON_TRACK, Pace.AT_RISK)
    assert [(day.day, change.event) for day, change in turns(None, days)] == [(24, "pace.at_risk")]


PACES = st.sampled_from(Pace)


@given(PACES, st.lists(PACES, min_size=1, max_size=12))
def test_it_makes_no_difference_in_how_many_goes_days_are_told(before: Pace, paces: list[Pace]) -> None:
    at_once = [change for _, change in turns(told(before), in_a_row(*paces))]
    singly = [change for one in pairwise([before, *paces]) if (change := turn(*one)) is not None]
    assert at_once == singly


@given(PACES, st.lists(PACES, min_size=1, max_size=12))
def test_what_was_told_twice_is_told_once(before: Pace, paces: list[Pace]) -> None:
    assert not list(turns(told(paces[-1]), in_a_row(paces[-1])))
    assert [change.after for _, change in turns(told(before), in_a_row(*paces, paces[-1]))] == [
        change.after for _, change in turns(told(before), in_a_row(*paces))
    ]


@given(PACES, st.lists(PACES, min_size=1, max_size=12))
def test_an_alert_is_open_just_while_the_target_is_behind_or_missed(before: Pace, paces: list[Pace]) -> None:
    level = {Pace.BEHIND: Level.BEHIND, Pace.MISSED: Level.MISSED}.get(before)
    for _, change in turns(told(before), in_a_row(*paces)):
        level = change.level
    assert level == {Pace.BEHIND: "behind", Pace.MISSED: "missed"}.get(paces[-1])


@given(PACES, PACES)
def test_a_correction_is_told_of_what_was_final_alone(before: Pace, after: Pace) -> None:
    change = turn(before, after)
    if change is not None and change.event is not None:
        assert change.corrected is (before in (Pace.MET, Pace.MISSED))


def test_event_says_that_it_is_a_correction_where_it_is_one() -> None:
    taken_back, plain = turn(Pace.MET, Pace.BEHIND), turn(Pace.ON_TRACK, Pace.BEHIND)
    assert taken_back is not None
    assert plain is not None
    assert (event_data({"value": 1}, taken_back), event_data({"value": 1}, plain)) == (
        {"value": 1, "corrected": True},
        {"value": 1},
    )


# --- the alert ---


def snapshot(**changes: Any) -> dict[str, Any]:
    given = {"name_ko": "2026년 AI 팩토리 100개", "name_en": "100 AI factories in 2026", "plan_basis": "assumed"}
    said = {"summary": "76개입니다.", "summary_en": "76 so far.", "since": "2026-11-20", "synthetic": False}
    return given | said | changes


def make_alert(level: Level = Level.BEHIND, *, now: datetime = NOON) -> Alert:
    return open_alert(OURS, "factories-2026", level, snapshot=snapshot(), now=now)


def later(**by: float) -> datetime:
    return NOON + timedelta(**by)


def test_new_alert_has_every_field_of_the_contract() -> None:
    assert alert_fields(make_alert(), "ko") == {
        "id": str(OURS),
        "target": "factories-2026",
        "level": "behind",
        "state": "open",
        "opened_at": "2026-11-22T03:00:00.000000Z",
        "since": "2026-11-20",
        "resolved_at": None,
        "summary": "76개입니다.",
        "snapshot": snapshot(),
        "acknowledgement": None,
        "snoozed_until": None,
        "synthetic": False,
        "created_at": "2026-11-22T03:00:00.000000Z",
        "updated_at": "2026-11-22T03:00:00.000000Z",
        "version": 1,
    }


def test_summary_is_in_the_callers_language() -> None:
    assert alert_fields(make_alert(), "en")["summary"] == "76 so far."


def test_raised_alert_is_open_again_and_says_what_is_so_now() -> None:
    looked = snooze(
        acknowledge(make_alert(), by="정책과", note="확인", now=NOON), until=later(days=3), reason="휴가", now=NOON
    )
    raised = change_level(looked, Level.MISSED, snapshot=snapshot(since="2027-01-01"), now=later(days=1))
    assert (raised.level, raised.state, raised.since) == (Level.MISSED, AlertState.OPEN, date(2027, 1, 1))
    assert (raised.acknowledgement, raised.snoozed_until, raised.opened_at) == (None, None, NOON)
    assert raised.version == looked.version + 1 == 4


def test_acknowledged_alert_says_who_when_and_what() -> None:
    looked = acknowledge(make_alert(), by="제조AI정책과", note="공모 준비 중", now=later(hours=1))
    shown = alert_fields(looked, "ko")
    assert (shown["state"], shown["version"], shown["resolved_at"]) == ("acknowledged", 2, None)
    assert shown["acknowledgement"] == {
        "by": "제조AI정책과",
        "at": "2026-11-22T04:00:00.000000Z",
        "note": "공모 준비 중",
    }


def test_missed_alert_is_resolved_by_acknowledging() -> None:
    looked = acknowledge(make_alert(Level.MISSED), by="정책과", note="확인", now=later(hours=1))
    assert (looked.state, looked.resolved_at, looked.version) == (AlertState.RESOLVED, later(hours=1), 2)
    assert looked.acknowledgement is not None


def test_what_is_acknowledged_or_over_is_not_acknowledged_again() -> None:
    for alert in (acknowledge(make_alert(), by="x", note="x", now=NOON), resolve(make_alert(), now=NOON)):
        with pytest.raises(TransitionNotAllowed):
            acknowledge(alert, by="y", note="y", now=NOON)


def test_what_is_over_is_not_snoozed() -> None:
    with pytest.raises(TransitionNotAllowed):
        snooze(resolve(make_alert(), now=NOON), until=later(days=1), reason="x", now=NOON)


def test_clock_that_steps_back_does_not_take_an_alert_back() -> None:
    assert resolve(make_alert(), now=NOON - timedelta(hours=1)).updated_at == NOON


def test_reminder_comes_thirty_days_after_the_opening_and_after_each_other() -> None:
    alert = make_alert()
    due = NOON + REMIND_EVERY
    assert [is_reminder_due(alert, due - timedelta(seconds=1)), is_reminder_due(alert, due)] == [False, True]
    again = remind(alert, now=due)
    assert [is_reminder_due(again, due), is_reminder_due(again, due + REMIND_EVERY)] == [False, True]
    assert again.version == alert.version


def test_snoozed_alert_is_reminded_of_when_the_snooze_ends() -> None:
    alert = snooze(make_alert(), until=later(days=40), reason="추경 심의 중", now=NOON)
    assert [is_reminder_due(alert, later(days=day)) for day in (31, 39, 40)] == [False, False, True]


def test_acknowledged_alert_is_reminded_of_and_one_that_is_missed_or_over_is_not() -> None:
    looked = acknowledge(make_alert(), by="x", note="x", now=NOON)
    over = resolve(make_alert(), now=NOON)
    assert [is_reminder_due(one, later(days=31)) for one in (looked, over, make_alert(Level.MISSED))] == [
        True,
        False,
        False,
    ]


# --- what callers give ---


def test_snooze_takes_an_instant_or_the_end_of_a_day_in_seoul() -> None:
    assert end_of_snooze("2026-12-01T09:00:00+09:00") == datetime(2026, 12, 1, tzinfo=UTC)
    assert end_of_snooze("2026-12-01") == datetime(2026, 12, 1, 14, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("tomorrow", "not_a_date_or_instant"),
        ("2026-13-01", "not_a_date_or_instant"),
        (7, "not_a_date_or_instant"),
        ("2026-12-01T09:00:00", "not_a_date_or_instant"),
        ("1900-01-01", "out_of_range"),
    ],
)
def test_what_is_no_end_of_a_snooze_is_refused(value: Any, code: str) -> None:
    with pytest.raises(Bad) as refused:
        end_of_snooze(value)
    assert refused.value.code == code


def test_snooze_ends_ahead_and_within_a_year() -> None:
    ends = (NOON, later(seconds=1), NOON + SNOOZE_AT_MOST, NOON + SNOOZE_AT_MOST + timedelta(seconds=1))
    found = [[problem.code for problem in snooze_problems(end, now=NOON)] for end in ends]
    assert found == [["in_the_past"], [], [], ["out_of_range"]]


# --- what people are told ---


def test_message_speaks_korean_then_english_and_says_what_is_assumed_and_made_up() -> None:
    said = message(snapshot(synthetic=True), before=Pace.ON_TRACK, after=Pace.BEHIND)
    assert said.title == "[AX Registry] 2026년 AI 팩토리 100개: 지연 · behind"
    assert said.body.splitlines() == [
        "2026년 AI 팩토리 100개",
        "추진 상황: 순조 → 지연 (2026-11-20부터)",
        "76개입니다.",
        "계획의 시기별 배분은 아직 확정되지 않은 가정입니다.",
        "이 수치에는 시연용 가상 자료가 들어 있습니다.",
        "",
        "100 AI factories in 2026",
        "Pace: on track → behind (since 2026-11-20)",
        "76 so far.",
        "The plan's shape is an assumption that has not been confirmed.",
        "These figures include records made up for demonstration.",
    ]


def test_message_about_a_confirmed_plan_and_real_records_has_no_notes() -> None:
    said = message(snapshot(plan_basis="confirmed"), before=Pace.ON_TRACK, after=Pace.BEHIND)
    assert len(said.body.splitlines()) == 3 + 1 + 3


def test_reminder_says_that_it_still_is_so() -> None:
    said = message(snapshot(plan_basis="confirmed"), before=Pace.BEHIND, after=Pace.BEHIND)
    assert said.title.endswith(": 계속 지연 · still behind")
    assert "Pace: still behind (since 2026-11-20)" in said.body


def test_message_about_a_target_of_which_nothing_was_told_names_no_pace_before() -> None:
    said = message(snapshot(), before=Pace.NOT_STARTED, after=Pace.BEHIND)
    assert "추진 상황: 지연 (2026-11-20부터)\n" in said.body
    assert "Pace: behind (since 2026-11-20)\n" in said.body


def test_correction_says_what_it_takes_back() -> None:
    said = message(snapshot(since=None), before=Pace.MET, after=Pace.NOT_STARTED)
    assert "앞서 알린 결과(달성)를 바로잡습니다." in said.body
    assert "This corrects the result that was told before (met)." in said.body
    assert "Pace: met → not started\n" in said.body


def test_message_is_sent_again_after_pauses_that_grow_to_an_hour() -> None:
    pauses = [pause_after(attempts).total_seconds() for attempts in (1, 2, 3, 7, 8, 1000)]
    assert pauses == [30, 60, 120, 1920, 3600, 3600]
