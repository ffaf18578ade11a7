"""The feed of events: what follows on a place, as far as no open transaction may still write before it.

The snapshot that says which transactions are still open is the one that the rows are read by: one statement, one
snapshot.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from service.core.event_feed import Place, end_before, place_of
from service.core.events import Audience
from service.core.retention import oldest_kept
from service.db.engine import HotPool, Row

# xid8 as text, for as a number it would not fit the type that the driver takes for it.
_FOLLOWING: Final = """
WITH here AS MATERIALIZED (
  SELECT event_era() AS era, pg_snapshot_xmin(pg_current_snapshot()) AS open_xid
)
SELECT here.era AS present_era, here.open_xid::text AS open_xid, found.*
FROM here LEFT JOIN LATERAL (
  SELECT e.era, e.xid::text AS xid, e.id, e.type, e.audience, e.organization_id, e.body
  FROM event e
  WHERE (e.era, e.xid, e.id) > ($1::integer, $2::text::xid8, $3::uuid)
    AND (e.era < here.era OR e.xid < here.open_xid)
    AND e.id >= $4
  ORDER BY e.era, e.xid, e.id
  LIMIT $5
) found ON true
"""
_HERE: Final = "SELECT event_era() AS present_era, pg_snapshot_xmin(pg_current_snapshot())::text AS open_xid"
_BEGINNING: Final = (-1, "0", UUID(int=0))


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event with its place, and what says who may see it. `body` is the document as it is sent."""

    place: Place
    type: str
    audience: Audience
    organization_id: UUID | None
    body: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Events in the feed's order. `end` is where the feed ended, and `is_whole` tells that they reach as far."""

    events: Sequence[StoredEvent]
    end: Place
    is_whole: bool


async def read_stretch(pool: HotPool, after: Place | None, *, limit: int, now: datetime) -> Stretch:
    """Return up to `limit` events after a place, or from the oldest that is kept on."""
    era, xid, event_id = _BEGINNING if after is None else (after.era, str(after.xid), after.id)
    rows = await pool.fetch(_FOLLOWING, era, xid, event_id, oldest_kept(now), limit)
    events = [
        StoredEvent(
            place=place_of(row["era"], int(row["xid"]), UUID(str(row["id"]))),
            type=row["type"],
            audience=Audience(row["audience"]),
            organization_id=row["organization_id"] and UUID(str(row["organization_id"])),
            body=row["body"],
        )
        for row in rows
        if row["id"] is not None
    ]
    return Stretch(events, _end(rows[0], now), is_whole=len(events) < limit)


async def read_end(pool: HotPool, *, now: datetime) -> Place:
    """Return where the feed ends at the moment."""
    row = await pool.fetchrow(_HERE)
    assert row is not None  # noqa: S101 - a statement without a table has one row
    return _end(row, now)


def _end(row: Row, now: datetime) -> Place:
    return end_before(row["present_era"], int(row["open_xid"]), now)
