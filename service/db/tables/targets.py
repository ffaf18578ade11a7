"""Targets and their revisions."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.db.tables.base import Base


class TargetRow(Base):
    """A target as it stands now."""

    __tablename__ = "target"
    __table_args__ = (
        CheckConstraint("metric IN ('factories', 'foundation_models')", name="metric"),
        CheckConstraint("plan_basis IN ('assumed', 'confirmed')", name="plan_basis"),
        CheckConstraint("state IN ('active', 'closed')", name="state"),
        CheckConstraint("starts_on <= due_on AND counts_from <= starts_on", name="window"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    name_ko: Mapped[str]
    name_en: Mapped[str]
    metric: Mapped[str]
    counts_from: Mapped[date]
    starts_on: Mapped[date]
    due_on: Mapped[date]
    goal: Mapped[int]
    baseline: Mapped[int]
    trajectory: Mapped[list[Any]] = mapped_column(JSONB)
    plan_basis: Mapped[str]
    call_closes_on: Mapped[date | None]
    filter: Mapped[dict[str, Any]]
    alert_policy: Mapped[dict[str, Any]]
    state: Mapped[str]
    source: Mapped[str | None]
    synthetic: Mapped[bool]
    event_sequence: Mapped[int] = mapped_column(server_default=text("0"))
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class TargetRevisionRow(Base):
    """A target as it stood from `change_id` on, with the reason. Append-only."""

    __tablename__ = "target_revision"
    __table_args__ = (Index(None, "change_id"),)

    code: Mapped[str] = mapped_column(ForeignKey("target.code"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    change_id: Mapped[UUID]
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[str | None]
    actor_label: Mapped[str]
    reason: Mapped[str]
    document: Mapped[dict[str, Any]]
