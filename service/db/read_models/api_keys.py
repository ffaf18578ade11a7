"""Pages of an organization's keys, the newest first. Revoked ones are gone; the audit remembers them."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.core.api_keys import ApiKey
from service.core.pages import Page
from service.db.repositories.api_keys import select_keys_in_place
from service.db.tables import ApiKeyRow


async def list_keys(
    tx: AsyncSession, organization_id: UUID, *, limit: int, position: tuple[str, ...] | None = None
) -> Page[ApiKey]:
    """Return a page of the organization's keys that are not revoked; expired ones are shown until they are."""
    query = select_keys_in_place().where(ApiKeyRow.organization_id == organization_id)
    if position is not None:
        query = query.where(ApiKeyRow.id < UUID(position[0]))
    query = query.order_by(ApiKeyRow.id.desc()).limit(limit + 1)
    found = [ApiKey(**row) for row in (await tx.execute(query)).mappings()]
    return Page(found[:limit], (str(found[limit - 1].id),) if len(found) > limit else None)
