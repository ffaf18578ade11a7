"""The workers at work. When one was seen is told by the database's clock, for theirs may differ."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from service.db.engine import HotPool

_SAY_ALIVE: Final = """
INSERT INTO worker (id, started_at, seen_at) VALUES ($1, clock_timestamp(), clock_timestamp())
ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
"""
_LEAVE: Final = "DELETE FROM worker WHERE id = $1"
_FORGET: Final = "DELETE FROM worker WHERE seen_at < clock_timestamp() - $1::interval"
_AGE: Final = "SELECT extract(epoch FROM clock_timestamp() - max(seen_at))::float8 FROM worker"


async def say_alive(pool: HotPool, worker_id: UUID) -> None:
    """Note that a worker is at work now."""
    await pool.execute(_SAY_ALIVE, worker_id)


async def leave(pool: HotPool, worker_id: UUID) -> None:
    """Note that a worker is at work no more."""
    await pool.execute(_LEAVE, worker_id)


async def forget_silent(pool: HotPool, silent_for: timedelta) -> None:
    """Remove the workers that haven't been seen for so long."""
    await pool.execute(_FORGET, silent_for)


async def age_seconds(pool: HotPool) -> float | None:
    """Return how long ago the last sign of a worker was; None if there is none."""
    age: float | None = await pool.fetchval(_AGE)
    return None if age is None else max(age, 0.0)
