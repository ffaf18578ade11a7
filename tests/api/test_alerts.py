"""Alerts: read by all who sign in, acknowledged and put off by the ministry."""

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from service.core.alerts import AlertState, Level
from tests.api.alerts import SNAPSHOT, add_alert
from tests.api.conftest import Api, Caller
from tests.clocks import NOON_IN_SEOUL

NOTE = {"note": "12월 추가 공모를 준비합니다."}
SNOOZE = {"until": "2026-12-31", "reason": "추경 심의 중"}


@pytest_asyncio.fixture
async def ministry(api: Api) -> Caller:
    return await api.caller("ministry")


async def opened(api: Api, level: Level = Level.BEHIND, **changes: Any) -> str:
    """Open an alert and return its path."""
    return f"/v1/alerts/{(await add_alert(api.database, level=level, **changes)).id}"


async def test_alert_is_shown_with_the_fields_of_the_contract(api: Api) -> None:
    company = await api.caller("company")
    path = await opened(api)
    answer = await company.get(path)
    assert answer.headers["etag"] == '"1"'
    at = "2026-11-25T03:00:00.000000Z"
    assert answer.json() == {
        "id": path.rpartition("/")[2],
        "target": "factories-2026",
        "level": "behind",
        "state": "open",
        "opened_at": at,
        "since": "2026-08-31",
        "resolved_at": None,
        "summary": SNAPSHOT["summary"],
        "snapshot": SNAPSHOT,
        "acknowledgement": None,
        "snoozed_until": None,
        "synthetic": False,
        "created_at": at,
        "updated_at": at,
        "version": 1,
    }
    assert (await company.get(path, accept_language="en")).json()["summary"] == SNAPSHOT["summary_en"]
    assert (await company.get(path, if_none_match='"1"')).status_code == 304


async def test_acknowledged_alert_says_by_whom_when_and_with_which_note(api: Api, ministry: Caller) -> None:
    path = await opened(api)
    answer = await ministry.post(f"{path}/acknowledge", NOTE, if_match='"1"')
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    shown = answer.json()
    assert (shown["state"], shown["resolved_at"]) == ("acknowledged", None)
    assert shown["acknowledgement"] == NOTE | {"by": "test", "at": shown["updated_at"]}
    assert (await (await api.caller("partner")).get(path)).json() == shown


async def test_missed_alert_is_resolved_by_acknowledging(api: Api, ministry: Caller) -> None:
    path = await opened(api, Level.MISSED)
    shown = (await ministry.post(f"{path}/acknowledge", NOTE)).json()
    assert (shown["state"], shown["resolved_at"]) == ("resolved", shown["acknowledgement"]["at"])


async def test_what_was_acknowledged_once_is_not_acknowledged_again(api: Api, ministry: Caller) -> None:
    path = await opened(api)
    answers = [await ministry.post(f"{path}/acknowledge", NOTE) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 409]
    assert answers[1].json()["code"] == "transition_not_allowed"


async def test_alert_can_be_put_off_before_and_after_it_was_acknowledged_but_not_when_it_is_over(
    api: Api, ministry: Caller
) -> None:
    path = await opened(api)
    first = await ministry.post(f"{path}/snooze", SNOOZE)
    await ministry.post(f"{path}/acknowledge", NOTE)
    again = await ministry.post(f"{path}/snooze", SNOOZE | {"until": "2026-12-01T09:00:00+09:00"})
    assert [one.json()["snoozed_until"] for one in (first, again)] == [
        "2026-12-31T14:59:59.999999Z",
        "2026-12-01T00:00:00.000000Z",
    ]
    assert again.json()["state"] == "acknowledged"
    over = await opened(api, target="models-2030", state=AlertState.RESOLVED)
    refused = await ministry.post(f"{over}/snooze", SNOOZE)
    assert (refused.status_code, refused.json()["code"]) == (409, "transition_not_allowed")


@pytest.mark.parametrize(
    ("action", "body", "problems"),
    [
        ("acknowledge", {}, [("#/note", "required")]),
        ("acknowledge", {"note": " ", "by": "x"}, [("#/by", "unknown_field"), ("#/note", "empty")]),
        ("snooze", {}, [("#/until", "required"), ("#/reason", "required")]),
        ("snooze", SNOOZE | {"until": "2026-11-24"}, [("#/until", "in_the_past")]),
        ("snooze", SNOOZE | {"until": "2028-01-01"}, [("#/until", "out_of_range")]),
        ("snooze", SNOOZE | {"until": "soon"}, [("#/until", "not_a_date_or_instant")]),
    ],
)
async def test_every_error_of_a_body_is_told(
    api: Api, ministry: Caller, action: str, body: Any, problems: list[tuple[str, str]]
) -> None:
    answer = await ministry.post(f"{await opened(api)}/{action}", body)
    assert answer.status_code == 422
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == problems


