"""Organizations by their exact name, as people at a command line know them. Names are not unique."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.organizations import Organization
from service.db.repositories.organizations import select_organizations
from service.db.tables import OrganizationRow

_LOCK = 20251219


async def wait_for_turn(tx: AsyncSession) -> None:
    """Wait until no other command finds or makes an organization by its name, and keep the others waiting."""
    await tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


async def find_named(tx: AsyncSession, name: str) -> list[Organization]:
    """Return every organization of exactly this name, the oldest first."""
    query = select_organizations().where(OrganizationRow.name == name).order_by(OrganizationRow.id)
    return [Organization(**row) for row in (await tx.execute(query)).mappings()]
