"""The worker watches over pace: what a change did to it is told within two seconds, what a night did, at 00:05."""

import asyncio
from typing import Final

import structlog

from service.db.signals import listening
from service.usecases.alerting import tell_all
from service.usecases.pace_watch import catch_up
from service.web.resources import Resources
from service.web.rounds import EVERY_SECONDS, seconds_to_next
from service.worker.running import pause

log = structlog.get_logger()

LOOK_EVERY_SECONDS: Final = 1.0
"""However quiet it is: the word of a change may have been lost, and days end in silence."""
BETWEEN_SECONDS: Final = 0.5
"""However much is written, the pace is worked out no more often than this."""
LONGEST_BETWEEN_SECONDS: Final = 1.2
_SHARE_OF_TIME: Final = 3
"""Working it out may take a quarter of the time, as far as two seconds allow."""


async def watch_pace(resources: Resources, stop: asyncio.Event) -> None:
    """Tell each change of pace until `stop` is set. Any number of workers may do it: each is told once.

    Raises:
        OSError, asyncpg.PostgresError, asyncpg.InterfaceError, sqlalchemy.exc.SQLAlchemyError: the database is away.
    """
    news, clock = asyncio.Event(), asyncio.get_running_loop().time
    while not stop.is_set():
        async with listening(resources.database.pool, news) as broken:
            while not (stop.is_set() or broken.is_set()):
                began = clock()
                news.clear()  # what is said from here on is looked at in the next round
                await _tell(resources)
                await pause(stop, seconds_between(clock() - began))
                await _news_or_pause(news, stop, LOOK_EVERY_SECONDS - (clock() - began))


def seconds_between(took_seconds: float) -> float:
    """Return how long to leave the machine to others after a round that took so long."""
    return min(max(BETWEEN_SECONDS, took_seconds * _SHARE_OF_TIME), LONGEST_BETWEEN_SECONDS)


async def store_days(resources: Resources, stop: asyncio.Event) -> None:
    """Store how each day ended: at the start, every hour, and at five past midnight in Seoul.

    Raises:
        OSError, asyncpg.PostgresError, asyncpg.InterfaceError: the database is away.
    """
    while not stop.is_set():
        book = await resources.code_lists.regions()
        days = await catch_up(resources.database.pool, book, resources.progress.days)
        log.debug("days_of_pace_stored", count=days)
        await pause(stop, seconds_to_next(resources.clock(), EVERY_SECONDS))


async def _tell(resources: Resources) -> None:
    book = await resources.code_lists.regions()
    published = await tell_all(resources.database, resources.progress, book)
    if published:
        log.info("pace_told", events=published)
        resources.announcer.announce()


async def _news_or_pause(news: asyncio.Event, stop: asyncio.Event, seconds: float) -> None:
    """Wait until something was committed, `stop` is set, or so long."""
    waiting = [asyncio.create_task(one.wait()) for one in (news, stop)]
    try:
        await asyncio.wait(waiting, timeout=max(seconds, 0), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()
