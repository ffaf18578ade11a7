"""Advice about likely duplicates: when it is given, to whom, and how it is overridden."""

from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.api.bad_values import RIGHT_ACTIONS
from tests.api.builders import factory_body, register_factory
from tests.api.conftest import Api, Caller

NAME = "수원 반도체 제1공장 AI 품질검사"
LATIN = "Suwon semiconductor quality inspection plant"


@pytest_asyncio.fixture
async def company(shared_api: Api) -> Caller:
    return await shared_api.caller("company")


async def again(caller: Caller, query: str = "", **changes: Any) -> httpx.Response:
    return await caller.post(f"/v1/factories{query}", factory_body(**changes))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (NAME, NAME),
        (NAME, "수원반도체 제1공장 AI품질검사"),
        (NAME, "수원  반도체 제1공장　ai 품질검사"),
        (NAME, "수원 반도체 제１공장 ＡＩ 품질검사"),
        (f"{NAME} 자동화", f"{NAME} 자동화장"),
        (LATIN, "SUWON SEMICONDUCTOR QUALITY INSPECTION PLANT"),
        (LATIN, "Suwon semiconductor quality inspection plants"),
        ("가", "가"),
        ("제①공장", "제1공장"),
    ],
)
async def test_nearly_the_same_name_is_advised_against(company: Caller, first: str, second: str) -> None:
    there = await register_factory(company, name=first)
    answer = await again(company, name=second)
    assert (answer.status_code, answer.json()["code"]) == (409, "likely_duplicate")
    candidate = {name: there[name] for name in ("id", "registry_number", "name")}
    assert answer.json()["candidates"] == [candidate]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (NAME, "수원 반도체 제2공장 AI 품질검사"),
        (NAME, "수원 반도체 제공장 AI 품질검사"),
        (NAME, "수원 반도체 제11공장 AI 품질검사"),
        (f"{LATIN}, building 1 of the northern campus", f"{LATIN}, building 2 of the northern campus"),
        (f"{LATIN}, the northern campus", f"{LATIN}, the northern campus 2"),
        (NAME, "창원 로봇 제1공장"),
        (LATIN, "Suwon semiconductor quality control plant"),
        ("가", "나"),
    ],
)
async def test_another_name_or_number_is_another_factory(company: Caller, first: str, second: str) -> None:
    await register_factory(company, name=first)
    assert (await again(company, name=second)).status_code == 201


async def test_another_region_is_another_factory(company: Caller) -> None:
    await register_factory(company)
    assert (await again(company, region="부산")).status_code == 201


async def test_another_form_of_the_region_is_the_same_region(company: Caller) -> None:
    await register_factory(company, region="광주")
    assert (await again(company, region="46")).json()["code"] == "likely_duplicate"


async def test_another_organization_s_factory_is_no_duplicate(shared_api: Api, company: Caller) -> None:
    await register_factory(company)
    assert (await again(await shared_api.caller("company"))).status_code == 201


@pytest.mark.parametrize(
    ("first", "second", "status_code"),
    [("A", "B", 201), ("A", None, 409), (None, "B", 409), (None, None, 409)],
)
async def test_two_external_refs_tell_two_factories_apart(
    company: Caller, first: str | None, second: str | None, status_code: int
) -> None:
    await register_factory(company, external_ref=first)
    answer = await again(company, external_ref=second)
    assert answer.status_code == status_code
    assert answer.json().get("code") in (None, "likely_duplicate")


@pytest.mark.parametrize("query", ["", "?allow_similar=true"])
async def test_the_same_external_ref_is_no_matter_of_advice(company: Caller, query: str) -> None:
    await register_factory(company, external_ref="A")
    assert (await again(company, query, external_ref="A")).json()["code"] == "already_registered"


@pytest.mark.parametrize("action", ["reject", "withdraw"])
async def test_what_was_turned_down_is_no_duplicate(shared_api: Api, company: Caller, action: str) -> None:
    factory = await register_factory(company)
    ministry = await shared_api.caller("ministry")
    await ministry.post(f"/v1/factories/{factory['id']}/{action}", RIGHT_ACTIONS[action])
    assert (await again(company)).status_code == 201


@pytest.mark.parametrize("actions", [("verify",), ("verify", "retire")])
async def test_what_was_built_is(shared_api: Api, company: Caller, actions: tuple[str, ...]) -> None:
    factory = await register_factory(company)
    ministry = await shared_api.caller("ministry")
    for action in actions:
        await ministry.post(f"/v1/factories/{factory['id']}/{action}", RIGHT_ACTIONS[action])
    assert (await again(company)).json()["code"] == "likely_duplicate"


async def test_advice_is_overridden(company: Caller) -> None:
    await register_factory(company)
    assert (await again(company, "?allow_similar=false")).status_code == 409
    assert (await again(company, "?allow_similar=true")).status_code == 201


@pytest.mark.parametrize("raw", ["1", "TRUE", "yes", ""])
async def test_override_is_true_or_false(company: Caller, raw: str) -> None:
    answer = await again(company, f"?allow_similar={raw}")
    assert [(found["parameter"], found["code"]) for found in answer.json()["errors"]] == [
        ("allow_similar", "not_true_or_false")
    ]


async def test_ministry_is_advised_about_the_organization_it_registers_for(shared_api: Api, company: Caller) -> None:
    await register_factory(company)
    ministry = await shared_api.caller("ministry")
    answer = await again(ministry, organization_id=str(company.organization_id))
    assert answer.json()["code"] == "likely_duplicate"


async def test_amended_name_is_the_one_compared(company: Caller) -> None:
    factory = await register_factory(company, name="옛날 이름")
    await company.patch(f"/v1/factories/{factory['id']}", {"name": "새로운 이름", "region": "부산"}, if_match="*")
    assert (await again(company, name="옛날 이름")).status_code == 201
    assert (await again(company, name="새로운이름", region="부산")).status_code == 409


async def test_five_candidates_are_told_at_most_and_errors_come_first(company: Caller) -> None:
    for _ in range(7):
        await register_factory(company)
    assert len((await again(company)).json()["candidates"]) == 5
    assert (await again(company, industry="99")).status_code == 422


async def test_models_are_not_compared(company: Caller) -> None:
    body = {"name": "모델", "kind": "process", "access": "open", "model_version": "1", "released_on": "2026-01-01"}
    answers = [await company.post("/v1/foundation-models", body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
