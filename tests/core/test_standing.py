"""Where a count stands on a day: value, waiting, gap, index, days ahead, and rates."""

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.plan import EmptyWindow, path
from service.core.standing import (
    Facts,
    Pipeline,
    Standing,
    days_ahead,
    expected_on,
    facts_on,
    rate_recent,
    rate_required,
    recent_days,
    recent_from,
    schedule_index,
    standing,
)
from service.core.targets import Target
from tests.core.builders import make_target

EVE = date(2025, 12, 31)
DAY_1 = date(2026, 1, 1)
DUE = date(2026, 12, 31)
HALFWAY = date(2026, 7, 2)
"""The 183rd day of 365."""

DAYS = st.dates(min_value=date(2025, 6, 1), max_value=date(2027, 6, 1))
COUNTS = st.lists(DAYS, max_size=30)


def make_facts(value: int = 0, **facts: Any) -> Facts:
    return Facts(**{"start": 0, "value": value, "value_before": 0, **facts})


def stand(as_of: date, value: int = 0, target: Target | None = None, **facts: Any) -> Standing:
    return standing(target or make_target(), make_facts(value, **facts), as_of)


# --- counting ---


def test_records_count_from_counts_from_to_the_day() -> None:
    target = make_target(counts_from=date(2025, 9, 10), baseline=5)
    counting = {date(2025, 9, 9): 1, date(2025, 9, 10): 2, EVE: 3, DAY_1: 4, HALFWAY: 5, HALFWAY + timedelta(days=1): 6}
    facts = facts_on(target, counting, {}, HALFWAY)
    assert (facts.start, facts.value) == (5 + 2 + 3, 5 + 2 + 3 + 4 + 5)


def test_the_value_is_frozen_at_the_last_day() -> None:
    counting = {DUE: 1, DUE + timedelta(days=1): 1}
    assert facts_on(make_target(), counting, {}, DUE + timedelta(days=30)).value == 1


def test_submitted_records_wait_once_their_day_has_come_and_are_planned_before() -> None:
    submitted = {
        EVE: 100,  # before counts_from
        DAY_1: 1,
        HALFWAY: 2,
        HALFWAY + timedelta(days=1): 4,
        DUE: 8,
        DUE + timedelta(days=1): 100,  # after due_on
    }
    facts = facts_on(make_target(), {}, submitted, HALFWAY)
    assert (facts.waiting, facts.planned) == (3, 12)


def test_nothing_is_planned_any_more_after_the_last_day() -> None:
    facts = facts_on(make_target(), {}, {DUE: 1, DUE + timedelta(days=1): 1}, DUE + timedelta(days=5))
    assert (facts.waiting, facts.planned) == (1, 0)


@given(COUNTS, COUNTS, DAYS)
def test_facts_agree_with_counting_one_by_one(counting: list[date], submitted: list[date], as_of: date) -> None:
    target = make_target(counts_from=date(2025, 9, 10), baseline=2)
    facts = facts_on(target, Counter(counting), Counter(submitted), as_of)
    last = min(as_of, DUE)
    since = date(2025, 9, 10)
    before = last - timedelta(days=min(90, (last - EVE).days)) if last > EVE else last
    assert facts == Facts(
        start=2 + sum(since <= on < DAY_1 for on in counting),
        value=2 + sum(since <= on <= last for on in counting),
        value_before=2 + sum(since <= on <= before for on in counting),
        waiting=sum(since <= on <= last for on in submitted),
        planned=sum(since <= on <= DUE and on > last for on in submitted),
    )


# --- the figures of a day ---


def test_a_day_in_full() -> None:
    facts = Facts(start=10, value=40, value_before=25, waiting=3, planned=7)
    assert standing(make_target(counts_from=EVE), facts, HALFWAY) == Standing(
        value=40,
        goal=100,
        remaining=60,
        share=Fraction(2, 5),
        waiting=3,
        plan=10 + Fraction(90 * 183, 365),
        gap=30 - Fraction(90 * 183, 365),
        schedule_index=30 / Fraction(90 * 183, 365),
        days_ahead=122 - 183,  # 30 of 90 are due on day 121.67
        rate_required=Fraction(60 * 30, 182),
        rate_recent=Fraction(15 * 30, 90),
        pipeline=Pipeline(planned=7, waiting=3, if_all_land=50),
    )


