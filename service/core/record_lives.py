"""How a record's life in the register becomes what the forecast reads: registered, promised, landed, withdrawn.

A record is read as it stood at the end of a day, from what the register noted at each of its changes. What counts is
the record's date; when it *landed* is for the forecast, and never moves it out of or into the count of a day:

* A date not ahead of `registered_on` is a walk-in's, which lands on it, looked at or not. It is the date now in force
  that decides: moved ahead, the record is pending like any other; moved back, it has been there all along.
* A record registered ahead lands on the day of the verification in force. Whatever sends it back to `submitted` (an
  owner's edit, a reopening) undoes the landing until it is verified anew: somebody has to look once more.
* Each date is a promise from the day on which it became known: also one given while the record was rejected, one set
  in place by the ministry, and one that had passed already (an owner's word that it is there).
* The filter asks for what the record was known to be on that day. One that moves out of it is gone from the target,
  one that moves in comes with its whole past.

Source: PRODUCT.md section 4, "Forecast".
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import TypeAlias

from service.core.ledger import Life, Record
from service.core.lifecycle import COUNTING, Status
from service.core.targets import Target, TargetFilter

_GONE = frozenset({Status.WITHDRAWN, Status.REJECTED})

Promises: TypeAlias = tuple[tuple[date, date], ...]
"""The day on which each became known, and the day it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """What a record meant for the count from a change on. Days are Seoul's.

    `known_on`: the day on which the change was stamped. `counts_on`: the record's own date. `division`: the two digits
    of its industry. What a kind of record doesn't have is null.
    """

    known_on: date
    status: Status
    counts_on: date
    registered_on: date
    region: str | None = None
    division: str | None = None
    project_type: str | None = None
    model_kind: str | None = None

    @property
    def is_walk_in(self) -> bool:
        """Whether it was there when it was registered."""
        return self.counts_on <= self.registered_on


def record_on(stoods: Sequence[Stood], target: Target, day: date) -> Record | None:
    """Return the record as it stood at the end of `day`; None before it was registered, or if the filter leaves it out.

    `stoods`: all of the record, oldest first, of the kind that `target` counts. Of `target.filter`, regions are
    compared as they are written: whoever asks names all codes that they mean, retired ones too.
    """
    return _at(life_of(stoods, target), day)


def life_of(stoods: Iterable[Stood], target: Target) -> Life:
    """Return a record's whole life as `target` sees it; see `record_on`. No day in it knows what comes after.

    What was noted first holds from `registered_on` on, also where the ministry gave an earlier day than that on which
    the record was brought in. Should the clock that stamps have stepped back, days stand still meanwhile.
    """
    life: Life = []
    promises: Promises = ()
    since, before = date.min, None
    for stood in stoods:
        day = max(stood.known_on, life[-1][0]) if life else stood.registered_on
        if before is None or stood.counts_on != before.counts_on:
            promises = (*promises, (day, stood.counts_on))
        if before is None or _phase(stood) != _phase(before):
            since = day
        if life and life[-1][0] == day:
            life.pop()  # the end of the day is what holds
        life.append((day, _record(stood, promises, since, target)))
        before = stood
    return list(_day_by_day(life))


def _day_by_day(life: Life) -> Iterator[tuple[date, Record | None]]:
    """Yield a life in which no day knows what comes after it: two clocks may differ about when a day has come."""
    for place, (day, record) in enumerate(life):
        if record is None or record.landed_on is None or record.landed_on <= day:
            yield day, record
            continue
        yield day, record.as_known(day)
        if place + 1 == len(life) or record.landed_on < life[place + 1][0]:
            yield record.landed_on, record


def _at(life: Life, day: date) -> Record | None:
    place = bisect_right(life, day, key=itemgetter(0))
    return life[place - 1][1] if place else None


def _phase(stood: Stood) -> tuple[bool, bool]:
    """Return what the forecast tells statuses apart by: a retired record is still there, a rejected one is gone."""
    return stood.status in COUNTING, stood.status in _GONE


def _record(stood: Stood, promises: Promises, since: date, target: Target) -> Record | None:
    """Return the record of a target; `since`: the first of the days on which it counts, or is gone, without a break."""
    if not _passes(target.filter, stood):
        return None
    return Record(
        registered_on=stood.registered_on,
        landed_on=_landed_on(stood, since, target),
        withdrawn_on=since if stood.status in _GONE else None,
        promises=() if stood.is_walk_in else promises,
        verified=stood.status in COUNTING,
    )


def _passes(chosen: TargetFilter, stood: Stood) -> bool:
    return (
        (not chosen.regions or stood.region in chosen.regions)
        and (not chosen.industries or stood.division in chosen.industries)
        and (not chosen.project_types or stood.project_type in chosen.project_types)
        and (not chosen.model_kinds or stood.model_kind in chosen.model_kinds)
    )


def _landed_on(stood: Stood, verified_on: date, target: Target) -> date | None:
    if stood.is_walk_in:
        return stood.counts_on
    if stood.status not in COUNTING:
        return None
    if stood.counts_on < target.starts_on:
        return stood.counts_on
    # The ministry may have moved the date in place to a day after the verification: it was not there before.
    landed_on = max(verified_on, stood.counts_on)
    return min(landed_on, target.due_on) if stood.counts_on <= target.due_on else landed_on
