"""What is known of a register on a day, and how the dates that it promised have been kept.

Days are numbers within a target's window: 1 is `starts_on`, days up to 0 lie before.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal, TypeAlias

ROW_ENDS = (-15, 0, 14, 30, 60, 120, 365)
"""Days of lateness with which the rows of the life table end; the first begins when the promise becomes known."""
LAND_PRIOR = (0.02, 0.20, 0.50, 0.30, 0.40, 0.40, 0.30)
WITHDRAW_PRIOR = (0.05, 0.02, 0.02, 0.02, 0.03, 0.05, 0.20)
PRIOR_PROMISES = 4
"""How many promises the priors of a row, shares that land and are withdrawn in it, are worth."""

NEVER = 10_000_000
"""A day after the end of the calendar, for what has not happened (∞)."""

Promise: TypeAlias = tuple[int, int]
"""The day on which it became known, and the day it is for."""
Outcome: TypeAlias = Literal["landed", "withdrawn", "open"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A record in days of the window; its promises in the order in which they became known, the last one holds."""

    registered: int
    landed: int = NEVER
    withdrawn: int = NEVER
    promises: tuple[Promise, ...] = ()
    verified: bool = True

    @property
    def is_walk_in(self) -> bool:
        """Whether it was registered on the day it landed, or after."""
        return self.landed <= self.registered

    def promises_by(self, today: int) -> tuple[Promise, ...]:
        """Return the promises known at the end of `today`."""
        if self.promises and self.promises[-1][0] > today:
            return tuple(promise for promise in self.promises if promise[0] <= today)
        return self.promises


@dataclass(frozen=True, slots=True)
class Known:
    """A register as it was known at the end of `today`, sorted by how its records stand.

    Walk-ins: `walk_ins` landed inside the window, `walk_ins_before` before it. Records registered ahead: `landed`
    inside the window, `landed_before` before it, `withdrawn`, and `pending`.
    """

    today: int
    walk_ins: list[Entry] = field(default_factory=list)
    walk_ins_before: list[Entry] = field(default_factory=list)
    landed: list[Entry] = field(default_factory=list)
    landed_before: list[Entry] = field(default_factory=list)
    withdrawn: list[Entry] = field(default_factory=list)
    pending: list[Entry] = field(default_factory=list)

    @property
    def ahead(self) -> list[Entry]:
        """The records registered ahead that concern the window (S): those landed before it only teach."""
        return [*self.landed, *self.withdrawn, *self.pending]

    @property
    def count(self) -> int:
        """How many have landed inside the window, verified or waiting (n)."""
        return len(self.walk_ins) + len(self.landed)


def known_by(entries: Iterable[Entry], today: int) -> Known:
    """Return what is known at the end of `today`: nothing registered, landed or withdrawn later.

    What is pending comes in an order of its own, so that sums of floats are the same to the last bit in whichever order
    the records are read and whatever becomes of them later.
    """
    known = Known(today)
    for entry in entries:
        if entry.registered <= today and (group := _group(known, entry)) is not None:
            group.append(entry)
    known.pending.sort(key=lambda entry: (entry.registered, entry.promises_by(today)))
    return known


def _group(known: Known, entry: Entry) -> list[Entry] | None:
    """Return where a registered entry belongs; a walk-in that was withdrawn is as if it had never been."""
    if entry.withdrawn <= known.today:
        return None if entry.is_walk_in else known.withdrawn
    if entry.landed > known.today:
        return known.pending
    if entry.landed < 1:
        return known.walk_ins_before if entry.is_walk_in else known.landed_before
    return known.walk_ins if entry.is_walk_in else known.landed


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the life table, from the shares of promises that land and that are withdrawn in it (h, w).

    `keep`: the share, above 0, that is open at its end. `land_share`: the share of those that end in it, which land.
    """

    keep: float
    land_share: float


def life_table(known: Known) -> list[Row]:
    """Return how the promises of all records registered ahead have been kept so far, by lateness.

    A promise replaced by another date stays in it with its own date and the record's outcome.

    Source: research/forecast.md, section 2, step 1 (Kaplan and Meier's life table with a prior).
    """
    # Each promise is noted once, in the row in which it ends or stands; it has passed all rows before.
    size = len(ROW_ENDS) + 1  # the last one is for what lies beyond the table
    ends, exposed, landed, withdrawn = [0] * size, [0.0] * size, [0] * size, [0] * size
    for (known_on, planned), end, outcome in _followed(known):
        row = bisect_left(ROW_ENDS, end - planned)
        ends[row] += 1
        landed[row] += outcome == "landed"
        withdrawn[row] += outcome == "withdrawn"
        exposed[row] += _share_seen(row, (known_on, planned), end) if outcome == "open" else 1
    went_past = list(accumulate(reversed(ends)))[-2::-1]
    return [
        _row(
            land=PRIOR_PROMISES * LAND_PRIOR[row] + landed[row],
            withdraw=PRIOR_PROMISES * WITHDRAW_PRIOR[row] + withdrawn[row],
            seen=PRIOR_PROMISES + exposed[row] + went_past[row],
        )
        for row in range(len(ROW_ENDS))
    ]


def _row(*, land: float, withdraw: float, seen: float) -> Row:
    return Row(keep=1 - (land + withdraw) / seen, land_share=land / (land + withdraw))


def _followed(known: Known) -> Iterator[tuple[Promise, int, Outcome]]:
    """Yield every promise ever made by records registered ahead, the day up to which it is followed, and why."""
    for end, outcome, entry in _ends(known):
        for promise in entry.promises_by(known.today):
            yield promise, end, outcome


def _ends(known: Known) -> Iterator[tuple[int, Outcome, Entry]]:
    for entry in (*known.landed_before, *known.landed):
        yield entry.landed, "landed", entry
    for entry in known.withdrawn:
        yield entry.withdrawn, "withdrawn", entry
    for entry in known.pending:
        yield known.today, "open", entry


def _share_seen(row: int, promise: Promise, today: int) -> float:
    """Return how much of its row, 0 to 1, an open promise has passed."""
    if row == len(ROW_ENDS):
        return 0.0  # nothing is asked beyond the table
    begin, end = _row_days(row, promise)
    return (today - begin) / (end - begin) if end > begin else 1.0


def _row_days(row: int, promise: Promise) -> tuple[int, int]:
    """Return the day after which, and that by whose end, a promise passes a row; the first row may hold no day."""
    known_on, planned = promise
    return planned + ROW_ENDS[row - 1] if row else known_on, planned + ROW_ENDS[row]


def chance_to_land(table: list[Row], promise: Promise, *, today: int, last: int) -> float:
    """Return the chance, 0 to below 1, that a record pending with `promise` lands after `today` and by `last`.

    Source: research/forecast.md, section 2, step 2.
    """
    chance, alive = 0.0, 1.0
    for row in range(bisect_left(ROW_ENDS, today - promise[1]), len(ROW_ENDS)):
        begin, end = _row_days(row, promise)
        if begin >= last:
            break
        passed = min(end, last) - max(begin, today)
        if passed > 0:
            keep = table[row].keep ** (passed / (end - begin))
            chance += alive * table[row].land_share * (1 - keep)
            alive *= keep
    return chance


def seasoned(known: Known) -> int:
    """Return how many promises have come due, or have ended, so far (M).

    The source doesn't say whether those kept before the window are meant: they teach the life table like any other,
    so they are counted.
    """
    return sum(1 for (_, planned), _, outcome in _followed(known) if outcome != "open" or planned <= known.today)