def test_remaining_is_never_below_zero() -> None:
    day = stand(HALFWAY, value=120)
    assert (day.remaining, day.share, day.rate_required) == (0, Fraction(6, 5), 0)


def test_a_window_without_a_day_can_not_be_judged() -> None:
    with pytest.raises(EmptyWindow):
        stand(EVE, target=make_target(due_on=EVE))


@given(st.integers(0, 150), st.integers(0, 150), DAYS)
def test_the_figures_of_any_day_fit_together(value: int, start: int, as_of: date) -> None:
    day = stand(as_of, value=value, start=start)
    assert day.gap + day.plan == value
    assert day.remaining == max(100 - value, 0)
    assert day.share * day.goal == value
    assert (day.days_ahead is None) is (as_of < DAY_1)
    assert (day.rate_recent is None) is (as_of <= DAY_1)
    assert (day.rate_required is None) is (as_of >= DUE)


@given(st.integers(0, 150), st.integers(0, 99), st.dates(min_value=DAY_1, max_value=date(2027, 6, 1)))
def test_index_gap_and_days_ahead_say_the_same(value: int, start: int, as_of: date) -> None:
    day = stand(as_of, value=value, start=start)
    assert day.schedule_index is not None
    assert day.days_ahead is not None
    assert (day.schedule_index < 1) is (day.gap < 0)
    if day.gap >= 0 and value <= 100:
        assert day.days_ahead >= 0
    if day.gap < 0:
        assert day.days_ahead <= 0


# --- index ---


def test_the_index_is_what_was_done_per_what_was_asked() -> None:
    assert schedule_index(30, 10, Fraction(50)) == Fraction(1, 2)


@pytest.mark.parametrize("as_of", [date(2025, 6, 1), EVE])
def test_there_is_no_index_while_the_plan_has_not_moved(as_of: date) -> None:
    assert stand(as_of, value=5).schedule_index is None


def test_a_flat_beginning_of_the_path_has_no_index_either() -> None:
    target = make_target(trajectory=[(date(2026, 3, 31), 0)])
    assert stand(date(2026, 3, 31), value=5, target=target).schedule_index is None
    assert stand(date(2026, 4, 1), value=5, target=target).schedule_index is not None


def test_there_is_no_index_where_the_start_is_beyond_the_goal() -> None:
    assert stand(HALFWAY, value=120, start=120).schedule_index is None


# --- days ahead ---


@pytest.mark.parametrize(
    ("as_of", "value", "ahead"),
    [
        (EVE, 50, None),
        (DAY_1, 0, -1),
        (DAY_1, 1, 3),  # the plan asks for 1 on day 4
        (HALFWAY, 50, 0),
        (HALFWAY, 51, 187 - 183),
        (HALFWAY, 0, -183),
        (HALFWAY, 100, 182),
        (HALFWAY, 500, 182),
        (DUE, 100, 0),
        (DUE, 99, 362 - 365),
        (DUE + timedelta(days=100), 99, 362 - 365),
        (DUE + timedelta(days=100), 100, 0),
    ],
)
def test_days_ahead_are_earned_schedule(as_of: date, value: int, ahead: int | None) -> None:
    assert stand(as_of, value=value).days_ahead == ahead


@given(st.integers(0, 120), st.dates(min_value=DAY_1, max_value=date(2027, 3, 1)))
def test_days_ahead_agree_with_the_contracts_sentence(value: int, as_of: date) -> None:
    target = make_target(trajectory=[(date(2026, 9, 30), 20)])
    way = path(target, 5)
    days = [EVE + timedelta(days=number) for number in range(366)]
    first = next(day for day in days if way.plan(day) >= min(value, 100))
    assert days_ahead(target, way, value, as_of) == (first - min(as_of, DUE)).days


