"""The states of pace: each rule, its bounds, and the order in which they are tried."""

from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.pace_rules import DayPace, Pace, Signs, judge
from service.core.targets import AlertPolicy, Target
from tests.core.builders import make_target

EVE = date(2025, 12, 31)
LATER = 200
"""A day on which no rule about early days holds any more."""


def on(number: int) -> date:
    return EVE + timedelta(days=number)


def make_signs(number: int = LATER, **facts: Any) -> Signs:
    """Return the signs of a day on which all goes as planned."""
    plain = {"value": 50, "waiting": 0, "probability": 0.8, "has_landings": True, "has_ahead": False}
    return Signs(**{"day": on(number), "schedule_index": Fraction(1), **plain, **facts})


def make_eve(pace: Pace = Pace.ON_TRACK, number: int = LATER - 1, **facts: Any) -> DayPace:
    return DayPace(**{"day": on(number), "value": 50, "probability": 0.8, "pace": pace, "since": on(number), **facts})


def run(days: Iterable[dict[str, Any]], *, first: int = LATER, target: Target | None = None) -> list[DayPace]:
    """Judge days in a row, each given by what is not as planned."""
    found: list[DayPace] = []
    for number, facts in enumerate(days, start=first):
        found.append(judge(target or make_target(), make_signs(number, **facts), found[-1] if found else None))
    return found


def paces(days: Iterable[dict[str, Any]], **facts: Any) -> list[str]:
    return [day.pace.value for day in run(days, **facts)]


def one(eve: DayPace | None = None, *, target: Target | None = None, **facts: Any) -> Pace:
    return judge(target or make_target(), make_signs(**facts), eve).pace


LOW = {"probability": 0.05}
LAGGING = {"probability": 0.4, "schedule_index": Fraction(8, 10)}
FINE: dict[str, Any] = {}
SILENCE = {"value": 0, "probability": 0.01, "schedule_index": Fraction(0), "has_landings": False}


# --- 1: not started ---


@pytest.mark.parametrize(
    ("number", "due", "pace"),
    [
        (1, 365, Pace.NOT_STARTED),
        (182, 365, Pace.NOT_STARTED),
        (183, 365, Pace.ON_TRACK),
        (182, 1826, Pace.NOT_STARTED),
        (183, 1826, Pace.ON_TRACK),
        (50, 100, Pace.NOT_STARTED),
        (51, 100, Pace.ON_TRACK),
        (50, 101, Pace.NOT_STARTED),
    ],
)
def test_silence_is_no_start_for_half_a_year_or_half_the_window(number: int, due: int, pace: Pace) -> None:
    assert one(number=number, target=make_target(due_on=on(due)), **SILENCE) is pace


@pytest.mark.parametrize("known", ["has_landings", "has_ahead"])
def test_a_single_record_starts_it(known: str) -> None:
    assert one(number=50, **{**SILENCE, known: True}) is Pace.ON_TRACK


def test_nothing_is_counted_and_no_chance_shown_while_not_started() -> None:
    day = run([SILENCE] * 100, first=1)[-1]
    assert (day.probability, day.low_days, day.lagging_days, day.since) == (None, 0, 0, on(1))


def test_counting_begins_once_silence_is_no_excuse_any_more() -> None:
    assert paces([SILENCE] * 10, first=182) == ["not_started", *["on_track"] * 6, *["behind"] * 3]


def test_a_start_that_was_withdrawn_is_no_start() -> None:
    assert paces([{"value": 1, **LOW}, SILENCE, SILENCE], first=40) == ["on_track", "not_started", "not_started"]
    assert run([{"value": 1, **LOW}, SILENCE, LOW], first=40)[-1].low_days == 1


def test_a_goal_reached_before_the_window_is_met_only_when_something_is_known() -> None:
    assert one(number=50, **{**SILENCE, "value": 100, "probability": 1.0}) is Pace.NOT_STARTED
    assert one(number=183, **{**SILENCE, "value": 100, "probability": 1.0}) is Pace.MET


# --- 2: met and missed ---


@pytest.mark.parametrize("number", [10, 365, 366])
@pytest.mark.parametrize("value", [100, 101])
def test_it_is_met_once_the_goal_is_reached(number: int, value: int) -> None:
    assert one(make_eve(Pace.BEHIND), number=number, value=value, probability=1.0) is Pace.MET


@pytest.mark.parametrize(
    ("value", "waiting", "pace"),
    [(99, 0, Pace.MISSED), (90, 9, Pace.MISSED), (90, 10, Pace.ON_TRACK), (99, 50, Pace.ON_TRACK), (0, 0, Pace.MISSED)],
)
def test_after_the_last_day_the_queue_decides(value: int, waiting: int, pace: Pace) -> None:
    facts = {"number": 366, "value": value, "waiting": waiting, "probability": 0.0}
    assert one(make_eve(Pace.BEHIND, low_days=50), **facts) is pace


