"""Idempotency-Key: asked twice, made once, answered alike."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from tests.api.builders import factory_body, model_body, register_factory
from tests.api.conftest import Api, Caller
from tests.api.raw_calls import raw_call

RECORDS = ("factories", "foundation-models")
BODIES: dict[str, Any] = {"factories": factory_body, "foundation-models": model_body}


async def ask(caller: Caller, key: str, path: str = "factories", **changes: Any) -> httpx.Response:
    """Register under an Idempotency-Key."""
    return await caller.post(f"/v1/{path}", BODIES[path](**changes), idempotency_key=key)


async def count(caller: Caller, path: str = "factories") -> int:
    """Return how many records the caller's organization has."""
    answer = await caller.get(f"/v1/{path}?limit=200&organization={caller.organization_id}")
    return len(answer.json()["items"])


def answer_of(response: httpx.Response) -> tuple[Any, ...]:
    return response.status_code, response.headers["location"], response.headers["etag"], response.json()


@pytest.mark.parametrize("path", RECORDS)
async def test_same_request_gets_the_same_answer_and_makes_one_record(shared_api: Api, path: str) -> None:
    company = await shared_api.caller("company")
    answers = [await ask(company, "k-1", path, external_ref="A") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert answer_of(answers[0]) == answer_of(answers[1]) == answer_of(answers[2])
    assert await count(company, path) == 1


async def test_repeat_tells_what_was_answered_though_the_record_has_moved_on(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    first = await ask(company, "k-1")
    await company.patch(first.headers["location"], {"name": "새 이름"}, if_match="*")
    assert answer_of(await ask(company, "k-1")) == answer_of(first)


@pytest.mark.parametrize("path", RECORDS)
async def test_another_body_is_refused(shared_api: Api, path: str) -> None:
    company = await shared_api.caller("company")
    await ask(company, "k-1", path)
    for changes in ({"name": "딴 이름"}, {"name": 7}):
        answer = await ask(company, "k-1", path, **changes)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert await count(company, path) == 1


@pytest.mark.parametrize("path", RECORDS)
async def test_requests_at_once_make_one_record(shared_api: Api, path: str) -> None:
    company = await shared_api.caller("company")
    answers = await asyncio.gather(*(ask(company, "k-1", path) for _ in range(12)))
    made = [answer for answer in answers if answer.status_code == 201]
    refused = [answer for answer in answers if answer.status_code != 201]
    assert len({answer.text for answer in made}) == 1
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} <= {(409, "idempotency_key_in_use")}
    assert await count(company, path) == 1


async def test_different_bodies_at_once_make_one_record(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    answers = await asyncio.gather(*(ask(company, "k-1", name=f"{number}공장") for number in range(8)))
    assert [answer.status_code for answer in answers].count(201) == 1
    refused = {(answer.status_code, answer.json()["code"]) for answer in answers if answer.status_code != 201}
    assert refused <= {(409, "idempotency_key_in_use"), (422, "idempotency_key_reused")}
    assert await count(company) == 1


async def test_key_in_use_is_told(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    first = await ask(company, "k-1")
    pool = shared_api.database.pool
    scope = await pool.fetchval("SELECT scope FROM idempotent_answer WHERE location = $1", first.headers["location"])
    await pool.execute("DELETE FROM idempotent_answer WHERE scope = $1", scope)
    async with pool.acquire() as other, other.transaction():
        await other.execute("SELECT pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))", scope)
        answer = await ask(company, "k-1", name="또 하나")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_in_use")
    assert await count(company) == 1
    assert (await ask(company, "k-1", name="또 하나")).status_code == 201


async def test_stale_answer_is_not_told_while_its_key_is_in_use_again(api: Api) -> None:
    company = await api.caller("company")
    await ask(company, "k-1")
    api.clock.advance(hours=25)
    scope = await api.database.pool.fetchval("SELECT scope FROM idempotent_answer")
    async with api.database.pool.acquire() as other, other.transaction():
        await other.execute("SELECT pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))", scope)
        answer = await ask(company, "k-1", region="부산")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_in_use")


async def test_refusals_are_not_kept(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    await register_factory(company)
    refused = [
        await ask(company, "k-1", name=7),
        await ask(company, "k-1"),
        await company.post("/v1/factories?colour=red", factory_body(), idempotency_key="k-1"),
    ]
    assert [answer.json()["code"] for answer in refused] == [
        "validation_failed",
        "likely_duplicate",
        "validation_failed",
    ]
    assert (await ask(company, "k-1", name="전혀 다른 곳")).status_code == 201


async def test_advice_can_be_overridden_under_the_same_key(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    await register_factory(company)
    body = factory_body()
    assert (await company.post("/v1/factories", body, idempotency_key="k-1")).status_code == 409
    overridden = await company.post("/v1/factories?allow_similar=true", body, idempotency_key="k-1")
    repeated = await company.post("/v1/factories", body, idempotency_key="k-1")
    assert answer_of(overridden) == answer_of(repeated)
    assert await count(company) == 2


async def test_refused_exact_duplicate_is_not_kept(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    await register_factory(company, external_ref="A")
    assert (await ask(company, "k-1", external_ref="A", name="딴 곳")).json()["code"] == "already_registered"
    assert (await ask(company, "k-1", external_ref="B", name="딴 곳")).status_code == 201


@pytest.mark.parametrize(("hours", "records"), [(23.99, 1), (24.01, 2)])
async def test_answer_is_kept_for_a_day(api: Api, hours: float, records: int) -> None:
    company = await api.caller("company")
    first = await ask(company, "k-1", "foundation-models")
    api.clock.advance(hours=hours)
    again = await ask(company, "k-1", "foundation-models")
    assert again.status_code == 201
    assert len({first.text, again.text}) == await count(company, "foundation-models") == records
    assert answer_of(await ask(company, "k-1", "foundation-models")) == answer_of(again)


async def test_key_is_its_caller_s_and_its_path_s_own(shared_api: Api) -> None:
    company, other = await shared_api.caller("company"), await shared_api.caller("company")
    colleague = await shared_api.caller("company", organization_id=company.organization_id)
    answers = [
        await ask(company, "k-1"),
        await ask(other, "k-1"),
        await ask(colleague, "k-1", name="아주 다른 이름"),
        await ask(company, "k-1", "foundation-models"),
        await ask(company, "k-2", name="또 다른 곳"),
        await ask(company, "K-1", name="대문자"),
    ]
    assert [answer.status_code for answer in answers] == [201] * 6
    assert len({answer.headers["location"] for answer in answers}) == 6


@pytest.mark.parametrize("key", [b"", b" ", b"a b", b"\xff", b"a" * 256, b"\t"])
async def test_key_that_can_not_be_one_is_refused(shared_api: Api, key: bytes) -> None:
    company = await shared_api.caller("company")
    answer = await raw_call(
        company,
        "POST",
        "/v1/factories",
        headers=[(b"content-type", b"application/json"), (b"idempotency-key", key), (b"accept-language", b"en")],
        chunks=[json.dumps(factory_body()).encode()],
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")
    assert "Idempotency-Key" in answer.json()["detail"]
    assert await count(company) == 0


@pytest.mark.parametrize("key", ["a", '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "~" * 255])
async def test_any_printable_key_is_taken(shared_api: Api, key: str) -> None:
    company = await shared_api.caller("company")
    assert (await ask(company, key)).text == (await ask(company, key)).text
    assert await count(company) == 1


async def test_strange_query_with_a_key_is_refused(shared_api: Api) -> None:
    answer = await raw_call(
        await shared_api.caller("company"),
        "POST",
        "/v1/factories",
        query=b"\xff",
        headers=[(b"content-type", b"application/json"), (b"idempotency-key", b"k")],
        chunks=[json.dumps(factory_body()).encode()],
    )
    assert answer.status_code == 422


async def test_erased_contact_is_not_told_again(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    contact = {"contact_name": "홍길동", "contact_email": "hong@example.com"}
    first = await ask(company, "k-1", **contact)
    assert first.json() | contact == first.json()
    assert (await ask(company, "k-1", **contact)).text == first.text
    await company.post(f"{first.headers['location']}/erase-contact")
    again = await ask(company, "k-1", **contact)
    assert again.json() == first.json() | {"contact_name": None, "contact_email": None}


async def test_twenty_requests_at_once_with_one_external_ref_make_one_record(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    for path in RECORDS:
        answers = await asyncio.gather(
            *(
                company.post(f"/v1/{path}", BODIES[path](name=f"{number}공장", external_ref="SW-1"))
                for number in range(20)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
        assert {answer.json().get("code") for answer in answers} == {None, "already_registered"}
        assert await count(company, path) == 1


async def test_external_ref_is_unique_within_the_organization_alone(shared_api: Api) -> None:
    company, other, ministry = [await shared_api.caller(role) for role in ("company", "company", "ministry")]
    mine = await register_factory(company, external_ref="SW-1")
    theirs = await register_factory(other, external_ref="SW-1")
    second = await register_factory(company, external_ref="SW-2")
    taken = await company.patch(f"/v1/factories/{second['id']}", {"external_ref": "SW-1"}, if_match="*")
    assert (taken.status_code, taken.json()["code"]) == (409, "already_registered")
    assert (await company.get(f"/v1/factories/{second['id']}")).json() == second
    moved = await ministry.patch(
        f"/v1/factories/{theirs['id']}", {"organization_id": mine["organization_id"]}, if_match="*"
    )
    assert (moved.status_code, moved.json()["code"]) == (409, "already_registered")
