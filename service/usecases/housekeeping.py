"""What is kept for a time only is removed after it."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from service.core.idempotency import KEPT_FOR
from service.db.repositories import idempotent_answers


async def forget_old_answers(tx: AsyncSession, *, now: datetime) -> int:
    """Remove the answers that were kept for repeats long enough; return how many."""
    return await idempotent_answers.remove_until(tx, now - KEPT_FOR)
