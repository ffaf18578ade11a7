"""A target's window as a chart draws it: plan and value point by point, and the band of what may come.

Source: PRODUCT.md section 4, "Series and splits".
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import accumulate
from typing import Any, assert_never

from service.core.fields import Bad
from service.core.pace import Forecast
from service.core.parameters import Parameter, Parameters
from service.core.plan import Path, path
from service.core.rounding import PLAN_PLACES, half_up
from service.core.targets import Target

DAYS_OF_A_WEEK = 7


class Step(StrEnum):
    """How far apart the points of a series lie."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def _step(raw: str) -> Step:
    try:
        return Step(raw)
    except ValueError:
        raise Bad("not_one_of", allowed=", ".join(Step)) from None


PARAMETERS: Parameters = {
    "by": Parameter(
        _step,
        default=Step.MONTH,
        description="How far apart the points lie: every day, every Sunday, or every last day of a month; today and "
        "`due_on` are points too.",
        example="week",
        values=tuple(Step),
    ),
}


@dataclass(frozen=True, slots=True)
class Point:
    """A day of the chart. `value` up to today; the quantiles of what may come after today, exact."""

    on: date
    plan: Fraction
    value: int | None
    quantiles: tuple[Fraction, Fraction, Fraction] | None


def series(
    target: Target, counting: Mapping[date, int], forecast: Forecast | None, *, step: Step, today: date
) -> list[Point]:
    """Return the points of a target's window.

    `counting`: verified and retired records by their date. The band is an aid to the eye: the quantiles of the final
    value, drawn back along the plan's shape to today's value.
    """
    value_on = _values(target, counting)
    way = path(target, value_on(target.starts_on - timedelta(days=1)))
    value = value_on(today)

    def point(day: date) -> Point:
        if day <= today:
            return Point(day, way.plan(day), value_on(day), None)
        if forecast is None:
            return Point(day, way.plan(day), None, None)
        share = _share_of_the_rest(way, today, day)
        low, middle, high = (value + (end - value) * share for end in (forecast.p10, forecast.p50, forecast.p90))
        return Point(day, way.plan(day), None, (low, middle, high))

    return [point(day) for day in _days(target, step, today)]


def _values(target: Target, counting: Mapping[date, int]) -> Callable[[date], int]:
    """Return a function that gives the value at the end of a day."""
    days = sorted(day for day in counting if target.counts_since <= day <= target.due_on)
    totals = list(accumulate((counting[day] for day in days), initial=target.baseline))

    def value_on(day: date) -> int:
        return totals[bisect_right(days, day)]

    return value_on


def _share_of_the_rest(way: Path, today: date, day: date) -> Fraction:
    """Return how much of what the plan still asks for it asks by `day`, 0 to 1; of a plan done already, of the days."""
    asked = way.plan(today)
    if asked < way.goal:
        return (way.plan(day) - asked) / (way.goal - asked)
    return Fraction(day.toordinal() - today.toordinal(), way.points[-1][0] - today.toordinal())


def _days(target: Target, step: Step, today: date) -> Iterator[date]:
    for ordinal in range(target.starts_on.toordinal(), target.due_on.toordinal() + 1):
        day = date.fromordinal(ordinal)
        if day in (today, target.due_on) or _ends_a_step(day, step):
            yield day


def _ends_a_step(day: date, step: Step) -> bool:
    match step:
        case Step.DAY:
            return True
        case Step.WEEK:
            return day.isoweekday() == DAYS_OF_A_WEEK
        case Step.MONTH:
            return (day + timedelta(days=1)).day == 1
        case _:
            assert_never(step)


def series_fields(points: list[Point]) -> dict[str, Any]:
    """Return a series ready for JSON, rounded half up like the plan."""
    return {"items": [_point_fields(point) for point in points]}


def _point_fields(point: Point) -> dict[str, Any]:
    p10, p50, p90 = point.quantiles or (None, None, None)
    return {
        "on": point.on.isoformat(),
        "plan": half_up(point.plan, PLAN_PLACES),
        "value": point.value,
        "p10": half_up(p10, PLAN_PLACES),
        "p50": half_up(p50, PLAN_PLACES),
        "p90": half_up(p90, PLAN_PLACES),
    }
