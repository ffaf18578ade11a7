"""Pace: a target's progress on a day with its forecast, and the word for it, found day by day from the window's start.

Of each day only what was known by its end is used, so that a day's result stays what it was. Figures that need no
forecast are made in `standing`, the spread of the final count in `forecast`; here both are put together and judged.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import TypeAlias

from service.core.forecast import Known, Outlook, outlook, window
from service.core.ledger import Course, Ledger, LedgerOn, Record, life_with_hindsight, shifts
from service.core.pace_rules import DayPace, Pace, Signs, judge
from service.core.plan import Path, path
from service.core.standing import Facts, Standing, expected_on, facts_on, schedule_index, standing
from service.core.targets import Target

__all__ = [
    "DayPace",
    "Forecast",
    "Ledger",
    "Pace",
    "Progress",
    "Record",
    "Records",
    "assess",
    "assess_ledger",
    "days_after",
    "judge_ledger",
    "replay",
]

QUANTILES = (0.1, 0.5, 0.9)

Records: TypeAlias = Sequence[Record] | Callable[[date], Sequence[Record]]
"""The records, or a function that gives them as they stood at the end of a day."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the value may be in the end, and when the goal is reached at this pace.

    `probability`, 0 to 1, of meeting the goal by `due_on`; null while not started. `p10`, `p50`, `p90`: the smallest
    final values that are not exceeded with that chance.
    """

    probability: float | None
    p10: int
    p50: int
    p90: int
    expected_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress(Standing):
    """A target's figures on a day, unrounded, with the forecast and the pace; `since` is null before the window."""

    forecast: Forecast
    pace: Pace
    since: date | None


def assess(target: Target, records: Records, as_of: date, *, eve: DayPace | None = None) -> Progress:
    """Return the progress of `target` at the end of `as_of`, from what `records` say was known by then.

    `eve`: how the day before ended, where that is stored; without it all days from `starts_on` are gone through.

    Raises:
        EmptyWindow: `starts_on` is after `due_on`.

    Source: PRODUCT.md section 4, the table of progress.
    """
    ledger_on = _ledger_on(target, records)
    if eve is None and as_of > target.starts_on:
        for before in days_after(target, ledger_on, None, as_of - timedelta(days=1)):
            eve = before
    return assess_ledger(target, ledger_on(as_of), as_of, eve)


def assess_ledger(target: Target, ledger: Ledger, day: date, eve: DayPace | None) -> Progress:
    """Return the progress of `target` at the end of `day`, whose ledger is given; see `assess`.

    `eve`: how the day before ended; null up to `starts_on`.

    Raises:
        EmptyWindow: `starts_on` is after `due_on`.
    """
    look = _look(target, ledger, day)
    today = judge(target, _signs(look), eve) if day >= target.starts_on else None
    figures = standing(target, look.facts, day)
    return Progress(
        **{figure.name: getattr(figures, figure.name) for figure in fields(figures)},
        forecast=_forecast(target, look, None if today is None else today.probability),
        pace=Pace.NOT_STARTED if today is None else today.pace,
        since=None if today is None else today.since,
    )


def replay(target: Target, records: Records, until: date) -> list[DayPace]:
    """Return how each day from `starts_on` to `until` ended; nothing if that lies before.

    Raises:
        EmptyWindow: `starts_on` is after `due_on`.

    Source: PRODUCT.md section 4, "Pace".
    """
    return list(days_after(target, _ledger_on(target, records), None, until))


def days_after(target: Target, ledger_on: LedgerOn, eve: DayPace | None, until: date) -> Iterator[DayPace]:
    """Yield how each day after `eve` ended, up to `until`; null: from `starts_on` on. Asks for each day's ledger once.

    Raises:
        EmptyWindow: `starts_on` is after `due_on`.
    """
    first = target.starts_on if eve is None else eve.day + timedelta(days=1)
    for ordinal in range(first.toordinal(), until.toordinal() + 1):
        day = date.fromordinal(ordinal)
        eve = judge_ledger(target, ledger_on(day), day, eve)
        yield eve


def judge_ledger(target: Target, ledger: Ledger, day: date, eve: DayPace | None) -> DayPace:
    """Return how `day`, not before `starts_on`, ended, from its ledger; `eve` is null on `starts_on`.

    Raises:
        EmptyWindow: `starts_on` is after `due_on`.
    """
    return judge(target, _signs(_look(target, ledger, day)), eve)


# --- from records to ledgers ---


def _ledger_on(target: Target, records: Records) -> LedgerOn:
    if callable(records):
        return lambda day: _ledger(target, records(day), day)
    lives = ((life_with_hindsight(record), 1) for record in records)
    return Course(Ledger(target), shifts(lives)).ledger_on


def _ledger(target: Target, records: Sequence[Record], day: date) -> Ledger:
    ledger = Ledger(target)
    for record in records:
        if known := record.as_known(day):
            ledger.add(known)
    return ledger


# --- one day ---


@dataclass(frozen=True, slots=True)
class _Look:
    """All that is known of a target at the end of a day."""

    day: date
    known: Known
    facts: Facts
    way: Path
    outlook: Outlook


def _look(target: Target, ledger: Ledger, day: date) -> _Look:
    known = Known(target.day_number(day), ledger.tally)
    facts = _facts(target, known, day)
    way = path(target, facts.start)
    return _Look(day, known, facts, way, _outlook(target, known, facts, way))


def _facts(target: Target, known: Known, day: date) -> Facts:
    """Count what is known: landed and verified, and what is submitted by its day, landed or promised."""
    eve = target.starts_on.toordinal() - 1

    def dated(counts: Mapping[int, int]) -> dict[date, int]:
        return {date.fromordinal(eve + number): count for number, count in counts.items()}

    return facts_on(target, dated(known.tally.counting), dated(known.tally.submitted), day)


def _outlook(target: Target, known: Known, facts: Facts, way: Path) -> Outlook:
    """Return the forecast of a day; after `due_on` nothing is left to land but what waits for the ministry's look.

    There an overdue promise counts like a waiting walk-in: if it is verified, it counts as landed on `due_on`.
    """
    view = window(way)
    if known.today <= view.days:
        return outlook(view, known)
    final = facts.value + facts.waiting
    return Outlook(landed=final - facts.start, need=target.goal - final)


def _forecast(target: Target, look: _Look, probability: float | None) -> Forecast:
    there = look.facts.start + look.outlook.landed
    p10, p50, p90 = (there + further for further in look.outlook.further().smallest(*QUANTILES))
    return Forecast(probability, p10, p50, p90, expected_on(target, look.way, look.facts.value, look.day))


def _signs(look: _Look) -> Signs:
    return Signs(
        day=look.day,
        value=look.facts.value,
        waiting=look.facts.waiting,
        probability=look.outlook.probability(),
        schedule_index=schedule_index(look.facts.value, look.facts.start, look.way.plan(look.day)),
        has_landings=look.known.tally.landed > 0,
        has_ahead=bool(look.known.tally.arrivals),
    )
