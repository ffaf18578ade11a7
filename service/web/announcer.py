"""Tells other processes that there is something new: workers have deliveries to send, streams have events to show."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import asyncpg
import structlog

from service.db.engine import HotPool
from service.db.signals import announce_news

log = structlog.get_logger()

PAUSE_SECONDS = 0.03
"""However much is written, the word goes out no more often than this."""


class Announcer:
    """Passes the word on after a commit, from a task of its own: the answer doesn't wait for it.

    Not in the transaction: PostgreSQL lets those who notify commit only one after the other. Whoever misses the word,
    because the process dies between commit and word, finds the news when it next looks by itself.
    """

    def __init__(self, pool: HotPool) -> None:
        self._pool = pool
        self._news = asyncio.Event()

    def announce(self) -> None:
        """Say that something was committed."""
        self._news.set()

    @asynccontextmanager
    async def passing_on(self) -> AsyncIterator[None]:
        """Pass the word on while the block lasts."""
        task = asyncio.create_task(self._pass_on())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _pass_on(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await announce_news(self._pool)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("news_not_announced", error=type(error).__name__)
            await asyncio.sleep(PAUSE_SECONDS)
