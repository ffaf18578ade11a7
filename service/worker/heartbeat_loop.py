"""A worker says that it is there, so that /readyz and `doctor` can say when none is."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Final
from uuid import UUID

import asyncpg

from service.db.engine import HotPool
from service.db.repositories import workers
from service.worker.running import pause

EVERY_SECONDS: Final = 5.0
_FORGOTTEN_AFTER: Final = timedelta(hours=1)
"""A worker that was silent for as long was killed; until then /readyz tells how long ago the last one was seen."""


async def beat(pool: HotPool, worker_id: UUID, stop: asyncio.Event, *, every_seconds: float = EVERY_SECONDS) -> None:
    """Say so every few seconds; at the end take the word back.

    Raises:
        OSError, asyncpg.PostgresError, asyncpg.InterfaceError: the database is away.
    """
    while not stop.is_set():
        await workers.say_alive(pool, worker_id)
        await workers.forget_silent(pool, _FORGOTTEN_AFTER)
        await pause(stop, every_seconds)
    with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        await workers.leave(pool, worker_id)  # else it is forgotten like one that was killed
