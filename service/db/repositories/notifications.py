"""Messages to people: written with the event they tell of, claimed by whoever sends them, and settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.alert_messages import Message
from service.core.alerts import Notice
from service.db.tables import NotificationRow

_CLAIM_SECONDS = 120
"""Until then whoever has claimed a message has settled it, or has died and another one sends it."""


@dataclass(frozen=True, slots=True)
class Notification:
    """A message that is to be sent. `attempts` counts this one; `told` names the channels that have it already."""

    id: UUID
    target: str
    kind: str
    message: Message
    attempts: int
    told: tuple[str, ...]
    age: timedelta


async def add(tx: AsyncSession, event_id: UUID | None, *, target: str, kind: Notice, message: Message) -> None:
    """Write a message, due at once."""
    values = {"event_id": event_id, "target": target, "kind": kind.value, "title": message.title, "body": message.body}
    await tx.execute(insert(NotificationRow).values(**values))


async def claim_due(tx: AsyncSession, *, limit: int) -> list[Notification]:
    """Return messages that are due, the oldest first, and keep them from others while they are being sent."""
    due = (
        select(NotificationRow.id)
        .where(NotificationRow.state == "pending", NotificationRow.next_attempt_at <= func.clock_timestamp())
        .order_by(NotificationRow.next_attempt_at, NotificationRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claim = update(NotificationRow).where(NotificationRow.id.in_(due.scalar_subquery()))
    claim = claim.values(
        attempts=NotificationRow.attempts + 1,
        next_attempt_at=func.clock_timestamp() + timedelta(seconds=_CLAIM_SECONDS),
    )
    age = (func.clock_timestamp() - NotificationRow.created_at).label("age")
    rows = (await tx.execute(claim.returning(NotificationRow, age))).all()
    return sorted((_notification_of(row, age) for row, age in rows), key=lambda one: one.id)


async def settle(
    tx: AsyncSession, claimed: Notification, *, state: str, told: Sequence[str], error: str | None, pause: timedelta
) -> bool:
    """Write down how an attempt went; false if another one has claimed the message since.

    `state`: `sent`, `failed`, or `pending` to try again after `pause`.
    """
    change = update(NotificationRow).where(
        NotificationRow.id == claimed.id,
        NotificationRow.attempts == claimed.attempts,
        NotificationRow.state == "pending",
    )
    values: dict[str, Any] = {"state": state, "told": list(told), "last_error": error}
    changed = await tx.execute(
        change.values(**values, next_attempt_at=func.clock_timestamp() + pause).returning(NotificationRow.id)
    )
    return changed.scalar_one_or_none() is not None


def _notification_of(row: NotificationRow, age: timedelta) -> Notification:
    return Notification(
        id=row.id,
        target=row.target,
        kind=row.kind,
        message=Message(row.title, row.body),
        attempts=row.attempts,
        told=tuple(row.told),
        age=age,
    )
