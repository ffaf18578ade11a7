"""Webhook endpoints."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.records import NEXT
from service.core.events import EventType
from service.core.target_fields import REGIONS_LIMIT
from service.core.webhook_endpoints import (
    IN_FLIGHT_DEFAULT,
    IN_FLIGHT_MOST,
    OVERLAP_HOURS_DEFAULT,
    OVERLAP_HOURS_MOST,
    TARGETS_LIMIT,
    EndpointState,
)

InFlight = Annotated[int, Field(ge=1, le=IN_FLIGHT_MOST)]
OverlapHours = Annotated[int, Field(ge=0, le=OVERLAP_HOURS_MOST)]
_ID = "019ab2c4-7d10-7abc-9def-0123456789ab"
_AT = "2026-11-22T00:00:00.000000Z"
_URL = (
    "Where events are sent. https, or http where a setting allows it; no user in it, and no address that isn't public."
)
_EVENT_TYPES = "Types of events it is told of; empty: all it may see."
_DESCRIPTION = "What it is for."
_IN_FLIGHT = "How many requests it gets at once."
_ORDERED = "Whether the events of a subject come strictly one after the other."
_EVERYTHING: dict[str, list[str]] = {"regions": [], "industries": [], "targets": []}
_HEALTH = {
    "last_success_at": None,
    "last_failure_at": None,
    "failing_since": None,
    "pending": 0,
    "held": 0,
    "disable_at": None,
}


class EndpointFilterIn(BaseModel):
    """Which events are sent; an empty list lets everything pass, as does an event without that side."""

    model_config = ConfigDict(extra="forbid")

    regions: list[str] | None = Field(
        None, description="Regions in any form.", examples=[["경기"]], max_length=REGIONS_LIMIT
    )
    industries: list[str] | None = Field(None, description="Industries; divisions are kept.", examples=[["26"]])
    targets: list[str] | None = Field(
        None, description="Codes of targets.", examples=[["factories-2026"]], max_length=TARGETS_LIMIT
    )


class EndpointFilterOut(BaseModel):
    """Which events are sent; an empty list lets everything pass, as does an event without that side."""

    regions: list[str] = Field(description="Two-digit codes.", examples=[["41"]])
    industries: list[str] = Field(description="Two-digit divisions.", examples=[["26"]])
    targets: list[str] = Field(description="Codes of targets.", examples=[["factories-2026"]])


class WebhookEndpointPatch(BaseModel):
    """The fields to change; null brings back a default."""

    model_config = ConfigDict(extra="forbid")

    url: str | None = Field(None, description=_URL, examples=["https://example.com/webhooks"], max_length=500)
    event_types: list[EventType] | None = Field(
        None, description=_EVENT_TYPES, examples=[["factory.verified", "pace.behind"]], max_length=len(EventType)
    )
    filter: EndpointFilterIn | None = Field(None, description="Which events are sent.", examples=[_EVERYTHING])
    description: str | None = Field(None, description=_DESCRIPTION, examples=["생산관리 시스템"], max_length=4000)
    max_in_flight: InFlight | None = Field(None, description=_IN_FLIGHT, examples=[IN_FLIGHT_DEFAULT])
    ordered: bool | None = Field(None, description=_ORDERED, examples=[False])


class WebhookEndpointIn(WebhookEndpointPatch):
    """An endpoint to be made."""

    organization_id: UUID | None = Field(
        None, description="Whose it is: by default the caller's; others' are the operator's to name.", examples=[_ID]
    )
    url: str = Field(description=_URL, examples=["https://example.com/webhooks"], max_length=500)


class HealthOut(BaseModel):
    """How it has been doing."""

    last_success_at: datetime | None = Field(description="The last delivery it took; null: none.", examples=[_AT])
    last_failure_at: datetime | None = Field(description="The last attempt that failed; null: none.", examples=[None])
    failing_since: datetime | None = Field(
        description="The first failure after the last success; null: it does not fail.", examples=[None]
    )
    pending: int = Field(description="Deliveries that wait to be sent.", examples=[0])
    held: int = Field(description="Deliveries that wait until it is resumed.", examples=[0])
    disable_at: datetime | None = Field(
        description="The earliest instant at which it is disabled if nothing succeeds; null: it does not fail.",
        examples=[None],
    )


class WebhookEndpointOut(BaseModel):
    """An endpoint, without its secret."""

    id: UUID = Field(description="Its id.", examples=[_ID])
    organization_id: UUID = Field(description="Whose it is.", examples=[_ID])
    url: str = Field(description=_URL, examples=["https://example.com/webhooks"])
    event_types: list[EventType] = Field(description=_EVENT_TYPES, examples=[["factory.verified"]])
    filter: EndpointFilterOut = Field(description="Which events are sent.", examples=[_EVERYTHING])
    description: str | None = Field(description=_DESCRIPTION, examples=["생산관리 시스템"])
    max_in_flight: int = Field(description=_IN_FLIGHT, examples=[IN_FLIGHT_DEFAULT])
    ordered: bool = Field(description=_ORDERED, examples=[False])
    state: EndpointState = Field(
        description="Whether deliveries are sent; a paused or disabled one holds them.", examples=["active"]
    )
    health: HealthOut = Field(description="How it has been doing; not part of its version.", examples=[_HEALTH])
    created_at: datetime = Field(description="When it was made.", examples=[_AT])
    registered_at: datetime = Field(description="The same as `created_at`.", examples=[_AT])
    updated_at: datetime = Field(description="When it was last changed.", examples=[_AT])
    version: int = Field(description="Rises by one with every change; the ETag.", examples=[1])


class WebhookEndpointWithSecretOut(WebhookEndpointOut):
    """An endpoint and its new secret. A repeated answer (Idempotency-Key) leaves `secret` out: it is shown once."""

    secret: str | None = Field(
        None, description="What requests are signed with, in this answer alone.", examples=["whsec_…"]
    )


class WebhookEndpointsOut(BaseModel):
    """A page of endpoints, the newest first."""

    items: list[WebhookEndpointOut] = Field(description="The newest first.", examples=[[]])
    next: str | None = Field(description=NEXT, examples=[None])


class RotationIn(BaseModel):
    """For how long the secrets before the new one stay valid."""

    model_config = ConfigDict(extra="forbid")

    overlap_hours: OverlapHours | None = Field(
        None,
        description=f"Hours for which older secrets sign too, at most; by default {OVERLAP_HOURS_DEFAULT}.",
        examples=[OVERLAP_HOURS_DEFAULT],
    )


class RecoveryIn(BaseModel):
    """From when on what was missed is sent."""

    model_config = ConfigDict(extra="forbid")

    since: datetime = Field(description="From this instant on, at most 90 days ago.", examples=["2026-11-20T00:00:00Z"])


class RecoveryOut(BaseModel):
    """What was missed."""

    deliveries: int = Field(description="How many deliveries are pending again, or for the first time.", examples=[12])
