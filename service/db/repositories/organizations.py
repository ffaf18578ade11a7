"""Organizations: single reads, and writes. Their contacts stand in a table of their own."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.errors import AlreadyRegistered
from service.core.organizations import Organization
from service.core.records import Contact
from service.db.repositories.records import save_contact
from service.db.tables import ContactRow, OrganizationRow

_OWN_COLUMNS = (
    "id",
    "name",
    "name_en",
    "kind",
    "business_registration_number",
    "state",
    "synthetic",
    "version",
    "created_at",
    "updated_at",
)
_UNIQUE_NUMBER = "organization_business_registration_number_key"


def select_organizations() -> Select[Any]:
    """Return the statement that reads organizations with their contact; rows become `Organization(**row)`."""
    columns = [getattr(OrganizationRow, name) for name in _OWN_COLUMNS]
    return select(*columns, ContactRow.email.label("contact_email")).outerjoin(
        ContactRow, ContactRow.record_id == OrganizationRow.id
    )


async def find(tx: AsyncSession, organization_id: UUID) -> Organization | None:
    """Return an organization, or None if there is none."""
    return await _one(tx, select_organizations().where(OrganizationRow.id == organization_id))


async def lock(tx: AsyncSession, organization_id: UUID) -> Organization | None:
    """Return an organization and keep others from changing it until the transaction ends."""
    query = select_organizations().where(OrganizationRow.id == organization_id)
    # Not the strongest lock: registering a factory of this organization need not wait for it.
    return await _one(tx, query.with_for_update(of=OrganizationRow, key_share=True))


async def hold(tx: AsyncSession, organization_id: UUID) -> Organization | None:
    """Return an organization as it will stay until the transaction ends; others may hold it too."""
    query = select_organizations().where(OrganizationRow.id == organization_id)
    return await _one(tx, query.with_for_update(of=OrganizationRow, read=True))


async def add(tx: AsyncSession, organization: Organization) -> None:
    """Write a new organization.

    Raises:
        AlreadyRegistered: another one has this business registration number.
    """
    await _write(tx, insert(OrganizationRow).values(**_values(organization)))
    if organization.contact_email:
        await save_contact(tx, organization.id, Contact(email=organization.contact_email))


async def save(tx: AsyncSession, organization: Organization) -> None:
    """Write a changed organization, whole.

    Raises:
        AlreadyRegistered: another one has this business registration number.
    """
    statement = update(OrganizationRow).where(OrganizationRow.id == organization.id).values(**_values(organization))
    await _write(tx, statement)
    await save_contact(tx, organization.id, Contact(email=organization.contact_email))


async def _one(tx: AsyncSession, query: Select[Any]) -> Organization | None:
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else Organization(**row)


async def _write(tx: AsyncSession, statement: Any) -> None:
    try:
        await tx.execute(statement)
    except IntegrityError as error:
        if _UNIQUE_NUMBER in str(error.orig):
            raise AlreadyRegistered(field="business_registration_number") from None
        raise


def _values(organization: Organization) -> dict[str, Any]:
    return {name: getattr(organization, name) for name in _OWN_COLUMNS}
