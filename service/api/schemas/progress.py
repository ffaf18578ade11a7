"""Progress."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from service.api.schemas.targets import Metric, PlanBasis, State


class PipelineOut(BaseModel):
    """What is registered and does not count yet."""

    planned: int = Field(description="Submitted records dated after `as_of`, up to `due_on`.", examples=[12])
    waiting: int = Field(description="Submitted records whose date has come.", examples=[4])
    if_all_land: int = Field(description="The value if all of them came to count.", examples=[92])


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
    pipeline: PipelineOut = Field(description="What is registered and does not count yet.")


class ProgressListOut(BaseModel):
    """The progress of every target."""

    items: list[ProgressOut] = Field(description="By code.", examples=[[]])
    next: None = Field(description="The list is whole.", examples=[None])
