"""The points of a chart: plan, value up to today, and the band of what may come."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.fields import Bad
from service.core.pace import Forecast
from service.core.series import PARAMETERS, Step, series, series_fields
from tests.core.builders import make_target

TODAY = date(2026, 7, 2)
LANDED = {date(2026, 1, 5): 10, date(2026, 6, 30): 30, date(2026, 8, 1): 1}
FORECAST = Forecast(probability=0.2, p10=70, p50=80, p90=95, expected_on=None)


def test_a_step_is_named_and_anything_else_refused() -> None:
    rule = PARAMETERS["by"].rule
    assert [rule(step) for step in ("day", "week", "month")] == list(Step)
    with pytest.raises(Bad):
        rule("year")


@pytest.mark.parametrize(
    ("step", "count", "first"),
    [(Step.DAY, 365, date(2026, 1, 1)), (Step.WEEK, 54, date(2026, 1, 4)), (Step.MONTH, 13, date(2026, 1, 31))],
)
def test_points_end_their_step_and_are_today_and_the_last_day(step: Step, count: int, first: date) -> None:
    days = [point.on for point in series(make_target(), LANDED, FORECAST, step=step, today=TODAY)]
    assert (len(days), days[0], days[-1]) == (count, first, date(2026, 12, 31))
    assert TODAY in days
    assert days == sorted(set(days))


def test_value_goes_up_to_today_and_the_band_on_from_there_to_the_final_value() -> None:
    points = {point.on: point for point in series(make_target(), LANDED, FORECAST, step=Step.DAY, today=TODAY)}
    before, today, after, last = (
        points[date(2026, 1, 4)],
        points[TODAY],
        points[TODAY + timedelta(days=1)],
        points[date(2026, 12, 31)],
    )
    assert (before.value, today.value, after.value, last.value) == (0, 40, None, None)
    assert (before.quantiles, today.quantiles) == (None, None)
    assert after.quantiles is not None
    assert all(40 < quantile < 41 for quantile in after.quantiles)
    assert last.quantiles == (70, 80, 95)
    assert today.plan == Fraction(100 * 183, 365)


def test_band_follows_the_plans_shape() -> None:
    target = make_target(trajectory=((date(2026, 9, 30), 60),))
    points = {point.on: point for point in series(target, LANDED, FORECAST, step=Step.MONTH, today=TODAY)}
    plan_today, plan_then = points[TODAY].plan, points[date(2026, 9, 30)].plan
    share = (plan_then - plan_today) / (100 - plan_today)
    assert points[date(2026, 9, 30)].quantiles == (40 + 30 * share, 40 + 40 * share, 40 + 55 * share)


def test_band_of_a_plan_that_is_done_goes_by_the_days() -> None:
    target = make_target(trajectory=((date(2026, 6, 30), 100),))
    points = {point.on: point for point in series(target, LANDED, FORECAST, step=Step.DAY, today=TODAY)}
    assert points[TODAY + timedelta(days=91)].quantiles == (55, 60, Fraction(135, 2))


def test_without_a_forecast_there_is_no_band() -> None:
    points = series(make_target(), {}, None, step=Step.MONTH, today=date(2025, 12, 1))
    assert {(point.value, point.quantiles) for point in points} == {(None, None)}


def test_after_the_last_day_all_is_known() -> None:
    points = series(make_target(baseline=2), LANDED, FORECAST, step=Step.MONTH, today=date(2027, 3, 1))
    assert [point.value for point in points] == [12] * 5 + [42] * 2 + [43] * 5
    assert {point.quantiles for point in points} == {None}


def test_it_is_shown_half_up() -> None:
    *_, last = series_fields(series(make_target(), LANDED, FORECAST, step=Step.DAY, today=TODAY))["items"]
    assert last == {"on": "2026-12-31", "plan": 100, "value": None, "p10": 70, "p50": 80, "p90": 95}


@given(
    today=st.dates(date(2025, 6, 1), date(2027, 6, 1)),
    landed=st.dictionaries(st.dates(date(2025, 1, 1), date(2027, 12, 31)), st.integers(0, 50), max_size=8),
    step=st.sampled_from(list(Step)),
)
def test_every_quantile_lies_between_todays_value_and_the_final_one(
    today: date, landed: dict[date, int], step: Step
) -> None:
    target = make_target(counts_from=date(2025, 3, 1))
    points = series(target, landed, FORECAST, step=step, today=today)
    here = sum(count for day, count in landed.items() if target.counts_since <= day <= min(today, target.due_on))
    values = [point.value for point in points if point.value is not None]
    assert values == sorted(values)
    for point in points:
        assert (point.value is None) is (point.on > today)
        for quantile, end in zip(point.quantiles or (), (70, 80, 95), strict=False):
            assert min(here, end) <= quantile <= max(here, end)
