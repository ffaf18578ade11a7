"""Targets and their revisions."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.api.schemas.records import NEXT, Line, Name
from service.core.target_fields import POINTS_LIMIT, REGIONS_LIMIT
from service.core.targets import GOAL_AT_MOST, HOLD_DAYS_AT_MOST

Metric = Literal["factories", "foundation_models"]
PlanBasis = Literal["assumed", "confirmed"]
State = Literal["active", "closed"]
ProjectType = Literal["large_scale", "mini", "cooperation", "humanoid", "full_stack"]
ModelKind = Literal["foundation", "industry", "process", "cooperation_leading"]
Reason = Annotated[str, Field(min_length=1, max_length=4000)]
Goal = Annotated[int, Field(ge=1, le=GOAL_AT_MOST)]
Count = Annotated[int, Field(ge=0, le=GOAL_AT_MOST)]
Probability = Annotated[float, Field(ge=0, le=1)]
HoldDays = Annotated[int, Field(ge=1, le=HOLD_DAYS_AT_MOST)]
_AT = "2026-11-22T00:00:00.000000Z"
_CODE = "What it is called by: lower-case letters, digits and hyphens; unique, and never changed."
_COUNTS_FROM = "First day whose records count; by default, and at most, `starts_on`."
_BASELINE = "Achievements before the register that are not itemised."
_TRAJECTORY = "Points the plan passes through: days strictly rising inside the window, values never falling."
_CALL = "Last day of a call that is still to come; until then low days do not count towards `behind`."
_REASON = "Why; kept with the revision and read by all."
_POINT = {"on": "2026-12-31", "value": 100}
_EVERYTHING: dict[str, list[str]] = {"regions": [], "industries": [], "project_types": [], "model_kinds": []}


class PointModel(BaseModel):
    """A point that the plan passes through."""

    model_config = ConfigDict(extra="forbid")

    on: date = Field(description="A day inside the window.", examples=["2026-12-31"])
    value: Count = Field(description="How many by the end of the day.", examples=[100])


class FilterIn(BaseModel):
    """Which records count; an empty list lets everything pass."""

    model_config = ConfigDict(extra="forbid")

    regions: list[str] | None = Field(
        None, description="Regions in any form.", examples=[["경기"]], max_length=REGIONS_LIMIT
    )
    industries: list[str] | None = Field(None, description="Industries; divisions are kept.", examples=[["26"]])
    project_types: list[ProjectType] | None = Field(None, description="Of factories.", examples=[["mini"]])
    model_kinds: list[ModelKind] | None = Field(None, description="Of foundation models.", examples=[[]])


class FilterOut(BaseModel):
    """Which records count; an empty list lets everything pass."""

    regions: list[str] = Field(description="Two-digit codes.", examples=[["41"]])
    industries: list[str] = Field(description="Two-digit divisions.", examples=[["26"]])
    project_types: list[ProjectType] = Field(description="Of factories.", examples=[["mini"]])
    model_kinds: list[ModelKind] = Field(description="Of foundation models.", examples=[[]])


class AlertPolicyIn(BaseModel):
    """When the pace is called `behind`; what is left out has its default."""

    model_config = ConfigDict(extra="forbid")

    raise_below: Probability | None = Field(None, description="Entered below; less than `clear_above`.", examples=[0.1])
    clear_above: Probability | None = Field(None, description="Left above.", examples=[0.3])
    hold_days: HoldDays | None = Field(None, description="Days in a row before it is entered.", examples=[7])


class AlertPolicyOut(BaseModel):
    """When the pace is called `behind`."""

    raise_below: Probability = Field(description="Entered below this probability.", examples=[0.1])
    clear_above: Probability = Field(description="Left above this probability.", examples=[0.3])
    hold_days: HoldDays = Field(description="Days in a row before it is entered.", examples=[7])


class TargetIn(BaseModel):
    """A target to be set."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(description=_CODE, examples=["factories-2027"], pattern=r"^[a-z0-9-]{1,60}$")
    name_ko: Name = Field(description="Korean name.", examples=["2027년 AI 팩토리 200개"])
    name_en: Name = Field(description="English name.", examples=["200 AI factories in 2027"])
    metric: Metric = Field(description="What is counted; never changed.", examples=["factories"])
    counts_from: date | None = Field(None, description=_COUNTS_FROM, examples=["2027-01-01"])
    starts_on: date = Field(description="First day of the window.", examples=["2027-01-01"])
    due_on: date = Field(description="Last day of the window, at most 20 years long.", examples=["2027-12-31"])
    goal: Goal = Field(description="How many by then.", examples=[200])
    baseline: Count | None = Field(None, description=_BASELINE, examples=[0])
    trajectory: list[PointModel] | None = Field(None, description=_TRAJECTORY, examples=[[]], max_length=POINTS_LIMIT)
    plan_basis: PlanBasis | None = Field(
        None, description="Whether the plan's shape is confirmed; by default assumed.", examples=["assumed"]
    )
    call_closes_on: date | None = Field(None, description=_CALL, examples=["2027-09-30"])
    filter: FilterIn | None = Field(None, description="Which records count.", examples=[_EVERYTHING])
    alert_policy: AlertPolicyIn | None = Field(
        None, description="When the pace is called behind.", examples=[{"hold_days": 7}]
    )
    source: Line | None = Field(None, description="Where the number comes from.", examples=["Yonhap News"])
    reason: Reason | None = Field(None, description=_REASON, examples=["2027년 사업 계획"])


