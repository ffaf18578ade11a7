"""API keys."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.records import NEXT, Line

KeyRole = Literal["company", "partner", "ministry", "operator"]
_ID = "019ab2c4-7d10-7abc-9def-0123456789ab"
_ROLE = "What its bearer is; fits the organization's kind. Operator keys are managed by operators only."
_AT = "2026-11-22T00:00:00.000000Z"


class ApiKeyIn(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(extra="forbid")

    label: Line = Field(description="What it is for; the audit shows it.", examples=["생산관리 시스템"])
    role: KeyRole = Field(description=_ROLE, examples=["company"])
    expires_at: datetime | None = Field(
        None, description="Refused from this instant on; null: never.", examples=["2027-12-31T15:00:00Z"]
    )


class ApiKeyOut(BaseModel):
    """A key that is not revoked, without the key itself."""

    id: UUID = Field(description="Its id.", examples=[_ID])
    organization_id: UUID = Field(description="Whose it is.", examples=[_ID])
    label: str = Field(description="What it is for.", examples=["생산관리 시스템"])
    role: KeyRole = Field(description=_ROLE, examples=["company"])
    prefix: str = Field(description="The eight characters after `axr_`, to tell keys apart.", examples=["Zk3v9QpX"])
    created_at: datetime = Field(description="When it was made.", examples=[_AT])
    expires_at: datetime | None = Field(description="Refused from this instant on; null: never.", examples=[None])
    last_used_at: datetime | None = Field(description="Last use, to the minute; null: none.", examples=[None])


class NewApiKeyOut(ApiKeyOut):
    """A new key. A repeated answer (Idempotency-Key) leaves `key` out: it is shown once."""

    key: str | None = Field(None, description="The key itself, in this answer alone.", examples=["axr_…"])


class ApiKeysOut(BaseModel):
    """A page of keys, the newest first."""

    items: list[ApiKeyOut] = Field(description="Revoked ones are left out; the audit has them.", examples=[[]])
    next: str | None = Field(description=NEXT, examples=[None])
