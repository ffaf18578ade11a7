"""The sum of all attempts: those counted once and for all, and those since.

Attempts are counted by their ids, which are UUIDv7 of the database's clock. Up to a mark that lies a little in the
past, so that no transaction is open any more that could still add one before it, they are summed up and stored; later
ones are counted whenever somebody asks. So the figures are exact, whoever is killed, and cost the delivery nothing.
"""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from service.core.attempt_tally import BOUNDS_SECONDS, AttemptEnd, AttemptTally, from_stored
from service.core.identifiers import uuid7
from service.db.engine import HotConnection, HotPool

SETTLED_AFTER: Final = timedelta(minutes=2)
"""No transaction of the service is open for longer: see the timeouts of `service.db.engine`."""
_LAST: Final = UUID(int=(1 << 128) - 1)

_STORED: Final = "SELECT upto, figures, clock_timestamp() AS now FROM webhook_tally"
_STORE: Final = "UPDATE webhook_tally SET upto = $1, figures = $2::jsonb"
_COUNT: Final = """
SELECT ended, bucket, count(*) AS attempts, coalesce(sum(seconds), 0)::float8 AS seconds
FROM (
  SELECT
    CASE
      WHEN a.error LIKE 'lease expired%' THEN 'lost'
      WHEN a.status BETWEEN 200 AND 299 THEN 'succeeded'
      WHEN a.status IS NOT NULL THEN 'failed'
      WHEN a.error LIKE 'refused%' THEN 'refused'
      ELSE 'unanswered'
    END AS ended,
    waited.seconds,
    width_bucket(waited.seconds, $3::float8[]) AS bucket
  FROM webhook_attempt a
  JOIN webhook_delivery d ON d.id = a.delivery_id
  CROSS JOIN LATERAL (
    SELECT CASE WHEN a.number = 1 AND coalesce(a.error, '') NOT LIKE 'lease expired%'
      THEN greatest(extract(epoch FROM a.at - d.created_at), 0)::float8 END AS seconds
  ) waited
  WHERE a.id > $1 AND a.id <= $2
) attempt
GROUP BY ended, bucket
"""


async def read_tally(pool: HotPool) -> AttemptTally:
    """Return the sum of all attempts ever made, up to now."""
    async with pool.acquire() as connection:
        stored = await connection.fetchrow(_STORED)
        upto, tally = _read(stored)
        return tally + await _count(connection, upto, _LAST)


async def sum_up(pool: HotPool) -> bool:
    """Move the mark on and store the sum up to it; tell whether there was anything to count. Any process may do it."""
    async with pool.acquire() as connection, connection.transaction():
        stored = await connection.fetchrow(f"{_STORED} FOR UPDATE")
        upto, tally = _read(stored)
        mark = uuid7(stored["now"] - SETTLED_AFTER, 0) if stored else upto
        counted = await _count(connection, upto, mark)
        if not any(counted.ends.values()):
            return False
        await connection.execute(_STORE, mark, orjson.dumps((tally + counted).as_stored()).decode())
        return True


def _read(stored: Any) -> tuple[UUID, AttemptTally]:
    """Return the mark and the sum up to it; without the row, which some hand removed, all is yet to be counted."""
    return (stored["upto"], from_stored(orjson.loads(stored["figures"]))) if stored else (UUID(int=0), AttemptTally())


async def _count(connection: HotConnection, after: UUID, upto: UUID) -> AttemptTally:
    tally = AttemptTally()
    for row in await connection.fetch(_COUNT, after, upto, list(BOUNDS_SECONDS)):
        buckets = [0] * (len(BOUNDS_SECONDS) + 1)
        if row["bucket"] is not None:
            buckets[row["bucket"]] = row["attempts"]
        tally += AttemptTally({AttemptEnd(row["ended"]): row["attempts"]}, tuple(buckets), row["seconds"])
    return tally
