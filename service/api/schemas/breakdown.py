"""What a target's value is made of."""

from datetime import date, datetime

from pydantic import BaseModel, Field


class PartOut(BaseModel):
    """One part of the value."""

    key: str | None = Field(
        description="The region's code, the division, the project type, the foundation model's id, or the month as "
        "`2026-03`; null for what has none, and for the target's baseline.",
        examples=["41"],
    )
    name_ko: str = Field(description="Korean name.", examples=["경기도"])
    name_en: str = Field(description="English name.", examples=["Gyeonggi-do"])
    value: int = Field(description="Records that count by the day; a factory once per foundation model.", examples=[17])
    share: float = Field(description="`value` / the target's value, to 3 places.", examples=[0.224])
    planned: int | None = Field(
        None, description="Submitted, dated after `as_of`; left out for callers without a key.", examples=[3]
    )
    waiting: int | None = Field(
        None, description="Submitted, their date has come; left out for callers without a key.", examples=[1]
    )
    gap: float | None = Field(
        None,
        description="By month alone: `value` less what the plan rises by in the month, to 1 place. The gaps add up to "
        "the target's; null in months after `as_of`.",
        examples=[-1.4],
    )


class BreakdownOut(BaseModel):
    """A target's value, split up."""

    items: list[PartOut] = Field(description="By key; last what has none.", examples=[[]])
    next: None = Field(description="The list is whole.", examples=[None])
    as_of: date = Field(description="The day looked at.", examples=["2026-11-22"])
    known_at: datetime = Field(
        description="The register is shown as known at this instant; ask with it to get the same again.",
        examples=["2026-11-22T00:00:00.000000Z"],
    )
    synthetic: bool = Field(
        description="Whether some of the target's records were made up for demonstration.", examples=[False]
    )
