"""Targets: what they are made of, and what forbids them."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.targets import (
    AlertPolicy,
    Metric,
    PlanBasis,
    RegisteredTarget,
    Revision,
    Target,
    TargetFilter,
    TargetState,
    fields_of,
    problems,
    public_fields,
    revision_fields,
)
from tests.core.builders import NOON, make_target


def test_start_end_and_goal_are_enough() -> None:
    target = Target(starts_on=date(2026, 1, 1), due_on=date(2026, 12, 31), goal=100)
    assert (target.metric, target.plan_basis, target.state) == (Metric.FACTORIES, PlanBasis.ASSUMED, TargetState.ACTIVE)
    assert (target.baseline, target.trajectory, target.call_closes_on) == (0, (), None)
    assert problems(target) == []


def test_the_alert_policy_is_ten_percent_thirty_percent_and_seven_days() -> None:
    assert make_target().alert_policy == AlertPolicy(raise_below=0.10, clear_above=0.30, hold_days=7)


def test_an_empty_filter_lets_everything_pass() -> None:
    assert make_target().filter == TargetFilter((), (), (), ())


def test_records_count_from_the_start_unless_said_otherwise() -> None:
    assert make_target().counts_since == date(2026, 1, 1)
    assert make_target(counts_from=date(2025, 9, 10)).counts_since == date(2025, 9, 10)


def test_days_are_numbered_from_the_start() -> None:
    target = make_target()
    assert target.window_days == 365
    numbered = [target.day_number(on) for on in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31))]
    assert numbered == [0, 1, 365]


def test_lists_and_mappings_are_taken_as_the_api_shows_them() -> None:
    target = make_target(
        trajectory=[[date(2026, 6, 30), 40]],
        filter={"regions": ["41"], "industries": ["26"]},
        alert_policy={"raise_below": 0.2, "clear_above": 0.4, "hold_days": 3},
    )
    assert target.trajectory == ((date(2026, 6, 30), 40),)
    assert target.filter == TargetFilter(regions=("41",), industries=("26",))
    assert target.alert_policy == AlertPolicy(0.2, 0.4, 3)


def test_a_target_can_be_a_key() -> None:
    assert len({make_target(), make_target(), make_target(goal=101)}) == 2


@pytest.mark.parametrize(
    "facts",
    [
        {"counts_from": date(2026, 1, 1)},
        {"due_on": date(2026, 1, 1), "goal": 1},
        {"baseline": 99},
        {"trajectory": [(date(2026, 1, 1), 0), (date(2026, 12, 31), 100)]},
        {"trajectory": [(date(2026, 3, 1), 40), (date(2026, 6, 1), 40)]},
        {"alert_policy": AlertPolicy(0, 1, 1)},
        {"alert_policy": AlertPolicy(hold_days=90)},
    ],
)
def test_what_lies_on_the_bounds_is_allowed(facts: dict[str, Any]) -> None:
    assert problems(make_target(**facts)) == []


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"counts_from": date(2026, 1, 2)}, [("counts_from", "after_starts_on")]),
        ({"due_on": date(2025, 12, 31)}, [("due_on", "before_starts_on")]),
        ({"goal": 0}, [("goal", "out_of_range")]),
        ({"baseline": 100}, [("baseline", "not_below_goal")]),
        ({"baseline": -1}, [("baseline", "out_of_range")]),
        ({"trajectory": [(date(2025, 12, 31), 1)]}, [("trajectory/0/on", "outside_window")]),
        ({"trajectory": [(date(2027, 1, 1), 1)]}, [("trajectory/0/on", "outside_window")]),
        ({"baseline": 10, "trajectory": [(date(2026, 2, 1), 9)]}, [("trajectory/0/value", "outside_goal")]),
        ({"trajectory": [(date(2026, 2, 1), 101)]}, [("trajectory/0/value", "outside_goal")]),
        ({"trajectory": [(date(2026, 12, 31), 99)]}, [("trajectory/0/value", "not_goal_on_due_day")]),
        (
            {"trajectory": [(date(2026, 3, 1), 20), (date(2026, 3, 1), 30)]},
            [("trajectory/1/on", "not_rising")],
        ),
        (
            {"trajectory": [(date(2026, 3, 1), 20), (date(2026, 4, 1), 19)]},
            [("trajectory/1/value", "falling")],
        ),
        ({"alert_policy": AlertPolicy(raise_below=-0.1)}, [("alert_policy/raise_below", "out_of_range")]),
        ({"alert_policy": AlertPolicy(clear_above=1.1)}, [("alert_policy/clear_above", "out_of_range")]),
        ({"alert_policy": AlertPolicy(0.3, 0.3)}, [("alert_policy/raise_below", "not_below_clear")]),
        ({"alert_policy": AlertPolicy(hold_days=0)}, [("alert_policy/hold_days", "out_of_range")]),
        ({"alert_policy": AlertPolicy(hold_days=91)}, [("alert_policy/hold_days", "out_of_range")]),
    ],
)
def test_what_forbids_a_target_is_named_with_its_field(facts: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    found = problems(make_target(**facts))
    assert [(one.where.removeprefix("#/"), one.code) for one in found] == expected


def test_all_problems_are_told_at_once_in_the_order_of_the_fields() -> None:
    target = make_target(goal=-1, due_on=date(2025, 1, 1), alert_policy=AlertPolicy(0.5, 0.4))
    assert [found.where for found in problems(target)] == ["#/due_on", "#/goal", "#/alert_policy/raise_below"]


@given(
    st.lists(st.tuples(st.integers(min_value=1, max_value=364), st.integers(min_value=0, max_value=100)), max_size=5)
)
def test_any_path_that_rises_within_window_and_goal_is_allowed(points: list[tuple[int, int]]) -> None:
    days = sorted({number for number, _ in points})
    values = sorted(value for _, value in points)[: len(days)]
    trajectory = [(date(2025, 12, 31) + timedelta(days=n), value) for n, value in zip(days, values, strict=True)]
    assert problems(make_target(trajectory=trajectory)) == []


# --- as it is shown ---


def test_a_target_is_shown_with_its_version_and_stamps() -> None:
    registered = RegisteredTarget(target=make_target(), created_at=NOON, updated_at=NOON, version=3)
    stamps = dict.fromkeys(("created_at", "registered_at", "updated_at"), "2026-11-22T03:00:00.000000Z")
    assert public_fields(registered) == {**fields_of(make_target()), **stamps, "synthetic": False, "version": 3}


@pytest.mark.parametrize("with_actor", [True, False])
def test_who_revised_a_target_is_shown_to_those_who_may_know(*, with_actor: bool) -> None:
    revision = Revision(
        target=make_target(), version=2, reason="조정", at=NOON, actor_kind="api_key", actor_id="k", actor_label="과"
    )
    actor = {"actor": {"kind": "api_key", "id": "k", "label": "과"}} if with_actor else {}
    assert revision_fields(revision, with_actor=with_actor) == {
        "version": 2,
        "at": "2026-11-22T03:00:00.000000Z",
        "reason": "조정",
        "target": fields_of(make_target()),
        **actor,
    }
