"""A target's factories by one of their sides and by date, as known at an instant, each in one statement."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from service.core.breakdown import Heading
from service.core.target_view import Side
from service.core.targets import Target
from service.db.engine import HotPool

# $1 the instant, $2 and $3 the first and last day that count, $4 to $6 the filter's parts (null for everything).
# Only records that ever had a date in the window are looked at: the index `standing_concerns_idx` finds them.
_FACTORIES = """
WITH dated AS MATERIALIZED (
  SELECT DISTINCT record_id FROM standing
  WHERE record_type = 'factory' AND (CASE WHEN counts_on > registered_on THEN DATE 'infinity' ELSE counts_on END) >= $2
    AND counts_on BETWEEN $2 AND $3
), stood AS (
  SELECT DISTINCT ON (record_id) s.status, s.counts_on, s.region, left(s.industry, 2) AS division, s.project_type,
    s.foundation_model_ids
  FROM dated JOIN standing s USING (record_id) JOIN change c ON c.id = s.change_id
  WHERE c.at <= $1 ORDER BY record_id, version DESC
)
SELECT {key} AS key, counts_on, status = 'submitted' AS is_submitted, count(*) AS records
FROM stood {shown}
WHERE counts_on BETWEEN $2 AND $3 AND status IN ('verified', 'retired', 'submitted')
  AND ($4::text[] IS NULL OR region = ANY ($4)) AND ($5::text[] IS NULL OR division = ANY ($5))
  AND ($6::text[] IS NULL OR project_type = ANY ($6))
GROUP BY 1, 2, 3
"""

# A factory may name a model of its own organization that nobody else sees: that one is not shown. Whether others saw
# it is told by how it stood at the instant, so that a figure of then stays as it was.
_SHOWN_MODELS = """LEFT JOIN LATERAL (
  SELECT DISTINCT m.id FROM unnest(foundation_model_ids) AS named (id) JOIN foundation_model m USING (id)
  WHERE (
    SELECT s.status FROM standing s JOIN change c ON c.id = s.change_id WHERE s.record_id = m.id AND c.at <= $1
    ORDER BY s.version DESC LIMIT 1
  ) IN ('verified', 'retired')
) AS shown ON true"""

_SIDES = {side: _FACTORIES.format(key=side, shown="") for side in ("region", "division", "project_type")}
_MODELS = _FACTORIES.format(key="shown.id", shown=_SHOWN_MODELS)
_MODEL_NAMES = "SELECT id, name, name_en FROM foundation_model WHERE id = ANY ($1)"


class Part(NamedTuple):
    """How many factories stand under a key with a date: those that count, or those not yet looked at."""

    key: str | None
    counts_on: date
    is_submitted: bool
    records: int


async def read_parts(pool: HotPool, side: Side, target: Target, known_at: datetime) -> list[Part]:
    """Return a target's factories by region, division or project type, and date.

    The target's filter names all codes that its regions mean; `known_at` must not lie beyond a horizon already read.
    """
    return await _read(pool, _SIDES[side], target, known_at)


async def read_parts_by_model(pool: HotPool, target: Target, known_at: datetime) -> list[Part]:
    """Return a target's factories by foundation model and date; one that names several stands under each."""
    return await _read(pool, _MODELS, target, known_at)


async def _read(pool: HotPool, statement: str, target: Target, known_at: datetime) -> list[Part]:
    chosen = target.filter
    parts = (list(part) or None for part in (chosen.regions, chosen.industries, chosen.project_types))
    rows = await pool.fetch(statement, known_at, target.counts_since, target.due_on, *parts)
    return [
        Part(None if row["key"] is None else str(row["key"]), row["counts_on"], row["is_submitted"], row["records"])
        for row in rows
    ]


async def name_models(pool: HotPool, model_ids: Sequence[UUID]) -> list[Heading]:
    """Return the names of foundation models as they are now; the Korean one where there is no English one."""
    rows = await pool.fetch(_MODEL_NAMES, list(model_ids)) if model_ids else []
    return [Heading(str(row["id"]), row["name"], row["name_en"] or row["name"]) for row in rows]
