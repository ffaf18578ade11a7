"""The body of a target: what is wrong is named by its path, what is right becomes a target."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.errors import FieldProblem
from service.core.target_fields import check_new, check_revision
from service.core.targets import Metric, Target, TargetFilter, TargetState, fields_of, target_from
from tests.core.builders import make_book


def make_body(**changes: Any) -> dict[str, Any]:
    body = {"code": "factories-2027", "name_ko": "2027년 AI 팩토리 200개", "name_en": "200 AI factories in 2027"}
    return body | {"metric": "factories", "starts_on": "2027-01-01", "due_on": "2027-12-31", "goal": 200} | changes


def make_current(**changes: Any) -> Target:
    target, _, found = check_new(make_body(**changes), make_book())
    assert target is not None, found
    return target


def revised(current: Target, **patch: Any) -> Target:
    target, _, found = check_revision(current, {"reason": "조정", **patch}, make_book())
    assert target is not None, found
    return target


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"code": "Große_Ziele"}, [("#/code", "not_a_code")]),
        ({"code": "x" * 61}, [("#/code", "not_a_code")]),
        ({"code": 7}, [("#/code", "not_text")]),
        ({"code": None, "name_ko": None}, [("#/code", "required"), ("#/name_ko", "required")]),
        ({"name_en": " "}, [("#/name_en", "empty")]),
        ({"metric": "robots"}, [("#/metric", "not_one_of")]),
        ({"counts_from": "2027-01-02"}, [("#/counts_from", "after_starts_on")]),
        ({"due_on": "2026-12-31"}, [("#/due_on", "before_starts_on")]),
        ({"due_on": "2047-01-01"}, [("#/due_on", "window_too_long")]),
        ({"starts_on": "2027-02-30"}, [("#/starts_on", "not_a_date")]),
        ({"due_on": "2200-01-01"}, [("#/due_on", "out_of_range")]),
        ({"goal": 0}, [("#/goal", "out_of_range")]),
        ({"goal": 1_000_001}, [("#/goal", "out_of_range")]),
        ({"goal": 10.5}, [("#/goal", "not_an_integer")]),
        ({"baseline": -1}, [("#/baseline", "out_of_range")]),
        ({"baseline": 200}, [("#/baseline", "not_below_goal")]),
        ({"trajectory": "up"}, [("#/trajectory", "not_a_list")]),
        ({"trajectory": [7]}, [("#/trajectory/0", "not_an_object")]),
        ({"trajectory": [{"on": "2027-06-30"}]}, [("#/trajectory/0/value", "required")]),
        ({"trajectory": [{"on": "2027-06-30", "value": 1, "x": 1}]}, [("#/trajectory/0/x", "unknown_field")]),
        ({"trajectory": [{"on": "2028-01-01", "value": 50}]}, [("#/trajectory/0/on", "outside_window")]),
        ({"trajectory": [{"on": "2027-06-30", "value": 201}]}, [("#/trajectory/0/value", "outside_goal")]),
        ({"trajectory": [{"on": "2027-12-31", "value": 199}]}, [("#/trajectory/0/value", "not_goal_on_due_day")]),
        (
            {"trajectory": [{"on": "2027-06-30", "value": 50}, {"on": "2027-06-30", "value": 49}]},
            [("#/trajectory/1/on", "not_rising"), ("#/trajectory/1/value", "falling")],
        ),
        ({"plan_basis": "guessed"}, [("#/plan_basis", "not_one_of")]),
        ({"call_closes_on": "soon"}, [("#/call_closes_on", "not_a_date")]),
        ({"filter": []}, [("#/filter", "not_an_object")]),
        ({"filter": {"regions": ["Atlantis"]}}, [("#/filter/regions/0", "unknown_region")]),
        ({"filter": {"regions": [{}]}}, [("#/filter/regions/0", "not_text")]),
        ({"filter": {"industries": ["99"]}}, [("#/filter/industries/0", "unknown_industry")]),
        ({"filter": {"colours": ["red"]}}, [("#/filter/colours", "unknown_field")]),
        ({"filter": {"model_kinds": ["process"]}}, [("#/filter/model_kinds", "does_not_fit_metric")]),
        (
            {"metric": "foundation_models", "filter": {"regions": ["41"], "industries": ["26"]}},
            [("#/filter/regions", "does_not_fit_metric"), ("#/filter/industries", "does_not_fit_metric")],
        ),
        ({"alert_policy": {"raise_below": 0.3}}, [("#/alert_policy/raise_below", "not_below_clear")]),
        ({"alert_policy": {"raise_below": 2}}, [("#/alert_policy/raise_below", "out_of_range")]),
        ({"alert_policy": {"clear_above": "0.3"}}, [("#/alert_policy/clear_above", "not_a_number")]),
        ({"alert_policy": {"hold_days": 0}}, [("#/alert_policy/hold_days", "out_of_range")]),
        ({"alert_policy": {"hold_days": 91}}, [("#/alert_policy/hold_days", "out_of_range")]),
        (
            {"alert_policy": {"raise_below": 0.5, "clear_above": 0.4, "hold_days": 91}},
            [("#/alert_policy/hold_days", "out_of_range"), ("#/alert_policy/raise_below", "not_below_clear")],
        ),
        (
            {"alert_policy": {"raise_below": 0.5, "clear_above": "0.9", "hold_days": 91}},
            [("#/alert_policy/clear_above", "not_a_number"), ("#/alert_policy/hold_days", "out_of_range")],
        ),
        ({"source": "x" * 501}, [("#/source", "too_long")]),
        ({"state": "closed"}, [("#/state", "read_only")]),
        ({"synthetic": True}, [("#/synthetic", "read_only")]),
        ({"colour": "red"}, [("#/colour", "unknown_field")]),
        (
            {"goal": "many", "alert_policy": {"raise_below": 0.5}, "filter": {"regions": ["Atlantis"]}},
            [
                ("#/goal", "not_an_integer"),
                ("#/filter/regions/0", "unknown_region"),
                ("#/alert_policy/raise_below", "not_below_clear"),
            ],
        ),
    ],
)
def test_bad_value_is_named_by_its_path(changes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    target, _, found = check_new(make_body(**changes), make_book())
    assert (target, [(one.where, one.code) for one in found]) == (None, expected)


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"goal": 120}, [("#/reason", "required")]),
        ({"goal": 120, "reason": " "}, [("#/reason", "empty")]),
        ({"reason": "x", "metric": "foundation_models"}, [("#/metric", "read_only")]),
        ({"reason": "x", "code": "other"}, [("#/code", "read_only")]),
        ({"reason": "x", "state": "closed"}, [("#/state", "read_only")]),
        ({"reason": "x", "colour": None}, [("#/colour", "unknown_field")]),
        ({"reason": "x", "filter": {"colour": None}}, [("#/filter/colour", "unknown_field")]),
        ({"reason": "x", "name_ko": None}, [("#/name_ko", "required")]),
        ({"reason": "x", "goal": 50, "baseline": 60}, [("#/baseline", "not_below_goal")]),
        ({"reason": "x", "starts_on": "2026-12-31"}, [("#/counts_from", "after_starts_on")]),
        ({"reason": "x", "filter": {"model_kinds": ["process"]}}, [("#/filter/model_kinds", "does_not_fit_metric")]),
    ],
)
def test_bad_patch_is_named_by_its_path(patch: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    target, _, found = check_revision(make_current(), patch, make_book())
    assert (target, [(one.where, one.code) for one in found]) == (None, expected)


def test_what_lies_on_the_bounds_is_allowed() -> None:
    target = make_current(
        code="a" * 60,
        due_on="2046-12-31",
        goal=1_000_000,
        baseline=999_999,
        trajectory=[{"on": "2027-01-01", "value": 999_999}, {"on": "2030-01-01", "value": 999_999}],
        alert_policy={"raise_below": 0, "clear_above": 1, "hold_days": 90},
    )
    assert (target.goal, target.baseline, target.window_days) == (1_000_000, 999_999, 7305)


def test_reason_is_given_beside_the_target() -> None:
    assert check_new(make_body(reason=" 계획 "), make_book())[1] == "계획"
    assert check_new(make_body(), make_book())[1] is None


def test_null_is_as_if_left_out() -> None:
    optional = ("counts_from", "baseline", "trajectory", "plan_basis", "call_closes_on", "filter", "source")
    parts = {"alert_policy": {"hold_days": None}, "filter": {"regions": None}}
    assert make_current(**dict.fromkeys(optional), alert_policy=None) == make_current()
    assert make_current(**parts) == make_current()


def test_revision_keeps_what_it_does_not_name() -> None:
    current = replace(make_current(source="보도자료"), state=TargetState.CLOSED)
    assert revised(current, goal=250) == replace(current, goal=250)


def test_region_that_has_been_merged_since_stays_in_a_filter_as_chosen() -> None:
    current = replace(make_current(), filter=TargetFilter(regions=("29", "46")))
    assert revised(current, goal=250).filter.regions == ("29", "46")
    assert revised(current, filter={"regions": ["46"]}).filter.regions == ("46",)
    assert revised(current, filter={"regions": ["전남", "41"]}).filter.regions == ("12", "41")


def test_models_are_filtered_by_kind() -> None:
    target = make_current(metric="foundation_models", filter={"model_kinds": ["process"]})
    assert (target.metric, target.filter.model_kinds) == (Metric.FOUNDATION_MODELS, ("process",))


def test_fields_of_a_target_make_the_same_target_again() -> None:
    target = make_current(
        trajectory=[{"on": "2027-06-30", "value": 50}],
        filter={"regions": ["경기"], "project_types": ["mini"]},
        call_closes_on="2027-03-01",
        source="보도자료",
    )
    assert target_from(fields_of(target)) == target
    assert target.trajectory == ((date(2027, 6, 30), 50),)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
_NAMES = (*make_body(), "baseline", "counts_from", "trajectory", "plan_basis", "filter", "alert_policy", "source")


@given(st.dictionaries(st.sampled_from(_NAMES) | st.text(max_size=6), _JSON, max_size=6))
def test_no_body_whatever_fails_otherwise_than_with_problems(changes: dict[str, Any]) -> None:
    results = [
        check_new(make_body(**changes), make_book()),
        check_revision(make_current(), {"reason": "x", **changes}, make_book()),
    ]
    assert all((target is None) == bool(found) for target, _, found in results)
    assert all(isinstance(one, FieldProblem) for _, _, found in results for one in found)


def test_industries_of_a_filter_are_rolled_up_to_their_divisions() -> None:
    assert make_current(filter={"industries": ["C26110", "30"]}).filter.industries == ("26", "30")


def test_entries_of_a_filter_that_mean_the_same_are_taken_once() -> None:
    # A filter copied from before a merger names both of what is one region now.
    chosen = make_current(filter={"regions": ["29", "46", "전남광주"], "industries": ["C26", "2612"]}).filter
    assert (chosen.regions, chosen.industries) == (("12",), ("26",))


def test_a_path_has_at_most_100_points() -> None:
    _, _, found = check_new(make_body(trajectory=[{"on": "2027-06-30", "value": 1}] * 101), make_book())
    assert [(one.where, one.code) for one in found] == [("#/trajectory", "too_many")]
