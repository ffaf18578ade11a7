"""The register read from scratch, as it was known at an instant: what every running view must be equal to.

By other statements than the service's: counts from the tables as they are, with the records that changed afterwards put
back; lives from all standings.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from service.core.lifecycle import Status
from service.core.pace import Record
from service.core.pace_reading import reading
from service.core.record_lives import Stood
from service.core.targets import Metric, Target
from service.db.engine import HotPool, Row
from tests.core.registers import lives_on


@dataclass(frozen=True, slots=True)
class Lives:
    """What was noted of the records that may matter to a target, oldest first, as known at an instant."""

    stoods_by_record: Mapping[UUID, Sequence[Stood]]
    brought_in_at: datetime | None = None
    demo_changed_at: datetime | None = None

    def records_on(self, target: Target, regions: Sequence[str]) -> Callable[[date], list[Record]]:
        """Return the records as they stood at the end of a day; `regions`: all codes that the filter's regions mean."""
        return lives_on(self.stoods_by_record, replace(target, filter=replace(target.filter, regions=tuple(regions))))

    def reading(self, regions: Sequence[str]) -> str:
        return reading(regions, brought_in_at=self.brought_in_at, demo_changed_at=self.demo_changed_at)


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
