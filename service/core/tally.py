"""What is known of a register, counted: how many records stand alike, never which ones.

What a day is judged by costs as much as there are different days in it, however many records there are, and what
changes from one day to the next is put in and taken out. Counts are whole, and where they meet with shares the sums
are exact, so that a register gives the same forecast to the last bit by whatever way it was reached.

Days are numbers within a target's window: 1 is `starts_on`, days up to 0 lie before.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias

from service.core.promises import Outcome, Promise, Promises, row_of

Place: TypeAlias = tuple[Counter[Any], Any]
"""A counter, and the key under which something is counted in it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record as it is known, in days of the window; `landed` and `withdrawn` are null until it happens.

    `promises` come in the order in which they became known, the last one holds.
    """

    registered: int
    landed: int | None = None
    withdrawn: int | None = None
    promises: tuple[Promise, ...] = ()
    verified: bool = True

    @property
    def is_walk_in(self) -> bool:
        """Whether it was registered on the day it landed, or after."""
        return self.landed is not None and self.landed <= self.registered


@dataclass(slots=True)
class Tally:
    """How many records stand alike; no count is 0 or less. Those *of the window* are all but those landed before it.

    Everything that has landed or is promised: `counting` by its day if it is verified, `submitted` if it is not.
    Walk-ins: `walk_ins` by the day they landed inside the window.
    Records registered ahead: of the window, `arrivals` by the day they were registered and `first_planned` by that and
    by the day first promised; `leads`, landed inside the window, by how many days ahead they were registered;
    `pending` by the day registered and the promise that holds, `unpromised` without any; `promises` of all.
    """

    counting: Counter[int] = field(default_factory=Counter)
    submitted: Counter[int] = field(default_factory=Counter)
    walk_ins: Counter[int] = field(default_factory=Counter)
    arrivals: Counter[int] = field(default_factory=Counter)
    first_planned: Counter[tuple[int, int]] = field(default_factory=Counter)
    leads: Counter[int] = field(default_factory=Counter)
    pending: Counter[tuple[int, Promise]] = field(default_factory=Counter)
    unpromised: Counter[int] = field(default_factory=Counter)
    promises: Promises = field(default_factory=Promises)

    @property
    def landed(self) -> int:
        """How many have landed inside the window, verified or waiting (n)."""
        return self.walk_ins.total() + self.leads.total()

    def add(self, entry: Entry, count: int = 1) -> None:
        """Put in `count` records that stand like `entry`; a count below 0 takes out.

        Raises:
            ValueError: more are taken out than were put in; the tally is of no use any more.
        """
        for counter, key in self._places(entry):
            counter[key] += count
            if counter[key] < 0:
                raise ValueError(entry)
            if not counter[key]:
                del counter[key]

    def remove(self, entry: Entry, count: int = 1) -> None:
        """Take out `count` records that were put in like `entry`; see `add`."""
        self.add(entry, -count)

    def copy(self) -> "Tally":
        """Return a tally that goes its own way; costs as much as there are different keys."""
        promises = Promises(self.promises.ended.copy(), self.promises.open.copy())
        counters = {each.name: getattr(self, each.name).copy() for each in fields(self) if each.name != "promises"}
        return Tally(**counters, promises=promises)

    def _places(self, entry: Entry) -> Iterator[Place]:
        """Yield where an entry is counted; a walk-in that was withdrawn is as if it had never been."""
        if not entry.is_walk_in:
            yield from self._places_ahead(entry)
        elif entry.withdrawn is None and entry.landed is not None:
            yield self._landed(entry), entry.landed
            if entry.landed >= 1:
                yield self.walk_ins, entry.landed

    def _places_ahead(self, entry: Entry) -> Iterator[Place]:
        if entry.withdrawn is not None:
            yield from self._of_window(entry)
            yield from self._ended(entry, entry.withdrawn, "withdrawn")
        elif entry.landed is not None:
            yield self._landed(entry), entry.landed
            yield from self._ended(entry, entry.landed, "landed")
            if entry.landed >= 1:  # those landed before only teach
                yield self.leads, entry.landed - entry.registered
                yield from self._of_window(entry)
        else:
            yield from self._of_window(entry)
            yield from self._pending(entry)

    def _landed(self, entry: Entry) -> Counter[int]:
        return self.counting if entry.verified else self.submitted

    def _of_window(self, entry: Entry) -> Iterator[Place]:
        yield self.arrivals, entry.registered
        if entry.promises:
            yield self.first_planned, (entry.registered, entry.promises[0][1])

    def _ended(self, entry: Entry, end: int, outcome: Outcome) -> Iterator[Place]:
        for _, planned in entry.promises:
            yield self.promises.ended, (row_of(end - planned), outcome)

    def _pending(self, entry: Entry) -> Iterator[Place]:
        for promise in entry.promises:
            yield self.promises.open, promise
        if entry.promises:
            yield self.pending, (entry.registered, entry.promises[-1])
            yield self.submitted, entry.promises[-1][1]
        else:
            yield self.unpromised, entry.registered
