"""Every field of every body: what is refused, where the refusal points, and how a value is cleaned."""

import unicodedata
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio

from service.core.records import READ_ONLY
from tests.api.bad_values import (
    ACTIONS,
    FACTORY,
    MODEL,
    OPTIONAL,
    REQUIRED,
    RIGHT_ACTIONS,
    UNKNOWN_ID,
    Bad,
    day,
    identifier,
)
from tests.api.builders import factory_body, model_body, register_factory, register_model, verified_model
from tests.api.conftest import Api, Caller

RECORDS = ("factories", "foundation-models")
BODIES = {"factories": factory_body, "foundation-models": model_body}
CASES = [
    pytest.param(path, bad, id=f"{path}-{bad}")
    for path, bads in zip(RECORDS, (FACTORY, MODEL), strict=True)
    for bad in bads
]


class Cast:
    """Who takes part in most of these tests, and a record of each kind of the company's."""

    def __init__(self, api: Api, company: Caller, ministry: Caller, records: dict[str, dict[str, Any]]) -> None:
        self.api = api
        self.company = company
        self.ministry = ministry
        self.records = records

    def path_of(self, path: str) -> str:
        return f"/v1/{path}/{self.records[path]['id']}"


@pytest_asyncio.fixture(scope="module")
async def cast(shared_api: Api) -> Cast:
    company, ministry = await shared_api.caller("company"), await shared_api.caller("ministry")
    records = {"factories": await register_factory(company), "foundation-models": await register_model(company)}
    return Cast(shared_api, company, ministry, records)


def problems_of(answer: httpx.Response) -> set[tuple[str, str]]:
    """Return where and what the refusal says is wrong."""
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "validation_failed"
    return {(found.get("pointer") or found["parameter"], found["code"]) for found in problem["errors"]}


def assert_says(korean: httpx.Response, english: httpx.Response, bad: Bad) -> None:
    """Hold two refusals to the one problem expected, in words that tell what would be right."""
    assert problems_of(korean) == problems_of(english) == {(bad.pointer, bad.code)}
    (in_korean,), (in_english,) = korean.json()["errors"], english.json()["errors"]
    assert any("가" <= char <= "힣" for char in in_korean["message"])
    assert bad.says in in_english["message"]
    assert in_english["message"].isascii()


@pytest.mark.parametrize(("path", "bad"), CASES)
async def test_bad_value_of_a_new_record_is_named_in_both_languages(cast: Cast, path: str, bad: Bad) -> None:
    body = BODIES[path](**{bad.field: bad.value})
    korean = await cast.company.post(f"/v1/{path}", body)
    english = await cast.company.post(f"/v1/{path}", body, accept_language="en")
    assert_says(korean, english, bad)


@pytest.mark.parametrize(("path", "bad"), CASES)
async def test_bad_value_of_a_patch_is_named_in_both_languages(cast: Cast, path: str, bad: Bad) -> None:
    at = cast.path_of(path)
    korean = await cast.company.patch(at, {bad.field: bad.value}, if_match="*")
    english = await cast.company.patch(at, {bad.field: bad.value}, if_match="*", accept_language="en")
    assert_says(korean, english, bad)


@pytest.mark.parametrize("path", RECORDS)
@pytest.mark.parametrize(
    ("action", "bad"),
    [pytest.param(action, bad, id=f"{action}-{bad}") for action in ACTIONS for bad in ACTIONS[action]],
)
async def test_bad_value_of_an_action_is_named_in_both_languages(cast: Cast, path: str, action: str, bad: Bad) -> None:
    at, body = f"{cast.path_of(path)}/{action}", RIGHT_ACTIONS[action] | {bad.field: bad.value}
    korean = await cast.ministry.post(at, body)
    english = await cast.ministry.post(at, body, accept_language="en")
    assert_says(korean, english, bad)


@pytest.mark.parametrize("action", [*RIGHT_ACTIONS, "erase-contact"])
@pytest.mark.parametrize("path", RECORDS)
async def test_action_takes_no_field_but_its_own(cast: Cast, path: str, action: str) -> None:
    body = RIGHT_ACTIONS.get(action, {}) | {"status": "verified", "사유": "가"}
    answer = await cast.ministry.post(f"{cast.path_of(path)}/{action}", body)
    assert problems_of(answer) == {("#/status", "unknown_field"), ("#/사유", "unknown_field")}


