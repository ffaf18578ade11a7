"""Telling the pace: each change once, whoever tells it, however late, and whatever dies meanwhile."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import orjson
import pytest
import pytest_asyncio

from service.core.access import Act
from service.core.alerts import AlertState, Level
from service.db.engine import Database, open_database, owner_session
from service.db.read_models.progress import Horizon
from service.db.repositories import alerts, targets
from service.usecases.alerting import day_to_judge, tell_all, tell_pace
from service.usecases.command_line_keys import AT_THE_COMMAND_LINE
from service.usecases.demo import clear_demo
from service.usecases.progress import ProgressAnswers
from tests.api.alerts import add_alert
from tests.api.test_targets import set_target
from tests.api.worlds import World, living_in

FIRST = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)
"""Ten in the morning in Seoul, on the day on which the world begins."""
WINDOW = {"counts_from": "2026-01-01", "starts_on": "2026-03-01", "due_on": "2026-06-30"}
BEHIND_ON = 67
"""The day of the world on which a target of which nothing is known comes to be behind."""


@pytest_asyncio.fixture
async def world(database_url: str, migration_url: str) -> AsyncIterator[World]:
    async with living_in(FIRST, database_url=database_url, migration_url=migration_url) as living:
        await set_target(living.ministry, code="spring", goal=12, **WINDOW)
        for code in ("factories-2026", "factories-2030", "models-2030"):
            assert (await living.ministry.post(f"/v1/targets/{code}/close")).status_code == 200
        yield living


async def to_day(world: World, day: int, **hours: float) -> date:
    """Live on the given day of the world, 0 is the first, from eleven in the morning on; return it."""
    now = FIRST + timedelta(days=day, hours=1) + timedelta(**hours)
    await world.live_in(now)
    return now.date()


async def tell(world: World, database: Database | None = None) -> int:
    """Tell as a worker does that was just started."""
    given = database or world.api.database
    book = await world.api.resources.code_lists.regions()
    return await tell_all(given, ProgressAnswers(given.pool), book)


async def events(world: World) -> list[dict[str, Any]]:
    """Return the events of pace, oldest first, and those by which a target was met or missed."""
    rows = await world.api.database.pool.fetch(
        "SELECT body FROM event WHERE subject = 'targets/spring' ORDER BY sequence"
    )
    found = [orjson.loads(row["body"]) for row in rows]
    return [one for one in found if one["type"] not in ("target.created", "target.revised", "target.closed")]


async def types(world: World) -> list[str]:
    return [one["type"] for one in await events(world)]


async def found_alerts(world: World) -> list[dict[str, Any]]:
    rows = await world.api.database.pool.fetch("SELECT * FROM alert ORDER BY opened_at")
    return [dict(row) | {"snapshot": orjson.loads(row["snapshot"])} for row in rows]


async def notices(world: World) -> list[str]:
    rows = await world.api.database.pool.fetch("SELECT kind FROM notification ORDER BY created_at, id")
    return [row["kind"] for row in rows]


async def fall_behind(world: World) -> date:
    """Live on until the target is behind, and tell it."""
    await tell(world)
    today = await to_day(world, BEHIND_ON)
    await tell(world)
    return today


async def revise(world: World, **changes: Any) -> None:
    answer = await world.ministry.patch("/v1/targets/spring", changes | {"reason": "x"}, if_match="*")
    assert answer.status_code == 200, answer.text


# --- what is told ---


async def test_target_that_falls_behind_is_told_once_with_its_progress(world: World) -> None:
    today = await fall_behind(world)
    await tell(world)
    (event,) = await events(world)
    shown = await world.progress("spring")
    assert (event["type"], event["subject"], event["sequence"]) == ("pace.behind", "targets/spring", "0000000002")
    data = event["data"]
    english = (await world.api.anonymous.get("/v1/progress/spring", accept_language="en")).json()["summary"]
    assert data == shown | {"known_at": data["known_at"], "summary_en": english}
    assert (data["pace"], data["since"], data["as_of"]) == ("behind", today.isoformat(), today.isoformat())


async def test_alert_is_opened_with_it_and_people_are_told(world: World) -> None:
    today = await fall_behind(world)
    (alert,) = await found_alerts(world)
    (event,) = await events(world)
    assert (alert["level"], alert["state"], alert["since"], alert["target"]) == ("behind", "open", today, "spring")
    assert (alert["snapshot"], alert["synthetic"]) == (event["data"], False)
    row = await world.api.database.pool.fetchrow("SELECT * FROM notification")
    assert row is not None
    assert (row["kind"], row["state"], row["event_id"].hex) == ("behind", "pending", event["id"].removeprefix("evt_"))
    assert "지연 · behind" in row["title"]
    assert event["data"]["summary"] in row["body"]
    assert "The plan's shape is an assumption" in row["body"]


async def test_met_target_is_told_as_the_target_and_resolves_the_alert(world: World) -> None:
    await fall_behind(world)
    await world.built(*(f"2026-05-{number:02d}" for number in range(1, 8)), *(["2026-04-01"] * 5))
    await tell(world)
    (alert,) = await found_alerts(world)
    met = (await events(world))[-1]
    assert (await types(world), alert["state"]) == (["pace.behind", "target.met"], "resolved")
    assert met["data"] == (await world.ministry.get("/v1/targets/spring")).json()
    assert alert["resolved_at"] is not None
    assert await notices(world) == ["behind", "met"]


async def test_what_was_final_is_taken_back_as_a_correction(world: World) -> None:
    await world.built(*["2026-02-01"] * 3)
    await revise(world, goal=3)
    await to_day(world, 80)
    await tell(world)
    await revise(world, goal=200)
    await tell(world)
    told = [(one["type"], one["data"].get("corrected")) for one in await events(world)]
    assert told == [("target.met", None), ("pace.behind", True)]
    assert await notices(world) == ["met", "behind"]


async def test_missed_target_raises_the_alert_and_a_correction_lowers_it(world: World) -> None:
    await fall_behind(world)
    await to_day(world, 130)
    await tell(world)
    (alert,) = await found_alerts(world)
    assert (alert["level"], alert["state"], alert["version"]) == ("missed", "open", 2)
    await revise(world, due_on="2026-08-31")
    await tell(world)
    (alert,) = await found_alerts(world)
    assert (alert["level"], alert["state"], alert["version"]) == ("behind", "open", 3)
    assert [(one["type"], one["data"].get("corrected")) for one in await events(world)][-2:] == [
        ("target.missed", None),
        ("pace.behind", True),
    ]


async def test_target_that_is_closed_is_told_of_no_more_and_its_alert_is_resolved(world: World) -> None:
    await fall_behind(world)
    await world.ministry.post("/v1/targets/spring/close")
    await to_day(world, 130)
    assert await tell(world) == 0
    (alert,) = await found_alerts(world)
    assert (alert["state"], await types(world), await notices(world)) == ("resolved", ["pace.behind"], ["behind"])
    audited = await world.ministry.get(f"/v1/audit?record=alert/{alert['id']}")
    assert [(one["action"], one["after"]) for one in audited.json()["items"]] == [("resolved", {"state": "resolved"})]


# --- nights that nobody watched ---


async def test_nights_that_nobody_watched_are_told_in_order_each_by_its_own_day(world: World) -> None:
    await tell(world)
    await to_day(world, BEHIND_ON + 2)
    await world.built(*["2026-05-08"] * 12)
    await to_day(world, BEHIND_ON + 5)
    await tell(world)
    told = [(one["type"], one["data"].get("as_of")) for one in await events(world)]
    fell_behind = FIRST.date() + timedelta(days=BEHIND_ON)
    assert told == [("pace.behind", fell_behind.isoformat()), ("target.met", None)]
    (alert,) = await found_alerts(world)
    assert (alert["state"], alert["since"], await notices(world)) == ("resolved", fell_behind, ["behind", "met"])


async def test_past_of_a_target_that_is_set_late_is_no_news(world: World) -> None:
    await to_day(world, BEHIND_ON + 20)
    await tell(world)
    assert [(one["type"], one["data"]["as_of"]) for one in await events(world)] == [
        ("pace.behind", (FIRST.date() + timedelta(days=BEHIND_ON + 20)).isoformat())
    ]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("known_at", "last_change", "day"),
    [
        ("2026-03-09T14:59:59Z", None, 9),
        ("2026-03-09T15:04:59Z", None, 9),  # four minutes past midnight in Seoul
        ("2026-03-09T15:05:00Z", None, 10),
        ("2026-03-09T15:04:59Z", "2026-03-09T14:59:59Z", 9),
        ("2026-03-09T15:04:59Z", "2026-03-09T15:00:00Z", 10),  # something has changed: that is told at once
    ],
)
def test_day_that_ended_is_told_at_five_past_midnight_unless_something_changes(
    known_at: str, last_change: str | None, day: int
) -> None:
    assert day_to_judge(Horizon(at(known_at), at(last_change) if last_change else None)).day == day


# --- reminders ---


async def test_reminder_is_told_every_thirty_days_while_behind(world: World) -> None:
    await fall_behind(world)
    for day, hours, expected in ((29, 0, 0), (30, 0.1, 1), (31, 0, 0), (51, 0, 0)):
        await to_day(world, BEHIND_ON + day, hours=hours)
        assert await tell(world) == expected
    told = await events(world)
    assert [one["type"] for one in told] == ["pace.behind", "pace.still_behind"]
    assert told[-1]["data"]["as_of"] == (FIRST.date() + timedelta(days=BEHIND_ON + 30)).isoformat()
    title = "SELECT title FROM notification ORDER BY created_at DESC LIMIT 1"
    assert "still behind" in await world.api.database.pool.fetchval(title)


async def test_reminder_comes_in_time_though_nothing_else_has_changed_that_day(world: World) -> None:
    await fall_behind(world)
    answers, book = ProgressAnswers(world.api.database.pool), await world.api.resources.code_lists.regions()
    for hours, expected in ((-2, 0), (0.1, 1)):
        await to_day(world, BEHIND_ON + 30, hours=hours)
        assert await tell_all(world.api.database, answers, book) == expected


async def test_snoozed_alert_is_reminded_of_once_the_snooze_is_over(world: World) -> None:
    await fall_behind(world)
    (alert,) = await found_alerts(world)
    until = (FIRST + timedelta(days=BEHIND_ON + 35)).isoformat()
    answer = await world.ministry.post(f"/v1/alerts/{alert['id']}/snooze", {"until": until, "reason": "심의 중"})
    assert answer.status_code == 200, answer.text
    for day, expected in ((31, 0), (34, 0), (35, 1)):
        await to_day(world, BEHIND_ON + day)
        assert await tell(world) == expected


# --- exactly once ---


@pytest_asyncio.fixture
async def others(database_url: str) -> AsyncIterator[list[Database]]:
    opened = [await open_database(database_url, hot_size=3, session_size=2) for _ in range(4)]
    yield opened
    for one in opened:
        await one.close()


async def test_four_who_tell_at_once_tell_once(world: World, others: list[Database]) -> None:
    await tell(world)
    for day in (BEHIND_ON, BEHIND_ON + 31):
        await to_day(world, day)
        assert sum(await asyncio.gather(*(tell(world, one) for one in others))) == 1
    await world.built(*["2026-05-08"] * 12)
    assert sum(await asyncio.gather(*(tell(world, one) for one in others * 2))) == 1
    assert await types(world) == ["pace.behind", "pace.still_behind", "target.met"]
    assert await notices(world) == ["behind", "behind", "met"]
    assert len(await found_alerts(world)) == 1


async def test_whatever_changes_while_four_tell_no_pace_is_told_twice_in_a_row(
    world: World, others: list[Database]
) -> None:
    await to_day(world, 80)
    await world.built("2026-03-01", "2026-03-02")
    dice, done = random.Random(20251217), asyncio.Event()  # noqa: S311 - a fixed course of events

    async def tell_on(database: Database) -> None:
        answers, book = ProgressAnswers(database.pool), await world.api.resources.code_lists.regions()
        while not done.is_set():
            await tell_all(database, answers, book)

    tellers = [asyncio.create_task(tell_on(one)) for one in others]
    for goal, expected in ((2, "target.met"), (60, "pace.behind")) * 2:
        for _ in range(6):
            await revise(world, goal=dice.choice((2, 3, 60)))
            await asyncio.sleep(dice.random() / 20)
        await revise(world, goal=goal)
        async with asyncio.timeout(30):
            while (await types(world))[-1:] != [expected]:  # noqa: ASYNC110 - what is waited for is in the database
                await asyncio.sleep(0.02)
    done.set()
    await asyncio.gather(*tellers)
    told = await types(world)
    assert len(told) >= 4
    assert [pair for pair in pairwise(told) if pair[0] == pair[1]] == []
    unresolved = [one["level"] for one in await found_alerts(world) if one["state"] != "resolved"]
    assert (told[-1], unresolved) == ("pace.behind", ["behind"])


async def test_teller_that_dies_has_told_nothing_and_the_next_one_tells_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell(world)
    await to_day(world, BEHIND_ON)

    async def die(*_: Any) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as patch:
        patch.setattr("service.usecases.alerting.alerts.save_told", die)
        assert await tell(world) == 0
        assert (await types(world), await found_alerts(world), await notices(world)) == ([], [], [])
    assert await tell(world) == 1
    assert (await types(world), await notices(world)) == (["pace.behind"], ["behind"])


async def test_one_target_that_fails_keeps_no_other_from_being_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_target(world.ministry, code="a-first", goal=12, **WINDOW)
    await to_day(world, BEHIND_ON)

    async def fail_first(*given: Any) -> Any:
        if given[2].code == "a-first":
            raise ConnectionResetError
        return await tell_pace(*given)

    monkeypatch.setattr("service.usecases.alerting.tell_pace", fail_first)
    assert await tell(world) == 1
    assert await types(world) == ["pace.behind"]


async def test_revision_between_working_out_and_telling_is_told_by_what_is_so_then(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tell(world)
    await to_day(world, BEHIND_ON)
    lock, revised = targets.lock, []

    async def revise_first(tx: Any, code: str) -> Any:
        if not revised:
            revised.append(code)
            monkeypatch.setattr("service.db.repositories.targets.lock", lock)
            await revise(world, alert_policy={"hold_days": 90})
        return await lock(tx, code)

    monkeypatch.setattr("service.db.repositories.targets.lock", revise_first)
    assert await tell(world) == 0
    assert (revised, await found_alerts(world)) == (["spring"], [])


async def test_target_closed_between_working_out_and_telling_is_not_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await to_day(world, BEHIND_ON)
    lock = targets.lock

    async def close_first(tx: Any, code: str) -> Any:
        monkeypatch.setattr("service.db.repositories.targets.lock", lock)
        await world.ministry.post(f"/v1/targets/{code}/close")
        return await lock(tx, code)

    monkeypatch.setattr("service.db.repositories.targets.lock", close_first)
    assert (await tell(world), await types(world)) == (0, [])


async def test_who_is_always_overtaken_leaves_it_to_the_next_round(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await to_day(world, BEHIND_ON)

    async def another(*_: Any) -> Any:
        return object()

    with monkeypatch.context() as patch:
        patch.setattr("service.usecases.alerting.alerts.find_told", another)
        assert (await tell(world), await types(world)) == (0, [])
    assert await tell(world) == 1


async def test_nothing_is_written_while_nothing_is_new(world: World) -> None:
    await fall_behind(world)
    state = "SELECT xmin::text FROM pace_told UNION ALL SELECT xmin::text FROM alert"
    before = await world.api.database.pool.fetch(state)
    await tell(world)
    assert await world.api.database.pool.fetch(state) == before


async def test_target_too_large_for_a_pace_is_told_nothing_of(world: World) -> None:
    await revise(world, goal=1_000_000)
    await to_day(world, BEHIND_ON)
    told = await world.progress("spring")
    if told["pace"] is None:
        assert await tell(world) == 0
        assert await types(world) == []


async def test_active_targets_are_watched_with_what_was_told_of_them(world: World) -> None:
    await fall_behind(world)
    async with world.api.database.session() as tx:
        (one,) = await alerts.watched(tx)
    assert one.told is not None
    assert one.alert is not None
    assert (one.code, one.told.pace, one.alert.level) == ("spring", "behind", "behind")


# --- the demo register ---


async def test_with_the_demo_its_alerts_go_and_what_is_left_is_told_anew(world: World, migration_url: str) -> None:
    await fall_behind(world)
    over = {"level": Level.MISSED, "state": AlertState.RESOLVED}
    await add_alert(world.api.database, "spring", now=FIRST, synthetic=True, **over)
    await add_alert(world.api.database, "models-2030", now=FIRST, **over)
    await world.api.database.pool.execute("UPDATE alert SET synthetic = true WHERE target = 'spring'")
    await world.api.database.pool.execute("UPDATE organization SET synthetic = true WHERE kind = 'company'")
    async with owner_session(migration_url) as tx:
        await clear_demo(tx, act=Act(AT_THE_COMMAND_LINE, world.api.clock()))
    assert [one["target"] for one in await found_alerts(world)] == ["models-2030"]
    await tell(world)
    assert [(one["target"], one["synthetic"]) for one in await found_alerts(world)] == [
        ("models-2030", False),
        ("spring", False),
    ]
