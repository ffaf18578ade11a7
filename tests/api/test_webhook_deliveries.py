"""Deliveries over HTTP: what is made, held, listed, sent again, and recovered after an outage."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from service.core.retention import KEPT_FOR
from service.db.delivery_sql import SETTLE
from tests.api.builders import factory_body, make_endpoint, ping, register_factory, verified_factory
from tests.api.conftest import Api, Caller
from tests.api.problems import code_of, errors_of

PATH = "/v1/webhook-endpoints"
DELIVERIES = "/v1/webhook-deliveries"
NOBODY = "019ab2c4-7d10-7abc-9def-0123456789ab"


def path_of(endpoint: dict[str, Any]) -> str:
    return f"{PATH}/{endpoint['id']}"


async def deliveries_of(caller: Caller, endpoint: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    """Return an endpoint's deliveries, the newest first."""
    answer = await caller.get(f"{path_of(endpoint)}/deliveries{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def types_of(caller: Caller, endpoint: dict[str, Any], query: str = "") -> list[str]:
    """Return the types of what is delivered to an endpoint, in the order of the events."""
    return [item["event_type"] for item in await deliveries_of(caller, endpoint, query)][::-1]


async def settle(api: Api, delivery: dict[str, Any], state: str, *, status: int = 500, attempts: int = 10) -> None:
    """Do what the worker does at the end of a delivery's last attempt."""
    await api.database.pool.execute(
        "UPDATE webhook_delivery SET state = $2, attempts = $3, last_status = $4, last_error = 'failed',"
        " next_attempt_at = NULL WHERE id = $1",
        delivery["id"],
        state,
        attempts,
        status,
    )


# What is made and shown


async def test_change_of_a_record_is_delivered_to_the_owners_endpoint(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    made = await make_endpoint(company)
    factory = await register_factory(company)
    (delivery,) = await deliveries_of(company, made)
    assert delivery | {"id": "", "event_id": "", "created_at": "", "next_attempt_at": ""} == {
        "id": "",
        "endpoint_id": made["id"],
        "event_id": "",
        "event_type": "factory.registered",
        "subject": f"factories/{factory['id']}",
        "state": "pending",
        "attempts": 0,
        "next_attempt_at": "",
        "last_status": None,
        "last_error": None,
        "created_at": "",
    }
    assert delivery["event_id"].startswith("evt_")
    single = (await company.get(f"{DELIVERIES}/{delivery['id']}")).json()
    assert single == delivery | {"attempt_log": []}


async def test_attempts_are_shown_with_what_was_sent_and_answered(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    made = await make_endpoint(company)
    delivery = await ping(company, made)
    attempts = [(None, "timeout", b""), (500, None, "가\x00".encode() + b"\xff")]
    for number, (status, error, answer) in enumerate(attempts, start=1):
        await shared_api.database.pool.execute(
            "INSERT INTO webhook_attempt"
            " (delivery_id, number, at, status, error, milliseconds, request_headers, answer)"
            " VALUES ($1, $2, make_timestamptz(2026, 11, 25, 3, $2, 0, 'UTC'), $3, $4, 42,"
            """ '{"webhook-id": "evt_1"}', $5)""",
            delivery["id"],
            number,
            status,
            error,
            answer,
        )
    log = (await company.get(f"{DELIVERIES}/{delivery['id']}")).json()["attempt_log"]
    assert [(one["number"], one["status"], one["error"], one["answer"]) for one in log] == [
        (1, None, "timeout", ""),
        (2, 500, None, "가\x00\ufffd"),
    ]
    assert log[0]["at"] == "2026-11-25T03:01:00.000000Z"
    assert (log[0]["milliseconds"], log[0]["request_headers"]) == (42, {"webhook-id": "evt_1"})


async def test_who_asked_for_a_region_or_an_industry_hears_that_a_factory_has_left_it(shared_api: Api) -> None:
    company, ministry = await shared_api.caller("company"), await shared_api.caller("ministry")
    factory = await verified_factory(company, ministry, region="12", industry="26")
    chosen = [
        {"regions": ["12"]},
        {"industries": ["26"]},
        {"regions": ["41"]},
        {"industries": ["30"]},
        {"regions": ["11"]},
    ]
    told = [await make_endpoint(ministry, filter=each) for each in chosen]
    patch = {"region": "41", "industry": "30"}
    answer = await ministry.patch(f"/v1/factories/{factory['id']}", patch, if_match=f'"{factory["version"]}"')
    assert answer.status_code == 200
    assert [await types_of(ministry, one) for one in told] == [["factory.updated"]] * 4 + [[]]


async def test_ping_goes_to_its_endpoint_alone_in_every_state(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    pinged, other = await make_endpoint(company, event_types=["pace.behind"]), await make_endpoint(company)
    first = await company.post(f"{path_of(pinged)}/ping")
    await company.post(f"{path_of(pinged)}/pause")
    second = await company.post(f"{path_of(pinged)}/ping")
    assert [(answer.status_code, answer.json()["id"]) for answer in (first, second)] == [(200, pinged["id"])] * 2
    assert [answer.json()["state"] for answer in (first, second)] == ["active", "paused"]
    assert await types_of(company, pinged) == ["webhook.ping", "webhook.ping"]
    assert await types_of(company, other) == []
    rows = await shared_api.database.pool.fetch(
        "SELECT sequence, body::jsonb -> 'data' ->> 'id' AS id FROM event WHERE subject = $1 ORDER BY sequence",
        f"webhook-endpoints/{pinged['id']}",
    )
    assert [tuple(row) for row in rows] == [(1, pinged["id"]), (2, pinged["id"])]


async def test_paused_endpoint_holds_and_a_resumed_one_is_sent_all_at_once(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    made = await make_endpoint(company)
    await register_factory(company, name="1공장")
    (first,) = await deliveries_of(company, made)
    paused = (await company.post(f"{path_of(made)}/pause")).json()
    await register_factory(company, name="2공장")
    # As after failures: it would be tried again only tomorrow.
    await shared_api.database.pool.execute(
        "UPDATE webhook_delivery SET next_attempt_at = now() + interval '20 hours' WHERE id = $1", first["id"]
    )
    assert (paused["health"]["pending"], paused["health"]["held"]) == (0, 1)
    assert [item["state"] for item in await deliveries_of(company, made)] == ["held", "held"]
    resumed = (await company.post(f"{path_of(made)}/resume")).json()
    assert (resumed["health"]["pending"], resumed["health"]["held"]) == (2, 0)
    due = await shared_api.database.pool.fetch(
        "SELECT next_attempt_at <= now() AS due FROM webhook_delivery WHERE endpoint_id = $1", made["id"]
    )
    assert [row["due"] for row in due] == [True, True]


async def test_what_waited_for_its_turn_is_due_when_turns_are_given_up(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    made = await make_endpoint(company, ordered=True)
    await register_factory(company, name="1공장")
    # As the worker puts off what follows on a delivery that failed.
    await shared_api.database.pool.execute(
        "UPDATE webhook_delivery SET next_attempt_at = now() + interval '20 hours' WHERE endpoint_id = $1", made["id"]
    )
    await company.patch(path_of(made), {"ordered": False}, if_match='"1"')
    due = "SELECT next_attempt_at <= now() FROM webhook_delivery WHERE endpoint_id = $1"
    assert await shared_api.database.pool.fetchval(due, made["id"]) is True


async def test_deliveries_are_listed_newest_first_page_by_page(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    made = await make_endpoint(company)
    pings = [(await ping(company, made))["id"] for _ in range(3)]
    seen: list[str] = []
    path = f"{path_of(made)}/deliveries?limit=2"
    while path:
        answer = await company.get(path)
        seen += [item["id"] for item in answer.json()["items"]]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    assert sorted(seen) == sorted(pings)
    assert seen == sorted(seen, reverse=True)


async def test_deliveries_are_filtered_by_state_and_type(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    made = await make_endpoint(company)
    await register_factory(company, name="1공장")
    (failed,) = await deliveries_of(company, made)
    await settle(shared_api, failed, "failed")
    await company.post(f"{path_of(made)}/pause")
    await register_factory(company, name="2공장")
    await company.post(f"{path_of(made)}/ping")
    found = {
        state: await types_of(company, made, f"?state={state}")
        for state in ("pending", "held", "failed", "succeeded", "in_flight")
    }
    assert found == {
        "pending": ["webhook.ping"],
        "held": ["factory.registered"],
        "failed": ["factory.registered"],
        "succeeded": [],
        "in_flight": [],
    }
    assert await types_of(company, made, "?event_type=webhook.ping") == ["webhook.ping"]


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ("?state=lost", "state", "not_one_of"),
        ("?event_type=factory.built", "event_type", "not_one_of"),
        ("?after=abc", "after", "bad_cursor"),
    ],
)
async def test_bad_parameter_is_refused_by_name(shared_api: Api, query: str, parameter: str, code: str) -> None:
    company = await shared_api.caller("company")
    made = await make_endpoint(company)
    assert errors_of(await company.get(f"{path_of(made)}/deliveries{query}")) == [(parameter, code)]


# Sending again


@pytest.mark.parametrize("state", ["pending", "failed", "succeeded"])
async def test_redelivered_delivery_begins_anew_with_the_same_event(shared_api: Api, state: str) -> None:
    company = await shared_api.caller("company")
    made = await make_endpoint(company)
    before = await ping(company, made)
    await settle(shared_api, before, state)
    answer = await company.post(f"{DELIVERIES}/{before['id']}/redeliver")
    after = answer.json()
    assert answer.status_code == 200
    assert [(one["id"], one["event_id"], one["state"], one["attempts"]) for one in (before, after)] == [
        (before["id"], before["event_id"], "pending", 0)
    ] * 2
    assert after["next_attempt_at"] is not None


async def test_what_is_in_flight_is_not_redelivered(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    made = await make_endpoint(company)
    delivery = await ping(company, made)
    await settle(shared_api, delivery, "in_flight")
    answer = await company.post(f"{DELIVERIES}/{delivery['id']}/redeliver", accept_language="en")
    assert code_of(answer) == (409, "transition_not_allowed")
    assert "in_flight" in answer.json()["detail"]


async def test_what_is_no_longer_kept_is_not_redelivered(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    made = await make_endpoint(company)
    delivery = await ping(company, made)
    await shared_api.database.pool.execute("DELETE FROM event WHERE subject = $1", f"webhook-endpoints/{made['id']}")
    assert code_of(await company.post(f"{DELIVERIES}/{delivery['id']}/redeliver")) == (404, "not_found")


@pytest.mark.parametrize("who", ["company", "partner", "ministry"])
async def test_delivery_of_another_organization_does_not_exist(shared_api: Api, who: str) -> None:
    owner, other = await shared_api.caller("company"), await shared_api.caller(who)
    made = await make_endpoint(owner)
    path = f"{DELIVERIES}/{(await ping(owner, made))['id']}"
    answers = [await other.get(path), await other.post(f"{path}/redeliver")]
    assert {code_of(answer) for answer in answers} == {(404, "not_found")}


async def test_redelivering_takes_no_fields_and_is_audited(shared_api: Api) -> None:
    company, operator = await shared_api.caller("company"), await shared_api.caller("operator")
    made = await make_endpoint(company)
    delivery = await ping(company, made)
    path = f"{DELIVERIES}/{delivery['id']}/redeliver"
    assert errors_of(await company.post(path, {"now": True})) == [("#/now", "unknown_field")]
    assert (await operator.post(path, {})).status_code == 200
    (entry, *_) = (await operator.get(f"/v1/audit?record=webhook_endpoint/{made['id']}")).json()["items"]
    assert (entry["action"], entry["after"]) == ("redelivered", {"delivery_id": delivery["id"]})


# Recovering


async def test_recovery_brings_back_what_failed_and_what_came_before_the_endpoint(api: Api) -> None:
    company = await api.caller("company")
    await register_factory(company, name="일찍")
    api.clock.advance(hours=1)
    since = api.clock().isoformat().replace("+00:00", "Z")
    await register_factory(company, name="전에")
    made = await make_endpoint(company)
    for name in ("실패", "성공", "대기"):
        await register_factory(company, name=name)
    waiting, succeeded, failed = await deliveries_of(company, made)
    await settle(api, failed, "failed")
    await settle(api, succeeded, "succeeded", status=200, attempts=1)
    answer = await company.post(f"{path_of(made)}/recover", {"since": since})
    assert (answer.status_code, answer.json()) == (202, {"deliveries": 2})
    after = {item["id"]: item for item in await deliveries_of(company, made)}
    assert len(after) == 4
    assert (after[failed["id"]]["state"], after[failed["id"]]["attempts"]) == ("pending", 0)
    assert after[succeeded["id"]]["state"] == "succeeded"
    assert after[waiting["id"]] == waiting
    assert (await company.post(f"{path_of(made)}/recover", {"since": since})).json() == {"deliveries": 0}


async def test_recovered_deliveries_come_in_the_order_of_the_events(api: Api) -> None:
    company = await api.caller("company")
    factories = [await register_factory(company, name=f"{number}공장") for number in range(5)]
    made = await make_endpoint(company)
    await company.post(f"{path_of(made)}/recover", {"since": "2026-11-25T00:00:00Z"})
    rows = await api.database.pool.fetch(
        "SELECT subject FROM webhook_delivery WHERE endpoint_id = $1 ORDER BY next_attempt_at, id", made["id"]
    )
    assert [row["subject"] for row in rows] == [f"factories/{factory['id']}" for factory in factories]


async def test_recovery_keeps_to_what_the_endpoint_subscribes_to_and_may_see(api: Api) -> None:
    company, other, ministry = await api.caller("company"), await api.caller("company"), await api.caller("ministry")
    await verified_factory(other, ministry, region="경기", industry="26")
    await verified_factory(other, ministry, region="서울", industry="26", name="서울 1공장")
    await verified_factory(other, ministry, region="경기", industry="30", name="경기 2공장")
    chosen = {"regions": ["경기"], "industries": ["26"]}
    made = await make_endpoint(company, filter=chosen, event_types=["factory.verified", "factory.registered"])
    answer = await company.post(f"{path_of(made)}/recover", {"since": "2026-11-25T00:00:00Z"})
    assert answer.json() == {"deliveries": 1}
    assert await types_of(company, made) == ["factory.verified"]


async def test_two_recoveries_at_once_double_nothing(api: Api) -> None:
    company = await api.caller("company")
    for number in range(3):
        await register_factory(company, name=f"{number}공장")
    made = await make_endpoint(company)
    body = {"since": "2026-11-25T00:00:00Z"}
    answers = await asyncio.gather(*(company.post(f"{path_of(made)}/recover", body) for _ in range(4)))
    assert sorted(answer.json()["deliveries"] for answer in answers) == [0, 0, 0, 3]
    assert len(await deliveries_of(company, made)) == 3


@pytest.mark.parametrize(
    ("since", "code"),
    [
        (None, "required"),
        ("yesterday", "not_an_instant"),
        ("2026-11-20", "not_an_instant"),
        ("2026-08-27T02:59:59Z", "before_retention"),
        ("2026-11-25T04:00:00Z", "after_now"),
    ],
)
async def test_recovery_since_what_cannot_be_is_refused(api: Api, since: Any, code: str) -> None:
    company = await api.caller("company")
    made = await make_endpoint(company)
    assert errors_of(await company.post(f"{path_of(made)}/recover", {"since": since})) == [("#/since", code)]


async def test_recovery_reaches_as_far_back_as_is_kept(api: Api) -> None:
    company = await api.caller("company")
    made = await make_endpoint(company)
    oldest = (api.clock() - KEPT_FOR + timedelta(seconds=1)).isoformat()
    assert (await company.post(f"{path_of(made)}/recover", {"since": oldest})).status_code == 202


# Deleting while others write


async def test_endpoint_deleted_meanwhile_fails_no_change(api: Api) -> None:
    """The change is being written, finds the endpoint, and waits for its deletion, which is committed first."""
    company = await api.caller("company")
    made = await make_endpoint(company)
    async with api.database.pool.acquire() as connection:
        deletion = connection.transaction()
        await deletion.start()
        await connection.execute("DELETE FROM webhook_endpoint WHERE id = $1", made["id"])
        writing = asyncio.create_task(company.post("/v1/factories", factory_body()))
        await _until_somebody_waits(api)
        await deletion.commit()
    assert (await writing).status_code == 201


async def test_deletion_waits_for_the_change_that_is_being_written(api: Api) -> None:
    company = await api.caller("company")
    made = await make_endpoint(company)
    async with api.database.session() as tx:
        connection = await tx.connection()
        await connection.exec_driver_sql("SELECT FROM webhook_endpoint WHERE id = $1 FOR KEY SHARE", (made["id"],))
        deleting = asyncio.create_task(company.delete(path_of(made)))
        await _until_somebody_waits(api)
    assert (await deleting).status_code == 204


async def test_worker_that_waits_for_an_endpoint_has_locked_no_delivery_of_it(api: Api) -> None:
    """Else it would wait in a circle with whoever removes the endpoint, and its deliveries after it."""
    company = await api.caller("company")
    made = await make_endpoint(company)
    delivery = UUID((await ping(company, made))["id"])
    await api.database.pool.execute(
        "UPDATE webhook_delivery SET state = 'in_flight', claim = $1 WHERE id = $1", delivery
    )
    ended = {"id": delivery, "claim": delivery, "state": "succeeded", "status": 200, "at": api.clock()}
    ended |= {"ended_at": api.clock(), "milliseconds": 1, "headers": {}, "answer": ""}
    values = orjson.dumps([ended]).decode()
    async with api.database.session() as tx:
        connection = await tx.connection()
        await connection.exec_driver_sql("SELECT FROM webhook_endpoint WHERE id = $1 FOR UPDATE", (made["id"],))
        settling = asyncio.create_task(api.database.pool.fetch(SETTLE, values))
        await _until_somebody_waits(api)
        await connection.exec_driver_sql("SELECT FROM webhook_delivery WHERE id = $1 FOR UPDATE NOWAIT", (delivery,))
    assert [row["id"] for row in await settling] == [delivery]


async def test_changes_are_written_while_an_endpoint_is_locked_for_amendment(api: Api) -> None:
    company = await api.caller("company")
    made = await make_endpoint(company)
    async with api.database.session() as tx:
        connection = await tx.connection()
        await connection.exec_driver_sql("SELECT FROM webhook_endpoint WHERE id = $1 FOR NO KEY UPDATE", (made["id"],))
        assert (await company.post("/v1/factories", factory_body())).status_code == 201


async def _until_somebody_waits(api: Api) -> None:
    waits = (
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')"
    )
    async with asyncio.timeout(5):
        while not await api.database.pool.fetchval(waits):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
