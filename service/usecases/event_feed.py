"""Reading the feed: from a cursor to a page of events that the caller may see, and on to the next cursor."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.core.access import Caller
from service.core.cursors import CursorSigner
from service.core.errors import Gone, Invalid
from service.core.event_feed import NOW, POSITION_LENGTH, SCOPE, Place, is_kept, place_from, position_of
from service.core.events import is_visible
from service.core.fields import parameter_problem
from service.db.engine import HotPool
from service.db.read_models.event_feed import StoredEvent, read_end, read_stretch

SCANNED_MOST = 1000
"""How many events one call looks at, shown or not; then it says from where to go on."""
SCANNED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events are shown: those that the caller may see, and of the types asked for, if any are."""

    caller: Caller
    types: Sequence[str] | None = None

    def takes(self, event: StoredEvent) -> bool:
        """Tell whether an event is shown."""
        organization_id = self.caller.organization_id
        if organization_id is None or (self.types is not None and event.type not in self.types):
            return False
        return is_visible(
            event.audience, organization_id=event.organization_id, to=organization_id, is_ministry=self.caller.is_staff
        )


@dataclass(frozen=True, slots=True)
class FeedPage:
    """A page of events. `next` is the place to go on from; `is_last` tells that there is nothing more at the moment."""

    events: Sequence[StoredEvent]
    next: Place
    is_last: bool


def cursor_of(cursors: CursorSigner, place: Place) -> str:
    """Return a place as callers know it."""
    return cursors.write(SCOPE, position_of(place))


async def find_place(
    pool: HotPool, after: str | None, *, cursors: CursorSigner, now: datetime, given_as: str = "after"
) -> Place | None:
    """Return the place of a cursor, the end of the feed for `now`, or None: from the oldest event kept.

    Raises:
        Invalid: it is not one of ours; told of the parameter or header `given_as`.
        Gone: what follows on it is not kept any more, or the database was put back to before it.
    """
    if after is None:
        return None
    end = await read_end(pool, now=now)
    if after == NOW:
        return end
    position = cursors.read(SCOPE, after, length=POSITION_LENGTH)
    if position is None:
        raise Invalid([parameter_problem(given_as, "bad_cursor")])
    place = place_from(position)
    if not is_kept(place, now) or place.order > end.order:
        raise Gone
    return place


async def read_page(pool: HotPool, place: Place | None, selection: Selection, *, limit: int, now: datetime) -> FeedPage:
    """Return up to `limit` events after a place; fewer, with a place further on, where most are not for the caller."""
    found: list[StoredEvent] = []
    scanned, at_once = 0, min(limit, SCANNED_AT_ONCE)
    while scanned < SCANNED_MOST:
        stretch = await read_stretch(pool, place, limit=at_once, now=now)
        scanned, at_once = scanned + at_once, SCANNED_AT_ONCE
        for event in stretch.events:
            place = event.place
            if selection.takes(event):
                found.append(event)
                if len(found) == limit:
                    return FeedPage(found, place, is_last=False)
        if stretch.is_whole:
            return FeedPage(found, stretch.end, is_last=True)
    assert place is not None  # noqa: S101 - the scanned events had places
    return FeedPage(found, place, is_last=False)


def documents(events: Sequence[StoredEvent]) -> Iterator[bytes]:
    """Yield the events' documents, byte for byte as they are sent."""
    return (event.body.encode() for event in events)
