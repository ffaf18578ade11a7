"""Organizations, and the one table of personal data."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from service.db.tables.base import Base


class OrganizationRow(Base):
    """A company, partner or part of the ministry."""

    __tablename__ = "organization"
    __table_args__ = (
        CheckConstraint("kind IN ('company', 'partner', 'ministry')", name="kind"),
        CheckConstraint("state IN ('active', 'closed')", name="state"),
        Index(None, "name"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_en: Mapped[str | None]
    kind: Mapped[str]
    business_registration_number: Mapped[str | None] = mapped_column(unique=True)
    state: Mapped[str]
    synthetic: Mapped[bool]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ContactRow(Base):
    """Contact names and e-mail addresses (PIPA) of organizations and factories, and nowhere else."""

    __tablename__ = "contact"

    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    email: Mapped[str | None]
