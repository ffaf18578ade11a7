"""Foundation models."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.records import (
    EXTERNAL_REF,
    NEXT,
    REGISTERED_ON,
    FreeText,
    IndustryOfRecordOut,
    Line,
    Name,
    RecordOut,
    RejectionOut,
)

Kind = Literal["foundation", "industry", "process", "cooperation_leading"]
Modality = Literal["vision", "time_series", "language", "tabular", "audio", "action", "multimodal"]
Access = Literal["open", "alliance", "commercial"]
_KIND = "What the model is meant for."
_INDUSTRIES = "KSIC Rev. 11 codes of section C, two to five digits."
_RELEASED = "The day of release; ahead of today it is a plan."
_ORGANIZATION = "Its developer; a company may leave it out."


class FoundationModelIn(BaseModel):
    """A foundation model to be registered."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(description="Korean name.", examples=["용접 검사 모델"])
    name_en: Name | None = Field(None, description="English name.", examples=["Weld inspection model"])
    organization_id: UUID | None = Field(None, description=_ORGANIZATION, examples=[None])
    kind: Kind = Field(description=_KIND, examples=["process"])
    industries: list[str] | None = Field(None, description=_INDUSTRIES, examples=[["30"]], max_length=50)
    modalities: list[Modality] | None = Field(None, description="What it takes in.", examples=[["vision"]])
    access: Access = Field(description="Who may use it.", examples=["alliance"])
    model_version: Line = Field(description="The developer's own version.", examples=["1.2"])
    released_on: date = Field(description=_RELEASED, examples=["2026-03-02"])
    url: Line | None = Field(None, description="An https link.", examples=["https://example.com/model"])
    description: FreeText | None = Field(None, description="What it does.", examples=["용접 결함을 찾는 모델"])
    external_ref: Line | None = Field(None, description=EXTERNAL_REF, examples=["M-7"])
    registered_on: date | None = Field(None, description=REGISTERED_ON, examples=[None])


class FoundationModelPatch(BaseModel):
    """The fields to change; null clears one."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = Field(None, description="Korean name.", examples=["용접 검사 모델"])
    name_en: Name | None = Field(None, description="English name.", examples=["Weld inspection model"])
    organization_id: UUID | None = Field(None, description="Ministry only.", examples=[None])
    kind: Kind | None = Field(None, description=_KIND, examples=["process"])
    industries: list[str] | None = Field(None, description=_INDUSTRIES, examples=[["30"]], max_length=50)
    modalities: list[Modality] | None = Field(None, description="What it takes in.", examples=[["vision"]])
    access: Access | None = Field(None, description="Who may use it.", examples=["alliance"])
    model_version: Line | None = Field(None, description="The developer's own version.", examples=["1.2"])
    released_on: date | None = Field(None, description=_RELEASED, examples=["2026-03-02"])
    url: Line | None = Field(None, description="An https link.", examples=["https://example.com/model"])
    description: FreeText | None = Field(None, description="What it does.", examples=["용접 결함을 찾는 모델"])
    external_ref: Line | None = Field(None, description=EXTERNAL_REF, examples=["M-7"])


class FoundationModelOut(RecordOut):
    """A foundation model; private fields are there for its developer and the ministry alone."""

    registry_number: str = Field(description="What people quote.", examples=["AXM-2026-0007"])
    kind: Kind = Field(description=_KIND, examples=["process"])
    industries: list[IndustryOfRecordOut] = Field(description="What it is meant for.", examples=[[]])
    modalities: list[Modality] = Field(description="What it takes in.", examples=[["vision"]])
    access: Access = Field(description="Who may use it.", examples=["alliance"])
    model_version: str = Field(description="The developer's own version.", examples=["1.2"])
    released_on: date = Field(description=_RELEASED, examples=["2026-03-02"])
    url: str | None = Field(description="An https link.", examples=["https://example.com/model"])
    description: str | None = Field(description="What it does.", examples=["용접 결함을 찾는 모델"])
    external_ref: str | None = Field(None, description=f"{EXTERNAL_REF} Private.", examples=["M-7"])
    rejection: RejectionOut | None = Field(None, description="Private.")


class FoundationModelsOut(BaseModel):
    """A page of foundation models."""

    items: list[FoundationModelOut] = Field(description="The models.")
    next: str | None = Field(description=NEXT, examples=[None])
