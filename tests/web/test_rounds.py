"""Answers kept for repeats are removed after their day, days of pace stored; a failing round is followed by another."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from service.core.idempotency import KEPT_FOR
from service.usecases.housekeeping import forget_old_answers
from service.web.rounds import making_rounds, seconds_to_next
from tests.api.builders import factory_body
from tests.api.conftest import Api


async def _kept(api: Api) -> int:
    return int(await api.database.pool.fetchval("SELECT count(*) FROM idempotent_answer"))


async def test_only_answers_older_than_a_day_are_forgotten(api: Api) -> None:
    company = await api.caller("company")
    await company.post("/v1/factories", factory_body(name="가 공장"), idempotency_key="old")
    api.clock.advance(seconds=KEPT_FOR.total_seconds())
    await company.post("/v1/factories", factory_body(name="나 공장"), idempotency_key="new")
    async with api.database.session() as tx:
        assert await forget_old_answers(tx, now=api.clock()) == 1
    assert await _kept(api) == 1


async def test_rounds_go_on_after_one_that_failed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    company = await api.caller("company")
    await company.post("/v1/factories", factory_body(), idempotency_key="old")
    api.clock.now += timedelta(days=2)
    calls: list[int] = []
    third = asyncio.Event()

    async def fail_once(tx: object, *, now: object) -> int:
        calls.append(1)
        if len(calls) == 3:  # the second is committed by now
            third.set()
        if len(calls) == 1:
            raise ConnectionResetError
        return await forget_old_answers(tx, now=now)  # type: ignore[arg-type]  # passed through as it came

    monkeypatch.setattr("service.web.rounds.forget_old_answers", fail_once)
    async with making_rounds(api.resources, every_seconds=0.01):
        await asyncio.wait_for(third.wait(), timeout=10)
    assert await _kept(api) == 0


async def test_round_at_start_stores_the_days_that_have_ended(api: Api) -> None:
    async with asyncio.timeout(10):
        while await api.database.pool.fetchval("SELECT count(DISTINCT code) FROM pace_day") < 3:  # noqa: ASYNC110 - it is in the database
            await asyncio.sleep(0.01)
    assert await api.database.pool.fetchval("SELECT min(day)::text FROM pace_day") == "2026-01-01"


async def test_round_that_fails_to_store_is_followed_by_one_that_does(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    second = asyncio.Event()

    async def fail_once(*_: object) -> int:
        calls.append(1)
        if len(calls) == 1:
            raise ConnectionResetError
        second.set()
        return 0

    monkeypatch.setattr("service.web.rounds.catch_up", fail_once)
    async with making_rounds(api.resources, every_seconds=0.01):
        await asyncio.wait_for(second.wait(), timeout=10)
    assert len(calls) > 1


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        (datetime(2026, 11, 25, 3, 0, tzinfo=UTC), 3600),
        (datetime(2026, 11, 25, 14, 59, tzinfo=UTC), 360),  # a minute before midnight in Seoul
        (datetime(2026, 11, 25, 15, 4, 59, tzinfo=UTC), 1),
        (datetime(2026, 11, 25, 15, 5, tzinfo=UTC), 3600),
    ],
)
def test_next_round_comes_within_the_hour_and_at_five_past_midnight(now: datetime, seconds: float) -> None:
    assert seconds_to_next(now, 3600) == seconds
