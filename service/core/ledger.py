"""The records of a target as they stand at the end of a day, counted, and how they change from day to day.

A target is judged day after day. Its ledger is brought from one day to the next by what has changed in between, and
a day is judged from the ledger's counts: neither walks through all records.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

from service.core.tally import Entry, Tally
from service.core.targets import Target


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

    def as_known(self, day: date) -> "Record | None":
        """Return what was known of it at the end of `day`; None before it was registered."""
        if self.registered_on > day:
            return None
        return Record(
            self.registered_on,
            _by(day, self.landed_on),
            _by(day, self.withdrawn_on),
            tuple(promise for promise in self.promises if promise[0] <= day),
            self.verified,
        )


def _by(day: date, happened_on: date | None) -> date | None:
    return happened_on if happened_on is not None and happened_on <= day else None


Life: TypeAlias = list[tuple[date, Record | None]]
"""A record as it stood from each day on, in the order of the days; None: not there, or not in the target."""


def life_with_hindsight(record: Record) -> Life:
    """Return the life of a record of which all that ever happened is known."""
    days = {record.registered_on, *(known_on for known_on, _ in record.promises)}
    days |= {day for day in (record.landed_on, record.withdrawn_on) if day is not None}
    return [(day, record.as_known(day)) for day in sorted(days)]


@dataclass(frozen=True, slots=True)
class Shift:
    """On a day, `count` records cease to stand as `gone` and stand as `come`; None: outside the target."""

    day: date
    gone: Record | None
    come: Record | None
    count: int


def shifts(lives: Iterable[tuple[Life, int]]) -> list[Shift]:
    """Return how the records of all lives, so many of each, change from day to day; sorted by the day."""
    found = []
    for life, count in lives:
        before = None
        for day, record in life:
            if record != before:
                found.append(Shift(day, before, record, count))
                before = record
    return sorted(found, key=_day)


def _day(shift: Shift) -> date:
    return shift.day


@dataclass(slots=True)
class Ledger:
    """What is known of a target's records at the end of a day, counted.

    Records are put in as they stand on that day: nothing in them lies after it. Two ledgers of the same records are
    equal, whatever went in and out before, and give the same figures to the last bit.
    """

    target: Target
    tally: Tally = field(default_factory=Tally)

    def add(self, record: Record, count: int = 1) -> None:
        """Put in `count` records that stand like `record`."""
        self.tally.add(self._entry(record), count)

    def remove(self, record: Record, count: int = 1) -> None:
        """Take out `count` records that were put in like `record`.

        Raises:
            ValueError: there are not that many; the ledger is of no use any more.
        """
        self.tally.remove(self._entry(record), count)

    def apply(self, shift: Shift) -> None:
        """Let records change as they did on a day."""
        if shift.gone is not None:
            self.remove(shift.gone, shift.count)
        if shift.come is not None:
            self.add(shift.come, shift.count)

    def copy(self) -> "Ledger":
        """Return a ledger that goes its own way; costs as much as there are different days in it, not records."""
        return Ledger(self.target, self.tally.copy())

    def _entry(self, record: Record) -> Entry:
        """Return a record in days of the window; of promises of one day, the later in the list is the later one."""
        number = self.target.day_number
        return Entry(
            registered=number(record.registered_on),
            landed=None if record.landed_on is None else number(record.landed_on),
            withdrawn=None if record.withdrawn_on is None else number(record.withdrawn_on),
            promises=tuple(
                sorted(((number(known), number(planned)) for known, planned in record.promises), key=_first)
            ),
            verified=record.verified,
        )


def _first(promise: tuple[int, int]) -> int:
    return promise[0]


LedgerOn = Callable[[date], Ledger]
"""Gives the ledger of a day. It is asked for days in their order, and what it gave may change at its next call."""


class Course:
    """A ledger that goes from day to day, forwards only."""

    def __init__(self, ledger: Ledger, changes: Iterable[Shift]) -> None:
        """Start with `ledger`, which holds what was known before the first of the `changes`, sorted by the day."""
        self._ledger = ledger
        self._changes = iter(changes)
        self._next = next(self._changes, None)

    def ledger_on(self, day: date) -> Ledger:
        """Return the ledger of `day`, not before one that was asked for already: the same object, gone on."""
        while self._next is not None and self._next.day <= day:
            self._ledger.apply(self._next)
            self._next = next(self._changes, None)
        return self._ledger
