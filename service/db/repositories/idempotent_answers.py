"""Answers kept for repeated requests, for creations that go through the session; `hot_sql` has its own way."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.core.idempotency import KEPT_FOR, IdempotencyKey
from service.db.tables import IdempotentAnswerRow


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What was answered: the body's JSON text without contacts and secrets, and whose contact to add, if any."""

    location: str
    etag: str
    body: str
    contact_of: UUID | None = None


async def claim(tx: AsyncSession, scope: bytes) -> bool:
    """Let this transaction alone answer the scope until it ends; False if another one is at it now."""
    # The same lock as the hot statement's, so that both ways agree.
    key = func.hashtextextended(scope.hex(), 0)
    return bool(await tx.scalar(select(func.pg_try_advisory_xact_lock(key))))


async def find(tx: AsyncSession, scope: bytes, *, now: datetime) -> tuple[KeptAnswer, bytes] | None:
    """Return the answer kept under a scope and the digest of the body it answered; None if there is none any more."""
    row = (
        await tx.execute(
            select(
                IdempotentAnswerRow.location,
                IdempotentAnswerRow.etag,
                IdempotentAnswerRow.body,
                IdempotentAnswerRow.contact_of,
                IdempotentAnswerRow.body_digest,
            ).where(IdempotentAnswerRow.scope == scope, IdempotentAnswerRow.created_at > now - KEPT_FOR)
        )
    ).one_or_none()
    if row is None:
        return None
    return KeptAnswer(row.location, row.etag, row.body, row.contact_of), row.body_digest


async def keep(tx: AsyncSession, repeat: IdempotencyKey, answer: KeptAnswer, *, now: datetime) -> None:
    """Keep the answer to a claimed request, in the transaction of what it created."""
    values = {
        "body_digest": repeat.body_digest,
        "status": 201,
        "location": answer.location,
        "etag": answer.etag,
        "body": answer.body,
        "contact_of": answer.contact_of,
        "created_at": now,
    }
    statement = insert(IdempotentAnswerRow).values(scope=repeat.scope, **values)
    # What is there already is more than 24 hours old, else it had been found.
    await tx.execute(statement.on_conflict_do_update(index_elements=["scope"], set_=values))


async def remove_until(tx: AsyncSession, instant: datetime) -> int:
    """Remove the answers given up to this instant; return how many."""
    old = select(IdempotentAnswerRow.scope).where(IdempotentAnswerRow.created_at <= instant)
    # Those that a request is about to replace are left to it: nobody waits for this.
    removed = delete(IdempotentAnswerRow).where(IdempotentAnswerRow.scope.in_(old.with_for_update(skip_locked=True)))
    return len((await tx.scalars(removed.returning(IdempotentAnswerRow.scope))).all())
