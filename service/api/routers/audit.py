"""The audit: who did what to which record."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from service.api.documenting import describe
from service.api.paging import answer_page, read_position
from service.api.requests import read_query
from service.api.schemas.audit import AuditOut
from service.core import errors
from service.core.access import Permission
from service.core.audit import PARAMETERS, entry_fields
from service.db.read_models.audit import POSITION_LENGTH, EntryFilter, list_entries
from service.web.dependencies import Call, Tx, guarded

router = APIRouter(prefix="/v1/audit", tags=["audit"])
Auditor = Annotated[Call, guarded(Permission.READ_AUDIT)]
_SCOPE = "audit"


@router.get(
    "",
    **describe(
        "List what was done, the newest first",
        out={200: AuditOut},
        query=PARAMETERS,
        refusals=(errors.Forbidden,),
        headers=("Link",),
    ),
)
async def list_audit(call: Auditor, tx: Tx) -> Response:
    """List the entries by actor, record and time, page by page."""
    asked = read_query(call.request, PARAMETERS)
    position = read_position(call, asked, scope=_SCOPE, length=POSITION_LENGTH)
    record, actor = asked["record"], asked["actor"]
    wanted = EntryFilter(
        record_id=record and record.id,
        record_type=record and record.type,
        actor_id=actor and actor.id,
        actor_kind=actor and actor.kind,
        at_from=asked["at_from"],
        at_to=asked["at_to"],
    )
    page = await list_entries(tx, wanted, limit=asked["limit"], position=position)
    return answer_page(call, page, entry_fields, scope=_SCOPE)
