"""The feed of events."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, create_model

from service.api.schemas.factories import FactoryOut
from service.api.schemas.foundation_models import FoundationModelOut
from service.api.schemas.progress import ProgressOut
from service.api.schemas.targets import TargetOut
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


# What `data` holds, by kind of event. Records are shown as everyone who sees them sees them: a record's schema requires
# these fields of itself, and leaves the private ones out for others.


def _public(model: type[BaseModel], name: str, words: str) -> type[BaseModel]:
    fields: dict[str, Any] = {
        key: (field.annotation, field) for key, field in model.model_fields.items() if field.is_required()
    }
    return create_model(name, __doc__=words, **fields)


def _with(model: type[BaseModel], name: str, words: str, **fields: Any) -> type[BaseModel]:
    return create_model(name, __doc__=words, __base__=model, **fields)


_CHANGED = (
    list[str],
    Field(
        description="The names of the fields that changed, private ones too, whose values are never told.",
        examples=[["adoption_date", "status"]],
    ),
)
_CORRECTED = (
    bool,
    Field(False, description="True: `met` or `missed` was told before and is taken back.", examples=[True]),
)
_SUMMARY_EN = (
    str,
    Field(
        description="`summary`, which is Korean here, in English.",
        examples=["On 22 November 2026, AI factories stand at 76 of the 100 due by 31 December 2026."],
    ),
)

FactoryData = _public(FactoryOut, "FactoryData", "A factory as a partner's GET gives it.")
ChangedFactoryData = _with(FactoryData, "ChangedFactoryData", "A factory, and what changed of it.", changed=_CHANGED)
FoundationModelData = _public(
    FoundationModelOut, "FoundationModelData", "A foundation model as a partner's GET gives it."
)
ChangedFoundationModelData = _with(
    FoundationModelData, "ChangedFoundationModelData", "A foundation model, and what changed of it.", changed=_CHANGED
)
TargetData = _with(TargetOut, "TargetData", "A target as it stands now.")
DecidedTargetData = _with(TargetOut, "DecidedTargetData", "A target that was met or missed.", corrected=_CORRECTED)
PaceData = _with(
    ProgressOut,
    "PaceData",
    "The progress of the day whose pace is told.",
    summary_en=_SUMMARY_EN,
    corrected=_CORRECTED,
)


class ImportData(BaseModel):
    """An import that has come to its end."""

    id: UUID = Field(description="The import's id.", examples=["019ab5e2-9d00-7000-8000-000000000009"])
    status: Literal["completed"] = Field(description="How it ended.", examples=["completed"])
    mode: Literal["all", "valid"] = Field(description="Whether one bad row kept all out.", examples=["valid"])
    rows: int = Field(description="The rows of the file.", examples=[120])
    created: int = Field(description="Records that were registered.", examples=[97])
    updated: int = Field(description="Records that were changed.", examples=[15])
    unchanged: int = Field(description="Records that were the same already.", examples=[6])
    failed: int = Field(description="Rows that could not be taken.", examples=[2])
