"""Who is calling, and what they may do."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from service.api.answers import json_answer
from service.api.documenting import describe
from service.api.requests import read_query
from service.api.schemas.me import MeOut
from service.core.access import Permission
from service.usecases.me import tell_caller
from service.web.dependencies import Call, Tx, guarded

router = APIRouter(prefix="/v1/me", tags=["me"])
Anyone = Annotated[Call, guarded(Permission.READ_ME)]


@router.get("", **describe("The caller: organization, role, key, and what the role may do", out={200: MeOut}))
async def get_me(call: Anyone, tx: Tx) -> Response:
    """Tell the caller how the registry sees it."""
    read_query(call.request, {})
    return json_answer(await tell_caller(tx, call.caller))
