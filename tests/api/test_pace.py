"""Forecast and pace over HTTP, through lived days: what was said of a day stays what it was, wherever it is asked."""

import asyncio
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import orjson
import pytest
import pytest_asyncio

from service.core.pace import DayPace, Pace, Record, replay
from service.core.pace_reading import PaceKey
from service.core.records import day_in_seoul
from service.core.targets import target_from
from service.db.engine import Database, open_database
from service.db.read_models.progress import read_horizon, read_targets_in_force
from service.usecases.pace_days import PaceDays
from service.usecases.pace_watch import catch_up
from tests.api.builders import register_factory, register_model
from tests.api.test_progress import act, random_step
from tests.api.test_targets import set_target
from tests.api.worlds import World, living_in
from tests.recount import read_lives

FIRST = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)
"""Ten in the morning in Seoul, on the day on which the world begins."""
WINDOW = {"counts_from": "2026-01-01", "starts_on": "2026-03-01", "due_on": "2026-06-30"}
ENGLISH = "en"


@pytest_asyncio.fixture
async def world(database_url: str, migration_url: str) -> Any:
    async with living_in(FIRST, database_url=database_url, migration_url=migration_url) as living:
        await set_target(living.ministry, code="spring", goal=12, **WINDOW)
        yield living


async def to_day(world: World, day: int, **hours: float) -> date:
    """Live on the given day of the world, 0 is the first, from eleven in the morning on; return it."""
    now = FIRST + timedelta(days=day) + timedelta(hours=1) + timedelta(**hours)
    await world.live_in(now)
    return day_in_seoul(now)


async def store(world: World) -> int:
    return await catch_up(world.api.database.pool, await world.api.resources.code_lists.regions())


async def stored(world: World, code: str = "spring") -> dict[PaceKey, list[DayPace]]:
    """Return the stored days by their key, in order."""
    rows = await world.api.database.pool.fetch("SELECT * FROM pace_day WHERE code = $1 ORDER BY day", code)
    found: dict[PaceKey, list[DayPace]] = {}
    for row in rows:
        given = dict(row)
        key = PaceKey(given.pop("code"), given.pop("target_version"), given.pop("reading"))
        found.setdefault(key, []).append(DayPace(**{**given, "pace": Pace(given["pace"])}))
    return found


async def replayed(world: World, code: str = "spring") -> tuple[PaceKey, list[DayPace]]:
    """Return what a full replay gives of all days that have ended."""
    pool = world.api.database.pool
    horizon = await read_horizon(pool)
    (in_force,) = await read_targets_in_force(pool, code, horizon.known_at)
    lives = await read_lives(pool, in_force.target, regions=(), known_at=horizon.known_at)
    days = replay(
        in_force.target, lives.records_on(in_force.target, ()), day_in_seoul(horizon.known_at) - timedelta(days=1)
    )
    return PaceKey(code, in_force.version, lives.reading(())), days


def said(told: dict[str, Any]) -> tuple[Any, ...]:
    return told["pace"], told["since"], told["forecast"]


def forget(world: World) -> None:
    """Be as another process would be."""
    world.api.resources.progress._remembered.clear()
    world.api.resources.progress.days = PaceDays(world.api.database.pool)


# --- what an answer says ---


async def test_day_says_forecast_pace_since_and_summary(world: World) -> None:
    for adoption in ("2026-03-02", "2026-03-03", "2026-03-04"):
        await register_factory(world.company, adoption_date=adoption)
    today = await to_day(world, 10)
    told = await world.progress("spring")
    assert (told["as_of"], told["pace"], told["since"]) == (today.isoformat(), "on_track", "2026-03-01")
    assert 0 < told["forecast"]["probability"] < 1
    assert told["forecast"]["p10"] <= told["forecast"]["p50"] <= told["forecast"]["p90"]
    assert "2026년 3월 11일" in told["summary"]


