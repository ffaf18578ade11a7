"""Targets: read by all, set by the ministry, every revision kept with its reason."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio

from tests.api.conftest import Api, Caller, running_app
from tests.clocks import FakeClock


def target_body(**changes: Any) -> dict[str, Any]:
    """Return the body of a target that can be set; `changes` replace fields."""
    body = {"code": "factories-2027", "name_ko": "2027년 AI 팩토리 200개", "name_en": "200 AI factories in 2027"}
    return body | {"metric": "factories", "starts_on": "2027-01-01", "due_on": "2027-12-31", "goal": 200} | changes


async def set_target(ministry: Caller, **changes: Any) -> dict[str, Any]:
    """Set a target and return it."""
    answer = await ministry.post("/v1/targets", target_body(**changes))
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def problems_of(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


@pytest_asyncio.fixture
async def ministry(api: Api) -> Caller:
    return await api.caller("ministry")


async def test_the_programme_is_installed(api: Api) -> None:
    items = (await api.anonymous.get("/v1/targets")).json()["items"]
    told = [(one["code"], one["metric"], one["goal"], one["due_on"], one["counts_from"]) for one in items]
    assert told == [
        ("factories-2026", "factories", 100, "2026-12-31", "2026-01-01"),
        ("factories-2030", "factories", 500, "2030-12-31", "2025-09-10"),
        ("models-2030", "foundation_models", 15, "2030-12-31", "2025-09-10"),
    ]
    assert {one["plan_basis"] for one in items} == {"assumed"}
    assert items[1]["trajectory"] == [{"on": "2026-12-31", "value": 100}]
    assert "our assumption" in items[2]["source"]


async def test_new_target_has_the_defaults_of_the_contract(ministry: Caller) -> None:
    answer = await ministry.post("/v1/targets", target_body())
    assert answer.status_code == 201
    assert (answer.headers["location"], answer.headers["etag"]) == ("/v1/targets/factories-2027", '"1"')
    made = answer.json()
    assert made["counts_from"] == "2027-01-01"
    assert (made["baseline"], made["trajectory"], made["plan_basis"], made["state"]) == (0, [], "assumed", "active")
    assert made["filter"] == {"regions": [], "industries": [], "project_types": [], "model_kinds": []}
    assert made["alert_policy"] == {"raise_below": 0.1, "clear_above": 0.3, "hold_days": 7}
    assert made["registered_at"] == made["created_at"]
    assert (await ministry.get("/v1/targets/factories-2027")).json() == made


async def test_filter_takes_every_form_of_a_region_and_an_industry(ministry: Caller) -> None:
    made = await set_target(ministry, filter={"regions": ["경기", "KR-29"], "industries": ["C26", "30110"]})
    assert made["filter"]["regions"] == ["41", "12"]
    assert made["filter"]["industries"] == ["26", "30"]


async def test_alert_policy_given_in_part_keeps_the_other_defaults(ministry: Caller) -> None:
    made = await set_target(ministry, alert_policy={"hold_days": 14})
    assert made["alert_policy"] == {"raise_below": 0.1, "clear_above": 0.3, "hold_days": 14}


async def test_every_error_of_a_body_is_told_at_once_by_its_path(ministry: Caller) -> None:
    changes = {"goal": "many", "alert_policy": {"raise_below": 0.5}, "filter": {"regions": ["Atlantis"]}, "state": "x"}
    answer = await ministry.post("/v1/targets", target_body(**changes))
    assert problems_of(answer) == [
        ("#/state", "read_only"),
        ("#/goal", "not_an_integer"),
        ("#/filter/regions/0", "unknown_region"),
        ("#/alert_policy/raise_below", "not_below_clear"),
    ]


async def test_messages_name_the_remedy_in_both_languages(ministry: Caller) -> None:
    body = target_body(filter={"model_kinds": ["process"]})
    korean = (await ministry.post("/v1/targets", body)).json()["errors"][0]["message"]
    english = (await ministry.post("/v1/targets", body, accept_language="en")).json()["errors"][0]["message"]
    assert korean.endswith("쓸 수 있는 조건: regions, industries, project_types.")
    assert english.endswith("These do: regions, industries, project_types.")


async def test_code_is_taken_once(ministry: Caller) -> None:
    answer = await ministry.post("/v1/targets", target_body(code="factories-2026"))
    assert (answer.status_code, answer.json()["code"]) == (409, "already_registered")


async def test_repeat_with_the_same_idempotency_key_gets_the_same_answer(ministry: Caller) -> None:
    first = await ministry.post("/v1/targets", target_body(), idempotency_key="once")
    again = await ministry.post("/v1/targets", target_body(), idempotency_key="once")
    other = await ministry.post("/v1/targets", target_body(goal=201), idempotency_key="once")
    assert (again.status_code, again.content) == (201, first.content)
    assert (again.headers["location"], again.headers["etag"]) == (first.headers["location"], first.headers["etag"])
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_another_reading_of_the_500_is_a_revision(ministry: Caller) -> None:
    patch = {
        "reason": "2026년 이전 실적 102개를 반영",
        "baseline": 102,
        "counts_from": "2026-01-01",
        "trajectory": [{"on": "2026-12-31", "value": 202}],
    }
    answer = await ministry.patch("/v1/targets/factories-2030", patch, if_match='"1"')
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    revised = answer.json()
    assert (revised["baseline"], revised["trajectory"]) == (102, [{"on": "2026-12-31", "value": 202}])
    revisions = (await ministry.get("/v1/targets/factories-2030/revisions")).json()["items"]
    assert [one["version"] for one in revisions] == [2, 1]
    assert revisions[0]["reason"] == "2026년 이전 실적 102개를 반영"
    assert [one["target"]["baseline"] for one in revisions] == [102, 0]


async def test_patch_merges_parts_and_null_brings_back_a_default(ministry: Caller) -> None:
    await set_target(
        ministry,
        filter={"regions": ["41"], "industries": ["26"]},
        alert_policy={"raise_below": 0.2, "hold_days": 3},
        call_closes_on="2027-06-30",
    )
    patch = {
        "reason": "조정",
        "filter": {"regions": None, "project_types": ["mini"]},
        "alert_policy": {"hold_days": 5},
        "call_closes_on": None,
    }
    revised = (await ministry.patch("/v1/targets/factories-2027", patch, if_match='"1"')).json()
    assert revised["filter"] == {"regions": [], "industries": ["26"], "project_types": ["mini"], "model_kinds": []}
    assert revised["alert_policy"] == {"raise_below": 0.2, "clear_above": 0.3, "hold_days": 5}
    assert revised["call_closes_on"] is None
    whole = {"reason": "되돌림", "alert_policy": None, "filter": None}
    back = (await ministry.patch("/v1/targets/factories-2027", whole, if_match='"2"')).json()
    assert back["alert_policy"] == {"raise_below": 0.1, "clear_above": 0.3, "hold_days": 7}
    assert back["filter"]["industries"] == []


async def test_code_and_metric_of_a_target_stay(ministry: Caller) -> None:
    patch = {"metric": "foundation_models", "code": "other", "goal": 0}
    answer = await ministry.patch("/v1/targets/factories-2026", patch, if_match='"1"')
    assert problems_of(answer) == [
        ("#/metric", "read_only"),
        ("#/code", "read_only"),
        ("#/goal", "out_of_range"),
        ("#/reason", "required"),
    ]


async def test_patch_that_changes_nothing_is_no_revision(ministry: Caller) -> None:
    answer = await ministry.patch("/v1/targets/factories-2026", {"reason": "x", "goal": 100}, if_match='"1"')
    assert (answer.status_code, answer.json()["version"]) == (200, 1)
    assert len((await ministry.get("/v1/targets/factories-2026/revisions")).json()["items"]) == 1


async def test_patch_holds_the_caller_to_the_version_read(ministry: Caller) -> None:
    patch = {"goal": 120, "reason": "조정"}
    without = await ministry.patch("/v1/targets/factories-2026", patch)
    stale = await ministry.patch("/v1/targets/factories-2026", patch, if_match='"7"')
    assert [without.status_code, stale.status_code] == [428, 412]


async def test_of_two_who_revise_the_same_version_one_wins(ministry: Caller) -> None:
    path = "/v1/targets/factories-2026"
    patches = [{"goal": goal, "reason": "조정"} for goal in (110, 120, 130)]
    answers = await asyncio.gather(*(ministry.patch(path, patch, if_match='"1"') for patch in patches))
    assert sorted(one.status_code for one in answers) == [200, 412, 412]
    assert len((await ministry.get(f"{path}/revisions")).json()["items"]) == 2


async def test_of_two_who_take_the_same_code_one_gets_it(ministry: Caller) -> None:
    answers = await asyncio.gather(*(ministry.post("/v1/targets", target_body()) for _ in range(3)))
    assert sorted(one.status_code for one in answers) == [201, 409, 409]


async def test_closed_target_is_not_changed_any_more(ministry: Caller) -> None:
    closed = await ministry.post("/v1/targets/factories-2026/close", {"reason": "사업 종료"})
    assert (closed.status_code, closed.json()["state"], closed.json()["version"]) == (200, "closed", 2)
    again = await ministry.post("/v1/targets/factories-2026/close")
    revised = await ministry.patch("/v1/targets/factories-2026", {"goal": 1, "reason": "x"}, if_match='"2"')
    wrong = await ministry.patch("/v1/targets/factories-2026", {"goal": -1, "reason": "x"}, if_match='"2"')
    assert [(one.status_code, one.json()["code"]) for one in (again, revised)] == [(409, "target_closed")] * 2
    assert wrong.status_code == 422
    revisions = (await ministry.get("/v1/targets/factories-2026/revisions")).json()["items"]
    assert (revisions[0]["reason"], revisions[0]["target"]["state"]) == ("사업 종료", "closed")


async def test_closing_needs_no_body_and_honours_if_match(ministry: Caller) -> None:
    stale = await ministry.post("/v1/targets/factories-2026/close", if_match='"3"')
    unknown = await ministry.post("/v1/targets/factories-2026/close", {"why": "x"})
    done = await ministry.post("/v1/targets/factories-2026/close", if_match='"1"')
    assert [stale.status_code, unknown.status_code, done.status_code] == [412, 422, 200]


async def test_list_can_be_narrowed_and_paged(api: Api, ministry: Caller) -> None:
    await ministry.post("/v1/targets/factories-2026/close")
    active = (await api.anonymous.get("/v1/targets?state=active")).json()["items"]
    models = (await api.anonymous.get("/v1/targets?metric=foundation_models")).json()["items"]
    first = (await api.anonymous.get("/v1/targets?limit=2")).json()
    rest = (await api.anonymous.get(f"/v1/targets?limit=2&after={first['next']}")).json()
    assert [one["code"] for one in active] == ["factories-2030", "models-2030"]
    assert [one["code"] for one in models] == ["models-2030"]
    assert [one["code"] for one in first["items"] + rest["items"]] == [
        "factories-2026",
        "factories-2030",
        "models-2030",
    ]
    assert rest["next"] is None


async def test_revisions_are_paged(api: Api, ministry: Caller) -> None:
    for version in (1, 2):
        patch = {"goal": 100 + version, "reason": f"{version}차"}
        await ministry.patch("/v1/targets/factories-2026", patch, if_match=f'"{version}"')
    first = (await api.anonymous.get("/v1/targets/factories-2026/revisions?limit=2")).json()
    rest = (await api.anonymous.get(f"/v1/targets/factories-2026/revisions?limit=2&after={first['next']}")).json()
    assert [one["version"] for one in first["items"] + rest["items"]] == [3, 2, 1]
    foreign = await api.anonymous.get(f"/v1/targets/models-2030/revisions?after={first['next']}")
    assert (foreign.status_code, foreign.json()["errors"][0]["code"]) == (422, "bad_cursor")


async def test_who_revised_is_for_the_ministry_to_know(api: Api, ministry: Caller) -> None:
    await ministry.patch("/v1/targets/factories-2026", {"goal": 120, "reason": "조정"}, if_match='"1"')
    path = "/v1/targets/factories-2026/revisions"
    seen = (await ministry.get(path)).json()["items"][0]
    public = (await api.anonymous.get(path)).json()["items"][0]
    assert seen["actor"] == {"kind": "api_key", "id": str(ministry.key_id), "label": "test"}
    assert "actor" not in public
    assert public["reason"] == "조정"


async def test_setting_is_audited_with_what_changed(api: Api, ministry: Caller) -> None:
    await set_target(ministry, reason="2027년 계획")
    await ministry.patch("/v1/targets/factories-2027", {"goal": 250, "reason": "조정"}, if_match='"1"')
    await ministry.post("/v1/targets/factories-2027/close")
    rows = await api.database.pool.fetch(
        "SELECT action, before::text, after::jsonb ->> 'goal' AS goal, after ->> 'reason' AS reason, changed"
        " FROM audit_entry WHERE record_type = 'target' AND record_id = 'factories-2027' ORDER BY id"
    )
    assert [tuple(row) for row in rows] == [
        ("created", None, "200", "2027년 계획", []),
        ("revised", '{"goal": 200}', "250", "조정", ["goal"]),
        ("closed", '{"state": "active"}', None, "Closed.", ["state"]),
    ]


async def test_unchanged_target_is_304(api: Api) -> None:
    known = await api.anonymous.get("/v1/targets/factories-2026", if_none_match='"1"')
    assert (known.status_code, known.content) == (304, b"")


async def test_refusals_come_in_the_order_promised(api: Api, ministry: Caller) -> None:
    company = await api.caller("company")
    path, gone = "/v1/targets/factories-2026", "/v1/targets/nowhere"
    answers = [
        await api.anonymous.patch(gone, {}),
        await company.patch(gone, {}),
        await ministry.patch(gone, {}),
        await company.patch(path, {}),
        await ministry.send("PATCH", path, None, content_type="text/plain"),
        await ministry.patch(path, {"goal": -1}),
        await ministry.patch(path, {"goal": -1}, if_match='"9"'),
        await ministry.patch(path, {"goal": -1}, if_match='"1"'),
        await company.post("/v1/targets", {}),
        await api.anonymous.post("/v1/targets", {}),
        await api.anonymous.get(f"{gone}?colour=red"),
        await api.anonymous.get(f"{path}?colour=red"),
    ]
    assert [one.status_code for one in answers] == [401, 404, 404, 403, 415, 428, 412, 422, 403, 401, 404, 422]


@pytest.mark.parametrize("code", ["%00", "a%00b", "UPPER", "a%20b", "x" * 61, "%F0%9F%92%A5", "..%2f"])
async def test_what_cannot_be_a_code_is_not_found(api: Api, ministry: Caller, code: str) -> None:
    answers = [
        await api.anonymous.get(f"/v1/targets/{code}"),
        await api.anonymous.get(f"/v1/progress/{code}"),
        await ministry.patch(f"/v1/targets/{code}", {"reason": "x"}, if_match='"1"'),
        await ministry.post(f"/v1/targets/{code}/close"),
        await api.anonymous.get(f"/v1/targets/{code}/revisions"),
    ]
    assert [one.status_code for one in answers] == [404] * 5


async def test_closed_ministry_sets_nothing(api: Api) -> None:
    closed = await api.caller("ministry", state="closed")
    made = await closed.post("/v1/targets", target_body())
    revised = await closed.patch("/v1/targets/factories-2026", {"goal": 1, "reason": "x"}, if_match='"1"')
    assert [made.json()["code"], revised.json()["code"]] == ["organization_closed"] * 2


async def test_progress_can_be_kept_for_those_who_sign_in(database_url: str) -> None:
    async with running_app(database_url, FakeClock(), public_progress=False) as private:
        company = await private.caller("company")
        paths = ("/v1/targets", "/v1/targets/factories-2026", "/v1/progress", "/v1/progress/factories-2026")
        assert [(await private.anonymous.get(path)).status_code for path in paths] == [401] * 4
        assert [(await company.get(path)).status_code for path in paths] == [200] * 4
