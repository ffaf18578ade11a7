"""The worker sends messages to people."""

import asyncio
from typing import Final

from service.db.engine import Database
from service.usecases.notifying import AT_ONCE, Channels, send_due
from service.worker.running import pause

LOOK_EVERY_SECONDS: Final = 2.0
"""For people that is at once; nothing has to wake the loop."""


async def notify_people(
    database: Database, channels: Channels, stop: asyncio.Event, *, every_seconds: float = LOOK_EVERY_SECONDS
) -> None:
    """Send what is due until `stop` is set; what was begun is ended. Any number of workers share the work.

    Raises:
        OSError, sqlalchemy.exc.SQLAlchemyError: the database is away.
    """
    while not stop.is_set():
        if await send_due(database, channels) < AT_ONCE:
            await pause(stop, every_seconds)
