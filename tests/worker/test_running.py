"""Loops side by side: none ends another, and all of them end when they are told to."""

import asyncio
import time
from uuid import uuid4

import pytest

from service.db.engine import Database
from service.db.repositories import workers
from service.worker.heartbeat_loop import beat
from service.worker.running import Loop, pause, run_side_by_side


async def run_until_stopped(stop: asyncio.Event, *, after_seconds: float = 0.2, **loops: Loop) -> float:
    """Run the loops, tell them to stop after a while, and return how long they took to end from then on."""
    asyncio.get_running_loop().call_later(after_seconds, stop.set)
    began = time.monotonic()
    await run_side_by_side(loops, stop, drain_seconds=0.3, first_pause_seconds=0.01)
    return time.monotonic() - began - after_seconds


async def test_failing_loop_is_begun_anew_and_the_other_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    begun: list[str] = []

    async def fail(_stop: asyncio.Event) -> None:
        begun.append("failing")
        raise OSError("the database is away")

    async def work(stop: asyncio.Event) -> None:
        begun.append("working")
        await stop.wait()

    await run_until_stopped(asyncio.Event(), failing=fail, working=work)
    assert begun.count("working") == 1
    assert begun.count("failing") > 2
    assert "loop_failed" in caplog.text
    assert "the database is away" not in caplog.text  # a message may quote what is private


async def test_pause_before_a_loop_is_begun_anew_grows() -> None:
    begun: list[float] = []

    async def fail(_stop: asyncio.Event) -> None:
        begun.append(time.monotonic())
        raise ValueError

    await run_until_stopped(asyncio.Event(), after_seconds=0.4, failing=fail)
    assert len(begun) in {4, 5, 6}  # after 10, 20, 40, 80, 160 ms


async def test_loop_that_returns_before_its_time_is_begun_anew(caplog: pytest.LogCaptureFixture) -> None:
    begun: list[int] = []

    async def leave(_stop: asyncio.Event) -> None:
        begun.append(1)

    await run_until_stopped(asyncio.Event(), leaving=leave)
    assert len(begun) > 1
    assert "loop_ended_early" in caplog.text


async def test_what_was_begun_is_ended_before_the_return() -> None:
    ended: list[str] = []

    async def drain(stop: asyncio.Event) -> None:
        await stop.wait()
        await asyncio.sleep(0.1)
        ended.append("delivery")

    await run_until_stopped(asyncio.Event(), draining=drain)
    assert ended == ["delivery"]


async def test_loop_that_does_not_end_is_cut_off(caplog: pytest.LogCaptureFixture) -> None:
    async def hang(_stop: asyncio.Event) -> None:
        await asyncio.sleep(60)

    assert await run_until_stopped(asyncio.Event(), hanging=hang) < 1
    assert "loop_cut_off" in caplog.text


async def test_pause_ends_with_the_stop() -> None:
    stop = asyncio.Event()
    began = time.monotonic()
    await pause(stop, 0.01)
    asyncio.get_running_loop().call_soon(stop.set)
    await pause(stop, 60)
    assert time.monotonic() - began < 1


async def test_heart_beats_while_it_works_and_the_word_is_taken_back_at_the_end(database: Database) -> None:
    stop = asyncio.Event()
    beating = asyncio.create_task(beat(database.pool, uuid4(), stop, every_seconds=0.02))
    await asyncio.sleep(0.3)
    age = await workers.age_seconds(database.pool)
    stop.set()
    await beating
    assert age is not None
    assert age < 0.25
    assert await workers.age_seconds(database.pool) is None


async def test_worker_that_was_killed_is_seen_growing_older_and_forgotten_in_the_end(database: Database) -> None:
    await database.pool.execute(
        "INSERT INTO worker (id, started_at, seen_at) VALUES (gen_random_uuid(), now(), now() - interval '59 minutes'),"
        " (gen_random_uuid(), now(), now() - interval '61 minutes')"
    )
    assert round(await workers.age_seconds(database.pool) or 0) == 59 * 60
    beating = asyncio.create_task(beat(database.pool, uuid4(), asyncio.Event(), every_seconds=60))
    await asyncio.sleep(0.2)
    beating.cancel()
    assert await database.pool.fetchval("SELECT count(*) FROM worker WHERE seen_at < now() - interval '1 minute'") == 1