@pytest.mark.parametrize("left_out", ["absent", "null"])
@pytest.mark.parametrize(
    ("action", "required"),
    [
        ("reject", {"reason_code", "reason"}),
        ("withdraw", {"reason"}),
        ("retire", {"retired_on"}),
        ("reopen", {"reason"}),
    ],
)
async def test_action_asks_for_what_it_needs(cast: Cast, action: str, required: set[str], left_out: str) -> None:
    body = dict.fromkeys(required) if left_out == "null" else {}
    answer = await cast.ministry.post(f"{cast.path_of('factories')}/{action}", body)
    assert problems_of(answer) == {(f"#/{name}", "required") for name in required}


@pytest.mark.parametrize("left_out", ["absent", "null"])
@pytest.mark.parametrize("path", RECORDS)
async def test_new_record_without_anything_names_all_that_is_required(cast: Cast, path: str, left_out: str) -> None:
    names = (*REQUIRED[path], "organization_id")
    body = dict.fromkeys(names) if left_out == "null" else {}
    answer = await cast.ministry.post(f"/v1/{path}", body)
    assert problems_of(answer) == {(f"#/{name}", "required") for name in names}


@pytest.mark.parametrize("path", RECORDS)
async def test_patch_clears_nothing_that_is_required(cast: Cast, path: str) -> None:
    names = (*REQUIRED[path], "organization_id")
    answer = await cast.company.patch(cast.path_of(path), dict.fromkeys(names), if_match="*")
    assert problems_of(answer) == {(f"#/{name}", "required") for name in names}


@pytest.mark.parametrize("path", RECORDS)
async def test_every_error_of_a_new_record_is_told_at_once(cast: Cast, path: str) -> None:
    firsts = {bad.field: bad for bad in {"factories": FACTORY, "foundation-models": MODEL}[path]}
    body = {name: bad.value for name, bad in firsts.items()} | {"colour": "red", "status": "verified"}
    body["registered_on"] = "2026-01-01"
    answer = await cast.company.post(f"/v1/{path}", body)
    assert problems_of(answer) == {(bad.pointer, bad.code) for bad in firsts.values()} | {
        ("#/colour", "unknown_field"),
        ("#/status", "read_only"),
        ("#/registered_on", "ministry_only"),
    }


async def test_every_wrong_entry_of_a_list_is_told_at_once(cast: Cast) -> None:
    own = (await register_model(cast.company))["id"]
    body = factory_body(
        use_cases=["safety", "nonsense", "safety", 7],
        evidence=["http://example.com", "https://example.com/right", 5],
        foundation_model_ids=[own, UNKNOWN_ID, UNKNOWN_ID.replace("d", "e")],
    )
    assert problems_of(await cast.company.post("/v1/factories", body)) == {
        ("#/use_cases/1", "not_one_of"),
        ("#/use_cases/2", "repeated_entry"),
        ("#/use_cases/3", "not_one_of"),
        ("#/evidence/0", "not_an_https_link"),
        ("#/evidence/2", "not_text"),
        ("#/foundation_model_ids/1", "unknown_foundation_model"),
        ("#/foundation_model_ids/2", "unknown_foundation_model"),
    }


async def test_unknown_field_is_pointed_to_by_rfc_6901_and_the_known_ones_are_named(cast: Cast) -> None:
    answer = await cast.company.post("/v1/factories", factory_body(**{"a/b~c": 1, "": 2, "가": 3}))
    assert problems_of(answer) == {(f"#/{name}", "unknown_field") for name in ("a~1b~0c", "", "가")}
    assert all("adoption_date" in found["message"] for found in answer.json()["errors"])


@pytest.mark.parametrize("name", READ_ONLY)
@pytest.mark.parametrize("path", RECORDS)
async def test_what_the_registry_gives_can_not_be_sent(cast: Cast, path: str, name: str) -> None:
    created = await cast.ministry.post(f"/v1/{path}", BODIES[path](organization_id=UNKNOWN_ID, **{name: None}))
    patched = await cast.ministry.patch(cast.path_of(path), {name: cast.records[path].get(name)}, if_match="*")
    assert (f"#/{name}", "read_only") in problems_of(created)
    assert problems_of(patched) == {(f"#/{name}", "read_only")}


@pytest.mark.parametrize("path", RECORDS)
async def test_null_clears_every_optional_field(cast: Cast, path: str) -> None:
    register = register_factory if path == "factories" else register_model
    whole = await register(cast.company, **OPTIONAL[path])
    at = f"/v1/{path}/{whole['id']}"
    cleared = (await cast.company.patch(at, dict.fromkeys(OPTIONAL[path]), if_match='"1"')).json()
    bare = await register(cast.company, **dict.fromkeys(OPTIONAL[path]))
    assert {name: cleared[name] for name in OPTIONAL[path]} == {name: bare[name] for name in OPTIONAL[path]}
    assert {name: value for name, value in cleared.items() if name in REQUIRED[path]} == {
        name: whole[name] for name in REQUIRED[path]
    }


