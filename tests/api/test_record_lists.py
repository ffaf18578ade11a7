"""Lists of records: every filter, every order, pages that hold still, and cursors that are ours alone."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import pytest_asyncio

from tests.api.bad_values import RIGHT_ACTIONS, UNKNOWN_ID
from tests.api.builders import register_factory, register_model
from tests.api.conftest import Api, Caller
from tests.api.raw_calls import raw_call

Item = dict[str, Any]

FACTORIES: list[Item] = [
    {"name": "수원 반도체 1공장", "name_en": "Suwon Semiconductor", "adoption_date": "2026-01-10"},
    {"name": "수원 반도체 2공장", "region": "41", "industry": "261", "adoption_date": "2026-01-10"},
    {"name": "창원 로봇 공장", "name_en": "Changwon ROBOTICS", "region": "경남", "industry": "29"},
    {"name": "부산 조선소", "region": "부산", "industry": "31111", "adoption_date": "2027-01-10"},
    {"name": "ＡＸ 팩토리", "region": "대구", "industry": "26", "adoption_date": "2025-12-31"},
    {"name": "Straße 공장", "region": "대전", "industry": "10", "adoption_date": "2026-06-30"},
    {"name": "100% 자동화_공장", "region": "울산", "industry": "30"},
    {"name": "a zebra", "region": "충북"},
    {"name": "Z alpha", "region": "충남"},
    {"name": "광주 가전", "region": "광주"},
    {"name": "가나나다", "region": "전북"},
]
MODELS: list[Item] = [
    {"name": "용접 검사", "kind": "process", "industries": ["25", "26110"], "released_on": "2026-02-01"},
    {"name": "도장 검사", "kind": "industry", "industries": ["30"], "released_on": "2026-02-01"},
    {"name": "제조 언어", "name_en": "FabLM", "kind": "foundation", "released_on": "2027-02-01"},
    {"name": "협동 로봇", "kind": "cooperation_leading", "industries": ["29", "26"]},
]
MOVED = {1: "verify", 2: "reject", 4: "withdraw"}


class Scene:
    """A register of two organizations, and the ministry that sees it whole."""

    def __init__(self, ministry: Caller, owners: list[Caller], factories: list[Item], models: list[Item]) -> None:
        self.ministry = ministry
        self.owners = owners
        self.records = {"factories": factories, "foundation-models": models}

    async def found(self, path: str, query: str) -> set[str]:
        """Return which records of the scene a query finds; other tests register more."""
        return await ids_of(self.ministry, path, query) & {record["id"] for record in self.records[path]}


async def _after_moves(ministry: Caller, path: str, records: list[Item]) -> list[Item]:
    for place, action in MOVED.items():
        if place < len(records):
            answer = await ministry.post(f"/v1/{path}/{records[place]['id']}/{action}", RIGHT_ACTIONS[action])
            assert answer.status_code == 200, answer.text
    return [(await ministry.get(f"/v1/{path}/{record['id']}")).json() for record in records]


@pytest_asyncio.fixture(scope="module")
async def scene(shared_api: Api) -> Scene:
    ministry = await shared_api.caller("ministry")
    owners = [await shared_api.caller("company"), await shared_api.caller("partner")]
    models = [await register_model(owners[n % 2], **given) for n, given in enumerate(MODELS)]
    named = [{"foundation_model_ids": [models[n % 2]["id"]] if n < 4 else []} for n in range(len(FACTORIES))]
    factories = [await register_factory(owners[n % 2], **(given | named[n])) for n, given in enumerate(FACTORIES)]
    models = await _after_moves(ministry, "foundation-models", models)
    return Scene(ministry, owners, await _after_moves(ministry, "factories", factories), models)


async def ids_of(caller: Caller, path: str, query: str) -> set[str]:
    """Return the ids that a query finds."""
    answer = await caller.get(f"/v1/{path}?limit=200&{query}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["next"] is None
    return {item["id"] for item in answer.json()["items"]}


Keeps = Callable[[Item, Scene], bool]
FACTORY_FILTERS: dict[str, Keeps] = {
    "region=41": lambda item, _: item["region"]["code"] == "41",
    "region=%EA%B2%BD%EA%B8%B0": lambda item, _: item["region"]["code"] == "41",
    "region=KR-29": lambda item, _: item["region"]["code"] == "12",
    "industry=26": lambda item, _: item["industry"]["division"] == "26",
    "industry=C261": lambda item, _: item["industry"]["code"].startswith("261"),
    "industry=26110": lambda item, _: item["industry"]["code"] == "26110",
    "industry=27": lambda _item, _: False,
    "adopted_from=2026-06-30": lambda item, _: item["adoption_date"] >= "2026-06-30",
    "adopted_to=2026-06-30": lambda item, _: item["adoption_date"] <= "2026-06-30",
    "adopted_from=2026-01-10&adopted_to=2026-01-10": lambda item, _: item["adoption_date"] == "2026-01-10",
    "foundation_model={model}": lambda item, scene: (
        scene.records["foundation-models"][0]["id"] in item["foundation_model_ids"]
    ),
    f"foundation_model={UNKNOWN_ID}": lambda _item, _: False,
    "region=41&industry=26&status=verified": lambda item, _: (
        item["region"]["code"] == "41" and item["industry"]["division"] == "26" and item["status"] == "verified"
    ),
}
MODEL_FILTERS: dict[str, Keeps] = {
    "kind=process": lambda item, _: item["kind"] == "process",
    "industry=26": lambda item, _: any(found["division"] == "26" for found in item["industries"]),
    "industry=26110": lambda item, _: any(found["code"] == "26110" for found in item["industries"]),
    "released_from=2026-02-02": lambda item, _: item["released_on"] >= "2026-02-02",
    "released_to=2026-02-01": lambda item, _: item["released_on"] <= "2026-02-01",
}
SHARED_FILTERS: dict[str, Keeps] = {
    **{
        f"status={status}": lambda item, _, status=status: item["status"] == status  # type: ignore[misc]  # bound now
        for status in ("submitted", "verified", "rejected", "withdrawn", "retired")
    },
    "organization={owner}": lambda item, scene: item["organization_id"] == str(scene.owners[0].organization_id),
    f"organization={UNKNOWN_ID}": lambda _item, _: False,
    "organization={owner}&status=submitted": lambda item, scene: (
        item["organization_id"] == str(scene.owners[0].organization_id) and item["status"] == "submitted"
    ),
    "updated_from={updated}": lambda item, scene: item["updated_at"] >= scene.records["factories"][6]["updated_at"],
    "updated_from=2026-11-25T12:00:00%2B09:00": lambda item, _: item["updated_at"] >= "2026-11-25T03:00:00",
    "updated_from=2026-12-01T00:00:00Z": lambda _item, _: False,
}
FILTERS = [("factories", query) for query in FACTORY_FILTERS | SHARED_FILTERS]
FILTERS += [("foundation-models", query) for query in MODEL_FILTERS | SHARED_FILTERS]


@pytest.mark.parametrize(("path", "query"), FILTERS)
async def test_filter_keeps_what_fits_it(scene: Scene, path: str, query: str) -> None:
    keeps = (SHARED_FILTERS | (FACTORY_FILTERS if path == "factories" else MODEL_FILTERS))[query]
    asked = query.format(
        model=scene.records["foundation-models"][0]["id"],
        owner=scene.owners[0].organization_id,
        updated=quote(scene.records["factories"][6]["updated_at"]),
    )
    assert await scene.found(path, asked) == {item["id"] for item in scene.records[path] if keeps(item, scene)}


SEARCHES = {
    "수원": {0, 1},
    "반도체 1": {0},
    " 반도체  1 ": {0},
    "체 2": {1},
    "공장": {0, 1, 2, 5, 6},
    "suwon SEMI": {0},
    "robotics": {2},
    "ax": {4},
    "ＡＸ": {4},
    "STRASSE": {5},
    "straße": {5},
    "0%": {6},
    "화_": {6},
    "%%": set(),
    "__": set(),
    "' OR": set(),
    "없는이름": set(),
    "나나다": {10},
    "가나다": set(),
    "1공장\nsuwon": set(),
}


@pytest.mark.parametrize("text", SEARCHES)
async def test_search_finds_parts_of_both_names_whatever_their_case(scene: Scene, text: str) -> None:
    found = await scene.found("factories", f"q={quote(text)}")
    assert found == {scene.records["factories"][place]["id"] for place in SEARCHES[text]}


async def test_search_takes_korean_that_is_not_escaped(scene: Scene) -> None:
    answer = await raw_call(scene.ministry, "GET", "/v1/factories", query="limit=1&q=수원&sort=name".encode())
    assert [item["id"] for item in answer.json()["items"]] == [scene.records["factories"][0]["id"]]
    assert f"q={quote('수원')}" in answer.headers["link"]


async def test_query_that_is_no_text_finds_nothing(scene: Scene) -> None:
    answer = await raw_call(scene.ministry, "GET", "/v1/factories", query=b"q=\xff\xfe")
    assert answer.json() == {"items": [], "next": None}


async def test_search_takes_letters_that_are_not_composed(scene: Scene) -> None:
    decomposed = "%E1%84%89%E1%85%AE%E1%84%8B%E1%85%AF%E1%86%AB"
    assert await scene.found("factories", f"q={decomposed}") == {
        scene.records["factories"][place]["id"] for place in SEARCHES["수원"]
    }


async def test_search_of_models(scene: Scene) -> None:
    found = await ids_of(scene.ministry, "foundation-models", f"q={quote('검사')}")
    assert found == {record["id"] for record in scene.records["foundation-models"][:2]}
    assert len(await ids_of(scene.ministry, "foundation-models", "q=fablm")) == 1


async def test_search_follows_an_amended_name(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    factory = await register_factory(company, name="옛날이름", region="제주")
    await company.patch(f"/v1/factories/{factory['id']}", {"name": "새로운이름", "name_en": "Brand New"}, if_match="*")
    assert await ids_of(company, "factories", f"q={quote('옛날')}") == set()
    assert await ids_of(company, "factories", f"q={quote('로운')}") == {factory["id"]}
    assert await ids_of(company, "factories", "q=brand") == {factory["id"]}


WRONG = {
    "q=%EC%88%98": ("q", "too_short"),
    "q=a": ("q", "too_short"),
    "q=%E3%85%8E%E3%85%8F": ("q", "too_short"),
    "q=": ("q", "empty"),
    "q=%20%20": ("q", "empty"),
    "q=a%00b": ("q", "control_character"),
    f"q={'a' * 201}": ("q", "too_long"),
    "limit=0": ("limit", "out_of_range"),
    "limit=201": ("limit", "out_of_range"),
    "limit=-1": ("limit", "out_of_range"),
    "limit=": ("limit", "not_an_integer"),
    "limit=1.5": ("limit", "not_an_integer"),
    "limit=ten": ("limit", "not_an_integer"),
    "limit=%D9%A1": ("limit", "not_an_integer"),
    f"limit={'9' * 400}": ("limit", "not_an_integer"),
    "sort=colour": ("sort", "not_one_of"),
    "sort=--name": ("sort", "not_one_of"),
    "sort=": ("sort", "not_one_of"),
    "status=open": ("status", "not_one_of"),
    "status=": ("status", "not_one_of"),
    "organization=7": ("organization", "not_an_id"),
    "industry=99": ("industry", "unknown_industry"),
    "industry=": ("industry", "unknown_industry"),
    "updated_from=yesterday": ("updated_from", "not_an_instant"),
    "updated_from=2026-11-25T03:00:00": ("updated_from", "not_an_instant"),
    "after=nonsense": ("after", "bad_cursor"),
    "after=": ("after", "bad_cursor"),
    "after=%EC%88%98": ("after", "bad_cursor"),
    "colour=red": ("colour", "unknown_parameter"),
    "limit=5&limit=6": ("limit", "repeated_parameter"),
    "%FF=1": ("\ufffd", "unknown_parameter"),
}
WRONG_OF_FACTORIES = {
    "region=99": ("region", "unknown_region"),
    "region=": ("region", "empty"),
    "foundation_model=7": ("foundation_model", "not_an_id"),
    "adopted_from=2026-02-30": ("adopted_from", "not_a_date"),
    "adopted_to=1": ("adopted_to", "not_a_date"),
    "sort=released_on": ("sort", "not_one_of"),
    "kind=process": ("kind", "unknown_parameter"),
}
WRONG_OF_MODELS = {
    "kind=big": ("kind", "not_one_of"),
    "released_from=x": ("released_from", "not_a_date"),
    "released_to=x": ("released_to", "not_a_date"),
    "region=41": ("region", "unknown_parameter"),
    "sort=adoption_date": ("sort", "not_one_of"),
}
BAD_QUERIES = [("factories", query, expected) for query, expected in (WRONG | WRONG_OF_FACTORIES).items()]
BAD_QUERIES += [("foundation-models", query, expected) for query, expected in (WRONG | WRONG_OF_MODELS).items()]


@pytest.mark.parametrize(("path", "query", "expected"), BAD_QUERIES)
async def test_bad_parameter_is_named(scene: Scene, path: str, query: str, expected: tuple[str, str]) -> None:
    answer = await scene.ministry.get(f"/v1/{path}?{query}")
    assert answer.status_code == 422, answer.text
    assert [(found["parameter"], found["code"]) for found in answer.json()["errors"]] == [expected]


async def test_every_bad_parameter_is_told_at_once(scene: Scene) -> None:
    answer = await scene.ministry.get("/v1/factories?limit=0&q=a&colour=red&sort=x", accept_language="en")
    assert [found["parameter"] for found in answer.json()["errors"]] == ["limit", "q", "colour", "sort"]
    assert "adopted_from" in answer.json()["errors"][2]["message"]


async def test_query_of_a_thousand_parameters_is_refused(scene: Scene) -> None:
    assert (await scene.ministry.get("/v1/factories?" + "a=1&" * 1000)).status_code == 422


@pytest.mark.parametrize("method", ["GET", "PATCH", "POST"])
async def test_calls_without_parameters_refuse_them(scene: Scene, method: str) -> None:
    at = f"/v1/factories/{scene.records['factories'][0]['id']}"
    at = f"{at}/withdraw" if method == "POST" else at
    answer = await scene.ministry.send(
        method, f"{at}?colour=red", {"reason": "가"} if method == "POST" else {}, if_match="*"
    )
    assert [(found["parameter"], found["code"]) for found in answer.json()["errors"]] == [
        ("colour", "unknown_parameter")
    ]


SORTS = {
    "factories": ("registered_at", "updated_at", "adoption_date", "name"),
    "foundation-models": ("registered_at", "updated_at", "released_on", "name"),
}


async def walk(caller: Caller, first: str) -> list[Item]:
    """Follow a list by its Link headers to its end; each agrees with `next`."""
    found, address, pages = [], first, 0
    while address and pages < 500:
        answer = await caller.get(address)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
        link = answer.headers.get("link")
        assert (link is None) == (page["next"] is None)
        address = ""
        if link:
            address, _, relation = link[1:].partition(">")
            assert relation == '; rel="next"'
            assert urlsplit(address).query.endswith(f"after={quote(page['next'])}")
        pages += 1
    return found


@pytest.mark.parametrize("limit", [1, 3, 200])
@pytest.mark.parametrize("direction", ["", "-"])
@pytest.mark.parametrize(("path", "sort"), [(path, sort) for path in SORTS for sort in SORTS[path]])
async def test_list_is_sorted_over_all_its_pages(
    scene: Scene, path: str, sort: str, direction: str, limit: int
) -> None:
    query = f"sort={direction}{sort}&limit={limit}&updated_from=2026-01-01T00:00:00Z"
    found = [item["id"] for item in await walk(scene.ministry, f"/v1/{path}?{query}")]
    known = {record["id"] for record in scene.records[path]}
    ordered = sorted(scene.records[path], key=lambda item: (item[sort], item["id"]), reverse=direction == "-")
    assert [record_id for record_id in found if record_id in known] == [item["id"] for item in ordered]


async def test_newest_registration_stands_first_unless_asked_otherwise(scene: Scene) -> None:
    for path in SORTS:
        plain = (await scene.ministry.get(f"/v1/{path}")).json()["items"]
        sorted_so = (await scene.ministry.get(f"/v1/{path}?sort=-registered_at")).json()["items"]
        assert plain == sorted_so


async def test_filters_go_with_the_pages(scene: Scene) -> None:
    first = f"/v1/factories?q={quote('공장')}&limit=2&sort=name&organization={scene.owners[0].organization_id}"
    found = await walk(scene.ministry, first)
    assert {item["id"] for item in found} == {scene.records["factories"][place]["id"] for place in (0, 2, 6)}
    assert [item["name"] for item in found] == sorted(item["name"] for item in found)


async def test_page_holds_fifty_unless_asked_otherwise(shared_api: Api) -> None:
    partner = await shared_api.caller("partner")
    for number in range(51):
        await register_model(partner, name=f"모델 {number}")
    mine = f"/v1/foundation-models?organization={partner.organization_id}"
    assert len((await partner.get(mine)).json()["items"]) == 50
    assert len((await partner.get(f"{mine}&limit=200")).json()["items"]) == 51


@pytest.mark.parametrize(
    "sort", ["registered_at", "-registered_at", "adoption_date", "-adoption_date", "name", "-name"]
)
async def test_pages_hold_still_while_others_write(shared_api: Api, sort: str) -> None:
    company = await shared_api.caller("company")
    days = ("2026-01-01", "2026-01-02")
    made = [
        await register_factory(company, name=f"공장 {number % 4}", region="세종", adoption_date=days[number % 2])
        for number in range(9)
    ]
    query = f"/v1/factories?limit=2&sort={sort}&organization={company.organization_id}"
    found: list[str] = []
    after = ""
    for number in range(20):
        page = (await company.get(f"{query}{after}")).json()
        found += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
        await register_factory(company, name=f"공장 {number % 5}", region="제주", adoption_date=days[number % 2])
        await company.patch(f"/v1/factories/{made[number % 9]['id']}", {"notes": f"{number}"}, if_match="*")
    assert len(found) == len(set(found))
    assert set(found) >= {record["id"] for record in made}


async def test_who_follows_changes_misses_none(shared_api: Api) -> None:
    company = await shared_api.caller("company")
    made = [await register_factory(company, name=f"따라가기 {number}", region="강원") for number in range(5)]
    query = f"/v1/factories?limit=2&sort=updated_at&organization={company.organization_id}"
    first = (await company.get(query)).json()
    await company.patch(f"/v1/factories/{made[0]['id']}", {"notes": "나중에"}, if_match="*")
    rest = await walk(company, f"{query}&after={first['next']}")
    assert [item["id"] for item in rest] == [made[place]["id"] for place in (2, 3, 4, 0)]
    assert rest[-1]["notes"] == "나중에"


async def _cursor(caller: Caller, path: str, sort: str) -> str:
    page = (await caller.get(f"/v1/{path}?limit=1&sort={sort}")).json()
    return str(page["next"])


@pytest.mark.parametrize(
    ("path", "sort", "of_path", "of_sort"),
    [
        ("factories", "name", "foundation-models", "name"),
        ("factories", "registered_at", "foundation-models", "registered_at"),
        ("factories", "name", "factories", "-name"),
        ("factories", "-registered_at", "factories", "-updated_at"),
        ("factories", "name", "factories", "registered_at"),
        ("factories", "adoption_date", "factories", "name"),
    ],
)
async def test_cursor_of_another_list_is_refused(
    scene: Scene, path: str, sort: str, of_path: str, of_sort: str
) -> None:
    cursor = await _cursor(scene.ministry, of_path, of_sort)
    answer = await scene.ministry.get(f"/v1/{path}?sort={sort}&after={cursor}")
    assert [(found["parameter"], found["code"]) for found in answer.json()["errors"]] == [("after", "bad_cursor")]


@pytest.mark.parametrize("sort", ["registered_at", "-updated_at", "name"])
async def test_cursor_that_was_touched_is_refused(scene: Scene, sort: str) -> None:
    cursor = await _cursor(scene.ministry, "factories", sort)
    last = "A" if cursor[-1] != "A" else "B"
    touched = [
        cursor[:-1],
        cursor + "A",
        cursor + "!",
        "!" + cursor,
        cursor[:-1] + last,
        cursor + "%3D",
        cursor.lower(),
    ]
    touched += [
        cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        for place in range(0, len(cursor), 7)
    ]
    for each in touched:
        answer = await scene.ministry.get(f"/v1/factories?sort={sort}&after={each}")
        assert answer.status_code == 422, each
    assert (await scene.ministry.get(f"/v1/factories?sort={sort}&after={cursor}")).status_code == 200


async def test_cursor_shows_nobody_more_than_they_see(scene: Scene, shared_api: Api) -> None:
    cursor = await _cursor(scene.ministry, "factories", "registered_at")
    stranger = await shared_api.caller("company")
    items = (await stranger.get(f"/v1/factories?sort=registered_at&limit=200&after={cursor}")).json()["items"]
    assert {item["status"] for item in items} <= {"verified", "retired"}
