"""The keys of all organizations, for the operator's command."""

from contextlib import suppress
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.api_keys import ApiKey
from service.db.repositories.api_keys import select_keys
from service.db.tables import ApiKeyRow, OrganizationRow


class NamedKey(NamedTuple):
    """A key, and the name of its organization."""

    key: ApiKey
    organization: str


async def list_every_key(tx: AsyncSession, *, organization: str | None, revoked_too: bool) -> list[NamedKey]:
    """Return the keys, the oldest first; with `organization` those of the organizations of exactly this name."""
    query = select_keys().add_columns(OrganizationRow.name.label("organization"))
    query = query.join(OrganizationRow, OrganizationRow.id == ApiKeyRow.organization_id).order_by(ApiKeyRow.id)
    if organization is not None:
        query = query.where(OrganizationRow.name == organization)
    if not revoked_too:
        query = query.where(ApiKeyRow.revoked_at.is_(None))
    rows = [dict(row) for row in (await tx.execute(query)).mappings()]
    return [NamedKey(organization=row.pop("organization"), key=ApiKey(**row)) for row in rows]


async def keys_called(tx: AsyncSession, called: str) -> list[ApiKey]:
    """Return the keys in place whose prefix this is, or whose id."""
    is_called = [ApiKeyRow.prefix == called]
    with suppress(ValueError):
        is_called.append(ApiKeyRow.id == UUID(called))
    query = select_keys().where(ApiKeyRow.revoked_at.is_(None), or_(*is_called))
    return [ApiKey(**row) for row in (await tx.execute(query)).mappings()]


async def has_any_key(tx: AsyncSession) -> bool:
    """Tell whether a key was ever made, even if it was revoked since."""
    return bool(await tx.scalar(select(exists(select(ApiKeyRow.id)))))
