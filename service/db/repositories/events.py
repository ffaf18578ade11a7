"""Writing events, with one delivery for each endpoint that is to be told. In the transaction of the change."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.core.events import Audience, Event
from service.db import hot_sql
from service.db.engine import HotPool

# Numbered, so that session and bare connection take the same text.
_ADD_EVENT = f"""
WITH told AS (
  INSERT INTO event (id, type, subject, sequence, at, audience, organization_id, regions, divisions, target, body)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
  RETURNING id, type, subject, sequence, audience, organization_id, regions, divisions, target
)
{hot_sql.DELIVER}
"""  # noqa: S608 - put together from constants

_ADD_PING = """
WITH told AS (
  INSERT INTO event (id, type, subject, sequence, at, audience, organization_id, regions, divisions, target, body)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
  RETURNING id, type, subject, sequence
)
INSERT INTO webhook_delivery (endpoint_id, event_id, event_type, subject, sequence, is_ping)
SELECT $12, id, type, subject, sequence, true FROM told RETURNING id
"""


async def add_event(tx: AsyncSession, event: Event) -> None:
    """Write an event and a delivery for every endpoint that subscribes to it and may see it."""
    connection = await tx.connection()
    await connection.exec_driver_sql(_ADD_EVENT, _values(event))


async def add_ping(tx: AsyncSession, event: Event, endpoint_id: UUID) -> UUID:
    """Write an event for one endpoint alone, sent in whatever state the endpoint is; return its delivery's id."""
    connection = await tx.connection()
    added = await connection.exec_driver_sql(_ADD_PING, (*_values(event), endpoint_id))
    return UUID(str(added.scalar_one()))


async def begin_era(pool: HotPool) -> bool:
    """Begin another era if the events were restored into another cluster, and tell whether it was begun.

    So they keep their order. To be called by every process that may write, before it does.
    """
    return await pool.fetchval("SELECT begin_event_era()") is not None


def _values(event: Event) -> tuple[Any, ...]:
    return (
        event.id,
        event.type.value,
        event.subject,
        event.sequence,
        event.at,
        Audience(event.audience).value,
        event.organization_id,
        None if event.regions is None else list(event.regions),
        None if event.divisions is None else list(event.divisions),
        event.target,
        event.body,
    )
