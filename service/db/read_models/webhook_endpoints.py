"""Lists of webhook endpoints: pages for callers, and all of them for the operator's command."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.pages import Page
from service.core.webhook_endpoints import Endpoint
from service.db.repositories.webhook_endpoints import endpoint_of, select_endpoints
from service.db.tables import OrganizationRow, WebhookEndpointRow

POSITION_LENGTH = 1


async def list_endpoints(
    tx: AsyncSession, asked: Mapping[str, Any], *, only: UUID | None, position: tuple[str, ...] | None = None
) -> Page[Endpoint]:
    """Return a page of endpoints, with `only` those of one organization.

    `asked` has `limit`, and `organization` and `state`, or None for each.
    """
    query, limit = select_endpoints().order_by(WebhookEndpointRow.id.desc()), asked["limit"]
    for organization_id in (only, asked["organization"]):
        if organization_id is not None:
            query = query.where(WebhookEndpointRow.organization_id == organization_id)
    if asked["state"] is not None:
        query = query.where(WebhookEndpointRow.state == asked["state"])
    if position is not None:
        query = query.where(WebhookEndpointRow.id < UUID(position[0]))
    rows = (await tx.execute(query.limit(limit + 1))).all()
    found = [endpoint_of(row[0], pending=row.pending, held=row.held) for row in rows[:limit]]
    return Page(found, (str(found[-1].id),) if len(rows) > limit else None)


class NamedEndpoint(NamedTuple):
    """An endpoint, and the name of its organization."""

    endpoint: Endpoint
    organization: str


async def list_every_endpoint(tx: AsyncSession) -> list[NamedEndpoint]:
    """Return all endpoints, the oldest first."""
    name = select(OrganizationRow.name).where(OrganizationRow.id == WebhookEndpointRow.organization_id)
    query = select_endpoints().add_columns(name.scalar_subquery().label("organization"))
    rows = (await tx.execute(query.order_by(WebhookEndpointRow.id))).all()
    return [NamedEndpoint(endpoint_of(row[0], pending=row.pending, held=row.held), row.organization) for row in rows]
