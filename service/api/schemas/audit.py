"""The audit, and with it the history of a record."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from service.api.schemas.records import NEXT

_ID = "019ab2c4-7d10-7abc-9def-0123456789ab"


class ActorOut(BaseModel):
    """Who did it."""

    kind: str = Field(description="`api_key`, `command_line` or `migration`.", examples=["api_key"])
    id: str | None = Field(description="The key's id.", examples=[_ID])
    label: str = Field(description="The key's label.", examples=["생산관리 시스템"])


class RecordReferenceOut(BaseModel):
    """To which record."""

    type: str = Field(description="What kind of record.", examples=["organization"])
    id: str = Field(description="Its id; a target's code.", examples=[_ID])


class AuditEntryOut(BaseModel):
    """One change."""

    id: UUID = Field(description="The entry's id.", examples=[_ID])
    at: datetime = Field(description="When.", examples=["2026-11-22T00:00:00.000000Z"])
    actor: ActorOut = Field(description="Who.")
    action: str = Field(description="What was done.", examples=["updated"])
    record: RecordReferenceOut = Field(description="To what.")
    request_id: str | None = Field(description="In which request.", examples=["4f8a1f0e2c7d4f6ab1f8f5a2a3f0c9d1"])
    before: dict[str, Any] | None = Field(
        description="The changed fields as they were; null on creation.", examples=[{"name_en": None}]
    )
    after: dict[str, Any] | None = Field(
        description="The changed fields as they became; on creation the whole record.",
        examples=[{"name_en": "Gasang Precision"}],
    )
    changed: list[str] = Field(
        description="Names of the changed fields, also of contacts, whose values are kept nowhere.",
        examples=[["contact_email", "name_en"]],
    )


class AuditOut(BaseModel):
    """A page of the audit, the newest first."""

    items: list[AuditEntryOut] = Field(description="The entries.", examples=[[]])
    next: str | None = Field(description=NEXT, examples=[None])
