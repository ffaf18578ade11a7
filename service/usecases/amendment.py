"""Amending a record's fields, and erasing its contact."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.core.access import Act, Permission
from service.core.errors import FieldProblem, Invalid
from service.core.fields import check_body, problem
from service.core.lifecycle import Status, status_after_edit
from service.core.records import READ_ONLY, Contact, Record, RecordKind, day_in_seoul
from service.core.regions import RegionBook
from service.db.repositories import records
from service.usecases.reading import Shown
from service.usecases.record_changes import Change, lock_for, write_change
from service.usecases.registration import fields_of


async def lock_for_amendment(tx: AsyncSession, kind: RecordKind, record_id: UUID, *, act: Act) -> Record:
    """Return the record, locked, if the caller sees it and may amend it; raises as `lock_for`."""
    return await lock_for(tx, kind, record_id, act=act, permission=Permission.WRITE_RECORDS)


async def amend_record(
    tx: AsyncSession, kind: RecordKind, record: Record, patch: Mapping[str, Any], *, act: Act, book: RegionBook
) -> Shown:
    """Apply a merge patch (RFC 7396) to a locked record.

    Raises:
        Invalid: fields are wrong; all of them are named at once.
        NotYetAdopted: a verified or retired record would lie ahead.
        AlreadyRegistered: its organization has used this `external_ref`.
    """
    contact = await records.read_contact(tx, record.id)
    values, problems = await _check(tx, kind, record, patch, act=act, book=book)
    if problems:
        raise Invalid(problems)
    amended_contact = Contact(values.pop("contact_name", contact.name), values.pop("contact_email", contact.email))
    amended = replace(record, **values)
    status = status_after_edit(
        record.status,
        counting_changed=any(getattr(record, name) != getattr(amended, name) for name in kind.counting_fields),
        by_staff=act.caller.is_staff,
        counts_on=amended.counts_on,
        today=day_in_seoul(act.now),
    )
    amended = replace(amended, status=status, retired_on=amended.retired_on if status is Status.RETIRED else None)
    change = Change("updated", record, amended, contact, amended_contact, {})
    return await write_change(tx, kind, change, act=act, book=book)


async def erase_contact(tx: AsyncSession, kind: RecordKind, record: Record, *, act: Act, book: RegionBook) -> Shown:
    """Empty the contact of a locked record (PIPA); the history says that it was done, not what was there."""
    contact = await records.read_contact(tx, record.id)
    change = Change("contact_erased", record, record, contact, Contact(), {})
    return await write_change(tx, kind, change, act=act, book=book)


async def _check(
    tx: AsyncSession, kind: RecordKind, record: Record, patch: Mapping[str, Any], *, act: Act, book: RegionBook
) -> tuple[dict[str, Any], list[FieldProblem]]:
    fields = {name: field for name, field in fields_of(kind, book).items() if name != "registered_on"}
    values, problems = check_body(patch, fields, partial=True, read_only=(*READ_ONLY, "registered_on"))
    organization_id = values.get("organization_id") or record.organization_id
    if organization_id != record.organization_id:
        is_own = act.caller.is_staff or act.caller.owns(organization_id)
        if not is_own or not await records.organization_exists(tx, organization_id):
            problems.append(problem("organization_id", "unknown_organization"))
    problems += await _model_problems(tx, record, values, organization_id=organization_id)
    amended_date = values.get(kind.date_field)
    if amended_date and record.retired_on and amended_date > record.retired_on:
        problems.append(problem(kind.date_field, "after_its_end", day=record.retired_on))
    return values, problems


async def _model_problems(
    tx: AsyncSession, record: Record, values: Mapping[str, Any], *, organization_id: UUID
) -> list[FieldProblem]:
    """Name the foundation models that can't be added; what the record names already may stay."""
    named = values.get("foundation_model_ids") or ()
    present = getattr(record, "foundation_model_ids", ())
    added = tuple(model_id for model_id in named if model_id not in present)
    if not added:
        return []
    known = await records.known_models(tx, added, organization_id=organization_id)
    return [
        problem(f"foundation_model_ids/{index}", "unknown_foundation_model")
        for index, model_id in enumerate(named)
        if model_id in added and model_id not in known
    ]
