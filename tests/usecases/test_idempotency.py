"""Creating once however often it is asked, and in step with the statement that registers factories."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.access import Caller, Role
from service.core.errors import IdempotencyKeyReused, StillRunning
from service.core.idempotency import IdempotencyKey, idempotency_key
from service.db.engine import Database
from service.db.repositories.idempotent_answers import KeptAnswer
from service.usecases.idempotency import answered_before, keep_answer

NOON = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
ANSWER = KeptAnswer(location="/v1/targets/a", etag='"1"', body='{"code":"a"}')


def make_key(body: bytes = b"{}", key: str = "one") -> IdempotencyKey:
    return idempotency_key(Caller(role=Role.MINISTRY), path="/v1/targets", key=key, body=body)


async def test_first_request_is_this_transactions_to_answer(session: AsyncSession) -> None:
    assert await answered_before(session, make_key(), now=NOON) is None


async def test_without_a_key_nothing_is_kept(session: AsyncSession) -> None:
    assert await answered_before(session, None, now=NOON) is None
    await keep_answer(session, None, ANSWER, now=NOON)
    assert await session.scalar(text("SELECT count(*) FROM idempotent_answer")) == 0


async def test_kept_answer_is_told_again_for_a_day(session: AsyncSession) -> None:
    await keep_answer(session, make_key(), ANSWER, now=NOON)
    almost, after = NOON + timedelta(hours=24) - timedelta(microseconds=1), NOON + timedelta(hours=24)
    assert await answered_before(session, make_key(), now=almost) == ANSWER
    assert await answered_before(session, make_key(), now=after) is None


async def test_answer_that_is_too_old_is_written_over(session: AsyncSession) -> None:
    await keep_answer(session, make_key(), ANSWER, now=NOON)
    later = NOON + timedelta(days=2)
    newer = KeptAnswer(location="/v1/targets/b", etag='"1"', body='{"code":"b"}')
    await keep_answer(session, make_key(b'{"x":1}'), newer, now=later)
    assert await answered_before(session, make_key(b'{"x":1}'), now=later) == newer


async def test_other_body_is_refused(session: AsyncSession) -> None:
    await keep_answer(session, make_key(), ANSWER, now=NOON)
    with pytest.raises(IdempotencyKeyReused):
        await answered_before(session, make_key(b'{"x":1}'), now=NOON)


async def test_second_is_told_that_the_first_still_runs(database: Database) -> None:
    async with database.session() as first, database.session() as second:
        assert await answered_before(first, make_key(), now=NOON) is None
        with pytest.raises(StillRunning):
            await answered_before(second, make_key(), now=NOON)
        assert await answered_before(second, make_key(key="other"), now=NOON) is None


async def test_claim_ends_with_a_transaction_that_fails(database: Database) -> None:
    async with database.session() as first:
        await answered_before(first, make_key(), now=NOON)
        await keep_answer(first, make_key(), ANSWER, now=NOON)
        await first.rollback()
    async with database.session() as second:
        assert await answered_before(second, make_key(), now=NOON) is None


async def test_answer_is_seen_as_soon_as_the_claim_is_free(database: Database) -> None:
    async with database.session() as first:
        await answered_before(first, make_key(), now=NOON)
        await keep_answer(first, make_key(), ANSWER, now=NOON)
    async with database.session() as second:
        assert await answered_before(second, make_key(), now=NOON) == ANSWER


async def test_claim_is_the_hot_statements_own_lock(database: Database) -> None:
    async with database.session() as tx:
        await answered_before(tx, make_key(), now=NOON)
        is_free = await database.pool.fetchval(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(encode($1::bytea, 'hex'), 0))", make_key().scope
        )
    assert is_free is False
