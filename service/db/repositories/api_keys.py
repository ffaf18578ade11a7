"""API keys: single reads, and writes. Of a key's text only the digest is ever written."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.access import Role
from service.core.api_keys import ApiKey
from service.db.tables import ApiKeyRow

_COLUMNS = (
    "id",
    "organization_id",
    "label",
    "role",
    "prefix",
    "created_at",
    "expires_at",
    "last_used_at",
    "revoked_at",
)


def select_keys() -> Select[Any]:
    """Return the statement that reads keys, revoked ones too; rows become `ApiKey(**row)`."""
    return select(*(getattr(ApiKeyRow, name) for name in _COLUMNS))


def select_keys_in_place() -> Select[Any]:
    """Return the statement that reads the keys that are not revoked; rows become `ApiKey(**row)`."""
    return select_keys().where(ApiKeyRow.revoked_at.is_(None))


async def find(tx: AsyncSession, key_id: UUID) -> ApiKey | None:
    """Return a key, or None if there is none or it was revoked."""
    return await _one(tx, select_keys_in_place().where(ApiKeyRow.id == key_id))


async def lock(tx: AsyncSession, key_id: UUID) -> ApiKey | None:
    """Return a key that is not revoked, and keep others from revoking it until the transaction ends."""
    return await _one(tx, select_keys_in_place().where(ApiKeyRow.id == key_id).with_for_update())


async def add(tx: AsyncSession, key: ApiKey, *, digest: bytes) -> None:
    """Write a new key; `digest` is the SHA-256 of its text."""
    values = {name: getattr(key, name) for name in _COLUMNS}
    await tx.execute(insert(ApiKeyRow).values(**values, digest=digest))


async def revoke(tx: AsyncSession, key_id: UUID, *, now: datetime) -> None:
    """Write down that a key is no longer taken from `now` on."""
    await tx.execute(update(ApiKeyRow).where(ApiKeyRow.id == key_id).values(revoked_at=now))


async def roles_in_force(tx: AsyncSession, organization_id: UUID, *, now: datetime) -> list[Role]:
    """Return the roles of an organization's keys that are neither revoked nor expired."""
    query = (
        select(ApiKeyRow.role)
        .where(ApiKeyRow.organization_id == organization_id, ApiKeyRow.revoked_at.is_(None))
        .where(ApiKeyRow.expires_at.is_(None) | (ApiKeyRow.expires_at > now))
        .distinct()
    )
    return [Role(role) for role in await tx.scalars(query)]


async def _one(tx: AsyncSession, query: Select[Any]) -> ApiKey | None:
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else ApiKey(**row)
