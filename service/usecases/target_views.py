"""The targets as this process has counted them: read once, and from then on moved by what has changed.

What a view says follows from its key and the instant alone, so a second process, or one that has just begun, says the
same. A view that something is wrong with is not put right but made anew.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

import structlog

from service.core.progress import TargetInForce
from service.core.regions import RegionBook
from service.core.target_view import TargetView, with_regions
from service.core.targets import Target
from service.db.engine import HotPool
from service.db.read_models.pace import read_changed, read_stories
from service.db.read_models.progress import Horizon
from service.usecases.horizon_looks import HorizonLooks

log = structlog.get_logger()

KEPT_AT_MOST = 40
"""Targets of which a process keeps views, two of each at most: of now, and of the past instant asked for last."""

FEW = 20
"""So many stories are put in at once; more of them in a thread, so that they hold up nobody."""


class ViewKey(NamedTuple):
    """What a view follows from, beside the instant: a revision of a target, and what its filter's regions mean."""

    code: str
    target_version: int
    regions: tuple[str, ...]


@dataclass(slots=True)
class _Kept:
    """The views of one key, and the turn of who works with them."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    views: list[TargetView] = field(default_factory=list)
    """At most two; the first is of the latest instant."""


class TargetViews:
    """Keeps the views of this process."""

    def __init__(self, pool: HotPool) -> None:
        self._pool = pool
        self._looks = HorizonLooks(pool)
        self._last_look: datetime | None = None
        self._now: datetime | None = None
        self._kept: dict[ViewKey, _Kept] = {}
        self._reading = asyncio.Semaphore(1)

    async def look(self) -> Horizon:
        """Return how far the register is known, by a look that begins after this call."""
        horizon = await self._looks.look()
        if self._last_look is not None and horizon.known_at < self._last_look:
            # The database's clock has stepped back: what is stamped from now on may lie before what is known here.
            self.forget()
        self._last_look, self._now = horizon.known_at, state_at(horizon)
        return horizon

    def forget(self) -> None:
        """Keep nothing: every view will be made anew."""
        self._kept = {}

    async def renew(self) -> None:
        """Make every view anew, beside those who ask, and go on with these.

        They are what the old ones were: only a clock that stepped back unseen, or an error of ours, could tell.
        """
        horizon = await self.look()
        for key, kept in list(self._kept.items()):
            if kept.views:
                target, day = kept.views[0].target, kept.views[0].day
                made = await self.make(target, known_at=state_at(horizon), day=min(target.starts_on, day))
                async with kept.turn:
                    if _differ(made, kept.views):
                        log.error("kept_view_was_wrong", target=key.code, target_version=key.target_version)
                    kept.views = [made]

    @asynccontextmanager
    async def at(
        self, in_force: TargetInForce, book: RegionBook, *, known_at: datetime, last: date, first: date
    ) -> AsyncIterator[TargetView]:
        """Give a target's view at an instant, not beyond a horizon already read, for the length of the block.

        Its day is `last` at most. Who goes on with it does so in its own days; one made anew is as of `first`.
        """
        target = with_regions(in_force.target, book.codes_meant_by_all(in_force.target.filter.regions))
        kept = self._kept_of(ViewKey(target.code, in_force.version, target.filter.regions))
        async with kept.turn:
            view = await self._take(kept, known_at)
            if view is None or not await self.bring(view, known_at=known_at, day=min(last, view.day)):
                view = await self.make(target, known_at=known_at, day=min(first, last))
            yield view
            # Not if the block failed: who knows how far it came.
            kept.views.append(view)
            kept.views.sort(key=_known_at, reverse=True)
            del kept.views[2:]

    async def bring(self, view: TargetView, *, known_at: datetime, day: date) -> bool:
        """Bring a view to another instant, and to `day` if that is earlier; tell whether that can be done."""
        after, until = view.changed_after(known_at, day), max(view.known_at, known_at)
        if after == until == self._now and day >= view.day:
            return True  # nothing has changed at all; of an earlier instant the demo may have, which is read
        changed = await read_changed(self._pool, view.target.metric, after, until)
        if changed is None or changed.demo_changed_at != view.demo_changed_at:
            return False
        stories = [story for story, _ in changed.stories]
        if len(stories) > FEW:
            await asyncio.to_thread(view.bring_to, stories, known_at=known_at, day=day)
        else:
            view.bring_to(stories, known_at=known_at, day=day)
        return True

    async def make(self, target: Target, *, known_at: datetime, day: date) -> TargetView:
        """Make a view anew, one at a time: of a large register it takes seconds of one core."""
        async with self._reading:
            view = TargetView(target, known_at=known_at, day=day)
            async with aclosing(read_stories(self._pool, target, known_at)) as found:
                async for some in found:
                    view.demo_changed_at = some.demo_changed_at
                    await asyncio.to_thread(view.add_all, some.stories)
            return view

    def _kept_of(self, key: ViewKey) -> _Kept:
        kept = self._kept.pop(key, None) or _Kept()
        self._kept[key] = kept  # as the newest
        while len(self._kept) > KEPT_AT_MOST:
            del self._kept[next(iter(self._kept))]
        return kept

    async def _take(self, kept: _Kept, known_at: datetime) -> TargetView | None:
        """Take the view from which the way is the shortest; the latest of all stays, to go on from."""
        if not kept.views:
            return None
        nearest = min(kept.views, key=lambda view: abs(view.known_at - known_at))
        if nearest is kept.views[0] and known_at < nearest.known_at:
            return await asyncio.to_thread(nearest.copy)
        kept.views.remove(nearest)
        return nearest


def state_at(horizon: Horizon) -> datetime:
    """Return an instant at which the register was known as it is known now: that of the last change."""
    return horizon.last_change or horizon.known_at


def _known_at(view: TargetView) -> datetime:
    return view.known_at


def _differ(made: TargetView, views: Iterable[TargetView]) -> bool:
    return any(made.known_at == view.known_at and made.counts != view.counts for view in views)