# --- rates ---


def test_the_rate_required_is_per_30_days() -> None:
    assert rate_required(60, 90) == 20
    assert rate_required(1, 1) == 30


@pytest.mark.parametrize("days_left", [0, -1])
def test_no_rate_is_required_when_no_day_is_left(days_left: int) -> None:
    assert rate_required(60, days_left) is None


def test_the_recent_rate_is_per_30_days() -> None:
    assert rate_recent(15, 90) == 5
    assert rate_recent(1, 1) == 30


@pytest.mark.parametrize("days", [0, -1])
def test_there_is_no_recent_rate_before_the_start(days: int) -> None:
    assert rate_recent(15, days) is None


@pytest.mark.parametrize(
    ("as_of", "days", "since"),
    [
        (date(2025, 6, 1), -214, None),
        (EVE, -1, None),
        (DAY_1, 0, None),
        (date(2026, 1, 2), 1, DAY_1),
        (date(2026, 1, 31), 30, DAY_1),
        (date(2026, 4, 1), 90, DAY_1),
        (date(2026, 4, 2), 90, date(2026, 1, 2)),
        (DUE, 90, date(2026, 10, 2)),
        (DUE + timedelta(days=100), 90, date(2026, 10, 2)),
    ],
)
def test_the_recent_rate_looks_back_90_days_or_to_the_start(as_of: date, days: int, since: date | None) -> None:
    assert (recent_days(make_target(), as_of), recent_from(make_target(), as_of)) == (days, since)


def test_looking_back_ends_with_the_calendar() -> None:
    target = make_target(starts_on=date.min, due_on=date(1, 12, 31))
    assert recent_from(target, date(1, 1, 2)) == date.min


# --- the day on which the goal is reached at this pace ---


def expected(value: int, as_of: date, **facts: Any) -> date | None:
    target = make_target(**facts)
    return expected_on(target, path(target, 0), value, as_of)


@pytest.mark.parametrize(
    ("value", "as_of", "day"),
    [
        (5, EVE, None),
        (2, DAY_1, EVE + timedelta(days=46)),  # 2 are due on day 8; 365 · 1 / 8 = 45.6
        (0, HALFWAY, None),
        (50, HALFWAY, DUE),  # day 183 is earned on day 183: the window as planned
        (25, HALFWAY, EVE + timedelta(days=727)),  # 25 is due on day 92; 365 · 183 / 92 = 726.03
        (100, HALFWAY, HALFWAY),
        (120, HALFWAY, HALFWAY),
        (100, DUE + timedelta(days=30), DUE),
    ],
)
def test_the_goal_is_expected_by_earned_schedule(value: int, as_of: date, day: date | None) -> None:
    assert expected(value, as_of) == day


def test_what_lies_beyond_ten_years_is_not_expected() -> None:
    # By the last day 10 are due on day 37 and 9 on day 33: 365 · 365 / 37 = 3,601 days, and 4,038.
    assert expected(10, DUE) == EVE + timedelta(days=3601)
    assert expected(9, DUE) is None


def test_ten_years_to_the_day_are_still_expected() -> None:
    # One factory a day is asked for; one is there after 44 days, so the 84 take 84 · 44 = 44 + 3,652 days.
    window = {"goal": 84, "due_on": EVE + timedelta(days=84)}
    assert expected(1, EVE + timedelta(days=44), **window) == EVE + timedelta(days=44 + 3652)
    assert expected(1, EVE + timedelta(days=45), **window) is None


def test_a_goal_that_is_reached_is_expected_no_later() -> None:
    assert expected(100, HALFWAY, trajectory=[(date(2026, 3, 31), 100)]) == HALFWAY


def test_the_end_of_the_calendar_is_not_passed() -> None:
    facts = {"starts_on": date(9999, 1, 1), "due_on": date(9999, 12, 31)}
    assert expected(10, date(9999, 7, 1), **facts) is None
