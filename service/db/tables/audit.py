"""What happened: audit entries, the standings that counting needs, and the instants of changes. All append-only."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.db.tables.base import Base


class ChangeRow(Base):
    """The instant at which a transaction's changes became known, stamped by a trigger as it commits.

    No reader that was told "known at T" can later be shown a change stamped before T: `register_horizon()` waits for
    transactions that have their stamp and are not visible yet.
    """

    __tablename__ = "change"
    __table_args__ = (Index(None, "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class AuditEntryRow(Base):
    """Who did what to which record, with the fields that changed, before and after. Also a record's history."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index(None, "record_id", "id"),
        Index(None, "actor_id", "id"),
        Index(None, "at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[str | None]
    actor_label: Mapped[str]
    action: Mapped[str]
    record_type: Mapped[str]
    record_id: Mapped[str]
    request_id: Mapped[str | None]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    changed: Mapped[list[str]] = mapped_column(ARRAY(Text))


class StandingRow(Base):
    """What a record meant for the count from this change on: one row for each change that moves a count."""

    __tablename__ = "standing"
    __table_args__ = (
        CheckConstraint("record_type IN ('factory', 'foundation_model')", name="record_type"),
        Index(None, "record_id", "version", unique=True),
        Index(None, "change_id"),
        Index(
            "standing_concerns_idx",
            "record_type",
            # Spelled as PostgreSQL gives it back: alembic compares texts.
            text("(\nCASE\n    WHEN counts_on > registered_on THEN 'infinity'::date\n    ELSE counts_on\nEND)"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    change_id: Mapped[UUID]
    record_type: Mapped[str]
    record_id: Mapped[UUID]
    version: Mapped[int]
    status: Mapped[str]
    counts_on: Mapped[date]
    registered_on: Mapped[date]
    region: Mapped[str | None]
    industry: Mapped[str | None]
    project_type: Mapped[str | None]
    model_kind: Mapped[str | None]
    foundation_model_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default="{}")
    synthetic: Mapped[bool]
