"""A record's history: every change of it, for its organization and the ministry."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.core.access import Caller, Permission, require, sees_record, sees_whole
from service.core.audit import AuditEntry
from service.core.errors import Forbidden, NotFound
from service.core.pages import Page
from service.core.records import RecordKind
from service.db.engine import HotPool
from service.db.read_models.audit import POSITION_LENGTH as HISTORY_POSITION_LENGTH
from service.db.read_models.audit import EntryFilter, list_entries
from service.db.read_models.single_records import read_record


async def check_history_reader(pool: HotPool, kind: RecordKind, record_id: UUID, caller: Caller) -> None:
    """Let the caller pass who may read the history of this record.

    Raises:
        NotFound: there is no such record that the caller sees.
        Forbidden: the caller sees it, but its history is for its organization and the ministry.
    """
    row = await read_record(pool, kind, record_id)
    if row is None or not sees_record(caller, organization_id=row["organization_id"], status=row["status"]):
        raise NotFound
    require(caller, Permission.READ_HISTORY)
    if not sees_whole(caller, row["organization_id"]):
        raise Forbidden(role=caller.role.value)


async def read_history(
    tx: AsyncSession, kind: RecordKind, record_id: UUID, *, limit: int, position: tuple[str, ...] | None
) -> Page[AuditEntry]:
    """Return a page of the record's changes, the newest first."""
    wanted = EntryFilter(record_id=str(record_id), record_type=kind.record_type)
    return await list_entries(tx, wanted, limit=limit, position=position)


__all__ = ["HISTORY_POSITION_LENGTH", "check_history_reader", "read_history"]
