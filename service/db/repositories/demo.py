"""The demo register's rows: written in bulk with the history they are given, and removed as the tables' owner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.organizations import Organization
from service.core.records import Record
from service.db.repositories import organizations
from service.db.repositories.columns import columns_of
from service.db.repositories.records import standing_columns
from service.db.tables import AuditEntryRow, ChangeRow, FactoryRow, FoundationModelRow, StandingRow

Row = dict[str, Any]

# As `stamp_change` does it at a commit: "stamped, not visible yet", so that no horizon overtakes it.
_STAMP_NOW: Final = """
WITH announced AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(20251217, 1))
INSERT INTO change (id, at) SELECT :change_id, registry_clock() FROM announced
"""

_HAS_SYNTHETIC: Final = """
SELECT EXISTS (SELECT FROM organization WHERE synthetic) OR EXISTS (SELECT FROM factory WHERE synthetic)
  OR EXISTS (SELECT FROM foundation_model WHERE synthetic)
"""

# Nobody is to register or verify meanwhile what is about to go: its history would stay behind.
_HOLD: Final = (
    "SELECT id FROM organization WHERE synthetic ORDER BY id FOR UPDATE",
    "SELECT id FROM factory WHERE synthetic ORDER BY id FOR UPDATE",
    "SELECT id FROM foundation_model WHERE synthetic ORDER BY id FOR UPDATE",
)

# What is synthetic, under one name each: records, and organizations under which nothing real stands.
_NAME_WHAT_GOES: Final = (
    """
    CREATE TEMPORARY TABLE going ON COMMIT DROP AS
    SELECT id, 'factory' AS type FROM factory WHERE synthetic
    UNION ALL SELECT id, 'foundation_model' FROM foundation_model WHERE synthetic
    """,
    """
    INSERT INTO going SELECT id, 'organization' FROM organization o WHERE synthetic
      AND NOT EXISTS (SELECT FROM factory WHERE organization_id = o.id AND NOT synthetic)
      AND NOT EXISTS (SELECT FROM foundation_model WHERE organization_id = o.id AND NOT synthetic)
    """,
    "INSERT INTO going SELECT id, 'api_key' FROM api_key WHERE organization_id IN (SELECT id FROM going)",
)
_REMOVE: Final = (
    """
    CREATE TEMPORARY TABLE gone_change ON COMMIT DROP AS
    SELECT DISTINCT change_id AS id FROM standing WHERE record_id IN (SELECT id FROM going)
    """,
    "DELETE FROM standing WHERE record_id IN (SELECT id FROM going)",
    """
    DELETE FROM change WHERE id IN (SELECT id FROM gone_change)
      AND NOT EXISTS (SELECT FROM standing WHERE change_id = change.id)
      AND NOT EXISTS (SELECT FROM target_revision WHERE change_id = change.id)
    """,
    "DELETE FROM audit_entry WHERE record_id IN (SELECT id::text FROM going)",
    "DELETE FROM contact WHERE record_id IN (SELECT id FROM going)",
    """
    DELETE FROM idempotent_answer WHERE contact_of IN (SELECT id FROM going)
      OR substring(location FROM '[^/]+$') IN (SELECT id::text FROM going)
    """,
    "DELETE FROM factory WHERE id IN (SELECT id FROM going)",
    "DELETE FROM foundation_model WHERE id IN (SELECT id FROM going)",
    "DELETE FROM api_key WHERE id IN (SELECT id FROM going)",
    "DELETE FROM organization WHERE id IN (SELECT id FROM going)",
)

# What was told of what goes, and of a pace that counted any of it. Endpoints first, as by all who lock both them and
# deliveries; with an endpoint its secrets and deliveries go.
_NAME_WHAT_WAS_TOLD: Final = (
    """
    INSERT INTO going SELECT id, 'webhook_endpoint' FROM webhook_endpoint
      WHERE organization_id IN (SELECT id FROM going)
    """,
    "INSERT INTO going SELECT id, 'alert' FROM alert WHERE synthetic",
    """
    CREATE TEMPORARY TABLE gone_event ON COMMIT DROP AS
    SELECT id FROM event WHERE subject IN (
      SELECT CASE type WHEN 'factory' THEN 'factories/' WHEN 'foundation_model' THEN 'foundation-models/'
        ELSE 'webhook-endpoints/' END || id FROM going WHERE type IN ('factory', 'foundation_model', 'webhook_endpoint')
    )
    UNION ALL
    SELECT id FROM event WHERE type LIKE 'pace.%' AND (body::jsonb #>> '{data,synthetic}')::boolean
    """,
)
_FORGET_WHAT_WAS_TOLD: Final = (
    # A target whose pace was last told by figures of which some are gone is told anew, by what is left.
    """
    DELETE FROM pace_told WHERE target IN (SELECT target FROM alert WHERE synthetic AND state <> 'resolved')
      OR (
        SELECT id FROM event WHERE event.target = pace_told.target
          AND (type LIKE 'pace.%' OR type IN ('target.met', 'target.missed'))
        ORDER BY sequence DESC LIMIT 1
      ) IN (SELECT id FROM gone_event)
    """,
    "DELETE FROM alert WHERE synthetic",
    "DELETE FROM webhook_endpoint WHERE id IN (SELECT id FROM going)",
    "DELETE FROM webhook_delivery WHERE event_id IN (SELECT id FROM gone_event)",
    "DELETE FROM notification WHERE event_id IN (SELECT id FROM gone_event)",
    "DELETE FROM event WHERE id IN (SELECT id FROM gone_event)",
)


@dataclass(slots=True)
class DemoRows:
    """The rows of the demo, by table."""

    factories: list[Row] = field(default_factory=list)
    foundation_models: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)
    standings: list[Row] = field(default_factory=list)
    audit_entries: list[Row] = field(default_factory=list)


def record_row(record: Record, *, opening: str, private: str) -> Row:
    """Return the row of a record with its rendered text."""
    return {**columns_of(record), "document": opening, "private_part": private}


def standing_row(record: Record, change_id: UUID) -> Row:
    """Return what the record means for the count from a change on."""
    return {"change_id": change_id, **standing_columns(record)}


async def nothing_ever_happened(tx: AsyncSession) -> bool:
    """Tell whether the register is as the migrations left it: whatever happens leaves an audit entry."""
    return not await tx.scalar(text("SELECT EXISTS (SELECT FROM audit_entry)"))


async def has_synthetic(tx: AsyncSession) -> bool:
    """Tell whether there is any synthetic organization or record."""
    return bool(await tx.scalar(text(_HAS_SYNTHETIC)))


async def next_numbers(tx: AsyncSession, record_type: str, count: int) -> list[int]:
    """Take `count` rising numbers for registry numbers."""
    rows = await tx.scalars(
        text("SELECT nextval(CAST(:name AS regclass)) FROM generate_series(1, :count)"),
        {"name": f"{record_type}_number", "count": count},
    )
    return sorted(rows)


async def add_all(tx: AsyncSession, given: Sequence[Organization], rows: DemoRows) -> None:
    """Write organizations with their contacts, and every row, in the order in which they need each other."""
    for organization in given:
        await organizations.add(tx, organization)
    for table, values in (
        (FoundationModelRow, rows.foundation_models),
        (FactoryRow, rows.factories),
        (ChangeRow, rows.changes),
        (StandingRow, rows.standings),
        (AuditEntryRow, rows.audit_entries),
    ):
        for alike in _with_the_same_columns(values):
            await tx.execute(insert(table).values(alike))


def _with_the_same_columns(rows: Sequence[Row]) -> list[list[Row]]:
    """Return the rows in groups that name the same columns: a statement has one list of them."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row), []).append(row)
    return list(groups.values())


async def remove_synthetic(tx: AsyncSession) -> Mapping[str, int]:
    """Remove every synthetic row with its history and all that was told of it, as the owner; return how many by type.

    Real records are left as they are, to the byte, and so is a synthetic organization under which some stand. A real
    factory that names a synthetic model goes on naming it.
    """
    for statement in (*_HOLD, *_NAME_WHAT_GOES):
        await tx.execute(text(statement))
    # Of a database that this release was not applied to yet, nothing was told.
    tells = await tx.scalar(text("SELECT to_regclass('event')")) is not None
    for statement in _NAME_WHAT_WAS_TOLD if tells else ():
        await tx.execute(text(statement))
    counted = await tx.execute(text("SELECT type, count(*) AS records FROM going GROUP BY 1 ORDER BY 1"))
    counts = {row.type: row.records for row in counted}
    if counts:
        for statement in (*(_FORGET_WHAT_WAS_TOLD if tells else ()), *_REMOVE):
            await tx.execute(text(statement))
        await _forget_judged_days(tx)
    return counts


async def _forget_judged_days(tx: AsyncSession) -> None:
    """Remove days judged while the synthetic records were there: they are worked out again from what is left."""
    if await tx.scalar(text("SELECT to_regclass('pace_day')")) is not None:
        await tx.execute(text("DELETE FROM pace_day"))


async def stamp_now(tx: AsyncSession, change_id: UUID) -> None:
    """Tell every process that the counts are others now, although stamps lie in the past or are gone.

    To be called last in a transaction: what it stamps is not to wait for its commit.
    """
    await tx.execute(text(_STAMP_NOW), {"change_id": change_id})


def audit_row(  # noqa: PLR0913 - the columns of one row, each by name
    *,
    entry_id: UUID,
    at: datetime,
    label: str,
    action: str,
    record: tuple[str, UUID],
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    changed: Sequence[str],
) -> Row:
    """Return the row of something that was done at the command line; `record` is a type and an id."""
    return {
        "id": entry_id,
        "at": at,
        "actor_kind": "command_line",
        "actor_id": None,
        "actor_label": label,
        "action": action,
        "record_type": record[0],
        "record_id": str(record[1]),
        "request_id": None,
        "before": None if before is None else dict(before),
        "after": dict(after),
        "changed": sorted(changed),
    }