class TargetPatch(BaseModel):
    """The fields to change and why; null brings back a default."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason = Field(description=_REASON, examples=["2026년 이전 실적 102개를 반영"])
    name_ko: Name | None = Field(None, description="Korean name.", examples=["2030년까지 AI 팩토리 500개"])
    name_en: Name | None = Field(None, description="English name.", examples=["500 AI factories by 2030"])
    counts_from: date | None = Field(None, description=_COUNTS_FROM, examples=["2026-01-01"])
    starts_on: date | None = Field(None, description="First day of the window.", examples=["2026-01-01"])
    due_on: date | None = Field(None, description="Last day of the window.", examples=["2030-12-31"])
    goal: Goal | None = Field(None, description="How many by then.", examples=[500])
    baseline: Count | None = Field(None, description=_BASELINE, examples=[102])
    trajectory: list[PointModel] | None = Field(
        None, description=_TRAJECTORY, examples=[[{"on": "2026-12-31", "value": 202}]], max_length=POINTS_LIMIT
    )
    plan_basis: PlanBasis | None = Field(
        None, description="Whether the plan's shape is confirmed.", examples=["confirmed"]
    )
    call_closes_on: date | None = Field(None, description=_CALL, examples=["2026-09-30"])
    filter: FilterIn | None = Field(None, description="Its parts are merged too.", examples=[{"regions": ["41"]}])
    alert_policy: AlertPolicyIn | None = Field(
        None, description="Its parts are merged too.", examples=[{"hold_days": 14}]
    )
    source: Line | None = Field(None, description="Where the number comes from.", examples=["Yonhap News"])


class TargetCloseIn(BaseModel):
    """Why the target is closed."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason | None = Field(None, description=_REASON, examples=["사업 종료"])


class TargetFieldsOut(BaseModel):
    """A target as one revision of it says."""

    code: str = Field(description=_CODE, examples=["factories-2030"])
    name_ko: str = Field(description="Korean name.", examples=["2030년까지 AI 팩토리 500개"])
    name_en: str = Field(description="English name.", examples=["500 AI factories by 2030"])
    metric: Metric = Field(description="What is counted.", examples=["factories"])
    counts_from: date = Field(description="First day whose records count.", examples=["2025-09-10"])
    starts_on: date = Field(description="First day of the window.", examples=["2026-01-01"])
    due_on: date = Field(description="Last day of the window.", examples=["2030-12-31"])
    goal: int = Field(description="How many by then.", examples=[500])
    baseline: int = Field(description=_BASELINE, examples=[0])
    trajectory: list[PointModel] = Field(description=_TRAJECTORY, examples=[[_POINT]])
    plan_basis: PlanBasis = Field(description="Whether the plan's shape is confirmed.", examples=["assumed"])
    call_closes_on: date | None = Field(description=_CALL, examples=[None])
    filter: FilterOut = Field(description="Which records count.", examples=[_EVERYTHING])
    alert_policy: AlertPolicyOut = Field(
        description="When the pace is called behind.",
        examples=[{"raise_below": 0.1, "clear_above": 0.3, "hold_days": 7}],
    )
    state: State = Field(description="Whether it is still watched.", examples=["active"])
    source: str | None = Field(description="Where the number comes from.", examples=["Yonhap News, 17 December 2025."])


class TargetOut(TargetFieldsOut):
    """A target as it stands now."""

    synthetic: bool = Field(description="Whether it belongs to the demo register.", examples=[False])
    created_at: datetime = Field(description="When it was set.", examples=[_AT])
    registered_at: datetime = Field(description="The same as `created_at`.", examples=[_AT])
    updated_at: datetime = Field(description="When it was last changed.", examples=[_AT])
    version: int = Field(description="Rises by one with every revision; the ETag.", examples=[1])


class TargetsOut(BaseModel):
    """A page of targets."""

    items: list[TargetOut] = Field(description="By code.", examples=[[]])
    next: str | None = Field(description=NEXT, examples=[None])


class SetterOut(BaseModel):
    """Who set a target."""

    kind: str = Field(description="What acted.", examples=["api_key"])
    id: str | None = Field(description="The key's id.", examples=["019ab2c4-7d10-7abc-9def-0123456789ab"])
    label: str = Field(description="The key's label.", examples=["제조AI정책과"])


class RevisionOut(BaseModel):
    """A target as it stood from an instant on, and why."""

    version: int = Field(description="Rises by one.", examples=[2])
    at: datetime = Field(description="From when on.", examples=[_AT])
    reason: str = Field(description="Why.", examples=["2026년 이전 실적 102개를 반영"])
    actor: SetterOut | None = Field(None, description="Who set it; left out for all but the ministry.")
    target: TargetFieldsOut = Field(description="The target as it stood.")


class RevisionsOut(BaseModel):
    """A page of a target's revisions."""

    items: list[RevisionOut] = Field(description="The newest first.", examples=[[]])
    next: str | None = Field(description=NEXT, examples=[None])