async def test_summary_is_in_the_callers_language_under_a_tag_of_its_own(world: World) -> None:
    url = "/v1/progress/spring"
    korean = await world.api.anonymous.get(url)
    english = await world.api.anonymous.get(url, accept_language=ENGLISH)
    assert (korean.json()["summary"], english.json()["summary"][:3]) != (english.json()["summary"], "On ")
    assert english.json()["summary"].isascii()
    assert korean.headers["etag"] != english.headers["etag"]
    assert "Accept-Language" in english.headers["vary"]
    again = await world.api.anonymous.get(url, accept_language=ENGLISH, if_none_match=korean.headers["etag"])
    assert again.content == english.content
    listed = await world.api.anonymous.get("/v1/progress", accept_language=ENGLISH)
    assert [one["summary"].isascii() for one in listed.json()["items"]] == [True] * 4


async def test_day_to_come_has_no_forecast(world: World) -> None:
    told = await world.progress("spring", "?as_of=2026-03-02")
    assert said(told) == (None, None, None)
    assert told["summary"]


async def test_day_to_come_gets_its_forecast_once_it_has_come(world: World) -> None:
    before = await world.progress("spring", "?as_of=2026-03-02")
    await to_day(world, 1)
    assert said(before) == (None, None, None)
    assert said(await world.progress("spring", "?as_of=2026-03-02"))[0] == "not_started"
    assert await world.progress("spring", f"?as_of=2026-03-02&known_at={before['known_at']}") == before


async def test_day_before_the_window_is_not_started(world: World) -> None:
    told = await world.progress("spring", "?as_of=2026-02-28")
    assert (told["pace"], told["since"], told["forecast"]["probability"]) == ("not_started", None, None)
    assert told["forecast"]["expected_on"] is None


async def test_probability_is_null_while_nothing_is_known(world: World) -> None:
    told = await world.progress("spring")
    assert (told["pace"], told["since"], told["forecast"]["probability"]) == ("not_started", "2026-03-01", None)


async def test_target_goes_from_silence_to_behind_to_met(world: World) -> None:
    paces = {}
    for day in (0, 61, 66, 67, 80):
        on = await to_day(world, day)
        paces[on.isoformat()] = (await world.progress("spring"))["pace"]
    assert list(paces.values()) == ["not_started", "on_track", "on_track", "behind", "behind"]
    await world.built(*(f"2026-05-{number:02d}" for number in range(1, 13)))
    told = await world.progress("spring")
    assert (told["pace"], told["since"], told["forecast"]["probability"]) == ("met", "2026-05-20", 1)
    assert told["forecast"]["expected_on"] == "2026-05-20"


async def test_after_the_last_day_the_queue_decides_and_then_it_is_missed_or_met(world: World) -> None:
    await world.built(*(f"2026-02-{number:02d}" for number in range(1, 12)))
    await register_factory(world.company, adoption_date="2026-02-20")
    await set_target(world.ministry, code="more", goal=13, **WINDOW)
    await to_day(world, 130)
    assert [(await world.progress(code))["pace"] for code in ("spring", "more")] == ["on_track", "missed"]
    told = await world.progress("more")
    assert (told["forecast"]["probability"], told["since"]) == (0, "2026-07-01")


# --- what the register notes, and what the forecast reads of it ---


async def records(world: World, metric: str = "factories") -> list[Record]:
    """Return what the forecast reads of the register today."""
    fields = {**(await world.ministry.get("/v1/targets/spring")).json(), "metric": metric}
    target, pool = target_from(fields), world.api.database.pool
    known_at = (await read_horizon(pool)).known_at
    lives = await read_lives(pool, target, regions=(), known_at=known_at)
    return lives.records_on(target, ())(day_in_seoul(known_at))  # type: ignore[return-value]  # it is a list


