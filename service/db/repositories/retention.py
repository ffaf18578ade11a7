"""Removing what is older than its time of keeping, a few rows at a time, so that nobody waits for it.

Identifiers are UUIDv7: what is older has a lower one, and each step reads the beginning of a primary key.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from service.db.engine import HotPool

# One process at a time, or two would wait for each other's rows; whoever comes second finds nothing to do.
_ALONE: Final = "(SELECT pg_try_advisory_xact_lock(20251220))"

_ATTEMPTS: Final = f"""
DELETE FROM webhook_attempt WHERE id IN (SELECT id FROM webhook_attempt WHERE id < $1 AND {_ALONE} ORDER BY id LIMIT $2)
"""  # noqa: S608 - put together from constants

# What is still on its way, brought back late, comes to its end first; what an endpoint at rest holds does not. One that
# a worker has in hand is left to the next round.
_DELIVERIES: Final = f"""
DELETE FROM webhook_delivery WHERE id IN (
  SELECT d.id FROM webhook_delivery d JOIN webhook_endpoint e ON e.id = d.endpoint_id
  WHERE d.id < $1 AND {_ALONE} AND d.state <> 'in_flight' AND (d.state <> 'pending' OR e.state <> 'active')
  ORDER BY d.id LIMIT $2 FOR UPDATE OF d SKIP LOCKED
)
"""  # noqa: S608 - put together from constants

# An event whose delivery is still kept is kept with it. The delivery's id was made a little later, by another clock:
# $3 is the limit with an allowance for that.
_EVENTS: Final = f"""
WITH needed AS MATERIALIZED (SELECT event_id FROM webhook_delivery WHERE id < $3)
DELETE FROM event WHERE id IN (
  SELECT id FROM event WHERE id < $1 AND {_ALONE} AND id NOT IN (SELECT event_id FROM needed) ORDER BY id LIMIT $2
)
"""  # noqa: S608 - put together from constants

_NOTIFICATIONS: Final = f"""
DELETE FROM notification WHERE id IN (
  SELECT id FROM notification WHERE id < $1 AND {_ALONE} AND state <> 'pending' ORDER BY id LIMIT $2
)
"""  # noqa: S608 - put together from constants

_STEPS: Final[Mapping[str, str]] = {
    "attempts": _ATTEMPTS,
    "deliveries": _DELIVERIES,
    "events": _EVENTS,
    "notifications": _NOTIFICATIONS,
}
STEPS: Final = tuple(_STEPS)
"""What is removed, in this order: an event goes after its last delivery."""


async def remove_some(pool: HotPool, step: str, *, before: UUID, needed_before: UUID, limit: int) -> int:
    """Remove at most `limit` rows of one step with ids lower than `before`; return how many.

    An event is left if a delivery of it is kept that has an id lower than `needed_before`.
    """
    values = (before, limit, needed_before) if step == "events" else (before, limit)
    tag = await pool.execute(_STEPS[step], *values)
    return int(tag.rpartition(" ")[2])
