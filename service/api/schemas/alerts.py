"""Alerts."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.progress import ProgressOut
from service.api.schemas.records import NEXT

Level = Literal["behind", "missed"]
State = Literal["open", "acknowledged", "resolved"]
Remark = Annotated[str, Field(min_length=1, max_length=4000)]
_ID = "019ab2c4-7d10-7abc-9def-0123456789ab"
_AT = "2026-11-22T00:00:00.000000Z"


class AcknowledgeIn(BaseModel):
    """That somebody has looked."""

    model_config = ConfigDict(extra="forbid")

    note: Remark = Field(description="What follows from it; read by all.", examples=["12월 추가 공모를 준비합니다."])


class SnoozeIn(BaseModel):
    """Until when nobody is to be reminded, and why."""

    model_config = ConfigDict(extra="forbid")

    until: datetime | date = Field(
        description="An instant ahead, or a date for the end of that day in Seoul; at most 366 days ahead.",
        examples=["2026-12-31"],
    )
    reason: Remark = Field(description="Why; kept in the audit.", examples=["추경 심의 중"])


class SnapshotOut(ProgressOut):
    """The progress of a target as it was, in both languages."""

    summary: str = Field(description="It in words, in Korean.", examples=["2026년 11월 22일 기준 AI 팩토리는 …"])
    summary_en: str = Field(description="It in words, in English.", examples=["On 22 November 2026, AI factories …"])


class AcknowledgementOut(BaseModel):
    """Who has looked at an alert."""

    by: str = Field(description="The label of their key.", examples=["제조AI정책과"])
    at: datetime = Field(description="When.", examples=[_AT])
    note: str = Field(description="What they say of it.", examples=["12월 추가 공모를 준비합니다."])


class AlertOut(BaseModel):
    """That a target is behind, or was missed. At most one alert of a target is not resolved."""

    id: str = Field(description="The alert's id.", examples=[_ID])
    target: str = Field(description="The target's code.", examples=["factories-2026"])
    level: Level = Field(
        description="What the alert says; a `behind` one can be raised to `missed`.", examples=["behind"]
    )
    state: State = Field(description="Whether somebody has to look, has looked, or it is over.", examples=["open"])
    opened_at: datetime = Field(description="When it was opened.", examples=[_AT])
    since: date = Field(description="The first of the days in a row with this pace.", examples=["2026-11-20"])
    resolved_at: datetime | None = Field(description="When it was over.", examples=[None])
    summary: str = Field(
        description="The snapshot's sentences, in the caller's language.", examples=["2026년 11월 22일 기준 …"]
    )
    snapshot: SnapshotOut = Field(description="The progress at its opening, or when its level last changed.")
    acknowledgement: AcknowledgementOut | None = Field(description="Who has looked; null while nobody has.")
    snoozed_until: datetime | None = Field(description="No reminder comes before.", examples=[None])
    synthetic: bool = Field(
        description="Whether some of the target's records were made up for demonstration.", examples=[False]
    )
    created_at: datetime = Field(description="The same as `opened_at`.", examples=[_AT])
    updated_at: datetime = Field(description="When it last changed.", examples=[_AT])
    version: int = Field(description="Rises by one with every change; the ETag.", examples=[1])


class AlertsOut(BaseModel):
    """A page of alerts."""

    items: list[AlertOut] = Field(description="The newest first.", examples=[[]])
    next: str | None = Field(description=NEXT, examples=[None])
