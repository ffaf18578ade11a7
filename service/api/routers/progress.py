"""Progress: where the targets stand. Hot: remembered answers, one round trip to see that nothing has changed."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from service.api.answers import json_answer, tagged_answer
from service.api.documenting import describe
from service.api.requests import read_query, receive
from service.api.schemas.progress import ProgressListOut, ProgressOut, SeriesOut, WhatIfIn
from service.core import errors, series
from service.core.access import Permission
from service.core.errors import Invalid, NotFound
from service.core.progress import PARAMETERS
from service.core.target_fields import CODE
from service.core.what_if import check_supposed
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


@router.get(
    "/{code}/series",
    **describe(
        "A target's window as a chart draws it",
        out={200: SeriesOut},
        query=series.PARAMETERS,
        refusals=(errors.NotFound,),
        if_none_match=True,
        headers=("ETag",),
    ),
)
async def get_series(code: str, call: Reader) -> Response:
    """Read plan and value point by point, and the band of what may come: an aid to the eye."""
    await _require_target(call, code)
    asked = read_query(call.request, series.PARAMETERS)
    book = await call.resources.code_lists.regions()
    answer = await call.resources.progress.series(code, asked["by"], today=call.today, book=book)
    return tagged_answer(call.request, answer.body, answer.etag)


@router.post(
    "/{code}/what-if",
    **describe("Where a target would stand", out={200: ProgressOut}, body=WhatIfIn, refusals=(errors.NotFound,)),
)
async def post_what_if(code: str, call: Reader) -> Response:
    """Read where a target would stand on a day to come if so many more were there by then; nothing is kept."""
    await _require_target(call, code)
    received = await receive(call.request)
    supposed = check_supposed(received.read_object(), today=call.today)
    read_query(call.request, {})
    book = await call.resources.code_lists.regions()
    body = await call.resources.progress.what_if(code, supposed, today=call.today, book=book, language=call.language)
    return json_answer(body)


async def _require_target(call: Call, code: str) -> None:
    if not CODE.fullmatch(code):
        raise NotFound
    await call.resources.progress.require_target(code)


async def _answer(call: Call, code: str | None) -> Response:
    answers = call.resources.progress
    try:
        asked = read_query(call.request, PARAMETERS)
    except Invalid:
        await answers.require_target(code)  # that there is no such target is told first
        raise
    question = Question(code, asked["as_of"] or call.today, asked["known_at"])
    answer = await answers.answer(question, await call.resources.code_lists.regions(), call.language)
    return tagged_answer(call.request, answer.body, answer.etag)
