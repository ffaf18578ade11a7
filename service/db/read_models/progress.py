"""How far the register is known, and the targets in force at an instant, now or long ago."""

from dataclasses import dataclass
from datetime import datetime

import orjson

from service.core.progress import TargetInForce
from service.core.targets import target_from
from service.db import hot_sql
from service.db.engine import HotPool


@dataclass(frozen=True, slots=True)
class Horizon:
    """No change seen later is stamped before `known_at`. While `last_change` is the same, so are all counts."""

    known_at: datetime
    last_change: datetime | None


# $1 the code of a target, or null for all; $2 the instant. What the first migration installed has no stamp and was
# always known. A target asked for by name is judged before its own beginning by its first revision.
_TARGETS_IN_FORCE = """
SELECT DISTINCT ON (r.code COLLATE "C") r.version, r.document
FROM target_revision r LEFT JOIN change c ON c.id = r.change_id
WHERE ($1::text IS NULL OR r.code = $1) AND (c.at IS NULL OR c.at <= $2 OR (r.version = 1 AND $1 IS NOT NULL))
ORDER BY r.code COLLATE "C", r.version DESC
"""

_TARGET_EXISTS = "SELECT EXISTS (SELECT FROM target WHERE code = $1)"


async def read_horizon(pool: HotPool) -> Horizon:
    """Return how far the register is known at this moment; every change committed before the call is within."""
    row = await pool.fetchrow(hot_sql.HORIZON)
    assert row is not None  # noqa: S101 - a function's answer is always a row
    return Horizon(row["known_at"], row["last_change"])


async def target_exists(pool: HotPool, code: str) -> bool:
    """Tell whether there is a target of this code."""
    return bool(await pool.fetchval(_TARGET_EXISTS, code))


async def read_targets_in_force(pool: HotPool, code: str | None, known_at: datetime) -> list[TargetInForce]:
    """Return the target of this code, or all of them by code, as in force at `known_at`; none if there is none.

    `known_at` must not lie beyond a horizon already read.
    """
    rows = await pool.fetch(_TARGETS_IN_FORCE, code, known_at)
    return [TargetInForce(target_from(orjson.loads(row["document"])), row["version"]) for row in rows]
