"""A target's factories split up by one of their dimensions, as known at an instant, in one statement."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from service.core.breakdown import By, Heading, Tally
from service.core.targets import Target
from service.db.engine import HotPool

# $1 the instant, $2 and $3 the first and last day that count, $4 to $6 the filter's parts (null for everything), $7 the
# day looked at. One statement, so one snapshot: records that changed after $1 and their earlier standings can't be
# mixed up.
_FACTORIES = """
WITH changed_since AS MATERIALIZED (
  SELECT DISTINCT s.record_id FROM change c JOIN standing s ON s.change_id = c.id
  WHERE c.at > $1 AND s.record_type = 'factory'
), stood AS (
  SELECT DISTINCT ON (s.record_id) s.status, s.counts_on, s.synthetic, s.region, left(s.industry, 2) AS division,
    s.project_type, s.foundation_model_ids
  FROM changed_since JOIN standing s USING (record_id) JOIN change c ON c.id = s.change_id
  WHERE c.at <= $1 ORDER BY s.record_id, s.version DESC
), known AS (
  SELECT status, adoption_date AS counts_on, synthetic, region, division, project_type, foundation_model_ids
  FROM factory WHERE NOT EXISTS (SELECT FROM changed_since WHERE record_id = factory.id)
  UNION ALL
  SELECT * FROM stood
)
SELECT {key} AS key,
  count(*) FILTER (WHERE status <> 'submitted' AND counts_on <= $7) AS value,
  count(*) FILTER (WHERE status = 'submitted' AND counts_on <= $7) AS waiting,
  count(*) FILTER (WHERE status = 'submitted' AND counts_on > $7) AS planned,
  bool_or(synthetic) AS synthetic
FROM known {shown}
WHERE counts_on BETWEEN $2 AND $3 AND status IN ('verified', 'retired', 'submitted')
  AND ($4::text[] IS NULL OR region = ANY ($4)) AND ($5::text[] IS NULL OR division = ANY ($5))
  AND ($6::text[] IS NULL OR project_type = ANY ($6))
GROUP BY 1
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

_STATEMENTS = {
    By.REGION: _FACTORIES.format(key="region", shown=""),
    By.INDUSTRY: _FACTORIES.format(key="division", shown=""),
    By.PROJECT_TYPE: _FACTORIES.format(key="project_type", shown=""),
    By.FOUNDATION_MODEL: _FACTORIES.format(key="shown.id", shown=_SHOWN_MODELS),
}

_MODEL_NAMES = "SELECT id, name, name_en FROM foundation_model WHERE id = ANY ($1)"


async def read_tallies(
    pool: HotPool, by: By, target: Target, *, regions: Sequence[str], as_of: date, known_at: datetime
) -> tuple[dict[str | None, Tally], bool]:
    """Return the tallies of a target's factories by region, industry, project type or foundation model.

    And whether any of them was made up for demonstration.

    A factory that names several models stands under each. `regions` are all codes that the filter's regions mean,
    retired ones too; `known_at` must not lie beyond a horizon already read.
    """
    chosen = target.filter
    parts = (list(part) or None for part in (regions, chosen.industries, chosen.project_types))
    day = min(as_of, target.due_on)
    rows = await pool.fetch(_STATEMENTS[by], known_at, target.counts_since, target.due_on, *parts, day)
    tallies = {
        None if row["key"] is None else str(row["key"]): Tally(row["value"], row["waiting"], row["planned"])
        for row in rows
    }
    return tallies, any(row["synthetic"] for row in rows)


async def name_models(pool: HotPool, model_ids: Sequence[UUID]) -> list[Heading]:
    """Return the names of foundation models as they are now; the Korean one where there is no English one."""
    rows = await pool.fetch(_MODEL_NAMES, list(model_ids)) if model_ids else []
    return [Heading(str(row["id"]), row["name"], row["name_en"] or row["name"]) for row in rows]
