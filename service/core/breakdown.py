"""A target's value split up: by region, industry, project type, foundation model or month.

Source: PRODUCT.md sections 4 and 7; docs/adr/0010-breakdown.md for what they leave open.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any, assert_never

from service.core.fields import one_of
from service.core.industries import DIVISIONS
from service.core.parameters import Parameter, Parameters
from service.core.plan import path
from service.core.progress import PARAMETERS as OF_PROGRESS
from service.core.regions import RegionBook
from service.core.rounding import PLAN_PLACES, SHARE_PLACES, half_up
from service.core.targets import Metric, Target
from service.core.text import MONTHS


class By(StrEnum):
    """What a value is split by."""

    REGION = "region"
    INDUSTRY = "industry"
    PROJECT_TYPE = "project_type"
    FOUNDATION_MODEL = "foundation_model"
    MONTH = "month"


FITTING: Mapping[Metric, tuple[By, ...]] = {
    Metric.FACTORIES: tuple(By),
    Metric.FOUNDATION_MODELS: (By.MONTH,),
}
"""By what each metric can be split: models have no region, and what industries they serve moves no count."""

PARAMETERS: Parameters = {
    "by": Parameter(
        one_of(tuple(By)),
        description="What the value is split by; foundation models by month alone.",
        example=By.REGION.value,
        values=tuple(By),
        is_required=True,
    ),
    **OF_PROGRESS,
}

PROJECT_TYPE_NAMES = {
    "large_scale": ("대규모", "Large-scale"),
    "mini": ("미니", "Mini"),
    "cooperation": ("대·중소 협력", "Cooperation of large firms and suppliers"),
    "humanoid": ("휴머노이드", "Humanoid"),
    "full_stack": ("풀스택", "Full-stack"),
}
_DECEMBER = 12


@dataclass(frozen=True, slots=True)
class Tally:
    """The records of one part: those that count by the day, those not yet looked at, those dated after it.

    `gap`, by month alone: what landed in the month less what the plan rises by in it; None where nothing is asked yet.
    """

    value: int = 0
    waiting: int = 0
    planned: int = 0
    gap: Fraction | None = None

    def plus(self, other: "Tally") -> "Tally":
        """Return both together; the gap is left as it is."""
        return Tally(self.value + other.value, self.waiting + other.waiting, self.planned + other.planned, self.gap)


@dataclass(frozen=True, slots=True)
class Heading:
    """The name of a part. `is_always_shown`: also when nothing stands under it."""

    key: str | None
    name_ko: str
    name_en: str
    is_always_shown: bool = False


Tallies = Mapping[str | None, Tally]

_NONE = {
    By.REGION: ("지역 미상", "No region given"),
    By.INDUSTRY: ("업종 미상", "No industry given"),
    By.PROJECT_TYPE: ("유형 미지정", "No project type given"),
    By.FOUNDATION_MODEL: ("모델 없음", "No foundation model"),
    By.MONTH: ("월 미상", "No month given"),
}


def with_baseline(tallies: Tallies, target: Target) -> Tallies:
    """Add what the target's baseline counts without naming it to what has no key."""
    if not target.baseline:
        return tallies
    unnamed = tallies.get(None, Tally())
    return {**tallies, None: unnamed.plus(Tally(value=target.baseline))}


def in_force(tallies: Tallies, book: RegionBook) -> Tallies:
    """Return the tallies of regions, each rolled up to the region that is in force."""
    rolled: dict[str | None, Tally] = {}
    for code, tally in tallies.items():
        current = None if code is None else book.current(code).code
        rolled[current] = rolled.get(current, Tally()).plus(tally)
    return rolled


