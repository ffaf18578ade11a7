"""Webhook endpoints: the rules of their fields, what may become of them, and how they are shown."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from service.core.access import Role
from service.core.endpoint_urls import endpoint_url
from service.core.errors import TransitionNotAllowed
from service.core.events import EventType
from service.core.webhook_endpoints import (
    Endpoint,
    EndpointFilter,
    EndpointState,
    Health,
    Surroundings,
    changed_fields,
    check_new,
    check_patch,
    disabled,
    in_current_regions,
    kept_fields,
    named_targets,
    next_version,
    organization_problems,
    overlap,
    paused,
    public_fields,
    recovery_problems,
    resumed,
    sees_endpoint,
)
from tests.core.builders import NOON, OURS, THEIRS, make_book, make_caller

AROUND = Surroundings(
    url=partial(endpoint_url, allow_http=False, networks=()), book=make_book(), targets={"factories-2026"}
)
URL = "https://hooks.example.com/ax"


def make_endpoint(**given: Any) -> Endpoint:
    plain = {"id": OURS, "organization_id": OURS, "url": URL, "created_at": NOON, "updated_at": NOON}
    return Endpoint(**(plain | given))


def codes(found: list[Any]) -> list[tuple[str, str]]:
    return [(one.where, one.code) for one in found]


def test_new_endpoint_is_told_everything_four_at_a_time_in_no_order() -> None:
    values, problems = check_new({"url": URL}, AROUND)
    assert problems == []
    assert values == {
        "organization_id": None,
        "url": URL,
        "event_types": (),
        "filter": EndpointFilter(),
        "description": None,
        "max_in_flight": 4,
        "ordered": False,
    }


def test_choices_are_taken_once_each_and_as_they_are_matched() -> None:
    body = {
        "url": URL,
        "event_types": [EventType.PACE_BEHIND.value, EventType.WEBHOOK_PING.value, EventType.PACE_BEHIND.value],
        "filter": {
            "regions": ["29", "전남", "KR-41"],
            "industries": ["26110", "C26"],
            "targets": ["factories-2026"] * 2,
        },
    }
    values, problems = check_new(body, AROUND)
    assert problems == []
    assert values["event_types"] == ("pace.behind", "webhook.ping")
    assert values["filter"] == EndpointFilter(("12", "41"), ("26",), ("factories-2026",))


def test_every_problem_within_a_filter_is_told_by_its_place() -> None:
    wrong = {"regions": ["nowhere", "41"], "industries": ["99"], "targets": ["old", 7], "colour": 1}
    _, problems = check_new({"url": URL, "filter": wrong}, AROUND)
    assert codes(problems) == [
        ("#/filter/colour", "unknown_field"),
        ("#/filter/regions/0", "unknown_region"),
        ("#/filter/industries/0", "unknown_industry"),
        ("#/filter/targets/0", "unknown_target"),
        ("#/filter/targets/1", "not_text"),
    ]


def test_filter_is_an_object() -> None:
    assert codes(check_new({"url": URL, "filter": "41"}, AROUND)[1]) == [("#/filter", "not_an_object")]


def test_patch_reaches_into_the_filter_and_null_clears() -> None:
    endpoint = make_endpoint(filter=EndpointFilter(("41",), ("26",)), max_in_flight=9, description="x")
    patch = {"filter": {"regions": None, "targets": ["factories-2026"]}, "max_in_flight": None, "description": None}
    amended, problems = check_patch(endpoint, patch, AROUND)
    assert problems == []
    assert amended == make_endpoint(filter=EndpointFilter((), ("26",), ("factories-2026",)))
    assert check_patch(endpoint, {"filter": None}, AROUND)[0].filter == EndpointFilter()


def test_patch_keeps_what_it_does_not_name_even_if_it_could_not_be_given_any_more() -> None:
    endpoint = make_endpoint(url="http://10.0.0.1/", filter=EndpointFilter(("29",), (), ("gone",)))
    amended, problems = check_patch(endpoint, {"ordered": True}, AROUND)
    assert (amended, problems) == (replace(endpoint, ordered=True), [])


def test_wrong_patch_changes_nothing() -> None:
    endpoint = make_endpoint()
    amended, problems = check_patch(endpoint, {"ordered": True, "url": None, "organization_id": str(THEIRS)}, AROUND)
    assert amended == endpoint
    assert codes(problems) == [("#/organization_id", "read_only"), ("#/url", "required")]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, False),
        ({"filter": None}, False),
        ({"filter": []}, False),
        ({"filter": {"targets": []}}, False),
        ({"filter": {"targets": ["factories-2026"]}}, True),
    ],
)
def test_targets_have_to_be_known_only_where_some_are_named(body: dict[str, Any], *, named: bool) -> None:
    assert named_targets(body) is named


@pytest.mark.parametrize(
    ("role", "ours", "theirs"),
    [
        (Role.COMPANY, True, False),
        (Role.PARTNER, True, False),
        (Role.MINISTRY, True, False),
        (Role.OPERATOR, True, True),
        (Role.ANONYMOUS, False, False),
    ],
)
def test_who_sees_whose_endpoints(role: Role, *, ours: bool, theirs: bool) -> None:
    caller = make_caller(role)
    assert [sees_endpoint(caller, each) for each in (OURS, THEIRS)] == [ours or caller.owns(OURS), theirs]


def test_endpoints_are_made_for_others_by_operators_alone() -> None:
    assert organization_problems(make_caller(Role.MINISTRY), None) == []
    assert organization_problems(make_caller(Role.MINISTRY), OURS) == []
    assert organization_problems(make_caller(Role.OPERATOR), THEIRS) == []
    refused = organization_problems(make_caller(Role.MINISTRY), THEIRS)
    assert codes(refused) == [("#/organization_id", "unknown_organization")]


def test_recovery_reaches_from_the_oldest_kept_to_now() -> None:
    oldest, moment = NOON - timedelta(days=90), timedelta(microseconds=1)
    bounds = [recovery_problems(since, oldest=oldest, now=NOON) for since in (oldest, NOON)]
    assert bounds == [[], []]
    assert codes(recovery_problems(oldest - moment, oldest=oldest, now=NOON)) == [("#/since", "before_retention")]
    assert codes(recovery_problems(NOON + moment, oldest=oldest, now=NOON)) == [("#/since", "after_now")]


def test_pausing_and_resuming() -> None:
    active, resting = make_endpoint(), make_endpoint(state=EndpointState.PAUSED)
    assert paused(active) == paused(resting) == resting
    assert resumed(resting) == resumed(active) == active
    assert resumed(active) is active


def test_disabled_endpoint_is_resumed_with_a_clean_record_and_never_paused() -> None:
    failing = make_endpoint(health=Health(failing_since=NOON))
    out = disabled(failing)
    assert out.state is EndpointState.DISABLED
    assert resumed(out).health.failing_since is None
    with pytest.raises(TransitionNotAllowed) as refused:
        paused(out)
    assert refused.value.facts == {"status": "disabled", "action": "pause", "allowed": "active, paused"}


def test_merged_regions_are_named_once() -> None:
    endpoint = make_endpoint(filter=EndpointFilter(("29", "41", "46")))
    assert in_current_regions(endpoint, make_book()).filter.regions == ("12", "41")


def test_versions_are_in_order_though_the_clock_steps_back() -> None:
    later = next_version(make_endpoint(), now=NOON - timedelta(seconds=1))
    assert (later.version, later.updated_at) == (2, NOON)
    assert next_version(later, now=NOON + overlap(1)).updated_at == NOON + timedelta(hours=1)


def test_changed_fields_are_named_and_health_is_none_of_them() -> None:
    before = make_endpoint()
    assert changed_fields(before, replace(before, health=Health(pending=1))) == ()
    assert changed_fields(before, replace(before, ordered=True, filter=EndpointFilter(("41",)))) == (
        "filter",
        "ordered",
    )


def test_endpoint_is_shown_with_its_health_and_no_secret() -> None:
    shown = public_fields(make_endpoint(health=Health(failing_since=NOON, last_failure_at=NOON, pending=2)))
    assert shown["health"] == {
        "last_success_at": None,
        "last_failure_at": "2026-11-22T03:00:00.000000Z",
        "failing_since": "2026-11-22T03:00:00.000000Z",
        "pending": 2,
        "held": 0,
        "disable_at": "2026-11-27T03:00:00.000000Z",
    }
    assert not [name for name in shown if "secret" in name]
    assert kept_fields(make_endpoint()).items() <= shown.items()
    assert make_endpoint().subject == f"webhook-endpoints/{OURS}"


def test_only_an_active_endpoint_is_about_to_be_disabled() -> None:
    resting = make_endpoint(state=EndpointState.PAUSED, health=Health(failing_since=NOON))
    assert public_fields(resting)["health"]["disable_at"] is None