@pytest.mark.parametrize("path", RECORDS)
async def test_patch_changes_the_fields_given_and_no_other(cast: Cast, path: str) -> None:
    register = register_factory if path == "factories" else register_model
    whole = await register(cast.company, **(OPTIONAL[path] | {"external_ref": "kept"}))
    changed = (await cast.company.patch(f"/v1/{path}/{whole['id']}", {"name": "새 이름"}, if_match='"1"')).json()
    assert changed == whole | {"name": "새 이름", "version": 2, "updated_at": changed["updated_at"]}
    assert changed["updated_at"] > whole["updated_at"]


@pytest.mark.parametrize("path", RECORDS)
async def test_patch_that_changes_nothing_leaves_the_version(cast: Cast, path: str) -> None:
    record = cast.records[path]
    answer = await cast.company.patch(cast.path_of(path), {"name": f"  {record['name']} "}, if_match='"1"')
    assert (answer.status_code, answer.json()) == (200, record)
    assert (await cast.company.patch(cast.path_of(path), {}, if_match='"1"')).headers["etag"] == '"1"'


LINES = [("factories", "name"), ("factories", "name_en"), ("factories", "contact_name"), ("factories", "external_ref")]
LINES += [("foundation-models", "name"), ("foundation-models", "model_version"), ("foundation-models", "external_ref")]
PARAGRAPHS = [("factories", "address"), ("factories", "notes"), ("foundation-models", "description")]


