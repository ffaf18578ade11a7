"""Events written as the use cases write them, for tests that need some and don't mind which."""

import asyncio
from datetime import datetime
from secrets import randbits
from typing import Any
from uuid import uuid4

from service.core.events import Event, EventType
from service.core.identifiers import RANDOM_BITS, uuid7
from service.db.engine import Database
from service.db.repositories.events import add_event


def make_event(at: datetime, **changes: Any) -> Event:
    """Return an event of a subject of its own, for everyone."""
    given: dict[str, Any] = {
        "id": uuid7(at, randbits(RANDOM_BITS)),
        "type": EventType.FACTORY_VERIFIED,
        "subject": f"factories/{uuid4()}",
        "sequence": 1,
        "at": at,
        "data": '{"name":"수원 1공장"}',
    }
    return Event(**(given | changes))


async def add(database: Database, *events: Event) -> list[str]:
    """Write events, each in a transaction of its own; return their documents."""
    for event in events:
        async with database.session() as tx:
            await add_event(tx, event)
    return [event.body for event in events]


async def settled(database: Database) -> None:
    """Wait until no transaction is open that is open now: till then the feed shows nothing that came after it.

    Those of other databases of the server count too, and other tests use them.
    """
    begun = await database.pool.fetchval("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
    while await database.pool.fetchval("SELECT pg_snapshot_xmin(pg_current_snapshot()) < $1::text::xid8", begun):  # noqa: ASYNC110 - others end them
        await asyncio.sleep(0.01)
