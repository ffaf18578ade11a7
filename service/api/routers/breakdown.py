"""A target's value split up by region, industry, project type, foundation model or month."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from service.api.answers import tagged_answer
from service.api.documenting import describe
from service.api.requests import read_query
from service.api.schemas.breakdown import BreakdownOut
from service.core import errors
from service.core.access import Permission, Role
from service.core.breakdown import PARAMETERS, By
from service.core.errors import Invalid, NotFound
from service.core.target_fields import CODE
from service.usecases.breakdown import SplitQuestion
from service.web.dependencies import Call, guarded
from service.web.lean_routes import LeanRoute

router = APIRouter(prefix="/v1/progress", tags=["progress"], route_class=LeanRoute)


@router.get(
    "/{code}/breakdown",
    **describe(
        "What a target's value is made of",
        out={200: BreakdownOut},
        query=PARAMETERS,
        refusals=(errors.NotFound,),
        if_none_match=True,
        headers=("ETag",),
    ),
)
async def get_breakdown(code: str, call: Annotated[Call, guarded(Permission.READ_PROGRESS)]) -> Response:
    """Split the value of one target; callers without a key get it without `planned` and `waiting`."""
    if not CODE.fullmatch(code):
        raise NotFound
    try:
        asked = read_query(call.request, PARAMETERS)
    except Invalid:
        await call.resources.progress.require_target(code)  # that there is no such target is told first
        raise
    question = SplitQuestion(code, By(asked["by"]), asked["as_of"] or call.today, asked["known_at"])
    book = await call.resources.code_lists.regions()
    sees_pipeline = call.caller.role is not Role.ANONYMOUS
    answer = await call.resources.breakdown.answer(question, book, pipeline=sees_pipeline)
    return tagged_answer(call.request, answer.body, answer.etag)