async def test_each_step_of_a_records_life_is_read_as_the_forecast_means_it(world: World) -> None:
    def day(number: int) -> date:
        return day_in_seoul(FIRST) + timedelta(days=number)

    def iso(number: int) -> str:
        return day(number).isoformat()

    async def edit(caller: Any, number: int) -> None:
        answer = await caller.patch(path, {"adoption_date": iso(number)}, if_match="*")
        assert answer.status_code == 200, answer.text

    made = await register_factory(world.company, adoption_date=iso(5))
    path = f"/v1/factories/{made['id']}"
    promised = ((day(0), day(5)),)
    assert await records(world) == [Record(day(0), promises=promised, verified=False)]
    await to_day(world, 2)
    await edit(world.company, 10)  # re-promised
    promised += ((day(2), day(10)),)
    assert await records(world) == [Record(day(0), promises=promised, verified=False)]
    await to_day(world, 3)
    await act(world.ministry, made, "reject", {"reason_code": "other", "reason": "x"})
    assert await records(world) == [Record(day(0), withdrawn_on=day(3), promises=promised, verified=False)]
    await to_day(world, 4)
    await act(world.company, made, "resubmit")
    assert await records(world) == [Record(day(0), promises=promised, verified=False)]
    await to_day(world, 12)
    await act(world.ministry, made, "verify")
    assert await records(world) == [Record(day(0), landed_on=day(12), promises=promised)]
    await to_day(world, 13)
    await edit(world.ministry, 11)  # in place: it stays verified
    promised += ((day(13), day(11)),)
    assert await records(world) == [Record(day(0), landed_on=day(12), promises=promised)]
    await to_day(world, 14)
    await act(world.ministry, made, "reopen", {"reason": "x"})
    assert await records(world) == [Record(day(0), promises=promised, verified=False)]
    await to_day(world, 15)
    await act(world.ministry, made, "verify")
    await edit(world.company, 12)  # by its owner: somebody has to look again
    promised += ((day(15), day(12)),)
    assert await records(world) == [Record(day(0), promises=promised, verified=False)]
    await to_day(world, 16)
    await act(world.company, made, "withdraw", {"reason": "x"})
    assert await records(world) == [Record(day(0), withdrawn_on=day(16), promises=promised, verified=False)]


async def test_walk_in_has_landed_before_anybody_looks_and_a_model_is_read_like_a_factory(world: World) -> None:
    await to_day(world, 5)
    factory = await register_factory(world.company, adoption_date="2026-03-02")
    model = await register_model(world.company, released_on="2026-03-03")
    landed = [Record(date(2026, 3, 6), landed_on=date(2026, 3, number), verified=False) for number in (2, 3)]
    assert [*await records(world), *await records(world, "foundation_models")] == landed
    await act(world.ministry, factory, "verify")
    await act(world.ministry, model, "verify")
    looked_at = [Record(date(2026, 3, 6), landed_on=date(2026, 3, number)) for number in (2, 3)]
    assert [*await records(world), *await records(world, "foundation_models")] == looked_at


async def test_records_that_cannot_matter_are_not_read(world: World) -> None:
    await register_factory(world.company, adoption_date="2025-12-31")  # before anything counts
    await register_factory(world.company, adoption_date="2026-07-01")  # promised for later, but it may come early
    await to_day(world, 130)
    await register_factory(world.company, adoption_date="2026-07-02")  # when all is over
    await set_target(world.ministry, code="busan", goal=5, filter={"regions": ["부산"]}, **WINDOW)
    pool = world.api.database.pool
    horizon = await read_horizon(pool)
    read = {}
    for one in await read_targets_in_force(pool, None, horizon.known_at):
        lives = await read_lives(pool, one.target, regions=one.target.filter.regions, known_at=horizon.known_at)
        read[one.target.code] = len(lives.stoods_by_record)
    assert (read["spring"], read["busan"], read["factories-2030"]) == (1, 0, 3)


# --- days that have ended ---


async def test_ended_days_are_stored_once_and_are_what_a_replay_gives(world: World) -> None:
    await world.built("2026-03-01")
    while await store(world):
        continue  # the round that the application began with may be at it, too
    assert await store(world) == 0, "today has not ended"
    await to_day(world, 40)
    assert await store(world) > 40
    key, days = await replayed(world)
    assert (await stored(world))[key] == days
    assert len(days) == 40
    assert await store(world) == 0


