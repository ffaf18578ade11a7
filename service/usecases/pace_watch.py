"""Watching over pace: how each day of each target ended is stored once it has, and never again.

Any process may do it, at any time: what it stores follows from what was noted in the register. Gaps are caught up; a
revision, or a record brought in with an earlier `registered_on`, begins the window anew under another key.
"""

from service.core.pace_reading import last_ended
from service.core.progress import TargetInForce
from service.core.regions import RegionBook
from service.db.engine import HotPool
from service.db.read_models.progress import Horizon, read_targets_in_force
from service.db.repositories.pace_days import alone_at, store_days
from service.usecases.pace_days import PaceDays


async def catch_up(pool: HotPool, book: RegionBook, days: PaceDays | None = None) -> int:
    """Store how every day ended that has ended in Seoul and is not stored yet; return how many that were.

    A target that another process is at is left to it. `days`: those of this process, so that what it has judged is
    used, and what it has counted; that is counted anew first, so that nothing wrong lasts.
    """
    days = days or PaceDays(pool)
    await days.views.renew()
    horizon = await days.views.look()
    found = await read_targets_in_force(pool, None, horizon.known_at)
    return sum([await _catch_up(pool, one, days, horizon, book) for one in found])


async def _catch_up(pool: HotPool, in_force: TargetInForce, days: PaceDays, horizon: Horizon, book: RegionBook) -> int:
    if last_ended(horizon.known_at) < in_force.target.starts_on:
        return 0
    async with alone_at(pool, in_force.target.code) as connection:
        if connection is None:
            return 0
        key, ended = await days.ended_days(in_force, book=book, horizon=horizon)
        await store_days(connection, key, ended)
        return len(ended)
