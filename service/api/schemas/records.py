"""What factories and foundation models have in common."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

Status = Literal["submitted", "verified", "rejected", "withdrawn", "retired"]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Line = Annotated[str, Field(min_length=1, max_length=500)]
FreeText = Annotated[str, Field(min_length=1, max_length=4000)]


class RejectionOut(BaseModel):
    """Why the ministry turned the registration down."""

    reason_code: str = Field(description="The kind of reason.", examples=["no_evidence"])
    reason: str = Field(description="The reason in words.", examples=["증빙 자료를 보완해 주십시오."])


class IndustryOfRecordOut(BaseModel):
    """An industry, named by its division."""

    code: str = Field(description="KSIC Rev. 11, two to five digits.", examples=["26110"])
    division: str = Field(description="The two-digit division it rolls up to.", examples=["26"])
    name_ko: str = Field(
        description="The division's Korean name.", examples=["전자 부품, 컴퓨터, 영상, 음향 및 통신장비 제조업"]
    )
    name_en: str = Field(description="The division's English name.", examples=["Manufacture of electronic components"])


class RecordOut(BaseModel):
    """What everyone who sees a record sees of it."""

    id: UUID = Field(description="UUIDv7.", examples=["019ab5e2-7b3a-7c11-9d4e-2f6a8c0b1d3e"])
    registry_number: str = Field(description="What people quote.", examples=["AXF-2026-00042"])
    name: str = Field(description="Korean name.", examples=["수원 1공장"])
    name_en: str | None = Field(description="English name.", examples=["Suwon plant 1"])
    organization_id: UUID = Field(description="Whose it is.", examples=["019ab5e2-0000-7000-8000-000000000001"])
    status: Status = Field(description="Where it stands; verified and retired records count.", examples=["verified"])
    registered_on: date = Field(description="Day of registration in Seoul.", examples=["2026-03-02"])
    retired_on: date | None = Field(description="Day on which it ended.", examples=[None])
    synthetic: bool = Field(description="True: demonstration data.", examples=[False])
    created_at: datetime = Field(description="Instant of registration.", examples=["2026-03-02T01:02:03.000004Z"])
    registered_at: datetime = Field(description="The same as created_at.", examples=["2026-03-02T01:02:03.000004Z"])
    updated_at: datetime = Field(description="Instant of the last change.", examples=["2026-03-02T01:02:03.000004Z"])
    version: int = Field(description="The ETag without quotes.", examples=[1])


EXTERNAL_REF = "The company's own id, unique within the organization."
REGISTERED_ON = "An earlier day of registration, when an older register is brought in; ministry only."
NEXT = "Cursor of the next page; null on the last one."
