"""A target's value split up: the parts add up to it, by a recount of the register, as known at any instant."""

import asyncio
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from tests.api.builders import register_factory, register_model, verified_factory, verified_model
from tests.api.conftest import Api, Caller
from tests.api.test_targets import set_target

PARTITIONS = ("region", "industry", "project_type", "month")
_KEY_IN_SQL = {
    "region": "region",
    "industry": "left(industry, 2)",
    "project_type": "project_type",
    "month": "to_char(adoption_date, 'YYYY-MM')",
}


@dataclass
class World:
    """The application with somebody of the ministry and somebody of a company in it."""

    api: Api
    ministry: Caller
    company: Caller

    async def split(self, by: str, *, code: str = "factories-2026", query: str = "", who: Caller | None = None) -> Any:
        answer = await (who or self.company).get(f"/v1/progress/{code}/breakdown?by={by}{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def parts(self, by: str, **asked: Any) -> dict[str | None, Any]:
        return {item["key"]: item for item in (await self.split(by, **asked))["items"]}

    async def progress(self, code: str, query: str = "") -> dict[str, Any]:
        return dict((await self.company.get(f"/v1/progress/{code}{query}")).json())

    async def built(self, **changes: Any) -> dict[str, Any]:
        return await verified_factory(self.company, self.ministry, **changes)


@pytest_asyncio.fixture
async def world(api: Api) -> World:
    return World(api, await api.caller("ministry"), await api.caller("company"))


async def fill(world: World) -> None:
    """Register a varied few: counting, waiting and planned, in three regions and industries."""
    await world.built(region="경기", industry="26110", project_type="mini", adoption_date="2026-03-02")
    await world.built(region="41", industry="C26", project_type="mini", adoption_date="2026-03-30")
    await world.built(region="서울", industry="30121", adoption_date="2026-10-01")
    await world.built(region="12", industry="30", project_type="humanoid", adoption_date="2025-11-03")
    await register_factory(world.company, region="부산", industry="24", adoption_date="2026-11-20")
    await register_factory(world.company, region="경기", industry="24", adoption_date="2026-12-15")
    await register_factory(world.company, region="경기", industry="24", adoption_date="2027-05-15")


@pytest.mark.parametrize("by", PARTITIONS)
@pytest.mark.parametrize("code", ["factories-2026", "factories-2030"])
async def test_parts_add_up_to_progress_and_are_a_recount(world: World, migration_url: str, by: str, code: str) -> None:
    await fill(world)
    for query in ("", "&as_of=2026-06-30", "&as_of=2026-12-20"):
        parts = await world.parts(by, code=code, query=query)
        whole = await world.progress(code, query.replace("&", "?"))
        assert sum(part["value"] for part in parts.values()) == whole["value"]
        assert sum(part["waiting"] for part in parts.values()) == whole["waiting"]
        assert sum(part["planned"] for part in parts.values()) == whole["pipeline"]["planned"]
    counted = {key: part["value"] for key, part in (await world.parts(by, code=code)).items() if part["value"]}
    assert counted == await recount(
        migration_url, _KEY_IN_SQL[by], since="2026-01-01" if "2026" in code else "2025-09-10"
    )


async def recount(url: str, key: str, *, since: str) -> dict[str | None, int]:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    rows = await connection.fetch(
        f"SELECT {key} AS key, count(*) AS value FROM factory WHERE status IN ('verified', 'retired')"
        f" AND adoption_date BETWEEN '{since}' AND '2026-11-25' GROUP BY 1"
    )
    await connection.close()
    return {row["key"]: row["value"] for row in rows}


async def test_parts_are_named_and_their_share_is_of_the_value(world: World) -> None:
    await fill(world)
    parts = await world.parts("region")
    assert len(parts) == 16  # every region in force, and none without a region
    assert parts["41"] == {
        "key": "41",
        "name_ko": "경기도",
        "name_en": "Gyeonggi-do",
        "value": 2,
        "share": 0.667,
        "planned": 1,
        "waiting": 0,
    }
    assert (await world.parts("industry"))["24"]["waiting"] == 1
    types = await world.parts("project_type")
    assert [(key, types[key]["value"]) for key in ("mini", "humanoid", None)] == [
        ("mini", 2),
        ("humanoid", 0),
        (None, 1),
    ]


async def test_months_have_a_gap_that_adds_up_and_nothing_else_has_one(world: World) -> None:
    await fill(world)
    parts = await world.parts("month")
    assert (parts["2026-03"]["name_ko"], parts["2026-03"]["name_en"]) == ("2026년 3월", "March 2026")
    assert (parts["2026-03"]["value"], parts["2026-03"]["gap"]) == (2, -6.5)  # 2 - 100 * 31 / 365
    assert (parts["2026-12"]["planned"], parts["2026-12"]["gap"]) == (1, None)
    assert list(parts) == [f"2026-{month:02}" for month in range(1, 13)]
    for by in ("region", "industry", "project_type", "foundation_model"):
        assert all("gap" not in part for part in (await world.parts(by)).values())


async def test_factory_counts_once_per_model(world: World) -> None:
    one = await verified_model(world.company, world.ministry, name="용접 검사 모델", name_en="Weld check")
    two = await verified_model(world.company, world.ministry, name="예지 보전 모델")
    await world.built(foundation_model_ids=[one["id"], two["id"]])
    await world.built(foundation_model_ids=[one["id"]])
    await world.built()
    parts = await world.parts("foundation_model")
    assert {key: (part["value"], part["share"]) for key, part in parts.items()} == {
        one["id"]: (2, 0.667),
        two["id"]: (1, 0.333),
        None: (1, 0.333),
    }
    assert (parts[one["id"]]["name_ko"], parts[one["id"]]["name_en"]) == ("용접 검사 모델", "Weld check")
    assert parts[two["id"]]["name_en"] == "예지 보전 모델"


async def test_model_that_others_do_not_see_is_not_named(world: World) -> None:
    secret = await register_model(world.company, name="비공개 모델")
    await world.built(foundation_model_ids=[secret["id"]])
    then = await world.split("foundation_model")
    assert [(item["key"], item["value"]) for item in then["items"]] == [(None, 1)]
    await world.ministry.post(f"/v1/foundation-models/{secret['id']}/verify")
    now = await world.split("foundation_model")
    assert [(item["key"], item["name_ko"]) for item in now["items"]] == [(secret["id"], "비공개 모델")]
    assert await world.split("foundation_model", query=f"&known_at={then['known_at']}") == then


async def test_model_renamed_is_shown_by_its_name_at_once(world: World) -> None:
    model = await verified_model(world.company, world.ministry)
    await world.built(foundation_model_ids=[model["id"]])
    await world.split("foundation_model")
    await world.company.patch(f"/v1/foundation-models/{model['id']}", {"name": "새 이름"}, if_match='"2"')
    assert [item["name_ko"] for item in (await world.split("foundation_model"))["items"]] == ["새 이름"]


async def test_without_a_key_the_pipeline_is_left_out(world: World) -> None:
    await fill(world)
    for by in (*PARTITIONS, "foundation_model"):
        whole = (await world.split(by, code="factories-2030"))["items"]
        public = (await world.split(by, code="factories-2030", who=world.api.anonymous))["items"]
        assert public
        assert public == [
            {name: value for name, value in item.items() if name not in ("planned", "waiting")}
            for item in whole
            if item["value"] or item["key"] is not None
        ]


async def test_models_are_split_by_month_alone(world: World) -> None:
    await verified_model(world.company, world.ministry, released_on="2026-05-04")
    parts = await world.parts("month", code="models-2030")
    assert (parts["2026-05"]["value"], sum(part["value"] for part in parts.values())) == (1, 1)
    for by in ("region", "industry", "project_type", "foundation_model"):
        answer = await world.company.get(f"/v1/progress/models-2030/breakdown?by={by}")
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["parameter"], error["code"]) == (422, "by", "does_not_fit_metric")


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ("", "by", "required"),
        ("?as_of=2026-11-20", "by", "required"),
        ("?by=weather", "by", "not_one_of"),
        ("?by=region&by=month", "by", "repeated_parameter"),
        ("?by=region&known_at=2199-01-01", "known_at", "after_now"),
        ("?by=region&limit=5", "limit", "unknown_parameter"),
    ],
)
async def test_bad_parameter_is_refused_by_name(api: Api, query: str, parameter: str, code: str) -> None:
    answer = await api.anonymous.get(f"/v1/progress/factories-2026/breakdown{query}")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["parameter"], error["code"]) == (422, parameter, code)
    for nowhere in ("nowhere", "No%20where"):
        assert (await api.anonymous.get(f"/v1/progress/{nowhere}/breakdown{query}")).status_code == 404


