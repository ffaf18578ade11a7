"""What the process does from time to time, beside answering."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

import structlog

from service.core.records import SEOUL, day_in_seoul
from service.telemetry import where_it_failed
from service.usecases.housekeeping import forget_old_answers
from service.usecases.pace_watch import catch_up
from service.usecases.progress import Question
from service.web.resources import Resources

log = structlog.get_logger()

EVERY_SECONDS = 3600.0
DAY_BEGINS = timedelta(minutes=5)
"""After midnight in Seoul: by then all that was written on the day before has been committed."""


@asynccontextmanager
async def making_rounds(resources: Resources, *, every_seconds: float = EVERY_SECONDS) -> AsyncIterator[None]:
    """Keep house and watch over pace while the block lasts: at its beginning, every hour, and when a day has ended.

    Replicas may do it side by side.
    """
    rounds = asyncio.create_task(_make_rounds(resources, every_seconds))
    try:
        yield
    finally:
        rounds.cancel()
        with suppress(asyncio.CancelledError):
            await rounds


async def _make_rounds(resources: Resources, every_seconds: float) -> None:
    while True:
        await _keep_house(resources)
        await _watch_pace(resources)
        await asyncio.sleep(seconds_to_next(resources.clock(), every_seconds))


def seconds_to_next(now: datetime, every_seconds: float) -> float:
    """Return how long to wait for the next round: `every_seconds`, or less if five past midnight in Seoul is nearer."""
    since_midnight = now.astimezone(SEOUL) - now.astimezone(SEOUL).replace(hour=0, minute=0, second=0, microsecond=0)
    to_begin = (DAY_BEGINS - since_midnight) % timedelta(days=1) or timedelta(days=1)
    return min(every_seconds, to_begin.total_seconds())


async def _keep_house(resources: Resources) -> None:
    try:
        async with resources.database.session() as tx:
            removed = await forget_old_answers(tx, now=resources.clock())
        log.debug("old_answers_removed", count=removed)
    except Exception as error:  # noqa: BLE001 - the next round tries again; a database at rest ends no API
        log.warning("housekeeping_failed", error=type(error).__name__, where=where_it_failed(error)[-3:])


async def _watch_pace(resources: Resources) -> None:
    try:
        book = await resources.code_lists.regions()
        days = await catch_up(resources.database.pool, book, resources.progress.days)
        log.debug("days_of_pace_stored", count=days)
        # So that of a large register nobody has to wait until it has been read: also where another process stored.
        await resources.progress.answer(Question(None, day_in_seoul(resources.clock())), book)
    except Exception as error:  # noqa: BLE001 - as above
        log.warning("pace_watch_failed", error=type(error).__name__, where=where_it_failed(error)[-3:])
