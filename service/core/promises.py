"""How the dates that a register promised have been kept, and what a pending promise is worth.

Days are numbers within a target's window: 1 is `starts_on`, days up to 0 lie before.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from math import fsum
from typing import Literal, TypeAlias

ROW_ENDS = (-15, 0, 14, 30, 60, 120, 365)
"""Days of lateness with which the rows of the life table end; the first begins when the promise becomes known."""
LAND_PRIOR = (0.02, 0.20, 0.50, 0.30, 0.40, 0.40, 0.30)
WITHDRAW_PRIOR = (0.05, 0.02, 0.02, 0.02, 0.03, 0.05, 0.20)
PRIOR_PROMISES = 4
"""How many promises the priors of a row, shares that land and are withdrawn in it, are worth."""
BEYOND = len(ROW_ENDS)
"""The place of what is later than the last row."""

Promise: TypeAlias = tuple[int, int]
"""The day on which it became known, and the day it is for."""
Outcome: TypeAlias = Literal["landed", "withdrawn"]


def row_of(lateness: int) -> int:
    """Return the place of the row in which a promise is that is this many days late, `BEYOND` after the last one."""
    return bisect_left(ROW_ENDS, lateness)


@dataclass(slots=True)
class Promises:
    """Every promise ever made by records registered ahead, how many of each.

    `ended`: with their record, by the row in which it ended and how. `open`: those of pending records, with those that
    another date has replaced.
    """

    ended: Counter[tuple[int, Outcome]] = field(default_factory=Counter)
    open: Counter[Promise] = field(default_factory=Counter)

    def seasoned(self, today: int) -> int:
        """Return how many have come due, or have ended, so far (M).

        The source doesn't say whether those kept before the window are meant: they teach the life table like any
        other, so they are counted.
        """
        return self.ended.total() + sum(count for (_, planned), count in self.open.items() if planned <= today)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the life table, from the shares of promises that land and that are withdrawn in it (h, w).

    `keep`: the share, above 0, that is open at its end. `land_share`: the share of those that end in it, which land.
    """

    keep: float
    land_share: float


def life_table(promises: Promises, today: int) -> list[Row]:
    """Return how the promises of all records registered ahead have been kept by the end of `today`, by lateness.

    A promise replaced by another date stays in it with its own date and the record's outcome.

    Source: research/forecast.md, section 2, step 1 (Kaplan and Meier's life table with a prior).
    """
    landed, withdrawn = (_by_row(promises.ended, outcome) for outcome in ("landed", "withdrawn"))
    standing, exposed = _standing(promises.open, today)
    # Each promise is noted once, in the row in which it ended or stands; it has passed all rows before.
    noted = [sum(counts) for counts in zip(landed, withdrawn, standing, strict=True)]
    went_past = list(accumulate(reversed(noted)))[-2::-1]
    return [
        _row(
            land=PRIOR_PROMISES * LAND_PRIOR[row] + landed[row],
            withdraw=PRIOR_PROMISES * WITHDRAW_PRIOR[row] + withdrawn[row],
            seen=PRIOR_PROMISES + exposed[row] + landed[row] + withdrawn[row] + went_past[row],
        )
        for row in range(len(ROW_ENDS))
    ]


def _row(*, land: float, withdraw: float, seen: float) -> Row:
    return Row(keep=1 - (land + withdraw) / seen, land_share=land / (land + withdraw))


def _by_row(ended: Mapping[tuple[int, Outcome], int], outcome: Outcome) -> list[int]:
    return [ended.get((row, outcome), 0) for row in range(BEYOND + 1)]


def _standing(promises: Mapping[Promise, int], today: int) -> tuple[list[int], list[float]]:
    """Return how many open promises stand in each row, and how much of it, 0 to 1 each, they have passed in sum.

    Nothing is asked beyond the table. Days are added up as whole numbers and shares exactly, so that the order in which
    the promises come doesn't show in the last bit.
    """
    counts, days = [0] * (BEYOND + 1), [0] * (BEYOND + 1)
    early = []
    for (known_on, planned), count in promises.items():
        row = row_of(today - planned)
        counts[row] += count
        if row:
            days[row] += count * (today - planned - ROW_ENDS[row - 1])
        else:
            length = planned + ROW_ENDS[0] - known_on  # no day long if it becomes known on the row's last
            early.append(count * (today - known_on) / length if length else float(count))
    shares = (passed / (end - begin) for passed, (begin, end) in zip(days[1:BEYOND], pairwise(ROW_ENDS), strict=True))
    return counts, [fsum(early), *shares]


@dataclass(frozen=True, slots=True)
class Chances:
    """What promises that are pending at the end of `today` are worth by the end of `last`, going by a life table."""

    table: Sequence[Row]
    today: int
    last: int
    _late: dict[int, float] = field(default_factory=dict, repr=False)

    def to_land(self, promise: Promise) -> float:
        """Return the chance, 0 to below 1, that a record pending with `promise` lands after `today` and by `last`.

        Source: research/forecast.md, section 2, step 2.
        """
        known_on, planned = promise
        end = planned + ROW_ENDS[0]
        if end <= self.today:
            return self._later(planned)
        first, passed = self.table[0], min(end, self.last) - self.today
        keep: float = first.keep ** (max(passed, 0) / (end - known_on))
        return first.land_share * (1 - keep) + keep * self._later(planned)

    def _later(self, planned: int) -> float:
        """Return the chance to land after the first row, in which alone it matters when the promise was made."""
        if planned not in self._late:
            self._late[planned] = self._after_first_row(planned)
        return self._late[planned]

    def _after_first_row(self, planned: int) -> float:
        chance, alive = 0.0, 1.0
        for row in range(max(row_of(self.today - planned), 1), len(ROW_ENDS)):
            begin, end = planned + ROW_ENDS[row - 1], planned + ROW_ENDS[row]
            passed = min(end, self.last) - max(begin, self.today)
            if passed <= 0:
                continue
            keep = self.table[row].keep ** (passed / (end - begin))
            chance += alive * self.table[row].land_share * (1 - keep)
            alive *= keep
        return chance