async def test_late_entry_changes_todays_pace_and_not_yesterdays(world: World) -> None:
    await to_day(world, 80)
    yesterday = await world.progress("spring", "?as_of=2026-05-19")
    before = await world.progress("spring")
    await world.built(*(f"2026-03-{number:02d}" for number in range(1, 13)))
    after = await world.progress("spring", "?as_of=2026-05-19")
    assert said(after) == said(yesterday)
    assert (yesterday["value"], after["value"]) == (0, 12)
    assert (before["pace"], (await world.progress("spring"))["pace"]) == ("behind", "met")


@pytest.mark.parametrize("is_stored", [True, False])
async def test_past_day_is_told_as_it_is_stored(world: World, *, is_stored: bool) -> None:
    await world.built("2026-03-01")
    await to_day(world, 70)
    if is_stored:
        await store(world)
    _, days = await replayed(world)
    for judged in days[::9]:
        told = await world.progress("spring", f"?as_of={judged.day}")
        assert (told["pace"], told["since"]) == (judged.pace, judged.since.isoformat())
        assert judged.probability is not None
        assert told["forecast"]["probability"] == pytest.approx(judged.probability, abs=5.1e-5)
    assert bool(await stored(world)) is is_stored


async def test_reading_stores_nothing(world: World) -> None:
    await to_day(world, 30)
    await world.progress("spring")
    await world.api.anonymous.get("/v1/progress/spring/series")
    assert await stored(world) == {}


async def test_revision_reads_the_window_anew_and_the_old_reading_stays(world: World) -> None:
    await world.built("2026-03-01", "2026-03-01", "2026-03-01")
    await to_day(world, 80)
    await store(world)
    before = await world.progress("spring", "?as_of=2026-05-01")
    await to_day(world, 80, hours=1)
    patch = {"goal": 3, "reason": "축소"}
    await world.ministry.patch("/v1/targets/spring", patch, if_match='"1"')
    after = await world.progress("spring", "?as_of=2026-05-01")
    assert (before["pace"], after["pace"], after["since"]) == ("at_risk", "met", "2026-03-01")
    assert await store(world) == 80
    found = await stored(world)
    key, days = await replayed(world)
    assert (len(found), found[key]) == (2, days)
    forget(world)
    assert await world.progress("spring", f"?as_of=2026-05-01&known_at={before['known_at']}") == before


async def test_record_brought_in_with_an_earlier_day_reads_the_window_anew(world: World) -> None:
    await to_day(world, 80)
    await store(world)
    before = await world.progress("spring", "?as_of=2026-05-01")
    for number in range(1, 4):
        answer = await world.ministry.post(
            "/v1/factories?allow_similar=true",
            {
                "organization_id": str(world.company.organization_id),
                "name": f"옛 공장 {number}",
                "region": "경기",
                "industry": "26110",
                "adoption_date": "2026-03-10",
                "registered_on": "2026-03-15",
            },
        )
        assert answer.status_code == 201, answer.text
    after = await world.progress("spring", "?as_of=2026-05-01")
    assert before["forecast"]["p50"] < after["forecast"]["p50"], "they were there already, waiting"
    assert (await world.progress("spring", "?as_of=2026-03-14"))["forecast"]["probability"] is None
    await store(world)
    found = await stored(world)
    key, days = await replayed(world)
    assert (len(found), found[key]) == (2, days)
    forget(world)
    assert await world.progress("spring", f"?as_of=2026-05-01&known_at={before['known_at']}") == before


async def test_restarted_process_and_one_that_remembers_say_the_same(world: World) -> None:
    await world.built("2026-03-01", "2026-03-01")
    told: dict[str, tuple[Any, ...]] = {}
    for day in range(0, 60, 7):
        await to_day(world, day)
        today = await world.progress("spring")
        told[today["as_of"]] = said(today)
        if day % 2:
            await store(world)
    for forgetful in (False, True):
        if forgetful:
            forget(world)
        again = {day: said(await world.progress("spring", f"?as_of={day}")) for day in told}
        assert again == told


async def test_processes_that_store_at_once_store_the_same(world: World, database_url: str) -> None:
    await world.built("2026-03-01")
    await to_day(world, 70)
    book = await world.api.resources.code_lists.regions()
    others = [await open_database(database_url, hot_size=3, session_size=1) for _ in range(2)]
    try:
        await asyncio.gather(*(catch_up(one.pool, book) for one in (world.api.database, *others)))
        await _tear_a_hole(others[0], world)
        await asyncio.gather(*(catch_up(one.pool, book) for one in (world.api.database, *others)))
    finally:
        for one in others:
            await one.close()
    key, days = await replayed(world)
    assert (await stored(world))[key] == days