async def _created(caller: Caller, path: str, **fields: Any) -> Any:
    answer = await caller.post(
        f"/v1/{path}?allow_similar=true" if path == "factories" else f"/v1/{path}", BODIES[path](**fields)
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize(("path", "name"), LINES)
async def test_a_line_is_composed_trimmed_and_single_spaced(cast: Cast, path: str, name: str) -> None:
    raw = " \u3000" + unicodedata.normalize("NFD", f"수원\r\n\t공장  {path} {name}") + "\u2028 "
    assert (await _created(cast.company, path, **{name: raw}))[name] == f"수원 공장 {path} {name}"


@pytest.mark.parametrize(("path", "name"), PARAGRAPHS)
async def test_paragraphs_are_composed_and_trimmed_and_keep_their_white_space(cast: Cast, path: str, name: str) -> None:
    raw = unicodedata.normalize("NFD", "\n 첫째\r\n\r\n둘째\t  끝 \n")
    assert (await _created(cast.company, path, **{name: raw}))[name] == "첫째\n\n둘째\t  끝"


@pytest.mark.parametrize(
    ("path", "name", "limit"),
    [
        ("factories", "name", 200),
        ("factories", "external_ref", 500),
        ("factories", "notes", 4000),
        ("foundation-models", "model_version", 500),
        ("foundation-models", "description", 4000),
    ],
)
async def test_length_is_counted_after_cleaning(cast: Cast, path: str, name: str, limit: int) -> None:
    longest = "각" * limit
    raw = "  " + unicodedata.normalize("NFD", longest) + "  "
    assert (await _created(cast.company, path, **{name: raw}))[name] == longest


async def test_remarks_of_an_action_are_cleaned(cast: Cast) -> None:
    factory = await register_factory(cast.company)
    body = {"reason_code": "other", "reason": " 증빙이\n 없습니다. "}
    answer = await cast.ministry.post(f"/v1/factories/{factory['id']}/reject", body)
    assert answer.json()["rejection"] == {"reason_code": "other", "reason": "증빙이 없습니다."}


REGIONS = {
    "41": ("41", " 41 ", "KR-41", "kr-41", "경기", "경기도", "Gyeonggi", "GYEONGGI-DO", "ｇｙｅｏｎｇｇｉ"),
    "12": ("12", "29", "46", "광주", "전라남도", "KR-29", "KR-46", "jeonnam", "Gwangju Metropolitan City", "전남광주"),
    "51": ("51", "42", "KR-42", "강원", "강원도", "강원특별자치도", "Gangwon-do"),
    "52": ("52", "45", "KR-45", "전북", "전라북도", "Jeonbuk"),
    "36": ("36", "KR-50", "세종"),
    "50": ("50", "KR-49", "제주도"[:2], "JEJU"),
}


@pytest.mark.parametrize(("code", "raw"), [(code, raw) for code, forms in REGIONS.items() for raw in forms])
async def test_region_is_taken_in_every_form_and_shown_as_the_one_in_force(cast: Cast, code: str, raw: str) -> None:
    region = (await _created(cast.company, "factories", region=raw))["region"]
    assert (region["code"], sorted(region)) == (code, ["code", "iso", "name_en", "name_ko"])


@pytest.mark.parametrize(
    ("raw", "code"), [("26", "26"), ("C26", "26"), (" c261 ", "261"), ("26110", "26110"), ("26999", "26999")]
)
async def test_industry_is_taken_in_every_form_and_named_by_its_division(cast: Cast, raw: str, code: str) -> None:
    industry = (await _created(cast.company, "factories", industry=raw))["industry"]
    assert industry == {
        "code": code,
        "division": "26",
        "name_ko": "전자 부품, 컴퓨터, 영상, 음향 및 통신장비 제조업",
        "name_en": "Manufacture of electronic components, computer; visual, sounding and communication equipment",
    }


async def test_a_date_may_lie_ahead(cast: Cast) -> None:
    factory = await _created(cast.company, "factories", adoption_date="2028-01-01")
    model = await _created(cast.company, "foundation-models", released_on="2028-01-01")
    assert (factory["status"], model["status"]) == ("submitted", "submitted")


async def test_everything_given_is_shown_to_its_organization(cast: Cast) -> None:
    for path in RECORDS:
        given = BODIES[path](**OPTIONAL[path]) | {"external_ref": f"shown {path}"}
        shown = await _created(cast.company, path, **given)
        plain = {name: value for name, value in given.items() if name not in ("region", "industry", "industries")}
        assert {name: shown[name] for name in plain} == plain


async def test_company_registers_for_itself_alone(cast: Cast) -> None:
    other = await cast.api.caller("company")
    answer = await cast.company.post("/v1/factories", factory_body(organization_id=str(other.organization_id)))
    assert problems_of(answer) == {("#/organization_id", "unknown_organization")}
    factory = await register_factory(cast.company, organization_id=str(cast.company.organization_id).upper())
    moved = await cast.company.patch(
        f"/v1/factories/{factory['id']}", {"organization_id": str(other.organization_id)}, if_match="*"
    )
    assert problems_of(moved) == {("#/organization_id", "unknown_organization")}


async def test_ministry_registers_for_any_organization_and_moves_a_record_to_another(cast: Cast) -> None:
    other = await cast.api.caller("partner")
    factory = await register_factory(cast.ministry, organization_id=str(cast.company.organization_id))
    at = f"/v1/factories/{factory['id']}"
    moved = await cast.ministry.patch(at, {"organization_id": str(other.organization_id)}, if_match='"1"')
    assert moved.json()["organization_id"] == str(other.organization_id)
    assert (await cast.company.get(at)).status_code == 404
    assert (await other.get(at)).status_code == 200


async def test_ministry_alone_gives_an_earlier_day_of_registration(cast: Cast) -> None:
    brought = await register_factory(
        cast.ministry, organization_id=str(cast.company.organization_id), registered_on="2025-10-01"
    )
    assert brought["registered_on"] == "2025-10-01"
    assert brought["created_at"].startswith("2026-11-25T")
    own = await cast.company.post("/v1/factories", factory_body(registered_on="2025-10-01"))
    assert problems_of(own) == {("#/registered_on", "ministry_only")}


@pytest.mark.parametrize("path", RECORDS)
@pytest.mark.parametrize("bad", day("registered_on"), ids=str)
async def test_bad_day_of_registration_is_named(cast: Cast, path: str, bad: Bad) -> None:
    body = BODIES[path](organization_id=str(cast.company.organization_id), registered_on=bad.value)
    korean, english = (
        await cast.ministry.post(f"/v1/{path}", body),
        await cast.ministry.post(f"/v1/{path}", body, accept_language="en"),
    )
    assert_says(korean, english, bad)


@pytest.mark.parametrize("path", RECORDS)
async def test_day_of_registration_lies_never_ahead_and_is_never_amended(cast: Cast, path: str) -> None:
    body = BODIES[path](organization_id=str(cast.company.organization_id), registered_on="2026-11-26")
    assert problems_of(await cast.ministry.post(f"/v1/{path}", body)) == {("#/registered_on", "in_the_future")}
    patched = await cast.ministry.patch(cast.path_of(path), {"registered_on": "2025-10-01"}, if_match="*")
    assert problems_of(patched) == {("#/registered_on", "read_only")}


@pytest.mark.parametrize("bad", identifier("organization_id"), ids=str)
async def test_ministry_must_name_an_organization_that_is_there(cast: Cast, bad: Bad) -> None:
    assert problems_of(await cast.ministry.post("/v1/factories", factory_body(organization_id=bad.value))) == {
        ("#/organization_id", "not_an_id")
    }
    assert problems_of(await cast.ministry.post("/v1/factories", factory_body(organization_id=UNKNOWN_ID))) == {
        ("#/organization_id", "unknown_organization")
    }


async def test_registry_numbers_carry_the_year_and_rise(api: Api) -> None:
    company = await api.caller("company")
    factories = [await register_factory(company) for _ in range(3)]
    models = [await register_model(company) for _ in range(2)]
    assert factories[0]["registry_number"] == "AXF-2026-00001"
    assert models[0]["registry_number"] == "AXM-2026-0001"
    for made in (factories, models):
        numbers = [record["registry_number"] for record in made]
        assert numbers == sorted(set(numbers))


async def test_registry_number_has_the_year_of_seoul(api: Api) -> None:
    api.clock.now = api.clock.now.replace(month=12, day=31, hour=15)
    factory = await register_factory(await api.caller("company"))
    assert factory["registry_number"].startswith("AXF-2027-")
    assert factory["registered_on"] == "2027-01-01"
    assert factory["created_at"].startswith("2026-12-31T15:")


async def test_factory_names_models_that_are_public_or_its_own(cast: Cast) -> None:
    other = await cast.api.caller("partner")
    verified = (await verified_model(other, cast.ministry))["id"]
    retired = (await verified_model(other, cast.ministry))["id"]
    answer = await other.post(f"/v1/foundation-models/{retired}/retire", {"retired_on": "2026-10-31"})
    assert answer.status_code == 200
    own = (await register_model(cast.company))["id"]
    factory = await register_factory(cast.company, foundation_model_ids=[verified, retired, own])
    assert factory["foundation_model_ids"] == [verified, retired, own]


@pytest.mark.parametrize("status", ["submitted", "rejected", "withdrawn"])
async def test_model_of_others_that_is_not_public_is_as_if_unknown(cast: Cast, status: str) -> None:
    other = await cast.api.caller("company")
    model = (await register_model(other))["id"]
    if status != "submitted":
        action = {"rejected": "reject", "withdrawn": "withdraw"}[status]
        await cast.ministry.post(f"/v1/foundation-models/{model}/{action}", RIGHT_ACTIONS[action])
    created = await cast.company.post("/v1/factories", factory_body(foundation_model_ids=[model]))
    unknown = await cast.company.post("/v1/factories", factory_body(foundation_model_ids=[UNKNOWN_ID]))
    patched = await cast.company.patch(cast.path_of("factories"), {"foundation_model_ids": [model]}, if_match="*")
    assert created.json()["errors"] == unknown.json()["errors"] == patched.json()["errors"]
    assert problems_of(created) == {("#/foundation_model_ids/0", "unknown_foundation_model")}


async def test_model_that_the_factory_names_may_stay_when_it_is_not_public_any_more(cast: Cast) -> None:
    model = (await verified_model(await cast.api.caller("partner"), cast.ministry))["id"]
    factory = await register_factory(cast.company, foundation_model_ids=[model])
    await cast.ministry.post(f"/v1/foundation-models/{model}/reopen", RIGHT_ACTIONS["reopen"])
    own = (await register_model(cast.company))["id"]
    at = f"/v1/factories/{factory['id']}"
    answer = await cast.company.patch(at, {"foundation_model_ids": [own, model]}, if_match='"1"')
    assert answer.json()["foundation_model_ids"] == [own, model]


@pytest.mark.parametrize("char", ["ﷺ", "🏭", "㊿", "\U0001d7ff", "ß", "각", "İ"])
async def test_longest_names_of_widest_characters_are_kept_and_found(cast: Cast, char: str) -> None:
    company = await cast.api.caller("company")
    for path, register in (("factories", register_factory), ("foundation-models", register_model)):
        made = await register(company, name=char * 200, name_en=char * 200, external_ref=char * 500)
        assert (made["name"], made["external_ref"]) == (char * 200, char * 500)
        found = await company.get(f"/v1/{path}?sort=name&organization={company.organization_id}&q={quote(char * 2)}")
        assert found.json()["items"] == [made]
    again = await company.post("/v1/factories", factory_body(name=char * 200))
    assert again.json()["code"] == "likely_duplicate"
