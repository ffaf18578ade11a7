"""Pages of an endpoint's deliveries, the newest first."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.pages import Page
from service.core.webhook_deliveries import Delivery, DeliveryState
from service.core.webhook_endpoints import EndpointState
from service.db.repositories.webhook_deliveries import delivery_of, select_deliveries
from service.db.tables import WebhookDeliveryRow, WebhookEndpointRow

POSITION_LENGTH = 1


async def list_deliveries(
    tx: AsyncSession, endpoint_id: UUID, asked: Mapping[str, Any], *, position: tuple[str, ...] | None = None
) -> Page[Delivery]:
    """Return a page; `asked` has `limit`, and `state` and `event_type`, or None for each."""
    query, limit = select_deliveries().where(WebhookDeliveryRow.endpoint_id == endpoint_id), asked["limit"]
    if asked["state"] is not None:
        query = query.where(_is_in(DeliveryState(asked["state"])))
    if asked["event_type"] is not None:
        query = query.where(WebhookDeliveryRow.event_type == asked["event_type"])
    if position is not None:
        query = query.where(WebhookDeliveryRow.id < UUID(position[0]))
    query = query.order_by(WebhookDeliveryRow.id.desc()).limit(limit + 1)
    found = [delivery_of(row) for row in (await tx.execute(query)).mappings()]
    return Page(found[:limit], (str(found[limit - 1].id),) if len(found) > limit else None)


def _is_in(state: DeliveryState) -> ColumnElement[bool]:
    """Return the condition that tells what `Delivery.state` tells."""
    is_sent = or_(WebhookEndpointRow.state == EndpointState.ACTIVE.value, WebhookDeliveryRow.is_ping)
    is_pending = WebhookDeliveryRow.state == DeliveryState.PENDING.value
    match state:
        case DeliveryState.PENDING:
            return and_(is_pending, is_sent)
        case DeliveryState.HELD:
            return and_(is_pending, ~is_sent)
        case _:
            return WebhookDeliveryRow.state == state.value
