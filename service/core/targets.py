"""A target: what is to be counted, from when, until when, to what number, and by which path.

The path between start and goal is in `plan`, where a count stands against it in `standing`, the forecast in `pace`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any

from service.core.errors import FieldProblem
from service.core.fields import problem
from service.core.records import utc_text

GOAL_AT_MOST = 1_000_000
WINDOW_YEARS_AT_MOST = 20
HOLD_DAYS_AT_MOST = 90


class Metric(StrEnum):
    """What a target counts."""

    FACTORIES = "factories"
    FOUNDATION_MODELS = "foundation_models"


class PlanBasis(StrEnum):
    """Whether the plan's shape is our assumption or was confirmed by the ministry."""

    ASSUMED = "assumed"
    CONFIRMED = "confirmed"


class TargetState(StrEnum):
    """Whether a target is still watched."""

    ACTIVE = "active"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class TargetFilter:
    """Which records count towards a target; an empty tuple lets everything pass.

    Units: two-digit region codes, two-digit industry divisions, project types, model kinds.
    """

    regions: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    project_types: tuple[str, ...] = ()
    model_kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    """When `behind` is entered and left: probabilities in 0..1, days in 1..90."""

    raise_below: float = 0.10
    clear_above: float = 0.30
    hold_days: int = 7


