"""What a target's forecast and pace are made of: what was noted of its records, and how its days ended.

Not for a target of more than some thousand records yet: docs/adr/0011-stored-days-of-pace.md says what it costs.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from service.core.lifecycle import Status
from service.core.pace import DayPace, Pace
from service.core.pace_reading import Lives, PaceKey
from service.core.record_lives import Stood
from service.core.targets import Metric, Target
from service.db.engine import HotPool, Row

# $1 the instant, $2 and $3 the first and last day that count, then the filter's parts, null for everything.
# All that was noted of each record that at any time passed the filter and could matter: one that was there before
# anything counts, or was registered and dated when all is over, moves neither count nor forecast.
# The demo register brings its past with it, and takes it away again: for instants before that, too, all is read anew.
_LIVES = """
WITH noted AS (
  SELECT s.record_id, s.version, s.status, s.counts_on, s.registered_on, s.region, left(s.industry, 2) AS division,
    s.project_type, s.model_kind, c.at, (c.at AT TIME ZONE 'Asia/Seoul')::date AS known_on
  FROM standing s JOIN change c ON c.id = s.change_id
  WHERE s.record_type = '{table}' AND c.at <= $1
), mattering AS MATERIALIZED (
  SELECT DISTINCT record_id FROM noted
  WHERE (counts_on >= $2 OR counts_on > registered_on) AND (counts_on <= $3 OR registered_on <= $3) AND {filters}
)
SELECT noted.*, (
  SELECT max(c.at) FROM audit_entry a JOIN change c ON c.id = a.id
  WHERE a.record_id = 'demo' AND a.record_type = 'register'
) AS demo_changed_at
FROM noted JOIN mattering USING (record_id)
ORDER BY record_id, version
"""
_FACTORY_LIVES = _LIVES.format(
    table="factory",
    filters="($4::text[] IS NULL OR region = ANY ($4)) AND ($5::text[] IS NULL OR division = ANY ($5))"
    " AND ($6::text[] IS NULL OR project_type = ANY ($6))",
)
_FOUNDATION_MODEL_LIVES = _LIVES.format(
    table="foundation_model", filters="($4::text[] IS NULL OR model_kind = ANY ($4))"
)

_LAST_DAY = """
SELECT day, value, probability, pace, since, low_days, lagging_days FROM pace_day
WHERE code = $1 AND target_version = $2 AND reading = $3 AND day <= $4 ORDER BY day DESC LIMIT 1
"""


async def read_lives(pool: HotPool, target: Target, *, regions: Sequence[str], known_at: datetime) -> Lives:
    """Return what was noted of a target's records up to `known_at`, not beyond a horizon already read.

    `regions` are all codes that the filter's regions mean, retired ones too; empty: everywhere.
    """
    window = (known_at, target.counts_since, target.due_on)
    chosen = target.filter
    if target.metric is Metric.FACTORIES:
        parts = (regions, chosen.industries, chosen.project_types)
        rows = await pool.fetch(_FACTORY_LIVES, *window, *(list(part) or None for part in parts))
    else:
        rows = await pool.fetch(_FOUNDATION_MODEL_LIVES, *window, list(chosen.model_kinds) or None)
    return await asyncio.to_thread(_lives, rows)  # of a large register that takes seconds: it holds up nobody


def _lives(rows: Sequence[Row]) -> Lives:
    stoods: dict[UUID, list[Stood]] = defaultdict(list)
    brought_in_at: datetime | None = None
    for row in rows:
        of_record = stoods[row["record_id"]]
        if not of_record and row["registered_on"] < row["known_on"]:
            brought_in_at = row["at"] if brought_in_at is None else max(brought_in_at, row["at"])
        of_record.append(_stood(row))
    return Lives(dict(stoods), brought_in_at, rows[0]["demo_changed_at"] if rows else None)


def _stood(row: Row) -> Stood:
    return Stood(
        known_on=row["known_on"],
        status=Status(row["status"]),
        counts_on=row["counts_on"],
        registered_on=row["registered_on"],
        region=row["region"],
        division=row["division"],
        project_type=row["project_type"],
        model_kind=row["model_kind"],
    )


async def read_last_day(pool: HotPool, key: PaceKey, until: date) -> DayPace | None:
    """Return how the last stored day up to `until` ended; null if none is stored. All days before it are, too."""
    rows = await pool.fetch(_LAST_DAY, *key, until)
    return DayPace(**{**rows[0], "pace": Pace(rows[0]["pace"])}) if rows else None
