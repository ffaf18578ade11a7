"""Who is calling."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from service.api.schemas.api_keys import KeyRole
from service.api.schemas.organizations import OrganizationOut


class MyKeyOut(BaseModel):
    """The key that was presented."""

    id: UUID = Field(description="Its id.", examples=["019ab2c4-7d10-7abc-9def-0123456789ab"])
    label: str = Field(description="What it is for.", examples=["생산관리 시스템"])
    expires_at: datetime | None = Field(description="Refused from this instant on; null: never.", examples=[None])


class MeOut(BaseModel):
    """The caller."""

    organization: OrganizationOut = Field(description="The caller's organization.")
    role: KeyRole = Field(description="What the caller is.", examples=["company"])
    key: MyKeyOut = Field(description="The key that was presented.")
    may: list[str] = Field(description="What the role may do.", examples=[["me:read", "records:read"]])
