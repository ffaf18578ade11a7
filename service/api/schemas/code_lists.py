"""Regions and industries."""

from datetime import date

from pydantic import BaseModel, Field


class RegionOut(BaseModel):
    """A first-level region, in force or retired."""

    code: str = Field(description="The ministry of the interior's two-digit code.", examples=["41"])
    iso: str | None = Field(description="ISO 3166-2 code; null where ISO has none yet.", examples=["KR-41"])
    name_ko: str = Field(description="Korean full name.", examples=["경기도"])
    name_en: str = Field(description="English full name.", examples=["Gyeonggi-do"])
    short_ko: str = Field(description="Korean short name.", examples=["경기"])
    short_en: str = Field(description="English short name.", examples=["Gyeonggi"])
    type: str = Field(description="Kind of region.", examples=["province"])
    valid_from: date | None = Field(
        description="First day in force; null: before the register.", examples=["2026-07-01"]
    )
    valid_to: date | None = Field(description="Last day in force; null: still is.", examples=["2026-06-30"])
    successor: str | None = Field(description="Code of the region it was merged into.", examples=["12"])


class RegionsOut(BaseModel):
    """All regions."""

    items: list[RegionOut] = Field(description="By code.", examples=[[]])
    next: None = Field(description="The list is whole.", examples=[None])


class IndustryOut(BaseModel):
    """A division of section C of KSIC Rev. 11."""

    code: str = Field(description="The two-digit division.", examples=["26"])
    name_ko: str = Field(description="Korean name.", examples=["식료품 제조업"])
    name_en: str = Field(description="English name.", examples=["Manufacture of food products"])


class IndustriesOut(BaseModel):
    """All divisions."""

    items: list[IndustryOut] = Field(description="By code.", examples=[[]])
    next: None = Field(description="The list is whole.", examples=[None])
