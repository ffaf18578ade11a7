"""The word that something was committed, and listening for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from service.db.engine import HotPool

_CHANNEL = "ax_registry_news"


async def announce_news(pool: HotPool) -> None:
    """Tell everyone who listens that something was committed."""
    await pool.execute("SELECT pg_notify($1, '')", _CHANNEL)


@asynccontextmanager
async def listening(pool: HotPool, news: asyncio.Event) -> AsyncIterator[asyncio.Event]:
    """Set `news` whenever something was committed, as long as the block lasts; yield what is set if the line breaks.

    One connection is taken from the pool for it. Words said before are lost: look first, then wait.

    Raises:
        OSError, asyncpg.PostgresError: there is no connection to be had.
    """
    broken = asyncio.Event()

    def hear(*_: Any) -> None:
        news.set()

    def end(*_: Any) -> None:
        broken.set()
        news.set()

    async with pool.acquire() as connection:
        connection.add_termination_listener(end)
        await connection.add_listener(_CHANNEL, hear)
        try:
            yield broken
        finally:
            connection.remove_termination_listener(end)
            if not connection.is_closed():
                await connection.remove_listener(_CHANNEL, hear)