def test_on_the_last_day_it_is_not_missed_yet() -> None:
    assert one(number=365, value=99, probability=0.0) is Pace.ON_TRACK
    assert one(make_eve(Pace.BEHIND), number=365, value=99, probability=0.0) is Pace.BEHIND


def test_a_target_that_was_met_can_be_lost_again_and_won_late() -> None:
    days = [{"value": 100}, {"value": 99, "waiting": 1}, {"value": 99}, {"value": 100}]
    assert paces(days, first=366) == ["met", "on_track", "missed", "met"]


# --- 3: behind ---


def test_behind_takes_seven_days_in_a_row() -> None:
    assert paces([LOW] * 6 + [FINE] + [LOW] * 8) == ["on_track"] * 13 + ["behind"] * 2


def test_a_chance_of_one_in_ten_is_not_low() -> None:
    assert paces([{"probability": 0.1}] * 20) == ["on_track"] * 20


@pytest.mark.parametrize("hold", [1, 3, 90])
def test_the_policy_says_how_many_days_and_how_low(hold: int) -> None:
    policy = AlertPolicy(raise_below=0.2, clear_above=0.4, hold_days=hold)
    days = [{"probability": 0.19}] * (hold + 1) + [{"probability": 0.4}, {"probability": 0.41}]
    found = paces(days, first=40, target=make_target(alert_policy=policy))
    assert found == ["on_track"] * (hold - 1) + ["behind"] * 3 + ["on_track"]


def test_behind_is_left_above_three_in_ten() -> None:
    assert paces([LOW] * 7 + [{"probability": 0.3}, {"probability": 0.301}])[-3:] == ["behind", "behind", "on_track"]


def test_low_days_go_on_being_counted_in_every_state() -> None:
    found = run([LOW] * 9 + [{"probability": 0.2}] + [LOW])
    assert [day.low_days for day in found] == [*range(1, 10), 0, 1]
    assert found[-1].pace is Pace.BEHIND


@pytest.mark.parametrize(
    ("number", "due", "ahead", "pace"),
    [
        (30, 365, True, Pace.ON_TRACK),
        (31, 365, True, Pace.BEHIND),
        (30, 365, False, Pace.BEHIND),
        (30, 1826, True, Pace.ON_TRACK),
        (31, 1826, True, Pace.BEHIND),
        (10, 120, True, Pace.ON_TRACK),
        (11, 120, True, Pace.BEHIND),
        (10, 131, True, Pace.ON_TRACK),  # 131 / 12 = 10.9
        (11, 131, True, Pace.BEHIND),
    ],
)
def test_a_first_batch_is_not_called_behind_in_the_first_month(
    number: int, due: int, *, ahead: bool, pace: Pace
) -> None:
    target, eve = make_target(due_on=on(due)), make_eve(low_days=20)
    assert one(eve, number=number, target=target, has_ahead=ahead, **LOW) is pace


def test_low_days_are_counted_through_the_first_month() -> None:
    found = run([{**LOW, "has_ahead": True}] * 32, first=1)
    assert [day.low_days for day in found] == list(range(1, 33))
    assert [day.pace.value for day in found] == ["on_track"] * 30 + ["behind"] * 2


def test_behind_is_not_left_because_a_first_batch_comes() -> None:
    assert one(make_eve(Pace.BEHIND, 19), number=20, has_ahead=True, **LOW) is Pace.BEHIND


def test_no_low_day_is_counted_up_to_the_close_of_a_call() -> None:
    found = run([LOW] * 20, first=100, target=make_target(call_closes_on=on(110)))
    assert [day.low_days for day in found] == [0] * 11 + list(range(1, 10))
    assert [day.pace.value for day in found] == ["on_track"] * 17 + ["behind"] * 3


def test_lagging_days_are_counted_up_to_the_close_of_a_call() -> None:
    assert paces([LAGGING] * 8, first=100, target=make_target(call_closes_on=on(300)))[-2:] == ["at_risk"] * 2


# --- 4: at risk ---


def test_at_risk_takes_seven_days_in_a_row() -> None:
    assert paces([LAGGING] * 6 + [FINE] + [LAGGING] * 8) == ["on_track"] * 13 + ["at_risk"] * 2


@pytest.mark.parametrize(
    "facts",
    [
        {"probability": 0.5, "schedule_index": Fraction(1, 2)},
        {"probability": 0.4, "schedule_index": Fraction(9, 10)},
        {"probability": 0.4, "schedule_index": None},
    ],
)
def test_half_a_chance_nine_tenths_of_the_plan_or_no_plan_yet_is_no_risk(facts: dict[str, Any]) -> None:
    assert paces([facts] * 20) == ["on_track"] * 20


