"""Progress: where the targets stand. Hot: remembered answers, one round trip to see that nothing has changed."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from service.api.answers import tagged_answer
from service.api.documenting import describe
from service.api.requests import read_query
from service.api.schemas.progress import ProgressListOut, ProgressOut
from service.core import errors
from service.core.access import Permission
from service.core.errors import Invalid, NotFound
from service.core.progress import PARAMETERS
from service.core.target_fields import CODE
from service.usecases.progress import Question
from service.web.dependencies import Call, guarded
from service.web.lean_routes import LeanRoute

router = APIRouter(prefix="/v1/progress", tags=["progress"], route_class=LeanRoute)
Reader = Annotated[Call, guarded(Permission.READ_PROGRESS)]


@router.get(
    "",
    **describe(
        "Where all targets stand",
        out={200: ProgressListOut},
        query=PARAMETERS,
        if_none_match=True,
        headers=("ETag",),
    ),
)
async def list_progress(call: Reader) -> Response:
    """Read the progress of every target, by code."""
    return await _answer(call, None)


@router.get(
    "/{code}",
    **describe(
        "Where a target stands",
        out={200: ProgressOut},
        query=PARAMETERS,
        refusals=(errors.NotFound,),
        if_none_match=True,
        headers=("ETag",),
    ),
)
async def get_progress(code: str, call: Reader) -> Response:
    """Read the progress of one target."""
    if not CODE.fullmatch(code):
        raise NotFound
    return await _answer(call, code)


async def _answer(call: Call, code: str | None) -> Response:
    answers = call.resources.progress
    try:
        asked = read_query(call.request, PARAMETERS)
    except Invalid:
        await answers.require_target(code)  # that there is no such target is told first
        raise
    question = Question(code, asked["as_of"] or call.today, asked["known_at"])
    answer = await answers.answer(question, await call.resources.code_lists.regions())
    return tagged_answer(call.request, answer.body, answer.etag)
