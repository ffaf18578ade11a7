"""Alerts, what was told of each target's pace, and messages to people."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, FetchedValue, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.db.tables.base import Base


class AlertRow(Base):
    """An alert: one at most per target that isn't resolved. `snapshot`: the progress at its opening."""

    __tablename__ = "alert"
    __table_args__ = (
        CheckConstraint("level IN ('behind', 'missed')", name="level"),
        CheckConstraint("state IN ('open', 'acknowledged', 'resolved')", name="state"),
        Index("alert_target_open_idx", "target", unique=True, postgresql_where=text("state <> 'resolved'")),
        Index(None, "opened_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    target: Mapped[str] = mapped_column(ForeignKey("target.code"))
    level: Mapped[str]
    state: Mapped[str]
    opened_at: Mapped[datetime]
    since: Mapped[date]
    resolved_at: Mapped[datetime | None]
    snapshot: Mapped[dict[str, Any]]
    acknowledgement: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    snoozed_until: Mapped[datetime | None]
    snooze_reason: Mapped[str | None]
    reminded_at: Mapped[datetime]
    synthetic: Mapped[bool]
    version: Mapped[int]
    updated_at: Mapped[datetime]


class PaceToldRow(Base):
    """The pace that was last told of a target: what the next one is compared with, so that each is told once."""

    __tablename__ = "pace_told"

    target: Mapped[str] = mapped_column(ForeignKey("target.code"), primary_key=True)
    day: Mapped[date]
    pace: Mapped[str]
    known_at: Mapped[datetime]


class NotificationRow(Base):
    """A message to people, in both languages, by the channels that a setting names.

    `event_id`: the event that tells partners the same; null where there is none. `told`: the channels that took it.
    """

    __tablename__ = "notification"
    __table_args__ = (
        CheckConstraint("kind IN ('behind', 'missed', 'recovered', 'met')", name="kind"),
        CheckConstraint("state IN ('pending', 'sent', 'failed')", name="state"),
        Index("notification_due_idx", "next_attempt_at", postgresql_where=text("state = 'pending'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=FetchedValue())
    event_id: Mapped[UUID | None]
    target: Mapped[str]
    kind: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'pending'"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=FetchedValue())
    told: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    last_error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=FetchedValue())