@dataclass(frozen=True, slots=True)
class Target:
    """A number to be reached by a day, as one revision of it says.

    `baseline` counts achievements before the register that are not itemised; `trajectory` are points `(day, value)`
    that the plan passes through, in whole factories or models. Nothing is checked here: `problems` says what is wrong.
    Lists become tuples, and mappings (as the API shows them) a `TargetFilter` and an `AlertPolicy`.

    Source: PRODUCT.md section 4.
    """

    starts_on: date
    due_on: date
    goal: int
    code: str = ""
    name_ko: str = ""
    name_en: str = ""
    metric: Metric = Metric.FACTORIES
    counts_from: date | None = None
    baseline: int = 0
    trajectory: tuple[tuple[date, int], ...] = ()
    plan_basis: PlanBasis = PlanBasis.ASSUMED
    call_closes_on: date | None = None
    filter: TargetFilter = field(default_factory=TargetFilter)
    alert_policy: AlertPolicy = field(default_factory=AlertPolicy)
    state: TargetState = TargetState.ACTIVE
    source: str = ""

    def __post_init__(self) -> None:
        """Bring what a caller may pass in another shape into the declared one."""
        put = object.__setattr__  # the one way to set a field of a frozen dataclass
        put(self, "trajectory", tuple((on, value) for on, value in self.trajectory))
        if isinstance(self.filter, Mapping):
            put(self, "filter", TargetFilter(**{name: tuple(codes) for name, codes in self.filter.items()}))
        if isinstance(self.alert_policy, Mapping):
            put(self, "alert_policy", AlertPolicy(**self.alert_policy))

    @property
    def counts_since(self) -> date:
        """The first day whose records count: `counts_from`, by default `starts_on`."""
        return self.counts_from or self.starts_on

    @property
    def window_days(self) -> int:
        """The number of days from `starts_on` to `due_on`, both included."""
        return (self.due_on - self.starts_on).days + 1

    def day_number(self, day: date) -> int:
        """Return `day` counted from the window's start: 1 is `starts_on`, 0 its eve."""
        return (day - self.starts_on).days + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredTarget:
    """A target as the registry keeps it. `version` rises by one with every revision and is the ETag."""

    target: Target
    created_at: datetime
    updated_at: datetime
    synthetic: bool = False
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A target as it stood from `at` on, why, and who set it."""

    target: Target
    version: int
    reason: str
    at: datetime
    actor_kind: str
    actor_id: str | None
    actor_label: str


FITTING_FILTERS = {
    Metric.FACTORIES: ("regions", "industries", "project_types"),
    Metric.FOUNDATION_MODELS: ("model_kinds",),
}
"""Which parts of a filter apply to what is counted: those whose change sends a verified record back to review."""


def problems(target: Target) -> list[FieldProblem]:
    """Return everything that forbids `target`, in the order of its fields; an empty list means it can be judged.

    Values of the trajectory may stay level, for a plan may pause; its dates may not.

    Source: PRODUCT.md section 4.
    """
    return [
        *_window_problems(target),
        *_goal_problems(target),
        *_trajectory_problems(target),
        *_filter_problems(target),
        *policy_problems(target.alert_policy),
    ]


def _window_problems(target: Target) -> Iterator[FieldProblem]:
    if target.counts_since > target.starts_on:
        yield problem("counts_from", "after_starts_on")
    if target.due_on < target.starts_on:
        yield problem("due_on", "before_starts_on")
    elif (target.due_on.year - WINDOW_YEARS_AT_MOST, target.due_on.month, target.due_on.day) >= (
        target.starts_on.year,
        target.starts_on.month,
        target.starts_on.day,
    ):
        yield problem("due_on", "window_too_long")


def _goal_problems(target: Target) -> Iterator[FieldProblem]:
    if not 1 <= target.goal <= GOAL_AT_MOST:
        yield problem("goal", "out_of_range", low=1, high=GOAL_AT_MOST)
    elif not 0 <= target.baseline <= GOAL_AT_MOST:
        yield problem("baseline", "out_of_range", low=0, high=GOAL_AT_MOST)
    elif target.baseline >= target.goal:
        yield problem("baseline", "not_below_goal")


def _trajectory_problems(target: Target) -> Iterator[FieldProblem]:
    for place, (on, value) in enumerate(target.trajectory):
        if not target.starts_on <= on <= target.due_on:
            yield problem(f"trajectory/{place}/on", "outside_window")
        if not target.baseline <= value <= target.goal:
            yield problem(f"trajectory/{place}/value", "outside_goal")
        elif on == target.due_on and value != target.goal:
            yield problem(f"trajectory/{place}/value", "not_goal_on_due_day")
    for place, (before, after) in enumerate(pairwise(target.trajectory), start=1):
        if after[0] <= before[0]:
            yield problem(f"trajectory/{place}/on", "not_rising")
        if after[1] < before[1]:
            yield problem(f"trajectory/{place}/value", "falling")


def _filter_problems(target: Target) -> Iterator[FieldProblem]:
    fitting = FITTING_FILTERS[target.metric]
    for name in ("regions", "industries", "project_types", "model_kinds"):
        if getattr(target.filter, name) and name not in fitting:
            yield problem(f"filter/{name}", "does_not_fit_metric", allowed=", ".join(fitting))


def policy_problems(policy: AlertPolicy) -> Iterator[FieldProblem]:
    """Yield everything that forbids an alert policy."""
    for name, probability in (("raise_below", policy.raise_below), ("clear_above", policy.clear_above)):
        if not 0 <= probability <= 1:
            yield problem(f"alert_policy/{name}", "out_of_range", low=0, high=1)
    if not policy.raise_below < policy.clear_above:
        yield problem("alert_policy/raise_below", "not_below_clear")
    if not 1 <= policy.hold_days <= HOLD_DAYS_AT_MOST:
        yield problem("alert_policy/hold_days", "out_of_range", low=1, high=HOLD_DAYS_AT_MOST)


def fields_of(target: Target) -> dict[str, Any]:
    """Return every field of a target as JSON has it: what a body gives, and `state`."""
    return {
        "code": target.code,
        "name_ko": target.name_ko,
        "name_en": target.name_en,
        "metric": target.metric.value,
        "counts_from": target.counts_since.isoformat(),
        "starts_on": target.starts_on.isoformat(),
        "due_on": target.due_on.isoformat(),
        "goal": target.goal,
        "baseline": target.baseline,
        "trajectory": [{"on": on.isoformat(), "value": value} for on, value in target.trajectory],
        "plan_basis": target.plan_basis.value,
        "call_closes_on": target.call_closes_on and target.call_closes_on.isoformat(),
        "filter": {name: list(codes) for name, codes in parts_of(target.filter).items()},
        "alert_policy": {
            "raise_below": target.alert_policy.raise_below,
            "clear_above": target.alert_policy.clear_above,
            "hold_days": target.alert_policy.hold_days,
        },
        "state": target.state.value,
        "source": target.source or None,
    }


def parts_of(chosen: TargetFilter) -> dict[str, tuple[str, ...]]:
    """Return the parts of a filter by name."""
    return {
        "regions": chosen.regions,
        "industries": chosen.industries,
        "project_types": chosen.project_types,
        "model_kinds": chosen.model_kinds,
    }


def target_from(fields: Mapping[str, Any]) -> Target:
    """Return the target whose fields `fields_of` once gave; what else there is in `fields` is left aside."""

    def day(raw: str | None) -> date | None:
        return None if raw is None else date.fromisoformat(raw)

    return Target(
        code=fields["code"],
        name_ko=fields["name_ko"],
        name_en=fields["name_en"],
        metric=Metric(fields["metric"]),
        counts_from=day(fields["counts_from"]),
        starts_on=date.fromisoformat(fields["starts_on"]),
        due_on=date.fromisoformat(fields["due_on"]),
        goal=fields["goal"],
        baseline=fields["baseline"],
        plan_basis=PlanBasis(fields["plan_basis"]),
        call_closes_on=day(fields["call_closes_on"]),
        state=TargetState(fields["state"]),
        source=fields["source"] or "",
        **parts_from(fields),
    )


def parts_from(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return trajectory, filter and alert policy out of what `fields_of` once gave."""
    return {
        "trajectory": tuple((date.fromisoformat(point["on"]), point["value"]) for point in fields["trajectory"]),
        "filter": TargetFilter(**{name: tuple(codes) for name, codes in fields["filter"].items()}),
        "alert_policy": AlertPolicy(**fields["alert_policy"]),
    }


def public_fields(registered: RegisteredTarget) -> dict[str, Any]:
    """Return a target as everyone sees it, ready for JSON. `registered_at` is another name of `created_at`."""
    created_at = utc_text(registered.created_at)
    return {
        **fields_of(registered.target),
        "synthetic": registered.synthetic,
        "created_at": created_at,
        "registered_at": created_at,
        "updated_at": utc_text(registered.updated_at),
        "version": registered.version,
    }


def revision_fields(revision: Revision, *, with_actor: bool) -> dict[str, Any]:
    """Return a revision ready for JSON; who set it is for those who may read the audit."""
    actor = {"kind": revision.actor_kind, "id": revision.actor_id, "label": revision.actor_label}
    return {
        "version": revision.version,
        "at": utc_text(revision.at),
        "reason": revision.reason,
        **({"actor": actor} if with_actor else {}),
        "target": fields_of(revision.target),
    }
