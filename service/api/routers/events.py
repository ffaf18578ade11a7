"""The feed of events, and the same as a stream."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from service.api.answers import page_answer
from service.api.documenting import describe
from service.api.requests import read_query
from service.api.schemas.events import EventsOut
from service.core import errors
from service.core.access import Permission
from service.core.event_feed import FEED_PARAMETERS
from service.usecases.event_feed import Selection, cursor_of, documents, find_place, read_page
from service.web.dependencies import Call, guarded

router = APIRouter(prefix="/v1/events", tags=["events"])
Reader = Annotated[Call, guarded(Permission.READ_EVENTS)]


@router.get(
    "",
    **describe(
        "List events in the order of the feed, without gaps",
        out={200: EventsOut},
        query=FEED_PARAMETERS,
        refusals=(errors.Forbidden, errors.Gone),
        headers=("Link",),
    ),
)
async def list_events(call: Reader) -> Response:
    """Go through the events that the caller's organization may see; `next` is where to go on, now or later."""
    asked = read_query(call.request, FEED_PARAMETERS)
    pool, cursors = call.resources.database.pool, call.resources.cursors
    place = await find_place(pool, asked["after"], cursors=cursors, now=call.now)
    page = await read_page(pool, place, Selection(call.caller, asked["types"]), limit=asked["limit"], now=call.now)
    return page_answer(call.request, b",".join(documents(page.events)), cursor_of(cursors, page.next))
