"""Progress: the counts and figures of PRODUCT.md section 4, on any day, as known at any instant."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from service.core.regions import RegionBook
from tests.api.builders import register_factory, register_model
from tests.api.conftest import Api, Caller
from tests.api.test_targets import set_target
from tests.api.worlds import World, living_in
from tests.clocks import NOON_IN_SEOUL

URL = "/v1/progress/factories-2026"
COUNTS = ("value", "waiting", "plan", "gap", "remaining", "pipeline")


@pytest_asyncio.fixture
async def world(database_url: str, migration_url: str) -> Any:
    async with living_in(NOON_IN_SEOUL, database_url=database_url, migration_url=migration_url) as living:
        yield living


async def act(caller: Caller, record: dict[str, Any], action: str, body: Any = None) -> None:
    path = "factories" if record["registry_number"].startswith("AXF") else "foundation-models"
    answer = await caller.post(f"/v1/{path}/{record['id']}/{action}", body)
    assert answer.status_code == 200, answer.text


async def test_empty_register_has_reached_nothing(world: World) -> None:
    listed = (await world.api.anonymous.get("/v1/progress")).json()
    assert [(one["code"], one["value"], one["goal"]) for one in listed["items"]] == [
        ("factories-2026", 0, 100),
        ("factories-2030", 0, 500),
        ("models-2030", 0, 15),
    ]
    assert listed["next"] is None


async def test_figures_are_those_of_the_contract(world: World) -> None:
    await world.built("2026-03-02", "2026-10-01")
    await register_factory(world.company, adoption_date="2026-11-25")
    await register_factory(world.company, adoption_date="2026-12-31")
    await register_factory(world.company, adoption_date="2027-01-01")
    told = await world.progress()
    known_at = told.pop("known_at")
    assert datetime.fromisoformat(known_at).utcoffset() == timedelta(0)
    assert told == {
        "code": "factories-2026",
        "name_ko": "2026년 AI 팩토리 100개",
        "name_en": "100 AI factories in 2026",
        "metric": "factories",
        "target_version": 1,
        "state": "active",
        "plan_basis": "assumed",
        "as_of": "2026-11-25",
        "synthetic": False,
        "value": 2,
        "goal": 100,
        "remaining": 98,
        "share": 0.02,
        "waiting": 1,
        "plan": 90.1,  # 100 * 329 / 365
        "gap": -88.1,
        "schedule_index": 0.022,
        "days_ahead": -321,  # the plan asks for 2 on day 8
        "rate_required": 81.7,  # 98 * 30 / 36
        "rate_recent": 0.3,  # 1 * 30 / 90
        "forecast": {"probability": 0.0156, "p10": 3, "p50": 3, "p90": 22, "expected_on": None},
        "pipeline": {"planned": 1, "waiting": 1, "if_all_land": 4},
        "pace": "behind",
        "since": "2026-07-08",  # half the window passes in silence, then seven days
        "summary": told["summary"],
    }
    assert told["summary"].startswith("2026")


async def test_only_verified_and_retired_records_count(world: World) -> None:
    await world.built("2026-03-02")
    (retired,) = await world.built("2026-03-03")
    (withdrawn,) = await world.built("2026-03-04")
    (reopened,) = await world.built("2026-03-05")
    rejected = await register_factory(world.company)
    await act(world.company, retired, "retire", {"retired_on": "2026-06-01"})
    await act(world.company, withdrawn, "withdraw", {"reason": "중복"})
    await act(world.ministry, reopened, "reopen", {"reason": "재확인"})
    await act(world.ministry, rejected, "reject", {"reason_code": "no_evidence", "reason": "증빙 없음"})
    told = await world.progress()
    assert (told["value"], told["waiting"]) == (2, 1)


async def test_records_count_between_counts_from_and_the_day(world: World) -> None:
    await world.built("2025-09-09", "2025-09-10", "2025-12-31", "2026-01-01", "2026-11-25")
    assert (await world.progress("factories-2026"))["value"] == 2
    assert (await world.progress("factories-2030"))["value"] == 4
    assert (await world.progress("factories-2030", "?as_of=2026-11-24"))["value"] == 3


async def test_plan_starts_from_what_was_there_before_the_window(world: World) -> None:
    await world.built("2025-10-01", "2025-10-02")
    told = await world.progress("factories-2030", "?as_of=2026-01-01")
    assert told["plan"] == 2.3  # 2 + 98 / 365
    assert (await world.progress("factories-2030", "?as_of=2026-12-31"))["plan"] == 100


async def test_today_is_a_day_in_seoul(world: World) -> None:
    world.api.clock.now = datetime(2026, 11, 25, 14, 59, tzinfo=UTC)
    assert (await world.progress())["as_of"] == "2026-11-25"
    world.api.clock.now = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
    assert (await world.progress())["as_of"] == "2026-11-26"


async def test_day_ahead_shows_the_register_as_it_stands(world: World) -> None:
    await world.built("2026-03-02")
    await register_factory(world.company, adoption_date="2026-12-01")
    told = await world.progress(query="?as_of=2026-12-15")
    assert (told["value"], told["plan"], told["gap"]) == (1, 95.6, -94.6)
    assert (told["waiting"], told["pipeline"]["planned"]) == (1, 0)


async def test_before_the_window_nothing_is_ahead_or_behind(world: World) -> None:
    told = await world.progress(query="?as_of=2025-12-31")
    assert (told["plan"], told["gap"]) == (0, 0)
    assert (told["schedule_index"], told["days_ahead"], told["rate_recent"]) == (None, None, None)
    assert told["rate_required"] == 8.2  # 100 * 30 / 365


async def test_after_the_window_everything_is_frozen(world: World) -> None:
    await world.live_in(datetime(2027, 2, 1, 3, 0, tzinfo=UTC))
    await world.built("2026-12-31", "2027-01-01", "2027-01-31")
    told = await world.progress()
    assert (told["as_of"], told["value"], told["plan"], told["gap"]) == ("2027-02-01", 1, 100, -99)
    assert told["rate_required"] is None
    assert told["days_ahead"] == 4 - 365


async def test_goal_passed_leaves_nothing_remaining(world: World) -> None:
    await set_target(world.ministry, code="small", starts_on="2026-01-01", due_on="2026-12-31", goal=3)
    await world.built("2026-01-10", "2026-01-11", "2026-01-12", "2026-01-13")
    told = await world.progress("small")
    assert (told["value"], told["remaining"], told["share"], told["rate_required"]) == (4, 0, 1.333, 0)
    assert told["days_ahead"] == 365 - 329


async def test_every_day_is_judged_by_the_revision_now_in_force(world: World) -> None:
    await world.built("2025-10-01", "2026-03-02")
    before = await world.progress("factories-2030", "?as_of=2026-06-30")
    patch = {
        "reason": "2026년 이전 실적 102개를 반영",
        "baseline": 102,
        "counts_from": "2026-01-01",
        "trajectory": [{"on": "2026-12-31", "value": 202}],
    }
    await world.ministry.patch("/v1/targets/factories-2030", patch, if_match='"1"')
    after = await world.progress("factories-2030", "?as_of=2026-06-30")
    then = await world.progress("factories-2030", f"?as_of=2026-06-30&known_at={before['known_at']}")
    assert (before["value"], before["target_version"]) == (2, 1)
    assert (after["value"], after["target_version"], after["plan"]) == (103, 2, 151.6)
    assert then == before


async def test_figure_can_be_reproduced_after_corrections(world: World) -> None:
    (factory,) = await world.built("2026-03-02")
    await register_factory(world.company, adoption_date="2026-12-01")
    published = await world.api.anonymous.get(URL)
    await world.built("2026-04-01")
    await act(world.company, factory, "withdraw", {"reason": "중복"})
    await world.ministry.post("/v1/targets/factories-2026/close")
    query = f"?known_at={published.json()['known_at']}"
    again = await world.api.anonymous.get(URL + query)
    assert again.content == published.content
    await world.built("2026-04-02")
    unchanged = await world.api.anonymous.get(URL + query, if_none_match=again.headers["etag"])
    assert unchanged.status_code == 304
    assert (await world.progress())["state"] == "closed"


async def test_known_at_takes_any_zone_and_a_date_is_the_end_of_that_day_in_seoul(world: World) -> None:
    await world.live_in(
        datetime(2026, 11, 20, 14, 59, 30, tzinfo=UTC)
    )  # the 20th in Seoul, half a minute before the end
    await world.built("2026-03-02")
    await world.live_in(datetime(2026, 11, 20, 15, 0, 1, tzinfo=UTC))  # the 21st
    await world.built("2026-03-03")
    await world.live_in(datetime(2026, 11, 22, 3, 0, tzinfo=UTC))
    counts = {
        query: (await world.progress(query=f"?known_at={query}"))["value"]
        for query in ("2026-11-19", "2026-11-20", "2026-11-21", "2026-11-20T15:00:00Z", "2026-11-21T09:00:00%2B09:00")
    }
    assert list(counts.values()) == [0, 1, 2, 1, 2]
    unescaped = await world.progress(query="?known_at=2026-11-21T00:00:00+09:00")
    assert (unescaped["value"], unescaped["known_at"]) == (1, "2026-11-20T15:00:00.000000Z")
    assert (await world.progress(query="?known_at=2026-11-20"))["known_at"] == "2026-11-20T14:59:59.999999Z"


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ("known_at=2199-01-01T00:00:00Z", "known_at", "after_now"),
        ("known_at=2199-01-01", "known_at", "after_now"),
        ("known_at=yesterday", "known_at", "not_a_date_or_instant"),
        ("known_at=2026-02-30", "known_at", "not_a_date_or_instant"),
        ("known_at=2026-11-20T15:00:00", "known_at", "not_a_date_or_instant"),
        ("known_at=1949-12-31", "known_at", "out_of_range"),
        ("as_of=2026-13-01", "as_of", "not_a_date"),
        ("as_of=2200-01-01", "as_of", "out_of_range"),
        ("as_of=2026-01-01&as_of=2026-01-02", "as_of", "repeated_parameter"),
        ("limit=5", "limit", "unknown_parameter"),
    ],
)
async def test_bad_parameter_is_refused_by_name(api: Api, query: str, parameter: str, code: str) -> None:
    answers = [await api.anonymous.get(f"{path}?{query}") for path in (URL, "/v1/progress")]
    told = [(one.status_code, one.json()["errors"][0]["parameter"], one.json()["errors"][0]["code"]) for one in answers]
    assert told == [(422, parameter, code)] * 2
    assert (await api.anonymous.get(f"/v1/progress/nowhere?{query}")).status_code == 404


async def test_today_has_not_ended_and_so_is_not_known(world: World) -> None:
    await world.live_in(NOON_IN_SEOUL)
    answer = await world.api.anonymous.get(f"{URL}?known_at=2026-11-25")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "after_now")


@pytest.mark.parametrize("day", ["1950-01-01", "2025-12-31", "2026-01-01", "2031-01-01", "2199-12-31"])
async def test_any_day_can_be_looked_at(world: World, day: str) -> None:
    await world.built("2026-03-02")
    assert (await world.api.anonymous.get(f"/v1/progress?as_of={day}")).status_code == 200
    assert (await world.progress(query=f"?as_of={day}"))["as_of"] == day


async def test_target_on_the_calendars_edge_is_judged_all_the_same(world: World) -> None:
    await set_target(world.ministry, code="first", starts_on="1950-01-01", due_on="1950-01-01", goal=1)
    await set_target(world.ministry, code="last", starts_on="2180-01-01", due_on="2199-12-31", goal=1_000_000)
    for code in ("first", "last"):
        for day in ("1950-01-01", "2026-11-25", "2199-12-31"):
            assert (await world.progress(code, f"?as_of={day}"))["value"] == 0


async def test_target_is_listed_from_its_making_on(world: World) -> None:
    before = (await world.api.anonymous.get("/v1/progress")).json()["items"][0]["known_at"]
    await set_target(world.ministry, code="a-new-one")
    now = (await world.api.anonymous.get("/v1/progress")).json()["items"]
    then = (await world.api.anonymous.get(f"/v1/progress?known_at={before}")).json()["items"]
    assert [one["code"] for one in now] == ["a-new-one", "factories-2026", "factories-2030", "models-2030"]
    assert [one["code"] for one in then] == ["factories-2026", "factories-2030", "models-2030"]
    asked_by_name = await world.progress("a-new-one", "?known_at=2026-11-01")
    assert (asked_by_name["target_version"], asked_by_name["value"]) == (1, 0)


async def test_list_says_the_same_as_each_target(world: World) -> None:
    await world.built("2025-10-01", "2026-03-02")
    model = await register_model(world.company)
    await act(world.ministry, model, "verify")
    items = (await world.api.anonymous.get("/v1/progress")).json()["items"]
    singles = [await world.progress(item["code"]) for item in items]
    assert [item["value"] for item in items] == [1, 2, 1]
    for one in (*items, *singles):
        one.pop("known_at")
    assert items == singles


async def test_target_counts_only_what_passes_its_filter(world: World) -> None:
    window = {"starts_on": "2026-01-01", "due_on": "2026-12-31", "goal": 10}
    await set_target(world.ministry, code="gyeonggi", filter={"regions": ["경기"]}, **window)
    await set_target(world.ministry, code="cars", filter={"industries": ["30"]}, **window)
    await set_target(world.ministry, code="mini", filter={"project_types": ["mini"], "regions": ["41", "11"]}, **window)
    kinds = {"metric": "foundation_models", "filter": {"model_kinds": ["process"]}}
    await set_target(world.ministry, code="process", **(window | kinds))
    await world.built("2026-03-02", region="경기", industry="26110", project_type="mini")
    await world.built("2026-03-02", region="서울", industry="30121")
    await world.built("2026-03-02", region="부산", industry="30", project_type="mini")
    for kind in ("process", "foundation"):
        await act(world.ministry, await register_model(world.company, kind=kind), "verify")
    codes = ("gyeonggi", "cars", "mini", "process")
    now = [await world.progress(code) for code in codes]
    await world.company.post("/v1/factories", {})
    await world.built("2026-03-02", region="경기", industry="30", project_type="mini")
    then = [await world.progress(one["code"], f"?known_at={one['known_at']}") for one in now]
    assert [one["value"] for one in now] == [1, 2, 1, 1]
    assert then == now


async def test_region_means_also_what_was_merged_into_it(world: World) -> None:
    window = {"starts_on": "2026-01-01", "due_on": "2026-12-31", "goal": 10}
    await set_target(world.ministry, code="merged", filter={"regions": ["전남광주"]}, **window)
    made = await world.built("2026-03-02", "2026-03-03", "2026-03-04", region="12")
    for factory, code in zip(made, ("29", "46", "12"), strict=True):  # as registered before the merger
        await world.owner.execute("UPDATE factory SET region = $2 WHERE id = $1", factory["id"], code)
        await world.owner.execute("UPDATE standing SET region = $2 WHERE record_id = $1", factory["id"], code)
    await world.built("2026-03-05", region="서울")
    told = await world.progress("merged")
    assert told["value"] == 3
    await world.built("2026-03-05", region="12")
    assert (await world.progress("merged", f"?known_at={told['known_at']}"))["value"] == 3


async def test_merger_of_regions_is_seen_without_any_change_of_a_record(world: World) -> None:
    window = {"starts_on": "2026-01-01", "due_on": "2026-12-31", "goal": 10}
    await set_target(world.ministry, code="busan", filter={"regions": ["부산"]}, **window)
    await world.built("2026-03-02", region="부산")
    await world.built("2026-03-02", region="울산")
    before = (await world.progress("busan"))["value"]
    await world.owner.execute("UPDATE region SET successor = '26' WHERE code = '31'")
    world.api.resources.code_lists._book = RegionBook([])
    world.api.resources.code_lists._read_at = float("-inf")
    assert (before, (await world.progress("busan"))["value"]) == (1, 2)


async def test_unchanged_register_gives_the_same_bytes_and_304(world: World) -> None:
    await world.built("2026-03-02")
    first = await world.api.anonymous.get(URL)
    second = await world.api.anonymous.get(URL)
    known = await world.api.anonymous.get(URL, if_none_match=first.headers["etag"])
    assert second.content == first.content
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", first.headers["etag"])
    listed = await world.api.anonymous.get("/v1/progress")
    assert (await world.api.anonymous.get("/v1/progress", if_none_match=listed.headers["etag"])).status_code == 304


async def test_own_write_is_read_at_once_under_a_new_tag(world: World) -> None:
    tags = set()
    for count in range(1, 6):
        await world.built("2026-03-02")
        answer = await world.api.anonymous.get(URL)
        assert answer.json()["value"] == count
        tags.add(answer.headers["etag"])
    patched = await world.ministry.patch("/v1/targets/factories-2026", {"goal": 90, "reason": "x"}, if_match='"1"')
    revised = await world.api.anonymous.get(URL)
    assert (patched.status_code, revised.json()["goal"]) == (200, 90)
    assert len(tags | {revised.headers["etag"]}) == 6


async def test_tag_is_the_same_from_every_process(world: World) -> None:
    await world.built("2026-03-02")
    first = await world.api.anonymous.get(URL)
    world.api.resources.progress._remembered.clear()  # as another process would be
    second = await world.api.anonymous.get(URL)
    assert second.headers["etag"] == first.headers["etag"]
    assert second.json()["known_at"] > first.json()["known_at"]


_RECOUNT = """
SELECT count(*) FILTER (WHERE status IN ('verified', 'retired')) AS value,
  count(*) FILTER (WHERE status = 'submitted') AS waiting
