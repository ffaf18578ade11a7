"""Finding out whose key it is. Asked once in a few seconds per key."""

from datetime import datetime, timedelta
from uuid import UUID

from service.core.access import Caller, Role
from service.db.engine import HotPool

USE_NOTED_EVERY = timedelta(minutes=1)
_FIND = """
SELECT k.id, k.role, k.label, k.expires_at, k.last_used_at, o.id AS organization_id, o.name AS organization_name,
  o.state = 'active' AS organization_open
FROM api_key k JOIN organization o ON o.id = k.organization_id
WHERE k.digest = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2)
"""
_NOTE_USE = "UPDATE api_key SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $3)"


async def find_caller(pool: HotPool, digest: bytes, now: datetime) -> Caller | None:
    """Return whose key has this digest, or None if it is unknown, revoked or expired; note that it was used."""
    row = await pool.fetchrow(_FIND, digest, now)
    if row is None:
        return None
    if row["last_used_at"] is None or row["last_used_at"] < now - USE_NOTED_EVERY:
        await pool.execute(_NOTE_USE, row["id"], now, now - USE_NOTED_EVERY)
    return Caller(
        role=Role(row["role"]),
        organization_id=UUID(str(row["organization_id"])),
        key_id=UUID(str(row["id"])),
        label=row["label"],
        organization_open=row["organization_open"],
    )