async def test_split_can_be_reproduced_after_corrections(world: World) -> None:
    await fill(world)
    published = {by: await world.split(by) for by in PARTITIONS}
    moved = await world.built(region="경기")
    await world.ministry.patch(f"/v1/factories/{moved['id']}", {"region": "부산"}, if_match='"2"')
    await world.ministry.post(f"/v1/factories/{moved['id']}/reopen", {"reason": "재확인"})
    for by, then in published.items():
        assert await world.split(by, query=f"&known_at={then['known_at']}") == then


async def test_filter_and_baseline_of_the_target_hold(world: World) -> None:
    await set_target(
        world.ministry,
        code="gyeonggi",
        starts_on="2026-01-01",
        due_on="2026-12-31",
        goal=10,
        baseline=4,
        filter={"regions": ["경기"]},
    )
    await fill(world)
    parts = await world.parts("region", code="gyeonggi")
    assert [(key, part["value"], part["share"]) for key, part in parts.items()] == [("41", 2, 0.333), (None, 4, 0.667)]
    by_month = await world.parts("month", code="gyeonggi")
    assert sum(part["value"] for part in by_month.values()) == (await world.progress("gyeonggi"))["value"] == 6


async def test_unchanged_split_is_not_sent_again(world: World) -> None:
    await fill(world)
    url = "/v1/progress/factories-2026/breakdown?by=region"
    first = await world.company.get(url)
    assert (await world.company.get(url, if_none_match=first.headers["etag"])).status_code == 304
    assert (await world.api.anonymous.get(url)).headers["etag"] != first.headers["etag"]
    await world.built(region="부산")
    assert (await world.company.get(url, if_none_match=first.headers["etag"])).status_code == 200


async def test_many_who_ask_at_once_are_told_the_same(world: World) -> None:
    await fill(world)
    answers = await asyncio.gather(*(world.split("industry") for _ in range(8)))
    assert all(answer["items"] == answers[0]["items"] for answer in answers)
