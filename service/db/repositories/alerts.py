"""Alerts, and what was last told of each target's pace."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as insert_or_update
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.alerts import Acknowledgement, Alert, AlertState, Level, Told, acknowledgement_fields
from service.core.pace import Pace
from service.core.pages import Page
from service.core.targets import TargetState
from service.db.tables import AlertRow, PaceToldRow, TargetRow

POSITION_LENGTH = 2
_SAME = (
    "id",
    "target",
    "opened_at",
    "since",
    "resolved_at",
    "snapshot",
    "snoozed_until",
    "snooze_reason",
    "reminded_at",
    "synthetic",
    "version",
    "updated_at",
)
"""Columns that hold what the alert's field of that name holds."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A target that is active, what was last told of it, and its alert that isn't resolved; null if there is none."""

    code: str
    told: Told | None
    alert: Alert | None


async def watched(tx: AsyncSession) -> list[Watched]:
    """Return all active targets by code, with what was told of them."""
    query = (
        select(TargetRow.code, PaceToldRow, AlertRow)
        .outerjoin(PaceToldRow, PaceToldRow.target == TargetRow.code)
        .outerjoin(AlertRow, (AlertRow.target == TargetRow.code) & (AlertRow.state != AlertState.RESOLVED.value))
        .where(TargetRow.state == TargetState.ACTIVE.value)
        .order_by(TargetRow.code.collate("C"))
    )
    rows = await tx.execute(query)
    return [Watched(code, _told_of(told), _alert_of(alert)) for code, told, alert in rows]


async def find_told(tx: AsyncSession, code: str) -> Told | None:
    """Return what was last told of a target, or None if nothing was."""
    return _told_of(await tx.scalar(select(PaceToldRow).filter_by(target=code)))


async def save_told(tx: AsyncSession, code: str, told: Told) -> None:
    """Note what has now been told of a target, whose row is locked."""
    values = {"day": told.day, "pace": told.pace.value, "known_at": told.known_at}
    statement = insert_or_update(PaceToldRow).values(target=code, **values)
    await tx.execute(statement.on_conflict_do_update(index_elements=["target"], set_=values))


async def find(tx: AsyncSession, alert_id: UUID) -> Alert | None:
    """Return an alert, or None if there is none."""
    return _alert_of(await tx.scalar(select(AlertRow).filter_by(id=alert_id)))


async def lock(tx: AsyncSession, alert_id: UUID) -> Alert | None:
    """Return an alert and keep others from changing it until the transaction ends; None if there is none."""
    return _alert_of(await tx.scalar(select(AlertRow).filter_by(id=alert_id).with_for_update()))


async def lock_unresolved(tx: AsyncSession, code: str) -> Alert | None:
    """Return a target's alert that isn't resolved, locked like `lock`; None if there is none.

    The target's row is locked before it: who opens an alert locks that.
    """
    query = select(AlertRow).filter_by(target=code).where(AlertRow.state != AlertState.RESOLVED.value)
    return _alert_of(await tx.scalar(query.with_for_update()))


async def add(tx: AsyncSession, alert: Alert) -> None:
    """Write a new alert."""
    await tx.execute(insert(AlertRow).values(**_columns(alert)))


async def save(tx: AsyncSession, alert: Alert) -> None:
    """Write a changed alert, whole."""
    await tx.execute(update(AlertRow).filter_by(id=alert.id).values(**_columns(alert)))


async def page(tx: AsyncSession, asked: Mapping[str, Any], *, position: tuple[str, ...] | None = None) -> Page[Alert]:
    """Return a page of alerts, the newest first.

    `asked` has `limit`, and `state`, `level` and `target`, or None for each.
    """
    query = select(AlertRow).order_by(AlertRow.opened_at.desc(), AlertRow.id.desc())
    query = query.filter_by(**{name: asked[name] for name in ("state", "level", "target") if asked[name] is not None})
    if position is not None:
        after = (datetime.fromisoformat(position[0]), UUID(position[1]))
        query = query.where(tuple_(AlertRow.opened_at, AlertRow.id) < after)
    rows = list(await tx.scalars(query.limit(asked["limit"] + 1)))
    found = [_alert(row) for row in rows[: asked["limit"]]]
    return Page(found, (found[-1].opened_at.isoformat(), str(found[-1].id)) if len(rows) > len(found) else None)


def _columns(alert: Alert) -> dict[str, Any]:
    acknowledged = alert.acknowledgement
    return {
        **{name: getattr(alert, name) for name in _SAME},
        "snapshot": dict(alert.snapshot),
        "level": alert.level.value,
        "state": alert.state.value,
        "acknowledgement": acknowledged and acknowledgement_fields(acknowledged),
    }


def _alert_of(row: AlertRow | None) -> Alert | None:
    return None if row is None else _alert(row)


def _alert(row: AlertRow) -> Alert:
    return Alert(
        **{name: getattr(row, name) for name in _SAME},
        level=Level(row.level),
        state=AlertState(row.state),
        acknowledgement=None if row.acknowledgement is None else _acknowledgement_of(row.acknowledgement),
    )


def _acknowledgement_of(given: Mapping[str, Any]) -> Acknowledgement:
    return Acknowledgement(by=given["by"], at=datetime.fromisoformat(given["at"]), note=given["note"])


def _told_of(row: PaceToldRow | None) -> Told | None:
    return None if row is None else Told(row.day, Pace(row.pace), row.known_at)
