"""API keys, and the answers kept for repeated requests."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from service.db.tables.base import Base


class ApiKeyRow(Base):
    """A key, of which only the SHA-256 digest is kept."""

    __tablename__ = "api_key"
    __table_args__ = (
        CheckConstraint("role IN ('company', 'partner', 'ministry', 'operator')", name="role"),
        Index(None, "organization_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organization.id"))
    label: Mapped[str]
    role: Mapped[str]
    prefix: Mapped[str]
    digest: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class IdempotentAnswerRow(Base):
    """The answer to a request that carried an Idempotency-Key; kept 24 hours, without contacts and secrets."""

    __tablename__ = "idempotent_answer"
    __table_args__ = (Index(None, "created_at"),)

    scope: Mapped[bytes] = mapped_column(primary_key=True)
    body_digest: Mapped[bytes]
    status: Mapped[int]
    location: Mapped[str]
    etag: Mapped[str]
    body: Mapped[str]
    contact_of: Mapped[UUID | None]
    created_at: Mapped[datetime]
