"""How a target's days ended, as readers need it: what is stored, and what is not yet, worked out and remembered.

Reading writes nothing; `pace_watch` stores. Days are judged in a thread, so that a long window holds up nobody.
"""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from service.core.pace import DayPace, Progress, assess
from service.core.pace_reading import PaceKey, RecordsOn, days_after
from service.core.progress import TargetInForce
from service.core.targets import Target
from service.db.engine import HotPool
from service.db.read_models.pace import read_last_day, read_lives

REMEMBERED_DAYS = 100_000
"""Days kept by a process, about 200 bytes each: some windows of twenty years, or fifty of five."""


class PaceDays:
    """Assesses a target on any day of its past, and remembers the days it had to go through for it."""

    def __init__(self, pool: HotPool) -> None:
        self._pool = pool
        self._remembered: dict[PaceKey, dict[date, DayPace]] = {}

    async def assess(
        self, in_force: TargetInForce, as_of: date, *, regions: Sequence[str], known_at: datetime
    ) -> Progress:
        """Return the progress of a day from what was known by its end, or at `known_at` if that is before.

        `as_of` must have begun at `known_at`, which must not lie beyond a horizon already read. `regions`: all codes
        that the filter's regions mean.
        """
        target = in_force.target
        lives = await read_lives(self._pool, target, regions=regions, known_at=known_at)
        records_on = await asyncio.to_thread(lives.records_on, target, regions)
        key = PaceKey(target.code, in_force.version, lives.reading(regions))
        eve = await self._ended(key, target, records_on, _day_before(as_of))
        return await asyncio.to_thread(assess, target, records_on, as_of, eve=eve)

    async def _ended(self, key: PaceKey, target: Target, records_on: RecordsOn, day: date | None) -> DayPace | None:
        """Return how `day` ended; null before the window."""
        if day is None or day < target.starts_on:
            return None
        last = self._latest(key, day)
        if last is None or last.day < day:
            stored = await read_last_day(self._pool, key, day)
            if stored is not None and (last is None or stored.day > last.day):
                last = stored
        if last is not None and last.day == day:
            return last
        further = await asyncio.to_thread(lambda: list(days_after(target, records_on, last, day)))
        self._remember(key, further)
        return further[-1]

    def _latest(self, key: PaceKey, day: date) -> DayPace | None:
        known = self._remembered.get(key, {})
        last = max((each for each in known if each <= day), default=None)
        return None if last is None else known[last]

    def _remember(self, key: PaceKey, days: Sequence[DayPace]) -> None:
        known = self._remembered.pop(key, {})  # back in as the newest
        self._remembered[key] = known | {one.day: one for one in days}
        while len(self._remembered) > 1 and sum(map(len, self._remembered.values())) > REMEMBERED_DAYS:
            del self._remembered[next(iter(self._remembered))]


def _day_before(day: date) -> date | None:
    return None if day == date.min else day - timedelta(days=1)
