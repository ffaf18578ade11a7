"""Storing how the days of a target ended: once, by whoever comes first."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from service.core.pace import DayPace
from service.core.pace_reading import PaceKey
from service.db.engine import HotConnection, HotPool

_LOCKS = 20251219
# Held by the session, not by a transaction: judging a long window takes longer than a transaction may be idle.
_TRY_LOCK = "SELECT pg_try_advisory_lock($1, hashtext($2))"
_UNLOCK = "SELECT pg_advisory_unlock($1, hashtext($2))"

_STORE = """
INSERT INTO pace_day (code, target_version, reading, day, value, probability, pace, since, low_days, lagging_days)
SELECT $1, $2, $3, given.* FROM unnest($4::date[], $5::integer[], $6::double precision[], $7::text[], $8::date[],
  $9::integer[], $10::integer[]) AS given
ON CONFLICT DO NOTHING
"""


@asynccontextmanager
async def alone_at(pool: HotPool, code: str) -> "AsyncIterator[HotConnection | None]":
    """Give the connection that holds the lock of a target's days, or None: another process is at them.

    The lock only saves work: what two processes would store is the same.
    """
    async with pool.acquire() as connection:
        if not await connection.fetchval(_TRY_LOCK, _LOCKS, code):
            yield None
            return
        try:
            yield connection
        finally:
            if not connection.is_closed():  # with its session the lock has gone too
                await connection.execute(_UNLOCK, _LOCKS, code)


async def store_days(connection: HotConnection, key: PaceKey, days: Sequence[DayPace]) -> None:
    """Store days that follow on those stored already; what is stored stays as it is."""
    await connection.execute(
        _STORE,
        *key,
        [one.day for one in days],
        [one.value for one in days],
        [one.probability for one in days],
        [one.pace.value for one in days],
        [one.since for one in days],
        [one.low_days for one in days],
        [one.lagging_days for one in days],
    )
