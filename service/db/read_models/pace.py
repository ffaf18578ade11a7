"""What a target's view is made of and moved on by: what was noted of its records; and how its days ended.

Every change that can move a count adds a standing, stamped as its transaction commits. So what was noted up to an
instant is read once, and from then on what was noted since; never the whole register. Read by way of indexes alone:
docs/adr/0011-stored-days-of-pace.md says what it costs.
"""

from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from service.core.lifecycle import Status
from service.core.pace import DayPace, Pace
from service.core.pace_reading import PaceKey
from service.core.record_lives import Stood
from service.core.target_view import Noted, Story
from service.core.targets import Metric, Target
from service.db.engine import HotPool, Row

ROWS_AT_ONCE = 2_000
CHANGES_AT_MOST = 20_000
"""Beyond so many changes a view is made anew: reading them takes as long."""

# The demo register brings its past with it, and takes it away again: for instants before that, too, all is read anew.
_DEMO = """
SELECT max(c.at) AS demo_changed_at FROM audit_entry a JOIN change c ON c.id = a.id
WHERE a.record_id = 'demo' AND a.record_type = 'register'
"""

# $1 the instant, $2 and $3 the first and last day that count, then the filter's parts, null for everything.
# All that was noted of each record that at any time passed the filter and could matter: one that was there before
# anything counts, or was registered and dated when all is over, moves neither count nor forecast (`concerns`).
# Most have been noted once: of those that stood alike it is enough to know how many they are. When, only of those
# that were brought in; and of what kind, only where the filter asks for it.
_STORIES = """
WITH concerned AS MATERIALIZED (
  SELECT DISTINCT record_id FROM standing
  WHERE record_type = '{table}' AND {reach} >= $2 AND (counts_on <= $3 OR registered_on <= $3) AND {filters}
), noted AS (
  SELECT record_id, version, status, counts_on, registered_on, synthetic, c.at, {kinds},
    (c.at AT TIME ZONE 'Asia/Seoul')::date AS known_on, count(*) OVER story AS standings,
    bool_or({reach} >= $2 AND (counts_on <= $3 OR registered_on <= $3) AND {filters}) OVER story AS is_concerned
  FROM concerned JOIN standing USING (record_id) JOIN change c ON c.id = change_id
  WHERE c.at <= $1 WINDOW story AS (PARTITION BY record_id)
), found AS (
  SELECT NULL::uuid AS record_id, 1 AS version, status, counts_on, registered_on, synthetic,
    CASE WHEN registered_on < known_on THEN at END AS at, known_on, region, division, project_type, model_kind,
    count(*) AS records
  FROM noted WHERE standings = 1 AND is_concerned GROUP BY 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
  UNION ALL
  SELECT record_id, version, status, counts_on, registered_on, synthetic, at, known_on, region, division,
    project_type, model_kind, 1
  FROM noted WHERE standings > 1 AND is_concerned
)
SELECT * FROM ({demo}) AS demo LEFT JOIN found ON true ORDER BY record_id, version
"""
# The expression of the index `standing_concerns_idx`.
_REACH = "(CASE WHEN counts_on > registered_on THEN DATE 'infinity' ELSE counts_on END)"
_FACTORY_STORIES = _STORIES.format(
    table="factory",
    reach=_REACH,
    demo=_DEMO,
    kinds="CASE WHEN $4::text[] IS NOT NULL THEN region END AS region,"
    " CASE WHEN $5::text[] IS NOT NULL THEN left(industry, 2) END AS division,"
    " CASE WHEN $6::text[] IS NOT NULL THEN project_type END AS project_type, NULL AS model_kind",
    filters="($4::text[] IS NULL OR region = ANY ($4)) AND ($5::text[] IS NULL OR left(industry, 2) = ANY ($5))"
    " AND ($6::text[] IS NULL OR project_type = ANY ($6))",
)
_FOUNDATION_MODEL_STORIES = _STORIES.format(
    table="foundation_model",
    reach=_REACH,
    demo=_DEMO,
    kinds="NULL AS region, NULL AS division, NULL AS project_type,"
    " CASE WHEN $4::text[] IS NOT NULL THEN model_kind END AS model_kind",
    filters="($4::text[] IS NULL OR model_kind = ANY ($4))",
)

