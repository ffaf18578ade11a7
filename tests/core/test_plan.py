"""The plan: piecewise linear in whole days, exact, and the day on which a number is due."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.plan import EmptyWindow, Path, path, plan
from service.core.targets import Target
from tests.core.builders import make_target

EVE = date(2025, 12, 31)
FACTORIES_2030 = make_target(due_on=date(2030, 12, 31), goal=500, trajectory=[(date(2026, 12, 31), 100)])
MODELS_2030 = make_target(due_on=date(2030, 12, 31), goal=15)


@st.composite
def targets(draw: st.DrawFn) -> Target:
    """Draw a target of up to 60 days with a path that rises within start and goal."""
    length = draw(st.integers(min_value=1, max_value=60))
    goal = draw(st.integers(min_value=1, max_value=50))
    numbers = sorted(draw(st.sets(st.integers(min_value=1, max_value=length), max_size=4)))
    values = sorted(draw(st.lists(st.integers(0, goal), min_size=len(numbers), max_size=len(numbers))))
    points = [(EVE + timedelta(days=n), value) for n, value in zip(numbers, values, strict=True) if n < length]
    return make_target(due_on=EVE + timedelta(days=length), goal=goal, trajectory=points)


@st.composite
def targets_and_starts(draw: st.DrawFn) -> tuple[Target, int]:
    target = draw(targets())
    return target, draw(st.integers(min_value=0, max_value=target.goal))


def days_around(target: Target) -> list[date]:
    return [EVE + timedelta(days=n) for n in range(-3, target.window_days + 4)]


@pytest.mark.parametrize(
    ("target", "day", "asked"),
    [
        (make_target(), EVE, Fraction(0)),
        (make_target(), date(2026, 1, 1), Fraction(100, 365)),
        (make_target(), date(2026, 7, 1), Fraction(100 * 182, 365)),
        (make_target(), date(2026, 12, 31), Fraction(100)),
        (make_target(), date(2027, 6, 1), Fraction(100)),
        (make_target(), date(2020, 1, 1), Fraction(0)),
        (FACTORIES_2030, date(2026, 12, 31), Fraction(100)),
        (FACTORIES_2030, date(2027, 1, 1), 100 + Fraction(400, 1461)),
        (FACTORIES_2030, date(2030, 12, 31), Fraction(500)),
        (MODELS_2030, date(2026, 12, 31), Fraction(15 * 365, 1826)),
    ],
)
def test_the_plans_of_the_programme(target: Target, day: date, asked: Fraction) -> None:
    assert plan(target, 0, day) == asked


def test_another_reading_of_the_500_is_another_trajectory() -> None:
    target = make_target(due_on=date(2030, 12, 31), goal=500, baseline=102, trajectory=[(date(2026, 12, 31), 202)])
    asked = [plan(target, 102, day) for day in (EVE, date(2026, 12, 31), date(2030, 12, 31))]
    assert asked == [102, 202, 500]


def test_points_below_the_start_are_lifted_to_it() -> None:
    target = make_target(trajectory=[(date(2026, 3, 31), 10), (date(2026, 6, 30), 50)])
    asked = [plan(target, 20, day) for day in (EVE, date(2026, 2, 1), date(2026, 3, 31), date(2026, 6, 30))]
    assert asked == [20, 20, 20, 50]


def test_a_point_on_the_last_day_is_the_goal_itself() -> None:
    target = make_target(trajectory=[(date(2026, 12, 31), 100)])
    assert path(target, 0) == path(make_target(), 0)


def test_the_plan_begins_on_the_eve_with_the_start_whatever_a_point_there_says() -> None:
    assert path(make_target(trajectory=[(EVE, 50)]), 0) == path(make_target(), 0)


def test_a_plan_from_beyond_the_goal_ends_at_the_goal() -> None:
    assert [plan(make_target(), 120, day) for day in (EVE, date(2026, 12, 31))] == [120, 100]
    assert path(make_target(), 120).first_day_reaching(120) == EVE


def test_a_window_without_a_day_has_no_plan() -> None:
    with pytest.raises(EmptyWindow, match="factories-2026"):
        plan(make_target(code="factories-2026", due_on=EVE), 0, EVE)


def test_a_window_of_one_day_asks_for_all_of_it_that_day() -> None:
    target = make_target(due_on=date(2026, 1, 1))
    assert [plan(target, 0, day) for day in (EVE, date(2026, 1, 1))] == [0, 100]


@given(targets_and_starts())
def test_start_before_goal_after_and_never_falling_between(drawn: tuple[Target, int]) -> None:
    target, start = drawn
    asked = [plan(target, start, day) for day in days_around(target)]
    assert asked[:4] == [start] * 4
    assert asked[-4:] == [target.goal] * 4
    assert asked == sorted(asked)


@given(targets_and_starts())
def test_the_plan_is_the_straight_line_between_its_points(drawn: tuple[Target, int]) -> None:
    target, start = drawn
    points = [(EVE, start), *((on, max(value, start)) for on, value in target.trajectory), (target.due_on, target.goal)]
    for day in days_around(target)[3:-3]:
        left = max(point for point in points if point[0] <= day)
        right = min(point for point in points if point[0] >= day)
        share = Fraction((day - left[0]).days, max((right[0] - left[0]).days, 1))
        assert plan(target, start, day) == left[1] + (right[1] - left[1]) * share


@given(targets_and_starts(), st.integers(min_value=-5, max_value=60))
def test_a_number_is_due_on_the_first_day_that_asks_for_it(drawn: tuple[Target, int], count: int) -> None:
    target, start = drawn
    way = path(target, start)
    first = next(day for day in days_around(target)[3:] if way.plan(day) >= min(count, target.goal))
    assert way.first_day_reaching(count) == first
    assert way.days_to_reach(count) == (first - EVE).days


def test_a_path_knows_its_ends() -> None:
    way = path(FACTORIES_2030, 7)
    assert (way.start, way.goal) == (7, 500)


def test_the_eve_of_the_calendars_first_day_is_no_date() -> None:
    way = path(make_target(starts_on=date.min, due_on=date(1, 1, 10), goal=10), 0)
    assert (way.days_to_reach(0), way.first_day_reaching(0)) == (0, date.min)
    assert way.plan(date.min) == 1


def test_a_path_can_be_given_by_its_points() -> None:
    assert Path(((0, 0), (10, 5))).days_to_reach(1) == 2
