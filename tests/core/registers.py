"""Registers in days of the window, and the check values of the forecast.

Source: research/forecast.md, section 3: goal 100, 365 days, straight plan.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from service.core.forecast import Known
from service.core.ledger import Ledger, Record
from service.core.pace import DayPace, judge_ledger
from service.core.record_lives import Stood, life_of
from service.core.tally import Entry, Tally
from service.core.targets import Target


def as_known(entry: Entry, today: int) -> Entry | None:
    """Return an entry without all that happens after `today`; None if that is all."""
    if entry.registered > today:
        return None
    return replace(
        entry,
        landed=None if entry.landed is None or entry.landed > today else entry.landed,
        withdrawn=None if entry.withdrawn is None or entry.withdrawn > today else entry.withdrawn,
        promises=tuple(promise for promise in entry.promises if promise[0] <= today),
    )


def tally_of(entries: Iterable[Entry]) -> Tally:
    tally = Tally()
    for entry in entries:
        tally.add(entry)
    return tally


def known_by(entries: Iterable[Entry], today: int) -> Known:
    """Return what is known of entries at the end of `today`."""
    return Known(today, tally_of(known for entry in entries if (known := as_known(entry, today))))


def lives_on(stoods_by_record: Mapping[Any, Sequence[Stood]], target: Target) -> Callable[[date], list[Record]]:
    """Return a function that looks up the records of a target as they stood at the end of a day, one by one."""
    lives = [life_of(stoods, target) for stoods in stoods_by_record.values()]

    def records_on(day: date) -> list[Record]:
        stood = ([record for since, record in life if since <= day][-1:] for life in lives)
        return [record for last in stood for record in last if record]

    return records_on


def judged_from_scratch(target: Target, records: Iterable[Record], day: date, eve: DayPace | None) -> DayPace:
    """Return how a day ended by a ledger of its own."""
    ledger = Ledger(target)
    for record in records:
        if known := record.as_known(day):
            ledger.add(known)
    return judge_ledger(target, ledger, day, eve)


def walk_ins(*days: int) -> list[Entry]:
    return [Entry(day, day) for day in days]


def pending(*planned: int, known_on: int = 10) -> list[Entry]:
    return [Entry(known_on, promises=((known_on, day),)) for day in planned]


def moved(planned: int, again: int) -> list[Entry]:
    """Return ten records registered on day 1 whose date was changed on day 50."""
    return [Entry(1, promises=((1, planned), (50, again)))] * 10


def call(each: int, planned: int) -> list[Entry]:
    """Return a call that brings `each` records on days 45, 60, 90 and 120."""
    return [entry for day in (45, 60, 90, 120) for entry in pending(*[planned] * each, known_on=day)]


def steady(first: int, last: int, every: int, lead: int) -> list[Entry]:
    """Return what is registered every few days, `lead` days ahead; one in ten is withdrawn, the rest 10 days late."""
    found = []
    for place, day in enumerate(range(first, last + 1, every)):
        planned = day + lead
        if place % 10 == 9:
            found.append(Entry(day, withdrawn=planned, promises=((day, planned),)))
        elif planned + 10 >= 1:
            found.append(Entry(day, landed=planned + 10, promises=((day, planned),)))
    return found


@dataclass(frozen=True)
class CheckValue:
    """One row: `expected` is C, U and the variance."""

    name: str
    entries: list[Entry]
    today: int
    landed: int
    expected: str
    probability: str
    quantiles: tuple[int, int, int]


_KEPT = [Entry(1, 42, promises=((1, 40),))] * 30
_MOVED = [Entry(-30, promises=((-30, 60), (55, 200)))] * 10

CHECK_VALUES = [
    CheckValue("1 no pipeline", [], 31, 0, "0.000 64.231 541.021", "0.0773", (37, 62, 95)),
    CheckValue("2 no pipeline", walk_ins(*range(1, 41)), 181, 40, "0.000 42.447 86.333", "0.0417", (71, 82, 95)),
    CheckValue("3 no pipeline", walk_ins(*range(1, 86)), 326, 85, "0.000 10.223 11.946", "0.1123", (91, 95, 100)),
    # "The same" register as the sixth row's: on day 50 only the first of its four batches is known.
    CheckValue("4 first batch of a call", call(28, 330), 50, 0, "19.512 77.509 2711.733", "0.4115", (39, 88, 167)),
    CheckValue("6 the whole call", call(28, 330), 200, 0, "80.920 0.000 251.092", "0.1233", (61, 80, 102)),
    CheckValue("9 a call that lands nothing", call(28, 230), 290, 0, "46.336 0.000 51.903", "0.0000", (37, 46, 56)),
    CheckValue("10 steady", steady(-119, 365, 3, 120), 100, 27, "39.811 42.105 78.435", "0.8568", (98, 109, 120)),
    CheckValue(
        "12 steady and walk-ins",
        [*steady(-60, 365, 7, 60), *walk_ins(*range(1, 366, 7))],
        150,
        41,
        "9.104 51.086 107.447",
        "0.5488",
        (88, 101, 115),
    ),
    CheckValue("13 kept and moved", [*_KEPT, *_MOVED], 100, 30, "8.851 50.137 1340.789", "0.3181", (49, 82, 138)),
]
