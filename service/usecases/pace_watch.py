"""Watching over pace: how each day of each target ended is stored once it has, and never again.

Any process may do it, at any time: what it stores follows from what was noted in the register. Gaps are caught up; a
revision, or a record brought in with an earlier `registered_on`, begins the window anew under another key.
"""

import asyncio
from itertools import islice

import structlog

from service.core.pace_reading import PaceKey, days_after, is_forecast, last_ended
from service.core.progress import TargetInForce
from service.core.regions import RegionBook
from service.db.engine import HotPool
from service.db.read_models.pace import read_last_day, read_lives
from service.db.read_models.progress import Horizon, read_counts, read_horizon, read_targets_in_force
from service.db.repositories.pace_days import alone_at, store_days

log = structlog.get_logger()

DAYS_AT_ONCE = 50
"""Days judged and stored in one go; whoever ends the process loses no more than these."""


async def catch_up(pool: HotPool, book: RegionBook) -> int:
    """Store how every day ended that has ended in Seoul and is not stored yet; return how many days were gone through.

    A target that another process is at is left to it.
    """
    horizon = await read_horizon(pool)
    found = await read_targets_in_force(pool, None, horizon.known_at)
    return sum([await _catch_up(pool, one, horizon, book) for one in found])


async def _catch_up(pool: HotPool, in_force: TargetInForce, horizon: Horizon, book: RegionBook) -> int:
    target, until = in_force.target, last_ended(horizon.known_at)
    if until < target.starts_on:
        return 0
    regions = book.codes_meant_by_all(target.filter.regions)
    async with alone_at(pool, target.code) as connection:
        if connection is None:
            return 0
        counts = await read_counts(pool, target, regions=regions, known_at=horizon.known_at)
        if not is_forecast(target, counts.records):
            log.warning("target_too_large_for_a_forecast", target=target.code)
            return 0
        lives = await read_lives(pool, target, regions=regions, known_at=horizon.known_at)
        key = PaceKey(target.code, in_force.version, lives.reading(regions))
        eve = await read_last_day(pool, key, until)
        records_on = await asyncio.to_thread(lives.records_on, target, regions)
        days = days_after(target, records_on, eve, until)
        stored = 0
        while further := await asyncio.to_thread(lambda: list(islice(days, DAYS_AT_ONCE))):
            await store_days(connection, key, further)
            stored += len(further)
    return stored
