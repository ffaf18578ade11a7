"""The state of delivering, of workers and of pace, for /metrics and `ax-registry doctor`: the same in every process."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from service.core.attempt_tally import AttemptTally
from service.db.engine import HotPool
from service.db.repositories import workers
from service.db.repositories.attempt_tally import read_tally

_ENDPOINTS: Final = """
SELECT e.state, count(*) AS endpoints, sum(waiting.pending)::bigint AS pending
FROM webhook_endpoint e CROSS JOIN LATERAL (
  SELECT count(*) AS pending FROM webhook_delivery d WHERE d.endpoint_id = e.id AND d.state = 'pending'
) waiting
GROUP BY e.state
"""

# What can be sent now, as the claim sees it: of an ordered endpoint each subject's earliest alone. Untaken is what an
# endpoint has due while nothing is on its way to it: a slow receiver keeps its places taken, a missing worker doesn't.
_DUE: Final = """
SELECT coalesce(max(due.seconds), 0)::float8 AS oldest,
  coalesce(max(due.seconds) FILTER (WHERE NOT EXISTS (
    SELECT FROM webhook_delivery f
    WHERE f.endpoint_id = e.id AND f.state = 'in_flight' AND f.lease_until > statement_timestamp()
  )), 0)::float8 AS untaken
FROM webhook_endpoint e CROSS JOIN LATERAL (
  SELECT extract(epoch FROM statement_timestamp() - d.next_attempt_at) AS seconds FROM webhook_delivery d
  WHERE d.endpoint_id = e.id AND d.state = 'pending' AND d.next_attempt_at <= statement_timestamp()
    AND NOT (e.ordered AND EXISTS (
      SELECT FROM webhook_delivery earlier
      WHERE earlier.endpoint_id = d.endpoint_id AND earlier.subject = d.subject AND earlier.sequence < d.sequence
        AND earlier.state IN ('pending', 'in_flight')
    ))
  ORDER BY d.next_attempt_at LIMIT 1
) due
WHERE e.state = 'active'
"""
_IN_FLIGHT: Final = "SELECT count(*) FROM webhook_delivery WHERE state = 'in_flight'"
_ALERTS: Final = "SELECT level, state, count(*) AS alerts FROM alert WHERE state <> 'resolved' GROUP BY level, state"
_MESSAGES: Final = "SELECT count(*) FROM notification WHERE state = 'pending'"
_PACE: Final = "SELECT p.target, p.pace FROM pace_told p JOIN target t ON t.code = p.target WHERE t.state = 'active'"
_WORKERS: Final = "SELECT count(*) FROM worker WHERE seen_at > clock_timestamp() - interval '15 s'"


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits to be delivered."""

    endpoints: Mapping[str, int]
    """How many endpoints there are in each state."""
    pending: Mapping[str, int]
    """How many deliveries wait, by the state of their endpoint; those of endpoints that aren't active are held."""
    in_flight: int
    oldest_due_seconds: float
    """How long the oldest one that could be sent now has been due; 0 if none is."""
    untaken_seconds: float
    """The same, at endpoints to which nothing is on its way."""


@dataclass(frozen=True, slots=True)
class Workers:
    """Who is at work."""

    count: int
    """How many were seen within fifteen seconds."""
    age_seconds: float | None
    """How long ago the last sign of any was; None if none was in the last hour."""


@dataclass(frozen=True, slots=True)
class Figures:
    """All of it, and what all attempts ever made come to."""

    queue: Queue
    attempts: AttemptTally
    workers: Workers
    alerts: Mapping[tuple[str, str], int]
    """How many aren't resolved, by level and state."""
    pace: Mapping[str, str]
    """The pace that was last told of each target."""
    messages_pending: int
    """How many messages to people wait."""


async def read_queue(pool: HotPool) -> Queue:
    """Return what waits to be delivered."""
    endpoints = await pool.fetch(_ENDPOINTS)
    due = await pool.fetchrow(_DUE)
    return Queue(
        endpoints={row["state"]: row["endpoints"] for row in endpoints},
        pending={row["state"]: row["pending"] for row in endpoints},
        in_flight=await pool.fetchval(_IN_FLIGHT),
        oldest_due_seconds=due["oldest"] if due else 0.0,
        untaken_seconds=due["untaken"] if due else 0.0,
    )


async def read_workers(pool: HotPool) -> Workers:
    """Return who is at work."""
    return Workers(await pool.fetchval(_WORKERS), await workers.age_seconds(pool))


async def read_figures(pool: HotPool) -> Figures:
    """Return everything; some milliseconds of the database."""
    return Figures(
        queue=await read_queue(pool),
        attempts=await read_tally(pool),
        workers=await read_workers(pool),
        alerts={(row["level"], row["state"]): row["alerts"] for row in await pool.fetch(_ALERTS)},
        pace={row["target"]: row["pace"] for row in await pool.fetch(_PACE)},
        messages_pending=await pool.fetchval(_MESSAGES),
    )
