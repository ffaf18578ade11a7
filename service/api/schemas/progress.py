"""Progress."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.targets import Metric, PlanBasis, State
from service.core.targets import GOAL_AT_MOST

Pace = Literal["not_started", "ahead", "on_track", "at_risk", "behind", "met", "missed"]
_BAND = (
    "{quantile} of the final value, drawn back along the plan's shape to today's value: an aid to the eye, to 1 place; "
    "null up to today."
)


class PipelineOut(BaseModel):
    """What is registered and does not count yet."""

    planned: int = Field(description="Submitted records dated after `as_of`, up to `due_on`.", examples=[12])
    waiting: int = Field(description="Submitted records whose date has come.", examples=[4])
    if_all_land: int = Field(description="The value if all of them came to count.", examples=[92])


class ForecastOut(BaseModel):
    """What the value may be in the end, from what was known by the end of the day."""

    probability: float | None = Field(
        description="Of meeting the goal by `due_on`, the waiting and the pipeline taken into account, to 4 places; "
        "null while `not_started`.",
        examples=[0.1234],
    )
    p10: int = Field(description="The final value is at most this with a chance of one in ten.", examples=[81])
    p50: int = Field(description="The middle of what the final value may be.", examples=[90])
    p90: int = Field(description="The final value is at most this with a chance of nine in ten.", examples=[99])
    expected_on: date | None = Field(
        description="When the goal is reached at this pace; null if that is beyond ten years or nothing has landed.",
        examples=["2027-02-18"],
    )


class ProgressOut(BaseModel):
    """Where a target stands on a day; rounded half up."""

    code: str = Field(description="The target's code.", examples=["factories-2026"])
    name_ko: str = Field(description="Korean name.", examples=["2026년 AI 팩토리 100개"])
    name_en: str = Field(description="English name.", examples=["100 AI factories in 2026"])
    metric: Metric = Field(description="What is counted.", examples=["factories"])
    target_version: int = Field(description="The revision by which the day is judged.", examples=[1])
    state: State = Field(description="Whether the target is still watched.", examples=["active"])
    plan_basis: PlanBasis = Field(description="Whether the plan's shape is an assumption.", examples=["assumed"])
    as_of: date = Field(description="The day looked at.", examples=["2026-11-22"])
    known_at: datetime = Field(
        description="The register is shown as known at this instant; ask with it to get the same again.",
        examples=["2026-11-22T00:00:00.000000Z"],
    )
    synthetic: bool = Field(
        description="Whether some of the target's records were made up for demonstration.", examples=[False]
    )
    value: int = Field(description="The baseline and every record that counts by the day.", examples=[76])
    goal: int = Field(description="How many are to be there by `due_on`.", examples=[100])
    remaining: int = Field(description="How many are missing; not below 0.", examples=[24])
    share: float = Field(description="`value / goal`, to 3 places.", examples=[0.76])
    waiting: int = Field(description="Submitted records whose date has come: not yet looked at.", examples=[4])
    plan: float = Field(description="What the plan asks for by the end of the day, to 1 place.", examples=[89.3])
    gap: float = Field(description="`value - plan`, to 1 place.", examples=[-13.3])
    schedule_index: float | None = Field(
        description="What was achieved per unit planned, to 3 places; null while the plan has not moved.",
        examples=[0.851],
    )
    days_ahead: int | None = Field(
        description="Earned schedule in days; negative is behind; null before `starts_on`.", examples=[-48]
    )
    rate_required: float | None = Field(
        description="Needed per 30 days to meet the goal, to 1 place; null when no day is left.", examples=[18.5]
    )
    rate_recent: float | None = Field(
        description="Had per 30 days over the last 90 (or since `starts_on`), to 1 place.", examples=[7.3]
    )
    forecast: ForecastOut | None = Field(description="What may come; null for a day to come.")
    pipeline: PipelineOut = Field(description="What is registered and does not count yet.")
    pace: Pace | None = Field(
        description="The word for the day, as it stood at its end; null for a day to come.", examples=["behind"]
    )
    since: date | None = Field(
        description="The first of the days in a row with this pace; null for a day to come or before `starts_on`.",
        examples=["2026-11-03"],
    )
    summary: str = Field(
        description="One or two plain sentences, Korean unless English is preferred.",
        examples=["On 22 November 2026, AI factories stand at 76 of the 100 due by 31 December 2026."],
    )


class ProgressListOut(BaseModel):
    """The progress of every target."""

    items: list[ProgressOut] = Field(description="By code.", examples=[[]])
    next: None = Field(description="The list is whole.", examples=[None])


class SeriesPointOut(BaseModel):
    """A day of the chart."""

    on: date = Field(description="The day, at its end.", examples=["2026-11-30"])
    plan: float = Field(description="What the plan asks for, to 1 place.", examples=[91.5])
    value: int | None = Field(description="What is there; null after today.", examples=[76])
    p10: float | None = Field(description=_BAND.format(quantile="The tenth percentile"), examples=[77.2])
    p50: float | None = Field(description=_BAND.format(quantile="The median"), examples=[79.1])
    p90: float | None = Field(description=_BAND.format(quantile="The ninetieth percentile"), examples=[81.3])


class SeriesOut(BaseModel):
    """A target's window as a chart draws it."""

    items: list[SeriesPointOut] = Field(description="By day, from `starts_on` to `due_on`.", examples=[[]])


class WhatIfIn(BaseModel):
    """Records that nobody registered."""

    model_config = ConfigDict(extra="forbid")

    add: int = Field(description="How many more.", examples=[12], ge=1, le=GOAL_AT_MOST)
    by: date = Field(description="A day to come: they are dated evenly from tomorrow to it.", examples=["2026-12-31"])