FROM (SELECT DISTINCT ON (record_id) status, counts_on FROM standing s JOIN change c ON c.id = s.change_id
      WHERE record_type = 'factory' AND c.at <= $1 ORDER BY record_id, version DESC) AS latest
WHERE counts_on BETWEEN '2026-01-01' AND '2026-11-25'
"""


async def random_step(world: World, factories: list[dict[str, Any]], dice: random.Random) -> None:
    """Do something that may move a count, or be refused."""
    if len(factories) < 6 or dice.random() < 0.3:
        day = f"2026-{dice.choice(('03', '10', '12'))}-{dice.randint(1, 28):02d}"
        factories.append(await register_factory(world.company, adoption_date=day))
        return
    factory = dice.choice(factories)
    path = f"/v1/factories/{factory['id']}"
    match dice.choice(("verify", "reject", "resubmit", "withdraw", "retire", "reopen", "edit", "own edit")):
        case "reject":
            await world.ministry.post(f"{path}/reject", {"reason_code": "other", "reason": "x"})
        case "retire":
            await world.company.post(f"{path}/retire", {"retired_on": "2026-11-20"})
        case "withdraw" | "reopen" as action:
            await world.ministry.post(f"{path}/{action}", {"reason": "x"})
        case "edit":
            await world.ministry.patch(path, {"adoption_date": f"2026-0{dice.randint(1, 9)}-15"}, if_match="*")
        case "own edit":
            await world.company.patch(path, {"region": dice.choice(("경기", "서울"))}, if_match="*")
        case action:
            await world.ministry.post(f"{path}/{action}")


async def test_tables_and_standings_agree_after_any_operations_and_every_answer_is_reproduced(world: World) -> None:
    dice = random.Random(20251217)  # noqa: S311 - a fixed course of events
    factories: list[dict[str, Any]] = []
    remembered = []
    for _ in range(80):
        await random_step(world, factories, dice)
        answer = await world.api.anonymous.get(URL)
        told = answer.json()
        recount = await world.owner.fetchrow(_RECOUNT, datetime.fromisoformat(told["known_at"]))
        assert (told["value"], told["waiting"]) == tuple(recount)
        remembered.append(answer.content)
    assert len({(body.count(b'"value":0,')) for body in remembered}) == 2, "the course of events counted nothing"
    for body in remembered:
        known_at = body.split(b'"known_at":"')[1].split(b'"')[0].decode()
        assert (await world.api.anonymous.get(f"{URL}?known_at={known_at}")).content == body


async def test_every_answer_given_among_writers_is_reproduced_exactly(world: World) -> None:
    path = "factories-2026"
    remembered: dict[str, bytes] = {}
    writing = True

    async def write(number: int) -> None:
        for step in range(6):
            factory = await register_factory(world.company, name=f"{number}동 {step}호")
            if step % 2:
                await act(world.ministry, factory, "verify")

    async def read() -> None:
        while writing:
            answer = await world.api.anonymous.get(f"/v1/progress/{path}")
            body = answer.content
            known_at = answer.json()["known_at"]
            assert remembered.setdefault(known_at, body) == body
            await asyncio.sleep(0)

    readers = [asyncio.create_task(read()) for _ in range(3)]
    await asyncio.gather(*(write(number) for number in range(8)))
    writing = False
    await asyncio.gather(*readers)
    assert len(remembered) > 2, "nobody read while they wrote"
    last = await world.progress()
    assert (last["value"], last["waiting"]) == (24, 24)
    for known_at, body in remembered.items():
        assert (await world.api.anonymous.get(f"{URL}?known_at={known_at}")).content == body
