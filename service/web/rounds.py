"""What the process does from time to time, beside answering."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from service.telemetry import where_it_failed
from service.usecases.housekeeping import forget_old_answers
from service.web.resources import Resources

log = structlog.get_logger()

EVERY_SECONDS = 3600.0


@asynccontextmanager
async def making_rounds(resources: Resources, *, every_seconds: float = EVERY_SECONDS) -> AsyncIterator[None]:
    """Keep house while the block lasts: once at its beginning and then every hour. Replicas may do it side by side."""
    rounds = asyncio.create_task(_make_rounds(resources, every_seconds))
    try:
        yield
    finally:
        rounds.cancel()
        with suppress(asyncio.CancelledError):
            await rounds


async def _make_rounds(resources: Resources, every_seconds: float) -> None:
    while True:
        try:
            async with resources.database.session() as tx:
                removed = await forget_old_answers(tx, now=resources.clock())
            log.debug("old_answers_removed", count=removed)
        except Exception as error:  # noqa: BLE001 - the next round tries again; a database at rest ends no API
            log.warning("housekeeping_failed", error=type(error).__name__, where=where_it_failed(error)[-3:])
        await asyncio.sleep(every_seconds)
