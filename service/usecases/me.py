"""Telling a caller how the registry sees it."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from service.core.access import Caller, permissions_of
from service.core.organizations import all_fields
from service.core.records import utc_text
from service.db.repositories import api_keys, organizations


async def tell_caller(tx: AsyncSession, caller: Caller) -> dict[str, Any]:
    """Return the caller's organization, role, key and permissions; null for what it has none of."""
    organization = await organizations.find(tx, caller.organization_id) if caller.organization_id else None
    key = await api_keys.find(tx, caller.key_id) if caller.key_id else None
    expires_at = key.expires_at if key else None
    return {
        "organization": organization and all_fields(organization),
        "role": caller.role.value,
        "key": caller.key_id
        and {"id": str(caller.key_id), "label": caller.label, "expires_at": expires_at and utc_text(expires_at)},
        "may": permissions_of(caller),
    }
