"""Pages of the audit, the newest first; of one record they are its history."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.audit import AuditEntry
from service.core.pages import Page
from service.core.records import utc_text
from service.db.tables import AuditEntryRow

POSITION_LENGTH = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """Which entries are asked for; None means all. Both instants belong to the span."""

    record_id: str | None = None
    record_type: str | None = None
    actor_id: str | None = None
    actor_kind: str | None = None
    at_from: datetime | None = None
    at_to: datetime | None = None


async def list_entries(
    tx: AsyncSession, wanted: EntryFilter, *, limit: int, position: tuple[str, ...] | None = None
) -> Page[AuditEntry]:
    """Return a page of entries; `position` is that of the page before."""
    query = _select_entries().where(*_filters(wanted))
    if position is not None:
        there = tuple_(datetime.fromisoformat(position[0]), UUID(position[1]))
        query = query.where(tuple_(AuditEntryRow.at, AuditEntryRow.id) < there)
    query = query.order_by(AuditEntryRow.at.desc(), AuditEntryRow.id.desc()).limit(limit + 1)
    found = [_entry(row) for row in (await tx.execute(query)).mappings()]
    return Page(found[:limit], _position(found[limit - 1]) if len(found) > limit else None)


def _select_entries() -> Select[Any]:
    return select(*AuditEntryRow.__table__.columns)


def _filters(wanted: EntryFilter) -> list[ColumnElement[bool]]:
    filters = []
    if wanted.record_id is not None:
        filters.append(AuditEntryRow.record_id == wanted.record_id)
    if wanted.record_type is not None:
        filters.append(AuditEntryRow.record_type == wanted.record_type)
    if wanted.actor_id is not None:
        filters.append(AuditEntryRow.actor_id == wanted.actor_id)
    if wanted.actor_kind is not None:
        filters.append(AuditEntryRow.actor_kind == wanted.actor_kind)
    if wanted.at_from is not None:
        filters.append(AuditEntryRow.at >= wanted.at_from)
    if wanted.at_to is not None:
        filters.append(AuditEntryRow.at <= wanted.at_to)
    return filters


def _entry(row: Any) -> AuditEntry:
    return AuditEntry(**{**row, "changed": tuple(row["changed"])})


def _position(last: AuditEntry) -> tuple[str, ...]:
    return (utc_text(last.at), str(last.id))
