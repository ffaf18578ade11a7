"""Deliveries as workers take them and settle them."""

import asyncio
from binascii import b2a_base64
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.delivering import ClaimedDelivery, EndedAttempt
from service.core.retry import MOST_ATTEMPTS
from service.db import delivery_sql
from service.db.engine import HotConnection, HotPool, Row

LEASE_EXPIRED: Final = "lease expired"
"""What is noted of an attempt whose worker died, or was too slow to settle it."""

_PUT_OFF_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True)
class Claim:
    """What is taken in one go, at most `limit`, which may be 0; `id` is the proof, for every delivery of it."""

    id: UUID
    limit: int
    lease: timedelta


@dataclass(frozen=True, slots=True)
class Exchange:
    """What came of settling and claiming: which deliveries were settled, which are new, and the database's clock now.

    `now` is None where nothing was claimed.
    """

    settled: frozenset[UUID]
    claimed: Sequence[ClaimedDelivery] = ()
    now: datetime | None = None


async def exchange(pool: HotPool, ended: Sequence[EndedAttempt], claim: Claim, *, puts_off: bool = False) -> Exchange:
    """Settle what ended, and take what is due, in one transaction: what was freed is at once taken again.

    Settled is only what was still its worker's. `puts_off`: also see to what can't be sent yet, as has to be done now
    and then.

    Raises:
        OSError, asyncpg.PostgresError, asyncpg.InterfaceError: it did not happen, or at the very end may have happened.
    """
    clock = asyncio.get_running_loop().time
    async with pool.acquire() as connection:
        try:
            await connection.execute(delivery_sql.BEGIN)
            settled = await _settle(connection, ended)
            if puts_off:
                await connection.execute(delivery_sql.PUT_OFF, _PUT_OFF_AT_ONCE)
            rows = await connection.fetch(delivery_sql.CLAIM, claim.limit, claim.id, claim.lease)
            told_at = clock()
            await connection.execute("COMMIT")
        except asyncpg.PostgresError:
            with suppress(asyncpg.InterfaceError, OSError, asyncpg.PostgresError):
                await connection.execute("ROLLBACK")  # the pool lends it again
            raise
    now = rows[0]["now"] + timedelta(seconds=clock() - told_at) if rows else None
    return Exchange(settled, [_claimed(row, claim.id) for row in rows], now)


async def settle_in(tx: AsyncSession, ended: EndedAttempt) -> bool:
    """Settle one attempt in a transaction that does more; tell whether the delivery was still the worker's."""
    connection = await tx.connection()
    await connection.exec_driver_sql(delivery_sql.LOCK)
    settled = await connection.exec_driver_sql(delivery_sql.SETTLE, (_as_json([ended]),))
    return settled.first() is not None


async def release_expired(pool: HotPool) -> int:
    """Make due again what workers had for longer than their lease; return how many those were."""
    return len(await pool.fetch(delivery_sql.RELEASE_EXPIRED, MOST_ATTEMPTS, LEASE_EXPIRED))


async def seconds_to_next_due(pool: HotPool, *, at_most: float) -> float:
    """Return how long it is until something comes due, at least 0 and at most `at_most` seconds."""
    seconds = await pool.fetchval(delivery_sql.SECONDS_TO_NEXT_DUE, timedelta(seconds=at_most))
    return at_most if seconds is None else max(seconds, 0.0)


async def _settle(connection: HotConnection, ended: Sequence[EndedAttempt]) -> frozenset[UUID]:
    if not ended:
        return frozenset()
    return frozenset(row[0] for row in await connection.fetch(delivery_sql.SETTLE, _as_json(ended)))


def _as_json(ended: Sequence[EndedAttempt]) -> str:
    return orjson.dumps(
        [
            {
                "id": str(one.delivery.id),  # asyncpg has a UUID of its own
                "claim": one.delivery.claim,
                "state": one.state,
                "next_attempt_at": one.next_attempt_at,
                "status": one.status,
                "error": one.error,
                "at": one.at,
                "ended_at": one.ended_at,
                "milliseconds": one.milliseconds,
                "headers": one.headers,
                "answer": b2a_base64(one.answer, newline=False).decode(),
            }
            for one in ended
        ]
    ).decode()


def _claimed(row: Row, claim: UUID) -> ClaimedDelivery:
    return ClaimedDelivery(
        id=row["id"],
        claim=claim,
        endpoint_id=row["endpoint_id"],
        event_id=row["event_id"],
        attempt=row["attempts"],
        is_ping=row["is_ping"],
        url=row["url"],
        body=row["body"],
        secrets=tuple(row["secrets"]),
        failing_since=row["failing_since"],
    )
