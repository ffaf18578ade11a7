"""One factory or foundation model as it is shown. Hot: one round trip by primary key."""

from uuid import UUID

from service.core.factories import KIND as FACTORY
from service.core.records import RecordKind
from service.db import hot_sql
from service.db.engine import HotPool, Row


async def read_record(pool: HotPool, kind: RecordKind, record_id: UUID) -> Row | None:
    """Return organization_id, status, version, document, private_part and (of a factory) the contact, or None."""
    statement = hot_sql.GET_FACTORY if kind is FACTORY else hot_sql.GET_FOUNDATION_MODEL
    return await pool.fetchrow(statement, record_id)
