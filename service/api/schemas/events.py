"""The feed of events."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from service.core.events import SEQUENCE_DIGITS, SOURCE, EventType

_ID = "evt_019ab2c47d107abc9def0123456789ab"
_SUBJECT = "factories/019ab5e2-7b3a-7c11-9d4e-2f6a8c0b1d3e"
_AT = "2026-11-22T00:00:00.000000Z"


class EventOut(BaseModel):
    """An event: a CloudEvents 1.0 structured event that is also a Standard Webhooks payload."""

    specversion: Literal["1.0"] = Field(description="The version of CloudEvents.", examples=["1.0"])
    id: str = Field(
        description="The event's id, the same in every delivery, and the `webhook-id`.",
        pattern="^evt_[0-9a-f]{32}$",
        examples=[_ID],
    )
    source: Literal["urn:ax-registry"] = Field(description="Whose event it is.", examples=[SOURCE])
    type: EventType = Field(description="What happened.", examples=["factory.verified"])
    subject: str = Field(description="What it happened to.", examples=[_SUBJECT])
    time: datetime = Field(description="When.", examples=[_AT])
    timestamp: datetime = Field(description="The same as `time`.", examples=[_AT])
    datacontenttype: Literal["application/json"] = Field(description="What `data` is.", examples=["application/json"])
    dataschema: str = Field(
        description="Where the schema of this document is, relative to the registry.",
        examples=["/openapi/events/factory.verified.schema.json"],
    )
    sequence: str = Field(
        description="Counts the subject's events from 1, so that they can be put in order.",
        pattern=f"^[0-9]{{{SEQUENCE_DIGITS}}}$",
        examples=["0000000001"],
    )
    data: dict[str, Any] = Field(
        description="The record as a partner's GET gives it, the progress or the target; its schema names it.",
        examples=[{"id": "019ab5e2-7b3a-7c11-9d4e-2f6a8c0b1d3e", "status": "verified"}],
    )


class EventsOut(BaseModel):
    """A page of the feed."""

    items: list[EventOut] = Field(description="The events in the feed's order.")
    next: str = Field(description="The place to go on from, also when nothing came.", examples=["kJ0aYw…"])
