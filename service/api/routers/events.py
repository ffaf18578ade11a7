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
from service.core.event_feed import FEED_PARAMETERS, STREAM_PARAMETERS
from service.usecases.event_feed import Selection, cursor_of, documents, find_place, read_page
from service.web.dependencies import Call, guarded
from service.web.event_streams import EventStream, key_digest_of

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


_LAST_ID = "Last-Event-ID"
_STREAM = describe(
    "Follow events as they come, as server-sent events",
    out={200: None},
    query=STREAM_PARAMETERS,
    refusals=(errors.Forbidden, errors.Gone, errors.StreamsFull),
)
_STREAM["responses"][200] = {
    "description": "The feed as a stream that stays open: `id` is a place to go on from, `event` the type, `data` the "
    "document in one line; a comment at least every 15 seconds.",
    "content": {"text/event-stream": {"schema": {"type": "string"}}},
}
_STREAM["openapi_extra"]["parameters"].append(
    {
        "name": _LAST_ID,
        "in": "header",
        "required": False,
        "description": "The id of the last event that came; browsers send it by themselves. It counts before `after`.",
        "schema": {"type": "string"},
    }
)


@router.get("/stream", **_STREAM)
async def stream_events(call: Reader) -> Response:
    """Write what the caller's organization may see, from a place on, until the caller leaves."""
    asked = read_query(call.request, STREAM_PARAMETERS)
    last_id = call.request.headers.get(_LAST_ID)
    place = await find_place(
        call.resources.database.pool,
        last_id or asked["after"],
        cursors=call.resources.cursors,
        now=call.now,
        given_as=_LAST_ID if last_id else "after",
    )
    return EventStream(
        call.resources.streams,
        Selection(call.caller, asked["types"]),
        place=place,
        key_digest=key_digest_of(call.request),
    )
