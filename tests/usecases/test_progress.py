"""Answers about progress are made once for each state of the register, for all who ask at about the same time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import pytest

from service.core.errors import NotFound
from service.core.regions import Region, RegionBook
from service.db.engine import Database
from service.usecases import progress
from service.usecases.horizon_looks import HorizonLooks
from service.usecases.progress import ProgressAnswers, Question

TODAY = date(2026, 11, 25)
BOOK = RegionBook([])
ONE = Question("factories-2026", TODAY)


class CountingPool:
    """A pool that counts what is asked of it, and holds it back until `gate` is open."""

    def __init__(self, database: Database) -> None:
        self._pool = database.pool
        self.gate = asyncio.Event()
        self.gate.set()
        self.looks = 0
        self.reads = 0
        self.failure: Exception | None = None

    async def fetchrow(self, *asked: Any) -> Any:
        self.looks += 1
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return await self._pool.fetchrow(*asked)

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        self.reads += 1
        await self.gate.wait()
        async with self._pool.acquire() as connection:
            yield connection

    async def fetch(self, *asked: Any) -> Any:
        self.reads += 1
        await self.gate.wait()
        return await self._pool.fetch(*asked)


@pytest.fixture
def pool(shared_database: Database) -> Any:
    return CountingPool(shared_database)


async def test_question_is_answered_once_while_nothing_changes(pool: Any) -> None:
    answers = ProgressAnswers(pool)
    first = await answers.answer(ONE, BOOK)
    reads = pool.reads
    assert await answers.answer(ONE, BOOK) is first
    assert (pool.reads, pool.looks) == (reads, 3)


async def test_all_who_ask_at_once_wait_for_one_answer(pool: Any) -> None:
    answers = ProgressAnswers(pool)
    together = await asyncio.gather(*(answers.answer(ONE, BOOK) for _ in range(50)))
    assert len({id(answer) for answer in together}) == 1
    assert pool.looks == 2  # one for all, and one by the one whose turn it was
    assert pool.reads == 3  # the target, what was noted of its records, and its last stored day


async def test_look_that_began_before_is_not_given_to_who_asks_after(pool: Any) -> None:
    looks = HorizonLooks(pool)
    pool.gate.clear()
    early = asyncio.create_task(looks.look())
    await asyncio.sleep(0.01)
    late = [asyncio.create_task(looks.look()) for _ in range(10)]
    await asyncio.sleep(0.01)
    pool.gate.set()
    before = await early
    after = await asyncio.gather(*late)
    assert pool.looks == 2
    assert all(one.known_at > before.known_at for one in after)


async def test_who_goes_away_stops_the_answer_for_nobody_else(pool: Any) -> None:
    answers = ProgressAnswers(pool)
    pool.gate.clear()
    impatient = asyncio.create_task(answers.answer(ONE, BOOK))
    patient = asyncio.create_task(answers.answer(ONE, BOOK))
    await asyncio.sleep(0.01)
    impatient.cancel()
    pool.gate.set()
    assert b'"code":"factories-2026"' in (await patient).body


async def test_who_goes_away_while_it_is_made_stops_it_for_nobody_else(pool: Any) -> None:
    answers = ProgressAnswers(pool)
    await HorizonLooks(pool).look()
    original, pool.fetch = pool.fetch, _slow(pool.fetch)
    impatient = asyncio.create_task(answers.answer(ONE, BOOK))
    patient = asyncio.create_task(answers.answer(ONE, BOOK))
    await asyncio.sleep(0.02)
    impatient.cancel()
    pool.fetch = original
    assert b'"code":"factories-2026"' in (await patient).body


def _slow(fetch: Any) -> Any:
    async def slow(*asked: Any) -> Any:
        await asyncio.sleep(0.05)
        return await fetch(*asked)

    return slow


async def test_however_many_ask_few_count_at_the_same_time(pool: Any) -> None:
    answers = ProgressAnswers(pool)
    busy, most = 0, 0
    original = pool.fetch

    async def fetch(*asked: Any) -> Any:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.005)
        busy -= 1
        return await original(*asked)

    pool.fetch = fetch
    days = [date(2026, 1, day) for day in range(1, 9)]
    together = await asyncio.gather(*(answers.answer(Question("factories-2026", day), BOOK) for day in days * 5))
    assert most == progress.COUNTS_AT_ONCE
    assert len({answer.etag for answer in together}) == 8
    # The records once; each time the target, the last stored day before (but for the first), and what has changed since
    # a day that has passed by already.
    assert 1 + 8 + 7 <= pool.reads <= 1 + 8 + 7 + 7


async def test_failure_is_told_to_all_who_wait_and_is_not_remembered(pool: Any) -> None:
    answers = ProgressAnswers(pool)
    pool.failure = OSError("gone")
    told = await asyncio.gather(*(answers.answer(ONE, BOOK) for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in told] == [OSError] * 3
    pool.failure = None
    assert b'"code":"factories-2026"' in (await answers.answer(ONE, BOOK)).body


async def test_unknown_target_is_not_remembered(pool: Any) -> None:
    answers = ProgressAnswers(pool)
    for _ in range(2):
        with pytest.raises(NotFound):
            await answers.answer(Question("nowhere", TODAY), BOOK)
    assert not answers._remembered
    assert not answers._turns


async def test_what_was_begun_before_a_merger_of_regions_is_not_remembered(pool: Any) -> None:
    answers = ProgressAnswers(pool)
    pool.fetch = _slow(pool.fetch)
    begun_before = asyncio.create_task(answers.answer(ONE, BOOK))
    await asyncio.sleep(0.02)
    merged = RegionBook([Region("11", None, "서울", "Seoul", "서울", "Seoul", "special city")])
    after = await answers.answer(ONE, merged)
    await begun_before
    assert await answers.answer(ONE, merged) is after


async def test_no_more_is_remembered_than_its_share(pool: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "REMEMBERED_AT_MOST", 3)
    answers = ProgressAnswers(pool)
    for day in range(1, 8):
        await answers.answer(Question("factories-2026", date(2026, 1, day)), BOOK)
    assert [question.as_of.day for question in answers._remembered] == [5, 6, 7]
