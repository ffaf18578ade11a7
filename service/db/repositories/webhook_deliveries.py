"""Deliveries as their endpoint's owner brings them back; the worker has its own way to them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.webhook_deliveries import ATTEMPTS_SHOWN, Attempt, Delivery
from service.core.webhook_endpoints import EndpointState
from service.db import hot_sql
from service.db.tables import EventRow, WebhookAttemptRow, WebhookDeliveryRow, WebhookEndpointRow

_BEGIN_ANEW: Final = "attempts = 0, state = 'pending', claim = NULL, lease_until = NULL, next_attempt_at = now()"

# In the order in which events became visible: deliveries sort by their making, and the oldest is sent first.
_RECOVER: Final = f"""
WITH told AS (
  SELECT * FROM event WHERE id >= $1 AND at >= $2 ORDER BY era, xid, id
), failed AS (
  UPDATE webhook_delivery SET {_BEGIN_ANEW} WHERE id IN (
    SELECT d.id FROM webhook_delivery d JOIN event ON event.id = d.event_id
    WHERE event.id >= $1 AND event.at >= $2 AND d.endpoint_id = $3 AND d.state = 'failed'
    FOR NO KEY UPDATE OF d SKIP LOCKED)
  RETURNING id
), missed AS (
  {hot_sql.MATCH_ENDPOINTS}
  AND e.id = $3
  AND NOT EXISTS (SELECT FROM webhook_delivery d WHERE d.endpoint_id = $3 AND d.event_id = told.id)
  ORDER BY told.era, told.xid, told.id
  RETURNING id
)
SELECT (SELECT count(*) FROM failed) + (SELECT count(*) FROM missed)
"""  # noqa: S608 - put together from constants


_COLUMNS: Final[tuple[Any, ...]] = (
    WebhookDeliveryRow.id,
    WebhookDeliveryRow.endpoint_id,
    WebhookEndpointRow.organization_id,
    WebhookEndpointRow.state.label("endpoint_state"),
    WebhookDeliveryRow.event_id,
    WebhookDeliveryRow.event_type,
    WebhookDeliveryRow.subject,
    WebhookDeliveryRow.is_ping,
    WebhookDeliveryRow.state.label("stored_state"),
    WebhookDeliveryRow.attempts,
    WebhookDeliveryRow.next_attempt_at,
    WebhookDeliveryRow.last_status,
    WebhookDeliveryRow.last_error,
    WebhookDeliveryRow.created_at,
)


def select_deliveries() -> Select[Any]:
    """Return the statement that reads deliveries with their endpoint; rows become deliveries by `delivery_of`."""
    return select(*_COLUMNS).join(WebhookEndpointRow, WebhookEndpointRow.id == WebhookDeliveryRow.endpoint_id)


def delivery_of(row: Any) -> Delivery:
    """Return the delivery that a row of `select_deliveries` holds."""
    return Delivery(**{**row, "endpoint_state": EndpointState(row["endpoint_state"])})


async def find(tx: AsyncSession, delivery_id: UUID) -> Delivery | None:
    """Return a delivery, or None if there is none."""
    return await _one(tx, select_deliveries().where(WebhookDeliveryRow.id == delivery_id))


async def lock(tx: AsyncSession, delivery_id: UUID) -> Delivery | None:
    """Return a delivery and keep workers from claiming it until the transaction ends."""
    query = select_deliveries().where(WebhookDeliveryRow.id == delivery_id)
    return await _one(tx, query.with_for_update(of=WebhookDeliveryRow, key_share=True))


async def has_event(tx: AsyncSession, delivery: Delivery) -> bool:
    """Tell whether what is to be delivered is still kept."""
    return await tx.scalar(select(EventRow.id).where(EventRow.id == delivery.event_id)) is not None


async def read_attempts(tx: AsyncSession, delivery_id: UUID) -> Sequence[Attempt]:
    """Return the latest attempts at a delivery, the earliest of them first."""
    query = select(WebhookAttemptRow).where(WebhookAttemptRow.delivery_id == delivery_id)
    latest_first = query.order_by(WebhookAttemptRow.at.desc(), WebhookAttemptRow.id.desc())
    rows = list(await tx.scalars(latest_first.limit(ATTEMPTS_SHOWN)))
    return [
        Attempt(
            number=row.number,
            at=row.at,
            status=row.status,
            error=row.error,
            milliseconds=row.milliseconds,
            request_headers=row.request_headers,
            answer=row.answer,
        )
        for row in reversed(rows)
    ]


async def begin_anew(tx: AsyncSession, delivery_id: UUID) -> None:
    """Let a locked delivery be due now, and its attempts begin anew."""
    await tx.execute(text(f"UPDATE webhook_delivery SET {_BEGIN_ANEW} WHERE id = :id"), {"id": delivery_id})  # noqa: S608 - put together from constants


async def make_all_due(tx: AsyncSession, endpoint_id: UUID) -> None:
    """Let everything that waits for a locked endpoint be due now; of what is due alike the oldest goes first.

    What a worker has at this moment is left to it: it settles a delivery first and its endpoint after it.
    """
    of_it = select(WebhookDeliveryRow.id).where(WebhookDeliveryRow.endpoint_id == endpoint_id)
    waiting = of_it.where(WebhookDeliveryRow.state == "pending").with_for_update(key_share=True, skip_locked=True)
    due_now = update(WebhookDeliveryRow).where(WebhookDeliveryRow.id.in_(waiting)).values(next_attempt_at=text("now()"))
    await tx.execute(due_now)


async def wake_put_off(tx: AsyncSession, endpoint_id: UUID) -> None:
    """Let be due now what was only waiting for its turn: a locked endpoint that was ordered is so no more."""
    await tx.execute(
        text(
            "UPDATE webhook_delivery SET next_attempt_at = now()"
            " WHERE endpoint_id = :endpoint_id AND state = 'pending' AND attempts = 0 AND next_attempt_at > now()"
        ),
        {"endpoint_id": endpoint_id},
    )


async def recover(tx: AsyncSession, endpoint_id: UUID, *, since: datetime, first_id: UUID) -> int:
    """Bring back to a locked endpoint what it failed to take since an instant, and what it was never sent.

    `first_id` is the lowest id an event of that instant can have. Returns how many deliveries are pending again, or
    for the first time: of events that the endpoint subscribes to and its organization may see.
    """
    connection = await tx.connection()
    return int((await connection.exec_driver_sql(_RECOVER, (first_id, since, endpoint_id))).scalar_one())


async def _one(tx: AsyncSession, query: Select[Any]) -> Delivery | None:
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else delivery_of(row)
