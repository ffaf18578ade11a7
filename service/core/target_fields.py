"""The rules of a target's body: of a new one, and of a revision, which is a merge patch with its reason.

Source: PRODUCT.md section 4, the first paragraph.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from service.core import factories, foundation_models, industries
from service.core.errors import FieldProblem
from service.core.fields import (
    LINE,
    NAME,
    REMARK,
    Bad,
    Field,
    Fields,
    check_body,
    day,
    integer,
    list_of,
    number,
    one_of,
    problem,
)
from service.core.industries import DIVISIONS
from service.core.parameters import PAGE, Parameter, Parameters
from service.core.regions import RegionBook
from service.core.targets import (
    GOAL_AT_MOST,
    HOLD_DAYS_AT_MOST,
    AlertPolicy,
    Metric,
    PlanBasis,
    Target,
    TargetFilter,
    TargetState,
    fields_of,
    policy_problems,
    problems,
)

CODE = re.compile(r"[a-z0-9-]{1,60}")
POINTS_LIMIT = 100
REGIONS_LIMIT = 50
READ_ONLY = ("state", "synthetic", "version", "created_at", "registered_at", "updated_at")
FIXED = ("code", "metric")
"""What a target is: said at its creation, and no revision changes it."""


def code(value: Any) -> str:
    """Take a target's code: 1 to 60 lower-case letters, digits and hyphens."""
    if not isinstance(value, str):
        raise Bad("not_text")
    if not CODE.fullmatch(value):
        raise Bad("not_a_code")
    return value


def division(value: Any) -> str:
    """Take any form of an industry; return its two-digit division."""
    return industries.resolve(value)[:2]


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Bad("not_an_object")
    return value