async def _tear_a_hole(other: Database, world: World) -> None:
    """Leave the last days unstored, as a process does that was ended at work."""
    await world.owner.execute("DELETE FROM pace_day WHERE day > '2026-04-01'")
    assert await other.pool.fetchval("SELECT max(day) FROM pace_day") == date(2026, 4, 1)


async def test_target_that_another_process_is_at_is_left_to_it(world: World) -> None:
    await to_day(world, 10)
    await world.owner.execute("SELECT pg_advisory_lock(20251219, hashtext('spring'))")
    await store(world)
    assert await stored(world) == {}
    await world.owner.execute("SELECT pg_advisory_unlock(20251219, hashtext('spring'))")
    await store(world)
    assert len(await stored(world)) == 1


# --- after anything that may happen ---


async def live_on(world: World, factories: list[dict[str, Any]], dice: random.Random, day: int) -> None:
    """Do a few things that may move a count on a day of the world, a revision or a record brought in among them."""
    await to_day(world, day, hours=dice.uniform(0, 12))
    for _ in range(dice.randint(0, 3)):
        await random_step(world, factories, dice)
    if dice.random() < 0.08:
        patch = {"goal": dice.randint(4, 20), "reason": "x"}
        await world.ministry.patch("/v1/targets/spring", patch, if_match="*")
    if dice.random() < 0.08:
        earlier = (FIRST + timedelta(days=dice.randint(0, day))).date().isoformat()
        await register_factory(
            world.ministry,
            organization_id=str(world.company.organization_id),
            adoption_date=earlier,
            registered_on=earlier,
        )


async def test_stored_days_are_what_a_replay_gives_and_every_briefing_is_told_again_to_the_byte(world: World) -> None:
    dice = random.Random(20251217)  # noqa: S311 - a fixed course of events
    factories: list[dict[str, Any]] = []
    briefings: list[tuple[str, str, bytes]] = []
    for day in range(0, 160, 2):
        await live_on(world, factories, dice, day)
        if dice.random() < 0.4:
            await store(world)
        as_of = (FIRST + timedelta(days=dice.randint(0, day))).date() if dice.random() < 0.5 else None
        query = f"as_of={as_of or day_in_seoul(world.api.clock.now)}"
        language = dice.choice(("ko", "en"))
        answer = await world.api.anonymous.get(f"/v1/progress/spring?{query}", accept_language=language)
        briefings.append((f"{query}&known_at={answer.json()['known_at']}", language, answer.content))
    await store(world)
    key, days = await replayed(world)
    assert (await stored(world))[key] == days
    assert len({orjson.loads(body)["pace"] for *_, body in briefings}) > 2, "the course of events was a dull one"
    for remembers in (True, False):
        if not remembers:
            forget(world)
        for query, language, body in dice.sample(briefings, 50):
            again = await world.api.anonymous.get(f"/v1/progress/spring?{query}", accept_language=language)
            assert again.content == body


async def test_register_of_many_thousands_has_forecast_pace_and_since(world: World) -> None:
    await to_day(world, 40)
    await world.built("2026-03-02")
    await world.owner.execute(
        "INSERT INTO standing (change_id, record_type, record_id, version, status, counts_on, registered_on, synthetic)"
        " SELECT '00000000-0000-7000-8000-000000000001', 'factory', gen_random_uuid(), 1, 'verified',"
        " '2026-03-01'::date + number % 20, '2026-04-10', false FROM generate_series(1, 6000) AS number"
    )
    told = (await world.api.anonymous.get("/v1/progress/factories-2026")).json()
    assert (told["value"], told["pace"], told["since"]) == (6001, "met", "2026-04-10")
    assert told["forecast"]["p50"] >= 6001
    await store(world)
    assert len((await stored(world, "factories-2026")).popitem()[1]) == 99
