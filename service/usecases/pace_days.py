"""How a target stands on a day, and how its days ended: what is stored, and what is not yet, worked out and remembered.

Reading writes nothing; `pace_watch` stores. Days are judged in a thread, so that a long window holds up nobody.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from service.core.pace import DayPace, Progress, assess_ledger, judge_ledger
from service.core.pace_reading import PaceKey, last_ended
from service.core.progress import TargetInForce
from service.core.records import day_in_seoul
from service.core.regions import RegionBook
from service.core.target_view import DatedCounts, TargetView
from service.core.targets import Target
from service.db.engine import HotPool
from service.db.read_models.pace import read_last_day
from service.db.read_models.progress import Horizon
from service.usecases.target_views import TargetViews, state_at

Result = TypeVar("Result")

_DAY = timedelta(days=1)
REMEMBERED_DAYS = 100_000
"""Days kept by a process, about 200 bytes each: some windows of twenty years, or fifty of five."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """A target's counts as known at an instant, and its progress from what a day knew; null of a day to come."""

    counts: DatedCounts
    progress: Progress | None


class PaceDays:
    """Assesses targets on any day of their past, and remembers the days it had to go through for it."""

    def __init__(self, pool: HotPool, views: TargetViews | None = None) -> None:
        self._pool = pool
        self.views = views or TargetViews(pool)
        self._remembered: dict[PaceKey, dict[date, DayPace]] = {}
        self._under_way: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        """Break off what is under way, though nobody waits for it any more: it holds connections."""
        left = list(self._under_way)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def assess(
        self, in_force: TargetInForce, as_of: date, *, book: RegionBook, known_at: datetime, state_at: datetime
    ) -> Assessed:
        """Return the progress of a day from what was known by its end, or at `known_at` if that is before.

        `known_at` must not lie beyond a horizon already read. `state_at`: an instant up to it after which nothing has
        changed: the last change, so that no changes are looked for where there are none.
        """
        work = self._assess(in_force, as_of, book=book, today=day_in_seoul(known_at), state_at=state_at)
        return await self._to_its_end(work)

    async def _assess(
        self, in_force: TargetInForce, as_of: date, *, book: RegionBook, today: date, state_at: datetime
    ) -> Assessed:
        first = min(in_force.target.starts_on, as_of)
        async with self.views.at(in_force, book, known_at=state_at, last=today, first=first) as view:
            counts = view.counts.copy()
            if as_of > today:
                return Assessed(counts, None)
            key = PaceKey(in_force.target.code, in_force.version, view.reading)
            eve = await self._last_known(key, as_of) if as_of > in_force.target.starts_on else None
            going = await self._on_its_way(view, in_force.target, eve, as_of)
            further, progress = await asyncio.to_thread(_assess, in_force.target, going, eve, as_of)
            self._remember(key, further)
            return Assessed(counts, progress)

    async def ended_days(
        self, in_force: TargetInForce, *, book: RegionBook, horizon: Horizon
    ) -> tuple[PaceKey, Sequence[DayPace]]:
        """Return how all days ended that have ended and are not stored yet, and the key to store them under."""
        until = last_ended(horizon.known_at)
        work = self._ended_days(in_force, until, book=book, state_at=state_at(horizon))
        return await self._to_its_end(work)

    async def _ended_days(
        self, in_force: TargetInForce, until: date, *, book: RegionBook, state_at: datetime
    ) -> tuple[PaceKey, Sequence[DayPace]]:
        first = min(in_force.target.starts_on, until)
        async with self.views.at(in_force, book, known_at=state_at, last=until + _DAY, first=first) as view:
            key = PaceKey(in_force.target.code, in_force.version, view.reading)
            stored = await read_last_day(self._pool, key, until)
            known = self._remembered.get(key, {})
            day, days = _next_day(in_force.target, stored), list[DayPace]()
            while day <= until and day in known:
                days.append(known[day])
                day += _DAY
            eve = days[-1] if days else stored
            if day <= until:
                going = await self._on_its_way(view, in_force.target, eve, until)
                further = await asyncio.to_thread(_go_to, in_force.target, going, eve, until + _DAY)
                self._remember(key, further)
                days.extend(further)
            return key, days

    async def _to_its_end(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do some work, also if who asked goes away: a view left half way would have to be made anew."""
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def _on_its_way(self, view: TargetView, target: Target, eve: DayPace | None, as_of: date) -> TargetView:
        """Return a view to go on with from the day after `eve`: the one given, or another one of an earlier day."""
        day = min(_next_day(target, eve), as_of)
        if day >= view.day:
            return view
        other = await asyncio.to_thread(view.copy)
        if await self.views.bring(other, known_at=view.known_at, day=day):
            return other
        return await self.views.make(view.target, known_at=view.known_at, day=day)

    async def _last_known(self, key: PaceKey, as_of: date) -> DayPace | None:
        """Return how the last day before `as_of` ended that is stored or remembered."""
        eve = as_of - _DAY
        known = self._remembered.get(key, {})
        if eve in known:
            return known[eve]
        last = max((day for day in known if day < eve), default=None)
        stored = await read_last_day(self._pool, key, eve)
        if stored is None or (last is not None and last > stored.day):
            return None if last is None else known[last]
        return stored

    def _remember(self, key: PaceKey, days: Sequence[DayPace]) -> None:
        known = self._remembered.pop(key, {})  # back in as the newest
        known.update((one.day, one) for one in days)
        self._remembered[key] = known
        while len(self._remembered) > 1 and sum(map(len, self._remembered.values())) > REMEMBERED_DAYS:
            del self._remembered[next(iter(self._remembered))]


def _next_day(target: Target, eve: DayPace | None) -> date:
    return target.starts_on if eve is None else eve.day + _DAY


def _go_to(target: Target, view: TargetView, eve: DayPace | None, day: date) -> list[DayPace]:
    """Bring a view to `day`, and return how the days after `eve` ended that it came through."""
    days, first = list[DayPace](), _next_day(target, eve)
    while view.day < day:
        if view.day >= first:
            eve = judge_ledger(target, view.ledger, view.day, eve)
            days.append(eve)
        view.go_to_next_day()
    return days


def _assess(target: Target, view: TargetView, eve: DayPace | None, as_of: date) -> tuple[list[DayPace], Progress]:
    further = _go_to(target, view, eve, as_of)
    return further, assess_ledger(target, view.ledger, as_of, further[-1] if further else eve)
