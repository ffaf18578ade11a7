"""Organizations."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.records import NEXT, Name

Kind = Literal["company", "partner", "ministry"]
State = Literal["active", "closed"]
_ID = "019ab2c4-7d10-7abc-9def-0123456789ab"
_AT = "2026-11-22T00:00:00.000000Z"
_NUMBER = "Ten digits, hyphens and spaces dropped; the check digit is verified; unique."
_EMAIL = "Private: kept apart from everything else."
_STATE = "The keys of a closed organization read, but can't write."


class OrganizationIn(BaseModel):
    """An organization to be registered."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(description="Korean name.", examples=["가상정밀"])
    name_en: Name | None = Field(None, description="English name.", examples=["Gasang Precision"])
    kind: Kind = Field(description="What it is; its keys' roles must fit.", examples=["company"])
    business_registration_number: str | None = Field(None, description=_NUMBER, examples=["123-45-67891"])
    contact_email: str | None = Field(None, description=_EMAIL, examples=["ax@example.com"])
    state: State | None = Field(None, description=_STATE, examples=["active"])


class OrganizationPatch(BaseModel):
    """The fields to change; null clears one. An owner changes `name_en` and `contact_email` only."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = Field(None, description="Korean name. Ministry only.", examples=["가상정밀"])
    name_en: Name | None = Field(None, description="English name.", examples=["Gasang Precision"])
    kind: Kind | None = Field(None, description="Ministry only; its keys' roles must fit.", examples=["company"])
    business_registration_number: str | None = Field(
        None, description=f"{_NUMBER} Ministry only.", examples=["123-45-67891"]
    )
    contact_email: str | None = Field(None, description=_EMAIL, examples=["ax@example.com"])
    state: State | None = Field(None, description=f"{_STATE} Ministry only.", examples=["closed"])


class OrganizationOut(BaseModel):
    """An organization, as itself and the ministry see it."""

    id: UUID = Field(description="Its id.", examples=[_ID])
    name: str = Field(description="Korean name.", examples=["가상정밀"])
    name_en: str | None = Field(description="English name.", examples=["Gasang Precision"])
    kind: Kind = Field(description="What it is.", examples=["company"])
    business_registration_number: str | None = Field(description="Ten digits.", examples=["1234567891"])
    state: State = Field(description=_STATE, examples=["active"])
    synthetic: bool = Field(description="Whether it belongs to the demo register.", examples=[False])
    created_at: datetime = Field(description="When it was registered.", examples=[_AT])
    registered_at: datetime = Field(description="The same as `created_at`.", examples=[_AT])
    updated_at: datetime = Field(description="When it was last changed.", examples=[_AT])
    version: int = Field(description="Rises by one with every change; the ETag.", examples=[1])
    contact_email: str | None = Field(description=_EMAIL, examples=["ax@example.com"])


class OrganizationsOut(BaseModel):
    """A page of organizations."""

    items: list[OrganizationOut] = Field(description="Those the caller sees.", examples=[[]])
    next: str | None = Field(description=NEXT, examples=[None])
