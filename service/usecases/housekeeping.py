"""What is kept for a time only is removed after it."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from service.core.idempotency import KEPT_FOR
from service.core.retention import oldest_kept
from service.db.engine import HotPool
from service.db.repositories import idempotent_answers, retention

ROWS_AT_ONCE: Final = 1000
_CLOCKS_APART: Final = timedelta(hours=1)
"""How far the clocks of the service and of the database may differ before an event goes before its delivery."""


async def forget_old_answers(tx: AsyncSession, *, now: datetime) -> int:
    """Remove the answers that were kept for repeats long enough; return how many."""
    return await idempotent_answers.remove_until(tx, now - KEPT_FOR)


async def expired_rows(pool: HotPool, *, now: datetime, at_once: int = ROWS_AT_ONCE) -> AsyncIterator[tuple[str, int]]:
    """Remove events, deliveries, attempts and settled messages past their time; yield each batch's kind and size.

    Every batch is a transaction of its own: whoever stops asking leaves the rest as it was.
    """
    for step in retention.STEPS:
        removed = at_once
        while removed == at_once:
            removed = await retention.remove_some(
                pool, step, before=oldest_kept(now), needed_before=oldest_kept(now + _CLOCKS_APART), limit=at_once
            )
            if removed:
                yield step, removed
