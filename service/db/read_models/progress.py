"""What progress is made of: how far the register is known, the targets in force, and counts by day.

Everything is read as it was known at an instant, now or long ago, by the same statements: what stands now, with the
records that changed afterwards put back to where they stood.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import orjson

from service.core.progress import TargetInForce
from service.core.targets import Metric, Target, target_from
from service.db import hot_sql
from service.db.engine import HotPool, Row


@dataclass(frozen=True, slots=True)
class Horizon:
    """No change seen later is stamped before `known_at`. While `last_change` is the same, so are all counts."""

    known_at: datetime
    last_change: datetime | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Records that pass a target's filter, by their date: those that count, and those not yet looked at.

    `synthetic` tells whether any of them was made up for demonstration.
    """

    counting: Mapping[date, int]
    submitted: Mapping[date, int]
    synthetic: bool = False

    @property
    def records(self) -> int:
        """Return how many records there are of either sort."""
        return sum(self.counting.values()) + sum(self.submitted.values())


# $1 the code of a target, or null for all; $2 the instant. What the first migration installed has no stamp and was
# always known. A target asked for by name is judged before its own beginning by its first revision.
_TARGETS_IN_FORCE = """
SELECT DISTINCT ON (r.code COLLATE "C") r.version, r.document
FROM target_revision r LEFT JOIN change c ON c.id = r.change_id
WHERE ($1::text IS NULL OR r.code = $1) AND (c.at IS NULL OR c.at <= $2 OR (r.version = 1 AND $1 IS NOT NULL))
ORDER BY r.code COLLATE "C", r.version DESC
"""

_TARGET_EXISTS = "SELECT EXISTS (SELECT FROM target WHERE code = $1)"

# $1 the instant, $2 and $3 the first and last day that count, then the filter's parts, null for everything.
# One statement, so one snapshot: records that changed after $1 and their earlier standings can't be mixed up.
_COUNTS = """
WITH changed_since AS MATERIALIZED (
  SELECT DISTINCT s.record_id FROM change c JOIN standing s ON s.change_id = c.id
  WHERE c.at > $1 AND s.record_type = '{table}'
), stood AS (
  SELECT DISTINCT ON (s.record_id) s.status, s.counts_on, s.synthetic, {standing_columns}
  FROM changed_since JOIN standing s USING (record_id) JOIN change c ON c.id = s.change_id
  WHERE c.at <= $1 ORDER BY s.record_id, s.version DESC
), known AS (
  SELECT status, {date} AS counts_on, synthetic, {record_columns} FROM {table}
  WHERE {date} BETWEEN $2 AND $3 AND status IN ('verified', 'retired', 'submitted')
    AND NOT EXISTS (SELECT FROM changed_since WHERE record_id = {table}.id)
  UNION ALL
  SELECT * FROM stood WHERE counts_on BETWEEN $2 AND $3 AND status IN ('verified', 'retired', 'submitted')
)
SELECT counts_on, status = 'submitted' AS is_submitted, count(*) AS records, bool_or(synthetic) AS synthetic
FROM known WHERE {filters} GROUP BY 1, 2
"""
_FACTORY_COUNTS = _COUNTS.format(
    table="factory",
    date="adoption_date",
    record_columns="region, division, project_type",
    standing_columns="s.region, left(s.industry, 2) AS division, s.project_type",
    filters="($4::text[] IS NULL OR region = ANY ($4)) AND ($5::text[] IS NULL OR division = ANY ($5))"
    " AND ($6::text[] IS NULL OR project_type = ANY ($6))",
)
_FOUNDATION_MODEL_COUNTS = _COUNTS.format(
    table="foundation_model",
    date="released_on",
    record_columns="kind",
    standing_columns="s.model_kind",
    filters="($4::text[] IS NULL OR kind = ANY ($4))",
)


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


async def read_counts(pool: HotPool, target: Target, *, regions: Sequence[str], known_at: datetime) -> Counts:
    """Return the counts of a target's whole window as known at `known_at`, not beyond a horizon already read.

    `regions` are all codes that the filter's regions mean, retired ones too; empty: everywhere.
    """
    window = (known_at, target.counts_since, target.due_on)
    chosen = target.filter
    if target.metric is Metric.FACTORIES:
        parts = (regions, chosen.industries, chosen.project_types)
        rows = await pool.fetch(_FACTORY_COUNTS, *window, *(list(part) or None for part in parts))
    else:
        rows = await pool.fetch(_FOUNDATION_MODEL_COUNTS, *window, list(chosen.model_kinds) or None)
    synthetic = any(row["synthetic"] for row in rows)
    return Counts(_by_day(rows, is_submitted=False), _by_day(rows, is_submitted=True), synthetic)


def _by_day(rows: Sequence[Row], *, is_submitted: bool) -> dict[date, int]:
    return {row["counts_on"]: row["records"] for row in rows if row["is_submitted"] is is_submitted}
