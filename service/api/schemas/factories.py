"""AI factories."""

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

ProjectType = Literal["large_scale", "mini", "cooperation", "humanoid", "full_stack"]
UseCase = Literal[
    "quality_inspection",
    "predictive_maintenance",
    "process_optimization",
    "process_control",
    "energy_management",
    "logistics",
    "safety",
    "design",
    "other",
]
_ORGANIZATION = "Whose it is; a company may leave it out."
_REGION = "Code, ISO code, or short or full name in either language; a retired code means its successor."
_INDUSTRY = "KSIC Rev. 11, section C: two to five digits, also `C26`."
_ADOPTION = "The day it goes into operation; ahead of today it is a plan."
_MODELS = "Verified or retired foundation models, and one's own."
_EVIDENCE = "Up to five https links. Private."


class FactoryIn(BaseModel):
    """A factory to be registered."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(description="Korean name.", examples=["수원 1공장"])
    name_en: Name | None = Field(None, description="English name.", examples=["Suwon plant 1"])
    organization_id: UUID | None = Field(None, description=_ORGANIZATION, examples=[None])
    region: Line = Field(description=_REGION, examples=["경기"])
    industry: str = Field(description=_INDUSTRY, examples=["26110"])
    adoption_date: date = Field(description=_ADOPTION, examples=["2026-03-02"])
    foundation_model_ids: list[UUID] | None = Field(None, description=_MODELS, examples=[[]], max_length=50)
    project_type: ProjectType | None = Field(None, description="Kind of project.", examples=["mini"])
    use_cases: list[UseCase] | None = Field(None, description="What AI is used for.", examples=[["quality_inspection"]])
    external_ref: Line | None = Field(None, description=EXTERNAL_REF, examples=["PLANT-7"])
    address: FreeText | None = Field(None, description="Private.", examples=["경기도 수원시 가상로 1"])
    contact_name: Name | None = Field(None, description="Private; erasable.", examples=["홍길동"])
    contact_email: str | None = Field(None, description="Private; erasable.", examples=["ax@example.com"])
    notes: FreeText | None = Field(None, description="Private.", examples=["2차 라인 포함"])
    evidence: list[str] | None = Field(None, description=_EVIDENCE, examples=[["https://example.com/report"]])
    registered_on: date | None = Field(None, description=REGISTERED_ON, examples=[None])


class FactoryPatch(BaseModel):
    """The fields to change; null clears one."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = Field(None, description="Korean name.", examples=["수원 1공장"])
    name_en: Name | None = Field(None, description="English name.", examples=["Suwon plant 1"])
    organization_id: UUID | None = Field(None, description="Ministry only.", examples=[None])
    region: Line | None = Field(None, description=_REGION, examples=["경기"])
    industry: str | None = Field(None, description=_INDUSTRY, examples=["26110"])
    adoption_date: date | None = Field(None, description=_ADOPTION, examples=["2026-03-02"])
    foundation_model_ids: list[UUID] | None = Field(None, description=_MODELS, examples=[[]], max_length=50)
    project_type: ProjectType | None = Field(None, description="Kind of project.", examples=["mini"])
    use_cases: list[UseCase] | None = Field(None, description="What AI is used for.", examples=[["quality_inspection"]])
    external_ref: Line | None = Field(None, description=EXTERNAL_REF, examples=["PLANT-7"])
    address: FreeText | None = Field(None, description="Private.", examples=["경기도 수원시 가상로 1"])
    contact_name: Name | None = Field(None, description="Private; erasable.", examples=["홍길동"])
    contact_email: str | None = Field(None, description="Private; erasable.", examples=["ax@example.com"])
    notes: FreeText | None = Field(None, description="Private.", examples=["2차 라인 포함"])
    evidence: list[str] | None = Field(None, description=_EVIDENCE, examples=[["https://example.com/report"]])


class RegionOfRecordOut(BaseModel):
    """A region as a record shows it."""

    code: str = Field(description="The ministry of the interior's two-digit code.", examples=["41"])
    iso: str | None = Field(description="ISO 3166-2 code; null where ISO has none yet.", examples=["KR-41"])
    name_ko: str = Field(description="Korean name.", examples=["경기도"])
    name_en: str = Field(description="English name.", examples=["Gyeonggi-do"])


class FactoryOut(RecordOut):
    """A factory; private fields are there for its organization and the ministry alone."""

    region: RegionOfRecordOut = Field(description="Where it stands.")
    industry: IndustryOfRecordOut = Field(description="What it makes.")
    adoption_date: date = Field(description=_ADOPTION, examples=["2026-03-02"])
    foundation_model_ids: list[UUID] = Field(description="The models it uses.", examples=[[]])
    project_type: ProjectType | None = Field(description="Kind of project.", examples=["mini"])
    use_cases: list[UseCase] = Field(description="What AI is used for.", examples=[["quality_inspection"]])
    external_ref: str | None = Field(None, description=f"{EXTERNAL_REF} Private.", examples=["PLANT-7"])
    address: str | None = Field(None, description="Private.", examples=["경기도 수원시 가상로 1"])
    notes: str | None = Field(None, description="Private.", examples=["2차 라인 포함"])
    evidence: list[str] | None = Field(None, description="Private.", examples=[["https://example.com/report"]])
    rejection: RejectionOut | None = Field(None, description="Private.")
    contact_name: str | None = Field(None, description="Private.", examples=["홍길동"])
    contact_email: str | None = Field(None, description="Private.", examples=["ax@example.com"])


class FactoriesOut(BaseModel):
    """A page of factories."""

    items: list[FactoryOut] = Field(description="The factories.")
    next: str | None = Field(description=NEXT, examples=[None])