@pytest.mark.parametrize(
    ("facts", "pace"),
    [
        ({"probability": 0.6, "schedule_index": Fraction(94, 100)}, Pace.AT_RISK),
        ({"probability": 0.601, "schedule_index": Fraction(94, 100)}, Pace.ON_TRACK),
        ({"probability": 0.2, "schedule_index": Fraction(95, 100)}, Pace.ON_TRACK),
        ({"probability": 0.2, "schedule_index": Fraction(949, 1000)}, Pace.AT_RISK),
        ({"probability": 0.2, "schedule_index": None}, Pace.ON_TRACK),
        ({"probability": 0.95, "schedule_index": Fraction(11, 10)}, Pace.AHEAD),
    ],
)
def test_at_risk_is_left_by_a_better_chance_or_by_catching_up(facts: dict[str, Any], pace: Pace) -> None:
    assert one(make_eve(Pace.AT_RISK), **facts) is pace


def test_behind_comes_before_at_risk_and_gives_way_to_it() -> None:
    low = {"probability": 0.05, "schedule_index": Fraction(1, 2)}
    assert paces([low] * 8 + [LAGGING]) == ["on_track"] * 6 + ["behind"] * 2 + ["at_risk"]
    assert paces([LAGGING] * 7 + [low] * 7) == ["on_track"] * 6 + ["at_risk"] * 7 + ["behind"]


def test_at_risk_is_held_by_the_policys_days_too() -> None:
    policy = AlertPolicy(hold_days=2)
    assert paces([LAGGING] * 3, target=make_target(alert_policy=policy)) == ["on_track", "at_risk", "at_risk"]


# --- 5: ahead and on track ---


@pytest.mark.parametrize(
    ("probability", "index", "pace"),
    [
        (0.91, Fraction(106, 100), Pace.AHEAD),
        (0.90, Fraction(106, 100), Pace.ON_TRACK),
        (0.91, Fraction(105, 100), Pace.ON_TRACK),
        (0.99, None, Pace.ON_TRACK),
        (0.02, Fraction(1, 10), Pace.ON_TRACK),
    ],
)
def test_ahead_is_a_good_chance_and_more_than_was_planned(
    probability: float, index: Fraction | None, pace: Pace
) -> None:
    assert one(probability=probability, schedule_index=index) is pace


# --- since ---


def test_since_is_the_first_of_the_days_in_a_row() -> None:
    ahead = {"probability": 0.95, "schedule_index": Fraction(2)}
    found = run([FINE, FINE, ahead, ahead, FINE])
    assert [(day.since - EVE).days for day in found] == [200, 200, 202, 202, 204]


def test_a_day_keeps_what_it_was_judged_by() -> None:
    assert judge(make_target(), make_signs(value=12, probability=0.75), make_eve()) == DayPace(
        day=on(LATER), value=12, probability=0.75, pace=Pace.ON_TRACK, since=on(LATER - 1)
    )


# --- in general ---

SIGNS = st.fixed_dictionaries(
    {
        "value": st.integers(0, 104),
        "waiting": st.integers(0, 20),
        "probability": st.floats(0, 1) | st.sampled_from([0.05, 0.2, 0.4]),
        "schedule_index": st.none() | st.fractions(0, 2, max_denominator=100),
        "has_landings": st.booleans(),
        "has_ahead": st.booleans(),
    }
)


@given(st.lists(SIGNS, min_size=1, max_size=30), st.integers(1, 370))
def test_every_day_gets_a_word_and_the_rules_of_order_hold(days: list[dict[str, Any]], first: int) -> None:
    for day, facts in zip(run(days, first=first), days, strict=True):
        assert (day.probability is None) is (day.pace is Pace.NOT_STARTED)
        assert (day.pace is Pace.MET) is (facts["value"] >= 100 and day.pace is not Pace.NOT_STARTED)
        assert day.pace is not Pace.MISSED or day.day > on(365)
        assert day.pace not in {Pace.BEHIND, Pace.AT_RISK, Pace.AHEAD} or day.day <= on(365)
        assert day.since <= day.day


@given(st.lists(SIGNS, min_size=2, max_size=30), st.integers(1, 340))
def test_behind_is_never_raised_without_as_many_low_days_as_are_held(days: list[dict[str, Any]], first: int) -> None:
    found = run(days, first=first)
    for before, day in pairwise(found):
        if day.pace is Pace.BEHIND and before.pace is not Pace.BEHIND:
            assert day.low_days >= 7
