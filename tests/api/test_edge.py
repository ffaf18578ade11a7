"""What every answer carries: its request's id, how it may be kept, its language; and how often a caller may ask."""

import re
from itertools import pairwise
from typing import Any

import pytest

from tests.api.bad_values import UNKNOWN_ID
from tests.api.builders import factory_body, register_factory
from tests.api.conftest import Api, running_app
from tests.clocks import FakeClock

FACTORIES = "/v1/factories"


@pytest.mark.parametrize("given", ["a", "0190a000-0000-7000-8000-000000000001", "Az09._~+/=:-", "x" * 128])
async def test_request_id_of_the_caller_is_told_again(shared_api: Api, given: str) -> None:
    company = await shared_api.caller("company")
    answers = [await company.get(FACTORIES, x_request_id=given), await company.get("/v1/nothing", x_request_id=given)]
    assert [answer.headers["x-request-id"] for answer in answers] == [given, given]
    assert answers[1].json()["request_id"] == given


@pytest.mark.parametrize("given", ["", " ", "a b", "x" * 129, "a\tb", "<script>", "a;b"])
async def test_request_id_that_can_not_be_one_is_replaced(shared_api: Api, given: str) -> None:
    answer = await shared_api.anonymous.get(FACTORIES, x_request_id=given)
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_each_request_has_an_id_of_its_own(shared_api: Api) -> None:
    ids = [(await shared_api.anonymous.get(FACTORIES)).headers["x-request-id"] for _ in range(3)]
    assert len(set(ids)) == 3


async def test_request_id_stands_in_the_history(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    made = await company.post(FACTORIES, factory_body(), x_request_id="made-1")
    await company.patch(made.headers["location"], {"name": "새 이름"}, if_match="*", x_request_id="amended-1")
    entries = (await company.get(f"{made.headers['location']}/history")).json()["items"]
    assert [entry["request_id"] for entry in entries] == ["amended-1", "made-1"]


async def test_every_answer_says_that_it_is_private_and_on_what_it_depends(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    factory = await register_factory(company)
    at = f"{FACTORIES}/{factory['id']}"
    answers = [
        await company.get(FACTORIES),
        await company.get(at),
        await company.get(at, if_none_match='"1"'),
        await company.post(FACTORIES, factory_body(name="다른 곳")),
        await company.post(FACTORIES, {}),
        await company.get(f"{FACTORIES}/{UNKNOWN_ID}"),
        await company.delete(at),
        await shared_api.anonymous.get(FACTORIES),
        await shared_api.anonymous.get("/v1/nothing"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 304, 201, 422, 404, 405, 401, 404]
    assert {answer.headers["cache-control"] for answer in answers} == {"private, no-cache"}
    assert {answer.headers["vary"] for answer in answers} == {"Authorization, Accept-Language"}


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, "ko"),
        ("ko", "ko"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("en;q=0.9,ko;q=0.8", "en"),
        ("fr", "ko"),
        ("*", "ko"),
        ("en;q=0", "ko"),
    ],
)
async def test_refusals_speak_korean_unless_english_is_preferred(
    shared_api: Api, accepted: str | None, language: str
) -> None:
    header: dict[str, Any] = {"accept_language": accepted} if accepted else {}
    answer = await shared_api.anonymous.get(FACTORIES, **header)
    assert answer.json()["title"] == {"ko": "인증이 필요합니다", "en": "Authentication required"}[language]
    assert answer.headers["content-language"] == language


async def test_caller_who_asks_too_often_is_told_when_to_come_back(database_url: str) -> None:
    async with running_app(database_url, FakeClock(), rate_limit="5/minute,3/minute") as api:
        company, other = await api.caller("company"), await api.caller("company")
        answers = [await company.get(FACTORIES) for _ in range(7)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
        refused = answers[-1]
        assert refused.json()["code"] == "too_many_requests"
        assert refused.headers["content-type"] == "application/problem+json"
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.headers["ratelimit"] == f'"default";r=0;t={refused.headers["retry-after"]}'
        assert refused.headers["ratelimit-policy"] == '"default";q=5;w=60'
        assert refused.headers["vary"] == "Authorization, Accept-Language"
        assert (await other.get(FACTORIES)).status_code == 200


async def test_key_is_counted_for_itself_whatever_it_calls(database_url: str) -> None:
    async with running_app(database_url, FakeClock(), rate_limit="4/minute,3/minute") as api:
        company = await api.caller("company")
        colleague = await api.caller("company", organization_id=company.organization_id)
        codes = [
            (await company.post(FACTORIES, factory_body())).status_code,
            (await company.get("/v1/nothing")).status_code,
            (await company.get(f"{FACTORIES}/{UNKNOWN_ID}")).status_code,
            (await company.post(FACTORIES, {})).status_code,
            (await company.post(FACTORIES, factory_body(name="다섯째"))).status_code,
        ]
        assert codes == [201, 404, 404, 422, 429]
        items = (await colleague.get(FACTORIES)).json()["items"]
        assert len(items) == 1


async def test_address_without_a_valid_key_has_a_limit_of_its_own(database_url: str) -> None:
    async with running_app(database_url, FakeClock(), rate_limit="5/minute,3/minute") as api:
        anonymous, company = api.anonymous, await api.caller("company")
        codes = [(await anonymous.get("/v1/regions")).status_code for _ in range(2)]
        codes += [(await anonymous.get("/v1/regions", authorization=f"Bearer axr_{'a' * 43}")).status_code]
        codes += [(await anonymous.get("/v1/regions")).status_code]
        assert codes == [200, 200, 401, 429]
        assert (await company.get(FACTORIES)).status_code == 200
        assert (await anonymous.get("/livez")).status_code == 200


async def test_refused_method_is_told_which_there_are(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    answer = await company.send("PUT", f"{FACTORIES}/{UNKNOWN_ID}")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, PATCH")


async def test_head_is_answered_as_get(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    factory = await register_factory(company)
    answer = await company.send("HEAD", f"{FACTORIES}/{factory['id']}")
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')


async def test_instants_are_utc_with_z_and_rise(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    made = [await register_factory(company, name=f"{number}호기") for number in range(3)]
    assert all(re.fullmatch(r"2026-11-25T\d\d:\d\d:\d\d\.\d{6}Z", record["created_at"]) for record in made)
    assert all(record["created_at"] == record["registered_at"] == record["updated_at"] for record in made)
    assert all(before["created_at"] < after["created_at"] for before, after in pairwise(made))
    assert all(before["id"] < after["id"] and after["id"][14] == "7" for before, after in pairwise(made))


async def test_record_that_is_changed_while_the_clock_steps_back_does_not_grow_younger(api: Api) -> None:
    company = await api.caller("company")
    factory = await register_factory(company)
    api.clock.advance(hours=-1)
    amended = (await company.patch(f"{FACTORIES}/{factory['id']}", {"name": "새 이름"}, if_match='"1"')).json()
    assert (amended["version"], amended["updated_at"]) == (2, factory["updated_at"])
