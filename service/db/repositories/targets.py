"""Targets and their revisions. A revision is added with every change of its target, and never altered."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.access import Act
from service.core.errors import AlreadyRegistered
from service.core.pages import Page
from service.core.targets import (
    Metric,
    PlanBasis,
    RegisteredTarget,
    Revision,
    Target,
    TargetState,
    fields_of,
    parts_from,
    target_from,
)
from service.db.tables import TargetRevisionRow, TargetRow

POSITION_LENGTH = 1
_UNIQUE_CODE = "target_pkey"


async def find(tx: AsyncSession, code: str) -> RegisteredTarget | None:
    """Return a target, or None if there is none."""
    row = await tx.scalar(select(TargetRow).filter_by(code=code))
    return None if row is None else _target_of(row)


async def lock(tx: AsyncSession, code: str) -> RegisteredTarget | None:
    """Return a target and keep others from changing it until the transaction ends; None if there is none."""
    row = await tx.scalar(select(TargetRow).filter_by(code=code).with_for_update())
    return None if row is None else _target_of(row)


async def add(tx: AsyncSession, registered: RegisteredTarget) -> None:
    """Write a new target.

    Raises:
        AlreadyRegistered: there is one of this code.
    """
    try:
        await tx.execute(insert(TargetRow).values(code=registered.target.code, **_columns(registered)))
    except IntegrityError as error:
        if _UNIQUE_CODE in str(error.orig):
            raise AlreadyRegistered(field="code") from None
        raise


async def save(tx: AsyncSession, registered: RegisteredTarget) -> None:
    """Write a changed target, whole."""
    await tx.execute(update(TargetRow).filter_by(code=registered.target.code).values(**_columns(registered)))


async def codes(tx: AsyncSession) -> frozenset[str]:
    """Return the codes of all targets, closed ones too."""
    return frozenset(await tx.scalars(select(TargetRow.code)))


async def next_event_sequence(tx: AsyncSession, code: str) -> int:
    """Count one more event about a target, locked until the transaction ends; return its sequence."""
    change = update(TargetRow).filter_by(code=code).values(event_sequence=TargetRow.event_sequence + 1)
    return (await tx.execute(change.returning(TargetRow.event_sequence))).scalar_one()


async def add_revision(
    tx: AsyncSession, registered: RegisteredTarget, *, reason: str, change_id: UUID, act: Act
) -> None:
    """Keep the target as it stands from now on; `change_id` is stamped with the instant of the commit."""
    row = TargetRevisionRow(
        code=registered.target.code,
        version=registered.version,
        change_id=change_id,
        at=registered.updated_at,
        actor_kind=act.caller.kind,
        actor_id=act.caller.actor_id,
        actor_label=act.caller.label,
        reason=reason,
        document=fields_of(registered.target),
    )
    tx.add(row)
    await tx.flush()


async def page(
    tx: AsyncSession, asked: Mapping[str, Any], *, position: tuple[str, ...] | None = None
) -> Page[RegisteredTarget]:
    """Return a page of targets by code; `asked` has `limit`, and `state` and `metric`, or None for each."""
    query = select(TargetRow).order_by(TargetRow.code.collate("C"))
    for name in ("state", "metric"):
        if asked[name] is not None:
            query = query.filter_by(**{name: asked[name]})
    if position is not None:
        query = query.where(TargetRow.code.collate("C") > position[0])
    rows = list(await tx.scalars(query.limit(asked["limit"] + 1)))
    found = [_target_of(row) for row in rows[: asked["limit"]]]
    return Page(found, (found[-1].target.code,) if len(rows) > len(found) else None)


async def revisions(
    tx: AsyncSession, code: str, *, limit: int, position: tuple[str, ...] | None = None
) -> Page[Revision]:
    """Return a page of a target's revisions, the newest first."""
    query = select(TargetRevisionRow).filter_by(code=code).order_by(TargetRevisionRow.version.desc())
    if position is not None:
        query = query.where(TargetRevisionRow.version < int(position[0]))
    rows = list(await tx.scalars(query.limit(limit + 1)))
    found = [_revision_of(row) for row in rows[:limit]]
    return Page(found, (str(found[-1].version),) if len(rows) > len(found) else None)


def _columns(registered: RegisteredTarget) -> dict[str, Any]:
    target = registered.target
    shown = fields_of(target)
    return {
        "name_ko": target.name_ko,
        "name_en": target.name_en,
        "metric": target.metric.value,
        "counts_from": target.counts_since,
        "starts_on": target.starts_on,
        "due_on": target.due_on,
        "goal": target.goal,
        "baseline": target.baseline,
        "trajectory": shown["trajectory"],
        "plan_basis": target.plan_basis.value,
        "call_closes_on": target.call_closes_on,
        "filter": shown["filter"],
        "alert_policy": shown["alert_policy"],
        "state": target.state.value,
        "source": target.source or None,
        "synthetic": registered.synthetic,
        "version": registered.version,
        "created_at": registered.created_at,
        "updated_at": registered.updated_at,
    }


def _target_of(row: TargetRow) -> RegisteredTarget:
    written: dict[str, Any] = {
        "trajectory": row.trajectory,
        "filter": row.filter,
        "alert_policy": row.alert_policy,
    }
    return RegisteredTarget(
        target=Target(
            code=row.code,
            name_ko=row.name_ko,
            name_en=row.name_en,
            metric=Metric(row.metric),
            counts_from=row.counts_from,
            starts_on=row.starts_on,
            due_on=row.due_on,
            goal=row.goal,
            baseline=row.baseline,
            plan_basis=PlanBasis(row.plan_basis),
            call_closes_on=row.call_closes_on,
            state=TargetState(row.state),
            source=row.source or "",
            **parts_from(written),
        ),
        created_at=row.created_at,
        updated_at=row.updated_at,
        synthetic=row.synthetic,
        version=row.version,
    )


def _revision_of(row: TargetRevisionRow) -> Revision:
    return Revision(
        target=target_from(row.document),
        version=row.version,
        reason=row.reason,
        at=row.at,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        actor_label=row.actor_label,
    )
