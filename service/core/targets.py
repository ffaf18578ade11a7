"""A target: what is to be counted, from when, until when, to what number, and by which path.

The path between start and goal is in `plan`, where a count stands against it in `standing`, the forecast in `pace`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

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


class Problem(NamedTuple):
    """One thing wrong with a target: the field, as a path below the target (`trajectory/0/on`), and a stable code."""

    field: str
    code: str


def problems(target: Target) -> list[Problem]:
    """Return everything that forbids `target`, in the order of its fields; an empty list means it can be judged.

    Codes: `after_start`, `before_start`, `negative`, `not_positive`, `not_above_baseline`, `outside_window`,
    `not_rising`, `outside_range`, `not_goal_on_due_day`, `out_of_range`, `not_below_clear`.

    Source: PRODUCT.md section 4.
    """
    return [
        *_window_problems(target),
        *_goal_problems(target),
        *_trajectory_problems(target),
        *_policy_problems(target),
    ]


def _window_problems(target: Target) -> Iterator[Problem]:
    if target.counts_since > target.starts_on:
        yield Problem("counts_from", "after_start")
    if target.due_on < target.starts_on:
        yield Problem("due_on", "before_start")


def _goal_problems(target: Target) -> Iterator[Problem]:
    if target.goal < 1:
        yield Problem("goal", "not_positive")
    elif target.goal <= target.baseline:
        yield Problem("goal", "not_above_baseline")
    if target.baseline < 0:
        yield Problem("baseline", "negative")


def _trajectory_problems(target: Target) -> Iterator[Problem]:
    for place, (on, value) in enumerate(target.trajectory):
        if not target.starts_on <= on <= target.due_on:
            yield Problem(f"trajectory/{place}/on", "outside_window")
        if not target.baseline <= value <= target.goal:
            yield Problem(f"trajectory/{place}/value", "outside_range")
        elif on == target.due_on and value != target.goal:
            yield Problem(f"trajectory/{place}/value", "not_goal_on_due_day")
    for place, (before, after) in enumerate(pairwise(target.trajectory), start=1):
        if after[0] <= before[0]:
            yield Problem(f"trajectory/{place}/on", "not_rising")
        if after[1] < before[1]:
            yield Problem(f"trajectory/{place}/value", "not_rising")


def _policy_problems(target: Target) -> Iterator[Problem]:
    policy = target.alert_policy
    for name, probability in (("raise_below", policy.raise_below), ("clear_above", policy.clear_above)):
        if not 0 <= probability <= 1:
            yield Problem(f"alert_policy/{name}", "out_of_range")
    if not policy.raise_below < policy.clear_above:
        yield Problem("alert_policy/raise_below", "not_below_clear")
    if not 1 <= policy.hold_days <= HOLD_DAYS_AT_MOST:
        yield Problem("alert_policy/hold_days", "out_of_range")
