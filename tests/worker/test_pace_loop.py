"""A change of pace is told within two seconds of the change that caused it, by any number of workers, once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import pytest_asyncio

from service.worker.pace_loop import seconds_between, store_days, watch_pace
from tests.api.test_targets import set_target
from tests.api.worlds import World, living_in

NOW = datetime(2026, 6, 20, 1, 0, tzinfo=UTC)
WINDOW = {"counts_from": "2026-01-01", "starts_on": "2026-03-01", "due_on": "2026-06-30"}
PROMISED_SECONDS = 2


@pytest_asyncio.fixture
async def world(database_url: str, migration_url: str) -> AsyncIterator[World]:
    async with living_in(NOW, database_url=database_url, migration_url=migration_url) as living:
        yield living


@asynccontextmanager
async def watching(world: World, workers: int = 1) -> AsyncIterator[asyncio.Event]:
    """Let so many workers watch while the block lasts."""
    stop = asyncio.Event()
    running = [asyncio.create_task(watch_pace(world.api.resources, stop)) for _ in range(workers)]
    try:
        yield stop
    finally:
        stop.set()
        async with asyncio.timeout(2):
            await asyncio.gather(*running)


async def told(world: World, type_: str, *, within_seconds: float) -> int:
    """Wait until an event of this type is there; return how many there are."""
    count = "SELECT count(*) FROM event WHERE type = $1"
    async with asyncio.timeout(within_seconds):
        while not (found := await world.api.database.pool.fetchval(count, type_)):  # noqa: ASYNC110 - it is in the database
            await asyncio.sleep(0.02)
    return int(found)


async def test_revision_that_puts_a_target_behind_and_records_that_meet_it_are_told_in_time(world: World) -> None:
    await set_target(world.ministry, code="spring", goal=2, plan_basis="confirmed", **WINDOW)
    await world.built("2026-06-01", "2026-06-02")
    async with watching(world):
        await told(world, "target.met", within_seconds=10)
        await world.ministry.patch("/v1/targets/spring", {"goal": 50, "reason": "x"}, if_match="*")
        assert await told(world, "pace.behind", within_seconds=PROMISED_SECONDS) == 1
        listed = await world.company.get("/v1/alerts?target=spring&state=open")
        assert [one["level"] for one in listed.json()["items"]] == ["behind"]
        await world.ministry.patch("/v1/targets/spring", {"goal": 3, "reason": "x"}, if_match="*")
        await world.built("2026-06-03")
        await asyncio.sleep(0)
        met = "SELECT count(*) FROM event WHERE type = 'target.met'"
        async with asyncio.timeout(PROMISED_SECONDS):
            while await world.api.database.pool.fetchval(met) < 2:  # noqa: ASYNC110 - it is in the database
                await asyncio.sleep(0.02)


async def test_several_workers_tell_once(world: World) -> None:
    await set_target(world.ministry, code="spring", goal=50, **WINDOW)
    async with watching(world, workers=3):
        await told(world, "pace.behind", within_seconds=10)
        await asyncio.sleep(0.7)  # a round more of each
        codes = "SELECT count(*) FROM event WHERE type = 'pace.behind' AND subject = 'targets/spring'"
        assert await world.api.database.pool.fetchval(codes) == 1


async def test_storm_of_writes_is_judged_twice_a_second(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[float] = []

    async def count(*_: Any) -> int:
        rounds.append(asyncio.get_running_loop().time())
        return 0

    monkeypatch.setattr("service.worker.pace_loop.tell_all", count)
    async with watching(world):
        async with asyncio.timeout(10):
            while len(rounds) < 3:
                world.api.resources.announcer.announce()
                await asyncio.sleep(0.01)
    gaps = [later - earlier for earlier, later in pairwise(rounds)]
    assert min(gaps) > 0.45
    assert max(gaps[:2]) < 0.95, "news ends the wait for the next look"


async def test_quiet_register_is_looked_at_every_second(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[float] = []

    async def count(*_: Any) -> int:
        rounds.append(asyncio.get_running_loop().time())
        return 0

    monkeypatch.setattr("service.worker.pace_loop.tell_all", count)
    async with watching(world), asyncio.timeout(10):
        while len(rounds) < 2:  # noqa: ASYNC110 - the rounds come by themselves
            await asyncio.sleep(0.01)
    assert 0.9 < rounds[1] - rounds[0] < 1.5


async def test_watch_goes_on_when_its_line_breaks(world: World) -> None:
    await set_target(world.ministry, code="spring", goal=50, **WINDOW)
    listeners = "FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
    async with watching(world):
        await told(world, "pace.behind", within_seconds=10)
        assert await world.api.database.pool.fetch(f"SELECT pg_terminate_backend(pid) {listeners}")
        await world.ministry.patch("/v1/targets/spring", {"goal": 1, "reason": "x"}, if_match="*")
        await world.built("2026-06-01")
        assert await told(world, "target.met", within_seconds=2 * PROMISED_SECONDS) == 1
        assert await world.api.database.pool.fetchval(f"SELECT count(*) {listeners}") == 1


@pytest.mark.parametrize(("took", "leaves"), [(0.0, 0.5), (0.1, 0.5), (0.3, 0.9), (5.0, 1.2)])
def test_the_longer_a_round_takes_the_longer_the_machine_is_left_to_others(took: float, leaves: float) -> None:
    assert seconds_between(took) == pytest.approx(leaves)


async def test_worker_stores_days_that_have_ended(world: World) -> None:
    await set_target(world.ministry, code="spring", goal=50, **WINDOW)
    stop = asyncio.Event()
    running = asyncio.create_task(store_days(world.api.resources, stop))
    last = "SELECT max(day) FROM pace_day WHERE code = 'spring'"
    async with asyncio.timeout(10):
        while await world.api.database.pool.fetchval(last) != (NOW - timedelta(days=1)).date():  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)
    stop.set()
    async with asyncio.timeout(2):
        await running
