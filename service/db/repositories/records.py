"""Changing a factory or foundation model: locked, read whole, written whole."""

from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.errors import AlreadyRegistered
from service.core.factories import Factory
from service.core.foundation_models import FoundationModel
from service.core.lifecycle import Status
from service.core.records import Contact, Record, RecordKind, Rejection
from service.db.repositories.columns import columns_of
from service.db.tables import ContactRow, FactoryRow, FoundationModelRow, OrganizationRow, StandingRow

_TABLES: dict[str, Any] = {"factory": FactoryRow, "foundation_model": FoundationModelRow}


async def lock_record(tx: AsyncSession, kind: RecordKind, record_id: UUID) -> Record | None:
    """Return a record and keep others from changing it until the transaction ends; None if there is none."""
    row = await tx.scalar(select(_TABLES[kind.record_type]).filter_by(id=record_id).with_for_update())
    return None if row is None else _record_of(row)


async def save_record(tx: AsyncSession, record: Record, *, opening: str, private: str) -> int:
    """Write a changed record with its rendered text; return the sequence of the event that is to tell of it.

    Raises:
        AlreadyRegistered: its organization has used this `external_ref`.
    """
    table = _TABLES[record.record_type]
    values = columns_of(record) | {"document": opening, "private_part": private}
    change = update(table).filter_by(id=record.id).values(**values, event_sequence=table.event_sequence + 1)
    try:
        return int((await tx.execute(change.returning(table.event_sequence))).scalar_one())
    except IntegrityError as error:
        if "_external_ref_key" in str(error.orig):
            raise AlreadyRegistered(field="external_ref") from None
        raise


async def add_standing(tx: AsyncSession, record: Record, change_id: UUID) -> None:
    """Note what the record means for the count from this change on."""
    await tx.execute(insert(StandingRow).values(change_id=change_id, **standing_columns(record)))


async def read_contact(tx: AsyncSession, record_id: UUID) -> Contact:
    """Return the contact of a record."""
    row = await tx.get(ContactRow, record_id)
    return Contact(row.name, row.email) if row else Contact()


async def save_contact(tx: AsyncSession, record_id: UUID, contact: Contact) -> None:
    """Write the contact of a record; an empty one leaves no row."""
    row = await tx.get(ContactRow, record_id)
    if contact == Contact():
        if row is not None:
            await tx.delete(row)
    elif row is None:
        tx.add(ContactRow(record_id=record_id, name=contact.name, email=contact.email))
    else:
        row.name, row.email = contact.name, contact.email
    await tx.flush()  # so that the contact is written before whatever fails later


async def organization_exists(tx: AsyncSession, organization_id: UUID) -> bool:
    """Tell whether there is such an organization."""
    return await tx.scalar(select(OrganizationRow.id).filter_by(id=organization_id)) is not None


async def known_models(tx: AsyncSession, model_ids: tuple[UUID, ...], *, organization_id: UUID) -> frozenset[UUID]:
    """Return which of these foundation models a record of this organization may name."""
    own_or_public = FoundationModelRow.status.in_(("verified", "retired")) | (
        FoundationModelRow.organization_id == organization_id
    )
    query = select(FoundationModelRow.id).where(FoundationModelRow.id.in_(model_ids), own_or_public)
    return frozenset(await tx.scalars(query))


def _record_of(row: Any) -> Record:
    shared = {
        "id": row.id,
        "registry_number": row.registry_number,
        "organization_id": row.organization_id,
        "name": row.name,
        "name_en": row.name_en,
        "external_ref": row.external_ref,
        "status": Status(row.status),
        "registered_on": row.registered_on,
        "retired_on": row.retired_on,
        "rejection": Rejection(**row.rejection) if row.rejection else None,
        "synthetic": row.synthetic,
        "version": row.version,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
    if isinstance(row, FactoryRow):
        return Factory(
            **shared,
            region=row.region,
            industry=row.industry,
            adoption_date=row.adoption_date,
            foundation_model_ids=tuple(row.foundation_model_ids),
            project_type=row.project_type,
            use_cases=tuple(row.use_cases),
            address=row.address,
            notes=row.notes,
            evidence=tuple(row.evidence),
        )
    return FoundationModel(
        **shared,
        kind=row.kind,
        industries=tuple(row.industries),
        modalities=tuple(row.modalities),
        access=row.access,
        model_version=row.model_version,
        released_on=row.released_on,
        url=row.url,
        description=row.description,
    )


def standing_columns(record: Record) -> dict[str, Any]:
    """Return what a record means for the count, as a standing holds it."""
    shared = {
        "record_type": record.record_type,
        "record_id": record.id,
        "version": record.version,
        "status": record.status.value,
        "counts_on": record.counts_on,
        "registered_on": record.registered_on,
        "synthetic": record.synthetic,
    }
    match record:
        case Factory():
            return shared | {
                "region": record.region,
                "industry": record.industry,
                "project_type": record.project_type,
                "foundation_model_ids": list(record.foundation_model_ids),
            }
        case FoundationModel():
            return shared | {"model_kind": record.kind}
        case _:
            raise TypeError(type(record).__name__)
