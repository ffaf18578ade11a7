"""Pace: a target's progress on a day with its forecast, and the word for it, found day by day from the window's start.

Of each day only what was known by its end is used, so that a day's result stays what it was. Figures that need no
forecast are made in `standing`, the spread of the final count in `forecast`; here both are put together and judged.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date

from service.core.forecast import Outlook, outlook, window
from service.core.pace_rules import DayPace, Pace, Signs, judge
from service.core.plan import Path, path
from service.core.promises import NEVER, Entry, Known, known_by
from service.core.standing import Facts, Standing, expected_on, facts_on, schedule_index, standing
from service.core.targets import Target

__all__ = ["DayPace", "Forecast", "Pace", "Progress", "Record", "Records", "assess", "judge_day", "replay"]

QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Record:
    """A record that passes a target's filter, in days of the programme's zone.

    `landed_on` and `withdrawn_on` are null until it happens. `promises`: (day it became known, day it is planned for);
    one that landed on the day it was registered, or before, is a walk-in and needs none. `verified`: whether the
    ministry has looked; one that has landed without it waits.

    Source: PRODUCT.md section 4, "Forecast" and the last paragraph of "Pace".
    """

    registered_on: date
    landed_on: date | None = None
    withdrawn_on: date | None = None
    promises: tuple[tuple[date, date], ...] = ()
    verified: bool = True


Records = Sequence[Record] | Callable[[date], Sequence[Record]]
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
    entries_on = _entries_on(target, records)
    if eve is None:
        for before in _judged(target, entries_on, as_of.toordinal() - 1):
            eve = before
    look = _look(target, entries_on(as_of), as_of)
    today = judge(target, _signs(look), eve) if as_of >= target.starts_on else None
    figures = standing(target, look.facts, as_of)
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
    return list(_judged(target, _entries_on(target, records), until.toordinal()))


def judge_day(target: Target, records: Sequence[Record], day: date, eve: DayPace | None) -> DayPace:
    """Return how `day`, not before `starts_on`, ended; `eve` is how the day before did, null on `starts_on`.

    Raises:
        EmptyWindow: `starts_on` is after `due_on`.
    """
    return judge(target, _signs(_look(target, _numbered(target, records), day)), eve)


def _judged(target: Target, entries_on: "_EntriesOn", last: int) -> Iterator[DayPace]:
    """Yield how each day of the window ended, up to the one with the ordinal `last`."""
    eve = None
    for ordinal in range(target.starts_on.toordinal(), last + 1):
        day = date.fromordinal(ordinal)
        eve = judge(target, _signs(_look(target, entries_on(day), day)), eve)
        yield eve


# --- records in days of the window ---

_EntriesOn = Callable[[date], Sequence[Entry]]


def _entries_on(target: Target, records: Records) -> _EntriesOn:
    if callable(records):
        return lambda day: _numbered(target, records(day))
    entries = _numbered(target, records)
    return lambda _: entries


def _numbered(target: Target, records: Sequence[Record]) -> list[Entry]:
    number = target.day_number
    return [
        Entry(
            registered=number(record.registered_on),
            landed=NEVER if record.landed_on is None else number(record.landed_on),
            withdrawn=NEVER if record.withdrawn_on is None else number(record.withdrawn_on),
            promises=tuple(
                sorted(((number(known), number(planned)) for known, planned in record.promises), key=_first)
            ),
            verified=record.verified,
        )
        for record in records
    ]


def _first(promise: tuple[int, int]) -> int:
    """Order promises by the day they became known; of one day, the later in the list is the later one."""
    return promise[0]


# --- one day ---


@dataclass(frozen=True, slots=True)
class _Look:
    """All that is known of a target at the end of a day."""

    day: date
    known: Known
    facts: Facts
    way: Path
    outlook: Outlook


def _look(target: Target, entries: Sequence[Entry], day: date) -> _Look:
    known = known_by(entries, target.day_number(day))
    facts = _facts(target, known, day)
    way = path(target, facts.start)
    return _Look(day, known, facts, way, _outlook(target, known, facts, way))


def _facts(target: Target, known: Known, day: date) -> Facts:
    """Count what is known: landed and verified, and what is submitted by its day, landed or promised."""
    eve = target.starts_on.toordinal() - 1
    counting, submitted = Counter[date](), Counter[date]()
    for group in (known.walk_ins, known.walk_ins_before, known.landed, known.landed_before):
        for entry in group:
            (counting if entry.verified else submitted)[date.fromordinal(eve + entry.landed)] += 1
    for entry in known.pending:
        if promises := entry.promises_by(known.today):
            submitted[date.fromordinal(eve + promises[-1][1])] += 1
    return facts_on(target, counting, submitted, day)


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
        has_landings=look.known.count > 0,
        has_ahead=bool(look.known.ahead),
    )
