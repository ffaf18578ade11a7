"""Creating once however often it is asked, for creations that go through the session.

`answered_before` first, then the creation, then `keep_answer`, all in one transaction: a refusal rolls back and so is
never kept.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from service.core.errors import IdempotencyKeyReused, StillRunning
from service.core.idempotency import IdempotencyKey
from service.db.repositories import idempotent_answers
from service.db.repositories.idempotent_answers import KeptAnswer


@dataclass(frozen=True, slots=True)
class Created:
    """What a creation answers: what was made (JSON text), or the answer that was given the first time."""

    body: str
    etag: str
    location: str


async def answered_before(tx: AsyncSession, repeat: IdempotencyKey | None, *, now: datetime) -> KeptAnswer | None:
    """Return the answer this request was given before; None means that it is this transaction's to give.

    Raises:
        IdempotencyKeyReused: the key came with another body before.
        StillRunning: a request with this key is being answered at this moment.
    """
    if repeat is None:
        return None
    is_claimed = await idempotent_answers.claim(tx, repeat.scope)
    kept = await idempotent_answers.find(tx, repeat.scope, now=now)
    if kept is None:
        if not is_claimed:
            raise StillRunning
        return None
    answer, body_digest = kept
    if body_digest != repeat.body_digest:
        raise IdempotencyKeyReused
    return answer


async def keep_answer(tx: AsyncSession, repeat: IdempotencyKey | None, answer: KeptAnswer, *, now: datetime) -> None:
    """Keep the answer for repeats, if the caller asked for it; without contacts and secrets."""
    if repeat is not None:
        await idempotent_answers.keep(tx, repeat, answer, now=now)