async def test_refusals_come_in_the_order_promised(api: Api, ministry: Caller) -> None:
    company = await api.caller("company")
    path, gone = f"{await opened(api)}/acknowledge", "/v1/alerts/019ab2c4-7d10-7abc-9def-0123456789ab/acknowledge"
    await ministry.post(path, NOTE)
    answers = [
        await api.anonymous.post(gone, {}),
        await company.post(gone, {}),
        await ministry.post(gone, {}),
        await ministry.post("/v1/alerts/x/acknowledge", {}),
        await company.post(path, {}),
        await ministry.send("POST", path, None, content_type="text/plain"),
        await ministry.post(path, {}, if_match='"1"'),
        await ministry.post(path, {}),
        await ministry.post(f"{path}?colour=red", NOTE),
        await ministry.post(path, NOTE),
        await api.anonymous.get("/v1/alerts"),
        await company.get("/v1/alerts?colour=red"),
    ]
    assert [one.status_code for one in answers] == [401, 404, 404, 404, 403, 415, 412, 422, 422, 409, 401, 422]


@pytest.mark.parametrize("role", ["company", "partner", "ministry", "operator"])
async def test_all_who_sign_in_read_and_the_ministry_alone_acts(api: Api, role: str) -> None:
    caller = await api.caller(role)
    path = await opened(api)
    acts = 200 if role in ("ministry", "operator") else 403
    read = [(await caller.get(one)).status_code for one in ("/v1/alerts", path)]
    done = [
        (await caller.post(f"{path}/{action}", body)).status_code
        for action, body in (("snooze", SNOOZE), ("acknowledge", NOTE))
    ]
    assert (read, done) == ([200, 200], [acts, acts])


async def test_closed_ministry_acts_on_nothing(api: Api) -> None:
    closed = await api.caller("ministry", state="closed")
    answer = await closed.post(f"{await opened(api)}/acknowledge", NOTE)
    assert (answer.status_code, answer.json()["code"]) == (403, "organization_closed")


async def test_list_is_newest_first_narrowed_and_paged(api: Api) -> None:
    company = await api.caller("company")
    made = [
        await opened(api, now=NOON_IN_SEOUL - timedelta(days=3), state=AlertState.RESOLVED),
        await opened(api, now=NOON_IN_SEOUL - timedelta(days=2), state=AlertState.RESOLVED),
        await opened(api, Level.MISSED, target="models-2030", now=NOON_IN_SEOUL - timedelta(days=2)),
        await opened(api, now=NOON_IN_SEOUL),
    ]
    paths = {path: number for number, path in enumerate(made)}

    async def listed(query: str) -> list[int]:
        items = (await company.get(f"/v1/alerts{query}")).json()["items"]
        return [paths[f"/v1/alerts/{one['id']}"] for one in items]

    everything = await listed("")
    assert (everything[0], set(everything[1:3]), everything[3]) == (3, {1, 2}, 0)
    assert [
        await listed(query) for query in ("?state=open", "?level=missed", "?target=models-2030&state=resolved")
    ] == [
        [3, 2],
        [2],
        [],
    ]
    first = (await company.get("/v1/alerts?limit=2")).json()
    rest = (await company.get(f"/v1/alerts?limit=2&after={first['next']}")).json()
    assert [paths[f"/v1/alerts/{one['id']}"] for one in first["items"] + rest["items"]] == everything
    assert rest["next"] is None


async def test_what_was_done_is_audited_with_what_changed(api: Api, ministry: Caller) -> None:
    path = await opened(api)
    await ministry.post(f"{path}/snooze", SNOOZE)
    await ministry.post(f"{path}/acknowledge", NOTE)
    items = (await ministry.get(f"/v1/audit?record=alert/{path.rpartition('/')[2]}")).json()["items"]
    found = {one["action"]: (one["before"], one["after"], one["changed"]) for one in items}
    assert found["snoozed"] == (
        {"snoozed_until": None},
        {"snoozed_until": "2026-12-31T14:59:59.999999Z", "reason": SNOOZE["reason"]},
        ["snoozed_until"],
    )
    assert found["acknowledged"][0] == {"state": "open", "acknowledgement": None}
    assert found["acknowledged"][1]["acknowledgement"]["note"] == NOTE["note"]