def by_month(
    target: Target, counting: Mapping[date, int], submitted: Mapping[date, int], as_of: date
) -> dict[str | None, Tally]:
    """Return a tally for every month of the window, and for those before it in which a record counts or waits.

    `counting` and `submitted` are the records per date, all having passed the target's filter. The gaps up to `as_of`
    add up to the target's: what was there before the window is where the plan begins, and so no gap.

    Raises:
        EmptyWindow: `starts_on` is after `due_on`.
    """
    since, last = target.counts_since, min(as_of, target.due_on)
    start = target.baseline + sum(count for on, count in counting.items() if since <= on < target.starts_on)
    way = path(target, start)
    tallies = {month: Tally() for month in _months(target.starts_on, target.due_on)}
    for on, count in counting.items():
        if since <= on <= last:
            _add(tallies, on, Tally(value=count))
    for on, count in submitted.items():
        if since <= on <= target.due_on:
            _add(tallies, on, Tally(waiting=count) if on <= last else Tally(planned=count))

    def gap(month: date) -> Fraction | None:
        if month > last:
            return None
        end = min(_next_month(month) - timedelta(days=1), last)
        landed = sum(count for on, count in counting.items() if max(month, target.starts_on) <= on <= end)
        return landed - (way.plan(end) - way.plan(month - timedelta(days=1)))

    return {
        _key(month): Tally(tally.value, tally.waiting, tally.planned, gap(month))
        for month, tally in sorted(tallies.items())
    }


def headings(by: By, target: Target, tallies: Tallies, *, book: RegionBook, models: Iterable[Heading]) -> list[Heading]:
    """Return the parts in their order, by key: all that the filter lets pass, and last what has no key.

    `models` name the foundation models among the keys.
    """
    match by:
        case By.REGION:
            named = list(_region_headings(target, book))
        case By.INDUSTRY:
            chosen = target.filter.industries
            named = [
                Heading(one.code, one.name_ko, one.name_en, is_always_shown=True)
                for one in DIVISIONS
                if not chosen or one.code in chosen
            ]
        case By.PROJECT_TYPE:
            types = target.filter.project_types or tuple(PROJECT_TYPE_NAMES)
            named = [
                Heading(key, *names, is_always_shown=True) for key, names in PROJECT_TYPE_NAMES.items() if key in types
            ]
        case By.FOUNDATION_MODEL:
            named = sorted(models, key=lambda heading: heading.key or "")
        case By.MONTH:
            named = [_month_heading(key, target) for key in sorted(key for key in tallies if key)]
        case _:
            assert_never(by)
    return [*named, Heading(None, *_NONE[by])]


def item_fields(heading: Heading, tally: Tally, *, by: By, total: int) -> dict[str, Any]:
    """Return one part ready for JSON; `share` is of `total`, the target's value, rounded half up."""
    fields = {
        "key": heading.key,
        "name_ko": heading.name_ko,
        "name_en": heading.name_en,
        "value": tally.value,
        "share": half_up(Fraction(tally.value, total), SHARE_PLACES) if total else 0.0,
        "planned": tally.planned,
        "waiting": tally.waiting,
    }
    return fields if by is not By.MONTH else {**fields, "gap": half_up(tally.gap, PLAN_PLACES)}


def items(by: By, found: Iterable[Heading], tallies: Tallies, *, total: int, pipeline: bool) -> list[dict[str, Any]]:
    """Return the parts ready for JSON, without `planned` and `waiting` for those who don't see the pipeline.

    A part that is not always shown is there only if the caller sees something under it.
    """
    shown = []
    for heading in found:
        tally = tallies.get(heading.key, Tally())
        if heading.is_always_shown or tally.value or (pipeline and (tally.planned or tally.waiting)):
            fields = item_fields(heading, tally, by=by, total=total)
            shown.append(
                fields if pipeline else {name: fields[name] for name in fields if name not in ("planned", "waiting")}
            )
    return shown


def _region_headings(target: Target, book: RegionBook) -> Iterator[Heading]:
    chosen = {book.current(code).code for code in target.filter.regions}
    for region in book.regions:
        if region.successor is None and (not chosen or region.code in chosen):
            yield Heading(region.code, region.name_ko, region.name_en, is_always_shown=True)


def _month_heading(key: str, target: Target) -> Heading:
    year, month = int(key[:4]), int(key[5:])
    is_of_window = key >= target.starts_on.isoformat()[:7]
    return Heading(key, f"{year}년 {month}월", f"{MONTHS[month - 1]} {year}", is_always_shown=is_of_window)


def _add(tallies: dict[date, Tally], on: date, tally: Tally) -> None:
    month = on.replace(day=1)
    tallies[month] = tallies.get(month, Tally()).plus(tally)


def _months(first: date, last: date) -> Iterator[date]:
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = _next_month(month)


def _next_month(month: date) -> date:
    return date(month.year + month.month // _DECEMBER, month.month % _DECEMBER + 1, 1)


def _key(month: date) -> str:
    return month.isoformat()[:7]
