"""Deliveries to webhook endpoints, and the attempts at them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from service.api.schemas.records import NEXT
from service.core.events import EventType
from service.core.webhook_deliveries import ATTEMPTS_SHOWN, DeliveryState

_ID = "019ab2c4-7d10-7abc-9def-0123456789ab"
_AT = "2026-11-22T00:00:00.000000Z"
_HEADERS = {"webhook-id": "evt_019ab2c47d107abc9def0123456789ab", "webhook-timestamp": "1795305600"}


class WebhookDeliveryOut(BaseModel):
    """An event on its way to an endpoint."""

    id: UUID = Field(description="Its id.", examples=[_ID])
    endpoint_id: UUID = Field(description="Where it goes.", examples=[_ID])
    event_id: str = Field(
        description="The event's id; `webhook-id`.", examples=["evt_019ab2c47d107abc9def0123456789ab"]
    )
    event_type: EventType = Field(description="The event's type.", examples=["factory.verified"])
    subject: str = Field(description="What the event is about.", examples=[f"factories/{_ID}"])
    state: DeliveryState = Field(description="Where it stands.", examples=["succeeded"])
    attempts: int = Field(description="Attempts since it was made, or last redelivered.", examples=[1])
    next_attempt_at: datetime | None = Field(description="When it is tried next, at the earliest.", examples=[None])
    last_status: int | None = Field(description="The last answer's status; null: none came.", examples=[200])
    last_error: str | None = Field(description="What went wrong last; null: nothing.", examples=[None])
    created_at: datetime = Field(description="When it was made.", examples=[_AT])


class AttemptOut(BaseModel):
    """One attempt."""

    number: int = Field(description="Counts from 1, and anew after a redelivery.", examples=[1])
    at: datetime = Field(description="When it began.", examples=[_AT])
    status: int | None = Field(description="The answer's status; null: none came.", examples=[200])
    error: str | None = Field(description="What went wrong; null: nothing.", examples=[None])
    milliseconds: int = Field(description="How long it took.", examples=[42])
    request_headers: dict[str, Any] = Field(description="What was sent beside the event.", examples=[_HEADERS])
    answer: str = Field(description="The first bytes of the answer, as text.", examples=["ok"])


class WebhookDeliveryWithLogOut(WebhookDeliveryOut):
    """A delivery with the attempts at it."""

    attempt_log: list[AttemptOut] = Field(
        description=f"The latest {ATTEMPTS_SHOWN} attempts, the earliest first.", examples=[[]]
    )


class WebhookDeliveriesOut(BaseModel):
    """A page of an endpoint's deliveries, the newest first."""

    items: list[WebhookDeliveryOut] = Field(description="The newest first.", examples=[[]])
    next: str | None = Field(description=NEXT, examples=[None])
