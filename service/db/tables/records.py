"""Factories and foundation models."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from service.db.tables.base import Base

STATUS_CHECK = "status IN ('submitted', 'verified', 'rejected', 'withdrawn', 'retired')"


class RecordColumns:
    """The columns both kinds of record have.

    `document` is the record as all see it, JSON without its closing brace, and `private_part` continues it for the
    organization and the ministry; both are written with the record, so that reading renders nothing.
    `search_text`, `name_key` and `name_digits` are the folded name for search and for likeness.
    `event_sequence` is that of the last event about the record.
    """

    id: Mapped[UUID] = mapped_column(primary_key=True)
    registry_number: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str | None]
    external_ref: Mapped[str | None]
    status: Mapped[str]
    registered_on: Mapped[date]
    retired_on: Mapped[date | None]
    rejection: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    synthetic: Mapped[bool]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    document: Mapped[str]
    private_part: Mapped[str]
    search_text: Mapped[str]
    event_sequence: Mapped[int] = mapped_column(server_default=text("0"))

    @declared_attr
    def organization_id(cls) -> Mapped[UUID]:  # noqa: N805 - SQLAlchemy passes the class
        """Return the owner's column."""
        return mapped_column(ForeignKey("organization.id"))


class FactoryRow(RecordColumns, Base):
    """An AI factory."""

    __tablename__ = "factory"

    region: Mapped[str] = mapped_column(ForeignKey("region.code"))
    industry: Mapped[str]
    division: Mapped[str]
    adoption_date: Mapped[date]
    foundation_model_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    project_type: Mapped[str | None]
    use_cases: Mapped[list[str]] = mapped_column(ARRAY(Text))
    address: Mapped[str | None]
    notes: Mapped[str | None]
    evidence: Mapped[list[str]] = mapped_column(ARRAY(Text))
    name_key: Mapped[str]
    name_digits: Mapped[str]

    __table_args__ = (
        CheckConstraint(STATUS_CHECK, name="status"),
        UniqueConstraint("organization_id", "external_ref"),
        Index(None, "organization_id", "id"),
        Index(None, "organization_id", "status", "id"),
        Index(None, "status", "id"),
        Index(None, "region", "id"),
        Index(None, "division", "id"),
        Index(None, "industry", "id", postgresql_ops={"industry": "text_pattern_ops"}),
        Index(None, "adoption_date", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "name", "id"),  # by the collation "C", which alembic can't see; a test holds it
        Index("factory_foundation_model_ids_idx", "foundation_model_ids", postgresql_using="gin"),
        Index("factory_search_idx", text("character_pairs(search_text)"), postgresql_using="gin"),
        Index("factory_likeness_idx", "organization_id", "region", "name_digits"),
    )


class FoundationModelRow(RecordColumns, Base):
    """A foundation model."""

    __tablename__ = "foundation_model"

    kind: Mapped[str]
    industries: Mapped[list[str]] = mapped_column(ARRAY(Text))
    modalities: Mapped[list[str]] = mapped_column(ARRAY(Text))
    access: Mapped[str]
    model_version: Mapped[str]
    released_on: Mapped[date]
    url: Mapped[str | None]
    description: Mapped[str | None]

    __table_args__ = (
        CheckConstraint(STATUS_CHECK, name="status"),
        UniqueConstraint("organization_id", "external_ref"),
        Index(None, "organization_id", "id"),
        Index(None, "status", "id"),
        Index(None, "released_on", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "name", "id"),  # by the collation "C", as above
        Index("foundation_model_search_idx", text("character_pairs(search_text)"), postgresql_using="gin"),
    )
