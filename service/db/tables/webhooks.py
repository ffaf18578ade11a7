"""Endpoints of partners, and what was sent to them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, FetchedValue, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from service.db.tables.base import Base


class WebhookEndpointRow(Base):
    """Where a partner's system is told. `regions`, `divisions` and `targets` are its filter; empty means everything."""

    __tablename__ = "webhook_endpoint"
    __table_args__ = (
        CheckConstraint("state IN ('active', 'paused', 'disabled')", name="state"),
        Index(None, "organization_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organization.id"))
    url: Mapped[str]
    event_types: Mapped[list[str]] = mapped_column(ARRAY(Text))
    regions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    divisions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    targets: Mapped[list[str]] = mapped_column(ARRAY(Text))
    description: Mapped[str | None]
    max_in_flight: Mapped[int]
    ordered: Mapped[bool]
    state: Mapped[str]
    last_success_at: Mapped[datetime | None]
    last_failure_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    event_sequence: Mapped[int] = mapped_column(server_default=text("0"))
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class WebhookSecretRow(Base):
    """A signing secret, encrypted. `valid_until` is null for the one in force, and ends the overlap of an older one."""

    __tablename__ = "webhook_secret"
    __table_args__ = (Index(None, "endpoint_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoint.id", ondelete="CASCADE"))
    ciphertext: Mapped[bytes]
    created_at: Mapped[datetime]
    valid_until: Mapped[datetime | None]


class WebhookDeliveryRow(Base):
    """An event on its way to an endpoint. `claim` is the fencing token of the worker that has it, up to `lease_until`.

    One that is pending while its endpoint isn't active is held: nothing has to be written when an endpoint is paused.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'in_flight', 'succeeded', 'failed')", name="state"),
        Index(None, "endpoint_id", "id"),
        Index(
            "webhook_delivery_pending_idx",
            "endpoint_id",
            "next_attempt_at",
            "id",
            postgresql_where=text("state = 'pending'"),
        ),
        Index(
            "webhook_delivery_pinging_idx",
            "endpoint_id",
            "next_attempt_at",
            "id",
            postgresql_where=text("state = 'pending' AND is_ping"),
        ),
        Index(
            "webhook_delivery_in_flight_idx", "endpoint_id", "lease_until", postgresql_where=text("state = 'in_flight'")
        ),
        Index(
            "webhook_delivery_unsettled_idx",
            "endpoint_id",
            "subject",
            "sequence",
            postgresql_where=text("state IN ('pending', 'in_flight')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=FetchedValue())
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoint.id", ondelete="CASCADE"))
    event_id: Mapped[UUID]
    event_type: Mapped[str]
    subject: Mapped[str]
    sequence: Mapped[int]
    is_ping: Mapped[bool] = mapped_column(server_default=text("false"))
    state: Mapped[str] = mapped_column(server_default=text("'pending'"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_attempt_at: Mapped[datetime | None] = mapped_column(server_default=FetchedValue())
    claim: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=FetchedValue())


class WebhookAttemptRow(Base):
    """One attempt at a delivery; at most 16 KiB of the answer."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (Index(None, "delivery_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=FetchedValue())
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_delivery.id", ondelete="CASCADE"))
    number: Mapped[int]
    at: Mapped[datetime]
    status: Mapped[int | None]
    error: Mapped[str | None]
    milliseconds: Mapped[int]
    request_headers: Mapped[dict[str, Any]]
    answer: Mapped[bytes]


class WorkerRow(Base):
    """A worker at work; `seen_at` is when it last said so."""

    __tablename__ = "worker"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class WebhookTallyRow(Base):
    """What all attempts up to `upto`, by their ids, come to: they are counted once and go on counting when removed."""

    __tablename__ = "webhook_tally"

    upto: Mapped[UUID] = mapped_column(primary_key=True)
    figures: Mapped[dict[str, Any]]