# $1 and $2: after which instant and up to which; $3 a kind of record. The story of every record that changed in
# between, up to $2; none if there were too many changes. Built so that no statistics, old ones or none, can make
# PostgreSQL read a whole table for a few changes: LATERAL with OFFSET 0 goes by the index, row by row.
_CHANGED = f"""
WITH changes AS MATERIALIZED (
  SELECT s.record_id FROM change c CROSS JOIN LATERAL (
    SELECT record_id FROM standing WHERE change_id = c.id AND record_type = $3 OFFSET 0
  ) AS s WHERE c.at > $1 AND c.at <= $2 LIMIT {CHANGES_AT_MOST + 1}
), amount AS (
  SELECT count(*) AS changes FROM changes
), found AS (
  SELECT s.* FROM (SELECT DISTINCT record_id FROM changes, amount WHERE amount.changes <= {CHANGES_AT_MOST}) AS changed
  CROSS JOIN LATERAL (
    SELECT s.record_id, s.version, s.status, s.counts_on, s.registered_on, s.synthetic, c.at,
      (c.at AT TIME ZONE 'Asia/Seoul')::date AS known_on, s.region, left(s.industry, 2) AS division, s.project_type,
      s.model_kind
    FROM standing s JOIN change c ON c.id = s.change_id WHERE s.record_id = changed.record_id AND c.at <= $2 OFFSET 0
  ) AS s
)
SELECT * FROM ({_DEMO}) AS demo CROSS JOIN amount LEFT JOIN found ON true ORDER BY record_id, version
"""  # noqa: S608 - put together from constants

_LAST_DAY = """
SELECT day, value, probability, pace, since, low_days, lagging_days FROM pace_day
WHERE code = $1 AND target_version = $2 AND reading = $3 AND day <= $4 ORDER BY day DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Stories:
    """What was noted of records, how many times each story. `demo_changed_at`: when the demo last came or went."""

    stories: Sequence[tuple[Story, int]]
    demo_changed_at: datetime | None


async def read_stories(pool: HotPool, target: Target, known_at: datetime) -> AsyncGenerator[Stories, None]:
    """Yield what was noted of a target's records up to `known_at`, not beyond a horizon already read; some at a time.

    The target's filter names all codes that its regions mean. Yields once at least. Of a large register it takes
    seconds, and never much memory: what a process once took it hardly gives back.
    """
    statement, parameters = _statement(target)
    async with pool.acquire() as connection, connection.transaction(readonly=True):
        cursor = await connection.cursor(statement, known_at, target.counts_since, target.due_on, *parameters)
        rows = await cursor.fetch(ROWS_AT_ONCE)
        while rows:
            last = rows[-1]["record_id"]
            further = await cursor.fetch(ROWS_AT_ONCE)
            # A story is told to its end.
            while last is not None and further and further[0]["record_id"] == last:
                rows.append(further.pop(0))
                further = further or await cursor.fetch(ROWS_AT_ONCE)
            yield Stories(_stories(rows), rows[0]["demo_changed_at"])
            rows = further


def _statement(target: Target) -> tuple[str, list[list[str] | None]]:
    chosen = target.filter
    if target.metric is Metric.FACTORIES:
        parts = (chosen.regions, chosen.industries, chosen.project_types)
        return _FACTORY_STORIES, [list(part) or None for part in parts]
    return _FOUNDATION_MODEL_STORIES, [list(chosen.model_kinds) or None]


def _stories(rows: Sequence[Row]) -> list[tuple[Story, int]]:
    """Rows that stand for many records come without one; a row of nothing but nulls, where there is none."""
    found: list[tuple[Story, int]] = []
    several: dict[UUID, list[Noted]] = defaultdict(list)
    for row in rows:
        if row["record_id"] is not None:
            several[row["record_id"]].append(_noted(row))
        elif row["status"] is not None:
            found.append(([_noted(row)], row["records"]))
    found.extend((story, 1) for story in several.values())
    return found


async def read_changed(pool: HotPool, metric: Metric, after: datetime, until: datetime) -> Stories | None:
    """Return the whole story up to `until` of every record that changed after `after`; None if too many did.

    Neither instant may lie beyond a horizon already read.
    """
    record_type = "factory" if metric is Metric.FACTORIES else "foundation_model"
    rows = await pool.fetch(_CHANGED, after, until, record_type)
    if rows[0]["changes"] > CHANGES_AT_MOST:
        return None
    return Stories(_stories(rows), rows[0]["demo_changed_at"])


def _noted(row: Row) -> Noted:
    return Noted(row["at"], _stood(row), row["synthetic"])


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