def _points(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Bad("not_a_list")
    if len(value) > POINTS_LIMIT:
        raise Bad("too_many", limit=POINTS_LIMIT)
    return value


# `trajectory`, `filter` and `alert_policy` have tables of their own, so that each of their errors is named.
FIELDS: Fields = {
    "code": Field(code, required=True),
    "name_ko": Field(NAME, required=True),
    "name_en": Field(NAME, required=True),
    "metric": Field(one_of(tuple(Metric)), required=True),
    "counts_from": Field(day),
    "starts_on": Field(day, required=True),
    "due_on": Field(day, required=True),
    "goal": Field(integer(1, GOAL_AT_MOST), required=True),
    "baseline": Field(integer(0, GOAL_AT_MOST), default=0),
    "trajectory": Field(_points, default=()),
    "plan_basis": Field(one_of(tuple(PlanBasis)), default=PlanBasis.ASSUMED.value),
    "call_closes_on": Field(day),
    "filter": Field(_object, default={}),
    "alert_policy": Field(_object, default={}),
    "source": Field(LINE, default=""),
}
NEW_FIELDS: Fields = {**FIELDS, "reason": Field(REMARK)}
REVISED_FIELDS: Fields = {
    **{name: field for name, field in FIELDS.items() if name not in FIXED},
    "reason": Field(REMARK, required=True),
}
CLOSING_FIELDS: Fields = {"reason": Field(REMARK)}
POINT_FIELDS: Fields = {
    "on": Field(day, required=True),
    "value": Field(integer(0, GOAL_AT_MOST), required=True),
}
_POLICY = AlertPolicy()
POLICY_FIELDS: Fields = {
    "raise_below": Field(number(0, 1), default=_POLICY.raise_below),
    "clear_above": Field(number(0, 1), default=_POLICY.clear_above),
    "hold_days": Field(integer(1, HOLD_DAYS_AT_MOST), default=_POLICY.hold_days),
}

_STATES, _METRICS = tuple(TargetState), tuple(Metric)
LIST_PARAMETERS: Parameters = {
    **PAGE,
    "state": Parameter(one_of(_STATES), description="Active or closed ones only.", values=_STATES),
    "metric": Parameter(one_of(_METRICS), description="Those that count this only.", values=_METRICS),
}


def filter_fields(region: Callable[[Any], str]) -> Fields:
    """Return the rules of a filter; `region` is the rule of one of its regions."""
    kinds, types = foundation_models.KINDS, factories.PROJECT_TYPES
    return {
        "regions": Field(list_of(region, limit=REGIONS_LIMIT, drops_repeats=True), default=()),
        "industries": Field(list_of(division, limit=len(DIVISIONS), drops_repeats=True), default=()),
        "project_types": Field(list_of(one_of(types), limit=len(types), drops_repeats=True), default=()),
        "model_kinds": Field(list_of(one_of(kinds), limit=len(kinds), drops_repeats=True), default=()),
    }


Checked = tuple[Target | None, str | None, list[FieldProblem]]
"""The target (None if there are problems), the reason given, and every problem found."""


def check_new(body: Mapping[str, Any], book: RegionBook) -> Checked:
    """Check the body of a new target."""
    values, found = check_body(body, NEW_FIELDS, read_only=READ_ONLY)
    reason = values.pop("reason", None)
    target = _target(values, found, region=book.resolve)
    return target, reason, found


def check_revision(target: Target, patch: Mapping[str, Any], book: RegionBook) -> Checked:
    """Check a merge patch (RFC 7396) of `target`; null, also within an object, brings back the default."""
    values, found = check_body(_merged(target, patch), REVISED_FIELDS, read_only=(*READ_ONLY, *FIXED))
    reason = values.pop("reason", None)

    def region(raw: Any) -> str:
        # What was chosen stays as it is, even if the region has been merged into another since.
        return raw if raw in target.filter.regions else book.resolve(raw)

    revised = _target({**values, "code": target.code, "metric": target.metric}, found, region=region)
    return revised and replace(revised, state=target.state), reason, found


def _merged(target: Target, patch: Mapping[str, Any]) -> dict[str, Any]:
    current = {name: value for name, value in fields_of(target).items() if name in REVISED_FIELDS}
    merged = {**current, **patch}
    for name in ("filter", "alert_policy"):
        if isinstance(patch.get(name), dict):
            merged[name] = {**current[name], **patch[name]}
    return merged


def _target(values: dict[str, Any], found: list[FieldProblem], *, region: Callable[[Any], str]) -> Target | None:
    """Return the target of the clean `values`, or None; what is wrong with it is added to `found`."""
    points = [_point(raw, place, found) for place, raw in enumerate(values.get("trajectory") or ())]
    chosen = _part(values.get("filter") or {}, filter_fields(region), "filter", found)
    policy = AlertPolicy(**_part(values.get("alert_policy") or {}, POLICY_FIELDS, "alert_policy", found))
    clean = {name: value for name, value in values.items() if value is not None}
    if not clean.keys() >= {"starts_on", "due_on", "goal"}:
        found += [] if _is_policy_unsure(found) else policy_problems(policy)
        return None
    # What is wrong in itself is left out here, so that it is not told twice.
    given = {
        "metric": Metric(clean.get("metric", Metric.FACTORIES)),
        "plan_basis": PlanBasis(clean.get("plan_basis", PlanBasis.ASSUMED)),
        "trajectory": () if _is_wrong("trajectory", found) else [(point["on"], point["value"]) for point in points],
        "filter": TargetFilter() if _is_wrong("metric", found) else TargetFilter(**chosen),
        "alert_policy": AlertPolicy() if _is_policy_unsure(found) else policy,
    }
    target = Target(**clean | given)
    found += problems(target)
    return None if found else replace(target, counts_from=target.counts_since)


def _point(raw: Any, place: int, found: list[FieldProblem]) -> dict[str, Any]:
    if not isinstance(raw, dict):
        found.append(problem(f"trajectory/{place}", "not_an_object"))
        return {}
    return _part(raw, POINT_FIELDS, f"trajectory/{place}", found)


def _part(raw: Mapping[str, Any], fields: Fields, name: str, found: list[FieldProblem]) -> dict[str, Any]:
    """Return the clean values of an object within the body; its problems are added to `found` with their whole path."""
    values, wrong = check_body(raw, fields)
    found += [one._replace(where=f"#/{name}{one.where.removeprefix('#')}") for one in wrong]
    return values


def _is_policy_unsure(found: Sequence[FieldProblem]) -> bool:
    """Whether the two probabilities can't be held against each other: wrong days to hold don't hinder that."""
    return any(
        one.where in {"#/alert_policy", "#/alert_policy/raise_below", "#/alert_policy/clear_above"} for one in found
    )


def _is_wrong(name: str, found: Sequence[FieldProblem]) -> bool:
    return any(one.where == f"#/{name}" or one.where.startswith(f"#/{name}/") for one in found)
