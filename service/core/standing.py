"""Where a count stands against its plan on a day: exact figures from plain counts, without any forecast."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from service.core.plan import Path, path
from service.core.targets import Target

RATE_DAYS = 30
RECENT_DAYS = 90
EXPECTED_WITHIN_DAYS = 3652
"""Ten years: what lies beyond is no expectation any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The counts behind one day's figures, all of them including the target's baseline except the last two.

    `start`: on the eve of the window. `value`: up to the day or `due_on`, whichever is first. `value_before`: up to
    `recent_from(target, as_of)`. `waiting`: submitted, their date has come. `planned`: submitted, dated after the day
    and up to `due_on`.
    """

    start: int
    value: int
    value_before: int
    waiting: int = 0
    planned: int = 0


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What is registered and does not count yet, and the value if all of it did."""

    planned: int
    waiting: int
    if_all_land: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A target's figures on a day, exact; `service.core.rounding` says how they are shown.

    Units: counts are whole factories or models, `days_ahead` days (negative is behind), rates counts in 30 days.
    """

    value: int
    goal: int
    remaining: int
    share: Fraction
    waiting: int
    plan: Fraction
    gap: Fraction
    schedule_index: Fraction | None
    days_ahead: int | None
    rate_required: Fraction | None
    rate_recent: Fraction | None
    pipeline: Pipeline


def facts_on(target: Target, counting: Mapping[date, int], submitted: Mapping[date, int], as_of: date) -> Facts:
    """Return the facts of a day from the number of records per date, all of them having passed the target's filter.

    `counting`: verified and retired records; `submitted`: submitted ones. Dates before `counts_from` are left out.
    """
    since, last = target.counts_since, min(as_of, target.due_on)

    def total(counts: Mapping[date, int], day: date) -> int:
        return sum(count for on, count in counts.items() if since <= on <= day)

    waiting = total(submitted, last)
    return Facts(
        start=target.baseline + sum(count for on, count in counting.items() if since <= on < target.starts_on),
        value=target.baseline + total(counting, last),
        value_before=target.baseline + total(counting, recent_from(target, as_of) or last),
        waiting=waiting,
        planned=total(submitted, target.due_on) - waiting,
    )


def standing(target: Target, facts: Facts, as_of: date) -> Standing:
    """Return where `target` stands at the end of `as_of`, by the counts of that day.

    Raises:
        EmptyWindow: `starts_on` is after `due_on`.

    Source: PRODUCT.md section 4, the table of progress.
    """
    way = path(target, facts.start)
    asked = way.plan(as_of)
    remaining = max(target.goal - facts.value, 0)
    return Standing(
        value=facts.value,
        goal=target.goal,
        remaining=remaining,
        share=Fraction(facts.value, target.goal),
        waiting=facts.waiting,
        plan=asked,
        gap=facts.value - asked,
        schedule_index=schedule_index(facts.value, facts.start, asked),
        days_ahead=days_ahead(target, way, facts.value, as_of),
        rate_required=rate_required(remaining, (target.due_on - as_of).days),
        rate_recent=rate_recent(facts.value - facts.value_before, recent_days(target, as_of)),
        pipeline=Pipeline(facts.planned, facts.waiting, facts.value + facts.planned + facts.waiting),
    )


def schedule_index(value: int, start: int, plan: Fraction) -> Fraction | None:
    """Return what was achieved since the start per unit that the plan asked for; null while the plan has not moved."""
    return (value - start) / (plan - start) if plan > start else None


def days_ahead(target: Target, way: Path, value: int, as_of: date) -> int | None:
    """Return how many days earlier the plan may be left alone than it will have to be, negative when behind.

    That is earned schedule: the first day on which the plan asks for what is there, less the day it is (`due_on` at
    most). Null before `starts_on`.

    Source: Lipke's earned schedule, SV(t) = ES - AT, in whole days.
    """
    elapsed = days_elapsed(target, as_of)
    return way.days_to_reach(value) - elapsed if elapsed > 0 else None


def rate_required(remaining: int, days_left: int) -> Fraction | None:
    """Return the count per 30 days that still reaches the goal; null when no day is left."""
    return Fraction(remaining * RATE_DAYS, days_left) if days_left > 0 else None


def rate_recent(gained: int, days: int) -> Fraction | None:
    """Return the count per 30 days that `gained` in `days` amounts to; null when there were none."""
    return Fraction(gained * RATE_DAYS, days) if days > 0 else None


def expected_on(target: Target, way: Path, value: int, as_of: date) -> date | None:
    """Return the day on which the goal is reached if the plan goes on being earned as it was so far.

    The eve of `starts_on` + window * elapsed / earned days, rounded up; `as_of` (`due_on` at most) once it is reached.
    Null before `starts_on`, when nothing has landed since, and when it lies more than ten years after `as_of`.

    Source: Lipke's earned schedule, IEAC(t) = PD / SPI(t).
    """
    elapsed, earned = days_elapsed(target, as_of), way.days_to_reach(value)
    if elapsed <= 0 or value <= way.start:
        return None
    if value >= target.goal:
        return min(as_of, target.due_on)
    ordinal = target.starts_on.toordinal() - 1 - (-target.window_days * elapsed // earned)
    if ordinal > min(as_of.toordinal() + EXPECTED_WITHIN_DAYS, date.max.toordinal()):
        return None
    return date.fromordinal(ordinal)


def days_elapsed(target: Target, as_of: date) -> int:
    """Return how many days of the window have passed at the end of `as_of`; 0 or less before `starts_on`."""
    return target.day_number(min(as_of, target.due_on))


def recent_days(target: Target, as_of: date) -> int:
    """Return how many days `rate_recent` looks back: 90, or as many as lie since `starts_on`, which has none itself."""
    return min(RECENT_DAYS, days_elapsed(target, as_of) - 1)


def recent_from(target: Target, as_of: date) -> date | None:
    """Return the day with whose value `rate_recent` compares; null up to `starts_on`."""
    days = recent_days(target, as_of)
    if days <= 0:
        return None
    return date.fromordinal(min(as_of, target.due_on).toordinal() - days)
