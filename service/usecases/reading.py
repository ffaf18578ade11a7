"""Reading records: which ones a caller sees, how much of each, and pages of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from service.core import industries
from service.core.access import PUBLIC_STATUSES, Caller, sees_record, sees_whole
from service.core.cursors import CursorSigner
from service.core.errors import Invalid, NotFound
from service.core.fields import parameter_problem
from service.core.records import RecordKind
from service.db.engine import HotPool, Row
from service.db.read_models.record_lists import SORTS, ListQuery, list_records, position_from
from service.db.read_models.single_records import read_record
from service.usecases.rendering import contact_part


@dataclass(frozen=True, slots=True)
class Shown:
    """A record as the caller sees it: JSON text, and its version."""

    body: str
    version: int


async def show_record(pool: HotPool, kind: RecordKind, record_id: UUID, caller: Caller) -> Shown:
    """Return one record as the caller sees it.

    Raises:
        NotFound: there is none, or the caller may not see it.
    """
    row = await read_record(pool, kind, record_id)
    if row is None or not sees_record(caller, organization_id=row["organization_id"], status=row["status"]):
        raise NotFound
    return Shown(_text(kind, row, whole=sees_whole(caller, row["organization_id"])), row["version"])


async def show_page(
    pool: HotPool, kind: RecordKind, asked: Mapping[str, Any], *, caller: Caller, cursors: CursorSigner
) -> tuple[bytes, str | None]:
    """Return a page of the records the caller sees, as JSON with commas between them, and the cursor of the next one.

    `asked` has `sort`, `limit`, `after` (a cursor or None) and the filters, clean already.

    Raises:
        Invalid: the cursor is not one of this list in this order.
    """
    sort = asked["sort"]
    name = sort.removeprefix("-")
    scope = f"{kind.path} {sort}"
    query = ListQuery(
        whole="all" if caller.is_staff else caller.organization_id,
        sort=name,
        is_descending=sort.startswith("-"),
        limit=asked["limit"],
        after=_position(asked["after"], scope=scope, sort=name, cursors=cursors),
        filters=_filters(kind, asked, caller),
    )
    page = await list_records(pool, kind, query)
    return page.items, cursors.write(scope, page.position) if page.position else None


def _position(cursor: str | None, *, scope: str, sort: str, cursors: CursorSigner) -> tuple[Any, ...] | None:
    if cursor is None:
        return None
    position = cursors.read(scope, cursor, length=1 if SORTS[sort].read is None else 2)
    if position is None:
        raise Invalid([parameter_problem("after", "bad_cursor")])
    return position_from(position, sort)


def _filters(kind: RecordKind, asked: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
    filters = {name: value for name, value in asked.items() if name not in ("sort", "limit", "after")}
    industry = filters.pop("industry", None)
    if industry is not None:
        filters |= _industry_filters(kind, industry)
    if caller.is_staff or filters.get("status") in PUBLIC_STATUSES:
        return filters
    if filters.get("organization") == caller.organization_id:
        return filters
    # What others have not had verified does not exist for the caller. Where a status is asked for that only one's own
    # records can have, it is said so: looking for one's own among everybody's would take up to a second.
    return filters | {"own" if filters.get("status") else "visible_to": caller.organization_id}


def _industry_filters(kind: RecordKind, code: str) -> dict[str, str]:
    if kind.record_type != "factory":
        return {"model_industry": code}
    division = code[:2]
    if code == division:
        return {"division": division}
    return {"industry" if len(code) == industries.LONGEST else "industry_prefix": code}


def _text(kind: RecordKind, row: Row, *, whole: bool) -> str:
    if not whole:
        return str(row["document"]) + "}"
    contact = contact_part(row["contact_name"], row["contact_email"]) if "contact_name" in kind.fields else ""
    return f"{row['document']}{row['private_part']}{contact}}}"
