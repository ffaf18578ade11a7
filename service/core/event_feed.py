"""The feed: every event in one order, and places in it from which to go on.

An event is shown once no transaction that may come before it is still open, so nothing ever appears behind a place that
was given out. Source: PRODUCT.md sections 6 and 7; docs/adr/0015-events.md.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from service.core.events import EventType
from service.core.fields import Bad
from service.core.parameters import PAGE, Parameter, Parameters, cursor_text
from service.core.retention import KEPT_FOR

SCOPE: Final = "events"
"""The name of the feed among lists: its cursors are those of no other, and those of the stream."""
NOW: Final = "now"
POSITION_LENGTH: Final = 4
_LAST_ID: Final = UUID(int=(1 << 128) - 1)
_MILLISECOND: Final = timedelta(milliseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the feed: all up to it was read. `at`: how old it is, by which it is told whether it is still kept.

    `era`, `xid` and `id` are those of an event, or of the end of the feed as it was then.
    """

    era: int
    xid: int
    id: UUID
    at: datetime

    @property
    def order(self) -> tuple[int, int, UUID]:
        """Return what places and events are ordered by."""
        return (self.era, self.xid, self.id)


def place_of(era: int, xid: int, event_id: UUID) -> Place:
    """Return the place of an event; its id tells when it was made."""
    return Place(era, xid, event_id, _EPOCH + (event_id.int >> 80) * _MILLISECOND)


def end_before(era: int, xid: int, now: datetime) -> Place:
    """Return the end of the feed where transaction `xid` may still write."""
    return Place(era, xid - 1, _LAST_ID, now)


def position_of(place: Place) -> tuple[str, ...]:
    """Return a place as a cursor holds it."""
    return (str(place.era), str(place.xid), place.id.hex, str((place.at - _EPOCH) // _MILLISECOND))


def place_from(position: tuple[str, ...]) -> Place:
    """Return the place that `position_of` has written."""
    era, xid, event_id, milliseconds = position
    return Place(int(era), int(xid), UUID(event_id), _EPOCH + int(milliseconds) * _MILLISECOND)


def is_kept(place: Place, now: datetime) -> bool:
    """Tell whether all that follows on a place is still kept."""
    return now - place.at <= KEPT_FOR


def types_rule(raw: str) -> tuple[str, ...]:
    """Take types of events with commas between them.

    Raises:
        Bad: one of them is none.
    """
    named = tuple(dict.fromkeys(raw.split(",")))
    known = {type_.value for type_ in EventType}
    if not known.issuperset(named):
        raise Bad("not_one_of", allowed=", ".join(sorted(known)))
    return named


_TYPES: Final = Parameter(
    types_rule, description="These types alone, with commas between them.", example="factory.verified,pace.behind"
)
FEED_PARAMETERS: Final[Parameters] = {
    "after": Parameter(
        cursor_text,
        description="Go on after this place: the `next` of an earlier answer, the id of an event of the stream, or "
        "`now` for the end. Without it from the oldest event kept.",
        example=NOW,
    ),
    "limit": PAGE["limit"],
    "types": _TYPES,
}
STREAM_PARAMETERS: Final[Parameters] = {name: FEED_PARAMETERS[name] for name in ("after", "types")}
