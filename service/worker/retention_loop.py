"""What is older than its time of keeping is removed, every hour, a little at a time."""

import asyncio
from typing import Final

import structlog

from service.clock import Clock
from service.db.engine import HotPool
from service.usecases.housekeeping import expired_rows
from service.worker.running import pause

log = structlog.get_logger()

EVERY_SECONDS: Final = 3600.0
_BETWEEN_BATCHES_SECONDS: Final = 0.05
"""The database's breath between two batches: others' work goes first."""


async def remove_expired(pool: HotPool, clock: Clock, stop: asyncio.Event) -> None:
    """Remove it now, and once an hour. Any number of workers may do it.

    Raises:
        OSError, asyncpg.PostgresError, asyncpg.InterfaceError: the database is away.
    """
    while not stop.is_set():
        removed: dict[str, int] = {}
        async for step, count in expired_rows(pool, now=clock()):
            removed[step] = removed.get(step, 0) + count
            await pause(stop, _BETWEEN_BATCHES_SECONDS)
            if stop.is_set():
                break
        if removed:
            log.info("expired_rows_removed", **removed)
        await pause(stop, EVERY_SECONDS)
