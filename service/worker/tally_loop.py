"""What attempts come to is summed up, so that asking for it reads those of the last minutes alone."""

import asyncio
from typing import Final

from service.db.engine import HotPool
from service.db.repositories.attempt_tally import sum_up
from service.worker.running import pause

EVERY_SECONDS: Final = 60.0


async def keep_tally(pool: HotPool, stop: asyncio.Event) -> None:
    """Sum up now and every minute. Any number of workers may do it.

    Raises:
        OSError, asyncpg.PostgresError, asyncpg.InterfaceError: the database is away.
    """
    while not stop.is_set():
        await sum_up(pool)
        await pause(stop, EVERY_SECONDS)
